#include "requests_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "dests_priv.h"

static const char *name_of(enum request_op_what what)
{
    static const char *const names[] = {
        [REQUEST_READ] = "read",        [REQUEST_WRITE] = "write",
        [REQUEST_FLUSH] = "fsync",      [REQUEST_PUNCH] = "discard",
        [REQUEST_ZERO] = "write zeros", [REQUEST_WRITE_ZEROS] = "write zeros",
    };

    return names[what];
}

/* The operation has failed, or hangs. */
static void fail_dest(struct requests *r, const struct request_op *op, int err, bool hangs)
{
    dests_fail(r, op->dest, name_of(op->what),
               op->what == REQUEST_FLUSH ? FAILURE_NO_OFFSET : op->offset, err,
               hangs ? "it does not answer" : NULL, hangs);
}

/* ---- operations ---- */

/* Whether the writer waits for it. */
static bool is_held(const struct requests *r, const struct request_op *op)
{
    return op->tag < r->depth && op->what != REQUEST_READ;
}

static void start(struct requests *r, struct request_op *op)
{
    if (op->dest < r->n_dests && r->dests[op->dest].running++ == 0)
        r->dests[op->dest].moved_at = r->now;
    if (is_held(r, op))
        r->dests[op->dest].held++;
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
           q->kind == REQUEST_KIND_ZEROES || q->kind == REQUEST_KIND_COPY;
}

static bool overlap(const struct request *a, const struct request *b)
{
    return a->offset < b->offset + b->length && b->offset < a->offset + a->length;
}

/* Whether one that came before, and changes the same bytes, is not answered. */
static bool must_wait(const struct requests *r, const struct request *q)
{
    for (unsigned i = 0; i < r->n_all; i++) {
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
    for (unsigned i = 0; i < r->n_all; i++)
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

/* The bytes are on one destination at least. Who has failed to write them lacks them. */
static void note_changed(struct requests *r, const struct request *q)
{
    for (unsigned d = 0; d < r->n_dests; d++) {
        struct request_dest *dest = &r->dests[d];

        if (!dest->live || !q->ops[d].used)
            continue;
        if (q->ops[d].good)
            lacks_remove(&dest->lacks, q->offset, q->offset + q->length);
        else
            lacks_add(&dest->lacks, q->offset, q->offset + q->length);
    }
}

/* Whether the request, which is no read, is one of that destination. */
static bool is_of(const struct requests *r, const struct request *q, unsigned dest)
{
    return changes(q) ? dests_get(&r->dests[dest]) : dests_flush(r, &r->dests[dest]);
}

/* Whether destinations get the request now that did not when it was begun. */
static bool others_get(const struct requests *r, const struct request *q)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (!q->ops[d].used && is_of(r, q, d))
            return true;
    return false;
}

/* All operations of a request that is no read have ended. */
static void finish(struct requests *r, unsigned tag)
{
    struct request *q = &r->all[tag];
    unsigned good = 0;

    for (unsigned d = 0; d < r->n_dests; d++)
        good += q->ops[d].used && q->ops[d].good && r->dests[d].live;
    if (good > 0 && changes(q))
        note_changed(r, q);
    if (good == 0 && others_get(r, q)) {
        run(r, tag);
        return;
    }
    if (good == 0 || !dests_enough(r)) {
        answer(r, tag, q->err ? q->err : EIO);
        return;
    }
    if (q->kind == REQUEST_KIND_WRITE || q->kind == REQUEST_KIND_ZEROES)
        written_set(&r->written, q->offset, q->length, true);
    answer(r, tag, 0);
}

/* Starts the operation on the next n bytes of the request, which waits for nothing else. */
static void start_part(struct requests *r, struct request *q, struct request_op *op,
                       enum request_op_what what, uint64_t n)
{
    op->what = what;
    op->offset = q->offset + q->done;
    op->length = n;
    op->from = (uint32_t)q->done;
    op->used = true;
    op->good = false;
    q->left = 1;
    start(r, op);
}

/* Goes on with a read. */
static void read_on(struct requests *r, unsigned tag)
{
    struct request *q = &r->all[tag];
    uint64_t at = q->offset + q->done, end = q->offset + q->length, until;
    unsigned d = r->n_dests;

    if (at == end) {
        answer(r, tag, 0);
        return;
    }
    if (written_run(&r->written, at, end, &until)) {
        d = dests_reader(r, q, at, &until);
        if (d == r->n_dests) {
            answer(r, tag, q->err ? q->err : EIO);
            return;
        }
    }
    start_part(r, q, &q->ops[d], REQUEST_READ, until - at);
}

/* A copy, or a flush after the last one, has ended. */
static void end_copy(struct requests *r, struct request *q)
{
    q->busy = false;
    wake(r);
}

/* The next bytes, up to *until, of a copy: reads them, or lets a file forget them. What nobody has
 * written may be anything on a device. Whether something was started. */
static bool start_copy(struct requests *r, struct request *q, uint64_t at, uint64_t *until)
{
    struct request_dest *to = &r->dests[q->to];
    unsigned from;

    if (!ranges_have(&to->lacks.ranges, at, until))
        return false;
    if (!written_run(&r->written, at, *until, until)) {
        if (!to->is_device)
            start_part(r, q, &q->ops[q->to], REQUEST_PUNCH, *until - at);
        return !to->is_device;
    }
    from = dests_reader(r, q, at, until);
    if (from < r->n_dests) {
        start_part(r, q, &q->ops[from], REQUEST_READ, *until - at);
        return true;
    }
    dests_fail(r, q->to, "catch up", at, EIO, "no other destination has what it lacks", true);
    return false;
}

/* Goes on with a copy. */
static void copy_on(struct requests *r, struct request *q)
{
    uint64_t end = q->offset + q->length;

    while (r->dests[q->to].live && q->done < q->length) {
        uint64_t until = end;

        if (start_copy(r, q, q->offset + q->done, &until))
            return;
        q->done = until - q->offset;
    }
    if (r->dests[q->to].live)
        lacks_remove(&r->dests[q->to].lacks, q->offset, end);
    end_copy(r, q);
}

/* An operation of a copy is over. */
static void copy_ended(struct requests *r, struct request_op *op, int err)
{
    struct request *q = &r->all[op->tag];

    if (err) {
        op->tried = true; /* by this copy, of who was read */
        fail_dest(r, op, err, false);
    } else if (q->kind == REQUEST_KIND_SETTLE) {
        dests_settled(r, q->to);
    } else if (op->what == REQUEST_READ) {
        if (r->dests[q->to].live) {
            start_part(r, q, &q->ops[q->to], REQUEST_WRITE, op->from - q->done);
            return;
        }
    } else {
        if (op->what == REQUEST_WRITE)
            atomic_fetch_add_explicit(&r->dests[op->dest].written,
                                      op->offset - q->offset - q->done, memory_order_relaxed);
        q->done = op->offset - q->offset;
    }
    if (q->kind == REQUEST_KIND_SETTLE)
        end_copy(r, q);
    else
        copy_on(r, q);
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
    if (q->kind == REQUEST_KIND_COPY) {
        copy_on(r, q);
        return;
    }
    if (!dests_enough(r)) {
        answer(r, tag, EIO);
        return;
    }
    if (q->kind == REQUEST_KIND_DISCARD)
        written_set(&r->written, q->offset, q->length, false);
    if (changes(q))
        dests_lack(r, q->offset, q->offset + q->length);
    for (unsigned d = 0; d < r->n_dests; d++) {
        q->ops[d].used = is_of(r, q, d);
        q->left += q->ops[d].used;
    }
    for (unsigned d = 0; d < r->n_dests; d++)
        if (q->ops[d].used) {
            set_op(q, &q->ops[d], what_of(q, &r->dests[d]));
            start(r, &q->ops[d]);
        }
}

static void set_request(struct requests *r, struct request *q, enum request_kind kind,
                        uint64_t offset, uint64_t length)
{
    assert(!q->busy && !q->waiting);
    q->kind = kind;
    q->offset = offset;
    q->length = length;
    q->number = r->next_number++;
    q->done = 0;
    q->err = 0;
    for (unsigned d = 0; d <= r->n_dests; d++)
        q->ops[d].tried = q->ops[d].used = false;
}

void requests_begin(struct requests *r, unsigned tag, enum request_kind kind, bool no_holes,
                    uint64_t offset, uint64_t length)
{
    struct request *q = &r->all[tag];
    bool flush = kind == REQUEST_KIND_FLUSH;

    set_request(r, q, kind, flush ? 0 : offset, flush ? 0 : length);
    q->no_holes = no_holes;
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
    if (op->tag >= r->depth) {
        copy_ended(r, op, err);
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
        if (is_held(r, op))
            r->dests[op->dest].held--;
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

    if (op->tag >= r->depth && op->dest == q->to) {
        op->left_behind = true; /* with the buffer: nothing is copied to it any more */
        end_copy(r, q);
        return;
    }
    if (!r->io->spare(r->io->arg, op->tag))
        return;
    op->left_behind = true;
    op->good = false;
    q->err = ETIMEDOUT;
    if (q->kind == REQUEST_KIND_READ || q->kind == REQUEST_KIND_COPY) {
        r->io->swap(r->io->arg, op->tag);
        op->tried = true;
    }
    if (q->kind == REQUEST_KIND_COPY) {
        copy_on(r, q);
        return;
    }
    if (q->kind == REQUEST_KIND_READ) {
        q->done = 0; /* what was read lies in the old buffer */
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

    for (unsigned t = 0; t < r->n_all; t++) {
        const struct request_op *op = &r->all[t].ops[dest];

        if (op->running && !op->left_behind && (!oldest || op->since < oldest->since))
            oldest = op;
    }
    if (!oldest)
        return;
    fail_dest(r, oldest, ETIMEDOUT, true);
    for (unsigned t = 0; t < r->n_all; t++)
        if (r->all[t].ops[dest].running && !r->all[t].ops[dest].left_behind)
            leave_behind(r, &r->all[t].ops[dest]);
}

/* Drops those that hang. */
static void look_for_hung(struct requests *r, uint64_t timeout_ms)
{
    for (unsigned d = 0; d < r->n_dests; d++) {
        struct request_dest *dest = &r->dests[d];

        if (timeout_ms == 0 || dest->running == 0 || r->now - dest->moved_at < timeout_ms / 2)
            continue;
        /* The first look is taken early: it tells what has been written since. */
        if (medium_has_written(&dest->pulse, dest->dev))
            dest->moved_at = r->now - timeout_ms / 2;
        else if (r->now - dest->moved_at >= timeout_ms)
            drop_hung(r, d);
    }
}

/* ---- catching up ---- */

/* Begins a copy of what the destination lacks, if there is more of it than what is being copied. */
static void begin_copy(struct requests *r, unsigned dest, struct request *q, bool others_busy)
{
    struct request_dest *d = &r->dests[dest];
    struct range lacked;

    if (!ranges_first(&d->lacks.ranges, d->next, &lacked)) {
        d->next = 0;
        if (others_busy || !ranges_first(&d->lacks.ranges, 0, &lacked))
            return;
    }
    if (lacked.end - lacked.start > r->copy_size - lacked.start % r->copy_size)
        lacked.end = lacked.start + r->copy_size - lacked.start % r->copy_size;
    d->next = lacked.end;
    set_request(r, q, REQUEST_KIND_COPY, lacked.start, lacked.end - lacked.start);
    q->waiting = must_wait(r, q);
    if (!q->waiting)
        run(r, (unsigned)(q - r->all));
}

static void begin_settle(struct requests *r, unsigned dest, struct request *q)
{
    r->dests[dest].settling = true;
    set_request(r, q, REQUEST_KIND_SETTLE, 0, 0);
    q->busy = true;
    start_part(r, q, &q->ops[dest], REQUEST_FLUSH, 0);
}

static void catch_up(struct requests *r, unsigned dest)
{
    struct request *copies = &r->all[r->depth + dest * REQUESTS_COPIES];
    unsigned n_busy = 0;

    for (unsigned i = 0; i < REQUESTS_COPIES; i++)
        n_busy += copies[i].busy || copies[i].waiting;
    for (unsigned i = 0; i < REQUESTS_COPIES && dests_catch_up(&r->dests[dest]); i++) {
        if (copies[i].busy || copies[i].waiting)
            continue;
        begin_copy(r, dest, &copies[i], n_busy > 0);
        n_busy += copies[i].busy || copies[i].waiting;
    }
    if (n_busy == 0 && dests_catch_up(&r->dests[dest]) &&
        r->dests[dest].state == REQUEST_DEST_RETURNING && lacks_nothing(&r->dests[dest].lacks))
        begin_settle(r, dest, copies);
}

void requests_look(struct requests *r, uint64_t timeout_ms)
{
    look_for_hung(r, timeout_ms);
    dests_look(r);
    for (unsigned d = 0; d < r->n_dests; d++)
        catch_up(r, d);
}
