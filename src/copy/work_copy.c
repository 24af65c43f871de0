/* work_copy: WORK_COPY. A range is read once and written to every destination that needs it.
 *
 * Everything that can happen to a read or a write short of a failure is repaired here: short
 * transfers, EINTR, EAGAIN, O_DIRECT that the kernel refuses, operations that the engine left
 * unstarted, the end of the source. None of it is a special case: the chunk knows how much of
 * it has been read and what each destination has of it, and its next batch asks for the
 * rest. */
#include "accounting_priv.h"

#include <errno.h>
#include <string.h>

#include "heads_priv.h"
#include "intake_priv.h"
#include "source/zeros.h"

/* Whether the next read of the chunk can be one of sectors: they are smaller than pages, and the
 * page cache fails with all sectors of a page. */
static bool can_read_sectors(const struct copy *c, const struct chunk *k)
{
    const struct endpoint *src = &c->job->source;
    uint64_t bits = (src->base + k->range.start + k->loaded) | (uintptr_t)(k->buf + k->loaded);

    return c->job->bad.zero && src->file_sectors != JOB_NO_FILE && !c->source.direct_refused &&
           bits % src->direct_align == 0;
}

/* Reads the next piece past the page cache. Its last sector may go beyond what is wanted: there
 * is room for all of it, as chunks have whole sectors. */
static void read_sectors(const struct copy *c, struct engine_op *op)
{
    uint32_t align = c->job->source.direct_align;

    op->file = c->job->source.file_sectors;
    op->len = (op->len + align - 1) / align * align;
}

static void build_read(struct copy *c, struct chunk *k, struct engine_op *op)
{
    const struct endpoint *src = &c->job->source;
    uint32_t rest = chunk_len(k) - k->loaded;

    if (rest == 0)
        return;
    k->blank = 0;
    if (src->sequential) {
        intake_build_read(c, k, op);
        return;
    }
    op->kind = ENGINE_READ;
    op->offset = src->base + k->range.start + k->loaded;
    op->buf = k->buf + k->loaded;
    op->len = k->piece && k->piece < rest ? k->piece : rest;
    if (k->piece && can_read_sectors(c, k))
        read_sectors(c, op);
    else
        op->file = endpoint_file(src, &c->source, op);
}

/* Whether zeros are passed over for destination d instead of written. */
static bool passes_zeros(const struct copy *c, unsigned d)
{
    return c->job->zero_block && c->job->dests[d].blank;
}

/* Where the write to destination d that begins at its share's `done` has to end. */
static uint32_t write_end(const struct copy *c, const struct chunk *k, unsigned d)
{
    uint32_t len = chunk_len(k);

    return passes_zeros(c, d)
               ? zeros_next(k->zeros, k->shares[d].done, len, c->job->zero_block, true)
               : len;
}

/* Whether it is known what is to be written. Where zeros are passed over, that depends on what
 * has been read; and a chunk that is read in pieces has to be complete. Nobody knows where one of
 * a source without positions ends. An order is then kept
 * by one chunk after the other, because a batch that only reads keeps none. */
static bool may_write(const struct copy *c, const struct chunk *k)
{
    if (!c->job->zero_block && !c->reads_pieces && !c->job->source.sequential)
        return true;
    return k->loaded == chunk_len(k) && (!c->job->in_order || k == c->chunks.claimed);
}

/* Whether destination d still needs something below the chunk. */
static bool needs_lower(const struct copy *c, const struct chunk *k, unsigned d)
{
    for (const struct chunk *x = c->chunks.claimed; x; x = x->next)
        if (x->range.start < k->range.start && x->shares[d].state != SHARE_DONE)
            return true;
    return false;
}

static bool build_write(struct copy *c, struct chunk *k, unsigned d, struct engine_op *op)
{
    const struct endpoint *dst = &c->job->dests[d];
    uint32_t done = k->shares[d].done;
    uint64_t at = k->range.start + done;

    /* The hasher gets the chunk itself: see lending.c. */
    if (job_is_hasher(c->job, d) || heads_rest(c, k, d) > 0)
        return false;
    /* A destination without positions takes its bytes only in their order. */
    if (!may_write(c, k) || (dst->sequential && c->dests[d].cursor != at) ||
        (dst->ascending && needs_lower(c, k, d)))
        return false;
    *op = (struct engine_op){
        .kind = ENGINE_WRITE,
        .offset = dst->base + at,
        .buf = k->buf + done,
        .len = write_end(c, k, d) - done,
    };
    op->file = endpoint_file(dst, &c->dests[d], op);
    if (dst->sequential)
        op->offset = ENGINE_STREAM;
    return true;
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

/* Once for all destinations, when the chunk has been read in full. */
static void look_for_zeros(struct copy *c, struct chunk *k)
{
    if (!c->job->zero_block || k->loaded < chunk_len(k))
        return;
    zeros_find(k->zeros, k->buf, k->loaded, c->job->zero_block);
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state == SHARE_PENDING)
            pass_zeros(c, k, d);
}

/* Reads once more what op has, from this file of the source, and waits. Returns what the read does. */
static int32_t read_again(struct copy *c, const struct engine_op *op, unsigned file)
{
    struct engine_op again = *op;
    int32_t r;

    again.file = file;
    job_ask_source(c->job);
    r = engine_run_blocking(c->engine, &again);
    job_source_answered(c->job);
    return r;
}

/* The engine's read says that the source ends here. pread(2) has the last word: FUSE cuts
 * asynchronous reads of files whose size it does not know off at the size that it has
 * (fuse_direct_IO(), fs/fuse/file.c, 6.18). Returns what the plain read does. */
static int32_t ask_for_end(struct copy *c, const struct engine_op *op)
{
    return read_again(c, op, c->job->source.file);
}

/* A read has failed: an error somewhere in its range, which only a smaller read can tell.
 * False: it was small enough. */
static bool ask_in_pieces(struct copy *c, struct chunk *k)
{
    const struct endpoint *src = &c->job->source;
    const struct engine_op *op = &k->ops[0];
    bool sectors = can_read_sectors(c, k);
    uint32_t grain =
        sectors || op->file == src->file_direct ? src->direct_align : BAD_SECTOR_PAGE;

    if (src->sequential || (op->len <= grain && (!sectors || op->file == src->file_sectors)))
        return false;
    k->piece = op->len / 2 / grain * grain;
    if (k->piece == 0)
        k->piece = grain;
    c->reads_pieces = true;
    return true;
}

/* The chunk has been read in full. Its bytes do not change any more. With --length the copy of a source
 * whose end is not known ends where nobody has met the end. */
static void note_hashes(const struct copy *c, const struct chunk *k, bool end)
{
    const struct job *j = c->job;

    if (j->hashes && k->loaded == chunk_len(k))
        block_hashes_note(j->hashes, k->range.start, k->buf, k->loaded,
                          end || k->range.end == j->size);
}

/* Whether a chunk has been read in full, of which some sectors are zeros only for now. */
static bool is_provisional(const struct copy *c, const struct chunk *k)
{
    return k->bad && bad_reads_go_on(&c->job->bad);
}

/* n bytes more of the chunk are there. */
static void advance_read(struct copy *c, struct chunk *k, uint32_t n)
{
    k->loaded += n;
    k->stalled_since = 0;
    k->tries = 0;
    if (!is_provisional(c, k))
        note_hashes(c, k, false);
    look_for_zeros(c, k);
}

/* The destinations that get the chunk; until the next call. */
static const bool *takes(struct copy *c, const struct chunk *k)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        c->takes[d] = k->shares[d].state != SHARE_DONE;
    return c->takes;
}

/* n bytes were read, and count from the chunk's `loaded` on. After a failed read the pieces grow
 * again. */
static void account_bytes(struct copy *c, struct chunk *k, uint32_t n)
{
    uint64_t at = k->range.start + k->loaded;
    uint32_t rest = chunk_len(k) - k->loaded;

    if (n > rest) /* see read_sectors() */
        n = rest;
    job_read(c->job, n);
    k->stalled_since = 0;
    if (c->job->source.sequential && !intake_take(c, k, n))
        return;
    if (k->piece && c->job->bad.zero) {
        job_tried(c->job, at, at + n, 0, takes(c, k));
        k->piece = k->piece < c->job->chunk_size / 2 ? 2 * k->piece : c->job->chunk_size;
    }
    advance_read(c, k, n);
    job_source_reaches(c->job, k->range.start + k->loaded);
}

/* The source ends with what has been read of the chunk. */
static void account_end(struct copy *c, struct chunk *k)
{
    struct failure f;

    if (c->job->skip > 0) {
        (void)failure_format(&f, NULL, EINVAL, "ends before --offset");
        job_fail_source(c->job, &f);
        return;
    }
    job_source_end(c->job, k->range.start + k->loaded);
    k->range.end = k->range.start + k->loaded;
    note_hashes(c, k, true);
    look_for_zeros(c, k);
}

/* The chunk ends with what has been read of it. Returns the rest of its range. */
static struct range cut(struct copy *c, struct chunk *k)
{
    struct range rest = {k->range.start + k->loaded, k->range.end};

    k->range.end = rest.start;
    advance_read(c, k, 0);
    return rest;
}

void work_copy_cut(struct copy *c, struct chunk *k)
{
    struct range rest = cut(c, k);

    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state == SHARE_PENDING)
            job_return(c->job, d, WORK_COPY, &rest);
}

/* Leaves the rest of the chunk for later; what has been read of it is written. */
static void leave_rest(struct copy *c, struct chunk *k)
{
    struct range rest = cut(c, k);

    job_doubt(c->job, &rest, takes(c, k));
}

/* The sector at `loaded` cannot be read, and becomes zeros. */
static void put_zeros(struct copy *c, struct chunk *k, int err)
{
    uint64_t at = k->range.start + k->loaded;
    uint32_t rest = chunk_len(k) - k->loaded, n = k->ops[0].len;

    if (n > rest)
        n = rest;
    memset(k->buf + k->loaded, 0, n);
    job_tried(c->job, at, at + n, err, takes(c, k));
    k->bad = true;
    advance_read(c, k, n);
}

/* The read of a sector has failed, but not alone: reads beside one another that are submitted
 * together become one request of the device, and fail together (blk_attempt_plug_merge(),
 * block/blk-merge.c, 6.18). Whether it can be read alone; then it is. */
static bool read_alone(struct copy *c, struct chunk *k)
{
    int32_t r;

    if (c->chunks.claimed == k && !k->next)
        return false;
    r = read_again(c, &k->ops[0], k->ops[0].file);
    if (r > 0)
        account_bytes(c, k, (uint32_t)r);
    return r > 0;
}

/* A read has failed with err (positive). False: the source has failed. */
static bool get_around(struct copy *c, struct chunk *k, int err)
{
    const struct job *j = c->job;

    if (!j->bad.zero || j->source.sequential || !bad_sector_is_met(j->fds[j->source.file], err))
        return ask_in_pieces(c, k);
    if (k->piece == 0 && j->bad.defers)
        leave_rest(c, k);
    else if (!ask_in_pieces(c, k) && !read_alone(c, k) &&
             (j->bad.defers || k->tries++ == j->bad.retries))
        put_zeros(c, k, err);
    return true;
}

static void account_read(struct copy *c, struct chunk *k)
{
    const struct engine_op *op = &k->ops[0];
    bool stream = c->job->source.sequential;
    const char *message;
    struct failure f;
    int err;
    int32_t r = op->result;

    if (r == 0 && !stream)
        r = ask_for_end(c, op);
    if (r > 0) {
        account_bytes(c, k, (uint32_t)r);
        return;
    }
    if (r == 0) {
        account_end(c, k);
        return;
    }
    if (r == -EAGAIN && stream) { /* somebody else has read what there was */
        c->backoff = true;
        return;
    }
    if (r == -ECANCELED) /* never started */
        return;
    if (r == -EINVAL && op->file != c->job->source.file) {
        c->source.direct_refused = true;
        return;
    }
    if ((r == -EINTR || r == -EAGAIN) && account_retry(c, &k->stalled_since, c->job->stall_ms))
        return;
    if (get_around(c, k, -r))
        return;
    err = account_explain(-r, &message);
    failure_set(&f, "read", err, c->job->source.base + k->range.start + k->loaded, message);
    job_fail_source(c->job, &f);
}

/* Destination d has all of the chunk. The journal gets the hash of its bytes, which is made
 * once for all destinations, while the bytes are in the buffer. What could not be read is not
 * there for another run. */
static void finish(struct copy *c, struct chunk *k, unsigned d)
{
    struct journal_writer *journal = c->job->journal_writer;
    struct journal_record record = {.start = k->range.start, .len = chunk_len(k)};

    if (journal && !k->bad && record.len > 0 && !job_is_hasher(c->job, d) &&
        journal_writer_wants(journal, d)) {
        if (!k->hashed)
            k->hash = hash_of(k->buf, record.len);
        k->hashed = true;
        record.hash = k->hash;
        journal_writer_note(journal, d, &record);
    }
    chunk_finish_share(c, k, d);
}

/* Where in destination d the next byte of its share lies, for messages. */
static uint64_t dest_offset(const struct copy *c, const struct chunk *k, unsigned d)
{
    return c->job->dests[d].base + k->range.start + k->shares[d].done;
}

static void advance(struct copy *c, struct chunk *k, unsigned d, uint32_t n)
{
    struct share *s = &k->shares[d];
    uint64_t at = k->range.start + s->done;

    s->done += n;
    s->stalled_since = 0;
    c->dests[d].cursor = at + n;
    job_written(c->job, d, at, at + n);
    pass_zeros(c, k, d);
    if (s->done == chunk_len(k))
        finish(c, k, d);
}

static void account_write(struct copy *c, struct chunk *k, unsigned i, unsigned d)
{
    const struct engine_op *op = &k->ops[i];
    const char *message = "writes make no progress";
    int32_t r = op->result;
    int err = EIO;

    if (r > 0) {
        advance(c, k, d, (uint32_t)r);
        return;
    }
    if (r == -ECANCELED) /* never started, for no fault of its own */
        return;
    if (account_write_again(c, k, op, d))
        return;
    chunk_finish_share(c, k, d);
    if (r < 0)
        err = account_explain(-r, &message);
    account_drop(c, d, "write", err, dest_offset(c, k, d), message);
}

/* The source may have ended with this chunk: a destination that has all there is needs no
 * more of it. */
static void end_batch(struct copy *c, struct chunk *k)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state == SHARE_PENDING && k->shares[d].done == chunk_len(k))
            finish(c, k, d);
}

/* Whether bytes of the chunk have been read from a source that gives them only once. */
static bool is_lost(const struct copy *c, const struct chunk *k)
{
    bool reads = k->left > 0 && !k->led && k->ops[0].kind == ENGINE_READ;

    return c->job->source.sequential && (k->loaded > 0 || reads);
}

/* Bytes that have been sent to a stream, and may still arrive there, cannot be sent again. */
static void give_back(struct copy *c, struct chunk *k, unsigned d)
{
    const struct share *s = &k->shares[d];
    struct range rest = {k->range.start + s->done, k->range.end};

    if (s->state == SHARE_BUSY && job_is_hasher(c->job, d) &&
        hasher_take_back(c->job->hasher, &k->loan))
        job_written(c->job, d, k->range.start, k->range.end);
    else if ((s->state == SHARE_BUSY && c->job->dests[d].sequential) || is_lost(c, k))
        account_drop(c, d, "write", ETIMEDOUT, FAILURE_NO_OFFSET, ACCOUNT_HELD_UP);
    else
        job_return(c->job, d, WORK_COPY, &rest);
}

static unsigned limit_ms(const struct copy *c, unsigned d)
{
    return c->job->dests[d].timeout_ms;
}

const struct work_ops work_copy_ops = {
    .name = "write",
    .in_order = true,
    .interruptible = true,
    .build_leader = build_read,
    .build = build_write,
    .account_leader = account_read,
    .account = account_write,
    .end_batch = end_batch,
    .give_back = give_back,
    .limit_ms = limit_ms,
};
