/* fanout: starts the members of a batch from user space when the leader is complete. Works on
 * any io_uring.
 *
 * When a read is complete, its writes are submitted together with the next reads, in the same
 * io_uring_enter(2) that also waits. The writes to all destinations run concurrently; one that
 * fails has no effect on the others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequencer_priv.h"
#include "uring_priv.h"

struct fanout {
    struct sequencer seq;
    struct uring uring;
    struct engine_op *backlog; /* did not fit into the submission queue; oldest first */
    struct engine_op **backlog_tail;
};

static struct fanout *fanout_of(struct sequencer *s)
{
    return (struct fanout *)s;
}

static void fanout_start(struct sequencer *s, struct engine_op *op)
{
    struct fanout *f = fanout_of(s);

    if (!f->backlog && uring_room(&f->uring, 1)) {
        uring_prep(&f->uring, op);
        return;
    }
    op->next = NULL;
    *f->backlog_tail = op;
    f->backlog_tail = &op->next;
}

/* Moves operations from the backlog to the submission queue until that is full. */
static void queue_backlog(struct fanout *f)
{
    while (f->backlog && uring_room(&f->uring, 1)) {
        struct engine_op *op = f->backlog;

        f->backlog = op->next;
        uring_prep(&f->uring, op);
    }
    if (!f->backlog)
        f->backlog_tail = &f->backlog;
}

static int fanout_reap(struct sequencer *s, unsigned want, unsigned timeout_ms)
{
    struct fanout *f = fanout_of(s);
    struct engine_op *list = NULL;
    int r = 0;

    /* Submits full queues without waiting, until the backlog fits into the last one. */
    while (f->backlog && r == 0) {
        queue_backlog(f);
        if (f->backlog)
            r = uring_flush(&f->uring);
        if (f->backlog && !uring_room(&f->uring, 1))
            break;
    }
    if (r == 0)
        r = uring_turn(&f->uring, want, timeout_ms, &list);
    if (r < 0)
        return r;
    while (list) {
        struct engine_op *op = list;

        list = op->next;
        sequencer_complete(s, op);
    }
    return 0;
}

static const struct sequencer_backend fanout_backend = {
    .start = fanout_start,
    .reap = fanout_reap,
};

static int fanout_create(const struct engine_config *config, struct engine **ret_engine,
                         struct engine_reason *why)
{
    struct fanout *f = calloc(1, sizeof *f);
    int r;

    if (!f) {
        snprintf(why->text, sizeof why->text, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    sequencer_init(&f->seq, &fanout_backend);
    r = uring_open(&f->uring, config, &f->seq.base.notes, why);
    if (r < 0) {
        free(f);
        return r;
    }
    f->backlog_tail = &f->backlog;
    *ret_engine = &f->seq.base;
    return 0;
}

static void fanout_cancel(struct engine *e, struct engine_op *op)
{
    uring_cancel(&((struct fanout *)e)->uring, op);
}

static void fanout_destroy(struct engine *e)
{
    struct fanout *f = (struct fanout *)e;

    uring_close(&f->uring);
    free(f);
}

const struct engine_ops engine_fanout_ops = {
    .name = "fanout",
    .shares_queues = true,
    .polls = true,
    .create = fanout_create,
    .submit = sequencer_submit,
    .wait = sequencer_wait,
    .cancel = fanout_cancel,
    .destroy = fanout_destroy,
};
