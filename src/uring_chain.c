#include "uring_chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct uring_chain *chain_of(struct engine *e)
{
    return (struct uring_chain *)e;
}

int uring_chain_create(const struct engine_config *config, const struct chain_style *style,
                       struct engine **ret_engine, struct engine_reason *why)
{
    struct uring_chain *c = calloc(1, sizeof *c);
    int r;

    if (!c) {
        snprintf(why->text, sizeof why->text, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    r = uring_open(&c->uring, config, &c->base.notes, why);
    if (r < 0) {
        free(c);
        return r;
    }
    c->style = style;
    c->waiting_tail = &c->waiting;
    c->ready_tail = &c->ready;
    *ret_engine = &c->base;
    return 0;
}

static void append(struct engine_batch ***tail, struct engine_batch *b)
{
    b->next = NULL;
    **tail = b;
    *tail = &b->next;
}

/* The batch is complete: it is no longer looked at by the kernel. */
static void finish(struct uring_chain *c, struct engine_batch *b)
{
    c->style->settle(b);
    append(&c->ready_tail, b);
}

/* The batch is not started. */
static void cancel(struct uring_chain *c, struct engine_batch *b)
{
    for (unsigned i = 0; i < b->n_ops; i++)
        b->ops[i].result = -ECANCELED;
    append(&c->ready_tail, b);
}

/* A whole batch goes into the submission queue; the caller has made sure of room for it. */
static void queue_batch(struct uring_chain *c, struct engine_batch *b, bool chained)
{
    for (unsigned i = 0; i < b->n_ops; i++) {
        struct io_uring_sqe *sqe = uring_prep(&c->uring, &b->ops[i]);

        c->style->tie(sqe, i, b->n_ops, b->ordered, chained);
    }
}

int uring_chain_submit(struct engine *e, struct engine_batch *b)
{
    struct uring_chain *c = chain_of(e);

    b->pending = b->n_ops;
    for (unsigned i = 0; i < b->n_ops; i++)
        b->ops[i].batch = b;
    b->faulted = false;
    if (b->ordered && c->faults > 0) {
        cancel(c, b);
        return 0;
    }
    if (b->ordered) {
        append(&c->waiting_tail, b);
        return 0;
    }
    /* Never a submission in the middle of a batch: its rest would be one of its own. */
    if (!uring_room(&c->uring, b->n_ops)) {
        int r = uring_flush(&c->uring);

        if (r < 0)
            return r;
        if (!uring_room(&c->uring, b->n_ops))
            return -EAGAIN;
    }
    queue_batch(c, b, false);
    return 0;
}

/* A chain ends with its submission, so that order between two chains is kept by waiting: what
 * has gathered since the last one goes out as one chain when that has come to its end. */
static void queue_chain(struct uring_chain *c)
{
    while (c->chain_left == 0 && c->waiting && uring_room(&c->uring, c->waiting->n_ops)) {
        unsigned space = io_uring_sq_space_left(&c->uring.ring);

        while (c->waiting && c->waiting->n_ops <= space) {
            struct engine_batch *b = c->waiting;

            space -= b->n_ops;
            c->waiting = b->next;
            queue_batch(c, b, b->next && b->next->n_ops <= space);
            c->chain_left++;
        }
        if (!c->waiting)
            c->waiting_tail = &c->waiting;
    }
}

/* An ordered batch failed or fell short: those that wait behind it are not started. */
static void cancel_waiting(struct uring_chain *c)
{
    struct engine_batch *b = c->waiting;

    c->waiting = NULL;
    c->waiting_tail = &c->waiting;
    while (b) {
        struct engine_batch *next = b->next;

        cancel(c, b);
        b = next;
    }
}

static void complete_ops(struct uring_chain *c, struct engine_op *list)
{
    while (list) {
        struct engine_op *op = list;
        struct engine_batch *b = op->batch;

        list = op->next;
        if (--b->pending > 0)
            continue;
        finish(c, b);
        if (b->ordered) {
            c->chain_left--;
            b->faulted = !engine_batch_full(b);
            c->faults += b->faulted;
            if (b->faulted)
                cancel_waiting(c);
        }
    }
}

static unsigned take_ready(struct uring_chain *c, struct engine_batch **done, unsigned max)
{
    unsigned n = 0;

    while (c->ready && n < max) {
        c->faults -= c->ready->faulted;
        done[n++] = c->ready;
        c->ready = c->ready->next;
    }
    if (!c->ready)
        c->ready_tail = &c->ready;
    return n;
}

int uring_chain_wait(struct engine *e, unsigned timeout_ms, struct engine_batch **done,
                     unsigned max)
{
    struct uring_chain *c = chain_of(e);
    struct engine_op *list;

    queue_chain(c);
    if (c->ready || c->uring.outstanding == 0)
        return (int)take_ready(c, done, max);
    /* Half of what is under way: the other half keeps the devices busy while the caller
     * refills, and a system call serves many chunks. */
    int r = uring_turn(&c->uring, (c->uring.outstanding + 1) / 2, timeout_ms, &list);
    if (r < 0)
        return r;
    complete_ops(c, list);
    return (int)take_ready(c, done, max);
}

void uring_chain_destroy(struct engine *e)
{
    struct uring_chain *c = chain_of(e);

    uring_close(&c->uring);
    free(c);
}
