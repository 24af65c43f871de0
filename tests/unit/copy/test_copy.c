/* test_copy: the copy loop on an engine that fails by script (fake_engine.h).
 *
 * Every run is checked against the law: what is not dropped and lacks nothing is the source,
 * byte for byte; what is dropped failed by an operation of its own, which is named; what had no
 * fault is complete; every byte is read once, as long as nobody goes apart and nothing hangs.
 * One fault at a time first, at every operation of a run, then several at random. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "copy/copy.h"
#include "copy/pool_priv.h"
#include "fake_engine.h"

/* Linked in by inclusion: every test is built from its one file. */
#include "fake_engine.c"

#define MAX_SIZE  1024u
#define ALIGN     16u
#define SOURCE_FD 1000

/* Engines in one run: each successor is there because of another one that hangs, and one more
 * where the first could not tell who does. */
#define MAX_CREW (3u + FAKE_MAX_DESTS)

/* Of operations, in runs in which something hangs. Longer than the longest that a healthy one
 * is left alone by chance. */
#define TIMEOUT_MS 4000u

/* What is copied, how. Bits of the masks are destinations. */
struct setup {
    unsigned n_dests;
    uint64_t size;
    bool size_unknown;
    bool stream;    /* the source has no positions; with size_unknown, and without detach */
    uint32_t chunk; /* bytes, a multiple of ALIGN */
    unsigned depth; /* buffers */
    unsigned held;  /* of them may wait for one destination; 0: all */
    bool detach;
    bool in_order;
    bool chain_breaks;
    bool serial;
    bool leader_last;
    unsigned sequential;
    unsigned direct;
    unsigned need_direct;
    unsigned flush;
    unsigned blank;
    unsigned ascending;
    unsigned wiped;      /* have a head ... */
    uint32_t head;       /* ... of so many bytes */
    bool holes;          /* in the source */
    uint32_t zero_block; /* bytes */
    bool source_direct;
    uint64_t source_base;
    uint64_t dest_base;
    bool stop_on_error;
    unsigned stall_ms;
    unsigned timeout_ms; /* of all endpoints; 0: none */
    uint64_t seed;
};

/* One run and all that belongs to it. */
struct world {
    struct setup setup;
    char label[640];
    struct fake fake;
    struct job job;
    int fds[FAKE_MAX_FILES];
    struct endpoint endpoints[FAKE_MAX_DESTS];
    uint8_t source[MAX_SIZE];
    uint8_t bytes[FAKE_MAX_DESTS][MAX_SIZE];
    bool was_read[MAX_SIZE];
    bool written[FAKE_MAX_DESTS][MAX_SIZE];
    bool hole[MAX_SIZE]; /* positions of the source */
    bool zero[MAX_SIZE];
    char head[MAX_SIZE];
    int result;                                  /* of the last copy_run() */
    unsigned n_crew;                             /* engines */
    struct copy *copy;                           /* of the last engine */
    struct job_dest_state fates[FAKE_MAX_DESTS]; /* the job's, at the end */
};

static struct world world;

/* ---- a run ---- */

static void describe(struct world *w)
{
    const struct setup *s = &w->setup;
    int n = snprintf(
        w->label, sizeof w->label,
        "seed %llu: %u dests, size %llu%s%s, chunk %u x %u, held %u%s, %s%s%s%s sequential %x "
        "direct %x/%x flush %x source_direct %d bases %llu %llu stop %d timeout %u "
        "holes %d blank %x ascending %x wiped %x of %u zero_block %u behind %x kept %x hidden "
        "%x",
        (unsigned long long)s->seed, s->n_dests, (unsigned long long)s->size,
        s->size_unknown ? " unknown" : "", s->stream ? " of a stream" : "", s->chunk, s->depth,
        s->held, s->detach ? " detach" : "", s->in_order ? "in order" : "plain",
        s->chain_breaks ? ", breaks" : "", s->serial ? ", serial" : "",
        s->leader_last ? ", leader last" : "", s->sequential, s->direct, s->need_direct,
        s->flush, s->source_direct, (unsigned long long)s->source_base,
        (unsigned long long)s->dest_base, s->stop_on_error, s->timeout_ms, s->holes, s->blank,
        s->ascending, s->wiped, s->head, s->zero_block, w->fake.behind, w->fake.kept,
        w->fake.hidden);

    for (unsigned i = 0; i < w->fake.n_faults && (size_t)n < sizeof w->label; i++) {
        const struct fake_fault *f = &w->fake.faults[i];

        n += snprintf(w->label + n, sizeof w->label - (size_t)n,
                      "\n    fault at %u: effect %d result %d ms %u sticky %d on file %u",
                      f->at, (int)f->effect, f->result, f->ms, f->sticky, f->on_file);
    }
    w->fake.label = w->label;
}

/* An assertion in the loop has failed: say in which run. */
static void tell_abort(int signal_number)
{
    ssize_t n = write(STDERR_FILENO, world.label, strlen(world.label));

    (void)n;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static unsigned add_file(struct world *w, enum fake_kind kind, unsigned dest, uint32_t align)
{
    unsigned i = w->job.n_fds++;

    w->fds[i] = -1;
    w->fake.files[i] = (struct fake_file){.kind = kind, .dest = dest, .align = align};
    return i;
}

static uint32_t head_of(const struct setup *s, unsigned d)
{
    return (s->wiped >> d & 1) ? s->head : 0;
}

static void set_up_endpoints(struct world *w)
{
    const struct setup *s = &w->setup;

    w->job.fds = w->fds;
    w->job.dests = w->endpoints;
    w->job.source = (struct endpoint){
        .file = add_file(w, FAKE_SOURCE, 0, 1),
        .file_direct = s->source_direct ? add_file(w, FAKE_SOURCE, 0, ALIGN) : JOB_NO_FILE,
        .direct_align = ALIGN,
        .base = s->source_base,
        .sequential = s->stream,
        .timeout_ms = s->timeout_ms,
    };
    w->fake.stream = s->stream;
    w->fake.skip = w->job.skip = s->stream ? s->source_base : 0;
    for (unsigned d = 0; d < s->n_dests; d++) {
        bool direct = s->direct >> d & 1;

        w->endpoints[d] = (struct endpoint){
            .file = add_file(w, FAKE_DEST, d, 1),
            .file_direct = direct ? add_file(w, FAKE_DEST, d, ALIGN) : JOB_NO_FILE,
            .direct_align = ALIGN,
            .base = s->dest_base,
            .need_direct = s->need_direct >> d & 1,
            .sequential = s->sequential >> d & 1,
            .flush = s->flush >> d & 1,
            .blank = s->blank >> d & 1,
            .ascending = s->ascending >> d & 1,
            .head = head_of(s, d),
            .timeout_ms = s->timeout_ms,
        };
        w->fake.dests[d] = (struct fake_dest){
            .base = s->dest_base,
            .bytes = w->bytes[d],
            .written = w->written[d],
            .passed = s->zero_block && (s->blank >> d & 1) ? w->zero : NULL,
            .sequential = s->sequential >> d & 1,
            .ascending = s->ascending >> d & 1,
            .head = head_of(s, d),
        };
        for (uint64_t i = 0; i < s->size; i++)
            w->written[d][i] = i < head_of(s, d) || (w->hole[i] && (s->blank >> d & 1));
        fake_advance(&w->fake, &w->fake.dests[d]);
    }
}

/* Zeros in runs of any length, some of them holes that begin and end at multiples of ALIGN. */
static void make_source(struct world *w, uint64_t *seed)
{
    const struct setup *s = &w->setup;
    unsigned end = 0, kind = 0;

    for (unsigned i = 0; i < MAX_SIZE; i++) {
        if ((s->holes || s->zero_block) && i == end) {
            kind = fake_random(seed, 3);
            end += ALIGN * (1 + fake_random(seed, 6));
        }
        w->source[i] = kind ? 0 : (uint8_t)(1 + fake_random(seed, FAKE_POISON - 1));
        w->zero[i] = kind;
        w->hole[i] = kind == 1 && s->holes;
        w->was_read[i] = w->hole[i]; /* is not to be */
    }
}

/* As the file system would tell. */
off_t lseek(int fd, off_t offset, int whence)
{
    uint64_t at = (uint64_t)offset - world.setup.source_base;

    assert_int_equal(fd, SOURCE_FD);
    assert_true(whence == SEEK_DATA || whence == SEEK_HOLE);
    while (at < world.setup.size && world.hole[at] != (whence == SEEK_HOLE))
        at++;
    if (at < world.setup.size || whence == SEEK_HOLE)
        return (off_t)(at + world.setup.source_base);
    errno = ENXIO;
    return -1;
}

/* The source's, when an engine has said that it ends. */
ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
    assert_int_equal(fd, -1);
    return fake_pread(&world.fake, buf, len, (uint64_t)offset);
}

/* The source without positions is ready sometimes, and stays so until it is read. */
int poll(struct pollfd *v, nfds_t n, int ms)
{
    assert_int_equal(n, 1);
    assert_int_equal(v->fd, -1);
    assert_true(world.setup.stream && ms >= 0);
    if (world.fake.reads_in_flight > 0 || fake_random(&world.fake.seed, 2))
        return 1;
    fake_now += (uint64_t)ms;
    return 0;
}

/* Makes the world for a setup. The caller may add faults before run(). */
static struct world *prepare(const struct setup *s)
{
    struct world *w = &world;
    uint64_t seed = s->seed;
    uint64_t size = s->size_unknown ? (uint64_t)INT64_MAX - s->source_base : s->size;

    assert_true(s->size <= MAX_SIZE && s->n_dests <= FAKE_MAX_DESTS);
    memset(w, 0, sizeof *w);
    w->setup = *s;
    make_source(w, &seed);
    assert_int_equal(job_init(&w->job, s->n_dests, size, !s->size_unknown, s->depth), 0);
    w->job.chunk_size = s->chunk;
    w->job.chunk_step = ALIGN;
    w->job.buffers = s->depth;
    w->job.memory = (uint64_t)s->chunk * s->depth * (1 + s->seed % 3);
    w->job.max_held = s->held ? s->held : s->depth;
    w->job.detach = s->detach;
    w->job.stall_ms = s->stall_ms ? s->stall_ms : 60000;
    w->job.in_order = s->in_order;
    w->job.stop_on_error = s->stop_on_error;
    w->job.zero_block = s->zero_block;
    w->job.head = s->wiped ? w->head : NULL;
    if (s->holes)
        assert_int_equal(extents_create(&(struct holes_part){.fd = SOURCE_FD,
                                                             .base = s->source_base,
                                                             .size = size,
                                                             .grain = 1},
                                        1 + s->n_dests, &w->job.extents),
                         0);
    w->fake.seed = seed;
    w->fake.source = w->source;
    w->fake.source_size = s->size;
    w->fake.source_base = s->source_base;
    w->fake.was_read = w->was_read;
    w->fake.chain_breaks = s->chain_breaks;
    w->fake.serial = s->serial;
    w->fake.leader_last = s->leader_last;
    w->fake.reads_again = s->detach;
    w->fake.timeout_ms = s->timeout_ms;
    w->fake.keep_prefix = s->in_order && s->chain_breaks;
    set_up_endpoints(w);
    job_start(&w->job);
    return w;
}

static void add_fault(struct world *w, struct fake_fault f)
{
    assert_true(w->fake.n_faults < FAKE_MAX_FAULTS);
    w->fake.faults[w->fake.n_faults++] = f;
}

static void check_law(const struct world *w);

/* One engine and the loop that uses it. */
struct hand {
    struct pool pool;
    struct engine *engine;
    struct copy *copy;
};

static void open_hand(struct world *w, struct hand *h, struct pool *rest)
{
    struct engine_config config = {
        .fds = w->fds,
        .n_fds = w->job.n_fds,
        .max_ops = 1 + w->setup.n_dests,
    };
    struct engine_reason why;

    if (w->n_crew == MAX_CREW)
        fake_die(&w->fake, "too many successors");
    assert_int_equal(pool_open(&h->pool, &w->job, rest), 0);
    config.pool = pool_start(&h->pool);
    config.pool_len = pool_length(&h->pool);
    config.max_batches = h->pool.n;
    for (unsigned i = 0; i < h->pool.n; i++)
        memset(h->pool.buffers[i], FAKE_POISON, h->pool.size);
    assert_int_equal(copy_create(&w->job, &h->pool, &h->copy), 0);
    fake_next = &w->fake;
    assert_int_equal(engine_create(&fake_engine_ops, &config, &h->engine, &why), 0);
    w->copy = h->copy;
    w->n_crew++;
}

static bool is_used(void *copy, unsigned i)
{
    return copy_uses(copy, i);
}

static void run_to_end(struct world *w)
{
    struct hand hands[MAX_CREW];

    describe(w);
    open_hand(w, &hands[0], NULL);
    /* What work() in worker.c does. */
    for (;;) {
        const struct hand *h = &hands[w->n_crew - 1];

        w->result = copy_run(h->copy, h->engine);
        if ((w->result != COPY_LEFT && w->result != COPY_TAKEN) || job_stopping(&w->job))
            break;
        w->fake.reads_again = true;
        w->fake.writes_again = true; /* results that the first one had not returned yet */
        w->fake.leader_last = false; /* as choose_reserve() has it */
        open_hand(w, &hands[w->n_crew], pool_rest(&h->pool, is_used, h->copy));
    }
    for (unsigned i = 0; i < w->n_crew; i++) {
        engine_destroy(hands[i].engine);
        copy_free(hands[i].copy);
        pool_close(&hands[i].pool);
    }
}

/* Runs and checks; the job is freed. */
static void run(struct world *w)
{
    run_to_end(w);
    memcpy(w->fates, w->job.states, w->setup.n_dests * sizeof w->fates[0]);
    check_law(w);
    extents_free(w->job.extents);
    ranges_free(&w->job.head_kept);
    job_free(&w->job);
}

/* ---- the law ---- */

/* Whether the event is one after which its file is given up, and with which errno. An
 * operation that could have been tried again is fatal in runs with sticky faults only. */
static int fatal_errno(const struct world *w, const struct fake_event *ev)
{
    const struct fake_file *file = &w->fake.files[ev->file];
    bool sticky = false, need;

    for (unsigned i = 0; i < w->fake.n_faults; i++)
        sticky |= w->fake.faults[i].sticky && w->fake.faults[i].effect == FAKE_RESULT;
    if (ev->hang)
        return ETIMEDOUT;
    if (ev->result > 0 || ev->result == -ECANCELED || ev->kind == ENGINE_NOP)
        return 0;
    if (ev->kind == ENGINE_FSYNC)
        return -ev->result;
    if (ev->result == -EINTR || ev->result == -EAGAIN)
        return sticky ? -ev->result : 0;
    if (ev->result == 0 && ev->kind == ENGINE_READ) /* a plain read has said that it is wrong */
        return 0;
    if (ev->result == 0)
        return sticky ? EIO : 0;
    /* The place is looked for by smaller reads. */
    if (ev->kind == ENGINE_READ && file->align > 1 && ev->len > file->align)
        return 0;
    need = file->kind == FAKE_DEST && (w->setup.need_direct >> file->dest & 1);
    if (ev->result == -EINVAL && file->align > 1 && !need)
        return 0;
    return -ev->result;
}

/* Where in its file the operation of the event was, as failures tell it. */
static uint64_t event_offset(const struct world *w, const struct fake_event *ev)
{
    const struct fake_file *file = &w->fake.files[ev->file];

    if (ev->kind == ENGINE_FSYNC || ev->hang)
        return FAILURE_NO_OFFSET;
    if (file->kind == FAKE_DEST && w->fake.dests[file->dest].sequential)
        return w->setup.dest_base + ev->offset;
    return ev->offset;
}

static bool explains(const struct world *w, const struct fake_event *ev,
                     const struct failure *f)
{
    static const char *const names[] = {"nop", "read", "write", "fsync"};
    const struct fake_file *file = &w->fake.files[ev->file];
    bool unanswered = strcmp(f->message, "it does not answer") == 0;
    bool wipe = strcmp(f->op, "wipe") == 0 && file->kind == FAKE_DEST &&
                (w->setup.wiped >> file->dest & 1) &&
                (ev->kind == ENGINE_WRITE || (ev->kind == ENGINE_FSYNC && ev->hang));

    if (ev->hang && !unanswered)
        return false;
    /* As if it had been interrupted by the request to cancel it. */
    if (ev->result == -EINTR && unanswered && w->fake.n_cancels > 0)
        return true;
    return fatal_errno(w, ev) == f->err && (wipe || strcmp(names[ev->kind], f->op) == 0) &&
           event_offset(w, ev) == f->offset;
}

/* Whether what hung need not have been noticed: other operations on the file were answered
 * until it came to its end; or a successor has tried it again, and succeeded, where the first
 * engine could not tell who hangs, or what it had read ahead or could not take back was left
 * behind. */
static bool may_be_fine(const struct world *w, const struct fake_event *ev)
{
    if (!ev->hang || !ev->for_ever)
        return ev->hang;
    return w->n_crew > 1 &&
           (w->setup.leader_last || (w->setup.in_order && ev->kind == ENGINE_READ) ||
            ((w->fake.kept | w->fake.hidden) >> ev->file & 1));
}

/* Whether a fatal event of the file's kind and destination is on record; with f, one that
 * explains it. */
static bool fatal_event(const struct world *w, enum fake_kind kind, unsigned dest,
                        const struct failure *f)
{
    for (unsigned i = 0; i < w->fake.n_log; i++) {
        const struct fake_event *ev = &w->fake.log[i];
        const struct fake_file *file = &w->fake.files[ev->file];

        if (ev->kind == ENGINE_NOP || file->kind != kind ||
            (kind == FAKE_DEST && file->dest != dest))
            continue;
        if (f ? explains(w, ev, f) : fatal_errno(w, ev) != 0 && !may_be_fine(w, ev))
            return true;
    }
    return false;
}

static uint64_t count(const bool *v, uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += v[i];
    return sum;
}

/* What is written or need not be. */
static uint64_t count_held(const struct fake_dest *fd, uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += fd->written[i] || (fd->passed && fd->passed[i]);
    return sum;
}

/* The engine broke: by script, or because a NOP failed. */
static void check_broken(const struct world *w)
{
    bool why = w->result == w->fake.wait_fault || w->result == w->fake.submit_fault;

    for (unsigned i = 0; i < w->fake.n_log; i++)
        why |= w->fake.log[i].kind == ENGINE_NOP && w->fake.log[i].result == w->result;
    if (!why || w->job.alive > 0)
        fake_die(&w->fake, "the engine broke for no reason: %d", w->result);
}

static bool anything_hangs(const struct world *w)
{
    for (unsigned i = 0; i < w->fake.n_log; i++)
        if (w->fake.log[i].hang)
            return true;
    return false;
}

/* A stream, if it may have got bytes that wait behind an operation that hangs; or anybody, if these
 * bytes cannot be read again. And who was being wiped. */
static bool held_up(const struct world *w, unsigned d, const struct failure *f)
{
    return (w->endpoints[d].sequential || w->setup.stream || strcmp(f->op, "wipe") == 0) &&
           anything_hangs(w) && f->err == ETIMEDOUT &&
           strcmp(f->message, "held up by a destination that does not answer") == 0;
}

/* A destination that has been dropped. */
static void check_dropped(const struct world *w, unsigned d, const struct job_view *v)
{
    const struct failure *f = &v->state.failure;

    if (w->result < 0) {
        if (v->state.failure.err != -w->result && !fatal_event(w, FAKE_DEST, d, f) &&
            !held_up(w, d, f))
            fake_die(&w->fake, "destination %u failed with %d, not %d", d, f->err, -w->result);
        return;
    }
    if (!fatal_event(w, FAKE_DEST, d, f) && !held_up(w, d, f))
        fake_die(&w->fake, "destination %u was dropped for no reason: %s, %d, at %llu", d,
                 f->op, f->err, (unsigned long long)f->offset);
}

/* One that has not. `stopped`: the copy did not come to its end. */
static void check_kept(const struct world *w, unsigned d, const struct job_view *v,
                       bool stopped)
{
    const struct fake_dest *fd = &w->fake.dests[d];
    uint64_t kept = fd->head < w->job.end ? fd->head : w->job.end;

    if (v->missing > 0 && !stopped)
        fake_die(&w->fake, "destination %u lacks %llu bytes", d,
                 (unsigned long long)v->missing);
    if (fatal_event(w, FAKE_DEST, d, NULL) && !stopped)
        fake_die(&w->fake, "destination %u failed and was kept", d);
    if (v->missing > 0)
        return;
    if (fd->head > 0 && !fd->wiped)
        fake_die(&w->fake, "destination %u was not wiped", d);
    if (memcmp(w->head, w->source, kept) != 0 ||
        memcmp(fd->bytes + kept, w->source + kept, w->job.end - kept) != 0 ||
        count_held(fd, w->job.end) != w->job.end)
        fake_die(&w->fake, "destination %u passes for complete and is not", d);
    if ((w->setup.flush >> d & 1) && !stopped && !fd->synced)
        fake_die(&w->fake, "destination %u was not flushed", d);
    if (v->state.stage != STAGE_COMPLETE && !stopped)
        fake_die(&w->fake, "destination %u is done, but for its stage: %d", d,
                 (int)v->state.stage);
    if ((w->setup.flush >> d & 1) && v->state.stage == STAGE_COMPLETE && !fd->synced)
        fake_die(&w->fake, "destination %u passes for flushed", d);
}

/* Whether some bytes had to be read more than once. */
static bool reads_again(const struct world *w)
{
    bool again = w->n_crew > 1;

    for (unsigned d = 0; d < w->setup.n_dests; d++)
        again |= w->fates[d].detached;
    return again;
}

static void check_source(const struct world *w, uint64_t read_bytes)
{
    const struct failure *f = &w->job.source_failure;
    bool all = w->job.alive > 0 && !w->job.stop && f->err == 0 && w->result == 0;
    uint64_t data = w->job.end - count(w->hole, w->job.end < MAX_SIZE ? w->job.end : 0) +
                    (w->setup.stream ? w->setup.source_base : 0);
    bool too_short = w->setup.stream && f->err == EINVAL && w->fake.skip > 0;

    if (all && (reads_again(w) ? read_bytes < data : read_bytes != data))
        fake_die(&w->fake, "%llu bytes of %llu were read", (unsigned long long)read_bytes,
                 (unsigned long long)data);
    if (read_bytes > w->fake.bytes_read)
        fake_die(&w->fake, "counts more bytes than were read");
    if (f->err != 0 && !too_short && !fatal_event(w, FAKE_SOURCE, 0, f))
        fake_die(&w->fake, "the source failed for no reason: %s, %d, at %llu", f->op, f->err,
                 (unsigned long long)f->offset);
    if (all && fatal_event(w, FAKE_SOURCE, 0, NULL))
        fake_die(&w->fake, "the source failed and nobody noticed");
    if (w->setup.size_unknown && all && w->fake.n_log == 0 && w->job.end != w->setup.size)
        fake_die(&w->fake, "the end was found at %llu", (unsigned long long)w->job.end);
}

static void check_law(const struct world *w)
{
    struct job_view view[FAKE_MAX_DESTS];
    uint64_t read_bytes;
    bool stopped;

    job_look((struct job *)(uintptr_t)&w->job, view, &read_bytes);
    stopped = w->job.stop || w->job.source_failure.err != 0 || w->result < 0;
    check_source(w, read_bytes);
    if (w->result < 0)
        check_broken(w);
    for (unsigned i = 0; i < w->fake.n_log && !stopped && w->job.alive > 0; i++)
        if (w->fake.log[i].kind == ENGINE_NOP && w->fake.log[i].result != -ECANCELED)
            fake_die(&w->fake, "a NOP failed and nobody noticed");
    for (unsigned d = 0; d < w->setup.n_dests; d++) {
        uint64_t holds = count_held(&w->fake.dests[d], w->setup.size);

        if (!w->setup.size_unknown && view[d].held > holds)
            fake_die(&w->fake, "destination %u passes for more than it holds", d);
        if (view[d].state.stage == STAGE_DROPPED)
            check_dropped(w, d, &view[d]);
        else
            check_kept(w, d, &view[d], stopped);
    }
}

/* ---- the cases ---- */

static const uint64_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300};
#define N_SIZES (sizeof sizes / sizeof sizes[0])

/* The results that single operations are given, each at every place. */
static const struct fake_fault effects[] = {
    {.effect = FAKE_SHORT_BY_ONE},
    {.effect = FAKE_SHORT_TO_ONE},
    {.effect = FAKE_RESULT, .result = 0},
    {.effect = FAKE_RESULT, .result = -EINTR},
    {.effect = FAKE_RESULT, .result = -EAGAIN},
    {.effect = FAKE_RESULT, .result = -EIO},
    {.effect = FAKE_RESULT, .result = -ENOSPC},
    {.effect = FAKE_RESULT, .result = -EINVAL},
    {.effect = FAKE_RESULT, .result = -ECANCELED},
};
#define N_EFFECTS (sizeof effects / sizeof effects[0])

static void without_faults(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_SIZES * FAKE_MAX_DESTS * 2 * 3 * 2; i++) {
        unsigned v = i;
        struct setup s = {.chunk = 64, .seed = i, .chain_breaks = true};

        s.size = sizes[v % N_SIZES];
        v /= N_SIZES;
        s.n_dests = 1 + v % FAKE_MAX_DESTS;
        v /= FAKE_MAX_DESTS;
        s.in_order = v % 2;
        v /= 2;
        s.depth = (const unsigned[]){1, 3, 8}[v % 3];
        v /= 3;
        s.size_unknown = v % 2;
        s.sequential = i % 5 ? 0 : 1u << (s.n_dests - 1);
        s.direct = i % 3 ? 0 : ~s.sequential;
        s.source_direct = i % 3 == 1;
        s.flush = i % 7 ? 0 : ~s.sequential;
        s.source_base = i % 4 ? 0 : 32;
        s.dest_base = i % 4 == 2 ? 5 : 0;
        run(prepare(&s));
        assert_int_equal(world.fake.n_log, 0);
    }
}

/* Runs the setup with one fault at every place and of every kind. */
static void one_fault_everywhere(const struct setup *s)
{
    unsigned n_ops;

    run(prepare(s));
    n_ops = world.fake.n_started;
    assert_int_equal(world.result, 0);
    for (unsigned at = 0; at < n_ops; at++) {
        for (unsigned i = 0; i < N_EFFECTS; i++) {
            struct fake_fault fault = effects[i];
            struct world *w = prepare(s);

            fault.at = at;
            add_fault(w, fault);
            run(w);
        }
    }
}

static void one_fault(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= FAKE_MAX_DESTS; n++) {
        for (unsigned k = 0; k < 3; k++) {
            struct setup s = {.n_dests = n,
                              .size = 150 + n,
                              .chunk = 64,
                              .depth = 2 + k,
                              .seed = 100 * n + k};

            one_fault_everywhere(&s);
        }
    }
}

static void one_fault_in_order(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= FAKE_MAX_DESTS; n++) {
        for (unsigned k = 0; k < 8; k++) {
            struct setup s = {.n_dests = n,
                              .size = 48 * 6,
                              .chunk = 48,
                              .depth = 2 + k / 2,
                              .in_order = true,
                              .chain_breaks = k % 2,
                              .seed = 200 * n + k};

            one_fault_everywhere(&s);
        }
    }
}

static void one_fault_with_streams(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 12; k++) {
        struct setup s = {.n_dests = 3,
                          .size = 150,
                          .chunk = 32,
                          .depth = 1 + k % 4,
                          .sequential = (const unsigned[]){1, 5, 7}[k % 3],
                          .dest_base = 7,
                          .in_order = k % 2,
                          .chain_breaks = k % 4 == 1,
                          .seed = 300 + k};

        one_fault_everywhere(&s);
    }
}

static void one_fault_direct(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct setup s = {.n_dests = 3,
                          .size = 150,
                          .chunk = 64,
                          .depth = 2,
                          .direct = 3,
                          .need_direct = k % 2 ? 2 : 0,
                          .source_direct = k / 2 % 2,
                          .in_order = k / 4,
                          .chain_breaks = true,
                          .dest_base = 32,
                          .seed = 400 + k};

        one_fault_everywhere(&s);
    }
}

static void one_fault_with_flush(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct setup s = {
            .n_dests = 4, .size = 70, .chunk = 64, .depth = 2, .flush = 15, .seed = 500 + k};

        s.flush = k == 3 ? 5 : 15;
        s.stop_on_error = k == 2;
        one_fault_everywhere(&s);
    }
}

/* One chunk at a time, as tuning.c has it where the end is not known: a 0 is the end, wherever
 * it comes. */
static void one_fault_size_unknown(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct setup s = {.n_dests = 1 + k % 3,
                          .size = (const uint64_t[]){150, 128, 0, 1}[k % 4],
                          .size_unknown = true,
                          .chunk = 64,
                          .depth = 1,
                          .sequential = k % 2,
                          .in_order = k / 4,
                          .chain_breaks = true,
                          .source_base = 3,
                          .seed = 600 + k};

        one_fault_everywhere(&s);
    }
}

/* A source without positions: several chunks at a time, each filled by one read after the other. A
 * destination without positions gets what is there. A 0 is the end. */
static void one_fault_of_stream(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 24; k++) {
        struct setup s = {.n_dests = 1 + k % 3,
                          .size = (const uint64_t[]){150, 128, 0, 1}[k % 4],
                          .size_unknown = true,
                          .stream = true,
                          .chunk = 64,
                          .depth = 1 + k % 4,
                          .sequential = k % 5 % 4,
                          .direct = k % 7 == 3 ? 4 : 0,
                          .zero_block = k % 6 == 5 ? ALIGN : 0,
                          .in_order = k / 4 % 2,
                          .chain_breaks = k % 2,
                          .serial = k % 3 == 2,
                          .source_base = k % 2 ? 70 : 0,
                          .seed = 650 + k};

        one_fault_everywhere(&s);
    }
}

/* A destination that has a head is wiped before it is written, and gets its head from elsewhere. */
static void one_fault_with_heads(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 24; k++) {
        struct setup s = {.n_dests = 1 + k % 3,
                          .size = (const uint64_t[]){150, 128, 70, 1}[k % 4],
                          .size_unknown = k % 5 == 4,
                          .chunk = 64,
                          .depth = k % 5 == 4 ? 1 : 1 + k % 4,
                          .wiped = (const unsigned[]){1, 7, 5}[k % 3],
                          .head = (const uint32_t[]){64, 100, 17, 1}[k % 4],
                          .direct = k % 2 ? 3 : 0,
                          .flush = k % 5 == 4 ? 0 : 7,
                          .detach = k % 3,
                          .serial = k % 7 == 3,
                          .dest_base = k % 2 ? 32 : 0,
                          .seed = 670 + k};

        one_fault_everywhere(&s);
    }
}

/* Nobody waits for a wipe that takes long. */
static void slow_wipe(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct setup s = {.n_dests = 4,
                          .size = 700,
                          .chunk = 64,
                          .depth = 3 + k % 4,
                          .wiped = k % 2 ? 15 : 9,
                          .head = 64,
                          .flush = 15,
                          .detach = k < 4,
                          .timeout_ms = k % 2 ? TIMEOUT_MS : 0,
                          .seed = 680 + k};
        struct world *w = prepare(&s);
        unsigned file = w->endpoints[3].file;

        add_fault(w, (struct fake_fault){.effect = FAKE_HANG,
                                         .ms = TIMEOUT_MS / 2,
                                         .sticky = true,
                                         .on_file = file,
                                         .on_fsync = true});
        run(w);
        for (unsigned d = 0; d < s.n_dests; d++)
            assert_int_equal(w->fates[d].stage, STAGE_COMPLETE);
        assert_int_equal(w->fates[3].detached, s.detach);
    }
}

/* Where there are not chunks enough for each wipe, nobody waits for a slow one of the same chunk. */
static void slow_wipe_in_company(void **state)
{
    struct setup s = {.n_dests = 4,
                      .size = 700,
                      .chunk = 64,
                      .depth = 3,
                      .wiped = 15,
                      .head = 64,
                      .detach = true,
                      .seed = 690};
    struct world *w = prepare(&s);

    (void)state;
    add_fault(w, (struct fake_fault){.effect = FAKE_HANG,
                                     .ms = TIMEOUT_MS,
                                     .sticky = true,
                                     .on_file = w->endpoints[1].file});
    run(w);
    for (unsigned d = 0; d < s.n_dests; d++) {
        assert_int_equal(w->fates[d].stage, STAGE_COMPLETE);
        assert_int_equal(w->fates[d].detached, d == 1);
    }
}

static void reaches(uint64_t expected, const char *message)
{
    struct setup s = {.n_dests = 2,
                      .size = 150,
                      .size_unknown = true,
                      .stream = true,
                      .chunk = 64,
                      .depth = 3,
                      .sequential = 1,
                      .seed = 690};
    struct world *w = prepare(&s);

    w->job.expected = expected;
    run_to_end(w);
    assert_int_equal(w->job.source_failure.err, message ? ESTALE : 0);
    if (message)
        assert_string_equal(w->job.source_failure.message, message);
    assert_int_equal(job_has_end(&w->job), expected == 150);
    for (unsigned d = 0; d < s.n_dests; d++)
        assert_true(count(w->written[d], MAX_SIZE) <= expected);
    job_free(&w->job);
}

static void expected_size(void **state)
{
    (void)state;
    reaches(150, NULL);
    reaches(151, "it ended after 150 bytes; 151 were expected");
    reaches(149, "it is longer than the 149 bytes that were expected");
    reaches(64, "it is longer than the 64 bytes that were expected");
}

static void one_fault_with_holes(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 24; k++) {
        struct setup s = {.n_dests = 3,
                          .size = 310 + k,
                          .chunk = 64,
                          .depth = 1 + k % 3,
                          .holes = k % 3 != 1,
                          .zero_block = k % 3 ? ALIGN : 0,
                          .blank = (const unsigned[]){7, 6, 2}[k / 2 % 3],
                          .sequential = k / 2 % 3 == 2 ? 1 : 0,
                          .flush = k % 4 == 3 ? 2 : 0,
                          .direct = k % 5 ? 0 : 2,
                          .in_order = k % 2,
                          .chain_breaks = true,
                          .seed = 700 + k};

        one_fault_everywhere(&s);
    }
}

/* Without faults exactly what is not zeros is written where that is enough, and all of it
 * elsewhere. */
static void nothing_but_data_is_written(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 200; k++) {
        struct setup s = {.n_dests = 3,
                          .size = 64 * 12,
                          .chunk = 64,
                          .depth = 4,
                          .holes = k % 2,
                          .zero_block = ALIGN,
                          .blank = 5,
                          .flush = 7,
                          .seed = 800 + k};
        uint64_t data;

        run(prepare(&s));
        data = s.size - count(world.zero, s.size);
        assert_int_equal(count(world.written[0], s.size),
                         data +
                             count(world.hole, s.size)); /* those are marked from the start */
        assert_memory_equal(world.written[0], world.written[2], s.size);
        assert_int_equal(count(world.written[1], s.size), s.size);
    }
}

static struct setup random_setup(uint64_t *seed)
{
    struct setup s = {.seed = *seed};
    uint32_t near;

    s.chunk = ALIGN * (1 + fake_random(seed, 4));
    near = s.chunk * fake_random(seed, 10);
    near += fake_random(seed, 5);
    s.size = near < 2 ? near : near - 2;
    s.n_dests = 1 + fake_random(seed, FAKE_MAX_DESTS);
    s.depth = 1 + fake_random(seed, FAKE_MAX_BATCHES);
    s.held = fake_random(seed, 2) ? 0 : 1 + fake_random(seed, s.depth);
    s.detach = fake_random(seed, 2);
    s.in_order = !s.detach && fake_random(seed, 2);
    s.chain_breaks = fake_random(seed, 4) != 0;
    s.serial = fake_random(seed, 3) == 0;
    s.leader_last = fake_random(seed, 4) == 0;
    s.sequential = fake_random(seed, 3) ? 0 : fake_random(seed, 16);
    s.direct = fake_random(seed, 2) ? 0 : fake_random(seed, 16) & ~s.sequential;
    s.need_direct = fake_random(seed, 16) & s.direct;
    s.source_direct = fake_random(seed, 2);
    s.size_unknown = fake_random(seed, 4) == 0;
    s.depth = s.size_unknown ? 1 : s.depth;
    s.held = s.held < s.depth ? s.held : s.depth;
    s.flush = s.size_unknown ? 0 : fake_random(seed, 16);
    s.stop_on_error = fake_random(seed, 8) == 0;
    s.source_base = fake_random(seed, 3) ? 0 : fake_random(seed, 100);
    s.dest_base = fake_random(seed, 3) ? 0 : fake_random(seed, 100);
    s.holes = !s.size_unknown && fake_random(seed, 2);
    s.zero_block = fake_random(seed, 2) ? 0 : ALIGN;
    s.ascending = fake_random(seed, 3) ? 0 : fake_random(seed, 16);
    s.blank = s.size_unknown ? 0 : fake_random(seed, 16) & ~s.sequential;
    s.wiped = fake_random(seed, 2) ? 0 : fake_random(seed, 16) & ~(s.sequential | s.blank);
    s.head = 1 + fake_random(seed, s.size_unknown || s.size == 0 ? 100 : (uint32_t)s.size);
    if (s.in_order || (!s.size_unknown && s.size == 0))
        s.wiped = 0;
    s.stream = s.size_unknown && fake_random(seed, 2);
    if (s.stream) {
        s.detach = s.source_direct = false;
        s.depth = 1 + fake_random(seed, FAKE_MAX_BATCHES);
        s.held = 0;
    }
    return s;
}

/* Several faults; UCOPY_SEED=N and UCOPY_RUNS=N choose others or more of them. */
static void many_faults(void **state)
{
    const char *first = getenv("UCOPY_SEED"), *runs = getenv("UCOPY_RUNS");
    uint64_t seed = first ? strtoull(first, NULL, 0) : 1;
    uint64_t end = seed + (runs ? strtoull(runs, NULL, 0) : 2000);

    (void)state;
    for (; seed < end; seed++) {
        uint64_t draw = seed;
        struct setup s = random_setup(&draw);
        struct world *w = prepare(&s);
        unsigned n = fake_random(&draw, FAKE_MAX_FAULTS);
        unsigned span = 1 + (unsigned)(s.size / s.chunk + 1) * (1 + s.n_dests);

        for (unsigned i = 0; i < n; i++) {
            struct fake_fault fault = effects[fake_random(&draw, N_EFFECTS)];

            fault.at = fake_random(&draw, span);
            add_fault(w, fault);
        }
        run(w);
    }
}

/* Beside other faults, operations that never end, that end too late, and that take long. */
static void many_faults_and_hangs(void **state)
{
    static const unsigned times[] = {0, 0, 3 * TIMEOUT_MS, TIMEOUT_MS / 2, 100};
    const char *first = getenv("UCOPY_SEED"), *runs = getenv("UCOPY_RUNS");
    uint64_t seed = first ? strtoull(first, NULL, 0) : 1;
    uint64_t end = seed + (runs ? strtoull(runs, NULL, 0) : 2000);

    (void)state;
    for (; seed < end; seed++) {
        uint64_t draw = seed + 1000000;
        struct setup s = random_setup(&draw);
        unsigned n = 1 + fake_random(&draw, FAKE_MAX_FAULTS - 1);
        unsigned span = 1 + (unsigned)(s.size / s.chunk + 1) * (1 + s.n_dests);
        struct world *w;

        s.timeout_ms = TIMEOUT_MS;
        s.seed = seed;
        w = prepare(&s);
        w->fake.interrupts = fake_random(&draw, 2);
        w->fake.behind = fake_random(&draw, 2) ? 0 : fake_random(&draw, 1u << w->job.n_fds);
        for (unsigned d = 0; d < s.n_dests; d++) /* nobody asks about a stream */
            if (s.sequential >> d & 1)
                w->fake.behind &= ~(1u << w->endpoints[d].file);
        w->fake.kept = fake_random(&draw, 2) ? 0 : fake_random(&draw, 1u << w->job.n_fds);
        w->fake.hidden = fake_random(&draw, 4) ? 0 : fake_random(&draw, 1u << w->job.n_fds);
        for (unsigned i = 0; i < n; i++) {
            struct fake_fault fault = effects[fake_random(&draw, N_EFFECTS)];

            if (fake_random(&draw, 2)) {
                fault = (struct fake_fault){.effect = FAKE_HANG};
                fault.ms = times[fake_random(&draw, 5)];
                /* What has waited behind others has little time left when it begins. */
                if (w->fake.behind && fault.ms == TIMEOUT_MS / 2)
                    fault.ms = TIMEOUT_MS / 8;
                fault.on_file = fake_random(&draw, w->job.n_fds);
                fault.sticky = fake_random(&draw, 3) == 0;
            }
            fault.at = fake_random(&draw, span);
            add_fault(w, fault);
        }
        run(w);
    }
}

static void sticky_case(const struct setup *s, unsigned file, unsigned at,
                        enum fake_effect effect, int32_t result)
{
    struct fake_fault fault = {
        .at = at, .effect = effect, .result = result, .sticky = true, .on_file = file};
    struct world *w = prepare(s);

    add_fault(w, fault);
    run(w);
}

/* What goes on moving nothing is dropped after stall_ms, and costs the others nothing. */
static void no_progress(void **state)
{
    static const int32_t results[] = {0, -EINTR, -EAGAIN};

    (void)state;
    for (unsigned k = 0; k < 12; k++) {
        struct setup s = {.n_dests = 3,
                          .size = 300,
                          .chunk = 64,
                          .depth = 3,
                          .in_order = k % 2,
                          .chain_breaks = true,
                          .sequential = k < 6 ? 0 : 2,
                          .stall_ms = 20,
                          .seed = 700 + k};

        sticky_case(&s, 2, k % 5, FAKE_RESULT, results[k % 3]);
        assert_int_equal(world.job.alive, 2);
        if (results[k % 3] == 0) /* the source just ends: no stall */
            continue;
        sticky_case(&s, 0, k % 5, FAKE_RESULT, results[k % 3]);
        assert_int_equal(world.job.source_failure.err, -results[k % 3]);
    }
}

/* Setup number i of those in which something is going to hang; 192 in all. */
static struct setup hang_setup(unsigned i)
{
    struct setup s = {.size = 300,
                      .chunk = 32,
                      .chain_breaks = true,
                      .timeout_ms = TIMEOUT_MS,
                      .seed = 1300 + i};

    s.in_order = i % 2;
    s.serial = i / 2 % 2;
    s.leader_last = i / 4 % 2;
    s.detach = !s.in_order && i / 8 % 2;
    s.n_dests = 2 + i / 16 % 3;
    s.depth = (const unsigned[]){1, 2, 3, 8}[i / 48];
    s.held = s.depth > 2 ? s.depth - 1 : s.depth;
    return s;
}

static void hang_case(const struct setup *s, unsigned file, unsigned at, unsigned ms)
{
    struct world *w = prepare(s);

    add_fault(w, (struct fake_fault){
                     .at = at, .effect = FAKE_HANG, .ms = ms, .sticky = true, .on_file = file});
    run(w);
}

/* The time passes while the engine is in a call: not long enough, then long enough. */
static void take_away(void *arg)
{
    struct world *w = arg;

    assert_int_equal(copy_absence(w->copy), COPY_HERE);
    assert_false(copy_take_away(w->copy));
    for (unsigned ms = 0; ms < TIMEOUT_MS + TIMEOUT_MS / 4; ms += 10) {
        fake_now += 10;
        (void)clock_running_ms();
    }
    assert_int_equal(copy_absence(w->copy), COPY_LATE);
    assert_true(copy_take_away(w->copy));
    assert_int_equal(copy_absence(w->copy), COPY_HERE);
    assert_false(copy_take_away(w->copy));
    w->fake.reads_again = true;
    w->fake.writes_again = true; /* the call goes on */
    w->fake.keep_prefix = false;
}

/* A call of the engine takes longer than any time-out: the copy gives up its work, and touches
 * the job no more. The successor does it, and nobody is to blame. */
static void engine_hangs_itself(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        for (unsigned at = 0; at < 20; at += 3) {
            struct setup s = hang_setup(i);
            struct world *w = prepare(&s);

            w->fake.hook = take_away;
            w->fake.hook_arg = w;
            w->fake.hook_at = at;
            run(w);
            assert_int_equal(w->n_crew, 2);
            assert_int_equal(w->job.alive, s.n_dests);
        }
    }
}

static void assert_no_answer(const struct failure *f, const char *op)
{
    assert_string_equal(f->op, op);
    assert_int_equal(f->err, ETIMEDOUT);
    assert_string_equal(f->message, "it does not answer");
    assert_true(f->offset == FAILURE_NO_OFFSET);
}

/* A destination that does not answer any more is dropped, and the others become complete. */
static void destination_hangs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        for (unsigned at = 0; at < 20; at += 3) {
            struct setup s = hang_setup(i);
            unsigned victim = i / 3 % s.n_dests;
            uint64_t began = fake_now;

            hang_case(&s, 1 + victim, at, 0);
            assert_int_equal(world.job.alive, s.n_dests - 1);
            assert_int_equal(world.job.source_failure.err, 0);
            assert_int_equal(world.result, 0);
            assert_no_answer(&world.fates[victim].failure, "write");
            assert_true(fake_now - began >= TIMEOUT_MS);
            assert_true(world.n_crew > 1);
        }
    }
}

/* Two do, at once or one after the other. */
static void two_destinations_hang(void **state)
{
    (void)state;
    for (unsigned i = 32; i < 192; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        if (s.n_dests < 3)
            continue;
        w = prepare(&s);
        for (unsigned k = 0; k < 2; k++)
            add_fault(w, (struct fake_fault){.at = 2 + k * (i % 12),
                                             .effect = FAKE_HANG,
                                             .sticky = true,
                                             .on_file = k ? 2 : s.n_dests});
        run(w);
        assert_int_equal(w->job.alive, s.n_dests - 2);
        assert_int_equal(w->result, 0);
    }
}

static void all_destinations_hang(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        struct world *w = prepare(&s);

        for (unsigned d = 0; d < s.n_dests; d++)
            add_fault(w, (struct fake_fault){
                             .at = 5, .effect = FAKE_HANG, .sticky = true, .on_file = 1 + d});
        run(w);
        assert_int_equal(w->job.alive, 0);
        assert_int_equal(w->job.source_failure.err, 0);
    }
}

static void only_destination_hangs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);

        s.n_dests = 1;
        hang_case(&s, 1, i % 10, 0);
        assert_int_equal(world.job.alive, 0);
        assert_int_equal(world.job.source_failure.err, 0);
        assert_no_answer(&world.fates[0].failure, "write");
    }
}

/* Bytes that are on their way to a stream cannot be sent again: those who wait for their turn
 * behind the one that hangs go with it, where it is one after the other. */
static void streams_behind_one_that_hangs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);

        s.sequential = i % 3 ? 2 : 3;
        hang_case(&s, 1, i % 16, 0);
        assert_int_equal(world.fates[0].stage, STAGE_DROPPED);
        if (!s.serial && !s.leader_last && !s.in_order)
            assert_int_equal(world.job.alive, s.n_dests - 1);
    }
}

/* Any one operation that never ends, with all the rest as it should be. */
static void one_hang_everywhere(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        unsigned n_ops;

        s.size = 100 + i % 3;
        s.flush = i % 5 ? 0 : 15;
        s.sequential = i % 7 ? 0 : 1;
        s.stop_on_error = i % 11 == 0;
        s.flush &= ~s.sequential;
        run(prepare(&s));
        n_ops = world.fake.n_started;
        for (unsigned at = 0; at < n_ops; at++) {
            struct world *w = prepare(&s);

            add_fault(w, (struct fake_fault){.at = at, .effect = FAKE_HANG});
            run(w);
            if (!s.leader_last)
                assert_int_equal(w->job.alive < s.n_dests || w->job.source_failure.err != 0,
                                 anything_hangs(w));
        }
    }
}

static void source_hangs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);

        hang_case(&s, 0, i % 16, 0);
        assert_no_answer(&world.job.source_failure, "read");
        assert_int_equal(world.job.alive, s.n_dests); /* for no fault of theirs */
    }
}

/* Who has operations that the engine does not start, as another one hangs, is not to blame. */
static void behind_one_that_hangs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        s.n_dests = 2 + i % 3;
        s.flush = i % 5 ? 0 : 15;
        s.sequential = 0;
        w = prepare(&s);
        w->fake.behind = ~(1u << (1 + i % s.n_dests)) & ~(i % 2);
        w->fake.kept = i / 2 % 3 ? w->fake.behind : 0;
        w->fake.interrupts = i / 3 % 2;
        add_fault(w, (struct fake_fault){.at = i % 16,
                                         .effect = FAKE_HANG,
                                         .sticky = true,
                                         .on_file = 1 + i % s.n_dests});
        run(w);
        assert_int_equal(w->result, 0);
        assert_int_equal(w->job.source_failure.err, 0);
        assert_int_equal(w->job.alive, s.n_dests - 1);
    }
}

/* Nor is anybody if the one that held them up answers at last. */
static void behind_one_that_is_slow(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        s.n_dests = 2 + i % 3;
        s.flush = i % 5 ? 0 : 15;
        w = prepare(&s);
        w->fake.behind = ~2u & ~(i % 2);
        w->fake.kept = i / 2 % 3 ? ~0u : 0;
        w->endpoints[0].timeout_ms = 0;
        add_fault(w, (struct fake_fault){.at = i % 16,
                                         .effect = FAKE_HANG,
                                         .ms = 3 * TIMEOUT_MS,
                                         .sticky = true,
                                         .on_file = 1});
        w->fake.timeout_ms = 4 * TIMEOUT_MS;
        run(w);
        assert_int_equal(w->result, 0);
        assert_int_equal(w->job.source_failure.err, 0);
        assert_int_equal(w->job.alive, s.n_dests);
        assert_int_equal(w->n_crew, 1);
    }
}

/* Who has waited behind one that is slow, and hangs when his turn has come, is to blame, and
 * not who still waits. */
static void behind_one_that_was_behind(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        s.n_dests = 3;
        s.leader_last =
            false; /* else the source has no time-out, as one destination has none */
        w = prepare(&s);
        w->fake.behind = w->fake.kept = 0xc;
        w->endpoints[0].timeout_ms = 0;
        w->fake.timeout_ms = 4 * TIMEOUT_MS;
        for (unsigned file = 1; file <= 2; file++)
            add_fault(w, (struct fake_fault){.at = i % 16,
                                             .effect = FAKE_HANG,
                                             .ms = file == 1 ? 3 * TIMEOUT_MS : 0,
                                             .sticky = true,
                                             .on_file = file});
        run(w);
        assert_int_equal(w->result, 0);
        assert_int_equal(w->job.source_failure.err, 0);
        assert_int_equal(w->job.alive, 2);
        assert_int_equal(w->fates[1].stage, STAGE_DROPPED);
    }
}

/* Whose writes hang is noticed although they pass for some that wait for others. */
static void hangs_as_if_behind(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        unsigned n_victims = 1 + i / 3 % 2;
        struct world *w = prepare(&s);

        w->fake.hidden = ~0u;
        w->fake.interrupts = i / 5 % 2;
        for (unsigned k = 0; k < n_victims; k++)
            add_fault(w,
                      (struct fake_fault){
                          .at = i % 16, .effect = FAKE_HANG, .sticky = true, .on_file = 1 + k});
        run(w);
        assert_int_equal(w->job.source_failure.err, 0);
        assert_int_equal(w->job.alive, s.n_dests - n_victims);
    }
}

/* Those who answer are durable all the same. */
static void flush_hangs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        unsigned victim = i % s.n_dests;
        struct world *w;

        s.flush = 15;
        w = prepare(&s);
        add_fault(w, (struct fake_fault){.effect = FAKE_HANG,
                                         .sticky = true,
                                         .on_file = 1 + victim,
                                         .on_fsync = true});
        run(w);
        assert_int_equal(w->job.alive, s.n_dests - 1);
        assert_int_equal(w->result, 0);
        assert_no_answer(&w->fates[victim].failure, "fsync");
        for (unsigned d = 0; d < s.n_dests; d++)
            assert_int_equal(w->fates[d].stage, d == victim ? STAGE_DROPPED : STAGE_COMPLETE);
    }
}

/* An fsync has more time than a write, for what the page cache may hold back. */
static void long_flush_is_no_hang(void **state)
{
    (void)state;
    assert_int_equal(copy_flush_allowance_ms(0), 0);
    assert_true(copy_flush_allowance_ms(INT64_MAX) > 2 * TIMEOUT_MS);
    for (unsigned i = 0; i < 48; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        s.flush = 15;
        s.size_unknown = true; /* may be any size, as far as the job knows */
        s.depth = s.held = 1;
        w = prepare(&s);
        w->fake.timeout_ms = 3 * TIMEOUT_MS;
        add_fault(w, (struct fake_fault){.effect = FAKE_HANG,
                                         .ms = 2 * TIMEOUT_MS,
                                         .sticky = true,
                                         .on_file = 1,
                                         .on_fsync = true});
        run(w);
        assert_int_equal(w->job.alive, s.n_dests);
        assert_int_equal(w->fates[0].stage, STAGE_COMPLETE);
    }
}

/* Each operation takes nearly as long as it may, and all together much longer: nobody is
 * dropped, neither the slow one nor those who wait behind it. */
static void slow_answers_are_answers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        for (unsigned file = 0; file < 2; file++) {
            struct setup s = hang_setup(i);
            uint64_t began = fake_now;

            s.flush = 15;
            hang_case(&s, file, 0, TIMEOUT_MS / 2);
            assert_int_equal(world.job.alive, s.n_dests);
            assert_int_equal(world.job.source_failure.err, 0);
            assert_true(fake_now - began > TIMEOUT_MS / 2);
            /* Where it is one after the other, those behind it are never idle. */
            if (file == 1 && s.detach && !s.serial)
                assert_true(world.fates[0].detached);
            else if (file == 0 || !s.detach)
                assert_false(reads_again(&world));
        }
    }
}

/* A stream whose reader takes its time has no time-out, and does not pass for a source that
 * hangs, either, where a leader's completion comes last. */
static void stream_without_timeout(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 192; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        s.n_dests = 1 + i % 2;
        s.sequential = 1;
        w = prepare(&s);
        w->endpoints[0].timeout_ms = 0;
        w->fake.timeout_ms = 0;
        add_fault(w, (struct fake_fault){.at = i % 7,
                                         .effect = FAKE_HANG,
                                         .ms = 3 * TIMEOUT_MS,
                                         .sticky = true,
                                         .on_file = 1});
        run(w);
        assert_int_equal(w->job.alive, s.n_dests);
        assert_int_equal(w->job.source_failure.err, 0);
        assert_int_equal(w->n_crew, 1);
    }
}

/* Source and destination each take nearly as long as they may. Where a leader's completion
 * comes last, that must not pass for a source that takes both times: a stream would be lost. */
static void slow_source_and_slow_stream(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 48; i++) {
        struct setup s = hang_setup(i);
        struct world *w;

        s.n_dests = 1;
        s.sequential = 1;
        w = prepare(&s);
        for (unsigned file = 0; file < 2; file++)
            add_fault(w, (struct fake_fault){.effect = FAKE_HANG,
                                             .ms = TIMEOUT_MS * 3 / 4,
                                             .sticky = true,
                                             .on_file = file});
        run(w);
        assert_int_equal(w->job.alive, 1);
        assert_int_equal(w->job.source_failure.err, 0);
        assert_int_equal(w->n_crew, 1);
    }
}

/* Without a time-out there is no hanging, only waiting. */
static void no_timeout(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 48; i++) {
        struct setup s = hang_setup(i);

        s.timeout_ms = 0;
        s.flush = 15;
        hang_case(&s, i % 2, 3, 20 * TIMEOUT_MS);
        assert_int_equal(world.job.alive, s.n_dests);
        assert_int_equal(world.job.source_failure.err, 0);
        assert_int_equal(world.n_crew, 1);
    }
}

/* As long as there is a byte now and then, nobody is dropped. */
static void slow_progress(void **state)
{
    (void)state;
    for (unsigned file = 0; file < 2; file++) {
        struct setup s = {
            .n_dests = 1, .size = 100, .chunk = 64, .depth = 1, .stall_ms = 20, .seed = 750};

        sticky_case(&s, file, 0, FAKE_STUTTER, 0);
        assert_true(world.fake.n_log >= 2 * 98);
        assert_int_equal(world.job.alive, 1);
        assert_int_equal(world.job.source_failure.err, 0);
    }
}

/* A file that takes no direct I/O although it was opened for it. */
static void direct_refused(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct setup s = {.n_dests = 2,
                          .size = 300,
                          .chunk = 64,
                          .depth = 1 + k / 2,
                          .direct = 1,
                          .source_direct = true,
                          .seed = 760 + k};

        sticky_case(&s, k % 2 ? 1 : 3, 0, FAKE_RESULT, -EINVAL);
        assert_int_equal(world.job.alive, 2);
        assert_int_equal(world.job.source_failure.err, 0);
        assert_true(world.fake.n_log >= 1 && world.fake.n_log <= s.depth);
    }
}

/* All destinations fail for good. */
static void all_fail(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        struct setup s = {
            .n_dests = 2, .size = 300, .chunk = 64, .depth = 1 + k % 4, .seed = 800 + k};
        struct world *w = prepare(&s);

        for (unsigned file = 1; file <= 2; file++)
            add_fault(w, (struct fake_fault){.at = k,
                                             .effect = FAKE_RESULT,
                                             .result = -ENOSPC,
                                             .sticky = true,
                                             .on_file = file});
        run(w);
    }
}

static void stop_job(void *job)
{
    job_stop(job);
}

/* A stop from outside: what is in flight stays untouched, nothing new is started, and nothing
 * passes for complete or flushed that is not. */
static void stop_in_the_middle(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        struct setup s = {.n_dests = 1 + i % 3,
                          .size = 300,
                          .chunk = 64,
                          .depth = 1 + i % 5,
                          .in_order = i % 2,
                          .chain_breaks = true,
                          .flush = i % 3 ? 0 : 15,
                          .sequential = i % 7 ? 0 : 1,
                          .seed = 900 + i};
        struct world *w = prepare(&s);

        w->fake.hook = stop_job;
        w->fake.hook_arg = &w->job;
        w->fake.hook_at = i / 16;
        run(w);
    }
}

static void stop_on_error(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct setup s = {.n_dests = 3,
                          .size = 300,
                          .chunk = 32,
                          .depth = 4,
                          .in_order = i,
                          .chain_breaks = true,
                          .stop_on_error = true,
                          .seed = 1000 + i};

        one_fault_everywhere(&s);
    }
}

static void engine_out_of_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct setup s = {.n_dests = 1 + i % 3,
                          .size = 400,
                          .chunk = 32,
                          .depth = 4,
                          .in_order = i % 2,
                          .chain_breaks = true,
                          .sequential = i % 3 ? 0 : 1,
                          .seed = 1100 + i};
        struct world *w = prepare(&s);

        w->fake.submit_fault_at = 2 + i / 8; /* the first has nothing in flight to wait for */
        w->fake.submit_fault = -EAGAIN;
        run(w);
        if (w->result == 0) /* else all had come back, and waiting would not have helped */
            assert_int_equal(w->job.alive, s.n_dests);
    }
}

/* The engine itself breaks: every destination is dropped for that, and the run ends. */
static void engine_breaks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct setup s = {.n_dests = 3,
                          .size = 300,
                          .chunk = 32,
                          .depth = 1 + i % 4,
                          .flush = i % 4 ? 0 : 7,
                          .seed = 1200 + i};
        struct world *w = prepare(&s);
        unsigned at = 1 + i / 10;

        w->fake.wait_fault_at = i % 2 ? at : 0;
        w->fake.wait_fault = -ENXIO;
        w->fake.submit_fault_at = i % 2 ? 0 : at;
        w->fake.submit_fault = -ENOMEM;
        run(w);
        if (w->fake.n_waits >= at && i % 2)
            assert_int_equal(w->result, -ENXIO);
        if (w->fake.n_submits >= at && i % 2 == 0)
            assert_int_equal(w->result, -ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults),
        cmocka_unit_test(one_fault),
        cmocka_unit_test(one_fault_in_order),
        cmocka_unit_test(one_fault_with_streams),
        cmocka_unit_test(one_fault_direct),
        cmocka_unit_test(one_fault_with_flush),
        cmocka_unit_test(one_fault_size_unknown),
        cmocka_unit_test(one_fault_of_stream),
        cmocka_unit_test(one_fault_with_heads),
        cmocka_unit_test(slow_wipe),
        cmocka_unit_test(slow_wipe_in_company),
        cmocka_unit_test(expected_size),
        cmocka_unit_test(one_fault_with_holes),
        cmocka_unit_test(nothing_but_data_is_written),
        cmocka_unit_test(many_faults),
        cmocka_unit_test(many_faults_and_hangs),
        cmocka_unit_test(destination_hangs),
        cmocka_unit_test(engine_hangs_itself),
        cmocka_unit_test(two_destinations_hang),
        cmocka_unit_test(all_destinations_hang),
        cmocka_unit_test(only_destination_hangs),
        cmocka_unit_test(streams_behind_one_that_hangs),
        cmocka_unit_test(one_hang_everywhere),
        cmocka_unit_test(source_hangs),
        cmocka_unit_test(behind_one_that_hangs),
        cmocka_unit_test(behind_one_that_is_slow),
        cmocka_unit_test(behind_one_that_was_behind),
        cmocka_unit_test(hangs_as_if_behind),
        cmocka_unit_test(flush_hangs),
        cmocka_unit_test(long_flush_is_no_hang),
        cmocka_unit_test(slow_answers_are_answers),
        cmocka_unit_test(slow_source_and_slow_stream),
        cmocka_unit_test(stream_without_timeout),
        cmocka_unit_test(no_timeout),
        cmocka_unit_test(no_progress),
        cmocka_unit_test(all_fail),
        cmocka_unit_test(slow_progress),
        cmocka_unit_test(direct_refused),
        cmocka_unit_test(stop_in_the_middle),
        cmocka_unit_test(stop_on_error),
        cmocka_unit_test(engine_out_of_room),
        cmocka_unit_test(engine_breaks),
    };

    signal(SIGABRT, tell_abort);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
