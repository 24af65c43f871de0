/* Files with several names: which name comes first, and when a file is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tree/hard_links.h"

static struct stat file(dev_t dev, ino_t ino, nlink_t n)
{
    return (struct stat){.st_dev = dev, .st_ino = ino, .st_nlink = n};
}

static const char *meet(struct hard_links *l, const struct stat *st, const char *path)
{
    int r = -1;
    const char *first = hard_links_meet(l, st, path, &r);

    assert_int_equal(r, 0);
    return first;
}

static void test_names_are_ticked_off(void **state)
{
    struct hard_links l = {.n = 0};
    struct stat a = file(1, 7, 3), other = file(2, 7, 2);

    (void)state;
    assert_null(meet(&l, &a, "/a"));
    assert_null(meet(&l, &other, "/other"));
    assert_string_equal(meet(&l, &a, "/b"), "/a");
    assert_int_equal(l.n, 2);
    assert_string_equal(meet(&l, &a, "/c"), "/a");
    assert_int_equal(l.n, 1);
    assert_string_equal(meet(&l, &other, "/x"), "/other");
    assert_int_equal(l.n, 0);
    /* Its number may be another file's by now. */
    assert_null(meet(&l, &a, "/new"));
    hard_links_free(&l);
}

static void test_kept(void **state)
{
    struct hard_links l = {.keep = true};
    struct stat a = file(1, 7, 2);

    (void)state;
    assert_null(meet(&l, &a, "/a"));
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(meet(&l, &a, "/b"), "/a");
    hard_links_free(&l);
}

static void test_forgotten(void **state)
{
    struct hard_links l = {.n = 0};
    struct stat a = file(1, 7, 3);

    (void)state;
    hard_links_forget(&l, &a);
    assert_null(meet(&l, &a, "/a"));
    hard_links_forget(&l, &a);
    assert_int_equal(l.n, 0);
    assert_null(meet(&l, &a, "/b"));
    assert_string_equal(meet(&l, &a, "/c"), "/b");
    hard_links_free(&l);
}

static void test_many(void **state)
{
    struct hard_links l = {.n = 0};
    char path[32], first[32];

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        struct stat st = file(i % 3, i, 2);

        (void)snprintf(path, sizeof(path), "/%u", i);
        assert_null(meet(&l, &st, path));
    }
    assert_int_equal(l.n, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        struct stat st = file(i % 3, i, 2);

        (void)snprintf(first, sizeof(first), "/%u", i);
        assert_string_equal(meet(&l, &st, "/again"), first);
    }
    assert_int_equal(l.n, 0);
    hard_links_free(&l);
}

static void test_copied(void **state)
{
    struct hard_links l = {.n = 0}, copy = {.n = 0};
    struct stat a = file(1, 7, 3);

    (void)state;
    assert_int_equal(hard_links_copy(&l, true, &copy), 0);
    assert_int_equal(copy.n, 0);
    assert_null(meet(&l, &a, "/a"));
    assert_int_equal(hard_links_copy(&l, false, &copy), 0);
    assert_string_equal(meet(&copy, &a, "/b"), "/a");
    assert_string_equal(meet(&copy, &a, "/c"), "/a");
    assert_int_equal(copy.n, 0);
    assert_int_equal(l.n, 1); /* which has a state of its own */
    hard_links_free(&copy);
    hard_links_free(&l);
}

/* The last meeting does not count, whatever it was. */
static void test_copied_without_last(void **state)
{
    struct hard_links l = {.n = 0}, copy = {.n = 0};
    struct stat a = file(1, 7, 3), other = file(1, 8, 2);

    (void)state;
    assert_null(meet(&l, &other, "/other"));
    assert_null(meet(&l, &a, "/a"));
    assert_int_equal(hard_links_copy(&l, true, &copy), 0); /* the first */
    assert_int_equal(copy.n, 1);
    assert_null(meet(&copy, &a, "/a again"));
    hard_links_free(&copy);
    assert_string_equal(meet(&l, &a, "/b"), "/a");
    assert_int_equal(hard_links_copy(&l, true, &copy), 0); /* one in the middle */
    assert_string_equal(meet(&copy, &a, "/b"), "/a");
    assert_string_equal(meet(&copy, &a, "/c"), "/a");
    assert_int_equal(copy.n, 1);
    hard_links_free(&copy);
    assert_string_equal(meet(&l, &a, "/c"), "/a");
    assert_int_equal(hard_links_copy(&l, true, &copy),
                     0); /* the last: it is not there any more */
    assert_int_equal(l.n, 1);
    assert_int_equal(copy.n, 2);
    assert_string_equal(meet(&copy, &a, "/c"), "/a");
    assert_int_equal(copy.n, 1);
    hard_links_free(&copy);
    hard_links_forget(&l, &other);
    assert_null(meet(&l, &a, "/a"));
    hard_links_forget(&l, &a);
    assert_int_equal(hard_links_copy(&l, true, &copy), 0); /* one that has been forgotten */
    assert_int_equal(copy.n, 0);
    hard_links_free(&copy);
    hard_links_free(&l);
}

static void test_copied_kept(void **state)
{
    struct hard_links l = {.keep = true}, copy = {.n = 0};
    struct stat a = file(1, 7, 2);

    (void)state;
    assert_null(meet(&l, &a, "/a"));
    assert_string_equal(meet(&l, &a, "/b"), "/a");
    assert_int_equal(hard_links_copy(&l, true, &copy), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(meet(&copy, &a, "/b"), "/a");
    hard_links_free(&copy);
    hard_links_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_ticked_off),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_copied),
        cmocka_unit_test(test_copied_without_last),
        cmocka_unit_test(test_copied_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
