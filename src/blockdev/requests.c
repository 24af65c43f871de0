#include "requests_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* ---- destinations ---- */

static const char *name_of(enum request_op_what what)
{
    static const char *const names[] = {
        [REQUEST_READ] = "read",        [REQUEST_WRITE] = "write",
        [REQUEST_FLUSH] = "fsync",      [REQUEST_PUNCH] = "discard",
        [REQUEST_ZERO] = "write zeros", [REQUEST_WRITE_ZEROS] = "write zeros",
    };

    return names[what];
}

/* The destination has failed. It is dropped, but for the last one, unless that hangs. */
static void fail_dest(struct requests *r, const struct request_op *op, int err, bool hangs)
{
    struct request_dest *d = &r->dests[op->dest];

    if (!d->live)
        return;
    if (!atomic_load(&d->failed)) {
        (void)failure_set(&d->failure, name_of(op->what), err,
                          op->what == REQUEST_FLUSH ? FAILURE_NO_OFFSET : op->offset,
                          hangs ? "it does not answer" : NULL);
        atomic_store(&d->failed, true);
        r->io->news(r->io->arg);
    }
    if (r->n_live > 1 || hangs) {
        d->live = false;
        r->n_live--;
    }
}

static bool has_enough(const struct requests *r)
{
    return r->n_live > 0 && r->n_live >= r->floor;
}

/* ---- operations ---- */

static void start(struct requests *r, struct request_op *op)
{
    if (op->dest < r->n_dests && r->dests[op->dest].running++ == 0)
        r->dests[op->dest].moved_at = r->now;
    op->running = true;
    op->since = r->now;
    r->io->start(r->io->arg, op);
}

static void set_op(const struct request *q, struct request_op *op, enum request_op_what what)
{
    op->what = what;
    op->offset = q->offset;
    op->length = q->length;
    op->from = 0;
    op->good = op->tried = false;
}

/* What is done at the destination for a request that is no read. */
static enum request_op_what what_of(const struct request *q, const struct request_dest *d)
{
    switch (q->kind) {
    case REQUEST_KIND_WRITE:
        return REQUEST_WRITE;
    case REQUEST_KIND_DISCARD:
        return REQUEST_PUNCH;
    case REQUEST_KIND_ZEROES:
        return d->is_device || q->no_holes ? REQUEST_ZERO : REQUEST_PUNCH;
    default:
        return REQUEST_FLUSH;
    }
}

/* ---- the life of a request ---- */

static bool changes(const struct request *q)
{
    return q->kind == REQUEST_KIND_WRITE || q->kind == REQUEST_KIND_DISCARD ||
           q->kind == REQUEST_KIND_ZEROES;
}

static bool overlap(const struct request *a, const struct request *b)
{
    return a->offset < b->offset + b->length && b->offset < a->offset + a->length;
}

/* Whether one that came before, and changes the same bytes, is not answered. */
static bool must_wait(const struct requests *r, const struct request *q)
{
    for (unsigned i = 0; i < r->depth; i++) {
        const struct request *o = &r->all[i];

        if (o != q && (o->busy || o->waiting) && o->number < q->number && changes(o) &&
            overlap(o, q))
            return true;
    }
    return false;
}

static void run(struct requests *r, unsigned tag);

/* Begins the requests that have waited for one that is answered now. */
static void wake(struct requests *r)
{
    for (unsigned i = 0; i < r->depth; i++)
        if (r->all[i].waiting && !must_wait(r, &r->all[i]))
            run(r, i);
}

/* Answers the request: err 0 or a positive errno. */
static void answer(struct requests *r, unsigned tag, int err)
{
    struct request *q = &r->all[tag];
    bool changed = changes(q);

    if (q->swap)
        r->io->swap(r->io->arg, tag);
    q->busy = q->swap = false;
    r->io->commit(r->io->arg, tag, err ? -err : (int)q->length);
    if (changed)
        wake(r);
}

/* All operations of a request that is no read have ended. */
static void finish(struct requests *r, unsigned tag)
{
    struct request *q = &r->all[tag];
    unsigned good = 0;

    for (unsigned d = 0; d < r->n_dests; d++)
        good += q->ops[d].good && r->dests[d].live;
    if (good == 0 || !has_enough(r)) {
        answer(r, tag, q->err ? q->err : EIO);
        return;
    }
    if (q->kind == REQUEST_KIND_WRITE || q->kind == REQUEST_KIND_ZEROES)
        written_set(&r->written, q->offset, q->length, true);
    answer(r, tag, 0);
}

/* The live destination with the least to do that has not failed to read this; n_dests: none. */
static unsigned choose(const struct requests *r, const struct request *q)
{
    unsigned best = r->n_dests;

    for (unsigned d = 0; d < r->n_dests; d++)
        if (r->dests[d].live && !q->ops[d].tried && !q->ops[d].running &&
            (best == r->n_dests || r->dests[d].running < r->dests[best].running))
            best = d;
    return best;
}

/* Goes on with a read. */
static void read_on(struct requests *r, unsigned tag)
{
    struct request *q = &r->all[tag];
    uint64_t at = q->offset + q->done, end = q->offset + q->length, until;
    unsigned d = r->n_dests;
    struct request_op *op;

    if (at == end) {
        answer(r, tag, 0);
        return;
    }
    if (written_run(&r->written, at, end, &until)) {
        d = choose(r, q);
        if (d == r->n_dests) {
            answer(r, tag, q->err ? q->err : EIO);
            return;
        }
    }
    op = &q->ops[d];
    op->what = REQUEST_READ;
    op->offset = at;
    op->length = until - at;
    op->from = (uint32_t)q->done;
    q->left = 1;
    start(r, op);
}

/* Begins a request. */
static void run(struct requests *r, unsigned tag)
{
    struct request *q = &r->all[tag];

    q->busy = true;
    q->waiting = false;
    q->left = 0;
    if (q->kind == REQUEST_KIND_READ) {
        read_on(r, tag);
        return;
    }
    if (!has_enough(r)) {
        answer(r, tag, EIO);
        return;
    }
    if (q->kind == REQUEST_KIND_DISCARD)
        written_set(&r->written, q->offset, q->length, false);
    for (unsigned d = 0; d < r->n_dests; d++) {
        q->ops[d].good = false;
        q->left += r->dests[d].live;
    }
    for (unsigned d = 0; d < r->n_dests; d++)
        if (r->dests[d].live) {
            set_op(q, &q->ops[d], what_of(q, &r->dests[d]));
            start(r, &q->ops[d]);
        }
}

void requests_begin(struct requests *r, unsigned tag, enum request_kind kind, bool no_holes,
                    uint64_t offset, uint64_t length)
{
    struct request *q = &r->all[tag];

    assert(!q->busy && !q->waiting);
    q->kind = kind;
    q->no_holes = no_holes;
    q->offset = kind == REQUEST_KIND_FLUSH ? 0 : offset;
    q->length = kind == REQUEST_KIND_FLUSH ? 0 : length;
    q->number = r->next_number++;
    q->done = 0;
    q->err = 0;
    for (unsigned d = 0; d <= r->n_dests; d++)
        q->ops[d].tried = false;
    if (kind == REQUEST_KIND_UNKNOWN || q->offset > r->size ||
        q->length > r->size - q->offset) {
        q->busy = true;
        answer(r, tag, kind == REQUEST_KIND_UNKNOWN ? EOPNOTSUPP : EIO);
        return;
    }
    q->waiting = changes(q) && must_wait(r, q);
    if (!q->waiting)
        run(r, tag);
}

/* ---- results ---- */

static bool is_lack(int err)
{
    return err == EOPNOTSUPP || err == EINVAL || err == ENOSYS;
}

/* An operation could not be made in this way. Whether there is another, or none is needed. */
static bool make_otherwise(struct requests *r, const struct request *q, struct request_op *op)
{
    const struct request_dest *d = &r->dests[op->dest];

    if (op->what == REQUEST_PUNCH && q->kind == REQUEST_KIND_DISCARD && d->is_device) {
        op->good = true;
        return false;
    }
    op->what = REQUEST_WRITE_ZEROS;
    return true;
}

static void read_ended(struct requests *r, struct request_op *op, int err)
{
    struct request *q = &r->all[op->tag];

    if (err) {
        q->err = err;
        op->tried = true;
        if (op->dest < r->n_dests)
            fail_dest(r, op, err, false);
        else {
            answer(r, op->tag, err);
            return;
        }
    } else {
        q->done = op->offset - q->offset;
    }
    read_on(r, op->tag);
}

/* The operation is over: err 0 or a positive errno. */
static void ended(struct requests *r, struct request_op *op, int err)
{
    struct request *q = &r->all[op->tag];

    if (q->kind == REQUEST_KIND_READ) {
        read_ended(r, op, err);
        return;
    }
    op->good = err == 0;
    if (err) {
        q->err = err;
        fail_dest(r, op, err, false);
    } else if (q->kind == REQUEST_KIND_WRITE) {
        atomic_fetch_add_explicit(&r->dests[op->dest].written, q->length, memory_order_relaxed);
    }
    if (--q->left == 0)
        finish(r, op->tag);
}

/* Takes what was moved off the operation. Whether it is complete. */
static bool take_off(struct request_op *op, int res)
{
    bool moves = op->what == REQUEST_READ || op->what == REQUEST_WRITE ||
                 op->what == REQUEST_WRITE_ZEROS;
    uint64_t n = moves ? (uint64_t)res : op->length;

    op->offset += n;
    op->from += (uint32_t)n;
    op->length -= n < op->length ? n : op->length;
    return op->length == 0;
}

void requests_done(struct requests *r, struct request_op *op, int res)
{
    struct request *q = &r->all[op->tag];
    bool moves_bytes =
        op->what != REQUEST_FLUSH && op->what != REQUEST_PUNCH && op->what != REQUEST_ZERO;

    op->running = false;
    if (op->dest < r->n_dests) {
        r->dests[op->dest].running--;
        r->dests[op->dest].moved_at = r->now;
    }
    if (op->left_behind)
        return;
    if (res == -EINTR || res == -EAGAIN) {
        start(r, op);
        return;
    }
    if (res < 0 && (op->what == REQUEST_PUNCH || op->what == REQUEST_ZERO) && is_lack(-res)) {
        if (make_otherwise(r, q, op))
            start(r, op);
        else
            ended(r, op, 0);
        return;
    }
    if (res == 0 && moves_bytes)
        res = -EIO; /* a file that somebody has made shorter */
    if (res < 0)
        ended(r, op, -res);
    else if (take_off(op, res))
        ended(r, op, 0);
    else
        start(r, op);
}

/* ---- destinations that hang ---- */

/* A request with an operation that hangs, at a destination that was dropped. If it can have another
 * buffer, it goes on without the operation. */
static void leave_behind(struct requests *r, struct request_op *op)
{
    struct request *q = &r->all[op->tag];

    if (!r->io->spare(r->io->arg, op->tag))
        return;
    op->left_behind = true;
    op->good = false;
    q->err = ETIMEDOUT;
    if (q->kind == REQUEST_KIND_READ) {
        /* What was read lies in the old buffer. */
        r->io->swap(r->io->arg, op->tag);
        q->done = 0;
        op->tried = true;
        read_on(r, op->tag);
        return;
    }
    q->swap = true;
    if (--q->left == 0)
        finish(r, op->tag);
}

static void drop_hung(struct requests *r, unsigned dest)
{
    const struct request_op *oldest = NULL;

    for (unsigned t = 0; t < r->depth; t++) {
        const struct request_op *op = &r->all[t].ops[dest];

        if (op->running && !op->left_behind && (!oldest || op->since < oldest->since))
            oldest = op;
    }
    if (!oldest)
        return;
    fail_dest(r, oldest, ETIMEDOUT, true);
    for (unsigned t = 0; t < r->depth; t++)
        if (r->all[t].ops[dest].running && !r->all[t].ops[dest].left_behind)
            leave_behind(r, &r->all[t].ops[dest]);
}

void requests_look(struct requests *r, uint64_t timeout_ms)
{
    for (unsigned d = 0; d < r->n_dests; d++) {
        struct request_dest *dest = &r->dests[d];

        if (timeout_ms == 0 || !dest->live || dest->running == 0 ||
            r->now - dest->moved_at < timeout_ms / 2)
            continue;
        /* The first look is taken early: it tells what has been written since. */
        if (medium_has_written(&dest->pulse, dest->dev))
            dest->moved_at = r->now - timeout_ms / 2;
        else if (r->now - dest->moved_at >= timeout_ms)
            drop_hung(r, d);
    }
}

bool requests_hang(const struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (!r->dests[d].live && r->dests[d].running > 0)
            return true;
    return false;
}

bool requests_run(const struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (r->dests[d].running > 0)
            return true;
    return false;
}

/* ---- memory ---- */

int requests_init(struct requests *r, const struct requests_io *io, unsigned depth,
                  unsigned n_dests, uint64_t size, unsigned shift)
{
    *r = (struct requests){
        .io = io, .size = size, .depth = depth, .n_dests = n_dests, .floor = 1};
    r->all = calloc(depth, sizeof(*r->all));
    r->ops = calloc((size_t)depth * (n_dests + 1), sizeof(*r->ops));
    r->dests = calloc(n_dests, sizeof(*r->dests));
    if (!r->all || !r->ops || !r->dests || written_init(&r->written, size, shift) < 0) {
        requests_free(r);
        return -ENOMEM;
    }
    for (unsigned t = 0; t < depth; t++) {
        r->all[t].ops = &r->ops[(size_t)t * (n_dests + 1)];
        for (unsigned d = 0; d <= n_dests; d++)
            r->all[t].ops[d] = (struct request_op){.tag = t, .dest = d};
    }
    return 0;
}

void requests_free(struct requests *r)
{
    written_free(&r->written);
    free(r->all);
    free(r->ops);
    free(r->dests);
    *r = (struct requests){0};
}
