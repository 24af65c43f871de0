/* list_place: --manifest: where its file may be. */
#ifndef UCOPY_PLAN_LIST_PLACE_H
#define UCOPY_PLAN_LIST_PLACE_H

#include "plan.h"

/* Whether the list would replace the copy's source, a destination, or a file that the copy makes in
 * one. place: the list's path, resolved; NULL: it is no file, as standard output. */
bool list_place_is_taken(const struct plan_copy *c, const struct options *o, const char *place);

/* Whether the list's directory exists, or is one that a copy makes. */
bool list_place_has_directory(const struct plan *p, const struct options *o);

#endif
