/* listed: --manifest: what names in the list begin with. See listed_priv.h. */
#include "listed_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "cli/usage_error.h"
#include "copies_priv.h"

/* The name in the list of what has the final path `dest`; the caller frees it. NULL without
 * memory. */
static char *name_of(const struct plan_copy *c, const char *dest, bool in_directory)
{
    struct stat st;
    char *root, *name;

    if (!in_directory && c->tree && plan_stat_source(c, &st) == 0 && S_ISDIR(st.st_mode))
        return strdup("");
    root = plan_root(c, dest);
    name = root ? path_last(root) : NULL;
    free(root);
    if (name && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
        name[0] = '\0'; /* its entries are in the directory itself */
    return name;
}

int listed_note(struct plan_copy *c, const char *dest, bool in_directory, char **ret_error)
{
    char *name = name_of(c, dest, in_directory);
    bool same;

    if (!name)
        return -ENOMEM;
    same = !c->listed || strcmp(c->listed, name) == 0;
    if (c->listed)
        free(name);
    else
        c->listed = name;
    if (same)
        return 0;
    return usage_error(ret_error,
                       "'%s': --manifest needs the same names at all destinations, so that one "
                       "list is right for each: give directories",
                       dest);
}
