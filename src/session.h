/* session: one copy from open to report. Opens source and targets, sets the job and its crew
 * going, watches them, commits or gives up each target, and reports. */
#ifndef UCOPY_SESSION_H
#define UCOPY_SESSION_H

#include <stdbool.h>

#include "options.h"
#include "plan.h"

struct session_result {
    int exit_status; /* of this copy, as in CLI.md */
    bool ended;      /* by a signal or --on-error=stop: nothing else is to be begun */
    bool abandoned;  /* workers hang in the kernel: nothing may be freed, and an exit would not
                        end */
};

/* Runs the copy. Everything that can go wrong with it is reported there and then; what it comes
 * to is in *ret. signal_fd is for signals_next(). */
void session_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 struct session_result *ret);

/* --dry-run: looks at source and destinations as far as that touches nothing, and reports what
 * would be done or why not. Returns the exit status that it comes to. *ret_hung
 * becomes true if threads are left that hang in the kernel. */
int session_look(const struct options *o, const struct plan_copy *copy, bool *ret_hung);

/* The more serious of two exit statuses. */
int session_worse(int a, int b);

#endif
