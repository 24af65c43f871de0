/* fanout: the order between leader and members is kept from user space, on any io_uring.
 *
 * When a read is complete, its writes are submitted together with the next reads, in the one
 * io_uring_enter(2) that also waits. Destinations are concurrent, and one that fails
 * leaves the others alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequencer_priv.h"
#include "uring_priv.h"

struct fanout {
    struct sequencer seq;
    struct uring uring;
    struct engine_op *parked; /* started while the submission queue was full, oldest first */
    struct engine_op **parked_tail;
};

static struct fanout *fanout_of(struct sequencer *s)
{
    return (struct fanout *)s;
}

static void fanout_start(struct sequencer *s, struct engine_op *op)
{
    struct fanout *f = fanout_of(s);

    if (!f->parked && uring_room(&f->uring, 1)) {
        uring_prep(&f->uring, op);
        return;
    }
    op->next = NULL;
    *f->parked_tail = op;
    f->parked_tail = &op->next;
}

static void unpark(struct fanout *f)
{
    while (f->parked && uring_room(&f->uring, 1)) {
        struct engine_op *op = f->parked;

        f->parked = op->next;
        uring_prep(&f->uring, op);
    }
    if (!f->parked)
        f->parked_tail = &f->parked;
}

static int fanout_reap(struct sequencer *s, unsigned want, unsigned timeout_ms)
{
    struct fanout *f = fanout_of(s);
    struct engine_op *list = NULL;
    int r = 0;

    /* All but the last full queue go without waiting. */
    while (f->parked && r == 0) {
        unpark(f);
        if (f->parked)
            r = uring_flush(&f->uring);
        if (f->parked && !uring_room(&f->uring, 1))
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
    f->parked_tail = &f->parked;
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
    .create = fanout_create,
    .submit = sequencer_submit,
    .wait = sequencer_wait,
    .cancel = fanout_cancel,
    .destroy = fanout_destroy,
};
