/* sequencer: see sequencer.h.
 *
 * The state of a batch is in its count of pending operations: all of them pending means that
 * the leader is under way, fewer that it is complete. Members of an ordered batch start when it
 * is the oldest of its sequence (s->turn) and its leader is complete in full; ordered batches
 * leave the sequence, and are returned, in the order in which they were submitted.
 *
 * A batch is at fault when one of its operations failed or fell short. It is `broken` when its
 * members must not start: because of its own leader, or because an ordered batch before it was
 * at fault. As long as the caller has not been given every faulty ordered batch it cannot
 * know, and what it submits is broken from the beginning. */
#include "sequencer.h"

#include <assert.h>
#include <errno.h>

#include "clock.h"

static struct sequencer *sequencer_of(struct engine *e)
{
    return (struct sequencer *)e;
}

void sequencer_init(struct sequencer *s, const struct sequencer_backend *backend)
{
    *s = (struct sequencer){.backend = backend, .base.chain_breaks = true};
    s->turn_tail = &s->turn;
    s->ready_tail = &s->ready;
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

/* Operations from `first` on are never started; nothing of the batch is under way. */
static void cancel_from(struct engine_batch *b, unsigned first)
{
    for (unsigned i = first; i < b->n_ops; i++)
        b->ops[i].result = -ECANCELED;
    b->pending = 0;
}

static bool leader_complete(const struct engine_batch *b)
{
    return b->pending < b->n_ops;
}

static void make_ready(struct sequencer *s, struct engine_batch *b)
{
    b->next = NULL;
    *s->ready_tail = b;
    s->ready_tail = &b->next;
}

/* Lets go of complete batches at the front of the sequence and starts the one whose turn has
 * come. */
static void advance_turn(struct sequencer *s)
{
    bool moved = false;

    while (s->turn && s->turn->pending == 0) {
        struct engine_batch *b = s->turn;

        s->turn = b->next;
        make_ready(s, b);
        moved = true;
    }
    if (!s->turn)
        s->turn_tail = &s->turn;
    else if (moved && leader_complete(s->turn))
        start_members(s, s->turn);
}

/* An ordered batch is at fault: those behind it are cancelled. None of their members have been
 * started, as it was not their turn; a leader that is under way is waited for. */
static void fault(struct sequencer *s, struct engine_batch *b)
{
    if (b->faulted)
        return;
    b->faulted = true;
    s->faults++;
    for (struct engine_batch *behind = b->next; behind; behind = behind->next) {
        behind->broken = true;
        if (leader_complete(behind))
            cancel_from(behind, 1);
    }
}

/* The leader of b has its result: its members start, wait for their turn, or are cancelled. */
static void follow_leader(struct sequencer *s, struct engine_batch *b)
{
    if (!engine_op_full(&b->ops[0]))
        b->broken = true;
    if (b->broken)
        cancel_from(b, 1);
    else if (!b->ordered || b == s->turn)
        start_members(s, b);
}

void sequencer_complete(struct sequencer *s, struct engine_op *op)
{
    struct engine_batch *b = op->batch;

    assert(s->outstanding > 0 && b->pending > 0);
    s->outstanding--;
    b->pending--;
    if (b->ordered && !engine_op_full(op))
        fault(s, b);
    if (op == &b->ops[0])
        follow_leader(s, b);
    if (b->pending > 0)
        return;
    if (b->ordered)
        advance_turn(s);
    else
        make_ready(s, b);
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

    for (unsigned i = 0; i < b->n_ops; i++)
        b->ops[i].batch = b;
    b->pending = b->n_ops;
    b->broken = b->ordered && s->faults > 0;
    b->faulted = false;
    b->next = NULL;
    if (b->ordered) {
        *s->turn_tail = b;
        s->turn_tail = &b->next;
    }
    if (b->broken) {
        cancel_from(b, 0);
        advance_turn(s);
    } else {
        start_op(s, &b->ops[0]);
    }
    return 0;
}

static int take_ready(struct sequencer *s, struct engine_batch **done, unsigned max)
{
    unsigned n = 0;

    while (s->ready && n < max) {
        struct engine_batch *b = s->ready;

        s->ready = b->next;
        if (b->faulted)
            s->faults--;
        done[n++] = b;
    }
    if (!s->ready)
        s->ready_tail = &s->ready;
    return (int)n;
}

int sequencer_wait(struct engine *e, unsigned timeout_ms, struct engine_batch **done,
                   unsigned max)
{
    struct sequencer *s = sequencer_of(e);
    uint64_t now = clock_now_ms();
    uint64_t end = now + timeout_ms;
    bool again = true;

    while (again && s->outstanding > 0) {
        /* Half of what is under way: one system call then serves many operations, while the
         * other half keeps the devices busy. With something to return already it is only
         * started what is queued. */
        unsigned want = s->ready ? 0 : (s->outstanding + 1) / 2;
        int r = s->backend->reap(s, want, s->ready ? 0 : (unsigned)(end - now));

        if (r < 0)
            return r;
        now = clock_now_ms();
        again = !s->ready && now < end;
    }
    return take_ready(s, done, max);
}
