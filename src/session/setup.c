/* setup: makes the job that the workers get from the session: endpoints, tuning, journal. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/block_hashes.h"
#include "engine/engine.h"
#include "session_priv.h"

/* How long a destination may move no byte before it is dropped. */
#define STALL_MS 3000

/* --sparse=always looks for zeros in blocks of this size: that of most file systems. */
#define ZERO_BLOCK 4096u

/* ---- tuning ---- */

static unsigned usable_cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static unsigned count_open(const struct session *s)
{
    unsigned open = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        open += session_takes_part(s, d);
    return open;
}

/* Whether one of n destinations that is too slow for the others is served on its own. It then
 * needs a second read of what the others have got. */
static bool detaches(const struct session *s, unsigned n)
{
    return n > 1 && s->source.can.again && s->o->slow != SLOW_WAIT && !s->o->in_order;
}

/* Whether the copy is read with O_DIRECT. */
static bool reads_direct(const struct session *s)
{
    return s->source.fd_direct >= 0 && !s->source.direct_sectors;
}

/* The facts without those of the n destinations. */
static struct tuning_facts source_facts(const struct session *s, unsigned n)
{
    return (struct tuning_facts){
        .size = s->size,
        .size_known = s->size_known,
        .cpus = usable_cpus(),
        .hashes = digest_set_is_slow(options_hashes(s->o)) || digest_is_slow(s->bmap.algorithm),
        .detach = detaches(s, n),
        .direct = reads_direct(s),
        .stream = !s->source.can.positions,
        .sequential = s->o->in_order || !s->source.can.positions,
        .align = s->source.fd_direct >= 0 ? s->source.direct_align : 1,
    };
}

void session_expect_tuning(const struct session *s, struct tuning *ret)
{
    struct tuning_facts f;
    unsigned n = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        n += s->dests[d].called;
    f = source_facts(s, n);
    f.n_dests = n;
    f.direct |= s->direct;
    tuning_choose(ret, s->o, &f);
}

const struct engine_ops *session_engine(const struct session *s)
{
    return strcmp(s->o->engine, "auto") == 0 ? NULL : engine_find(s->o->engine);
}

/* With 64 destinations a thread for each file takes less than half the time (64 MiB, two CPUs, ext4);
 * with 16 it is no faster. */
#define PROMPT_DESTS 16u

/* Whether only CPUs work for the copy: its data is in memory, the copies go there, and no engine was
 * asked for that has others do it. */
static bool is_prompt(const struct session *s, const struct tuning_facts *f)
{
    const struct engine_ops *wanted = session_engine(s);
    bool prompt = s->prompt && !f->direct && !f->sequential && f->n_dests <= PROMPT_DESTS &&
                  (!wanted || wanted->prompt);

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (session_takes_part(s, d))
            prompt &= session_target(s, d)->prompt;
    return prompt;
}

static struct tuning_facts facts(const struct session *s)
{
    struct tuning_facts f = source_facts(s, count_open(s));

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        const struct target *t;

        if (!session_takes_part(s, d) || s->dests[d].cloned)
            continue;
        t = session_target(s, d);
        f.n_dests++;
        f.sequential |= t->sequential || t->ascending;
        if (t->fd_direct < 0)
            continue;
        f.direct = true;
        if (t->direct_align > f.align)
            f.align = t->direct_align;
    }
    f.prompt = is_prompt(s, &f);
    return f;
}

/* Reports which files are read and written past the page cache. */
static void report_direct(const struct session *s)
{
    if (reads_direct(s))
        report_verbose("%s: read with O_DIRECT", s->copy->source);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (session_takes_part(s, d) && !s->dests[d].cloned &&
            session_target(s, d)->fd_direct >= 0)
            report_verbose("%s: written with O_DIRECT", s->copy->dests[d]);
}

/* ---- endpoints ---- */

/* Adds a descriptor to the job's table; returns its index. */
static unsigned add_fd(struct job *j, int fd)
{
    if (fd < 0)
        return JOB_NO_FILE;
    j->fds[j->n_fds] = fd;
    return j->n_fds++;
}

static void set_up_source(struct session *s)
{
    struct job *j = &s->job;

    j->source = (struct endpoint){
        .file = add_fd(j, s->source.fd),
        .file_direct = add_fd(j, reads_direct(s) ? s->source.fd_direct : -1),
        .file_sectors = add_fd(j, s->o->read_zeros ? s->source.fd_direct : -1),
        .direct_align = s->source.direct_align,
        .base = s->start,
        .sequential = !s->source.can.positions,
        .unready = s->source.can.unready,
        .timeout_ms = session_timeout_ms(s, false),
    };
}

static void set_up_dest(struct session *s, unsigned d)
{
    const struct session_dest *dest = &s->dests[d];
    const struct target *t;
    struct job *j = &s->job;

    if (dest->status->skipped) { /* it gets nothing, and needs nothing */
        j->dests[d].file = j->dests[d].file_direct = JOB_NO_FILE;
        job_set_aside(j, d);
        job_given(j, d);
        return;
    }
    if (!session_takes_part(s, d)) {
        j->dests[d].file_direct = JOB_NO_FILE;
        job_drop(j, d, &dest->status->failure);
        return;
    }
    t = session_target(s, d);
    j->dests[d] = (struct endpoint){
        .file = add_fd(j, dest->cloned ? -1 : t->fd),
        .file_direct = add_fd(j, dest->cloned ? -1 : t->fd_direct),
        .direct_align = t->direct_align,
        .base = s->o->dest_offset,
        .need_direct = t->request.need_direct,
        .sequential = t->sequential,
        .ascending = t->ascending,
        .flush = (s->o->fsync || t->must_fsync) && t->can_fsync,
        .head = t->head,
        .blank = t->blank,
        .timeout_ms = session_timeout_ms(s, t->sequential),
        .device = dest->probe.directory_dev,
    };
    if (dest->cloned || session_awaits_clone(s, d))
        job_set_aside(j, d);
    if (dest->cloned)
        job_given(j, d);
}

/* What earlier runs have left need not be copied. */
static int set_up_held(struct session *s)
{
    int r = 0;

    for (unsigned d = 0; d < s->copy->n_dests && r == 0; d++)
        if (session_takes_part(s, d)) {
            /* The head becomes zeros in each run. */
            r = ranges_remove(&s->dests[d].held, 0, s->job.dests[d].head);
            if (r == 0)
                r = job_hold(&s->job, d, &s->dests[d].held);
        }
    return r;
}

/* ---- the journal ---- */

/* Called by the journal writer's thread for destination d. */
static void note_written(void *calls, unsigned d, const struct journal_record *v, unsigned n)
{
    target_note(&((struct session_calls *)calls)->dests[d].target, v, n);
}

/* Starts the journal writer, if any destination has a journal. */
static int start_journal_writer(struct session *s)
{
    unsigned n = s->copy->n_dests;
    bool *wanted = calloc(n, sizeof *wanted);
    struct journal_writer_config config = {
        .n = n,
        .wanted = wanted,
        .write = note_written,
        .arg = s->calls,
    };
    bool any = false;
    int r = 0;

    if (!wanted)
        return -ENOMEM;
    for (unsigned d = 0; d < n; d++) {
        wanted[d] = session_takes_part(s, d) && session_target(s, d)->keeps;
        any |= wanted[d];
    }
    if (any)
        r = journal_writer_start(&config, &s->journal_writer);
    s->job.journal_writer = s->journal_writer;
    free(wanted);
    return r;
}

/* ---- the job ---- */

static int start_hasher(struct session *s, unsigned hashes)
{
    const struct range_sums_wanted wanted = {
        .ranges = s->bmap.data,
        .texts = s->bmap.sums,
        .n = s->bmap.algorithm ? s->bmap.n : 0,
        .algorithm = s->bmap.algorithm,
    };

    return hasher_start(&s->hasher, hashes, &wanted);
}

static int find_extents(struct session *s, uint32_t align, unsigned fronts)
{
    const struct holes_part part = {
        .fd = s->source.fd,
        .base = s->start,
        .size = s->size,
        .grain = align,
        .map = s->o->bmap ? &s->bmap.mapped : NULL,
    };

    return extents_create(&part, fronts, &s->job.extents);
}

static int make_job(struct session *s, uint32_t align)
{
    struct job *j = &s->job;
    unsigned hashes = options_hashes(s->o);
    size_t n = s->copy->n_dests + (hashes || s->bmap.algorithm);
    int r =
        job_init(j, (unsigned)n, s->size, s->size_known, s->tuning.workers * s->tuning.buffers);

    if (r < 0)
        return r;
    if (n > s->copy->n_dests)
        r = start_hasher(s, hashes);
    if (s->hasher)
        job_set_hasher(j, s->hasher);
    j->fds = calloc(1 + 2 * (1 + n), sizeof *j->fds);
    j->dests = calloc(n, sizeof *j->dests);
    /* Each destination may be at another position, and those that share at one more. */
    if (r == 0 && s->size > 0 && s->source.can.holes)
        r = find_extents(s, align, (unsigned)n + 1);
    if (j->fds && j->dests && r == 0)
        return 0;
    session_free_job(s);
    return r < 0 ? r : -ENOMEM;
}

/* The hasher gets its bytes from the workers. It never fails to answer, but what limits the time
 * of all endpoints limits its, too. */
static void set_up_hasher(struct session *s)
{
    if (s->hasher)
        s->job.dests[s->copy->n_dests] = (struct endpoint){
            .file = JOB_NO_FILE,
            .file_direct = JOB_NO_FILE,
            .timeout_ms = session_timeout_ms(s, false),
        };
}

/* Room for the bytes that some destinations get when they are committed. */
static int make_head(struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        any |= s->job.dests[d].head > 0;
    s->job.head = any ? calloc(1, TARGET_HEAD) : NULL;
    if (any && s->o->read_zeros) /* zeros may be replaced in it until all are complete */
        s->job.detach = false;
    return any && !s->job.head ? -ENOMEM : 0;
}

/* Whether what cannot be read may come last: nobody needs the bytes in their order. */
static bool may_defer(const struct session *s)
{
    bool positions = true;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        positions &= !s->job.dests[d].sequential;
    return positions && !s->o->in_order && !s->hasher;
}

/* For the verification. A file of one chunk has its hashes on the largest grid. */
static int make_hashes(struct session *s)
{
    bool once = s->size_known && s->size <= s->tuning.chunk_size;
    uint32_t block = block_hashes_block(once ? BLOCK_HASHES_UNIT : s->tuning.chunk_size);

    return s->copy->verify ? block_hashes_create(block, &s->job.hashes) : 0;
}

/* Bytes that a source of unknown size has to have; UINT64_MAX: any. */
static uint64_t expected_size(const struct session *s)
{
    if (s->o->has_expect_size && !s->file)
        return s->o->expect_size;
    return s->o->bmap && !s->size_known ? s->bmap.size : UINT64_MAX;
}

static void configure_job(struct session *s)
{
    struct job *j = &s->job;

    j->chunk_size = s->tuning.chunk_size;
    j->chunk_step = s->tuning.chunk_step;
    j->memory = options_memory(s->o);
    j->buffers = s->tuning.buffers;
    j->max_held = s->tuning.queue_depth;
    j->detach = detaches(s, count_open(s));
    j->stall_ms = STALL_MS;
    j->in_order = s->o->in_order;
    j->stop_on_error = s->o->stop_on_error;
    j->rate = s->file ? s->file->rate : &s->rate;
    j->bad.zero = s->o->read_zeros;
    j->bad.retries = s->o->read_retries;
    j->zero_block = s->o->sparse == WHEN_ALWAYS ? ZERO_BLOCK : 0;
    j->news_fd = s->news_fd;
    j->expected = expected_size(s);
    j->skip = s->source.can.positions ? 0 : s->start;
}

int session_set_up_job(struct session *s)
{
    struct tuning_facts f = facts(s);
    int r;

    tuning_choose(&s->tuning, s->o, &f);
    if (f.direct && !s->file)
        report_direct(s);
    r = make_job(s, f.align);
    if (r < 0)
        return r;
    configure_job(s);
    s->job.prompt = f.prompt;
    set_up_source(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        set_up_dest(s, d);
    set_up_hasher(s);
    s->job.bad.defers = may_defer(s);
    r = make_head(s);
    if (r == 0)
        r = set_up_held(s);
    if (r == 0 && s->o->map)
        r = session_doubt_map(s);
    job_start(&s->job);
    if (r == 0)
        r = make_hashes(s);
    if (r == 0)
        r = start_journal_writer(s);
    if (r < 0)
        session_free_job(s);
    return r;
}

void session_free_job(struct session *s)
{
    job_free(&s->job);
    extents_free(s->job.extents);
    free(s->job.fds);
    free(s->job.dests);
    journal_writer_free(s->journal_writer);
    hasher_free(s->hasher);
    s->hasher = s->job.hasher = NULL;
    free(s->job.head);
    s->job.head = NULL;
    ranges_free(&s->job.head_kept);
    block_hashes_free(s->job.hashes);
    s->job.hashes = NULL;
    s->job.extents = NULL;
    s->job.fds = NULL;
    s->job.dests = NULL;
    s->journal_writer = NULL;
}
