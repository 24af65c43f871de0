/* sequencer: see sequencer.h.
 *
 * The state of a batch is in its count of pending operations: all of them pending means that
 * the leader is under way, fewer that it is complete. Members of an ordered batch start when it
 * is the oldest of its sequence (s->turn) and its leader is complete in full; ordered batches
 * leave the sequence in the order in which they were submitted.
 *
 * A batch is at fault when one of its operations failed or fell short. It is `broken` when its
 * members must not start: because of its own leader, or because an ordered batch before it was
 * at fault. It is no part of the sequence any more then. Faults show in wait() only, which
 * returns all that it has, so that what is submitted later was submitted by a caller who knew.
 */
#include "sequencer_priv.h"

#include <assert.h>
#include <errno.h>

#include "base/clock.h"

static struct sequencer *sequencer_of(struct engine *e)
{
    return (struct sequencer *)e;
}

void sequencer_init(struct sequencer *s, const struct sequencer_backend *backend)
{
    *s = (struct sequencer){.backend = backend, .base.chain_breaks = true};
    s->turn_tail = &s->turn;
    op_list_init(&s->done);
}

static void start_op(struct sequencer *s, struct engine_op *op)
{
    s->outstanding++;
    s->backend->start(s, op);
}

static void start_members(struct sequencer *s, struct engine_batch *b)
{
    for (unsigned i = 1; i < b->n_ops; i++)
        start_op(s, &b->ops[i]);
}

/* The members are never started; nothing of the batch is under way. */
static void cancel_members(struct sequencer *s, struct engine_batch *b)
{
    for (unsigned i = 1; i < b->n_ops; i++) {
        b->ops[i].result = -ECANCELED;
        op_list_append(&s->done, &b->ops[i]);
    }
    b->pending = 0;
}

static bool leader_complete(const struct engine_batch *b)
{
    return b->pending < b->n_ops;
}

/* Where in the sequence the batch hangs. */
static struct engine_batch **link_to(struct sequencer *s, const struct engine_batch *b)
{
    struct engine_batch **link = &s->turn;

    while (*link != b)
        link = &(*link)->next;
    return link;
}

/* The batch is complete and leaves the sequence, which may make it the next one's turn. */
static void leave(struct sequencer *s, struct engine_batch *b)
{
    struct engine_batch **link = link_to(s, b);

    *link = b->next;
    if (!*link)
        s->turn_tail = link;
    else if (link == &s->turn && leader_complete(s->turn))
        start_members(s, s->turn);
}

/* Ends the sequence at a fault: the batches from *link on are cancelled. None of their members
 * have been started, as it was not their turn; a leader that is under way is waited for. */
static void cut(struct sequencer *s, struct engine_batch **link)
{
    for (struct engine_batch *b = *link; b; b = b->next) {
        b->broken = true;
        if (leader_complete(b))
            cancel_members(s, b);
    }
    *link = NULL;
    s->turn_tail = link;
}

static void follow_leader(struct sequencer *s, struct engine_batch *b)
{
    if (b->ordered && !b->broken && !engine_op_full(&b->ops[0]))
        cut(s, link_to(s, b));
    else if (b->broken || !engine_op_full(&b->ops[0]))
        cancel_members(s, b);
    else if (!b->ordered || b == s->turn)
        start_members(s, b);
}

void sequencer_complete(struct sequencer *s, struct engine_op *op)
{
    struct engine_batch *b = op->batch;

    assert(s->outstanding > 0 && b->pending > 0);
    s->outstanding--;
    b->pending--;
    op_list_append(&s->done, op);
    if (op == &b->ops[0])
        follow_leader(s, b);
    else if (b->ordered && !engine_op_full(op))
        cut(s, &b->next);
    if (b->ordered && !b->broken && b->pending == 0)
        leave(s, b);
}

bool sequencer_complete_list(struct sequencer *s, struct op_list *l)
{
    struct engine_op *op = l->first;
    bool any = op != NULL;

    op_list_init(l);
    while (op) {
        struct engine_op *next = op->next;

        sequencer_complete(s, op);
        op = next;
    }
    return any;
}

int sequencer_submit(struct engine *e, struct engine_batch *b)
{
    struct sequencer *s = sequencer_of(e);

    b->pending = b->n_ops;
    b->broken = false;
    b->next = NULL;
    if (b->ordered) {
        *s->turn_tail = b;
        s->turn_tail = &b->next;
    }
    start_op(s, &b->ops[0]);
    return 0;
}

int sequencer_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                   struct engine_op **ret_done)
{
    struct sequencer *s = sequencer_of(e);
    uint64_t now = clock_now_ms();
    uint64_t end = now + timeout_ms;

    while (s->outstanding > 0) {
        int r = s->backend->reap(s, engine_share(s->outstanding, slow), (unsigned)(end - now));

        if (r < 0)
            return r;
        now = clock_now_ms();
        if (s->done.first || now >= end)
            break;
    }
    *ret_done = s->done.first;
    op_list_init(&s->done);
    return 0;
}
