/* Tests of rate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/rate.h"

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void test_without_a_limit_nothing_waits(void **state)
{
    struct rate r = {.limit = 0};

    (void)state;
    assert_int_equal(rate_reserve(&r, UINT64_MAX), 0);
    assert_int_equal(rate_wait_ms(0), 0);
    assert_true(rate_wait(&r, UINT64_MAX, NULL, NULL));
}

static void test_bytes_are_paid_before(void **state)
{
    struct rate r = {.limit = 1000};
    uint64_t began = now_ns(), first = rate_reserve(&r, 500), second = rate_reserve(&r, 1500);

    (void)state;
    assert_true(first >= began + 500000000u);
    assert_true(second == first + 1500000000u);
    assert_true(rate_wait_ms(second) > 1000);
}

/* Nobody may catch up after a pause. */
static void test_what_was_not_used_is_lost(void **state)
{
    struct rate r = {.limit = 1000, .spent = 1};
    uint64_t began = now_ns();

    (void)state;
    assert_true(rate_reserve(&r, 100) >= began + 100000000u);
}

static void test_large_numbers(void **state)
{
    struct rate r = {.limit = INT64_MAX};
    uint64_t began = now_ns();

    (void)state;
    assert_true(rate_reserve(&r, INT64_MAX) - began < 2000000000u);
}

static bool no(void *arg)
{
    ++*(int *)arg;
    return false;
}

static void test_a_wait_ends_if_it_is_told_so(void **state)
{
    struct rate r = {.limit = 1};
    int asked = 0;

    (void)state;
    assert_false(rate_wait(&r, 1000000, no, &asked));
    assert_int_equal(asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_limit_nothing_waits),
        cmocka_unit_test(test_bytes_are_paid_before),
        cmocka_unit_test(test_what_was_not_used_is_lost),
        cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_a_wait_ends_if_it_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
