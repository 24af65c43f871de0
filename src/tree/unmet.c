#include "unmet_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/name_list.h"
#include "base/path.h"

void unmet_tell(const struct options *o, const char *source,
                void (*tell)(void *arg, const char *path, const struct failure *f), void *arg)
{
    const char *name;
    struct failure f;
    size_t at = 0;

    (void)failure_set(&f, "find", ENOENT, FAILURE_NO_OFFSET, "--files-from names it");
    while (o->names && (name = name_list_unmet(o->names, &at))) {
        char *path = path_join(source, name);

        tell(arg, path ? path : name, &f);
        free(path);
    }
}
