/* Directories by descriptors: deeper than descriptors last, and moved meanwhile. */
#include <dirent.h>
#include <errno.h>
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

#include "base/dir_chain.h"

#define DEEP 100u

static char scratch[] = "/tmp/ucopy-test-XXXXXX";
static struct dir_chain dirs;

static int open_dir(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void enter(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(dir_chain_enter(&dirs, fd, &st), 0);
}

/* Makes a directory "d" where we stand, unless it is there, and goes into it. */
static void descend(void)
{
    assert_true(mkdirat(dir_chain_fd(&dirs), "d", 0700) == 0 || errno == EEXIST);
    enter(open_dir(dir_chain_fd(&dirs), "d"));
}

static unsigned count_open(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < dirs.n; i++)
        n += dirs.levels[i].fd >= 0;
    return n;
}

static int set_up(void **state)
{
    (void)state;
    enter(open_dir(AT_FDCWD, scratch));
    return 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    dir_chain_free(&dirs);
    assert_int_equal(dirs.n, 0);
    (void)snprintf(command, sizeof(command), "rm -rf %s/*", scratch);
    return system(command);
}

static int set_up_all(void **state)
{
    (void)state;
    return mkdtemp(scratch) ? 0 : -1;
}

static int tear_down_all(void **state)
{
    (void)state;
    return rmdir(scratch);
}

static void test_deep(void **state)
{
    ino_t inodes[DEEP + 1];
    struct stat st;

    (void)state;
    for (unsigned i = 0; i < DEEP; i++) {
        descend();
        assert_int_equal(fstat(dir_chain_fd(&dirs), &st), 0);
        inodes[i + 1] = st.st_ino;
        assert_true(dir_chain_has(&dirs, &st));
        assert_true(count_open() <= 8);
    }
    for (unsigned i = DEEP; i > 1; i--) {
        assert_int_equal(dir_chain_leave(&dirs), 0);
        assert_int_equal(fstat(dir_chain_fd(&dirs), &st), 0);
        assert_int_equal(st.st_ino, inodes[i - 1]);
        st.st_ino = inodes[i];
        assert_false(dir_chain_has(&dirs, &st));
        assert_true(count_open() <= 8);
    }
}

/* Up and down again and again, as a walk does it. */
static void test_zigzag(void **state)
{
    struct stat st, now;

    (void)state;
    for (unsigned i = 0; i < 30; i++)
        descend();
    for (unsigned i = 0; i < 200; i++) {
        unsigned steps = i * 7 % 25 + 1;

        assert_int_equal(fstat(dir_chain_fd(&dirs), &st), 0);
        for (unsigned k = 0; k < steps; k++)
            assert_int_equal(dir_chain_leave(&dirs), 0);
        for (unsigned k = 0; k < steps; k++)
            descend();
        assert_int_equal(fstat(dir_chain_fd(&dirs), &now), 0);
        assert_int_equal(now.st_ino, st.st_ino);
        assert_true(count_open() <= 8);
    }
}

/* Down by symlinks, from where ".." does not lead back. */
static void test_symlinks(void **state)
{
    ino_t inodes[30];
    struct stat st;

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(fstat(dir_chain_fd(&dirs), &st), 0);
        inodes[i] = st.st_ino;
        if (i % 7 == 3) {
            char name[96];

            (void)snprintf(name, sizeof(name), "%s/elsewhere%u", scratch, i);
            assert_int_equal(mkdir(name, 0700), 0);
            assert_int_equal(symlinkat(name, dir_chain_fd(&dirs), "d"), 0);
            enter(open_dir(dir_chain_fd(&dirs), "d"));
        } else {
            descend();
        }
    }
    for (unsigned i = 30; i > 0; i--) {
        assert_int_equal(dir_chain_leave(&dirs), 0);
        assert_int_equal(fstat(dir_chain_fd(&dirs), &st), 0);
        assert_int_equal(st.st_ino, inodes[i - 1]);
        assert_true(count_open() <= 12);
    }
}

/* What was moved elsewhere does not lead to where it is now. */
static void test_moved(void **state)
{
    char from[64], to[64];
    unsigned up = 0;
    int r;

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        descend();
    (void)snprintf(from, sizeof(from), "%s/d/d/d/d/d", scratch);
    (void)snprintf(to, sizeof(to), "%s/moved", scratch);
    assert_int_equal(rename(from, to), 0);
    while ((r = dir_chain_leave(&dirs)) == 0)
        up++;
    assert_int_equal(up, 15);
    assert_int_equal(r, -ESTALE);
    assert_true(dir_chain_fd(&dirs) < 0);
    while (dirs.n > 1) {
        assert_int_equal(dir_chain_leave(&dirs), -ESTALE);
        assert_true(dir_chain_fd(&dirs) < 0);
    }
}

static unsigned count_entries(int fd)
{
    _Alignas(16) char buffer[512]; /* a few at a time */
    unsigned n = 0;

    for (ssize_t got; (got = getdents64(fd, buffer, sizeof(buffer))) > 0;)
        for (ssize_t at = 0; at < got; n++)
            at += ((const struct dirent64 *)(const void *)(buffer + at))->d_reclen;
    return n;
}

/* A copy lists what is left of a directory, and goes back up, whatever the first one does. */
static void test_copy(void **state)
{
    struct dir_chain copy = {.n = 0};
    _Alignas(16) char buffer[512];
    unsigned left;
    char name[8];

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        descend();
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "f%u", i);
        assert_int_equal(mkdirat(dir_chain_fd(&dirs), name, 0700), 0);
    }
    assert_true(getdents64(dir_chain_fd(&dirs), buffer, sizeof(buffer)) > 0);
    assert_int_equal(dir_chain_copy(&dirs, &copy), 0);
    left = count_entries(dir_chain_fd(&dirs));
    assert_in_range(left, 50, 101);
    assert_int_equal(count_entries(dir_chain_fd(&copy)), left);
    while (dirs.n > 1)
        assert_int_equal(dir_chain_leave(&dirs), 0);
    while (copy.n > 1)
        assert_int_equal(dir_chain_leave(&copy), 0);
    assert_int_equal(copy.levels[0].ino, dirs.levels[0].ino);
    assert_true(dir_chain_fd(&copy) >= 0 && dir_chain_fd(&copy) != dir_chain_fd(&dirs));
    dir_chain_free(&copy);
}

/* A directory that nobody may go through any more does not keep us from where we came from. */
static void test_shut(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        assert_int_equal(chmod(scratch, 0777), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    for (unsigned i = 0; i < 20; i++)
        descend();
    while (dirs.n > 1) {
        int was = dup(dir_chain_fd(&dirs));

        assert_int_equal(fchmod(dir_chain_fd(&dirs), 0), 0);
        assert_int_equal(dir_chain_leave(&dirs), 0);
        assert_int_equal(fchmod(was, 0700), 0);
        close(was);
    }
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deep, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_zigzag, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_symlinks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_moved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shut, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
