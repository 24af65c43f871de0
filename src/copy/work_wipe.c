/* work_wipe: WORK_WIPE. The chunk holds zeros; each destination gets as many of them as its head is
 * long, and then an fsync. From then on it can be written: job_wiped().
 *
 * The zeros go to the end of the head piece by piece, as the chunk may be smaller. A destination that
 * is ready for the next piece, or for the fsync, does not wait for the others of its chunk: it is
 * returned, to be claimed for another chunk, and goes on from what is zeros.
 *
 * Nobody wipes a destination again while an earlier write of zeros may still arrive there: it would
 * destroy what has been written meanwhile. */
#include "accounting_priv.h"

#include <errno.h>

/* Only this worker moves the wipe of destination d on, so it can look at it without the lock. */
static bool build(struct copy *c, struct chunk *k, unsigned d, struct engine_op *op)
{
    const struct endpoint *dst = &c->job->dests[d];
    uint32_t zeroed = c->job->states[d].zeroed, rest = dst->head - zeroed;

    *op = (struct engine_op){.kind = ENGINE_FSYNC, .file = dst->file};
    if (rest == 0)
        return true;
    op->kind = ENGINE_WRITE;
    op->offset = dst->base + zeroed;
    op->buf = k->buf;
    op->len = rest < chunk_len(k) ? rest : chunk_len(k);
    op->file = endpoint_file(dst, &c->dests[d], op);
    return true;
}

/* The kernel refuses writes to a device that was opened: one that is write-protected. */
static void fail(struct copy *c, struct chunk *k, unsigned d, const struct engine_op *op)
{
    const char *message = op->result == 0 ? "writes make no progress" : NULL;
    int err = op->result < 0 ? -op->result : EIO;

    chunk_finish_share(c, k, d);
    if (op->kind == ENGINE_FSYNC) {
        account_drop(c, d, "fsync", err, FAILURE_NO_OFFSET, NULL);
        return;
    }
    if (err == EPERM || err == EROFS) {
        message = "it is write-protected";
        job_not_wiped(c->job, d);
    } else if (op->result < 0) {
        err = account_explain(err, &message);
    }
    account_drop(c, d, "wipe", err, op->offset, message);
}

static void account_zeros(struct copy *c, struct chunk *k, unsigned d, uint32_t n)
{
    job_zeroed(c->job, d, n);
    k->shares[d].stalled_since = 0;
    if (k->left == 1) /* the next batch of the chunk can begin at once */
        return;
    job_return(c->job, d, WORK_WIPE, NULL);
    chunk_finish_share(c, k, d);
}

static void account(struct copy *c, struct chunk *k, unsigned i, unsigned d)
{
    const struct engine_op *op = &k->ops[i];
    bool write = op->kind == ENGINE_WRITE;

    if (write && op->result > 0) {
        account_zeros(c, k, d, (uint32_t)op->result);
    } else if (!write && op->result == 0) {
        job_wiped(c->job, d);
        chunk_finish_share(c, k, d);
    } else if (op->result != -ECANCELED && !(write && account_write_again(c, k, op, d))) {
        fail(c, k, d, op);
    }
}

static void give_back(struct copy *c, struct chunk *k, unsigned d)
{
    if (k->shares[d].state == SHARE_BUSY)
        account_drop(c, d, "wipe", ETIMEDOUT, FAILURE_NO_OFFSET, ACCOUNT_HELD_UP);
    else
        job_return(c->job, d, WORK_WIPE, NULL);
}

static unsigned limit_ms(const struct copy *c, unsigned d)
{
    return c->job->dests[d].timeout_ms;
}

const struct work_ops work_wipe_ops = {
    .name = "wipe",
    .build = build,
    .account = account,
    .give_back = give_back,
    .limit_ms = limit_ms,
};
