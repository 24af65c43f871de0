/* sequencer_priv: implements the contract of engine.h for engines whose kernel interface has no
 * "leader first, then members" (fanout, aio, sync). Such an engine is the sequencer and a
 * backend that runs single operations concurrently and reports when they are done.
 *
 * The sequencer starts the leader of a batch at once. It starts the members when the leader is
 * complete in full and, for an ordered batch, all earlier ordered batches are complete. It
 * cancels batches as the contract says. Leaders of ordered batches run ahead, so that the next
 * chunks are in memory already when their members may start. */
#ifndef UCOPY_ENGINE_SEQUENCER_PRIV_H
#define UCOPY_ENGINE_SEQUENCER_PRIV_H

#include "engine.h"

struct sequencer;

struct sequencer_backend {
    /* Queues one operation, which runs at once or in the next reap(). Cannot fail: the backend
     * has room for max_batches * max_ops operations. An error of the operation (also if the
     * kernel reports it at submission) is its result. */
    void (*start)(struct sequencer *s, struct engine_op *op);

    /* Starts the queued operations. Waits until `want` operations (at most those that are
     * outstanding) are done, or timeout_ms is over. Sets the result of each operation that is
     * done, and passes it to sequencer_complete(). Returns 0 (also if the time is over), or a
     * negative errno if the backend itself does not work any more. */
    int (*reap)(struct sequencer *s, unsigned want, unsigned timeout_ms);
};

/* The first member of an engine that uses the sequencer. */
struct sequencer {
    struct engine base;
    const struct sequencer_backend *backend;
    unsigned outstanding;          /* operations that are started and not complete */
    struct engine_batch *sequence; /* ordered batches that are not complete, oldest first */
    struct engine_batch **sequence_tail; /* where to link the next one */
    struct op_list done;                 /* operations that wait() returns next */
};

/* Makes *s empty. The engine's create() calls it first. */
void sequencer_init(struct sequencer *s, const struct sequencer_backend *backend);

/* An operation is done; op->result is set. The backend calls this in reap() only. */
void sequencer_complete(struct sequencer *s, struct engine_op *op);

/* Passes all operations of the list, whose results are set, to sequencer_complete(). Empties
 * the list before that, because sequencer_complete() may start operations that the backend adds
 * to it. Returns whether the list had operations. In reap() only. */
bool sequencer_complete_list(struct sequencer *s, struct op_list *l);

/* engine_ops.submit and engine_ops.wait of engines that use the sequencer. */
int sequencer_submit(struct engine *e, struct engine_batch *b);
int sequencer_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                   struct engine_op **ret_done);

#endif
