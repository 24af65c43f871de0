/* copies_priv: the copies of a plan, one by one. */
#ifndef UCOPY_PLAN_COPIES_PRIV_H
#define UCOPY_PLAN_COPIES_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

#include "plan.h"

/* What the source is: a symlink that is not followed is what it is itself. 0, or -1 with errno.
 */
int plan_stat_source(const struct plan_copy *c, struct stat *ret);

/* Whether the path leads to a directory. False, too, if that is not known. */
bool plan_is_directory(const char *path);

/* The copy is not made; takes the text over. */
void plan_leave_out(struct plan_copy *c, char *why, bool is_failure);

/* What a refusal (r is -EINVAL) of this copy comes to: the plan is refused, or with --cp this
 * copy left out. Returns r, or 0. */
int plan_settle(struct plan_copy *c, const struct options *o, int r, char **ret_error);

#endif
