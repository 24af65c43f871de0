/* calls: the operations of a session that may hang in the kernel for as long as a device or a
 * server likes. base/bounded_call.h makes them in threads. A call that gives no answer in time
 * is late: its thread is left behind, and may go on at any moment, or never.
 *
 * So that a late call can do no harm, these rules say who may touch what:
 *
 * source_call, dest_call   belong to the call, from its start until the main thread knows that
 *                          it has come back; if it is late, for ever. Before the start the main
 *                          thread fills in what the call needs. Afterwards it takes the results
 *                          over: it copies them into the session. A call never touches the
 *                          session. A late call gives up in its own thread what it has of the
 *                          target (the undo function).
 *
 * dest_call.target         belongs to whoever has the dest_call. No two calls to one
 * destination run at the same time, and none is made after a late one, not even to
 *                          give the target up. Exceptions: while the copy runs, the workers use
 *                          the descriptors and the journal writer calls target_note(); the
 * finish call waits for the journal writer first. target_kept() is atomic and
 *                          can be read at any time.
 *
 * dest_call.from           is a descriptor of the call's own, so that the target behind it can
 * be committed and closed whatever becomes of the call.
 *
 * the source               stays open, and the journal writer and the job are not freed, if a
 *                          call was late (session.abandoned).
 *
 * what requests point to   (options, paths, attrs, origin, the tree's directories) does not
 *                          change after the first call to a destination. If a call was late, it
 *                          is never freed.
 *
 * session_calls.watch      consists of atomics, and is shared on purpose. */
#ifndef UCOPY_SESSION_CALLS_PRIV_H
#define UCOPY_SESSION_CALLS_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "base/origin.h"
#include "base/ranges.h"
#include "cli/options.h"
#include "plan/existing.h"
#include "source/bmap.h"
#include "source/source.h"
#include "target/attrs.h"
#include "target/journal_writer.h"
#include "target/target.h"

struct session;

/* Opens the source, looks at the end whether it has changed, and closes it. */
struct source_call {
    const struct options *o;
    const char *path;
    bool looks;               /* do not open it */
    bool from_standard;       /* standard input is the source, */
    const char *from_command; /* or a command; NULL: it is not. path is a name then */
    bool follow;              /* path may be a symlink, which is followed */
    int fd;             /* of a file of a tree, open already; -1: the path is to be opened */
    unsigned n_dests;   /* that want the data */
    struct attrs attrs; /* in: what is wanted of the source; out: what it has */

    /* Results. */
    struct failure failure; /* err 0: none */
    struct source source;
    bool prompt;          /* reading it takes the CPU's time only */
    bool direct;          /* destinations are to be opened with O_DIRECT, too */
    bool has_origin;      /* origin is known: incomplete copies can be kept */
    struct origin origin; /* without the copied range */
    struct bmap map;      /* with --bmap */
    bool ends_early;      /* SOURCE ends before --offset, and its size is not known */
    bool no_map;          /* the failure is that of --bmap: SOURCE itself could be opened */
};

enum finish_action {
    FINISH_COMMIT,
    FINISH_ABORT,
    FINISH_ABANDON, /* abort, while hanging threads may still use the descriptors */
};

/* All calls to one destination, one after the other. */
struct dest_call {
    struct target_request request;
    struct target target;   /* from the open call on */
    struct failure failure; /* result of each call; err 0: none */

    /* The look: what stands there, and what the copy would need. */
    bool judge; /* find out what is to become of what exists; else it is replaced */
    const struct existing_policy *existing_policy;
    struct stat source_st;
    bool sweep;                    /* remove what killed runs have left there */
    struct existing_case existing; /* result */
    struct target_view probe;      /* result, unless what exists is left alone */

    /* The comparison with another destination in the same directory. */
    const char *other; /* its path; not owned */
    bool is_other;     /* result: the file system takes both names for one */

    /* The open, with an attempt to clone the source. */
    bool clone;
    bool must_clone;        /* if that fails, the open fails */
    bool clone_is_complete; /* nothing has to be copied after a clone */
    int source_fd;
    uint64_t start;   /* of the copied range in the source, bytes */
    unsigned wait_ms; /* for a reader of a fifo, or the lock of a partial file */
    bool cloned;      /* result */
    dev_t dev;        /* result: of the file that is written in place; ino 0: there is none */
    ino_t ino;
    uint64_t size; /* result: of that file; UINT64_MAX: of a block device, not known */

    /* The check of what an earlier run has left. */
    struct ranges held; /* result */

    /* A clone of another destination, and the trial of one. */
    int from; /* that destination's file; -1: none */

    /* The finish. */
    enum finish_action action;
    bool keep;                             /* abort: an incomplete file may stay */
    struct journal_writer *journal_writer; /* NULL: nothing is written down */
    unsigned d;                            /* the number of this destination */
};

/* All calls of one session, in memory of their own. A call gets this as its argument, and uses
 * its own struct and `watch`. */
struct session_calls {
    struct target_watch watch; /* stop: the user wants the end; read: bytes read by checks */
    struct source_call source;
    struct {
        struct session *session;
        uint64_t read_before; /* watch.read when it was last looked at */
        bool *wanted, *late;  /* arrays, as bounded_calls_run() takes them */
    } main;                   /* for the main thread only */
    struct dest_call dests[];
};

/* NULL without memory. */
struct session_calls *session_calls_new(struct session *s, unsigned n_dests);

/* Frees them, and what the checks have found. Not if a call was late. NULL is fine. */
void session_calls_free(struct session_calls *c, unsigned n_dests);

/* Makes the call run() to the source and waits for it, for limit_ms at most (0: for ever).
 * undo() takes back what a late call has done, in its thread; NULL: there is nothing to take
 * back. False: it is late, or a signal came first: s->source_late. s->calls->source must not be
 * touched any more then, and no further call be made. */
bool session_call_source(struct session *s, unsigned limit_ms,
                         void (*run)(void *calls, unsigned i),
                         void (*undo)(void *calls, unsigned i));

/* Makes the call run(s->calls, d) to each destination d with s->dests[d].called, all at the
 * same time, and waits for them, for limit_ms at most (0: for ever). The caller has filled in
 * what the call needs in s->calls->dests[d]. undo() takes back what a late call has done, in
 * its thread; NULL: there is nothing to take back. Afterwards each destination that was called
 * is either `late` and not open, or `failure` says what came of the call, and
 * s->calls->dests[d] can be looked at. See session_note_call(). */
void session_call_dests(struct session *s, unsigned limit_ms,
                        void (*run)(void *calls, unsigned d),
                        void (*undo)(void *calls, unsigned d));

/* Undoes a late call that was made between the open and the start of the workers: gives the
 * target up, which nobody else has. For session_call_dests(). */
void session_undo_target(void *calls, unsigned d);

/* Destination d fails if the call that was just made to it, for the operation op, failed or is
 * late. */
void session_note_call(struct session *s, unsigned d, const char *op);

/* For how many ms an operation may give no answer; 0: for ever. stream: on a pipe or the like,
 * whose reader may take its time unless the user says otherwise. */
unsigned session_timeout_ms(const struct session *s, bool stream);

/* The same for an operation that may have to wait until dirty pages have been written. */
unsigned session_flush_limit_ms(const struct session *s);

#endif
