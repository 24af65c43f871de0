/* session_state: one copy while it is made, as the parts of the session share it:
 * open.c opens its files, session.c runs it, state.c is what both need. The
 * main thread's, but for what calls bring. */
#ifndef UCOPY_SESSION_SESSION_PRIV_H
#define UCOPY_SESSION_SESSION_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "copy/job.h"
#include "copy/worker.h"
#include "plan/existing.h"
#include "plan/plan.h"
#include "plan/tuning.h"
#include "report/report.h"
#include "session.h"
#include "source/source.h"
#include "target/attrs.h"
#include "target/space.h"
#include "target/target.h"

/* How long workers, and calls, have to come to an end after a signal. */
#define END_PATIENCE_MS 450

#define NO_ANSWER "it does not answer"

struct session {
    const struct options *o;
    const struct plan_copy *copy;
    const struct session_file *file; /* of a tree; NULL: it is not */
    int signal_fd;

    struct source source;
    struct attrs attrs; /* of the source, for the destinations */
    bool sweep;         /* looking at a destination cleans up there */
    struct target *targets;
    bool *target_open;
    struct space_demand *demands; /* of each destination that is to be copied to */
    uint64_t start;               /* of the copied range in the source, bytes */
    uint64_t size;                /* bytes to copy, or the limit where the end is not known */
    bool size_known;
    struct origin origin; /* what is copied, for what is kept of it */
    bool direct;          /* files are opened with O_DIRECT where they take it */
    bool keeps; /* --partial, and the source can be read again, and known by its origin */
    struct tuning tuning;

    /* What calls bring, per destination; of one that was given up nothing is looked at. */
    struct existing_case *standing; /* what is to become of what exists */
    struct target_view *looks;
    struct failure *failures; /* err 0: none */
    bool *commit;             /* the target's last call: to commit, or to give up */
    bool *wanted;
    bool *late;
    struct ranges *held;        /* what an earlier run has left it */
    struct partial_watch watch; /* of those that look for that */
    uint64_t watched;           /* what watch.read was when somebody looked */
    bool *keep;                 /* a target that is given up is left to go on with */

    bool *cloned;     /* from the source */
    bool *deferred;   /* the space it needs has not been looked at: it may become a clone */
    unsigned *leader; /* the destination it will be cloned from; itself: it will not be */
    bool passed_on;   /* workers have got a destination that was to be a clone */

    struct job job;
    struct job_view *view;
    struct crew *crew;
    struct journal_writer *journal_writer; /* NULL: nothing is to be written down */
    int news_fd;                           /* eventfd: see job.h */

    struct copy_status status;
    uint64_t began_ms;
    atomic_int signal; /* the first that asked for the end, or 0 */
    bool impatient;    /* a second one came */
    bool abandoned;    /* threads are left that hang in the kernel */
    bool unavailable;  /* the engine asked for is not to be had */
};

/* ---- state.c ---- */

/* Destination d has failed: notes and reports it. */
void session_fail_dest(struct session *s, unsigned d, const struct failure *f);

/* The source failed: so did every destination that had not failed for reasons of its own. */
void session_fail_all(struct session *s);

/* Shows how the copy stands; asked: by a user. */
void session_show(struct session *s, bool asked);

/* Takes the signals that have come. */
void session_take_signals(struct session *s);

/* Takes them, too; arg is the session. Whether one asked for the end. */
bool session_stops(void *arg);

/* How long an operation may go unanswered; 0: for ever. stream: on a pipe or the like. */
unsigned session_timeout_ms(const struct session *s, bool stream);

/* Fills *f with why a destination is not made although nothing is wrong with it; returns it. */
const struct failure *session_stopped(const struct session *s, struct failure *f);

/* Sends run() out for the n (destinations, or the source) that are wanted; NULL: all. Returns
 * how many did not come back; s->late tells which. See base/bounded_call.h. */
unsigned session_send_out(struct session *s, unsigned n, const bool *wanted, unsigned limit_ms,
                          void (*run)(void *arg, unsigned d),
                          void (*undo)(void *arg, unsigned d));

/* What became of a call to destination d, which was about the operation op. */
void session_note_call(struct session *s, unsigned d, const char *op);

/* Whether anything is missing of destination d that was asked for: bytes, or their flush; as of
 * the last look. */
bool session_incomplete(const struct session *s, unsigned d);

/* How long an operation may go unanswered for which what the page cache took may have to be
 * written. */
unsigned session_flush_limit_ms(const struct session *s);

/* ---- clone.c ---- */

/* Whether anything is to be cloned that can be. */
bool session_wants_clones(const struct session *s);

/* Whether destination d, which has been looked at, is likely to become a clone, and to need no
 * space. */
bool session_may_clone(const struct session *s, unsigned d);

/* Part of the call that has opened destination d: makes it a clone of the source if that is
 * wanted and possible, and notes that in s->cloned. If it has to be a clone and cannot, it is
 * closed again and s->failures says why. */
void session_clone_source(struct session *s, unsigned d);

/* Between open and copy: settles who will be cloned from whom, whether there is space for the
 * others, and makes room there. Returns how many destinations are left. */
unsigned session_prepare_targets(struct session *s);

/* Whether destination d waits to be cloned from another one. */
bool session_waits(const struct session *s, unsigned d);

/* Clones those that wait from leaders that are complete as of the last look, and gives those
 * to the workers that cannot be. True if the job has to be looked at anew. */
bool session_serve_followers(struct session *s);

/* ---- open.c ---- */

/* 0, or a negative errno with s->status.source_failure filled. */
int session_open_source(struct session *s);

/* Fills s->standing, s->looks and s->failures, s->demands of those that can be opened, and
 * s->wanted: who is to be gone on with. What a look finds wrong opening the destination will
 * tell. */
void session_look_at_targets(struct session *s);

/* 0, or a negative errno with *f filled if there is too little space for destination d and the
 * others on its file system. */
int session_check_space(struct session *s, unsigned d, struct failure *f);

/* Whether destination d is open and has not failed. */
bool session_takes_part(const struct session *s, unsigned d);

/* Opens the destinations, and finds out what earlier runs have left them; the others have
 * failed. Returns how many take part. */
unsigned session_open_targets(struct session *s);

#endif
