/* sequencer: see sequencer_priv.h.
 *
 * The number of pending operations of a batch is its state: if all are pending, the leader is
 * running; if fewer are pending, the leader is complete. The members of an ordered batch start
 * when it is the oldest of the sequence (s->sequence), and its leader is complete in full.
 * Ordered batches leave the sequence in the order in which they were submitted.
 *
 * A batch has a fault when one of its operations failed or is short. A batch is `broken` when
 * its members must not start: because its own leader, or an ordered batch before it, has a
 * fault. A broken batch is no longer part of the sequence. Faults are found in wait() only, and
 * the same wait() returns the operation to the caller. So the caller knows of the fault when it
 * submits the next batch, and that batch need not be cancelled. */
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
    s->sequence_tail = &s->sequence;
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

/* Cancels all members. No operation of the batch may be running. */
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

/* The pointer in the sequence that points to the batch. */
static struct engine_batch **link_to(struct sequencer *s, const struct engine_batch *b)
{
    struct engine_batch **link = &s->sequence;

    while (*link != b)
        link = &(*link)->next;
    return link;
}

/* Removes a complete batch from the sequence. If it was the oldest, the members of the next one
 * may start. */
static void leave_sequence(struct sequencer *s, struct engine_batch *b)
{
    struct engine_batch **link = link_to(s, b);

    *link = b->next;
    if (!*link)
        s->sequence_tail = link;
    else if (link == &s->sequence && leader_complete(s->sequence))
        start_members(s, s->sequence);
}

/* After a fault: cancels the batches of the sequence from *link on. None of their members has
 * started, because an older batch was not complete. A leader that is running goes on. */
static void cancel_from(struct sequencer *s, struct engine_batch **link)
{
    for (struct engine_batch *b = *link; b; b = b->next) {
        b->broken = true;
        if (leader_complete(b))
            cancel_members(s, b);
    }
    *link = NULL;
    s->sequence_tail = link;
}

/* The leader has a result: starts or cancels the members. */
static void handle_leader(struct sequencer *s, struct engine_batch *b)
{
    if (b->ordered && !b->broken && !engine_op_full(&b->ops[0]))
        cancel_from(s, link_to(s, b));
    else if (b->broken || !engine_op_full(&b->ops[0]))
        cancel_members(s, b);
    else if (!b->ordered || b == s->sequence)
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
        handle_leader(s, b);
    else if (b->ordered && !engine_op_full(op))
        cancel_from(s, &b->next);
    if (b->ordered && !b->broken && b->pending == 0)
        leave_sequence(s, b);
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
        *s->sequence_tail = b;
        s->sequence_tail = &b->next;
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
