/* uring_chain: batches that are handed to the kernel whole, which then keeps the order "leader
 * first, then members" itself. The group and the link engine are this plus a style: which flags
 * make a batch of n SQEs, and what the kernel's results mean. */
#ifndef UCOPY_URING_CHAIN_H
#define UCOPY_URING_CHAIN_H

#include "uring.h"

struct chain_style {
    /* Adds to the SQE of operation i of a batch of n the flags that tie it to what follows.
     * ordered: the batch is; chained: the next batch follows in the same chain. */
    void (*tie)(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered, bool chained);

    /* All results of the batch are there: brings them into the form that engine.h promises. */
    void (*settle)(struct engine_batch *b);
};

struct uring_chain {
    struct engine base;
    struct uring uring;
    const struct chain_style *style;
    unsigned chain_left;          /* batches of the chain in flight that are not complete */
    struct engine_batch *waiting; /* ordered batches for the next chain, oldest first */
    struct engine_batch **waiting_tail;
    unsigned faults;            /* ordered batches at fault that the caller has not seen */
    struct engine_batch *ready; /* complete batches not yet returned, oldest first */
    struct engine_batch **ready_tail;
};

/* Makes an engine of the given style; the engine's create() calls it after its own probes and
 * passes on result and errors. */
int uring_chain_create(const struct engine_config *config, const struct chain_style *style,
                       struct engine **ret_engine, struct engine_reason *why);

/* engine_ops of engines made by uring_chain_create(). */
int uring_chain_submit(struct engine *e, struct engine_batch *b);
int uring_chain_wait(struct engine *e, unsigned timeout_ms, struct engine_batch **done,
                     unsigned max);
void uring_chain_destroy(struct engine *e);

#endif
