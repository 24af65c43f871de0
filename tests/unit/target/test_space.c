/* The arithmetic of space, with file systems made of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "target/space.h"

static void test_available(void **state)
{
    struct statvfs fs = {
        .f_bsize = 65536, .f_frsize = 4096, .f_blocks = 1000, .f_bfree = 100, .f_bavail = 60};

    (void)state;
    assert_int_equal(space_available(&fs, false), 60 * 4096);
    assert_int_equal(space_available(&fs, true), 100 * 4096);
    fs.f_bavail = 0;
    assert_int_equal(space_available(&fs, false), 0);
    fs.f_frsize = 0;
    assert_int_equal(space_available(&fs, true), 100 * 65536);
}

static void test_unknown(void **state)
{
    struct statvfs nothing = {.f_bsize = 0};
    struct statvfs no_limit = {.f_bsize = 4096, .f_frsize = 4096};
    struct statvfs no_block = {.f_blocks = 10, .f_bfree = 10, .f_bavail = 10};
    struct statvfs huge = {
        .f_frsize = 4096, .f_blocks = UINT64_MAX, .f_bfree = UINT64_MAX, .f_bavail = 1};

    (void)state;
    assert_true(space_available(&nothing, true) == SPACE_UNKNOWN);
    assert_true(space_available(&no_limit, true) == SPACE_UNKNOWN);
    assert_true(space_available(&no_block, false) == SPACE_UNKNOWN);
    assert_true(space_available(&huge, true) == SPACE_UNKNOWN);
    assert_int_equal(space_available(&huge, false), 4096);
}

static void test_need(void **state)
{
    (void)state;
    assert_int_equal(space_need(0, 4096, 0), 0);
    assert_int_equal(space_need(1, 4096, 0), 4096);
    assert_int_equal(space_need(4096, 4096, 0), 4096);
    assert_int_equal(space_need(4097, 4096, 0), 8192);
    assert_int_equal(space_need(4097, 0, 0), 4097);
    assert_int_equal(space_need(8192, 4096, 4096), 4096);
    assert_int_equal(space_need(4097, 4096, 8192), 0);
    assert_int_equal(space_need(4096, 4096, 1 << 20), 0);
    assert_true(space_need(UINT64_MAX - 1, 4096, 0) == UINT64_MAX);
}

static void test_sum_per_device(void **state)
{
    struct space_demand demands[] = {
        {.device = 1, .need = 60, .available = 100},
        {.device = 2, .need = 100, .available = 100},
        {.device = 1, .need = 50, .available = 100},
        {.device = 3, .need = 101, .available = 100},
    };

    (void)state;
    assert_int_equal(space_missing(demands, 4, 0), 10);
    assert_int_equal(space_missing(demands, 4, 1), 0);
    assert_int_equal(space_missing(demands, 4, 2), 10);
    assert_int_equal(space_missing(demands, 4, 3), 1);
    demands[0].need = 50;
    assert_int_equal(space_missing(demands, 4, 0), 0);
    assert_int_equal(space_missing(demands, 4, 2), 0);
}

static void test_not_checked(void **state)
{
    struct space_demand demands[] = {
        {.device = 1, .need = 200, .available = SPACE_UNKNOWN},
        {.device = 2, .need = 0, .available = 0},
        {.device = 2, .need = 1, .available = 0},
        {.need = 0},
    };

    (void)state;
    assert_int_equal(space_missing(demands, 4, 0), 0);
    assert_int_equal(space_missing(demands, 4, 1), 0);
    assert_int_equal(space_missing(demands, 4, 2), 1);
    assert_int_equal(space_missing(demands, 4, 3), 0);
}

static void test_overflow(void **state)
{
    struct space_demand demands[] = {
        {.device = 1, .need = UINT64_MAX - 5, .available = 10},
        {.device = 1, .need = 10, .available = 10},
    };

    (void)state;
    assert_true(space_missing(demands, 2, 1) == UINT64_MAX - 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_available),   cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_need),        cmocka_unit_test(test_sum_per_device),
        cmocka_unit_test(test_not_checked), cmocka_unit_test(test_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
