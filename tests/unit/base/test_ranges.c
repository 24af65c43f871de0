/* Tests of ranges.c: exact cases, and random operations against a bitmap. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ranges.h"

/* ranges.c allocates through reallocarray(3) alone; this one counts and fails on demand. */
static unsigned allocations;
static bool out_of_memory;

void *reallocarray(void *p, size_t n, size_t size)
{
    allocations++;
    if (out_of_memory) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, n * size);
}

static int reset_allocator(void **state)
{
    (void)state;
    allocations = 0;
    out_of_memory = false;
    return 0;
}

/* Fails unless r holds exactly the intervals v[0..n). */
static void assert_intervals(const struct ranges *r, const struct range *v, size_t n)
{
    uint64_t total = 0;

    assert_int_equal(r->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(r->v[i].start, v[i].start);
        assert_int_equal(r->v[i].end, v[i].end);
        total += v[i].end - v[i].start;
    }
    assert_int_equal(ranges_total(r), total);
}

#define ASSERT_RANGES(r, ...)                                                                  \
    do {                                                                                       \
        const struct range expected[] = {__VA_ARGS__};                                         \
        assert_intervals(r, expected, sizeof(expected) / sizeof(expected[0]));                 \
    } while (0)

static void test_empty(void **state)
{
    struct ranges r;
    struct range found = {7, 9};

    (void)state;
    ranges_init(&r);
    assert_intervals(&r, NULL, 0);
    assert_false(ranges_first(&r, 0, &found));
    assert_int_equal(found.start, 7);
    assert_int_equal(found.end, 9);
    assert_true(ranges_contain(&r, 5, 5));
    assert_false(ranges_contain(&r, 5, 6));
    assert_false(ranges_overlap(&r, 5, 5));
    assert_false(ranges_overlap(&r, 0, UINT64_MAX));
    assert_int_equal(ranges_remove(&r, 0, UINT64_MAX), 0);
    assert_int_equal(allocations, 0);
    ranges_free(&r);
    ranges_free(&r);
}

static void test_empty_interval_is_no_op(void **state)
{
    struct ranges r;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_add(&r, 5, 5), 0);
    assert_int_equal(ranges_add(&r, 6, 5), 0);
    assert_int_equal(allocations, 0);
    assert_int_equal(ranges_add(&r, 0, 10), 0);
    assert_int_equal(ranges_remove(&r, 5, 5), 0);
    assert_int_equal(ranges_remove(&r, 6, 5), 0);
    ASSERT_RANGES(&r, {0, 10});
    assert_true(ranges_contain(&r, 20, 20));
    assert_true(ranges_contain(&r, 20, 19));
    assert_false(ranges_overlap(&r, 5, 5));
    assert_false(ranges_overlap(&r, 6, 5));
    ranges_free(&r);
}

static void test_add_merges(void **state)
{
    struct ranges r;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_add(&r, 20, 30), 0);
    assert_int_equal(ranges_add(&r, 0, 10), 0);
    ASSERT_RANGES(&r, {0, 10}, {20, 30});
    assert_int_equal(ranges_add(&r, 40, 50), 0);
    ASSERT_RANGES(&r, {0, 10}, {20, 30}, {40, 50});
    assert_int_equal(ranges_add(&r, 22, 28), 0); /* inside */
    ASSERT_RANGES(&r, {0, 10}, {20, 30}, {40, 50});
    assert_int_equal(ranges_add(&r, 10, 12), 0); /* touches on the left */
    ASSERT_RANGES(&r, {0, 12}, {20, 30}, {40, 50});
    assert_int_equal(ranges_add(&r, 18, 20), 0); /* touches on the right */
    ASSERT_RANGES(&r, {0, 12}, {18, 30}, {40, 50});
    assert_int_equal(ranges_add(&r, 13, 17), 0); /* one byte away from both */
    ASSERT_RANGES(&r, {0, 12}, {13, 17}, {18, 30}, {40, 50});
    assert_int_equal(ranges_add(&r, 12, 13), 0); /* closes the gap exactly */
    ASSERT_RANGES(&r, {0, 17}, {18, 30}, {40, 50});
    assert_int_equal(ranges_add(&r, 5, 45), 0); /* swallows one, joins two */
    ASSERT_RANGES(&r, {0, 50});
    assert_int_equal(ranges_add(&r, 0, 60), 0);
    ASSERT_RANGES(&r, {0, 60});
    ranges_free(&r);
}

static void test_remove(void **state)
{
    struct ranges r;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_add(&r, 0, 100), 0);
    assert_int_equal(ranges_remove(&r, 40, 60), 0); /* from the middle */
    ASSERT_RANGES(&r, {0, 40}, {60, 100});
    assert_int_equal(ranges_remove(&r, 40, 60), 0); /* is not there */
    ASSERT_RANGES(&r, {0, 40}, {60, 100});
    assert_int_equal(ranges_remove(&r, 0, 10), 0);
    assert_int_equal(ranges_remove(&r, 90, 200), 0);
    ASSERT_RANGES(&r, {10, 40}, {60, 90});
    assert_int_equal(ranges_remove(&r, 30, 70), 0); /* ends of two */
    ASSERT_RANGES(&r, {10, 30}, {70, 90});
    assert_int_equal(ranges_add(&r, 45, 46), 0);
    assert_int_equal(ranges_remove(&r, 20, 80), 0); /* ends of two and all of one */
    ASSERT_RANGES(&r, {10, 20}, {80, 90});
    assert_int_equal(ranges_remove(&r, 10, 20), 0); /* exactly one */
    ASSERT_RANGES(&r, {80, 90});
    assert_int_equal(ranges_remove(&r, 0, UINT64_MAX), 0);
    assert_intervals(&r, NULL, 0);
    ranges_free(&r);
}

static void test_ends_of_the_number_line(void **state)
{
    struct ranges r;
    struct range found;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_add(&r, 0, UINT64_MAX), 0);
    ASSERT_RANGES(&r, {0, UINT64_MAX});
    assert_int_equal(ranges_add(&r, 0, UINT64_MAX), 0);
    ASSERT_RANGES(&r, {0, UINT64_MAX});
    assert_int_equal(ranges_remove(&r, 1, UINT64_MAX - 1), 0);
    ASSERT_RANGES(&r, {0, 1}, {UINT64_MAX - 1, UINT64_MAX});
    assert_true(ranges_first(&r, 1, &found));
    assert_int_equal(found.start, UINT64_MAX - 1);
    assert_true(ranges_contain(&r, UINT64_MAX - 1, UINT64_MAX));
    assert_false(ranges_first(&r, UINT64_MAX, &found));
    assert_int_equal(ranges_add(&r, 1, UINT64_MAX - 1), 0);
    ASSERT_RANGES(&r, {0, UINT64_MAX});
    ranges_free(&r);
}

static void test_questions(void **state)
{
    struct ranges r;
    struct range found;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_add(&r, 10, 20), 0);
    assert_int_equal(ranges_add(&r, 30, 40), 0);

    assert_true(ranges_first(&r, 0, &found));
    assert_true(found.start == 10 && found.end == 20);
    assert_true(ranges_first(&r, 15, &found));
    assert_true(found.start == 15 && found.end == 20);
    assert_true(ranges_first(&r, 20, &found));
    assert_true(found.start == 30 && found.end == 40);
    assert_true(ranges_first(&r, 39, &found));
    assert_true(found.start == 39 && found.end == 40);
    assert_false(ranges_first(&r, 40, &found));

    assert_true(ranges_contain(&r, 10, 20));
    assert_false(ranges_contain(&r, 9, 20));
    assert_false(ranges_contain(&r, 10, 21));
    assert_false(ranges_contain(&r, 10, 40));
    assert_true(ranges_overlap(&r, 0, 11));
    assert_false(ranges_overlap(&r, 0, 10));
    assert_false(ranges_overlap(&r, 20, 30));
    assert_true(ranges_overlap(&r, 19, 20));
    assert_true(ranges_overlap(&r, 0, 100));
    ranges_free(&r);
}

static void test_out_of_memory_changes_nothing(void **state)
{
    struct ranges r;

    (void)state;
    ranges_init(&r);
    out_of_memory = true;
    assert_int_equal(ranges_add(&r, 0, 10), -ENOMEM);
    assert_int_equal(ranges_reserve(&r, 1), -ENOMEM);
    assert_intervals(&r, NULL, 0);
    assert_int_equal(ranges_reserve(&r, 0), 0);

    out_of_memory = false;
    assert_int_equal(ranges_reserve(&r, 2), 0);
    assert_int_equal(ranges_add(&r, 0, 10), 0);
    assert_int_equal(ranges_add(&r, 20, 30), 0);
    out_of_memory = true;
    assert_int_equal(ranges_add(&r, 40, 50), -ENOMEM);
    assert_int_equal(ranges_remove(&r, 5, 6), -ENOMEM);
    assert_int_equal(ranges_reserve(&r, 3), -ENOMEM);
    ASSERT_RANGES(&r, {0, 10}, {20, 30});
    assert_int_equal(ranges_add(&r, 10, 20), 0); /* needs no room */
    assert_int_equal(ranges_remove(&r, 5, 6), 0);
    ASSERT_RANGES(&r, {0, 5}, {6, 30});
    ranges_free(&r);
}

static void test_reserve_moves_allocation_to_start_up(void **state)
{
    enum { N = 100 };
    struct ranges r;
    const struct range *v;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_reserve(&r, N), 0);
    assert_int_equal(allocations, 1);
    v = r.v;

    assert_int_equal(ranges_add(&r, 0, 2 * N), 0);
    for (uint64_t i = 1; i < N; i++)
        assert_int_equal(ranges_remove(&r, 2 * i - 1, 2 * i), 0);
    assert_int_equal(r.n, N);
    assert_int_equal(ranges_remove(&r, 0, UINT64_MAX), 0);
    for (uint64_t i = N; i > 0; i--)
        assert_int_equal(ranges_add(&r, 2 * i, 2 * i + 1), 0);
    assert_int_equal(r.n, N);

    assert_ptr_equal(r.v, v);
    assert_int_equal(r.cap, N);
    assert_int_equal(allocations, 1);
    ranges_free(&r);
}

/* The model: one bool per position. Positions are placed at `base` in the set. */
#define POSITIONS 160u

struct model {
    bool has[POSITIONS];
};

static uint64_t seed;
static unsigned step;

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            print_error("seed 0x%llx, step %u\n", (unsigned long long)seed, step);             \
            fail_msg("%s", #condition);                                                        \
        }                                                                                      \
    } while (0)

/* xorshift64*; below(n) is in [0, n). */
static uint64_t random_state;

static unsigned below(unsigned n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 0x2545f4914f6cdd1dull) >> 33) % n;
}

/* The set must be the model's, in its one normal form. */
static void check_same(const struct ranges *r, const struct model *m, uint64_t base)
{
    size_t n = 0;
    uint64_t total = 0;
    unsigned pos = 0;

    while (pos < POSITIONS) {
        unsigned start;

        if (!m->has[pos]) {
            pos++;
            continue;
        }
        start = pos;
        while (pos < POSITIONS && m->has[pos])
            pos++;
        CHECK(n < r->n);
        CHECK(r->v[n].start == base + start);
        CHECK(r->v[n].end == base + pos);
        total += pos - start;
        n++;
    }
    CHECK(r->n == n);
    CHECK(r->n <= r->cap);
    CHECK(ranges_total(r) == total);
}

static void check_questions(const struct ranges *r, const struct model *m, uint64_t base,
                            unsigned start, unsigned end)
{
    struct range found = {1, 2};
    unsigned first = start;
    unsigned stop;
    bool any = false, all = true;

    for (unsigned i = start; i < end; i++) {
        any = any || m->has[i];
        all = all && m->has[i];
    }
    CHECK(ranges_contain(r, base + start, base + end) == all);
    CHECK(ranges_overlap(r, base + start, base + end) == any);

    while (first < POSITIONS && !m->has[first])
        first++;
    for (stop = first; stop < POSITIONS && m->has[stop];)
        stop++;
    CHECK(ranges_first(r, base + start, &found) == (first < POSITIONS));
    CHECK(found.start == (first < POSITIONS ? base + first : 1));
    CHECK(found.end == (first < POSITIONS ? base + stop : 2));
}

static void run_against_model(uint64_t base, unsigned steps)
{
    struct ranges r;
    struct model m = {{false}};

    ranges_init(&r);
    random_state = seed;
    for (step = 0; step < steps; step++) {
        unsigned start = below(POSITIONS + 1);
        unsigned longest = below(8) == 0 ? POSITIONS : 12;
        unsigned end = start + below(longest + 1);
        bool add = below(2) == 0;
        int err;

        if (end > POSITIONS)
            end = POSITIONS;
        out_of_memory = below(4) == 0;
        if (add)
            err = ranges_add(&r, base + start, base + end);
        else
            err = ranges_remove(&r, base + start, base + end);

        CHECK(err == 0 || (err == -ENOMEM && out_of_memory && r.n == r.cap));
        for (unsigned i = start; err == 0 && i < end; i++)
            m.has[i] = add;
        check_same(&r, &m, base);
        check_questions(&r, &m, base, below(POSITIONS), below(POSITIONS + 1));

        /* Start small again now and then, so that growing is seen more than once. */
        if (below(500) == 0) {
            ranges_free(&r);
            m = (struct model){{false}};
        }
    }
    ranges_free(&r);
}

static void test_random_against_bitmap(void **state)
{
    static const uint64_t bases[] = {0, UINT32_MAX - POSITIONS / 2, UINT64_MAX - POSITIONS};

    (void)state;
    for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        seed = 0x5eed0001u + i;
        run_against_model(bases[i], 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty, reset_allocator),
        cmocka_unit_test_setup(test_empty_interval_is_no_op, reset_allocator),
        cmocka_unit_test_setup(test_add_merges, reset_allocator),
        cmocka_unit_test_setup(test_remove, reset_allocator),
        cmocka_unit_test_setup(test_ends_of_the_number_line, reset_allocator),
        cmocka_unit_test_setup(test_questions, reset_allocator),
        cmocka_unit_test_setup(test_out_of_memory_changes_nothing, reset_allocator),
        cmocka_unit_test_setup(test_reserve_moves_allocation_to_start_up, reset_allocator),
        cmocka_unit_test_setup(test_random_against_bitmap, reset_allocator),
    };

    return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
