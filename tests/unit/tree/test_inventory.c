/* What a source has: entries, how many are in a directory, and what was listed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree/inventory_priv.h"

static void expect(struct inventory *i, const char *path, bool has, bool listed,
                   uint32_t inside)
{
    bool is_listed;
    uint32_t n;

    assert_int_equal(inventory_find(i, path, &is_listed, &n), has);
    assert_int_equal(is_listed, listed);
    assert_int_equal(n, inside);
}

static void test_entries(void **state)
{
    struct inventory *i = inventory_new();

    (void)state;
    expect(i, "", false, false, 0);
    inventory_add(i, "");
    inventory_add(i, "a");
    inventory_add(i, "a"); /* by another walk */
    inventory_add(i, "b");
    inventory_add(i, "a/b");
    inventory_note_listed(i, "a");
    inventory_note_listed(i, "missing");
    expect(i, "", true, false, 2);
    expect(i, "a", true, true, 1);
    expect(i, "a/b", true, false, 0);
    expect(i, "c", false, false, 0);
    assert_true(inventory_is_whole(i));
    inventory_add(i, "x/y"); /* the directory was not noted */
    assert_false(inventory_is_whole(i));
    inventory_free(i);
    inventory_free(NULL);
}

static void test_many(void **state)
{
    struct inventory *i = inventory_new();
    char path[32];

    (void)state;
    inventory_add(i, "");
    inventory_add(i, "d");
    for (unsigned k = 0; k < 10000; k++) {
        (void)snprintf(path, sizeof path, "d/%u", k);
        inventory_add(i, path);
    }
    expect(i, "d", true, false, 10000);
    expect(i, "d/9999", true, false, 0);
    expect(i, "d/10000", false, false, 0);
    inventory_free(i);
}

static void test_used(void **state)
{
    struct inventory *i = inventory_new();
    struct stat st = {.st_dev = 1, .st_ino = 2};

    (void)state;
    assert_false(inventory_uses(i, &st));
    inventory_note_used(i, &st);
    assert_true(inventory_uses(i, &st));
    st.st_dev = 2;
    assert_false(inventory_uses(i, &st));
    inventory_free(i);
}

/* A new directory with symlinks, and a descriptor of it. */
static int make_links(char path[])
{
    static const char *const links[][2] = {{"b/../c/d", "a"}, {"real", "b"},
                                           {"real", "c"},     {"real", "apart"},
                                           {"loop", "loop"},  {"none/a", "lost"}};
    int fd;

    assert_non_null(mkdtemp(path));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(mkdirat(fd, "real", 0700), 0);
    assert_int_equal(mkdirat(fd, "real/d", 0700), 0);
    for (size_t k = 0; k < sizeof(links) / sizeof(links[0]); k++)
        assert_int_equal(symlinkat(links[k][0], fd, links[k][1]), 0);
    return fd;
}

static void remove_links(int fd, const char *path)
{
    static const char *const names[] = {"a", "b", "c", "apart", "loop", "lost"};

    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
        assert_int_equal(unlinkat(fd, names[k], 0), 0);
    assert_int_equal(unlinkat(fd, "real/d", AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(fd, "real", AT_REMOVEDIR), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(rmdir(path), 0);
}

static bool uses(struct inventory *i, int fd, const char *name)
{
    struct stat st;

    assert_int_equal(fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    return inventory_uses(i, &st);
}

static void test_way(void **state)
{
    char path[] = "/tmp/test-inventory.XXXXXX", absolute[64];
    int fd = make_links(path);
    struct inventory *i = inventory_new();

    (void)state;
    inventory_note_way(i, fd, "a");
    assert_true(uses(i, fd, "a") && uses(i, fd, "b") && uses(i, fd, "c"));
    assert_false(uses(i, fd, "real") || uses(i, fd, "real/d") || uses(i, fd, "apart"));
    inventory_note_way(i, fd, "loop/x"); /* that comes to an end */
    inventory_note_way(i, fd, "lost");
    assert_true(uses(i, fd, "loop") && uses(i, fd, "lost"));
    (void)snprintf(absolute, sizeof absolute, "/%s//apart/", path);
    inventory_note_way(i, AT_FDCWD, absolute);
    assert_true(uses(i, fd, "apart"));
    assert_true(inventory_is_whole(i));
    inventory_free(i);
    remove_links(fd, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_used),
        cmocka_unit_test(test_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
