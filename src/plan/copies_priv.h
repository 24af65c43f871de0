/* copies_priv: functions for one copy of a plan. */
#ifndef UCOPY_PLAN_COPIES_PRIV_H
#define UCOPY_PLAN_COPIES_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

#include "plan.h"

/* As stat(2) of the source; as lstat(2) if its symlink is not followed. 0, or -1 with errno. */
int plan_stat_source(const struct plan_copy *c, struct stat *ret);

/* Whether the path leads to a directory. False, too, if that is not known. */
bool plan_is_directory(const char *path);

/* Leaves the copy out of the plan. why: the message; takes it over. is_failure: see struct
 * plan_copy. */
void plan_leave_out(struct plan_copy *c, char *why, bool is_failure);

/* Handles the result r of a check of this copy. With --cp and -EINVAL the copy is left out,
 * with *ret_error as the message, and the function returns 0. Otherwise it returns r. */
int plan_settle(struct plan_copy *c, const struct options *o, int r, char **ret_error);

/* What standard input and output are open on, as paths. */
#define PLAN_STANDARD_INPUT  "/dev/stdin"
#define PLAN_STANDARD_OUTPUT "/dev/stdout"

#endif
