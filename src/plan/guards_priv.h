/* guards_priv: the guards of a plan: which of its copies would destroy or never end. */
#ifndef UCOPY_PLAN_GUARDS_PRIV_H
#define UCOPY_PLAN_GUARDS_PRIV_H

#include "plan.h"

/* Refuses (-EINVAL with *ret_error set, as plan_make()) a destination that is a source, another
 * destination, or within its source. With --cp only the copy concerned is left out. -ENOMEM.
 */
int guards_check(struct plan *p, const struct options *o, char **ret_error);

#endif
