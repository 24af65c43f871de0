/* devices: which block devices may be destinations. Nothing is opened for writing, and no
 * destination is opened at all before all of them have been found to be free. */
#ifndef UCOPY_PLAN_DEVICES_PRIV_H
#define UCOPY_PLAN_DEVICES_PRIV_H

#include "plan.h"

/* Finds out what the block devices of the plan are, and refuses those that must not be written to.
 * 0, or -EINVAL with *ret_error set as by plan_make(), or -ENOMEM. */
int devices_check(struct plan *p, const struct options *o, char **ret_error);

#endif
