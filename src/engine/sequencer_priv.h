/* sequencer_priv: the ordered-batch contract of engine.h on top of anything that can run single
 * operations concurrently and tell when they are done. The engines that have no kernel
 * mechanism for "leader first, then members" (fanout, aio, sync) are this plus a backend.
 *
 * It starts a batch's leader at once, the members when the leader is complete in full and, for
 * ordered batches, when all earlier ordered batches have completed; and it cancels what the
 * contract says is cancelled. Leaders of ordered batches run ahead, so the next chunks are in
 * memory when their turn comes. */
#ifndef UCOPY_ENGINE_SEQUENCER_PRIV_H
#define UCOPY_ENGINE_SEQUENCER_PRIV_H

#include "engine.h"

struct sequencer;

struct sequencer_backend {
    /* Queues one operation; it may run at once or at the next reap(). Cannot fail: the backend
     * has room for max_batches * max_ops operations. An error of the operation itself (also one
     * that shows at submission) is its result. */
    void (*start)(struct sequencer *s, struct engine_op *op);

    /* Starts what is queued, waits until `want` operations (at most what is outstanding) are
     * done or timeout_ms has passed, and passes every operation that is done, its result set,
     * to sequencer_complete(). Returns 0 (also on time-out) or a negative errno if the backend
     * itself broke. */
    int (*reap)(struct sequencer *s, unsigned want, unsigned timeout_ms);
};

/* Embedded as the first member of an engine built on it. */
struct sequencer {
    struct engine base;
    const struct sequencer_backend *backend;
    unsigned outstanding;            /* operations started and not complete */
    struct engine_batch *turn;       /* ordered batches, from the oldest not complete */
    struct engine_batch **turn_tail; /* where the next one is hung on */
    struct op_list done;             /* have a result and have not been returned */
};

/* Makes *s empty. The engine's create() calls it and then fills base.ops. */
void sequencer_init(struct sequencer *s, const struct sequencer_backend *backend);

/* An operation is done, op->result is set. Called by the backend out of reap() only. */
void sequencer_complete(struct sequencer *s, struct engine_op *op);

/* Passes every operation of the list, their results set, to sequencer_complete(). The list is
 * empty before the first call, as completions may start operations that are put there. Returns
 * whether there was any. From reap() only. */
bool sequencer_complete_list(struct sequencer *s, struct op_list *l);

/* engine_ops.submit and engine_ops.wait for engines whose first member is a struct sequencer.
 */
int sequencer_submit(struct engine *e, struct engine_batch *b);
int sequencer_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                   struct engine_op **ret_done);

#endif
