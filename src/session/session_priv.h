/* session_priv: the state of one copy, and the functions that the files of this room share. The
 * state is the main thread's: see calls_priv.h.
 *
 * The files, from the bottom up; none calls a function of one above it:
 *
 *     state.c    how the copy stands: failures, signals, what is complete
 *     calls.c    calls that may hang
 *     verdict.c  the exit status
 *     rescue_map.c  the format of --map
 *     map.c      --map
 *     source.c   opens the source
 *     clone.c    destinations that become clones of the source or of another destination
 *     space.c    whether there is room; preallocation
 *     look.c     looks at the destinations before anything is changed
 *     same_names.c  which destinations are one file by their names
 *     setup.c    makes the job from the session
 *     resources.c  whether this process has what the copy needs
 *     open.c     opens the destinations
 *     finish.c   commits or gives up the destinations
 *     watch.c    starts the workers and watches them
 *     dry_run.c  --dry-run
 *     verify.c   reads back what all copies have made
 *     session.c  the order of events */
#ifndef UCOPY_SESSION_SESSION_PRIV_H
#define UCOPY_SESSION_SESSION_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "calls_priv.h"
#include "cli/options.h"
#include "copy/job.h"
#include "copy/worker.h"
#include "plan/existing.h"
#include "plan/plan.h"
#include "plan/tuning.h"
#include "report/report.h"
#include "rescue_map_priv.h"
#include "session.h"
#include "source/bmap.h"
#include "source/source.h"
#include "target/attrs.h"
#include "target/space.h"
#include "target/target.h"

/* How long workers and calls have to come back after a signal. */
#define STOP_WAIT_MS 450

/* How long destinations that are slow, but answer, may take to remove their temporary files
 * after a signal. With all other waiting that is less than the supervisor waits. */
#define CLEAN_WAIT_MS 1500

#define NO_ANSWER "it does not answer"

/* One destination. */
struct session_dest {
    struct dest_status *status; /* its entry of session.status.dests */

    /* Calls. */
    bool called;            /* takes part in the calls that are being made */
    bool late;              /* a call gave no answer in time: the dest_call is lost */
    struct failure failure; /* of the last call that came back; err 0: none */

    /* The look. */
    struct existing_case existing; /* what is to become of what exists */
    struct target_view probe;      /* all zero if what exists is left alone */
    bool space_deferred; /* its space is not in session.demands: it may become a clone */

    /* From open to finish. */
    bool open;             /* the target is open, and the main thread's */
    struct ranges held;    /* what an earlier run has left of the copy */
    bool cloned;           /* from the source: it needs no workers */
    unsigned clone_source; /* the destination that it will be cloned from; itself: none */
    bool finishing;        /* its commit is under way */
    bool keep;             /* when it is given up: an incomplete file may stay */
};

struct session {
    const struct options *o;
    const struct plan_copy *copy;
    const struct session_file *file; /* of a tree; NULL: a single file */
    int signal_fd;
    uint64_t began_ms;
    uint64_t shown_ms; /* when the progress was shown last */

    /* The source, and what is copied of it. session_open_source() sets this. */
    struct source source;
    struct attrs attrs; /* of the source, for the destinations */
    bool prompt;        /* reading it takes the CPU's time only */
    bool direct;        /* files are opened with O_DIRECT where that is possible */
    bool keeps;         /* --partial, and the source can be read again; origin identifies it */
    struct origin origin;
    struct bmap bmap; /* with --bmap: which ranges of the source are copied; else empty */
    uint64_t start;   /* of the copied range in the source, bytes */
    uint64_t size;    /* bytes to copy, or the limit if the end is not known */
    bool size_known;

    /* The destinations. What functions of other rooms take as an array is an array here, too:
     * space_missing() sums up the demands, job_look() copies the views under one lock, and the
     * report gets status.dests. */
    struct session_dest *dests;
    struct session_calls *calls;
    struct space_demand *demands; /* need 0: nothing is needed, or it is deferred */
    struct job_view *views;

    /* The workers. */
    struct rate rate; /* of reading, but for files of trees */
    struct tuning tuning;
    struct job job;
    struct crew *crew;
    struct hasher *hasher;                 /* NULL: nothing is hashed */
    bool hashed;                           /* the hasher has had all bytes */
    struct digest_values hashes;           /* with hashed: of --hash and --expect-hash */
    struct journal_writer *journal_writer; /* NULL: nothing is written down */
    void *reserved; /* address space for the buffers, until the workers take it; or NULL */
    size_t reserved_len;
    int news_fd;                          /* eventfd: see job.h */
    void (*meanwhile)(struct session *s); /* during calls: what else there is to do; or NULL */
    bool more_work; /* a clone could not be made: the workers have to copy it */

    /* How it stands. */
    struct copy_status status;
    struct bad_ranges bad; /* status.bad */

    /* --map */
    struct rescue_map map;     /* as it was at the start */
    bool map_exists;           /* it was there */
    bool map_ready;            /* there is a job to write about */
    bool map_failed;           /* it could not be written, which was reported */
    uint64_t map_due;          /* when it is written next; ms, clock_now_ms() */
    struct map_save *map_save; /* what it will say when the destinations have been flushed */
    int signal;                /* the first that asked for the end, or 0 */
    bool impatient;            /* a second one came */
    bool abandoned;            /* threads are left that hang in the kernel */
    bool source_late;          /* a call to the source is one of these */
    bool unavailable; /* what the copy needs is not available here: nothing more is made */
    bool touched;     /* by then a destination may have been changed */
};

/* ---- state.c ---- */

/* Destination d has failed: notes and reports it. */
void session_fail_dest(struct session *s, unsigned d, const struct failure *f);

/* What the copy needs (threads, memory, descriptors, an engine) is not available here. *f is a
 * message only. Reports it, and every destination that is not complete fails for it. */
void session_lacks(struct session *s, const struct failure *f);

/* Notes whether a destination may have been changed by now: see session.touched. */
void session_note_touched(struct session *s);

/* The source failed: so do all destinations that are neither done nor failed already. Not those
 * whose commit is under way: the source was looked at before it, and they are as good as done. */
void session_fail_all(struct session *s);

/* Fills *f with the reason why a destination is not made although nothing is wrong with it: a
 * signal, or --on-error=stop. Returns f. */
const struct failure *session_stopped(const struct session *s, struct failure *f);

/* Destination d's target, which must not be in the hands of a late call. */
struct target *session_target(const struct session *s, unsigned d);

/* Whether destination d is open and has not failed. */
bool session_takes_part(const struct session *s, unsigned d);

/* Whether destination d, as of the last session_update(), lacks bytes or the flush that was
 * asked for. */
bool session_incomplete(const struct session *s, unsigned d);

/* Brings the status and the views up to date from the job. Reports each destination that the
 * workers have dropped, once. */
void session_update(struct session *s);

/* Whether a hash is wanted that is not known yet. No destination is committed before. */
bool session_lacks_hashes(const struct session *s);

/* Shows how the copy stands. asked: a user asked for it now. */
void session_show(struct session *s, bool asked);

/* Shows how the copy stands now, if it is time for that. There is a job. */
void session_show_if_due(struct session *s);

/* Takes the signals that have arrived. */
void session_take_signals(struct session *s);

/* Takes them, too; arg is the session. Whether one asked for the end, now or before. */
bool session_stops(void *arg);

/* ---- verdict.c ---- */

/* The exit status under --require if `done` of n_dests destinations are complete, and `kept` of
 * these have all their attributes. */
int session_policy_status(const struct options *o, unsigned n_dests, unsigned done,
                          unsigned kept);

/* ---- source.c ---- */

/* Opens the source. looks: unless that could have effects, which is so of a FIFO or a command; it
 * is not open then. 0, or a negative errno with s->status.source_failure filled. */
int session_open_source(struct session *s, bool looks);

/* Closes the source in a call, since a server may not answer that either. If a call is late, the
 * source stays open. */
void session_close_source(struct session *s);

/* ---- map.c: without --map these do nothing ---- */

/* Reads the map, if there is one. 0, or a negative errno with *f filled. */
int session_load_map(struct session *s, struct failure *f);

/* Destination d, which is open, holds what the map says. */
void session_take_map(struct session *s, unsigned d);

/* There is a job. What has failed before comes last. 0 or -ENOMEM. */
int session_doubt_map(struct session *s);

/* Writes the map, now or when it is time for that. */
void session_save_map(struct session *s);
void session_save_map_if_due(struct session *s);

/* ---- clone.c ---- */

/* Whether clones are to be made where they can be. */
bool session_wants_clones(const struct session *s);

/* Whether destination d, which has been looked at, will probably become a clone that takes no
 * space. Destinations before d must have been looked at, too. */
bool session_may_clone(const struct session *s, unsigned d);

/* Decides, between open and copy, which destination is cloned from which other one. */
void session_choose_clone_sources(struct session *s);

/* Whether destination d is going to be cloned from another one. */
bool session_awaits_clone(const struct session *s, unsigned d);

/* Whether another destination is going to be cloned from destination d, which must not be
 * committed before. */
bool session_is_awaited(const struct session *s, unsigned d);

/* Destination d will not be cloned: it becomes the clone source of those that wait for the same
 * one. */
void session_replace_clone_source(struct session *s, unsigned d);

/* Clones the destinations whose clone source is complete as of the last session_update().
 * Destinations that cannot be cloned are given to the workers (s->more_work). Returns whether
 * anything was tried: the status is out of date then. */
bool session_clone_dests(struct session *s);

/* ---- space.c ---- */

/* 0, or a negative errno with *f filled if the file system of destination d has too little
 * space for all destinations on it. */
int session_check_space(struct session *s, unsigned d, struct failure *f);

/* Destinations whose space was deferred, and which do not become clones, fail if there is too
 * little. */
void session_check_deferred_space(struct session *s);

/* Preallocates for the destinations that the workers write to, and finds out whether the order
 * of the writes matters. */
void session_reserve_space(struct session *s);

/* ---- look.c ---- */

/* Looks at all destinations, without changing anything unless sweep: then it removes temporary
 * files of killed runs. Fills `existing`, `probe`, `failure` and the demand of each. Late ones
 * have failed; `called` says which are not late. A failure of the look itself does not fail a
 * destination: opening it will. */
void session_look_at_dests(struct session *s, bool sweep);

/* ---- same_names.c ---- */

/* After the look: destinations in one directory fail whose names are one for its file system.
 * Then nothing is to be opened: s->unavailable is set. Those that are not late and have not
 * failed are `called` afterwards. */
void session_refuse_same_names(struct session *s);

/* After the open: the same for destinations that are written in place, and are one file. */
void session_refuse_same_files(struct session *s);

/* ---- resources.c ---- */

/* Whether there are descriptors for all destinations that are called, which have been looked at
 * and are not open yet, and memory for the buffers. If not, all has failed: session_lacks(). */
bool session_has_resources(struct session *s);

/* Gives back the memory that session_has_resources() has reserved: the workers need it now, or
 * nobody does. */
void session_release_memory(struct session *s);

/* ---- open.c ---- */

/* Opens the destinations, and finds out what earlier runs have left of them. Those that are not
 * open afterwards have failed or are left as they are. */
void session_open_dests(struct session *s);

/* ---- setup.c ---- */

/* Chooses the tuning, makes the job and starts the journal writer. 0 or a negative errno, with
 * nothing to free. */
int session_set_up_job(struct session *s);

/* The engine that was asked for; NULL: the best one. */
const struct engine_ops *session_engine(const struct session *s);

/* The tuning that session_set_up_job() will probably choose, before the destinations that are
 * called are open. */
void session_expect_tuning(const struct session *s, struct tuning *ret);

/* Frees what session_set_up_job() made. Not if s->abandoned. */
void session_free_job(struct session *s);

/* ---- finish.c ---- */

/* Clones and commits what is complete as of the last session_update(), whatever the other
 * destinations still need. */
void session_commit_complete(struct session *s);

/* Commits what is complete, unless a signal came, and gives up all else. */
void session_finish(struct session *s);

/* ---- watch.c ---- */

/* Runs the workers until they have nothing more to do or are given up. Destinations are
 * committed meanwhile. False: there were no workers, or they did not end. */
bool session_run_workers(struct session *s);

/* ---- dry_run.c ---- */

/* Reports what a copy would do, or why it would fail. Returns the exit status. */
int session_dry_run_all(struct session *s);

#endif
