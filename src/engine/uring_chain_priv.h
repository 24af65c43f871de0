/* uring_chain_priv: batches that are handed to the kernel whole, which then keeps the order
 * "leader first, then members" itself. The group and the link engine are this plus a style:
 * which flags make a batch of n SQEs, and what the kernel's results mean. */
#ifndef UCOPY_ENGINE_URING_CHAIN_PRIV_H
#define UCOPY_ENGINE_URING_CHAIN_PRIV_H

#include "uring_priv.h"

struct uring_chain;

struct chain_style {
    /* Adds to the SQE of operation i of a batch of n the flags that tie it to what follows.
     * ordered: the batch is; chained: the next batch follows in the same chain. */
    void (*tie)(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered, bool chained);

    /* An operation's completion has been seen, those of leaders before all others that were
     * seen with them: puts into *done what engine.h promises, in its form, by that. NULL: just
     * the operation. */
    void (*settle)(struct uring_chain *c, struct engine_op *op, struct op_list *done);
};

struct uring_chain {
    struct engine base;
    struct uring uring;
    const struct chain_style *style;
    unsigned early; /* leaders returned whose completion has not come: nothing to wait for */
    unsigned chain_left;          /* batches of the chain in flight that are not complete */
    struct engine_batch *waiting; /* ordered batches for the next chain, oldest first */
    struct engine_batch **waiting_tail;
};

/* Makes an engine of the given style; the engine's create() calls it after its own probes and
 * passes on result and errors. */
int uring_chain_create(const struct engine_config *config, const struct chain_style *style,
                       struct engine **ret_engine, struct engine_reason *why);

/* engine_ops of engines made by uring_chain_create(). */
int uring_chain_submit(struct engine *e, struct engine_batch *b);
int uring_chain_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                     struct engine_op **ret_done);
void uring_chain_cancel(struct engine *e, struct engine_op *op);
void uring_chain_destroy(struct engine *e);

#endif
