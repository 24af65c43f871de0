#include "copy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"

/* How long the loop waits for completions before it looks whether it should stop. */
#define COPY_WAIT_MS 100u

/* Pause before operations that moved nothing are tried again. */
#define COPY_BACKOFF_NS 1000000

/* An engine that starts no operation for this many times job->stall_ms is broken. */
#define COPY_IDLE_STALLS 4u

enum share_state {
    SHARE_DONE,    /* holds its bytes, or does not need them (any more) */
    SHARE_PENDING, /* needs bytes that no operation under way brings */
    SHARE_BUSY,    /* an operation is under way */
};

/* What one destination has of a chunk. */
struct share {
    enum share_state state;
    uint32_t done;          /* bytes from the chunk's start that it holds */
    uint64_t stalled_since; /* ms on the monotonic clock since when tries move nothing; 0: not
                               stalled */
};

struct chunk {
    struct range range;
    char *buf;
    uint32_t loaded;        /* bytes from the start that are in buf */
    uint64_t stalled_since; /* as in struct share, for reads */
    struct share *shares;   /* per destination */
    struct engine_op *ops;  /* leader and at most one write per destination */
    unsigned *op_dest;      /* destination of ops[i], i >= 1 */
    struct engine_batch batch;
    bool in_flight;
    struct chunk *next;
};

struct copy {
    struct job *job;
    unsigned n_chunks;
    struct chunk *chunks;
    struct chunk *free;    /* holds no range */
    struct chunk *claimed; /* holds a range, in the order of claims */
    struct chunk **claimed_tail;
    unsigned in_flight;  /* batches */
    uint64_t idle_since; /* since when the engine has started nothing; as in struct share */
    bool backoff;        /* something moved nothing: pause before trying again */
    bool settling;       /* an ordered batch was at fault: submit nothing until all are back */
    uint64_t *cursor;    /* per destination: where a sequential one stands */
    /* The kernel refused direct I/O with EINVAL: through the page cache from then on. */
    bool *direct_refused;
    bool source_direct_refused;
    struct engine_batch **done;

    /* one allocation each, cut up between the chunks */
    struct share *shares;
    struct engine_op *ops;
    unsigned *op_dests;
};

static uint32_t chunk_len(const struct chunk *k)
{
    return (uint32_t)(k->range.end - k->range.start);
}

int copy_create(struct job *j, void *pool, struct copy **ret_copy)
{
    struct copy *c = calloc(1, sizeof *c);
    size_t n = j->queue_depth, per = j->n_dests;

    if (!c)
        return -ENOMEM;
    c->job = j;
    c->n_chunks = j->queue_depth;
    c->chunks = calloc(n, sizeof *c->chunks);
    c->done = calloc(n, sizeof(struct engine_batch *));
    c->cursor = calloc(per, sizeof *c->cursor);
    c->direct_refused = calloc(per, sizeof *c->direct_refused);
    c->shares = calloc(n * per, sizeof *c->shares);
    c->ops = calloc(n * (1 + per), sizeof *c->ops);
    c->op_dests = calloc(n * (1 + per), sizeof *c->op_dests);
    if (!c->chunks || !c->done || !c->cursor || !c->direct_refused || !c->shares || !c->ops ||
        !c->op_dests) {
        copy_free(c);
        return -ENOMEM;
    }
    c->claimed_tail = &c->claimed;
    for (size_t i = n; i-- > 0;) {
        struct chunk *k = &c->chunks[i];

        k->buf = (char *)pool + i * j->chunk_size;
        k->shares = c->shares + i * per;
        k->ops = c->ops + i * (1 + per);
        k->op_dest = c->op_dests + i * (1 + per);
        k->next = c->free;
        c->free = k;
    }
    *ret_copy = c;
    return 0;
}

void copy_free(struct copy *c)
{
    if (!c)
        return;
    free(c->chunks);
    free((void *)c->done);
    free(c->cursor);
    free(c->direct_refused);
    free(c->shares);
    free(c->ops);
    free(c->op_dests);
    free(c);
}

/* Gives the free chunks something to do. */
static void claim_more(struct copy *c)
{
    struct range r;

    while (c->free && job_claim(c->job, &r)) {
        struct chunk *k = c->free;

        c->free = k->next;
        k->range = r;
        k->loaded = 0;
        k->stalled_since = 0;
        for (unsigned d = 0; d < c->job->n_dests; d++)
            k->shares[d] = (struct share){
                .state = job_needs(c->job, d, &r) ? SHARE_PENDING : SHARE_DONE,
            };
        k->next = NULL;
        *c->claimed_tail = k;
        c->claimed_tail = &k->next;
    }
}

/* The file index through which an operation goes: O_DIRECT if all of it is aligned. The odd
 * head or tail of a file goes through the page cache, beside direct I/O on the rest of it. */
static unsigned file_for(const struct job_end *end, bool direct_refused, uint64_t offset,
                         const void *buf, uint32_t len)
{
    uint64_t bits = offset | (uintptr_t)buf | len;

    if (end->file_direct == JOB_NO_FILE || direct_refused || bits % end->direct_align != 0)
        return end->file;
    return end->file_direct;
}

/* Sets up the chunk's operation 0: what is still to be read of it, or a NOP. */
static void build_leader(struct copy *c, struct chunk *k)
{
    const struct job_end *src = &c->job->source;
    struct engine_op *op = &k->ops[0];

    *op = (struct engine_op){.kind = ENGINE_NOP};
    if (k->loaded == chunk_len(k))
        return;
    op->kind = ENGINE_READ;
    op->offset = src->base + k->range.start + k->loaded;
    op->buf = k->buf + k->loaded;
    op->len = chunk_len(k) - k->loaded;
    op->file = file_for(src, c->source_direct_refused, op->offset, op->buf, op->len);
}

static void build_write(struct copy *c, struct chunk *k, unsigned d)
{
    const struct job_end *dst = &c->job->dests[d];
    struct share *s = &k->shares[d];
    struct engine_op *op = &k->ops[k->batch.n_ops];

    *op = (struct engine_op){
        .kind = ENGINE_WRITE,
        .offset = dst->base + k->range.start + s->done,
        .buf = k->buf + s->done,
        .len = chunk_len(k) - s->done,
    };
    op->file = file_for(dst, c->direct_refused[d], op->offset, op->buf, op->len);
    if (dst->sequential)
        op->offset = ENGINE_STREAM;
    s->state = SHARE_BUSY;
    k->op_dest[k->batch.n_ops++] = d;
}

/* Makes the batch for what the chunk still lacks. Returns the number of operations that move
 * bytes; *ret_open tells whether any destination still waits for its bytes. */
static unsigned build_batch(struct copy *c, struct chunk *k, bool *ret_open)
{
    k->batch = (struct engine_batch){
        .ops = k->ops,
        .n_ops = 1,
        .ordered = c->job->in_order,
    };
    *ret_open = false;
    for (unsigned d = 0; d < c->job->n_dests; d++) {
        struct share *s = &k->shares[d];

        if (s->state == SHARE_PENDING && job_dropped(c->job, d))
            s->state = SHARE_DONE;
        if (s->state != SHARE_PENDING)
            continue;
        *ret_open = true;
        /* A destination without positions takes its bytes only in their order. */
        if (c->job->dests[d].sequential && c->cursor[d] != k->range.start + s->done)
            continue;
        build_write(c, k, d);
    }
    build_leader(c, k);
    return k->batch.n_ops - (k->ops[0].kind == ENGINE_NOP);
}

/* Takes the chunk back as if its batch had never been built. */
static void unbuild(struct chunk *k)
{
    for (unsigned i = 1; i < k->batch.n_ops; i++)
        k->shares[k->op_dest[i]].state = SHARE_PENDING;
}

/* Submits what can be submitted; chunks with nothing left to do become free.
 *
 * Ordered batches that are in flight behind one at fault come back cancelled, sooner or later.
 * What is submitted meanwhile would overtake them, so that everything waits for the last of
 * them and then starts again from the lowest range. */
static int submit_idle(struct copy *c, struct engine *e)
{
    struct chunk **link = &c->claimed;

    if (c->settling && c->in_flight > 0)
        return 0;
    c->settling = false;
    while (*link) {
        struct chunk *k = *link;
        bool open = false;
        int r;

        if (k->in_flight) {
            link = &k->next;
            continue;
        }
        if (build_batch(c, k, &open) == 0 || !open) {
            if (open) { /* for a destination whose turn has not come */
                link = &k->next;
                continue;
            }
            *link = k->next;
            k->next = c->free;
            c->free = k;
            continue;
        }
        r = engine_submit(e, &k->batch);
        if (r < 0) {
            unbuild(k);
            /* No room for the moment: completions will make some. */
            if (r == -EAGAIN && c->in_flight > 0)
                break;
            return r;
        }
        k->in_flight = true;
        c->in_flight++;
        link = &k->next;
    }
    for (link = &c->claimed; *link; link = &(*link)->next)
        ;
    c->claimed_tail = link;
    return 0;
}

/* An attempt moved nothing. True while it may be tried again, for limit_ms from the first. */
static bool may_retry(struct copy *c, uint64_t *stalled_since, uint64_t limit_ms)
{
    uint64_t now = clock_now_ms();

    c->backoff = true;
    if (*stalled_since == 0)
        *stalled_since = now;
    return now - *stalled_since < limit_ms;
}

/* The result of the chunk's read. */
static void account_read(struct copy *c, struct chunk *k)
{
    const struct engine_op *op = &k->ops[0];
    struct failure f;
    int32_t r = op->result;

    if (r > 0) {
        k->loaded += (uint32_t)r;
        k->stalled_since = 0;
        job_read(c->job, (uint64_t)r);
        return;
    }
    if (r == 0) { /* the source ends here */
        job_source_end(c->job, k->range.start + k->loaded);
        k->range.end = k->range.start + k->loaded;
        return;
    }
    if (r == -ECANCELED)
        return;
    if (r == -EINVAL && op->file == c->job->source.file_direct) {
        c->source_direct_refused = true;
        return;
    }
    if ((r == -EINTR || r == -EAGAIN) && may_retry(c, &k->stalled_since, c->job->stall_ms))
        return;
    failure_set(&f, "read", -r, op->offset, NULL);
    job_fail_source(c->job, &f);
}

static void drop(struct copy *c, unsigned d, const char *op, int err, uint64_t offset,
                 const char *message)
{
    struct failure f;

    failure_set(&f, op, err, offset, message);
    job_drop(c->job, d, &f);
}

/* Where in destination d the next byte of its share lies, for messages. */
static uint64_t dest_offset(const struct copy *c, const struct chunk *k, unsigned d)
{
    return c->job->dests[d].base + k->range.start + k->shares[d].done;
}

/* The result of one write. */
static void account_write(struct copy *c, struct chunk *k, unsigned i)
{
    const struct engine_op *op = &k->ops[i];
    unsigned d = k->op_dest[i];
    struct share *s = &k->shares[d];
    int32_t r = op->result;

    s->state = SHARE_PENDING;
    if (r > 0) {
        uint64_t at = k->range.start + s->done;

        s->done += (uint32_t)r;
        s->stalled_since = 0;
        c->cursor[d] = at + (uint32_t)r;
        job_written(c->job, d, at, at + (uint32_t)r);
        if (s->done == chunk_len(k))
            s->state = SHARE_DONE;
        return;
    }
    if (r == -ECANCELED) /* never started, for no fault of its own */
        return;
    if (r == -EINVAL && op->file == c->job->dests[d].file_direct &&
        !c->job->dests[d].need_direct) {
        c->direct_refused[d] = true;
        return;
    }
    if ((r == 0 || r == -EINTR || r == -EAGAIN) &&
        may_retry(c, &s->stalled_since, c->job->stall_ms))
        return;
    s->state = SHARE_DONE;
    drop(c, d, "write", r == 0 ? EIO : -r, dest_offset(c, k, d),
         r == 0 ? "writes make no progress" : NULL);
}

static struct chunk *chunk_of(struct copy *c, struct engine_batch *b)
{
    size_t i = (size_t)(b->ops - c->ops) / (1 + c->job->n_dests);

    assert(i < c->n_chunks && b == &c->chunks[i].batch);
    return &c->chunks[i];
}

/* A NOP has no reason to fail: an engine on which it does would never start the members. */
static int check_nop(const struct engine_op *op)
{
    bool failed = op->kind == ENGINE_NOP && op->result < 0 && op->result != -ECANCELED;

    return failed ? op->result : 0;
}

/* An engine that starts nothing (its kernel threads are gone, memory is short) is asked again,
 * with a pause, but not for ever. False when it is to be given up. */
static bool notice_progress(struct copy *c, const struct engine_batch *b)
{
    for (unsigned i = 0; i < b->n_ops; i++) {
        if (b->ops[i].result != -ECANCELED && b->ops[i].kind != ENGINE_NOP) {
            c->idle_since = 0;
            return true;
        }
    }
    return may_retry(c, &c->idle_since, (uint64_t)COPY_IDLE_STALLS * c->job->stall_ms);
}

static int account(struct copy *c, struct engine_batch *b)
{
    struct chunk *k = chunk_of(c, b);

    k->in_flight = false;
    c->in_flight--;
    c->settling |= b->ordered && !engine_batch_full(b);
    /* The writes first: their lengths are those of the chunk before its end was seen. */
    for (unsigned i = 1; i < b->n_ops; i++)
        account_write(c, k, i);
    if (b->ops[0].kind == ENGINE_READ)
        account_read(c, k);
    if (!notice_progress(c, b))
        return -ECANCELED;
    /* The source ended with this chunk: whoever has all of what there is is done. */
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state == SHARE_PENDING && k->shares[d].done == chunk_len(k))
            k->shares[d].state = SHARE_DONE;
    return check_nop(&b->ops[0]);
}

static int engine_broke(struct copy *c, int r)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        drop(c, d, "wait for completions", -r, FAILURE_NO_OFFSET, NULL);
    return r;
}

static void pause_after_stall(struct copy *c)
{
    struct timespec t = {.tv_nsec = COPY_BACKOFF_NS};

    if (c->backoff)
        nanosleep(&t, NULL);
    c->backoff = false;
}

int copy_run(struct copy *c, struct engine *e)
{
    while (!job_stopping(c->job)) {
        int r;

        pause_after_stall(c);
        claim_more(c);
        r = submit_idle(c, e);
        if (r == 0 && c->in_flight == 0 && !c->claimed) {
            /* Chunks that became free meanwhile may find more to claim. */
            claim_more(c);
            if (!c->claimed)
                return 0;
            continue;
        }
        if (r == 0) {
            assert(c->in_flight > 0);
            r = engine_wait(e, COPY_WAIT_MS, c->done, c->n_chunks);
        }
        for (int i = 0, n = r; i < n && r >= 0; i++)
            r = account(c, c->done[i]);
        if (r < 0)
            return engine_broke(c, r);
    }
    return 0;
}

int copy_flush(struct copy *c, struct engine *e)
{
    struct chunk *k = &c->chunks[0];

    /* Only when the job is not stopping has copy_run() seen the end of every batch, and the
     * chunk's operations are free. */
    while (!job_stopping(c->job)) {
        unsigned n = 1;
        int r;

        k->ops[0] = (struct engine_op){.kind = ENGINE_NOP};
        for (unsigned d = 0; d < c->job->n_dests; d++) {
            if (!job_wants_flush(c->job, d))
                continue;
            k->ops[n] = (struct engine_op){.kind = ENGINE_FSYNC, .file = c->job->dests[d].file};
            k->op_dest[n++] = d;
        }
        if (n == 1)
            return 0;
        k->batch = (struct engine_batch){.ops = k->ops, .n_ops = n};
        r = engine_submit(e, &k->batch);
        while (r == 0 && !job_stopping(c->job))
            r = engine_wait(e, COPY_WAIT_MS, c->done, c->n_chunks);
        if (r == 0)
            return 0;
        if (r > 0)
            r = check_nop(&k->ops[0]);
        if (r < 0)
            return engine_broke(c, r);
        for (unsigned i = 1; i < n; i++) {
            if (k->ops[i].result == 0)
                job_flushed(c->job, k->op_dest[i]);
            else if (k->ops[i].result != -ECANCELED)
                drop(c, k->op_dest[i], "fsync", -k->ops[i].result, FAILURE_NO_OFFSET, NULL);
        }
    }
    return 0;
}
