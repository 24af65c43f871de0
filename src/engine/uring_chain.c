#include "uring_chain_priv.h"

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
    *ret_engine = &c->base;
    return 0;
}

/* Puts a whole batch into the submission queue, which must have room for it. */
static void queue_batch(struct uring_chain *c, struct engine_batch *b, bool chained)
{
    for (unsigned i = 0; i < b->n_ops; i++) {
        struct io_uring_sqe *sqe = uring_prep(&c->uring, &b->ops[i]);

        c->style->set_flags(sqe, i, b->n_ops, b->ordered, chained);
    }
}

int uring_chain_submit(struct engine *e, struct engine_batch *b)
{
    struct uring_chain *c = chain_of(e);

    b->pending = b->n_ops;
    b->leader_returned = false;
    b->leader_completed = false;
    op_list_init(&b->held);
    if (b->ordered) {
        b->next = NULL;
        *c->waiting_tail = b;
        c->waiting_tail = &b->next;
        return 0;
    }
    /* A batch must not be divided between two submissions: its rest would be a batch of its
     * own. */
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

/* A chain cannot be longer than one submission, and the kernel keeps no order between two
 * chains. So the ordered batches that have been submitted since the last chain wait until that
 * is complete. Then they become the next chain. */
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

/* An ordered batch has failed or is short: cancels the ordered batches that wait behind it. */
static void cancel_waiting(struct uring_chain *c, struct op_list *done)
{
    for (struct engine_batch *b = c->waiting; b; b = b->next) {
        for (unsigned i = 0; i < b->n_ops; i++) {
            b->ops[i].result = -ECANCELED;
            op_list_append(done, &b->ops[i]);
        }
    }
    c->waiting = NULL;
    c->waiting_tail = &c->waiting;
}

static bool any_fault(const struct op_list *l)
{
    for (const struct engine_op *op = l->first; op; op = op->next)
        if (op->batch->ordered && !engine_op_full(op))
            return true;
    return false;
}

static void handle_completion(struct uring_chain *c, struct engine_op *op, struct op_list *done)
{
    if (--op->batch->pending == 0 && op->batch->ordered)
        c->chain_left--;
    if (c->style->on_completion)
        c->style->on_completion(c, op, done);
    else
        op_list_append(done, op);
}

/* Handles a list of completions. Returns the list of operations that wait() returns. Leaders
 * are handled first: a member that proves its leader's success would put the leader into that
 * list, and an operation must not be in two lists. */
static struct engine_op *handle_completions(struct uring_chain *c, struct engine_op *list)
{
    struct op_list done, members;
    struct engine_op *next;

    op_list_init(&done);
    op_list_init(&members);
    for (struct engine_op *op = list; op; op = next) {
        next = op->next;
        if (op == op->batch->ops)
            handle_completion(c, op, &done);
        else
            op_list_append(&members, op);
    }
    for (struct engine_op *op = members.first; op; op = next) {
        next = op->next;
        handle_completion(c, op, &done);
    }
    if (any_fault(&done))
        cancel_waiting(c, &done);
    return done.first;
}

int uring_chain_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                     struct engine_op **ret_done)
{
    struct uring_chain *c = chain_of(e);
    struct engine_op *list = NULL;
    unsigned running;
    int r = 0;

    queue_chain(c);
    running = c->uring.outstanding - c->early;
    if (c->uring.outstanding > 0)
        r = uring_turn(&c->uring, engine_share(running, slow), timeout_ms, &list);
    if (r == 0)
        *ret_done = handle_completions(c, list);
    return r;
}

void uring_chain_cancel(struct engine *e, struct engine_op *op)
{
    uring_cancel(&chain_of(e)->uring, op);
}

void uring_chain_destroy(struct engine *e)
{
    struct uring_chain *c = chain_of(e);

    uring_close(&c->uring);
    free(c);
}
