/* Which failures have been reported before: the same ones of the same path by the same
 * caller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tree/reported_priv.h"

static struct failure failure(const char *op, int err, const char *message)
{
    struct failure f;

    failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    return f;
}

static void test_same(void **state)
{
    struct reported t = {.table.n = 0};
    struct failure f = failure("open", EACCES, NULL);

    (void)state;
    assert_false(reported_before(&t, 1, "/a", &f));
    assert_true(reported_before(&t, 1, "/a", &f));
    assert_true(reported_before(&t, 1, "/a", &f));
    reported_free(&t);
    assert_false(reported_before(&t, 1, "/a", &f));
    reported_free(&t);
}

static void test_other(void **state)
{
    struct reported t = {.table.n = 0};
    struct failure f = failure("open", EACCES, NULL), g;

    (void)state;
    assert_false(reported_before(&t, 1, "/a", &f));
    assert_false(reported_before(&t, 2, "/a", &f));
    assert_false(reported_before(&t, 1, "/b", &f));
    assert_false(reported_before(&t, 1, "", &f));
    g = failure("read", EACCES, NULL);
    assert_false(reported_before(&t, 1, "/a", &g));
    g = failure("open", EPERM, NULL);
    assert_false(reported_before(&t, 1, "/a", &g));
    g = failure("open", EACCES, "it is said why");
    assert_false(reported_before(&t, 1, "/a", &g));
    g = failure(NULL, EACCES, "it is said why");
    assert_false(reported_before(&t, 1, "/a", &g));
    assert_true(reported_before(&t, 1, "/a", &g));
    assert_true(reported_before(&t, 1, "/a", &f));
    reported_free(&t);
}

static void test_many(void **state)
{
    struct reported t = {.table.n = 0};
    struct failure f = failure("open", EACCES, NULL);
    char path[32];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 10000; i++) {
            (void)snprintf(path, sizeof(path), "/%u", i);
            assert_int_equal(reported_before(&t, 0, path, &f), round == 1);
        }
    }
    assert_int_equal(t.table.n, 10000);
    reported_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_other),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
