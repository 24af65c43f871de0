#include "copy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "pace_priv.h"
#include "source/zeros.h"

/* How long the loop waits for completions before it looks whether it should stop. */
#define COPY_WAIT_MS 100u

/* Pause before operations that moved nothing are tried again. */
#define COPY_BACKOFF_NS 1000000

/* A destination is given this many bytes per second when it flushes, beside its time-out, and
 * this much time at most. */
#define COPY_FLUSH_RATE       (4u << 20)
#define COPY_MAX_ALLOWANCE_MS 86400000u

/* The part of its time-out that an end is given in addition when it has been asked whether it
 * runs at all. */
#define COPY_GRACE_SHARE 4u

#define COPY_NO_ANSWER "it does not answer"

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
    uint32_t blank;         /* bytes from the start of buf that are zeros */
    uint64_t *zeros;        /* the map of zeros_find(), if job->zero_block */
    uint64_t stalled_since; /* as in struct share, for reads */
    struct share *shares;   /* per destination */
    struct engine_op *ops;  /* leader and at most one write per destination */
    unsigned *op_dest;      /* destination of ops[i], i >= 1 */
    bool hashed;            /* hash is known */
    struct hash hash;       /* of all its bytes */
    bool flush;             /* holds no range: its shares are destinations to be flushed */
    struct engine_batch batch;
    uint64_t turn; /* number of the batch, in the order of submission */
    unsigned left; /* operations of the batch whose results have not been looked at */
    bool led;      /* that of the leader has been, or need not be waited for */
    struct chunk *next;
};

/* What the loop knows of one end of the copy. */
struct endpoint_state {
    bool direct_refused;  /* the kernel did with EINVAL: through the page cache from then on */
    uint64_t cursor;      /* where a sequential destination stands */
    bool busy;            /* an operation on it is running; while check_answers() looks */
    uint64_t quiet_since; /* it is, and since then none has ended; ms, monotonic; 0: no */
    bool flushing;        /* that operation is an fsync */
    struct engine_op *oldest; /* the one that runs if any does: of those that are not known
                                 to wait, or of all, the one submitted first; with `busy` */
    uint64_t turn;            /* of its batch */
    struct engine_op *asked;  /* it was unanswered for too long: has it been started at all? */
    bool hung;                /* it has been: no answer is expected any more */
};

struct copy {
    struct job *job;
    struct pace pace;
    struct engine *engine;
    unsigned n_chunks;
    struct chunk *chunks;
    struct chunk *free;    /* holds no range */
    struct chunk *claimed; /* holds a range, in the order of claims */
    struct chunk **claimed_tail;
    unsigned in_flight;  /* batches */
    uint64_t submitted;  /* batches, in all */
    uint64_t idle_since; /* since when the engine has started nothing; as in struct share */
    bool backoff;        /* something moved nothing: pause before trying again */
    bool clogged;        /* the engine did not start something in all the time it had */
    bool running;        /* there is an operation that waits for no other one, as far as is
                            known; while check_answers() looks */
    bool leaving;        /* because of what hangs: nothing new is begun on this engine */
    bool settling;       /* an ordered batch was at fault: submit nothing until all are back */
    struct endpoint_state source;
    struct endpoint_state *dests;
    bool *takes;         /* per destination */
    uint64_t checked_at; /* ms, monotonic: by check_answers() */

    /* one allocation each, cut up between the chunks */
    struct share *shares;
    struct engine_op *ops;
    unsigned *op_dests;
    uint64_t *zeros;
};

static uint32_t chunk_len(const struct chunk *k)
{
    return (uint32_t)(k->range.end - k->range.start);
}

int copy_create(struct job *j, void *pool, struct copy **ret_copy)
{
    struct copy *c = calloc(1, sizeof *c);
    size_t n = j->buffers, per = j->n_dests;
    size_t words = j->zero_block ? zeros_map_words(j->chunk_size, j->zero_block) : 0;

    if (!c)
        return -ENOMEM;
    c->job = j;
    c->n_chunks = j->buffers;
    c->chunks = calloc(n, sizeof *c->chunks);
    c->dests = calloc(per, sizeof *c->dests);
    c->takes = calloc(per, sizeof *c->takes);
    c->shares = calloc(n * per, sizeof *c->shares);
    c->ops = calloc(n * (1 + per), sizeof *c->ops);
    c->op_dests = calloc(n * (1 + per), sizeof *c->op_dests);
    c->zeros = calloc(n * words + 1, sizeof *c->zeros);
    if (!c->chunks || !c->dests || !c->takes || !c->shares || !c->ops || !c->op_dests ||
        !c->zeros || pace_init(&c->pace, j) < 0) {
        copy_free(c);
        return -ENOMEM;
    }
    for (unsigned d = 0; d < j->n_dests; d++)
        c->dests[d].cursor = job_prefix(j, d);
    c->claimed_tail = &c->claimed;
    for (size_t i = n; i-- > 0;) {
        struct chunk *k = &c->chunks[i];

        k->buf = (char *)pool + i * j->chunk_size;
        k->shares = c->shares + i * per;
        k->ops = c->ops + i * (1 + per);
        k->op_dest = c->op_dests + i * (1 + per);
        k->zeros = c->zeros + i * words;
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
    pace_free(&c->pace);
    free(c->chunks);
    free(c->dests);
    free(c->takes);
    free(c->shares);
    free(c->ops);
    free(c->op_dests);
    free(c->zeros);
    free(c);
}

static void finish_share(struct copy *c, struct chunk *k, unsigned d)
{
    k->shares[d].state = SHARE_DONE;
    pace_release(&c->pace, d);
}

/* Whether operations under way keep the chunk from being used for those who share. */
static bool is_lost(struct copy *c, const struct chunk *k)
{
    if (k->left == 0)
        return false;
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state != SHARE_DONE && !c->pace.dests[d].apart &&
            !job_dropped(c->job, d))
            return false;
    return true;
}

static unsigned count_lost(struct copy *c)
{
    unsigned n = 0;

    for (const struct chunk *k = c->claimed; k; k = k->next)
        n += is_lost(c, k);
    return n;
}

/* For pace: who cannot write a chunk because the engine waits for another one to do so. */
static void count_behind(struct copy *c)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        c->pace.dests[d].behind = 0;
    for (const struct chunk *k = c->claimed; k && c->engine->serial; k = k->next) {
        bool running = false;

        for (unsigned i = 1; k->left > 0 && i < k->batch.n_ops; i++) {
            unsigned d = k->op_dest[i];

            if (k->shares[d].state != SHARE_BUSY)
                continue;
            c->pace.dests[d].behind += running;
            running = true;
        }
    }
}

/* Gives a free chunk the range to do, for the destinations in c->takes. */
static struct chunk *use_chunk(struct copy *c, const struct range *r, bool flush)
{
    struct chunk *k = c->free;

    c->free = k->next;
    k->range = *r;
    k->flush = flush;
    k->loaded = 0;
    k->hashed = false;
    k->stalled_since = 0;
    for (unsigned d = 0; d < c->job->n_dests; d++)
        k->shares[d] = (struct share){.state = c->takes[d] ? SHARE_PENDING : SHARE_DONE};
    k->next = NULL;
    *c->claimed_tail = k;
    c->claimed_tail = &k->next;
    return k;
}

/* What is in a hole is known without reading it. */
static void fill_with_zeros(struct chunk *k)
{
    uint32_t len = chunk_len(k);

    if (k->blank < len) {
        memset(k->buf + k->blank, 0, len - k->blank);
        k->blank = len;
    }
    k->loaded = len;
}

/* Gives the free chunks something to do. */
static void claim_more(struct copy *c)
{
    struct claim claim;

    count_behind(c);
    pace_update(&c->pace, count_lost(c));
    while (c->free && pace_claim(&c->pace, &claim, c->takes)) {
        struct chunk *k = use_chunk(c, &claim.range, claim.work == WORK_FLUSH);

        if (claim.hole)
            fill_with_zeros(k);
    }
}

/* The file index through which an operation goes: O_DIRECT if all of it is aligned. The odd
 * head or tail of a file goes through the page cache, beside direct I/O on the rest of it. */
static unsigned file_for(const struct endpoint *end, bool direct_refused, uint64_t offset,
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
    const struct endpoint *src = &c->job->source;
    struct engine_op *op = &k->ops[0];

    *op = (struct engine_op){.kind = ENGINE_NOP};
    if (k->loaded == chunk_len(k))
        return;
    k->blank = 0;
    op->kind = ENGINE_READ;
    op->offset = src->base + k->range.start + k->loaded;
    op->buf = k->buf + k->loaded;
    op->len = chunk_len(k) - k->loaded;
    op->file = file_for(src, c->source.direct_refused, op->offset, op->buf, op->len);
}

/* Whether zeros are passed over for destination d instead of written. */
static bool passes_zeros(const struct copy *c, unsigned d)
{
    return c->job->zero_block && c->job->dests[d].blank;
}

/* Where the write to destination d that begins at s->done has to end. */
static uint32_t write_end(const struct copy *c, const struct chunk *k, unsigned d)
{
    uint32_t len = chunk_len(k);

    return passes_zeros(c, d)
               ? zeros_next(k->zeros, k->shares[d].done, len, c->job->zero_block, true)
               : len;
}

static void build_write(struct copy *c, struct chunk *k, unsigned d)
{
    const struct endpoint *dst = &c->job->dests[d];
    struct share *s = &k->shares[d];
    struct engine_op *op = &k->ops[k->batch.n_ops];

    s->state = SHARE_BUSY;
    k->op_dest[k->batch.n_ops++] = d;
    if (k->flush) {
        *op = (struct engine_op){.kind = ENGINE_FSYNC, .file = dst->file};
        return;
    }
    *op = (struct engine_op){
        .kind = ENGINE_WRITE,
        .offset = dst->base + k->range.start + s->done,
        .buf = k->buf + s->done,
        .len = write_end(c, k, d) - s->done,
    };
    op->file = file_for(dst, c->dests[d].direct_refused, op->offset, op->buf, op->len);
    if (dst->sequential)
        op->offset = ENGINE_STREAM;
}

/* Whether what the chunk's writes depend on is known. Where zeros are passed over, that is what
 * has been read; an order is then kept by one chunk after the other, as a batch that only reads
 * keeps none. */
static bool may_write(const struct copy *c, const struct chunk *k)
{
    if (!c->job->zero_block || k->flush)
        return true;
    return k->loaded == chunk_len(k) && (!c->job->in_order || k == c->claimed);
}

/* Makes the batch for what the chunk still lacks. False if nothing of that can be done now. */
static bool build_batch(struct copy *c, struct chunk *k)
{
    k->batch = (struct engine_batch){
        .ops = k->ops,
        .n_ops = 1,
        .ordered = c->job->in_order && !k->flush,
    };
    for (unsigned d = 0; d < c->job->n_dests && may_write(c, k); d++) {
        struct share *s = &k->shares[d];

        if (s->state != SHARE_PENDING)
            continue;
        /* A destination without positions takes its bytes only in their order. */
        if (!k->flush && c->job->dests[d].sequential &&
            c->dests[d].cursor != k->range.start + s->done)
            continue;
        build_write(c, k, d);
    }
    build_leader(c, k);
    return k->batch.n_ops > 1 || k->ops[0].kind != ENGINE_NOP;
}

/* Takes the chunk back as if its batch had never been built. */
static void unbuild(struct chunk *k)
{
    for (unsigned i = 1; i < k->batch.n_ops; i++)
        k->shares[k->op_dest[i]].state = SHARE_PENDING;
}

/* Whether nobody lacks anything of the chunk (any more). */
static bool is_done(struct copy *c, struct chunk *k)
{
    bool done = true;

    for (unsigned d = 0; d < c->job->n_dests; d++) {
        if (k->shares[d].state == SHARE_PENDING && job_dropped(c->job, d))
            finish_share(c, k, d);
        done &= k->shares[d].state == SHARE_DONE;
    }
    return done;
}

/* Chunks with nothing left to do become free. */
static void free_done(struct copy *c)
{
    struct chunk **link = &c->claimed;

    while (*link) {
        struct chunk *k = *link;

        if (k->left > 0 || !is_done(c, k)) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        k->next = c->free;
        c->free = k;
    }
    c->claimed_tail = link;
}

/* Submits what can be submitted.
 *
 * Ordered batches that are in flight behind one at fault come back cancelled, sooner or later.
 * What is submitted meanwhile would overtake them, so that everything waits for the last of
 * them and then starts again from the lowest range. */
static int submit_idle(struct copy *c)
{
    if (c->settling && c->in_flight > 0)
        return 0;
    c->settling = false;
    for (struct chunk *k = c->claimed; k; k = k->next) {
        int r;

        if (k->left > 0 || !build_batch(c, k))
            continue;
        r = engine_submit(c->engine, &k->batch);
        if (r < 0) {
            unbuild(k);
            /* No room for the moment: completions will make some. */
            return r == -EAGAIN && c->in_flight > 0 ? 0 : r;
        }
        k->turn = c->submitted++;
        k->left = k->batch.n_ops;
        k->led = k->ops[0].kind == ENGINE_NOP; /* takes no time */
        c->in_flight++;
    }
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

/* Zeros that come next for destination d are passed over. */
static void pass_zeros(struct copy *c, struct chunk *k, unsigned d)
{
    struct share *s = &k->shares[d];
    uint64_t at = k->range.start + s->done;
    uint32_t end;

    if (!passes_zeros(c, d))
        return;
    end = zeros_next(k->zeros, s->done, chunk_len(k), c->job->zero_block, false);
    if (end == s->done)
        return;
    job_passed(c->job, d, at, at + end - s->done);
    s->done = end;
}

/* Once for all, if the chunk has been read in full. */
static void look_for_zeros(struct copy *c, struct chunk *k)
{
    if (!c->job->zero_block || k->loaded < chunk_len(k))
        return;
    zeros_find(k->zeros, k->buf, k->loaded, c->job->zero_block);
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state == SHARE_PENDING)
            pass_zeros(c, k, d);
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
        look_for_zeros(c, k);
        return;
    }
    if (r == 0) { /* the source ends here */
        job_source_end(c->job, k->range.start + k->loaded);
        k->range.end = k->range.start + k->loaded;
        look_for_zeros(c, k);
        return;
    }
    if (r == -ECANCELED)
        return;
    if (r == -EINVAL && op->file == c->job->source.file_direct) {
        c->source.direct_refused = true;
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

/* Destination d has all of the chunk. Its bytes are hashed once for all, while they are in the
 * buffer. */
static void tell_scribe(struct copy *c, struct chunk *k, unsigned d)
{
    struct journal_writer *journal_writer = c->job->journal_writer;
    struct journal_record record = {.start = k->range.start, .len = chunk_len(k)};

    if (!journal_writer || !journal_writer_wants(journal_writer, d))
        return;
    if (!k->hashed)
        k->hash = hash_of(k->buf, record.len);
    k->hashed = true;
    record.hash = k->hash;
    journal_writer_note(journal_writer, d, &record);
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
        c->dests[d].cursor = at + (uint32_t)r;
        job_written(c->job, d, at, at + (uint32_t)r);
        pass_zeros(c, k, d);
        if (s->done == chunk_len(k)) {
            tell_scribe(c, k, d);
            finish_share(c, k, d);
        }
        return;
    }
    if (r == -ECANCELED) /* never started, for no fault of its own */
        return;
    if (r == -EINVAL && op->file == c->job->dests[d].file_direct &&
        !c->job->dests[d].need_direct) {
        c->dests[d].direct_refused = true;
        return;
    }
    if ((r == 0 || r == -EINTR || r == -EAGAIN) &&
        may_retry(c, &s->stalled_since, c->job->stall_ms))
        return;
    finish_share(c, k, d);
    drop(c, d, "write", r == 0 ? EIO : -r, dest_offset(c, k, d),
         r == 0 ? "writes make no progress" : NULL);
}

/* The result of one fsync. An error is final: a second one would succeed, and the data be gone
 * (fsync(2), ext4, XFS and btrfs alike). */
static void account_flush(struct copy *c, struct chunk *k, unsigned i)
{
    unsigned d = k->op_dest[i];
    int32_t r = k->ops[i].result;

    k->shares[d].state = SHARE_PENDING;
    if (r == -ECANCELED) /* never started */
        return;
    if (r == 0)
        job_flushed(c->job, d);
    else
        drop(c, d, "fsync", -r, FAILURE_NO_OFFSET, NULL);
    finish_share(c, k, d);
}

static struct chunk *chunk_of(struct copy *c, const struct engine_op *op)
{
    size_t i = (size_t)(op - c->ops) / (1 + c->job->n_dests);

    assert(i < c->n_chunks && op->batch == &c->chunks[i].batch);
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

/* All results of the chunk's batch have been looked at. */
static int account_batch(struct copy *c, struct chunk *k)
{
    c->in_flight--;
    /* The source may have ended with this chunk: whoever has all of what there is is done. */
    for (unsigned d = 0; !k->flush && d < c->job->n_dests; d++)
        if (k->shares[d].state == SHARE_PENDING && k->shares[d].done == chunk_len(k)) {
            tell_scribe(c, k, d);
            finish_share(c, k, d);
        }
    return notice_progress(c, &k->batch) ? 0 : -ECANCELED;
}

static void give_up(struct copy *c, unsigned d, bool flushing)
{
    c->dests[d].hung = true;
    drop(c, d, flushing ? "fsync" : "write", ETIMEDOUT, FAILURE_NO_OFFSET, COPY_NO_ANSWER);
}

static void give_up_source(struct copy *c)
{
    struct failure f;

    c->source.hung = true;
    /* Where a leader's completion comes last, the members may be what hangs: another engine
     * will tell. */
    if (c->engine->leader_last)
        return;
    failure_set(&f, "read", ETIMEDOUT, FAILURE_NO_OFFSET, COPY_NO_ANSWER);
    job_fail_source(c->job, &f);
}

/* An operation of the end has a result. True if that is only because it was to be cancelled:
 * the end is one that does not answer, all the same. */
static bool hear(struct copy *c, struct endpoint_state *end, const struct engine_op *op)
{
    bool asked = op == end->asked;

    /* Cancelled with another one: that tells nothing. */
    if (end->asked && !asked && op->result == -ECANCELED)
        return false;
    end->quiet_since = 0;
    end->asked = NULL;
    c->clogged |= asked && op->result == -ECANCELED;
    return asked && op->result == -EINTR;
}

static int account(struct copy *c, const struct engine_op *op)
{
    struct chunk *k = chunk_of(c, op);
    unsigned i = (unsigned)(op - k->ops);
    int r = 0;

    k->led = true;
    c->settling |= k->batch.ordered && !engine_op_full(op);
    if (i > 0) {
        unsigned d = k->op_dest[i];

        if (hear(c, &c->dests[d], op)) {
            k->shares[d].state = SHARE_PENDING;
            give_up(c, d, k->flush);
        } else if (k->flush) {
            account_flush(c, k, i);
        } else {
            account_write(c, k, i);
        }
    } else if (op->kind == ENGINE_READ) {
        if (hear(c, &c->source, op))
            give_up_source(c);
        else
            account_read(c, k);
    } else {
        r = check_nop(op);
    }
    if (--k->left == 0 && r == 0)
        r = account_batch(c, k);
    return r;
}

static int engine_broke(struct copy *c, int r)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        drop(c, d, "wait for completions", -r, FAILURE_NO_OFFSET, NULL);
    return r;
}

/* ---- what does not answer ---- */

/* Calls see(k, i) for every operation i of the batch that is running: not the leader, and not
 * what waits for another one. Returns true as soon as see() does. */
static bool any_running(struct copy *c, const struct chunk *k,
                        bool (*see)(struct copy *c, const struct chunk *k, unsigned i))
{
    for (unsigned i = 1; k->led && i < k->batch.n_ops; i++) {
        if (k->shares[k->op_dest[i]].state != SHARE_BUSY)
            continue;
        if (see(c, k, i))
            return true;
        if (c->engine->serial)
            break;
    }
    return false;
}

/* What cannot be taken back is waited for as long as the engine is to go on. */
static bool see_answering(struct copy *c, const struct chunk *k, unsigned i)
{
    return !c->dests[k->op_dest[i]].hung && !(c->leaving && k->ops[i].waits);
}

static void see_end(struct endpoint_state *end, const struct chunk *k, unsigned i)
{
    struct engine_op *op = &k->ops[i];

    if (!end->busy ||
        (op->waits == end->oldest->waits ? k->turn < end->turn : end->oldest->waits)) {
        end->oldest = op;
        end->turn = k->turn;
        end->flushing = k->flush;
    }
    end->busy = true;
}

static bool see_busy(struct copy *c, const struct chunk *k, unsigned i)
{
    see_end(&c->dests[k->op_dest[i]], k, i);
    return false;
}

/* Of the ordered batches under way all but this one wait; NULL: there is none. The chunks may
 * be in another order: what a stream lacks of one comes after what others got of later ones. */
static const struct chunk *oldest_ordered(const struct copy *c)
{
    const struct chunk *oldest = NULL;

    for (const struct chunk *k = c->claimed; k; k = k->next)
        if (k->left > 0 && k->batch.ordered && (!oldest || k->turn < oldest->turn))
            oldest = k;
    return oldest;
}

/* Whether anything that is under way will end. */
static bool can_go_on(struct copy *c)
{
    const struct chunk *oldest = oldest_ordered(c);

    for (const struct chunk *k = c->claimed; k; k = k->next) {
        if (k->left == 0 || (k->batch.ordered && k != oldest))
            continue;
        if (k->led ? any_running(c, k, see_answering) : !c->source.hung)
            return true;
    }
    return false;
}

unsigned copy_flush_allowance_ms(uint64_t size)
{
    /* More than a fifth of the memory is not let become dirty (vm.dirty_ratio). */
    uint64_t dirty = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 5;
    uint64_t ms = (size < dirty ? size : dirty) / COPY_FLUSH_RATE * 1000;

    return ms < COPY_MAX_ALLOWANCE_MS ? (unsigned)ms : COPY_MAX_ALLOWANCE_MS;
}

static unsigned limit_ms(const struct copy *c, unsigned d)
{
    unsigned ms = c->job->dests[d].timeout_ms;

    return ms && c->dests[d].flushing ? ms + copy_flush_allowance_ms(c->job->size) : ms;
}

/* For the source. Where a leader's completion comes last, the time of its members is in it. */
static unsigned source_limit_ms(const struct copy *c)
{
    const struct job *j = c->job;
    unsigned ms = j->source.timeout_ms, longest = 0;

    for (unsigned d = 0; c->engine->leader_last && ms && d < j->n_dests; d++) {
        if (job_dropped(c->job, d))
            continue;
        if (j->dests[d].timeout_ms == 0)
            return 0;
        if (j->dests[d].timeout_ms > longest)
            longest = j->dests[d].timeout_ms;
    }
    return ms + longest;
}

/* Sees which ends have operations running, and the oldest of them. */
static void see_all(struct copy *c)
{
    const struct chunk *oldest = oldest_ordered(c);

    c->source.busy = false;
    for (unsigned d = 0; d < c->job->n_dests; d++)
        c->dests[d].busy = false;
    for (const struct chunk *k = c->claimed; k; k = k->next) {
        if (k->left == 0 || (k->batch.ordered && k != oldest))
            continue;
        if (!k->led && k->ops[0].kind == ENGINE_READ)
            see_end(&c->source, k, 0);
        any_running(c, k, see_busy);
    }
    c->running = c->source.busy;
    for (unsigned d = 0; d < c->job->n_dests; d++)
        c->running |= c->dests[d].busy && !c->dests[d].oldest->waits;
}

/* The end has operations under way, and all are said to wait. So they do, and its time does not
 * run, if there is another one that they can wait for; if there is none they have begun. True
 * if that has been so for as long as it may. */
static bool is_silent_waiting(struct copy *c, struct endpoint_state *end, unsigned timeout_ms)
{
    uint64_t now = clock_now_ms();

    end->asked = NULL;
    if (c->running) {
        c->clogged = true;
        end->quiet_since = now;
    }
    return now - end->quiet_since >= timeout_ms + timeout_ms / COPY_GRACE_SHARE;
}

/* Whether the end has let its operations go unanswered for longer than it may, and it is not
 * the engine that has not started them. They are asked about one after the other until one is
 * found that does not wait. What waits in a stream for its other side has been started, and
 * could be cancelled all the same. */
static bool is_silent(struct copy *c, struct endpoint_state *end, unsigned timeout_ms,
                      bool stream)
{
    uint64_t now = clock_now_ms();

    if (end->hung)
        return false;
    if (!end->busy || timeout_ms == 0) {
        end->quiet_since = 0;
        end->asked = NULL;
        return false;
    }
    if (end->quiet_since == 0)
        end->quiet_since = now;
    if (end->oldest->waits)
        return is_silent_waiting(c, end, timeout_ms);
    if (now - end->quiet_since < timeout_ms)
        return false;
    if (stream)
        return true;
    if (end->asked && !end->asked->waits)
        return now - end->quiet_since >= timeout_ms + timeout_ms / COPY_GRACE_SHARE;
    end->asked = end->oldest;
    end->quiet_since = now - timeout_ms; /* it may have begun to run only now */
    engine_cancel(c->engine, end->asked);
    return false;
}

/* Not an fsync: one that runs might be interrupted, and its errors are final. */
static bool see_to_cancel(struct copy *c, const struct chunk *k, unsigned i)
{
    if (!k->flush)
        engine_cancel(c->engine, &k->ops[i]);
    return false;
}

/* Whether it still does. */
static bool see_waiting(struct copy *c, const struct chunk *k, unsigned i)
{
    if (k->ops[i].waits)
        engine_cancel(c->engine, &k->ops[i]);
    return false;
}

static void ask_running(struct copy *c,
                        bool (*see)(struct copy *c, const struct chunk *k, unsigned i))
{
    for (const struct chunk *k = c->claimed; k; k = k->next)
        any_running(c, k, see);
}

/* Drops who has let the operations on it go unanswered for too long. */
static void check_answers(struct copy *c)
{
    const struct job *j = c->job;
    uint64_t now = clock_now_ms();
    bool hung;

    if (now - c->checked_at < COPY_WAIT_MS)
        return;
    c->checked_at = now;
    see_all(c);
    if (is_silent(c, &c->source, source_limit_ms(c), false))
        give_up_source(c);
    hung = c->source.hung;
    for (unsigned d = 0; d < j->n_dests; d++) {
        if (is_silent(c, &c->dests[d], limit_ms(c, d), j->dests[d].sequential))
            give_up(c, d, c->dests[d].flushing);
        hung |= c->dests[d].hung;
    }
    /* The engine will not get out of it: what it has not started is done by another one. */
    if (c->clogged && hung && !c->leaving) {
        c->leaving = true;
        ask_running(c, see_to_cancel);
    } else {
        ask_running(c, see_waiting);
    }
}

/* Operations are under way that never end. What waits behind them is given back; what has been
 * sent to a stream and may still arrive there cannot be sent again.
 *
 * If what hangs answers at last, the kernel runs what has waited behind it, although a
 * successor has done all that and the destination may be complete and have its name. That
 * writes the same bytes to the same place of the same file: the engine holds the files, and the
 * buffers are used for nothing else before it is destroyed. It can change the times of the
 * destination, and what others have written over it meanwhile; so nothing may begin any more
 * when the process has told its end, which supervisor_leave() sees to. */
static int leave_behind(struct copy *c)
{
    for (const struct chunk *k = c->claimed; k; k = k->next) {
        for (unsigned d = 0; d < c->job->n_dests; d++) {
            const struct share *s = &k->shares[d];
            struct range rest = {k->range.start + s->done, k->range.end};

            if (s->state == SHARE_DONE)
                continue;
            if (k->flush)
                job_return(c->job, d, WORK_FLUSH, NULL);
            else if (s->state == SHARE_BUSY && c->job->dests[d].sequential)
                drop(c, d, "write", ETIMEDOUT, FAILURE_NO_OFFSET,
                     "held up by a destination that does not answer");
            else
                job_return(c->job, d, WORK_COPY, &rest);
        }
    }
    return COPY_LEFT;
}

/* ---- the loop ---- */

static void pause_after_stall(struct copy *c)
{
    struct timespec t = {.tv_nsec = COPY_BACKOFF_NS};

    if (c->backoff)
        nanosleep(&t, NULL);
    c->backoff = false;
}

/* Operations under way that are not worth waiting for. */
static unsigned count_slow(struct copy *c)
{
    unsigned n = 0;

    for (const struct chunk *k = c->claimed; k; k = k->next) {
        for (unsigned i = 1; k->left > 0 && i < k->batch.n_ops; i++) {
            unsigned d = k->op_dest[i];

            if (k->shares[d].state != SHARE_BUSY ||
                (!pace_slow(&c->pace, d) && !job_dropped(c->job, d)))
                continue;
            n += c->engine->serial ? k->batch.n_ops - i : 1;
            if (c->engine->serial)
                break;
        }
    }
    return n;
}

static int wait_and_account(struct copy *c)
{
    struct engine_op *done = NULL;
    int r;

    pace_wait(&c->pace);
    r = engine_wait(c->engine, count_slow(c), COPY_WAIT_MS, &done);

    while (done && r == 0) {
        struct engine_op *op = done;

        done = op->next; /* before the operation is used for something else */
        r = account(c, op);
    }
    return r;
}

int copy_run(struct copy *c, struct engine *e)
{
    c->engine = e;
    while (!job_stopping(c->job)) {
        int r;

        pause_after_stall(c);
        free_done(c);
        if (!c->leaving)
            claim_more(c);
        if (!c->claimed && !c->leaving)
            return 0;
        r = c->leaving ? 0 : submit_idle(c);
        assert(r < 0 || c->in_flight > 0 || c->leaving);
        if (r == 0 && !can_go_on(c))
            return leave_behind(c);
        if (r == 0)
            r = wait_and_account(c);
        if (r < 0)
            return engine_broke(c, r);
        check_answers(c);
    }
    return c->in_flight > 0 ? COPY_LEFT : 0;
}
