/* test_verdict: exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "session/session_priv.h"

static void test_policy(void **state)
{
    struct options all = {.require = OPTIONS_REQUIRE_ALL}, two = {.require = 2};

    (void)state;
    assert_int_equal(session_policy_status(&all, 3, 3, 3), 0);
    assert_int_equal(session_policy_status(&all, 3, 3, 2), 6);
    assert_int_equal(session_policy_status(&all, 3, 2, 2), 3);
    assert_int_equal(session_policy_status(&all, 3, 0, 0), 1);
    assert_int_equal(session_policy_status(&two, 3, 2, 2), 0);
    assert_int_equal(session_policy_status(&two, 3, 3, 1), 6);
    assert_int_equal(session_policy_status(&two, 3, 1, 1), 3);
}

/* What is not available comes before a signal, a signal before the source, and that before what
 * became of the destinations. */
static void test_order(void **state)
{
    struct options o = {.require = OPTIONS_REQUIRE_ALL};
    struct dest_status dests[2] = {{.state = DEST_DONE}, {.state = DEST_FAILED}};
    struct copy_status s = {.dests = dests, .n_dests = 2};

    (void)state;
    assert_int_equal(session_exit_status(&o, &s, false, 0), 3);
    s.source_failure.err = 5;
    assert_int_equal(session_exit_status(&o, &s, false, 0), 5);
    assert_int_equal(session_exit_status(&o, &s, false, 15), 143);
    assert_int_equal(session_exit_status(&o, &s, true, 15), 2);
    s.source_failure.err = 0;
    dests[1] = (struct dest_status){.state = DEST_DONE, .n_attribute_failures = 1};
    assert_int_equal(session_exit_status(&o, &s, false, 0), 6);
}

static void test_worse(void **state)
{
    /* From the worst to the best. */
    static const int order[] = {2, 130, 4, 5, 1, 3, 6, 0};

    (void)state;
    for (unsigned a = 0; a < sizeof order / sizeof order[0]; a++)
        for (unsigned b = a; b < sizeof order / sizeof order[0]; b++) {
            assert_int_equal(session_worse(order[a], order[b]), order[a]);
            assert_int_equal(session_worse(order[b], order[a]), order[a]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_worse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
