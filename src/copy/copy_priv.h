/* copy_priv: the state of one worker's copy loop, and what belongs to each kind of work.
 *
 * The parts have owners: chunk.c owns `chunks`, pace.c `pace`, watchdog.c `watchdog`, and
 * accounting.c what is below them. The files call each other in one direction:
 *
 *     pace, watchdog <- chunk <- accounting <- work_wipe, work_copy, work_flush
 *                                accounting <- hang_check <- loop
 *                       chunk <- lending <- loop
 *                       chunk <- heads <- work_copy, loop
 *                                intake <- work_copy, loop
 *
 * and the calls in the other direction, by which chunks and accounting come to the kind of
 * work, go through struct work_ops. */
#ifndef UCOPY_COPY_COPY_PRIV_H
#define UCOPY_COPY_COPY_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "chunk_priv.h"
#include "engine/engine.h"
#include "job.h"
#include "pace_priv.h"
#include "watchdog_priv.h"

#define COPY_TAKEN_AWAY UINT64_MAX

/* What the loop knows of one endpoint. */
struct endpoint_state {
    bool direct_refused; /* the kernel refused O_DIRECT with EINVAL: the page cache is used
                            from then on */
    uint64_t cursor;     /* of a sequential destination: the position that it has reached */
};

struct copy {
    struct job *job;
    struct engine *engine;
    struct chunks chunks;
    struct pace pace;
    struct watchdog watchdog;
    struct endpoint_state source;
    struct endpoint_state *dests;
    bool *takes; /* per destination: what the last claim was for */

    /* Since when the thread is in a call of its engine, in ms of clock_running_ms(); 0: it is
     * not; COPY_TAKEN_AWAY: copy_take_away() has taken its work. Meanwhile all else here may be
     * read by that function. */
    _Atomic uint64_t away_since;

    unsigned lent;        /* chunks, to the hasher */
    uint64_t hasher_seen; /* for hasher_wait() */
    unsigned in_flight;   /* batches */
    uint64_t submitted;   /* batches, in all */
    uint64_t idle_since;  /* since when the engine has started nothing; for
                            watchdog_is_stalled() */
    bool reads_pieces;    /* a read has failed: nothing is written before its chunk has been
                            read in full */
    bool awaits_source;   /* see intake_waits() */
    uint64_t
        filled_since; /* ms, clock_now_ms(): when the chunk that is read got its first bytes */
    bool
        waits_for_rate; /* the last look at what can be submitted has met a chunk that may not be
                          * read yet */
    bool backoff;       /* something moved nothing: pause before the next try */
    bool settling;      /* an ordered batch failed: submit nothing until all are back */
    bool leaving;       /* operations hang: nothing new is begun on this engine */
};

/* A kind of work: what is done with a chunk that was claimed for it. All functions run in the
 * worker's thread and get a chunk of this kind. */
struct work_ops {
    const char *name;   /* of its operations on destinations, for messages */
    bool in_order;      /* with job->in_order, its batches keep the order of claims */
    bool interruptible; /* an operation that runs may be cancelled and done again */

    /* Fills in the batch's leader, if something is to be read before the operations on
     * destinations; it is a NOP if the function leaves it alone. NULL: nothing ever is. */
    void (*build_leader)(struct copy *c, struct chunk *k, struct engine_op *op);

    /* Fills in the operation that destination d needs next. False: it cannot be begun now. */
    bool (*build)(struct copy *c, struct chunk *k, unsigned d, struct engine_op *op);

    /* The leader, k->ops[0], has a result. NULL: with build_leader NULL. */
    void (*account_leader)(struct copy *c, struct chunk *k);

    /* The operation k->ops[i], i >= 1, on destination d has a result. The share is pending
     * again; the function finishes it when nothing remains to be done. */
    void (*account)(struct copy *c, struct chunk *k, unsigned i, unsigned d);

    /* All operations of the batch have results, which have been accounted for. NULL: that
     * makes no difference. */
    void (*end_batch)(struct copy *c, struct chunk *k);

    /* Destination d will not get its share of the chunk from this worker: returns it to the
     * job. */
    void (*give_back)(struct copy *c, struct chunk *k, unsigned d);

    /* How long destination d may be silent with such an operation, in ms; 0: for ever. */
    unsigned (*limit_ms)(const struct copy *c, unsigned d);
};

extern const struct work_ops work_wipe_ops;
extern const struct work_ops work_copy_ops;

/* The chunk ends with what has been read, and is not under way. The rest is returned to the
 * job. */
void work_copy_cut(struct copy *c, struct chunk *k);

extern const struct work_ops work_flush_ops;

#endif
