#include "accounting_priv.h"

#include <errno.h>

#define NO_ANSWER "it does not answer"

/* An engine that starts no operation for this many times job->stall_ms is broken. */
#define IDLE_STALLS 4u

bool account_retry(struct copy *c, uint64_t *since, uint64_t limit_ms)
{
    c->backoff = true;
    return !watchdog_is_stalled(since, limit_ms);
}

void account_drop(struct copy *c, unsigned d, const char *op, int err, uint64_t offset,
                  const char *message)
{
    struct failure f;

    failure_set(&f, op, err, offset, message);
    job_drop(c->job, d, &f);
}

void account_silent_dest(struct copy *c, unsigned d, const char *op)
{
    account_drop(c, d, op, ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
}

void account_silent_source(struct copy *c)
{
    struct failure f;

    /* Where a leader's completion comes last, it may be a member that hangs. The successor has
     * another engine, with which that is known. */
    if (c->engine->leader_last)
        return;
    failure_set(&f, "read", ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    job_fail_source(c->job, &f);
}

int account_broken_engine(struct copy *c, int err)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        account_drop(c, d, "wait for completions", -err, FAILURE_NO_OFFSET, NULL);
    return err;
}

unsigned endpoint_file(const struct endpoint *endpoint, const struct endpoint_state *state,
                       const struct engine_op *op)
{
    uint64_t bits = op->offset | (uintptr_t)op->buf | op->len;

    if (endpoint->file_direct == JOB_NO_FILE || state->direct_refused ||
        bits % endpoint->direct_align != 0)
        return endpoint->file;
    return endpoint->file_direct;
}

bool account_write_again(struct copy *c, struct chunk *k, const struct engine_op *op,
                         unsigned d)
{
    const struct endpoint *dst = &c->job->dests[d];
    int32_t r = op->result;

    if (r == -EINVAL && op->file == dst->file_direct && !dst->need_direct) {
        c->dests[d].direct_refused = true;
        return true;
    }
    return (r == 0 || r == -EINTR || r == -EAGAIN) &&
           account_retry(c, &k->shares[d].stalled_since, c->job->stall_ms);
}

int account_explain(int err, const char **ret_message)
{
    *ret_message = err == ENODATA ? "the device reports a medium error" : NULL;
    return err == ENODATA ? EIO : err;
}

/* A NOP has no reason to fail: an engine on which it does would never start the members. */
static int check_nop(const struct engine_op *op)
{
    return op->result < 0 && op->result != -ECANCELED ? op->result : 0;
}

static int account_leader(struct copy *c, struct chunk *k)
{
    const struct engine_op *op = &k->ops[0];

    if (op->kind == ENGINE_NOP)
        return check_nop(op);
    if (watchdog_moved(&c->watchdog, WATCH_SOURCE, op))
        account_silent_source(c);
    else
        k->work->account_leader(c, k);
    return 0;
}

static void account_member(struct copy *c, struct chunk *k, unsigned i)
{
    unsigned d = k->op_dest[i];

    k->shares[d].state = SHARE_PENDING;
    if (watchdog_moved(&c->watchdog, watch_of(d), &k->ops[i]))
        account_silent_dest(c, d, k->work->name);
    else
        k->work->account(c, k, i, d);
}

/* An engine that starts nothing (its kernel threads are gone, memory is short) is asked again
 * after a pause, but not for ever. False: it is to be given up. */
static bool engine_moves(struct copy *c, const struct engine_batch *b)
{
    for (unsigned i = 0; i < b->n_ops; i++) {
        if (b->ops[i].result != -ECANCELED && b->ops[i].kind != ENGINE_NOP) {
            c->idle_since = 0;
            return true;
        }
    }
    return account_retry(c, &c->idle_since, (uint64_t)IDLE_STALLS * c->job->stall_ms);
}

/* All operations of the chunk's batch have been accounted for. */
static int account_batch(struct copy *c, struct chunk *k)
{
    c->in_flight--;
    if (k->work->end_batch)
        k->work->end_batch(c, k);
    return engine_moves(c, &k->batch) ? 0 : -ECANCELED;
}

int account_result(struct copy *c, const struct engine_op *op)
{
    struct chunk *k = chunk_of(c, op);
    unsigned i = (unsigned)(op - k->ops);
    int r = 0;

    k->led = true;
    c->settling |= k->batch.ordered && !engine_op_full(op);
    if (i == 0)
        r = account_leader(c, k);
    else
        account_member(c, k, i);
    if (--k->left == 0 && r == 0)
        r = account_batch(c, k);
    return r;
}
