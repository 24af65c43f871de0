/* Lists of names, and what comes with them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/name_list.h"

static struct name_list *make(bool all_below, const char *const *names)
{
    struct name_list *l = name_list_new(all_below);

    assert_non_null(l);
    for (; *names; names++)
        assert_int_equal(name_list_add(l, *names), 0);
    name_list_end(l);
    return l;
}

static void test_relations(void **state)
{
    static const char *const names[] = {"b/c/d", "//b/x/", "b.", "z/y", "b/x", "./b//e", NULL};
    struct name_list *l = make(false, names);

    (void)state;
    assert_int_equal(name_list_find(l, "a"), NAME_NOT);
    assert_int_equal(name_list_find(l, "b"), NAME_ABOVE);
    assert_int_equal(name_list_find(l, "b."), NAME_LISTED);
    assert_int_equal(name_list_find(l, "b/c"), NAME_ABOVE);
    assert_int_equal(name_list_find(l, "b/c/d"), NAME_LISTED);
    assert_int_equal(name_list_find(l, "b/c/d/f"), NAME_NOT);
    assert_int_equal(name_list_find(l, "b/c/e"), NAME_NOT);
    assert_int_equal(name_list_find(l, "b/e"), NAME_LISTED);
    assert_int_equal(name_list_find(l, "b/x"), NAME_LISTED);
    assert_int_equal(name_list_find(l, "b/x/y"), NAME_BELOW);
    assert_int_equal(name_list_find(l, "b/x/y/z"), NAME_NOT);
    assert_int_equal(name_list_find(l, "z"), NAME_ABOVE);
    assert_int_equal(name_list_find(l, "zz"), NAME_NOT);
    assert_true(name_list_has_below(l, "b"));
    assert_true(name_list_has_below(l, "b/x"));
    assert_false(name_list_has_below(l, "b/x/y"));
    assert_false(name_list_has_below(l, "b/e"));
    name_list_free(l);
    name_list_free(NULL);
}

static void test_all_below(void **state)
{
    static const char *const names[] = {"a/b", NULL}, *const root[] = {".", NULL};
    struct name_list *l = make(true, names);

    (void)state;
    assert_int_equal(name_list_find(l, "a/b/c/d"), NAME_BELOW);
    assert_int_equal(name_list_find(l, "a/bb"), NAME_NOT);
    assert_true(name_list_has_below(l, "a/b/c/d"));
    name_list_free(l);
    l = make(true, root);
    assert_int_equal(name_list_find(l, "a/b"), NAME_BELOW);
    name_list_free(l);
    l = make(false, root);
    assert_int_equal(name_list_find(l, "a"), NAME_BELOW);
    assert_int_equal(name_list_find(l, "a/b"), NAME_NOT);
    assert_false(name_list_has_below(l, "a"));
    name_list_free(l);
}

static void test_met(void **state)
{
    static const char *const names[] = {"a/b", "a/b/c", "d", "a/b", ".", "a/b.", NULL};
    struct name_list *l = make(false, names);
    size_t at = 0;

    (void)state;
    name_list_meet(l, "x", false);
    name_list_meet(l, "d", false);
    assert_string_equal(name_list_unmet(l, &at), "a/b");
    assert_string_equal(name_list_unmet(l, &at), "a/b.");
    assert_string_equal(name_list_unmet(l, &at), "a/b/c");
    assert_null(name_list_unmet(l, &at));
    name_list_meet(l, "a/b", true);
    at = 0;
    assert_string_equal(name_list_unmet(l, &at), "a/b.");
    name_list_meet(l, "a", true);
    at = 0;
    assert_null(name_list_unmet(l, &at));
    name_list_free(l);
}

static void test_refused(void **state)
{
    struct name_list *l = name_list_new(false);

    (void)state;
    assert_int_equal(name_list_add(l, "a/../b"), -EINVAL);
    assert_int_equal(name_list_add(l, ".."), -EINVAL);
    assert_int_equal(name_list_add(l, "..a"), 0);
    name_list_free(l);
    l = name_list_new(true);
    name_list_end(l);
    assert_int_equal(name_list_find(l, "a"), NAME_NOT);
    name_list_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_all_below),
        cmocka_unit_test(test_met),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
