/* listed_priv: --manifest: what names in the list begin with. */
#ifndef UCOPY_PLAN_LISTED_PRIV_H
#define UCOPY_PLAN_LISTED_PRIV_H

#include <stdbool.h>

#include "plan.h"

/* Fills c->listed for a destination with that final path; in_directory: the user gave the
 * directory. 0; -EINVAL with *ret_error: it has another name than at the destinations before;
 * or -ENOMEM. */
int listed_note(struct plan_copy *c, const char *dest, bool in_directory, char **ret_error);

#endif
