#include "map_place_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path_probe.h"
#include "cli/usage_error.h"

/* Whether the two paths lead to one file, which may be still to be made. */
static bool is_same(const char *a, const char *b)
{
    struct stat x, y;
    char *left, *right;
    bool same;

    if (path_probe_stat(a, &x) == 0 && path_probe_stat(b, &y) == 0)
        return fd_same_file(&x, &y);
    left = path_probe_resolve(a);
    right = path_probe_resolve(b);
    same = left && right && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

int map_place_check(const struct plan_copy *c, const struct options *o, char **ret_error)
{
    bool same = !plan_has_no_path(c) && is_same(o->map, c->source);

    for (unsigned d = 0; d < c->n_dests; d++)
        same |= plan_is_path(c, d) && is_same(o->map, c->dests[d]);
    if (o->manifest && strcmp(o->manifest, OPTIONS_STANDARD) != 0)
        same |= is_same(o->map, o->manifest);
    if (o->bmap_path)
        same |= is_same(o->map, o->bmap_path);
    return same ? usage_error(ret_error, "--map=%s would replace what is copied or written",
                              o->map)
                : 0;
}
