/* Partial files: whose they are, who has them, and what of them is believed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/partial_priv.h"
#include "target/target.h"

#define NOBODY 65534u
#define LENGTH 3000000u
#define CELL   1000000u

static char scratch[] = "/tmp/ucopy-test-XXXXXX";
static char bytes[LENGTH];
static int dir_fd;

static atomic_uint_fast64_t kept;

static struct origin origin = {.size = LENGTH, .ino = 7, .length = LENGTH};
static struct partial_request request = {
    .name = "final",
    .origin = &origin,
    .resume = true,
    .owner = (uid_t)-1,
    .kept = &kept,
};

/* What the test has open. */
static struct partial p;
static char part[TEMP_NAME_SIZE];

static int set_up_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

static int tear_down_all(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return system(command);
}

static int set_up(void **state)
{
    (void)state;
    (void)!system("rm -rf .ucopy-*");
    dir_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return close(dir_fd);
}

static bool exists(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

static int take(void)
{
    return partial_open(&p, dir_fd, &request, part);
}

static int take_ok(void)
{
    int fd = take();

    if (fd < 0)
        fail_msg("partial_open: %s", strerror(-fd));
    assert_true(exists(part) && exists(p.journal_name));
    return fd;
}

/* Writes cell number i, and says so. */
static void put(int fd, unsigned i)
{
    struct journal_record r = {
        .start = i * CELL, .len = CELL, .hash = hash_of(bytes + i * CELL, CELL)};

    assert_int_equal(pwrite(fd, bytes + i * CELL, CELL, i * CELL), CELL);
    partial_note(&p, &r, 1);
}

static void leave(int fd)
{
    partial_close(&p);
    close(fd);
}

/* A partial file that a run has left, with the cells of the mask. */
static void make(unsigned cells)
{
    int fd = take_ok();

    for (unsigned i = 0; i < 3; i++)
        if (cells >> i & 1)
            put(fd, i);
    assert_int_equal(kept, CELL * (unsigned)__builtin_popcount(cells));
    leave(fd);
}

/* Reads back: exactly the cells of the mask are there. */
static void assert_there(int fd, unsigned cells)
{
    struct target_watch watch = {.stop = false};
    struct ranges held;

    ranges_init(&held);
    assert_int_equal(partial_check(&p, fd, true, &watch, &held), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ranges_contain(&held, i * CELL, (i + 1) * CELL), cells >> i & 1);
        assert_int_equal(ranges_overlap(&held, i * CELL, (i + 1) * CELL), cells >> i & 1);
    }
    assert_int_equal(kept, ranges_total(&held));
    ranges_free(&held);
}

static void test_comes_back(void **state)
{
    int fd;

    (void)state;
    make(5);
    fd = take_ok();
    assert_null(p.no_resume);
    assert_int_equal(kept, 2 * CELL);
    assert_there(fd, 5);
    put(fd, 1);
    leave(fd);
    fd = take_ok();
    assert_there(fd, 7);
    partial_remove(&p, dir_fd, part, fd);
    assert_string_equal(part, "");
    leave(fd);
    assert_int_equal(system("test -z \"$(ls -A)\""), 0);
}

static void test_finish(void **state)
{
    int fd = take_ok();

    (void)state;
    assert_int_equal(rename(part, "final"), 0);
    partial_finish(&p, dir_fd);
    assert_int_equal(kept, 0);
    leave(fd);
    assert_int_equal(system("test \"$(ls -A)\" = final && rm final"), 0);
}

static void test_tampered_cells(void **state)
{
    char byte;
    int fd;

    (void)state;
    make(7);
    fd = take_ok();
    assert_int_equal(pread(fd, &byte, 1, CELL + 5), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, CELL + 5), 1);
    assert_there(fd, 5);
    put(fd, 1); /* a second record of the same cell */
    leave(fd);
    fd = take_ok();
    assert_there(fd, 7);
    assert_int_equal(ftruncate(fd, 3 * CELL - 1), 0);
    leave(fd);
    fd = take_ok();
    assert_there(fd, 3);
    assert_int_equal(ftruncate(fd, 10 * CELL), 0);
    leave(fd);
    fd = take_ok();
    assert_int_equal(lseek(fd, 0, SEEK_END), LENGTH);
    assert_there(fd, 3);
    partial_remove(&p, dir_fd, part, fd);
    leave(fd);
}

static void test_stop(void **state)
{
    struct target_watch watch = {.stop = true};
    struct ranges held;
    int fd;

    (void)state;
    make(3);
    fd = take_ok();
    ranges_init(&held);
    assert_int_equal(partial_check(&p, fd, false, &watch, &held), -EINTR);
    assert_int_equal(kept, 2 * CELL);
    ranges_free(&held);
    leave(fd);
}

static void test_afresh(void **state)
{
    int fd;

    (void)state;
    make(7);
    origin.ino++;
    fd = take_ok();
    origin.ino--;
    assert_non_null(p.no_resume);
    assert_int_equal(kept, 0);
    assert_there(fd, 0);
    leave(fd);
    make(7);
    request.resume = false;
    fd = take_ok();
    request.resume = true;
    assert_there(fd, 0);
    partial_remove(&p, dir_fd, part, fd);
    leave(fd);
}

/* While one run has it nobody else gets it, and nobody removes it. */
static void test_held(void **state)
{
    char other_part[TEMP_NAME_SIZE];
    struct partial other;
    int fd = take_ok();

    (void)state;
    put(fd, 0);
    for (int resume = 0; resume < 2; resume++) {
        request.resume = resume;
        assert_int_equal(partial_open(&other, dir_fd, &request, other_part), -EAGAIN);
        assert_string_equal(other_part, "");
        assert_int_equal(other.journal_fd, -1);
    }
    partial_sweep(dir_fd, "final");
    assert_true(exists(part) && exists(p.journal_name));
    leave(fd);
    partial_sweep(dir_fd, "another");
    assert_true(exists(part) && exists(p.journal_name));
    partial_sweep(dir_fd, "final");
    assert_false(exists(part) || exists(p.journal_name));
}

static void test_lone_map(void **state)
{
    (void)state;
    make(1);
    assert_int_equal(unlink(part), 0);
    partial_sweep(dir_fd, "final");
    assert_false(exists(part) || exists(p.journal_name));
}

static void test_allocated(void **state)
{
    (void)state;
    assert_int_equal(partial_allocated(dir_fd, "final"), 0);
    make(1);
    assert_in_range(partial_allocated(dir_fd, "final"), CELL, 2 * CELL);
    assert_int_equal(partial_allocated(dir_fd, "another"), 0);
}

/* Not ours alone, or no file: neither used nor removed. */
static void test_foreign(void **state)
{
    static const char *const makers[] = {
        "ln -s /etc/passwd \"$n\"",
        "mkdir \"$n\"",
        "mkfifo \"$n\"",
        "touch other && ln -f other \"$n\"",
    };
    char name[TEMP_NAME_SIZE], command[96];

    (void)state;
    make(1);
    (void)strcpy(name, part);
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        (void)snprintf(command, sizeof(command), "rm -rf %s", name);
        assert_int_equal(system(command), 0);
        (void)snprintf(command, sizeof(command), "n=%s; %s", name, makers[i]);
        assert_int_equal(system(command), 0);
        assert_int_equal(take(), -EEXIST);
        partial_sweep(dir_fd, "final");
        assert_true(exists(name));
    }
    assert_int_equal(system("rm -rf .ucopy-* other"), 0);
}

/* Another user's, even if all may write into it: it may be a trap. But root may have given it
 * to the owner of the file that it replaces, just before it was killed. */
static void test_owner(void **state)
{
    int fd;

    (void)state;
    if (geteuid() != 0)
        skip();
    make(1);
    assert_int_equal(chown(part, NOBODY, NOBODY), 0);
    assert_int_equal(chmod(part, 0444), 0);
    assert_int_equal(take(), -EEXIST);
    request.owner = NOBODY;
    fd = take_ok();
    request.owner = (uid_t)-1;
    assert_there(fd, 1);
    leave(fd);
    assert_int_equal(chown(part, 0, 0), 0);
    assert_int_equal(chown(p.journal_name, NOBODY, NOBODY), 0);
    fd = take_ok();
    assert_there(fd, 0);
    partial_remove(&p, dir_fd, part, fd);
    leave(fd);
}

/* Killed just before the rename it has its final mode, which may be for reading only. */
static void test_final_mode(void **state)
{
    struct stat st;
    int fd, status;
    pid_t pid;

    (void)state;
    if (geteuid() == 0)
        assert_int_equal(chown(".", NOBODY, NOBODY), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(1);
        make(1);
        assert_int_equal(chmod(part, 0444), 0);
        fd = take_ok();
        assert_there(fd, 1);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        partial_remove(&p, dir_fd, part, fd);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_finish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tampered_cells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_afresh, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lone_map, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_allocated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_final_mode, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("partial", tests, set_up_all, tear_down_all);
}
