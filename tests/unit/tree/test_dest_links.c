/* Where files with several names are at a destination, or that they are nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tree/dest_links_priv.h"

static struct stat file(dev_t dev, ino_t ino)
{
    return (struct stat){.st_dev = dev, .st_ino = ino, .st_nlink = 2};
}

static void test_made(void **state)
{
    struct dest_links l = {.table.n = 0};
    struct stat a = file(1, 7), other = file(2, 7);

    (void)state;
    assert_null(dest_links_where(&l, &a, ""));
    dest_links_forget(&l, &a);
    dest_links_made(&l, &a, "", "/d/a");
    assert_string_equal(dest_links_where(&l, &a, ""), "/d/a");
    assert_null(dest_links_where(&l, &other, ""));
    /* Its other names are links to the first one. */
    dest_links_made(&l, &a, "", "/d/b");
    assert_string_equal(dest_links_where(&l, &a, ""), "/d/a");
    dest_links_forget(&l, &a);
    assert_null(dest_links_where(&l, &a, ""));
    assert_int_equal(l.table.n, 0);
    dest_links_made(&l, &a, "", "/d/c");
    assert_string_equal(dest_links_where(&l, &a, ""), "/d/c");
    dest_links_free(&l);
}

/* In its own tree a path is one from the root on, in another tree it begins with the label. */
static void test_labels(void **state)
{
    struct dest_links l = {.table.n = 0};
    struct stat a = file(1, 7), root = file(1, 8);

    (void)state;
    dest_links_made(&l, &a, "src", "/d/a");
    dest_links_made(&l, &root, "file", ""); /* a tree that is no directory */
    assert_string_equal(dest_links_where(&l, &a, "src"), "/d/a");
    assert_string_equal(dest_links_where(&l, &a, "other"), "src/d/a");
    assert_string_equal(dest_links_where(&l, &a, "sr"), "src/d/a");
    assert_string_equal(dest_links_where(&l, &root, "src"), "file");
    dest_links_free(&l);
}

static void test_many(void **state)
{
    struct dest_links l = {.table.n = 0};
    char path[32];

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        struct stat st = file(i % 3, i);

        (void)snprintf(path, sizeof(path), "/%u", i);
        dest_links_made(&l, &st, "", path);
    }
    assert_int_equal(l.table.n, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        struct stat st = file(i % 3, i);

        (void)snprintf(path, sizeof(path), "/%u", i);
        assert_string_equal(dest_links_where(&l, &st, ""), path);
        dest_links_forget(&l, &st);
    }
    assert_int_equal(l.table.n, 0);
    dest_links_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
