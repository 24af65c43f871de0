/* main_priv: the main thread's part of a tree. No other thread sees it. A file calls only files
 * below it:
 *
 *   tree.c          the order of events: make, start, watch, judge, free
 *   supervise.c     the loop: waits, and calls the others
 *   engine_files.c  files that the engines copy
 *   deletes.c       --delete: after the copy
 *   verdict.c       what the copy comes to
 *   watchdog.c      threads that hang
 *   status.c        the state of the copy, for reports
 *   totals_thread.c the count of the source
 *   failures.c      failures, and what was made
 *   manifests.c     ASC MHL: before the copy and after it
 *   stop.c          stopping early, and signals */
#ifndef UCOPY_TREE_MAIN_PRIV_H
#define UCOPY_TREE_MAIN_PRIV_H

#include "base/medium.h"
#include "report/report.h"
#include "reported_priv.h"
#include "tree_priv.h"

/* The main thread looks at least so often whether a thread hangs. */
#define TREE_LOOK_MS 200

/* After a signal the threads have so much time to finish, and to remove what is temporary; less
 * if the signal has stopped the engines first, which took some of it. Both together are less
 * than the supervisor waits. */
#define TREE_END_PATIENCE_MS   1500
#define TREE_END_IMPATIENCE_MS 450

/* What the main thread knows of a destination. */
struct tree_main_dest {
    bool given_up;     /* its writer hangs */
    uint64_t written;  /* view.written at the last look */
    uint64_t moved_at; /* when view.written was seen to have grown; ms, clock_running_ms() */
    struct medium_pulse pulse; /* of its device, once half of its limit is over */
    unsigned n_failed;         /* files that could not be made */
    unsigned n_full;           /* of these, because there was no space */
    struct failure first;      /* of these failures */
    unsigned n_attrs;          /* attributes that could not be preserved */
    unsigned n_unsupported;    /* of these, because the file system does not have them */
    struct failure no_attrs;   /* their summary, for the status */
    uint64_t kept;             /* bytes of incomplete files that another run can go on with */
};

/* What the watchdog knows of a reader. */
struct tree_main_reader {
    uint64_t idle_since; /* ms: since then all its consumers wait for it; 0: they do not */
    uint64_t idle_steps; /* its steps at that time */
};

struct tree_main {
    struct tree *tree;
    int signal_fd; /* for signals_next() */
    uint64_t began_ms;
    struct copy_status status; /* for reports */
    struct tree_main_dest *dests;
    struct tree_main_reader *readers; /* by lane */

    /* Failures of the source. */
    struct reported reported; /* those that several readers may meet */
    unsigned n_source_failed;
    struct failure source_first;

    struct bad_ranges bad; /* status.bad */
    bool bad_lost;         /* without memory: it is not all */

    bool counting; /* the thread of the totals has been started */

    /* How it ends. */
    int signal;              /* that stops it, or 0 */
    bool stopping;           /* before everything was copied */
    bool late_signal;        /* the engines have got it first */
    bool impatient;          /* a second signal has come */
    bool abandoned;          /* a thread hangs and is left behind */
    bool unavailable;        /* no thread could be started, or manifests cannot be written */
    bool differs;            /* --mhl: a copy is not what its history says */
    struct mhl_given *given; /* hashes of the files, for --mhl; NULL: not wanted */
};

/* ---- stop.c ---- */

/* Stops the copy early: ends all waiting of the threads. May be called again. */
void tree_main_stop(struct tree_main *m);

/* Takes all signals that have come: reports progress, or stops. */
void tree_main_take_signals(struct tree_main *m);

/* ---- failures.c ---- */

/* Takes all messages of the threads, and reports them. */
void tree_main_take_messages(struct tree_main *m);

/* Counts and reports a failure at the path. who: see tree_who_is_source(). */
void tree_main_failed(struct tree_main *m, unsigned who, const char *path,
                      const struct failure *f);

/* Bytes of the source's file at the path could not be read, and are zeros in the copies. */
void tree_main_zeroed(struct tree_main *m, const char *path, uint64_t offset, uint64_t length,
                      int err);

/* Reports that destination d has made the entry at the path. */
void tree_main_made(const struct tree_main *m, unsigned d, const char *path);

/* Destination d as a whole has failed. Only the first call for a destination counts. */
void tree_main_fail_dest(struct tree_main *m, unsigned d, const struct failure *f);

/* ---- status.c ---- */

/* Brings m->status up to date. */
void tree_main_update_status(struct tree_main *m);

/* ---- watchdog.c ---- */

/* Gives up threads that hang: a writer with its destination, a reader with the whole copy. */
void tree_main_check_hangs(struct tree_main *m);

/* Nobody waits for the writer of destination d any more. */
void tree_main_give_up(struct tree_main *m, unsigned d);

/* Begins to measure hangs from now on: the main thread did not watch, since the user or the
 * engines took their time. */
void tree_main_restart_clocks(struct tree_main *m);

/* ---- engine_files.c ---- */

/* Copies the file that the first reader has handed over, if there is one. */
void tree_main_copy_handed_over(struct tree_main *m);

/* ---- supervise.c ---- */

/* Watches until all threads are over; after a stop only for some time. */
void tree_main_supervise(struct tree_main *m);

/* ---- verdict.c ---- */

/* Fills m->status with what the copy comes to: the source's failure, and the state of every
 * destination. The threads are over, or left behind. */
void tree_main_judge(struct tree_main *m);

/* ---- deletes.c ---- */

/* With --delete: removes from every destination that is done what the source does not have, if all of
 * that could be read. A destination where that fails, or is not all, has failed. */
void tree_main_delete(struct tree_main *m);

/* ---- manifests.c ---- */

/* With --mhl: makes a generation in every destination that is done, and reports what differs from
 * the histories. A destination that is done and cannot get one has failed. */
void tree_main_write_manifests(struct tree_main *m);

/* The exit status of that: 4 if something differs, 128+N after a signal, else 0. */
int tree_main_mhl_status(const struct tree_main *m);

/* ---- totals_thread.c ---- */

/* Starts to count the source when the copy has taken some time, if progress is shown. */
void tree_begin_totals(struct tree_main *m);

/* Puts the count into m->status when it is complete. */
void tree_look_at_totals(struct tree_main *m);

/* Ends the counting. A thread that hangs leaves the tree abandoned. */
void tree_end_totals(struct tree_main *m);

#endif
