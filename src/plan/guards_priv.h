/* guards_priv: finds copies of a plan that would destroy data or never end. */
#ifndef UCOPY_PLAN_GUARDS_PRIV_H
#define UCOPY_PLAN_GUARDS_PRIV_H

#include "plan.h"

/* Rejects a destination that is a source or another destination, or is inside its source.
 * Returns 0, -EINVAL with *ret_error set as by plan_make(), or -ENOMEM. With --cp it does not
 * reject the plan, but leaves out the copies concerned. */
int guards_check(struct plan *p, const struct options *o, char **ret_error);

#endif
