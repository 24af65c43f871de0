/* session: the copy of one source to its destinations, from the first open to the exit status.
 *
 * The room opens the source and the destinations, decides who is cloned from whom, sets up the
 * job, starts the workers and watches them. It commits a destination as soon as that is
 * complete, gives up the others, and works out the exit status. It says in which order things
 * happen; how they are done is known to the rooms below.
 *
 * It never moves data (copy/ and engine/ do), never changes a name (target/), never decides
 * what is copied where (plan/), and never prints: it fills a struct copy_status and calls
 * report/, or for a file of a tree the callbacks of struct session_file.
 *
 * Threads. Everything here runs in the main thread, except the calls that may hang in the
 * kernel: opening the source, and every operation on a destination. Threads that can be left
 * behind make these calls (base/bounded_call.h). calls_priv.h says what such a call may touch,
 * and who owns what when a call is late.
 *
 * Owners. The session owns the source, the job, the crew and, through struct session_calls, the
 * targets. The caller owns options, plan and requests. If workers or calls still hang at the
 * end, nothing of all this is freed (session_result.abandoned), and the process has to leave by
 * supervisor_leave(). */
#ifndef UCOPY_SESSION_SESSION_H
#define UCOPY_SESSION_SESSION_H

#include <stdbool.h>

#include "base/rate.h"
#include "cli/options.h"
#include "plan/plan.h"
#include "report/report.h"
#include "target/target.h"
#include "verify/verify.h"

/* A copy that was made, and is still to be verified. */
struct session_end {
    struct copy_status *status; /* NULL: there is nothing to end */
    bool unavailable;           /* as for session_exit_status() */
    int signal;                 /* likewise */
    int exit_status;            /* set by session_verify() */
    /* Called before the copy is reported, when its verification has been judged, with the signal
     * that has ended that, or 0; may be NULL. It may still change the status. Returns an exit
     * status, of which the more serious one counts. Sets *ret_hung if threads are left that hang;
     * then nothing is freed. */
    int (*judged)(void *arg, int signal, bool *ret_hung);
    void *arg;   /* of judged() */
    void *owner; /* what the status is a part of; NULL: it is never freed */
    void (*free_owner)(void *owner);
};

struct session_result {
    int exit_status; /* of this copy, as the manual page lists them; with `end` so far */
    struct session_end
        end;        /* with plan_copy.verify: the caller passes it to session_verify() */
    int signal;     /* that ended the copy, or 0 */
    bool ended;     /* by a signal or --on-error=stop: no other copy is to begin */
    bool abandoned; /* threads hang in the kernel: free nothing, and do not exit(3) */
};

/* Copies a single file. Reports every failure; *ret gets the result. signal_fd is for
 * signals_next(). */
void session_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 struct session_result *ret);

/* A file of a tree. The tree has opened the source already, and identifies the places of the
 * copies by more than their paths. The callbacks take the place of the report, in the main
 * thread. With session_result.abandoned calls that hang may go on at any time later: `targets`,
 * the paths and directories in it, and the path of the source have to stay for ever. */
struct session_file {
    int fd; /* of the source, for reading; becomes the session's */
    /* Per destination: path, in_directory and dir_fd; the rest is not looked at. */
    const struct target_request *targets;
    struct made_id *ret_ids; /* per destination that is done, before ended(): the file that it
                              * is now; ino 0: that is not known. The others stay as they are.
                              * No thread but the caller's writes here. */
    struct rate *rate;       /* of reading, with all other readers of the tree */
    void *arg;
    void (*progress)(void *arg, const struct copy_status *s, bool asked);
    void (*ended)(void *arg, const struct copy_status *s);
};

/* Copies a file of a tree. The paths in *copy are only for messages. If there is no memory to
 * begin, ended() is not called, file->fd stays the caller's, and the exit status is 2. Otherwise
 * as session_run(). */
void session_run_file(const struct options *o, const struct plan_copy *copy,
                      const struct session_file *file, int signal_fd,
                      struct session_result *ret);

/* --dry-run: finds out without changing anything what a copy would do, and reports that or why
 * it would fail. Returns the exit status. Sets *ret_hung if threads are left that hang in the
 * kernel, and leaves it alone otherwise. */
int session_dry_run(const struct options *o, const struct plan_copy *copy, bool *ret_hung);

/* The exit status of a copy that has ended. unavailable: something that the user asked for,
 * such as an engine, is not available here; signal: that ended the copy, or 0. */
int session_exit_status(const struct options *o, const struct copy_status *s, bool unavailable,
                        int signal);

/* --ublk: makes a block device whose bytes go to all destinations of *copy, serves it until a signal
 * comes, and reports. Returns the exit status. Sets *ret_hung if threads are left that hang in the
 * kernel; nothing of all this must be freed then. */
int session_fan_out(const struct options *o, const struct plan_copy *copy, int signal_fd,
                    bool *ret_hung);

/* Verifies the n copies of a run, all of which are complete or have failed, with the records in v
 * (NULL if there are none). Copies without a status are left out. Reports mismatches, and then all
 * copies: report_summary(). Sets the exit statuses and frees the owners. Sets *ret_hung
 * if threads are left that hang in the kernel; v must not be freed then. */
void session_verify(const struct options *o, struct verify *v, struct session_end *ends,
                    unsigned n, int signal_fd, bool *ret_hung);

/* --verify=medium: tries whether the n destinations are disks that can be read past their own caches;
 * only reads. 0, or an exit status, which was explained. Sets *ret_hung as session_verify() does; the
 * paths must not be freed then. */
int session_check_media(const struct options *o, const char *const *paths, unsigned n,
                        int signal_fd, bool *ret_hung);

/* The more serious of two exit statuses. */
int session_worse(int a, int b);

/* Whether the engine and the attributes that the options name are available here. Reports what
 * is not. */
bool session_can_run(const struct options *o);

#endif
