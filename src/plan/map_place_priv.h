/* map_place_priv: --map: where its file may be. */
#ifndef UCOPY_PLAN_MAP_PLACE_PRIV_H
#define UCOPY_PLAN_MAP_PLACE_PRIV_H

#include "plan.h"

/* Rejects a map in the place of the copy's source, of a destination, or of another file that is
 * read or written, and one in a directory that does not exist. 0, or a negative errno with *ret_error set. */
int map_place_check(const struct plan_copy *c, const struct options *o, char **ret_error);

#endif
