/* test_tuning: what tuning_choose() promises, over a grid of files and wishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "plan/tuning.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define N(array) (sizeof(array) / sizeof(array)[0])

static const uint64_t sizes[] = {0,       1,           4095,       4096,          4097,
                                 MIB - 1, MIB,         MIB + 1,    64 * MIB,      GIB + 1,
                                 4 * GIB, 4 * GIB + 1, 1ull << 50, INT64_MAX - 1, INT64_MAX};
static const uint64_t memories[] = {0,       64 * KIB, 64 * KIB + 1, MIB - 1,  MIB,
                                    3 * MIB, 64 * MIB, GIB,          64 * GIB, INT64_MAX};
static const uint64_t chunks[] = {0, 4096, 8192, 12288, MIB, 256 * MIB};
static const uint64_t lags[] = {0, 4096, MIB, 5 * MIB, INT64_MAX};
static const unsigned depths[] = {0, 1, 3, 4096};
static const unsigned workers[] = {0, 1, 2, 256};
static const uint32_t aligns[] = {1, 512, 4096, 65536};

struct wish {
    struct options o;
    struct tuning_facts f;
};

static void fail_for(const struct wish *w, const struct tuning *t, const char *what)
{
    print_error(
        "%s: size %llu%s, detach %d, direct %d, sequential %d, align %u; asked: memory %llu, "
        "chunk %llu, depth %u, lag %llu, workers %u; got: chunk %u, depth %u, buffers %u, "
        "workers %u\n",
        what, (unsigned long long)w->f.size, w->f.size_known ? "" : " unknown", w->f.detach,
        w->f.direct, w->f.sequential, w->f.align, (unsigned long long)w->o.memory,
        (unsigned long long)w->o.chunk_size, w->o.queue_depth, (unsigned long long)w->o.max_lag,
        w->o.workers, t->chunk_size, t->queue_depth, t->buffers, t->workers);
    fail();
}

#define HOLDS(cond)                                                                            \
    do {                                                                                       \
        if (!(cond))                                                                           \
            fail_for(w, &t, #cond);                                                            \
    } while (0)

static uint64_t round_up(uint64_t n, uint64_t step)
{
    return (n + step - 1) / step * step;
}

/* The smallest chunk that there is; more memory than that is always enough. */
static uint64_t smallest_chunk(const struct wish *w)
{
    return w->f.align > 4096 ? w->f.align : 4096;
}

/* How many buffers there are, and how many of them may wait for one destination. */
static void check_buffers(const struct wish *w, struct tuning t)
{
    uint64_t memory = w->o.memory ? w->o.memory : OPTIONS_DEFAULT_MEMORY;
    uint64_t all = (uint64_t)t.workers * t.buffers;
    uint64_t lag = (uint64_t)t.workers * t.queue_depth * t.chunk_size;

    if (memory >= smallest_chunk(w))
        HOLDS(all <= memory / t.chunk_size);
    else
        HOLDS(all == 1 && t.chunk_size == smallest_chunk(w));
    HOLDS(t.queue_depth <= t.buffers);
    if (!w->f.detach) /* all wait for the slowest, and it may have all there is */
        HOLDS(t.buffers == t.queue_depth);
    else if ((all + t.workers) * t.chunk_size <= memory) /* there would be room for more */
        HOLDS(t.buffers > t.queue_depth);
    HOLDS(t.buffers <= t.queue_depth + (t.queue_depth + 1) / 2);
    if (w->o.queue_depth)
        HOLDS(t.queue_depth <= w->o.queue_depth);
    if (w->o.max_lag)
        HOLDS(lag <= w->o.max_lag || t.queue_depth == 1);
}

static void check(const struct wish *w)
{
    uint64_t n_chunks;
    struct tuning t = {0};

    tuning_choose(&t, &w->o, &w->f);
    HOLDS(t.chunk_size >= 4096 && t.queue_depth >= 1 && t.workers >= 1);
    HOLDS(t.chunk_size % 4096 == 0 && t.chunk_size % w->f.align == 0);
    HOLDS(t.chunk_size <= INT32_MAX); /* of one operation */
    check_buffers(w, t);
    if (w->o.chunk_size) /* rounded up to the alignment at most */
        HOLDS(t.chunk_size <= round_up(w->o.chunk_size, smallest_chunk(w)));
    if (w->o.workers)
        HOLDS(t.workers <= w->o.workers);
    if (w->f.sequential || !w->f.size_known)
        HOLDS(t.workers == 1);
    if (!w->f.size_known) { /* what is read ahead of the end may be read for nothing */
        HOLDS(t.queue_depth == 1);
        return;
    }
    n_chunks = w->f.size / t.chunk_size + (w->f.size % t.chunk_size != 0);
    HOLDS(t.workers <= (n_chunks ? n_chunks : 1));
    HOLDS(t.queue_depth <= n_chunks / t.workers + 1);
}

static void grid(void **state)
{
    unsigned n =
        N(sizes) * N(memories) * N(chunks) * N(depths) * N(workers) * N(aligns) * N(lags) * 16;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        unsigned v = i;
        struct wish w = {.f.cpus = 2, .f.size_known = v & 1};

        w.f.direct = v & 2;
        w.f.sequential = v & 4;
        w.f.detach = v & 8;
        v /= 16;
        w.f.size = sizes[v % N(sizes)];
        v /= N(sizes);
        w.o.memory = memories[v % N(memories)];
        v /= N(memories);
        w.o.chunk_size = chunks[v % N(chunks)];
        v /= N(chunks);
        w.o.queue_depth = depths[v % N(depths)];
        v /= N(depths);
        w.o.workers = workers[v % N(workers)];
        v /= N(workers);
        w.f.align = aligns[v % N(aligns)];
        v /= N(aligns);
        w.o.max_lag = lags[v % N(lags)];
        check(&w);
    }
}

/* With room for it, the user gets what the user asked for. */
static void wishes_are_met(void **state)
{
    struct options o = {.chunk_size = 128 * KIB, .queue_depth = 7, .workers = 3, .memory = GIB};
    struct tuning_facts f = {.size = GIB, .size_known = true, .cpus = 2, .align = 512};
    struct tuning t;

    (void)state;
    tuning_choose(&t, &o, &f);
    assert_int_equal(t.chunk_size, 128 * KIB);
    assert_int_equal(t.queue_depth, 7);
    assert_int_equal(t.workers, 3);
}

/* Two workers, where there are CPUs for them and for a thread that hashes. */
static void default_workers(void **state)
{
    static const struct {
        unsigned n_dests, cpus;
        bool prompt, hashes, direct;
        uint64_t size;
        unsigned workers;
    } cases[] = {
        {1, 2, false, false, false, GIB, 1}, {1, 2, true, false, false, GIB, 2},
        {1, 2, true, true, false, GIB, 1},   {1, 3, true, true, false, GIB, 2},
        {1, 3, false, true, false, GIB, 1},  {2, 2, false, false, false, GIB, 2},
        {2, 2, true, true, false, GIB, 2},   {2, 1, true, false, false, GIB, 1},
        {1, 1, true, false, false, GIB, 1},  {2, 2, false, false, true, GIB, 1},
        {2, 2, true, false, false, MIB, 1},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct options o = {0};
        struct tuning_facts f = {.size = cases[i].size,
                                 .size_known = true,
                                 .n_dests = cases[i].n_dests,
                                 .cpus = cases[i].cpus,
                                 .prompt = cases[i].prompt,
                                 .hashes = cases[i].hashes,
                                 .direct = cases[i].direct,
                                 .align = 1};
        struct tuning t;

        tuning_choose(&t, &o, &f);
        assert_int_equal(t.workers, cases[i].workers);
    }
}

/* A destination that hangs must not have all buffers: there are half as many again as may wait
 * for one, if there is the memory. */
static void spare_buffers(void **state)
{
    struct options o = {.chunk_size = MIB, .queue_depth = 8, .workers = 2, .memory = 24 * MIB};
    struct tuning_facts f = {
        .size = GIB, .size_known = true, .cpus = 2, .detach = true, .align = 1};
    struct tuning t;

    (void)state;
    tuning_choose(&t, &o, &f);
    assert_int_equal(t.queue_depth, 8);
    assert_int_equal(t.buffers, 12);

    o.memory = 20 * MIB;
    tuning_choose(&t, &o, &f);
    assert_int_equal(t.queue_depth, 8);
    assert_int_equal(t.buffers, 10);

    o.memory = 24 * MIB;
    f.detach = false;
    tuning_choose(&t, &o, &f);
    assert_int_equal(t.queue_depth, 8);
    assert_int_equal(t.buffers, 8);
}

/* How far the fastest may run ahead is counted over all workers. */
static void max_lag(void **state)
{
    static const struct {
        uint64_t lag;
        unsigned depth, buffers;
    } cases[] = {
        {0, 8, 12}, {100 * MIB, 8, 12}, {9 * MIB, 4, 6}, {3 * MIB, 1, 2}, {4096, 1, 2}};

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct options o = {.chunk_size = MIB,
                            .queue_depth = 8,
                            .workers = 2,
                            .memory = GIB,
                            .max_lag = cases[i].lag};
        struct tuning_facts f = {
            .size = GIB, .size_known = true, .cpus = 2, .detach = true, .align = 1};
        struct tuning t;

        tuning_choose(&t, &o, &f);
        assert_int_equal(t.workers, 2);
        assert_int_equal(t.queue_depth, cases[i].depth);
        assert_int_equal(t.buffers, cases[i].buffers);
    }
}

static void little_memory(void **state)
{
    struct options o = {.chunk_size = 128 * KIB, .memory = 128 * KIB + 1, .queue_depth = 4};
    struct tuning_facts f = {.size = GIB, .size_known = true, .cpus = 2, .align = 1};
    struct tuning t;

    (void)state;
    tuning_choose(&t, &o, &f);
    assert_int_equal(t.chunk_size, 128 * KIB);
    assert_int_equal(t.queue_depth, 1);
    assert_int_equal(t.workers, 1);

    /* An alignment that is more than the memory allowed: one such chunk. */
    o = (struct options){.memory = 64 * KIB};
    f.align = 128 * KIB;
    tuning_choose(&t, &o, &f);
    assert_int_equal(t.chunk_size, 128 * KIB);
    assert_int_equal(t.queue_depth, 1);
    assert_int_equal(t.workers, 1);
}

static uint64_t ample(void)
{
    return 64 * GIB;
}

static uint64_t scarce(void)
{
    return GIB;
}

static uint64_t unknown(void)
{
    return UINT64_MAX;
}

static uint64_t nobody_asks(void)
{
    fail_msg("the room does not matter here");
    return 0;
}

static void direct(void **state)
{
    const struct {
        enum when direct;
        bool fsync;
        uint64_t size;
        bool size_known;
        unsigned n;
        uint64_t (*room)(void);
        bool wanted;
    } cases[] = {
        {WHEN_ALWAYS, false, 1, true, 1, nobody_asks, true},
        {WHEN_NEVER, true, GIB, true, 1, nobody_asks, false},
        {WHEN_AUTO, true, 16 * MIB, true, 1, nobody_asks, true},
        {WHEN_AUTO, true, 16 * MIB - 1, true, 1, nobody_asks, false},
        {WHEN_AUTO, true, INT64_MAX, false, 1, nobody_asks, false},
        {WHEN_AUTO, false, 16 * MIB - 1, true, 1000, nobody_asks, false},
        {WHEN_AUTO, false, 128 * MIB, true, 1, ample, false},
        {WHEN_AUTO, false, 128 * MIB - 1, true, 1, scarce, false},
        {WHEN_AUTO, false, 128 * MIB, true, 1, scarce, true},
        {WHEN_AUTO, false, 64 * MIB, true, 2, scarce, true},
        {WHEN_AUTO, false, INT64_MAX, true, UINT32_MAX, ample, true},
        {WHEN_AUTO, false, 1024 * GIB, true, 3, unknown, false},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct options o = {.direct = cases[i].direct, .fsync = cases[i].fsync};

        if (tuning_wants_direct(&o, cases[i].size, cases[i].size_known, cases[i].n,
                                cases[i].room) != cases[i].wanted)
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid),
        cmocka_unit_test(wishes_are_met),
        cmocka_unit_test(default_workers),
        cmocka_unit_test(spare_buffers),
        cmocka_unit_test(max_lag),
        cmocka_unit_test(little_memory),
        cmocka_unit_test(direct),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
