/* test_copy: the copy loop on an engine that fails by script (fake_engine.h).
 *
 * Every run is checked against the law: what is not dropped and lacks nothing is the source,
 * byte for byte; what is dropped failed by an operation of its own, which is named; what had no
 * fault is complete; every byte is read once. One fault at a time first, at every operation of
 * a run, then several at random. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "copy.h"
#include "fake_engine.h"

/* Linked in by inclusion: every test is built from its one file. */
#include "fake_engine.c"

#define MAX_SIZE 1024u
#define ALIGN    16u

/* What is copied, how. Bits of the masks are destinations. */
struct setup {
    unsigned n_dests;
    uint64_t size;
    bool size_unknown;
    uint32_t chunk; /* bytes, a multiple of ALIGN */
    unsigned depth;
    bool in_order;
    bool chain_breaks;
    unsigned sequential;
    unsigned direct;
    unsigned need_direct;
    unsigned flush;
    bool source_direct;
    uint64_t source_base;
    uint64_t dest_base;
    bool stop_on_error;
    unsigned stall_ms;
    uint64_t seed;
};

/* One run and all that belongs to it. */
struct world {
    struct setup setup;
    char label[640];
    struct fake fake;
    struct job job;
    int fds[FAKE_MAX_FILES];
    struct job_end ends[FAKE_MAX_DESTS];
    uint8_t source[MAX_SIZE];
    uint8_t bytes[FAKE_MAX_DESTS][MAX_SIZE];
    bool was_read[MAX_SIZE];
    bool written[FAKE_MAX_DESTS][MAX_SIZE];
    int result; /* of copy_run(), or of copy_flush() if that failed */
};

static struct world world;
static void *pool;

/* ---- a run ---- */

static void describe(struct world *w)
{
    const struct setup *s = &w->setup;
    int n = snprintf(w->label, sizeof w->label,
                     "seed %llu: %u dests, size %llu%s, chunk %u x %u, %s%s sequential %x "
                     "direct %x/%x flush %x source_direct %d bases %llu %llu stop %d",
                     (unsigned long long)s->seed, s->n_dests, (unsigned long long)s->size,
                     s->size_unknown ? " unknown" : "", s->chunk, s->depth,
                     s->in_order ? "in order" : "plain", s->chain_breaks ? ", breaks" : "",
                     s->sequential, s->direct, s->need_direct, s->flush, s->source_direct,
                     (unsigned long long)s->source_base, (unsigned long long)s->dest_base,
                     s->stop_on_error);

    for (unsigned i = 0; i < w->fake.n_faults && (size_t)n < sizeof w->label; i++) {
        const struct fake_fault *f = &w->fake.faults[i];

        n += snprintf(w->label + n, sizeof w->label - (size_t)n,
                      "\n    fault at %u: effect %d result %d sticky %d on file %u", f->at,
                      (int)f->effect, f->result, f->sticky, f->on_file);
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

static void set_up_ends(struct world *w)
{
    const struct setup *s = &w->setup;

    w->job.fds = w->fds;
    w->job.dests = w->ends;
    w->job.source = (struct job_end){
        .file = add_file(w, FAKE_SOURCE, 0, 1),
        .file_direct = s->source_direct ? add_file(w, FAKE_SOURCE, 0, ALIGN) : JOB_NO_FILE,
        .direct_align = ALIGN,
        .base = s->source_base,
    };
    for (unsigned d = 0; d < s->n_dests; d++) {
        bool direct = s->direct >> d & 1;

        w->ends[d] = (struct job_end){
            .file = add_file(w, FAKE_DEST, d, 1),
            .file_direct = direct ? add_file(w, FAKE_DEST, d, ALIGN) : JOB_NO_FILE,
            .direct_align = ALIGN,
            .base = s->dest_base,
            .need_direct = s->need_direct >> d & 1,
            .sequential = s->sequential >> d & 1,
            .flush = s->flush >> d & 1,
        };
        w->fake.dests[d] = (struct fake_dest){
            .base = s->dest_base,
            .bytes = w->bytes[d],
            .written = w->written[d],
            .sequential = s->sequential >> d & 1,
        };
    }
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
    for (unsigned i = 0; i < MAX_SIZE; i++)
        w->source[i] = (uint8_t)fake_random(&seed, FAKE_POISON);
    assert_int_equal(job_init(&w->job, s->n_dests, size, !s->size_unknown, s->depth), 0);
    w->job.chunk_size = s->chunk;
    w->job.queue_depth = s->depth;
    w->job.stall_ms = s->stall_ms ? s->stall_ms : 60000;
    w->job.in_order = s->in_order;
    w->job.stop_on_error = s->stop_on_error;
    w->fake.seed = seed;
    w->fake.source = w->source;
    w->fake.source_size = s->size;
    w->fake.source_base = s->source_base;
    w->fake.was_read = w->was_read;
    w->fake.chain_breaks = s->chain_breaks;
    w->fake.keep_prefix = s->in_order && s->chain_breaks;
    set_up_ends(w);
    return w;
}

static void add_fault(struct world *w, struct fake_fault f)
{
    assert_true(w->fake.n_faults < FAKE_MAX_FAULTS);
    w->fake.faults[w->fake.n_faults++] = f;
}

static void check_law(const struct world *w);

static void run_to_end(struct world *w)
{
    struct engine_config config = {
        .fds = w->fds,
        .n_fds = w->job.n_fds,
        .pool = pool,
        .pool_len = (size_t)w->setup.depth * w->setup.chunk,
        .max_batches = w->setup.depth,
        .max_ops = 1 + w->setup.n_dests,
    };
    struct engine_reason why;
    struct engine *e;
    struct copy *c;
    unsigned submits;
    bool stopping;

    describe(w);
    memset(pool, FAKE_POISON, config.pool_len);
    assert_int_equal(copy_create(&w->job, pool, &c), 0);
    fake_next = &w->fake;
    assert_int_equal(engine_create(&fake_engine_ops, &config, &e, &why), 0);
    w->result = copy_run(c, e);
    submits = w->fake.n_submits;
    stopping = job_stopping(&w->job);
    if (w->result == 0)
        w->result = copy_flush(c, e);
    else
        assert_int_equal(copy_flush(c, e), 0);
    if (stopping && w->fake.n_submits != submits)
        fake_die(&w->fake, "something was started after the stop");
    engine_destroy(e);
    copy_free(c);
}

/* Runs and checks; the job is freed. */
static void run(struct world *w)
{
    run_to_end(w);
    check_law(w);
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
    if (ev->result > 0 || ev->result == -ECANCELED || ev->kind == ENGINE_NOP)
        return 0;
    if (ev->kind == ENGINE_FSYNC)
        return -ev->result;
    if (ev->result == -EINTR || ev->result == -EAGAIN)
        return sticky ? -ev->result : 0;
    if (ev->result == 0 && ev->kind == ENGINE_READ)
        return w->setup.size_unknown ? 0 : ENODATA;
    if (ev->result == 0)
        return sticky ? EIO : 0;
    need = file->kind == FAKE_DEST && (w->setup.need_direct >> file->dest & 1);
    if (ev->result == -EINVAL && file->align > 1 && !need)
        return 0;
    return -ev->result;
}

/* Where in its file the operation of the event was, as failures tell it. */
static uint64_t event_offset(const struct world *w, const struct fake_event *ev)
{
    const struct fake_file *file = &w->fake.files[ev->file];

    if (ev->kind == ENGINE_FSYNC)
        return FAILURE_NO_OFFSET;
    if (file->kind == FAKE_DEST && w->fake.dests[file->dest].sequential)
        return w->setup.dest_base + ev->offset;
    return ev->offset;
}

static bool explains(const struct world *w, const struct fake_event *ev,
                     const struct failure *f)
{
    static const char *const names[] = {"nop", "read", "write", "fsync"};

    return fatal_errno(w, ev) == f->err && strcmp(names[ev->kind], f->op) == 0 &&
           event_offset(w, ev) == f->offset;
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
        if (f ? explains(w, ev, f) : fatal_errno(w, ev) != 0)
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

/* The engine broke: by script, or because a NOP failed. */
static void check_broken(const struct world *w)
{
    bool why = w->result == w->fake.wait_fault || w->result == w->fake.submit_fault;

    for (unsigned i = 0; i < w->fake.n_log; i++)
        why |= w->fake.log[i].kind == ENGINE_NOP && w->fake.log[i].result == w->result;
    if (!why || w->job.alive > 0)
        fake_die(&w->fake, "the engine broke for no reason: %d", w->result);
}

/* A destination that has been dropped. */
static void check_dropped(const struct world *w, unsigned d, const struct job_view *v)
{
    const struct failure *f = &v->state.failure;

    if (w->result < 0) {
        if (v->state.failure.err != -w->result && !fatal_event(w, FAKE_DEST, d, f))
            fake_die(&w->fake, "destination %u failed with %d, not %d", d, f->err, -w->result);
        return;
    }
    if (!fatal_event(w, FAKE_DEST, d, f))
        fake_die(&w->fake, "destination %u was dropped for no reason: %s, %d, at %llu", d,
                 f->op, f->err, (unsigned long long)f->offset);
}

/* One that has not. `stopped`: the copy did not come to its end. */
static void check_kept(const struct world *w, unsigned d, const struct job_view *v,
                       bool stopped)
{
    const struct fake_dest *fd = &w->fake.dests[d];

    if (v->missing > 0 && !stopped)
        fake_die(&w->fake, "destination %u lacks %llu bytes", d,
                 (unsigned long long)v->missing);
    if (fatal_event(w, FAKE_DEST, d, NULL) && !stopped)
        fake_die(&w->fake, "destination %u failed and was kept", d);
    if (v->missing > 0)
        return;
    if (memcmp(fd->bytes, w->source, w->job.end) != 0 ||
        count(fd->written, w->job.end) != w->job.end)
        fake_die(&w->fake, "destination %u passes for complete and is not", d);
    if (v->state.flushed != fd->synced && (w->setup.flush >> d & 1) && !stopped)
        fake_die(&w->fake, "destination %u: flushed %d, in truth %d", d, v->state.flushed,
                 fd->synced);
    if ((w->setup.flush >> d & 1) && !stopped && !v->state.flushed)
        fake_die(&w->fake, "destination %u was not flushed", d);
    if (v->state.flushed && !fd->synced)
        fake_die(&w->fake, "destination %u passes for flushed", d);
}

static void check_source(const struct world *w, uint64_t read_bytes)
{
    const struct failure *f = &w->job.source_failure;
    bool all = w->job.alive > 0 && !w->job.stop && f->err == 0 && w->result == 0;

    if (all && read_bytes != w->job.end)
        fake_die(&w->fake, "%llu bytes of %llu were read", (unsigned long long)read_bytes,
                 (unsigned long long)w->job.end);
    if (read_bytes > count(w->was_read, w->setup.size))
        fake_die(&w->fake, "counts more bytes than were read");
    if (f->err != 0 && !fatal_event(w, FAKE_SOURCE, 0, f))
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
        uint64_t holds = count(w->written[d], w->setup.size);

        if (!w->setup.size_unknown && view[d].held > holds)
            fake_die(&w->fake, "destination %u passes for more than it holds", d);
        if (view[d].state.dropped)
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
    s.in_order = fake_random(seed, 2);
    s.chain_breaks = fake_random(seed, 4) != 0;
    s.sequential = fake_random(seed, 3) ? 0 : fake_random(seed, 16);
    s.direct = fake_random(seed, 2) ? 0 : fake_random(seed, 16) & ~s.sequential;
    s.need_direct = fake_random(seed, 16) & s.direct;
    s.source_direct = fake_random(seed, 2);
    s.size_unknown = fake_random(seed, 4) == 0;
    s.depth = s.size_unknown ? 1 : s.depth;
    s.flush = s.size_unknown ? 0 : fake_random(seed, 16);
    s.stop_on_error = fake_random(seed, 8) == 0;
    s.source_base = fake_random(seed, 3) ? 0 : fake_random(seed, 100);
    s.dest_base = fake_random(seed, 3) ? 0 : fake_random(seed, 100);
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
        cmocka_unit_test(many_faults),
        cmocka_unit_test(no_progress),
        cmocka_unit_test(all_fail),
        cmocka_unit_test(slow_progress),
        cmocka_unit_test(direct_refused),
        cmocka_unit_test(stop_in_the_middle),
        cmocka_unit_test(stop_on_error),
        cmocka_unit_test(engine_out_of_room),
        cmocka_unit_test(engine_breaks),
    };

    pool = aligned_alloc(4096, 4096);
    if (!pool)
        return 1;
    signal(SIGABRT, tell_abort);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(pool);
    return failed;
}
