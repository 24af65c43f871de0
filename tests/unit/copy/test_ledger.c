/* Tests of ledger.c: exact cases, and random copies against a model with one bool per byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "copy/ledger.h"

/* ranges.c allocates through reallocarray(3) alone; this one counts, and fails when
 * fail_after more calls have succeeded. */
static unsigned allocations;
static unsigned fail_after = UINT32_MAX;

void *reallocarray(void *p, size_t n, size_t size)
{
    allocations++;
    if (fail_after == 0) {
        errno = ENOMEM;
        return NULL;
    }
    if (fail_after != UINT32_MAX)
        fail_after--;
    return realloc(p, n * size);
}

static int reset_allocator(void **state)
{
    (void)state;
    allocations = 0;
    fail_after = UINT32_MAX;
    return 0;
}

#define MAX_DESTS 3u

/* For sets of destinations: bit d stands for destination d. */
#define ALL 7u

/* Claims for the ready destinations; the mask of those that take part, 0: nothing to claim.
 */
static unsigned claim_for(struct ledger *l, unsigned ready, uint64_t max_len, struct range *r)
{
    bool mask[MAX_DESTS], takes[MAX_DESTS];
    unsigned taken = 0;

    assert_true(l->n_dests <= MAX_DESTS);
    for (unsigned d = 0; d < l->n_dests; d++)
        mask[d] = ready >> d & 1;
    if (!ledger_claim(l, mask, max_len, UINT64_MAX, r, takes))
        return 0;
    for (unsigned d = 0; d < l->n_dests; d++)
        taken |= (unsigned)takes[d] << d;
    assert_true(taken != 0 && (taken & ~ready) == 0);
    return taken;
}

static void assert_claim_for(struct ledger *l, unsigned ready, uint64_t max_len, uint64_t start,
                             uint64_t end, unsigned takes)
{
    struct range r = {0, 0};

    assert_int_equal(claim_for(l, ready, max_len, &r), takes);
    assert_int_equal(r.start, start);
    assert_int_equal(r.end, end);
}

static void assert_claim(struct ledger *l, uint64_t max_len, uint64_t start, uint64_t end,
                         unsigned takes)
{
    assert_claim_for(l, ALL, max_len, start, end, takes);
}

static void assert_no_claim_for(struct ledger *l, unsigned ready)
{
    struct range r = {7, 9};

    assert_int_equal(claim_for(l, ready, 1, &r), 0);
    assert_true(r.start == 7 && r.end == 9);
}

static void assert_no_claim(struct ledger *l)
{
    assert_no_claim_for(l, ALL);
    for (unsigned d = 0; d < l->n_dests; d++) {
        assert_int_equal(l->todo[d].n, 0);
        assert_true(ledger_next(l, d) == UINT64_MAX);
    }
}

static void test_plain_copy(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_no_claim(&l);
    assert_int_equal(ledger_need(&l, 0, 0, 25), 0);
    assert_int_equal(ledger_need(&l, 1, 0, 25), 0);
    assert_claim(&l, 10, 0, 10, 3);
    assert_claim(&l, 10, 10, 20, 3);
    assert_claim(&l, 10, 20, 25, 3);
    assert_no_claim(&l);

    assert_int_equal(ledger_missing(&l, 0), 25);
    assert_int_equal(ledger_written(&l, 0, 0, 10), 0);
    assert_int_equal(ledger_written(&l, 0, 20, 25), 0);
    assert_int_equal(ledger_missing(&l, 0), 10);
    assert_int_equal(ledger_missing(&l, 1), 25);
    ledger_free(&l);
}

/* What a destination holds from the start is claimed for the others only. */
static void test_hold(void **state)
{
    struct ranges held;
    struct ledger l;

    (void)state;
    ranges_init(&held);
    assert_int_equal(ranges_add(&held, 0, 10), 0);
    assert_int_equal(ranges_add(&held, 15, 25), 0);
    assert_int_equal(ranges_add(&held, 40, 50), 0);
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    for (unsigned d = 0; d < 2; d++)
        assert_int_equal(ledger_need(&l, d, 0, 50), 0);
    assert_int_equal(ledger_hold(&l, 1, &held), 0);
    assert_int_equal(ledger_missing(&l, 0), 50);
    assert_int_equal(ledger_missing(&l, 1), 20);
    assert_int_equal(ledger_next(&l, 1), 10);
    assert_claim(&l, 10, 0, 10, 1);
    assert_claim(&l, 10, 10, 15, 3);
    assert_claim(&l, 10, 15, 20, 1);
    assert_claim_for(&l, 2, 10, 25, 30, 2);
    assert_claim(&l, 10, 20, 30, 1);
    assert_claim(&l, 10, 30, 40, 3);
    assert_claim(&l, 10, 40, 50, 1);
    assert_no_claim(&l);
    ledger_free(&l);
    ranges_free(&held);
}

/* Memory that is short for it is told; afterwards there is room for all claims. */
static void test_hold_memory(void **state)
{
    unsigned failures = 0;
    struct ranges held;
    int err = -ENOMEM;

    (void)state;
    ranges_init(&held);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(ranges_add(&held, 20 * i, 20 * i + 10), 0);
    for (; err < 0; failures++) {
        struct ledger l;
        struct range r;

        fail_after = UINT32_MAX;
        assert_int_equal(ledger_init(&l, 1, 4), 0);
        assert_int_equal(ledger_need(&l, 0, 0, 2000), 0);
        fail_after = failures;
        err = ledger_hold(&l, 0, &held);
        fail_after = err < 0 ? UINT32_MAX : 0;
        assert_true(err == 0 || err == -ENOMEM);
        while (err == 0 && claim_for(&l, 1, 4, &r) != 0)
            assert_int_equal(ledger_written(&l, 0, r.start, r.end), 0);
        assert_true(err < 0 || ledger_missing(&l, 0) == 0);
        ledger_free(&l);
    }
    assert_true(failures > 2);
    ranges_free(&held);
}

static void test_skip_and_until(void **state)
{
    struct ledger l;
    struct range r;
    bool all[2] = {true, true};

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 100), 0);
    assert_int_equal(ledger_need(&l, 1, 0, 100), 0);
    assert_int_equal(ledger_lowest(&l, all), 0);
    assert_claim(&l, 10, 0, 10, 3);
    /* What is under way stays needed, though a hole seems to cover it. */
    assert_int_equal(ledger_skip(&l, 0, 5, 33), 0);
    assert_int_equal(ledger_missing(&l, 0), 10 + 67);
    assert_int_equal(ledger_missing(&l, 1), 100);
    assert_int_equal(ledger_next(&l, 0), 33);
    /* A claim does not reach over the end of what is known. */
    assert_true(ledger_claim(&l, all, 10, 13, &r, all));
    assert_true(r.start == 10 && r.end == 13 && !all[0] && all[1]);
    all[0] = true;
    assert_false(ledger_claim(&l, all, 10, 13, &r, all));
    assert_claim(&l, 10, 13, 20, 2);
    assert_int_equal(ledger_written(&l, 0, 0, 10), 0);
    assert_int_equal(ledger_skip(&l, 0, 0, UINT64_MAX), 0);
    assert_int_equal(ledger_missing(&l, 0), 0);
    assert_int_equal(ledger_next(&l, 0), UINT64_MAX);
    ledger_free(&l);

    /* Several parts at once, as after ranges that came back. */
    assert_int_equal(ledger_init(&l, 1, 4), 0);
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(ledger_need(&l, 0, 10 * i, 10 * i + 5), 0);
    assert_int_equal(ledger_skip(&l, 0, 12, 33), 0);
    assert_int_equal(ledger_missing(&l, 0), 25 - 3 - 5 - 3);
    assert_claim(&l, 100, 0, 5, 1);
    assert_claim(&l, 100, 10, 12, 1);
    assert_claim(&l, 100, 33, 35, 1);
    ledger_free(&l);
}

static void test_claims_stay_aligned(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 1, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 7, 35), 0);
    assert_claim(&l, 10, 7, 10, 1);
    assert_claim(&l, 10, 10, 20, 1);
    assert_claim(&l, 10, 20, 30, 1);
    assert_claim(&l, 10, 30, 35, 1);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_claims_are_needed_by_each_in_full_or_not_at_all(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 3, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 6), 0);
    assert_int_equal(ledger_need(&l, 1, 2, 8), 0);
    assert_int_equal(ledger_need(&l, 2, 12, 13), 0);
    assert_claim(&l, 100, 0, 2, 1);
    assert_claim(&l, 100, 2, 6, 3);
    assert_claim(&l, 100, 6, 8, 2);
    assert_claim(&l, 100, 12, 13, 4);
    assert_no_claim(&l);
    ledger_free(&l);
}

/* Who is not ready loses nothing, and does not hold the others back. */
static void test_claims_are_for_the_ready(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 3, 4), 0);
    for (unsigned d = 0; d < 3; d++)
        assert_int_equal(ledger_need(&l, d, 0, 30), 0);
    assert_no_claim_for(&l, 0);
    assert_claim_for(&l, 5, 10, 0, 10, 5);
    assert_claim_for(&l, 4, 10, 10, 20, 4);
    assert_int_equal(ledger_next(&l, 0), 10);
    assert_int_equal(ledger_next(&l, 1), 0);
    assert_int_equal(ledger_next(&l, 2), 20);

    /* Those ahead join in as soon as the others have come to where they are. */
    assert_claim_for(&l, 7, 10, 0, 10, 2);
    assert_claim_for(&l, 7, 10, 10, 20, 3);
    assert_claim_for(&l, 7, 10, 20, 30, 7);
    assert_no_claim(&l);
    ledger_free(&l);
}

/* ready and takes may be the same array. */
static void test_claim_in_place(void **state)
{
    struct ledger l;
    struct range r;
    bool mask[2] = {true, true};

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 5, 10), 0);
    assert_int_equal(ledger_need(&l, 1, 0, 10), 0);
    assert_true(ledger_claim(&l, mask, 10, UINT64_MAX, &r, mask));
    assert_true(r.start == 0 && r.end == 5);
    assert_true(!mask[0] && mask[1]);
    ledger_free(&l);
}

static void test_return_is_claimed_again_where_needed(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 30), 0);
    assert_int_equal(ledger_need(&l, 1, 0, 30), 0);
    assert_claim(&l, 10, 0, 10, 3);
    assert_claim(&l, 10, 10, 20, 3);

    /* Destination 0 has all of it, 1 wrote short. */
    assert_int_equal(ledger_written(&l, 0, 0, 10), 0);
    assert_int_equal(ledger_written(&l, 1, 0, 4), 0);
    assert_int_equal(ledger_return(&l, 0, &(struct range){0, 10}), 0);
    assert_int_equal(ledger_next(&l, 0), 20);
    assert_int_equal(ledger_return(&l, 1, &(struct range){0, 10}), 0);
    assert_int_equal(ledger_next(&l, 1), 4);
    assert_claim(&l, 10, 4, 10, 2);
    assert_claim(&l, 10, 20, 30, 3);
    assert_no_claim(&l);

    /* Returned, but nobody needs it. */
    assert_int_equal(ledger_written(&l, 0, 10, 20), 0);
    assert_int_equal(ledger_return(&l, 0, &(struct range){10, 20}), 0);
    assert_no_claim(&l);

    /* What it holds in the middle is left out. */
    assert_int_equal(ledger_written(&l, 1, 12, 15), 0);
    assert_int_equal(ledger_return(&l, 1, &(struct range){10, 20}), 0);
    assert_claim(&l, 10, 10, 12, 2);
    assert_claim(&l, 10, 15, 20, 2);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_drop(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 50), 0);
    assert_int_equal(ledger_need(&l, 1, 20, 30), 0);
    ledger_drop(&l, 0);
    assert_int_equal(ledger_missing(&l, 0), 0);
    assert_true(ledger_next(&l, 0) == UINT64_MAX);
    assert_int_equal(ledger_written(&l, 0, 3, 4), 0);
    assert_claim(&l, 100, 20, 30, 2);
    assert_no_claim(&l);
    ledger_drop(&l, 1);
    assert_int_equal(ledger_return(&l, 1, &(struct range){20, 30}), 0);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_truncate(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    for (unsigned d = 0; d < 2; d++)
        assert_int_equal(ledger_need(&l, d, 0, UINT64_MAX), 0);
    assert_claim(&l, 10, 0, 10, 3);
    assert_claim_for(&l, 1, 10, 10, 20, 1);
    ledger_truncate(&l, 14);
    for (unsigned d = 0; d < 2; d++)
        assert_int_equal(ledger_missing(&l, d), 14);
    assert_claim(&l, 10, 10, 14, 2);
    assert_no_claim(&l);
    assert_int_equal(ledger_return(&l, 0, &(struct range){10, 20}), 0);
    assert_claim(&l, 10, 10, 14, 1);
    assert_no_claim(&l);
    ledger_truncate(&l, 0);
    assert_int_equal(ledger_missing(&l, 0), 0);
    ledger_free(&l);
}

static void test_end_of_the_number_line(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 1, 4), 0);
    assert_int_equal(ledger_need(&l, 0, UINT64_MAX - 20, UINT64_MAX), 0);
    assert_claim(&l, 16, UINT64_MAX - 20, UINT64_MAX - 15, 1);
    assert_claim(&l, 16, UINT64_MAX - 15, UINT64_MAX, 1);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_out_of_memory(void **state)
{
    struct ledger l;

    (void)state;
    for (unsigned i = 0; i < 6; i++) { /* need and todo of three destinations */
        fail_after = i;
        assert_int_equal(ledger_init(&l, 3, 4), -ENOMEM);
    }

    fail_after = UINT32_MAX;
    assert_int_equal(ledger_init(&l, 1, 0), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 30), 0);
    fail_after = 0;
    assert_int_equal(ledger_need(&l, 0, 40, 50), -ENOMEM);
    assert_int_equal(ledger_missing(&l, 0), 30);
    assert_int_equal(ledger_written(&l, 0, 10, 20), -ENOMEM);
    assert_int_equal(ledger_missing(&l, 0), 30);
    assert_claim(&l, 10, 0, 10, 1);
    assert_claim(&l, 10, 10, 20, 1);
    assert_int_equal(ledger_return(&l, 0, &(struct range){0, 10}), -ENOMEM);
    assert_int_equal(ledger_missing(&l, 0), 30);
    assert_claim(&l, 10, 20, 30, 1);
    ledger_free(&l);
}

/* A need that could be noted in part only must not make the destination look complete. */
static void test_failed_need_leaves_nothing_to_claim(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 1, 0), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 10), 0);
    fail_after = 1; /* need has room made, todo has none */
    assert_int_equal(ledger_need(&l, 0, 20, 30), -ENOMEM);
    assert_int_equal(ledger_missing(&l, 0), 20);
    assert_claim(&l, 100, 0, 10, 1);
    assert_no_claim(&l);
    ledger_free(&l);
}

/* Random tests. */

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

static void start_random(uint64_t s)
{
    seed = s;
    step = 0;
    random_state = s;
}

/* All destinations, or only some. */
static unsigned random_ready(void)
{
    return below(3) == 0 ? 1 + below(ALL) : ALL;
}

/* A claim and those whose it still is. */
struct claim {
    struct range range;
    unsigned takes;
};

/* The hot path must not allocate: one contiguous range, up to CLAIMS claims out, for some or
 * all, finished in any order, by each destination at its own time, in two pieces, or given
 * back with a part of it written. */
#define CLAIMS 16u
#define CHUNK  8u

/* Settles the claim for some of its destinations. */
static void serve(struct ledger *l, struct claim *c)
{
    const struct range *r = &c->range;

    for (unsigned d = 0; d < l->n_dests; d++) {
        uint64_t middle = r->start + below((unsigned)(r->end - r->start) + 1);

        if (!(c->takes >> d & 1) || below(4) == 0)
            continue;
        c->takes &= ~(1u << d);
        CHECK(ledger_written(l, d, r->start, middle) == 0);
        if (below(4) == 0)
            CHECK(ledger_return(l, d, r) == 0);
        else
            CHECK(ledger_written(l, d, middle, r->end) == 0);
    }
}

static void run_contiguous_copy(uint64_t size)
{
    struct ledger l;
    struct claim out[CLAIMS];
    const struct range *v[2 * MAX_DESTS];
    size_t most_need = 0, most_todo = 0;
    unsigned n_out = 0;

    CHECK(ledger_init(&l, MAX_DESTS, CLAIMS) == 0);
    for (unsigned d = 0; d < MAX_DESTS; d++) {
        CHECK(ledger_need(&l, d, 0, size) == 0);
        v[d] = l.need[d].v;
        v[MAX_DESTS + d] = l.todo[d].v;
    }
    allocations = 0;

    for (;; step++) {
        unsigned i;

        while (n_out < CLAIMS) {
            struct claim *c = &out[n_out];

            c->takes = claim_for(&l, random_ready(), CHUNK, &c->range);
            if (c->takes == 0)
                c->takes = claim_for(&l, ALL, CHUNK, &c->range);
            if (c->takes == 0)
                break;
            n_out++;
        }
        if (n_out == 0)
            break;
        i = below(n_out);
        serve(&l, &out[i]);
        if (out[i].takes == 0)
            out[i] = out[--n_out];
        if (l.need[0].n > most_need)
            most_need = l.need[0].n;
        if (l.todo[0].n > most_todo)
            most_todo = l.todo[0].n;
    }

    CHECK(allocations == 0);
    CHECK(most_need > CLAIMS / 4 && most_todo > CLAIMS / 8); /* the test did make holes */
    for (unsigned d = 0; d < MAX_DESTS; d++) {
        CHECK(ledger_missing(&l, d) == 0);
        CHECK(l.need[d].v == v[d] && l.need[d].cap == CLAIMS + 1);
        CHECK(l.todo[d].v == v[MAX_DESTS + d] && l.todo[d].cap == CLAIMS + 1);
    }
    ledger_free(&l);
}

static void test_contiguous_copy_does_not_allocate(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        start_random(0x5eed1000u + i);
        run_contiguous_copy(4000 + i);
    }
}

/* The model: what every byte's standing is. */
#define POSITIONS 200u
#define DESTS     MAX_DESTS
#define MAX_OUT   12u

struct model {
    bool need[DESTS][POSITIONS];
    bool todo[DESTS][POSITIONS];
    bool claimed[DESTS][POSITIONS];
    struct claim out[MAX_OUT];
    unsigned n_out;
};

static void check_same_set(const struct ranges *r, const bool *has)
{
    uint64_t total = 0;

    for (uint64_t pos = 0; pos < POSITIONS; pos++) {
        CHECK(ranges_contain(r, pos, pos + 1) == has[pos]);
        total += has[pos];
    }
    CHECK(ranges_total(r) == total);
}

static uint64_t first_of(const bool *has)
{
    for (uint64_t pos = 0; pos < POSITIONS; pos++)
        if (has[pos])
            return pos;
    return UINT64_MAX;
}

static void check_same(const struct ledger *l, const struct model *m)
{
    for (unsigned d = 0; d < DESTS; d++) {
        check_same_set(&l->need[d], m->need[d]);
        check_same_set(&l->todo[d], m->todo[d]);
        CHECK(ledger_missing(l, d) == ranges_total(&l->need[d]));
        CHECK(ledger_next(l, d) == first_of(m->todo[d]));

        /* Nothing that is needed gets lost: it waits in todo or somebody works on it, and
         * never both. What is not needed does not wait. */
        for (unsigned pos = 0; pos < POSITIONS; pos++) {
            CHECK(!m->need[d][pos] || m->todo[d][pos] != m->claimed[d][pos]);
            CHECK(m->need[d][pos] || !m->todo[d][pos]);
        }
    }
}

static void random_need(struct ledger *l, struct model *m)
{
    unsigned d = below(DESTS);
    unsigned start = below(POSITIONS);
    unsigned longest = 1 + below(60);
    unsigned end = start;

    /* Bytes that are claimed for it are left alone: they are on their way. */
    while (end < POSITIONS && end - start < longest && !m->claimed[d][end])
        end++;
    CHECK(ledger_need(l, d, start, end) == 0);
    for (unsigned pos = start; pos < end; pos++) {
        m->need[d][pos] = true;
        m->todo[d][pos] = true;
    }
}

/* Those of the ready destinations that have the byte in todo. */
static unsigned wanted_by(const struct model *m, unsigned ready, uint64_t pos)
{
    unsigned mask = 0;

    for (unsigned d = 0; d < DESTS; d++)
        mask |= (unsigned)m->todo[d][pos] << d;
    return mask & ready;
}

/* Claims, and compares with the one answer that is right. */
static bool claim(struct ledger *l, struct model *m, unsigned ready, unsigned max_len)
{
    struct claim c = {{1000, 1001}, 0};
    unsigned start = 0;
    unsigned end;

    while (start < POSITIONS && wanted_by(m, ready, start) == 0)
        start++;
    c.takes = claim_for(l, ready, max_len, &c.range);
    if (start == POSITIONS) {
        CHECK(c.takes == 0 && c.range.start == 1000 && c.range.end == 1001);
        return false;
    }
    end = start + 1;
    while (end < POSITIONS && end % max_len != 0 &&
           wanted_by(m, ready, end) == wanted_by(m, ready, start))
        end++;

    CHECK(c.takes == wanted_by(m, ready, start));
    CHECK(c.range.start == start && c.range.end == end);
    CHECK(end - start <= max_len);
    CHECK(start / max_len == (end - 1) / max_len);
    for (unsigned d = 0; d < DESTS; d++) {
        for (unsigned pos = start; pos < end && (c.takes >> d & 1); pos++) {
            CHECK(!m->claimed[d][pos]);
            m->todo[d][pos] = false;
            m->claimed[d][pos] = true;
        }
    }
    m->out[m->n_out++] = c;
    return true;
}

static void write_part(struct ledger *l, struct model *m, unsigned d, uint64_t start,
                       uint64_t end)
{
    CHECK(ledger_written(l, d, start, end) == 0);
    for (uint64_t pos = start; pos < end; pos++)
        m->need[d][pos] = false;
}

/* Some part of a claim, for one of those that it is for. */
static void random_written(struct ledger *l, struct model *m)
{
    const struct claim *c = &m->out[below(m->n_out)];
    unsigned len = (unsigned)(c->range.end - c->range.start);
    uint64_t start = c->range.start + (below(2) == 0 ? 0 : below(len));
    uint64_t end = start + below((unsigned)(c->range.end - start) + 1);
    unsigned d = below(DESTS);

    if (c->takes >> d & 1)
        write_part(l, m, d, start, end);
}

/* The claim is settled for destination d. */
static void release(struct model *m, struct claim *c, unsigned d)
{
    for (uint64_t pos = c->range.start; pos < c->range.end; pos++)
        m->claimed[d][pos] = false;
    c->takes &= ~(1u << d);
}

static void give_back(struct ledger *l, struct model *m, struct claim *c, unsigned d)
{
    CHECK(ledger_return(l, d, &c->range) == 0);
    for (uint64_t pos = c->range.start; pos < c->range.end; pos++)
        m->todo[d][pos] = m->need[d][pos];
    release(m, c, d);
}

/* Ends a claim for each of its destinations; gives it back for some of them. */
static void finish(struct ledger *l, struct model *m, unsigned i, unsigned back)
{
    struct claim *c = &m->out[i];

    for (unsigned d = 0; d < DESTS; d++) {
        if (!(c->takes >> d & 1))
            continue;
        if (back >> d & 1) {
            give_back(l, m, c, d);
        } else {
            write_part(l, m, d, c->range.start, c->range.end);
            release(m, c, d);
        }
    }
    m->out[i] = m->out[--m->n_out];
}

static void random_drop(struct ledger *l, struct model *m)
{
    unsigned d = below(DESTS);

    ledger_drop(l, d);
    memset(m->need[d], 0, sizeof(m->need[d]));
    memset(m->todo[d], 0, sizeof(m->todo[d]));
}

static void random_truncate(struct ledger *l, struct model *m)
{
    unsigned end = POSITIONS / 2 + below(POSITIONS / 2);

    ledger_truncate(l, end);
    for (unsigned d = 0; d < DESTS; d++) {
        for (unsigned pos = end; pos < POSITIONS; pos++) {
            m->need[d][pos] = false;
            m->todo[d][pos] = false;
        }
    }
}

static void random_step(struct ledger *l, struct model *m)
{
    static const unsigned lengths[] = {16, 16, 16, 7, 1, 300};
    unsigned dice = below(100);

    if (dice < 15)
        random_need(l, m);
    else if (dice < 50 && m->n_out < MAX_OUT)
        claim(l, m, random_ready(), lengths[below(6)]);
    else if (dice < 70 && m->n_out > 0)
        random_written(l, m);
    else if (dice < 80 && m->n_out > 0)
        finish(l, m, below(m->n_out), ALL);
    else if (dice < 97 && m->n_out > 0)
        finish(l, m, below(m->n_out), below(3) == 0 ? below(ALL) : 0);
    else if (dice == 98)
        random_drop(l, m);
    else if (dice == 99)
        random_truncate(l, m);
}

/* What a copy loop does at the end: everything needed is claimed sooner or later, once. */
static void drain(struct ledger *l, struct model *m)
{
    do {
        while (m->n_out > 0)
            finish(l, m, below(m->n_out), 0);
    } while (claim(l, m, ALL, 16));
    for (unsigned d = 0; d < DESTS; d++) {
        CHECK(ledger_missing(l, d) == 0);
        CHECK(l->todo[d].n == 0);
    }
}

static void test_random_against_model(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct ledger l;
        struct model m = {.n_out = 0};

        start_random(0x5eed2000u + round);
        CHECK(ledger_init(&l, DESTS, below(4)) == 0);
        for (; step < 1000; step++) {
            random_step(&l, &m);
            check_same(&l, &m);
        }
        drain(&l, &m);
        check_same(&l, &m);
        ledger_free(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_plain_copy, reset_allocator),
        cmocka_unit_test_setup(test_hold, reset_allocator),
        cmocka_unit_test_setup(test_hold_memory, reset_allocator),
        cmocka_unit_test_setup(test_skip_and_until, reset_allocator),
        cmocka_unit_test_setup(test_claims_stay_aligned, reset_allocator),
        cmocka_unit_test_setup(test_claims_are_needed_by_each_in_full_or_not_at_all,
                               reset_allocator),
        cmocka_unit_test_setup(test_claims_are_for_the_ready, reset_allocator),
        cmocka_unit_test_setup(test_claim_in_place, reset_allocator),
        cmocka_unit_test_setup(test_return_is_claimed_again_where_needed, reset_allocator),
        cmocka_unit_test_setup(test_drop, reset_allocator),
        cmocka_unit_test_setup(test_truncate, reset_allocator),
        cmocka_unit_test_setup(test_end_of_the_number_line, reset_allocator),
        cmocka_unit_test_setup(test_out_of_memory, reset_allocator),
        cmocka_unit_test_setup(test_failed_need_leaves_nothing_to_claim, reset_allocator),
        cmocka_unit_test_setup(test_contiguous_copy_does_not_allocate, reset_allocator),
        cmocka_unit_test_setup(test_random_against_model, reset_allocator),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
