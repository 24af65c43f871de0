/* Where files with several names are at a destination, or that they are nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tree/dest_links_priv.h"

static const struct made_id here = {.dev = 3, .ino = 9}, there = {.dev = 3, .ino = 10};
static struct made_id id;

static struct stat file(dev_t dev, ino_t ino)
{
    return (struct stat){.st_dev = dev, .st_ino = ino, .st_nlink = 2};
}

static void test_made(void **state)
{
    struct dest_links l = {.table.n = 0};
    struct stat a = file(1, 7), other = file(2, 7);

    (void)state;
    assert_null(dest_links_where(&l, &a, "", &id));
    dest_links_forget(&l, &a);
    assert_int_equal(dest_links_made(&l, &a, "", "/d/a", &here), 0);
    assert_string_equal(dest_links_where(&l, &a, "", &id), "/d/a");
    assert_null(dest_links_where(&l, &other, "", &id));
    assert_int_equal(id.ino, here.ino);
    /* It is where it was made last: the file of the first name may have too many links. */
    assert_int_equal(dest_links_made(&l, &a, "", "/d/b", &there), 0);
    assert_string_equal(dest_links_where(&l, &a, "", &id), "/d/b");
    assert_int_equal(id.ino, there.ino);
    dest_links_forget(&l, &a);
    assert_null(dest_links_where(&l, &a, "", &id));
    assert_int_equal(l.table.n, 0);
    assert_int_equal(dest_links_made(&l, &a, "", "/d/c", &here), 0);
    assert_string_equal(dest_links_where(&l, &a, "", &id), "/d/c");
    dest_links_free(&l);
}

/* In its own tree a path is one from the root on, in another tree it begins with the label. */
static void test_labels(void **state)
{
    struct dest_links l = {.table.n = 0};
    struct stat a = file(1, 7), root = file(1, 8);

    (void)state;
    assert_int_equal(dest_links_made(&l, &a, "src", "/d/a", &here), 0);
    dest_links_made(&l, &root, "file", "", &here); /* a tree that is no directory */
    assert_string_equal(dest_links_where(&l, &a, "src", &id), "/d/a");
    assert_string_equal(dest_links_where(&l, &a, "other", &id), "src/d/a");
    assert_string_equal(dest_links_where(&l, &a, "sr", &id), "src/d/a");
    assert_string_equal(dest_links_where(&l, &root, "src", &id), "file");
    dest_links_free(&l);
}

/* What has the inode number of the file is the file only if all else is the same, too. */
static void test_unlike(void **state)
{
    struct dest_links l = {.table.n = 0};
    const struct stat a = file(1, 7);
    struct stat b = a;

    (void)state;
    assert_int_equal(dest_links_made(&l, &a, "", "/a", &here), 0);
    assert_non_null(dest_links_where(&l, &b, "", &id));
    b.st_size++;
    assert_null(dest_links_where(&l, &b, "", &id));
    b = a;
    b.st_mtim.tv_nsec++;
    assert_null(dest_links_where(&l, &b, "", &id));
    b = a;
    b.st_ctim.tv_sec++;
    assert_null(dest_links_where(&l, &b, "", &id));
    b = a;
    b.st_nlink++;
    assert_null(dest_links_where(&l, &b, "", &id));
    b = a;
    b.st_mode ^= S_IFREG;
    assert_null(dest_links_where(&l, &b, "", &id));
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
        dest_links_made(&l, &st, "", path, &here);
    }
    assert_int_equal(l.table.n, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        struct stat st = file(i % 3, i);

        (void)snprintf(path, sizeof(path), "/%u", i);
        assert_string_equal(dest_links_where(&l, &st, "", &id), path);
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
        cmocka_unit_test(test_unlike),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
