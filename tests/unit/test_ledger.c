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

#include "../../src/ledger.h"

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

static void assert_claim(struct ledger *l, uint64_t max_len, uint64_t start, uint64_t end)
{
    struct range r = {0, 0};

    assert_true(ledger_claim(l, max_len, &r));
    assert_int_equal(r.start, start);
    assert_int_equal(r.end, end);
}

static void assert_no_claim(struct ledger *l)
{
    struct range r = {7, 9};

    assert_false(ledger_claim(l, 1, &r));
    assert_true(r.start == 7 && r.end == 9);
    assert_int_equal(l->todo.n, 0);
}

static void test_plain_copy(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_no_claim(&l);
    assert_int_equal(ledger_need(&l, 0, 0, 25), 0);
    assert_int_equal(ledger_need(&l, 1, 0, 25), 0);
    assert_claim(&l, 10, 0, 10);
    assert_claim(&l, 10, 10, 20);
    assert_claim(&l, 10, 20, 25);
    assert_no_claim(&l);

    assert_int_equal(ledger_missing(&l, 0), 25);
    assert_int_equal(ledger_written(&l, 0, 0, 10), 0);
    assert_int_equal(ledger_written(&l, 0, 20, 25), 0);
    assert_int_equal(ledger_missing(&l, 0), 10);
    assert_int_equal(ledger_missing(&l, 1), 25);
    assert_false(ledger_needs(&l, 0, &(struct range){0, 10}));
    assert_true(ledger_needs(&l, 0, &(struct range){0, 11}));
    assert_true(ledger_needs(&l, 1, &(struct range){0, 10}));
    assert_false(ledger_needs(&l, 1, &(struct range){25, 30}));
    ledger_free(&l);
}

static void test_claims_stay_aligned(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 1, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 7, 35), 0);
    assert_claim(&l, 10, 7, 10);
    assert_claim(&l, 10, 10, 20);
    assert_claim(&l, 10, 20, 30);
    assert_claim(&l, 10, 30, 35);
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
    assert_claim(&l, 100, 0, 2);
    assert_claim(&l, 100, 2, 6);
    assert_claim(&l, 100, 6, 8);
    assert_claim(&l, 100, 12, 13);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_return_is_claimed_again_where_needed(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 2, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 30), 0);
    assert_int_equal(ledger_need(&l, 1, 0, 30), 0);
    assert_claim(&l, 10, 0, 10);
    assert_claim(&l, 10, 10, 20);

    /* Destination 0 has all of it, 1 wrote short. */
    assert_int_equal(ledger_written(&l, 0, 0, 10), 0);
    assert_int_equal(ledger_written(&l, 1, 0, 4), 0);
    assert_int_equal(ledger_return(&l, &(struct range){0, 10}), 0);
    assert_claim(&l, 10, 4, 10);
    assert_true(ledger_needs(&l, 1, &(struct range){4, 10}));
    assert_false(ledger_needs(&l, 0, &(struct range){4, 10}));
    assert_claim(&l, 10, 20, 30);
    assert_no_claim(&l);

    /* Returned, but nobody needs it. */
    assert_int_equal(ledger_written(&l, 0, 10, 20), 0);
    assert_int_equal(ledger_written(&l, 1, 10, 20), 0);
    assert_int_equal(ledger_return(&l, &(struct range){10, 20}), 0);
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
    assert_int_equal(ranges_total(&l.todo), 50);
    assert_int_equal(ledger_written(&l, 0, 3, 4), 0);
    assert_claim(&l, 100, 20, 30);
    assert_no_claim(&l);
    ledger_drop(&l, 1);
    assert_int_equal(ledger_return(&l, &(struct range){20, 30}), 0);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_truncate(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 1, 4), 0);
    assert_int_equal(ledger_need(&l, 0, 0, UINT64_MAX), 0);
    assert_claim(&l, 10, 0, 10);
    assert_claim(&l, 10, 10, 20);
    ledger_truncate(&l, 14);
    assert_int_equal(ledger_missing(&l, 0), 14);
    assert_no_claim(&l);
    assert_int_equal(ledger_return(&l, &(struct range){10, 20}), 0);
    assert_claim(&l, 10, 10, 14);
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
    assert_claim(&l, 16, UINT64_MAX - 20, UINT64_MAX - 15);
    assert_claim(&l, 16, UINT64_MAX - 15, UINT64_MAX);
    assert_no_claim(&l);
    ledger_free(&l);
}

static void test_out_of_memory(void **state)
{
    struct ledger l;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
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
    assert_claim(&l, 10, 0, 10);
    assert_claim(&l, 10, 10, 20);
    assert_int_equal(ledger_return(&l, &(struct range){0, 10}), -ENOMEM);
    assert_claim(&l, 10, 20, 30);
    ledger_free(&l);
}

static void test_failed_need_leaves_nothing_to_claim(void **state)
{
    struct ledger l;

    (void)state;
    assert_int_equal(ledger_init(&l, 1, 0), 0);
    assert_int_equal(ledger_need(&l, 0, 0, 10), 0);
    fail_after = 1; /* todo has room made, need has none */
    assert_int_equal(ledger_need(&l, 0, 20, 30), -ENOMEM);
    assert_int_equal(ledger_missing(&l, 0), 10);
    assert_claim(&l, 100, 0, 10);
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

/* The hot path must not allocate: one contiguous range, up to CLAIMS claims out, finished
 * in any order, by each destination at its own time, in two pieces, or given back. */
#define CLAIMS 16u
#define CHUNK  8u

/* Gives everything of the claim to some of the destinations; true if all have it now. */
static bool serve(struct ledger *l, const struct range *r)
{
    bool done = true;

    for (unsigned d = 0; d < l->n_dests; d++) {
        uint64_t middle = r->start + below((unsigned)(r->end - r->start) + 1);

        if (!ledger_needs(l, d, r))
            continue;
        if (below(4) == 0) {
            done = false;
            continue;
        }
        CHECK(ledger_written(l, d, r->start, middle) == 0);
        CHECK(ledger_written(l, d, middle, r->end) == 0);
    }
    return done;
}

static void run_contiguous_copy(uint64_t size)
{
    struct ledger l;
    struct range out[CLAIMS];
    const struct range *v[4];
    size_t most = 0;
    unsigned n_out = 0;

    CHECK(ledger_init(&l, 3, CLAIMS) == 0);
    for (unsigned d = 0; d < 3; d++) {
        CHECK(ledger_need(&l, d, 0, size) == 0);
        v[d] = l.need[d].v;
    }
    v[3] = l.todo.v;
    allocations = 0;

    for (;; step++) {
        struct range r;
        unsigned i;

        while (n_out < CLAIMS && ledger_claim(&l, CHUNK, &r))
            out[n_out++] = r;
        if (n_out == 0)
            break;
        i = below(n_out);
        r = out[i];
        if (!serve(&l, &r)) {
            if (below(2) == 0)
                continue;
            CHECK(ledger_return(&l, &r) == 0);
        }
        out[i] = out[--n_out];
        if (l.need[0].n > most)
            most = l.need[0].n;
    }

    CHECK(allocations == 0);
    CHECK(most > CLAIMS / 4); /* the test did make holes */
    CHECK(l.todo.v == v[3] && l.todo.cap == CLAIMS + 1);
    for (unsigned d = 0; d < 3; d++) {
        CHECK(ledger_missing(&l, d) == 0);
        CHECK(l.need[d].v == v[d] && l.need[d].cap == CLAIMS + 1);
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
#define DESTS     3u
#define MAX_OUT   12u

struct model {
    bool need[DESTS][POSITIONS];
    bool todo[POSITIONS];
    bool claimed[POSITIONS];
    struct range out[MAX_OUT];
    unsigned n_out;
};

/* Bit d is set when destination d needs the byte. */
static unsigned needed_by(const struct model *m, uint64_t pos)
{
    unsigned mask = 0;

    for (unsigned d = 0; d < DESTS; d++) {
        if (m->need[d][pos])
            mask |= 1u << d;
    }
    return mask;
}

static void check_same_set(const struct ranges *r, const bool *has)
{
    uint64_t total = 0;

    for (uint64_t pos = 0; pos < POSITIONS; pos++) {
        CHECK(ranges_contain(r, pos, pos + 1) == has[pos]);
        total += has[pos];
    }
    CHECK(ranges_total(r) == total);
}

static void check_same(const struct ledger *l, const struct model *m)
{
    for (unsigned d = 0; d < DESTS; d++)
        check_same_set(&l->need[d], m->need[d]);
    check_same_set(&l->todo, m->todo);

    /* Nothing that is needed gets lost: it waits in todo or somebody works on it. */
    for (unsigned pos = 0; pos < POSITIONS; pos++)
        CHECK(needed_by(m, pos) == 0 || m->todo[pos] || m->claimed[pos]);
}

static void random_need(struct ledger *l, struct model *m)
{
    unsigned d = below(DESTS);
    unsigned start = below(POSITIONS);
    unsigned longest = 1 + below(60);
    unsigned end = start;

    /* Bytes somebody works on are left alone: the worker has chosen its writes by now. */
    while (end < POSITIONS && end - start < longest && !m->claimed[end])
        end++;
    CHECK(ledger_need(l, d, start, end) == 0);
    for (unsigned pos = start; pos < end; pos++) {
        m->need[d][pos] = true;
        m->todo[pos] = true;
    }
}

/* Claims, and compares with the one answer that is right. */
static bool claim(struct ledger *l, struct model *m, unsigned max_len)
{
    struct range r = {1000, 1001};
    unsigned start = 0;
    unsigned end;

    for (; start < POSITIONS && (!m->todo[start] || needed_by(m, start) == 0); start++)
        m->todo[start] = false;
    if (start == POSITIONS) {
        CHECK(!ledger_claim(l, max_len, &r));
        CHECK(r.start == 1000 && r.end == 1001);
        return false;
    }
    end = start + 1;
    while (end < POSITIONS && end % max_len != 0 && m->todo[end] &&
           needed_by(m, end) == needed_by(m, start))
        end++;

    CHECK(ledger_claim(l, max_len, &r));
    CHECK(r.start == start && r.end == end);
    CHECK(r.end - r.start <= max_len);
    CHECK(r.start / max_len == (r.end - 1) / max_len);
    for (unsigned pos = start; pos < end; pos++) {
        CHECK(!m->claimed[pos]);
        m->todo[pos] = false;
        m->claimed[pos] = true;
    }
    m->out[m->n_out++] = r;
    return true;
}

static void random_written(struct ledger *l, struct model *m)
{
    const struct range *r = &m->out[below(m->n_out)];
    unsigned len = (unsigned)(r->end - r->start);
    uint64_t start = r->start + (below(2) == 0 ? 0 : below(len));
    uint64_t end = start + below((unsigned)(r->end - start) + 1);
    unsigned d = below(DESTS);

    CHECK(ledger_written(l, d, start, end) == 0);
    for (uint64_t pos = start; pos < end; pos++)
        m->need[d][pos] = false;
}

static void give_back(struct ledger *l, struct model *m, unsigned i)
{
    struct range r = m->out[i];

    CHECK(ledger_return(l, &r) == 0);
    for (uint64_t pos = r.start; pos < r.end; pos++) {
        m->claimed[pos] = false;
        m->todo[pos] = true;
    }
    m->out[i] = m->out[--m->n_out];
}

static void finish(struct ledger *l, struct model *m, unsigned i)
{
    struct range r = m->out[i];

    for (unsigned d = 0; d < DESTS; d++) {
        CHECK(ledger_written(l, d, r.start, r.end) == 0);
        for (uint64_t pos = r.start; pos < r.end; pos++)
            m->need[d][pos] = false;
    }
    for (uint64_t pos = r.start; pos < r.end; pos++)
        m->claimed[pos] = false;
    m->out[i] = m->out[--m->n_out];
}

static void random_drop(struct ledger *l, struct model *m)
{
    unsigned d = below(DESTS);

    ledger_drop(l, d);
    memset(m->need[d], 0, sizeof(m->need[d]));
}

static void random_truncate(struct ledger *l, struct model *m)
{
    unsigned end = POSITIONS / 2 + below(POSITIONS / 2);

    ledger_truncate(l, end);
    for (unsigned pos = end; pos < POSITIONS; pos++) {
        for (unsigned d = 0; d < DESTS; d++)
            m->need[d][pos] = false;
        m->todo[pos] = false;
    }
}

static void random_step(struct ledger *l, struct model *m)
{
    static const unsigned lengths[] = {16, 16, 16, 7, 1, 300};
    unsigned dice = below(100);

    if (dice < 15)
        random_need(l, m);
    else if (dice < 50 && m->n_out < MAX_OUT)
        claim(l, m, lengths[below(6)]);
    else if (dice < 70 && m->n_out > 0)
        random_written(l, m);
    else if (dice < 80 && m->n_out > 0)
        give_back(l, m, below(m->n_out));
    else if (dice < 97 && m->n_out > 0)
        finish(l, m, below(m->n_out));
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
            finish(l, m, below(m->n_out));
    } while (claim(l, m, 16));
    for (unsigned d = 0; d < DESTS; d++)
        CHECK(ledger_missing(l, d) == 0);
    CHECK(l->todo.n == 0);
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
        cmocka_unit_test_setup(test_claims_stay_aligned, reset_allocator),
        cmocka_unit_test_setup(test_claims_are_needed_by_each_in_full_or_not_at_all,
                               reset_allocator),
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
