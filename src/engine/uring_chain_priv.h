/* uring_chain_priv: submits whole batches to the kernel, which keeps the order "leader first,
 * then members" itself. The engines group and link are this code and a style: which flags make
 * a batch of n SQEs, and what the kernel's results mean. */
#ifndef UCOPY_ENGINE_URING_CHAIN_PRIV_H
#define UCOPY_ENGINE_URING_CHAIN_PRIV_H

#include "uring_priv.h"

struct uring_chain;

struct chain_style {
    /* Adds flags to the SQE of operation i in a batch of n: they connect it with the next SQE.
     * ordered: the batch is ordered; chained: the next batch follows in the same chain. */
    void (*set_flags)(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered,
                      bool chained);

    /* The completion of the operation has come; op->result is the kernel's. Adds the operations
     * to *done that wait() can return because of it, with results as engine.h defines them. Of
     * completions that come together those of leaders are handled first. NULL: the operation
     * itself is added. */
    void (*on_completion)(struct uring_chain *c, struct engine_op *op, struct op_list *done);
};

struct uring_chain {
    struct engine base;
    struct uring uring;
    const struct chain_style *style;

    /* Leaders that were returned before their completion came; wait() does not wait for these
     * completions. */
    unsigned early;

    unsigned chain_left;          /* batches of the chain in flight that are not complete */
    struct engine_batch *waiting; /* ordered batches for the next chain, oldest first */
    struct engine_batch **waiting_tail;
};

/* Makes an engine with the given style. The engine's create() calls it after its own probes;
 * errors are those of create(). */
int uring_chain_create(const struct engine_config *config, const struct chain_style *style,
                       struct engine **ret_engine, struct engine_reason *why);

/* The engine_ops of engines that uring_chain_create() has made. */
int uring_chain_submit(struct engine *e, struct engine_batch *b);
int uring_chain_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                     struct engine_op **ret_done);
void uring_chain_cancel(struct engine *e, struct engine_op *op);
void uring_chain_destroy(struct engine *e);

#endif
