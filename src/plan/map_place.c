#include "map_place_priv.h"

#include <errno.h>
#include <string.h>

#include "cli/usage_error.h"
#include "same_file_priv.h"

int map_place_check(const struct plan_copy *c, const struct options *o, char **ret_error)
{
    bool same = !plan_has_no_path(c) && plan_same_place(o->map, c->source);

    for (unsigned d = 0; d < c->n_dests; d++)
        same |= plan_is_path(c, d) && plan_same_place(o->map, c->dests[d]);
    if (o->manifest && strcmp(o->manifest, OPTIONS_STANDARD) != 0)
        same |= plan_same_place(o->map, o->manifest);
    if (o->bmap_path)
        same |= plan_same_place(o->map, o->bmap_path);
    return same ? usage_error(ret_error, "--map=%s would replace what is copied or written",
                              o->map)
                : 0;
}
