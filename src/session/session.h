/* session: one copy from open to report. Opens source and targets, sets the job and its crew
 * going, watches them, commits or gives up each target, and reports. */
#ifndef UCOPY_SESSION_SESSION_H
#define UCOPY_SESSION_SESSION_H

#include <stdbool.h>

#include "cli/options.h"
#include "plan/plan.h"
#include "report/report.h"
#include "target/target.h"

struct session_result {
    int exit_status; /* of this copy, as in CLI.md */
    int signal;      /* that ended it, or 0 */
    bool ended;      /* by a signal or --on-error=stop: nothing else is to be begun */
    bool abandoned;  /* workers hang in the kernel: nothing may be freed, and an exit would not
                        end */
};

/* Runs the copy. Everything that can go wrong with it is reported there and then; what it comes
 * to is in *ret. signal_fd is for signals_next(). */
void session_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 struct session_result *ret);

/* A file of a tree: opened already, and with places for its copies that are known by more than
 * their paths. Who copies the tree hears of it instead of the user. */
struct session_file {
    int fd; /* of the source, for reading; becomes the session's */
    const struct target_request
        *targets; /* of each destination: where and in the place of what */
    void *arg;
    void (*progress)(void *arg, const struct copy_status *s, bool asked);
    void (*ended)(void *arg, const struct copy_status *s);
};

/* Runs the copy of a file of a tree; the paths in *copy are for people. */
void session_run_file(const struct options *o, const struct plan_copy *copy,
                      const struct session_file *file, int signal_fd,
                      struct session_result *ret);

/* --dry-run: looks at source and destinations as far as that touches nothing, and reports what
 * would be done or why not. Returns the exit status that it comes to. *ret_hung
 * becomes true if threads are left that hang in the kernel. */
int session_dry_run(const struct options *o, const struct plan_copy *copy, bool *ret_hung);

/* What a copy comes to that has ended, as in CLI.md. unavailable: what it was to be done with
 * is not to be had here; signal: that ended it, or 0. */
int session_exit_status(const struct options *o, const struct copy_status *s, bool unavailable,
                        int signal);

/* The more serious of two exit statuses. */
int session_worse(int a, int b);

#endif
