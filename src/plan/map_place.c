#include "map_place_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/path_probe.h"
#include "cli/usage_error.h"
#include "same_file_priv.h"

/* Whether the map has no directory in which it could be. */
static bool lacks_directory(const struct options *o)
{
    char *dir = path_directory(o->map);
    struct stat st;
    bool lacks = dir && path_probe_stat(dir, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);

    free(dir);
    return lacks;
}

int map_place_check(const struct plan_copy *c, const struct options *o, char **ret_error)
{
    bool same = !plan_has_no_path(c) && plan_same_place(o->map, c->source);

    for (unsigned d = 0; d < c->n_dests; d++)
        same |= plan_is_path(c, d) && plan_same_place(o->map, c->dests[d]);
    if (o->manifest && strcmp(o->manifest, OPTIONS_STANDARD) != 0)
        same |= plan_same_place(o->map, o->manifest);
    if (o->bmap_path)
        same |= plan_same_place(o->map, o->bmap_path);
    if (same)
        return usage_error(ret_error, "--map=%s would replace what is copied or written",
                           o->map);
    if (lacks_directory(o))
        return usage_error(ret_error, "--map=%s: its directory does not exist", o->map);
    return 0;
}
