/* Patterns that leave entries out. tests/filters compares random ones with rsync. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/filter.h"

/* Whether a filter of that one pattern leaves out the path; a directory if it ends with a slash. */
static bool excludes(const char *pattern, const char *path)
{
    struct filter *f = filter_new();
    char plain[256];
    size_t len = strlen(path);
    bool is_directory = path[len - 1] == '/', out;

    memcpy(plain, path, len + 1);
    plain[len - is_directory] = '\0';
    assert_non_null(f);
    assert_int_equal(filter_add(f, pattern, false), 0);
    out = filter_leaves_out(f, plain, is_directory);
    filter_free(f);
    return out;
}

static void test_names(void **state)
{
    (void)state;
    assert_true(excludes("foo", "foo"));
    assert_true(excludes("foo", "a/b/foo/"));
    assert_false(excludes("foo", "foo/a"));
    assert_false(excludes("foo", "afoo"));
    assert_true(excludes("foo/", "a/foo/"));
    assert_false(excludes("foo/", "a/foo"));
    assert_true(excludes("/foo", "foo"));
    assert_false(excludes("/foo", "a/foo"));
    assert_true(excludes("foo/bar", "a/foo/bar"));
    assert_false(excludes("foo/bar", "a/xfoo/bar"));
    assert_false(excludes("/foo/bar", "a/foo/bar"));
    assert_false(excludes("/", "a"));
    assert_false(excludes("", "a"));
    assert_true(excludes("a\\b", "a\\b"));
}

static void test_stars(void **state)
{
    (void)state;
    assert_true(excludes("*.o", "a/x.o"));
    assert_false(excludes("*.o", "a/x.oo"));
    assert_true(excludes("foo/*/bar", "a/foo/x/bar"));
    assert_false(excludes("foo/*/bar", "foo/x/y/bar"));
    assert_true(excludes("/foo/**/bar", "foo/x/y/bar"));
    assert_false(excludes("/foo/**/bar", "foo/bar"));
    assert_true(excludes("**/bar", "bar"));
    assert_true(excludes("**/bar", "a/b/bar"));
    assert_true(excludes("a**c", "x/ab/bc"));
    assert_false(excludes("a*c", "ab/bc"));
    assert_true(excludes("foo/***", "a/foo/"));
    assert_true(excludes("foo/***", "a/foo/b/c"));
    assert_false(excludes("foo/***", "a/foo"));
    assert_false(excludes("foo/**", "a/foo/"));
    assert_true(excludes("/*", "a"));
    assert_false(excludes("/*", "a/b"));
    assert_true(excludes("?", "a/b"));
    assert_false(excludes("a?b", "a/b"));
    assert_true(excludes("foo\\*", "foo*"));
    assert_false(excludes("foo\\*", "foox"));
    assert_false(excludes("*\\", "a\\"));
    assert_true(excludes("*a*b*c*", "xxaxxbxxc"));
    assert_true(excludes("**a*/*b", "1/2a3/4b"));
    assert_false(excludes("*a*a*a*a*a*a*a*a*a*a*a*a*b",
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void test_classes(void **state)
{
    (void)state;
    assert_true(excludes("[a-c]", "b"));
    assert_false(excludes("[a-c]", "d"));
    assert_true(excludes("[!a-c]", "d"));
    assert_false(excludes("[a-c-e]", "d"));
    assert_true(excludes("[a-c-e]", "-"));
    assert_true(excludes("[^a-c]", "d"));
    assert_false(excludes("a[!x]b", "a/b"));
    assert_false(excludes("a[/]b", "a/b"));
    assert_true(excludes("[]]", "]"));
    assert_true(excludes("[]-]", "-"));
    assert_true(excludes("[\\]]", "]"));
    assert_true(excludes("[[:digit:]x]", "7"));
    assert_true(excludes("[[:digit:]x]", "x"));
    assert_false(excludes("[[:digit:]x]", "y"));
    assert_false(excludes("[[:no:]x]", "x"));
    assert_true(excludes("[[:]", ":"));
    assert_false(excludes("[a", "a"));
    assert_false(excludes("[a", "[a"));
    assert_true(excludes("\\[a*", "[abc"));
    assert_false(excludes("[a-", "a"));
    assert_false(excludes("[\\", "\\"));
}

static void test_order(void **state)
{
    struct filter *f = filter_new();

    (void)state;
    assert_false(filter_leaves_out(NULL, "a", false));
    assert_int_equal(filter_add(f, "a/*.c", true), 0);
    assert_int_equal(filter_add(f, "*.c", false), 0);
    assert_int_equal(filter_add(f, "+ b", false), 0);
    assert_int_equal(filter_add(f, "- b*", true), 0);
    assert_int_equal(filter_add(f, "d/", false), 0);
    assert_int_equal(filter_add(f, "- ", false), -EINVAL);
    assert_false(filter_leaves_out(f, "a/x.c", false));
    assert_true(filter_leaves_out(f, "b/x.c", false));
    assert_false(filter_leaves_out(f, "b", false));
    assert_true(filter_leaves_out(f, "bb", false));
    assert_false(filter_leaves_out(f, "e", false));
    assert_true(filter_leaves_out_any(f, "bb"));
    assert_false(filter_leaves_out_any(f, "d"));
    assert_int_equal(filter_add(f, "!", true), 0);
    assert_false(filter_leaves_out(f, "bb", false));
    assert_int_equal(filter_add(f, "!b", false), 0);
    assert_true(filter_leaves_out(f, "!b", false));
    filter_free(f);
    filter_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_stars),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
