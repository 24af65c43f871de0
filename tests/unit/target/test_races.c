/* What somebody else does between two calls of a target to the kernel, or the kernel refuses: what
 * stands under the names then stays, and is not written to. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/target_priv.h"
#include "target/temp.h"

static char all[] = "/tmp/ucopy-test-XXXXXX";

/* ---- the calls ---- */

static void (*before_open)(void); /* called once, before "x" is opened for writing */

int __real_openat(int dir_fd, const char *name, int flags, ...);
int __wrap_openat(int dir_fd, const char *name, int flags, ...);
int __real___openat_2(int dir_fd, const char *name, int flags);
int __wrap___openat_2(int dir_fd, const char *name, int flags);

static void somebody_is_faster(const char *name, int flags)
{
    void (*hook)(void) = before_open;

    if (!hook || strcmp(name, "x") != 0 || (flags & O_ACCMODE) != O_WRONLY)
        return;
    before_open = NULL;
    hook();
}

int __wrap_openat(int dir_fd, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & (O_CREAT | O_TMPFILE))
        mode = va_arg(args, mode_t);
    va_end(args);
    somebody_is_faster(name, flags);
    return __real_openat(dir_fd, name, flags, mode);
}

/* What openat() is without a mode, with _FORTIFY_SOURCE. */
int __wrap___openat_2(int dir_fd, const char *name, int flags)
{
    somebody_is_faster(name, flags);
    return __real___openat_2(dir_fd, name, flags);
}

/* Fails for the name "x" while rename_error is not 0. */
static int rename_error;

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    if (rename_error == 0 || strcmp(to, "x") != 0 || strncmp(from, ".ucopy-", 7) != 0)
        return __real_renameat(from_fd, from, to_fd, to);
    errno = rename_error;
    return -1;
}

/* ---- helpers ---- */

static void write_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_text(const char *name, const char *text)
{
    char buf[64] = "";
    int fd = open(name, O_RDONLY);

    assert_true(fd >= 0);
    assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
    close(fd);
    assert_string_equal(buf, text);
}

static int set_up(void **state)
{
    char dir[64];

    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/XXXXXX", all);
    return mkdtemp(dir) ? chdir(dir) : -1;
}

static int set_up_all(void **state)
{
    (void)state;
    return mkdtemp(all) ? 0 : -1;
}

static int tear_down_all(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", all);
    return chdir("/") < 0 ? -1 : system(command);
}

/* The errno that opening "x" to write into it fails with, if somebody is faster. */
static int open_in_place(void (*somebody)(void))
{
    const struct target_request request = {.path = "x", .inplace = true, .source_mode = 0644};
    struct target target;
    struct failure f;
    int r;

    before_open = somebody;
    r = target_open(&target, &request, &f);
    assert_null(before_open);
    if (r == 0)
        target_abort(&target, false);
    return r < 0 ? f.err : 0;
}

/* ---- in place ---- */

static void put_symlink(void)
{
    assert_int_equal(rename("x", "moved"), 0);
    assert_int_equal(symlink("moved", "x"), 0);
}

/* Also if the link leads to the file that was meant: what it leads to is up to somebody else. */
static void test_symlink_is_not_followed(void **state)
{
    (void)state;
    write_file("x", "old");
    assert_int_equal(open_in_place(put_symlink), ESTALE);
    assert_text("moved", "old");
}

static void put_file(void)
{
    assert_int_equal(rename("x", "moved"), 0);
    write_file("x", "other");
}

static void test_other_file_is_not_written(void **state)
{
    (void)state;
    write_file("x", "old");
    assert_int_equal(open_in_place(put_file), ESTALE);
    assert_text("x", "other");
    assert_text("moved", "old");
}

/* ---- between open and commit ---- */

/* Opens "x" and writes the 4 bytes that are to become it. */
static void write_new(struct target *target, const struct target_request *request)
{
    struct failure f;

    assert_int_equal(target_open(target, request, &f), 0);
    assert_int_equal(write(target->fd, "new\n", 4), 4);
}

/* The errno that the commit fails with. */
static int commit(struct target *target)
{
    struct failure f;
    int r = target_commit(target, &f);

    return r < 0 ? f.err : 0;
}

static const struct target_request new_request = {
    .path = "x", .source_mode = 0644, .size = 4, .length = 4, .data = 4, .size_known = true};

static void test_incomplete_file_is_private(void **state)
{
    struct target target;
    struct stat st;

    (void)state;
    write_new(&target, &new_request);
    assert_int_equal(fstat(target.fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(commit(&target), 0);
    assert_text("x", "new\n");
}

static void test_longer_file_is_refused(void **state)
{
    struct target target;

    (void)state;
    write_new(&target, &new_request);
    assert_int_equal(write(target.fd, "more", 4), 4);
    assert_int_equal(commit(&target), EIO);
    assert_int_equal(access("x", F_OK), -1);
}

static void test_only_new_replaces_nothing(void **state)
{
    struct target_request request = new_request;
    struct target target;

    (void)state;
    request.only_new = true;
    write_new(&target, &request);
    write_file("x", "other");
    assert_int_equal(commit(&target), EEXIST);
    assert_text("x", "other");
}

static void test_backup_is_taken_back(void **state)
{
    struct target_request request = new_request;
    struct target target;

    (void)state;
    write_file("x", "old");
    request.anew = true;
    request.backup = (struct backup_wanted){.kind = BACKUP_SIMPLE, .suffix = "~"};
    write_new(&target, &request);
    rename_error = EBUSY;
    assert_int_equal(commit(&target), EBUSY);
    rename_error = 0;
    assert_text("x", "old");
    assert_int_equal(access("x~", F_OK), -1);
}

/* ---- temporaries ---- */

/* The next name that a temporary file would get. */
static void foresee(char name[TEMP_NAME_SIZE])
{
    char *digits, *end;
    unsigned long last;

    assert_int_equal(temp_name(name), 0);
    end = strrchr(name, '.');
    digits = end - 4;
    last = strtoul(digits, NULL, 16);
    (void)snprintf(digits, 5, "%04lx", (last + 1) & 0xffff);
    *end = '.';
}

static void check_temporary(const char *taken)
{
    char name[TEMP_NAME_SIZE];
    int dir_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

    assert_true(dir_fd >= 0);
    fd = temp_create(dir_fd, 0600, name);
    assert_true(fd >= 0);
    assert_string_not_equal(name, taken);
    close(fd);
    close(dir_fd);
}

static void test_temporary_is_no_existing_file(void **state)
{
    char taken[TEMP_NAME_SIZE];

    (void)state;
    write_file("precious", "text");
    foresee(taken);
    assert_int_equal(link("precious", taken), 0);
    check_temporary(taken);
}

static void test_temporary_follows_no_symlink(void **state)
{
    char taken[TEMP_NAME_SIZE];

    (void)state;
    foresee(taken);
    assert_int_equal(symlink("elsewhere", taken), 0);
    check_temporary(taken);
    assert_int_equal(access("elsewhere", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_symlink_is_not_followed, set_up),
        cmocka_unit_test_setup(test_other_file_is_not_written, set_up),
        cmocka_unit_test_setup(test_incomplete_file_is_private, set_up),
        cmocka_unit_test_setup(test_longer_file_is_refused, set_up),
        cmocka_unit_test_setup(test_only_new_replaces_nothing, set_up),
        cmocka_unit_test_setup(test_backup_is_taken_back, set_up),
        cmocka_unit_test_setup(test_temporary_is_no_existing_file, set_up),
        cmocka_unit_test_setup(test_temporary_follows_no_symlink, set_up),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
