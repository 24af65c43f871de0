/* Tests of target/backup.c: which name a backup gets, and that its first one stays. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/backup.h"

static char scratch[] = "/tmp/ucopy-test-XXXXXX";
static const struct stat elsewhere = {.st_ino = 0};
static int dir_fd;
static int link_error; /* what linkat() fails with; 0: it does not */

int __real_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);

int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    if (link_error == 0)
        return __real_linkat(from_fd, from, to_fd, to, flags);
    errno = link_error;
    return -1;
}

static int set_up(void **state)
{
    (void)state;
    link_error = 0;
    (void)snprintf(scratch, sizeof(scratch), "/tmp/ucopy-test-XXXXXX");
    if (!mkdtemp(scratch) || chdir(scratch) < 0)
        return -1;
    dir_fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    close(dir_fd);
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void make(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, name, strlen(name)), strlen(name));
    close(fd);
}

static ino_t inode(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0 ? st.st_ino : 0;
}

/* Makes a backup of "f", which must get that name and be what "f" was. */
static void assert_backup(enum backup_kind kind, bool move, const char *expected)
{
    const struct backup_wanted w = {.kind = kind, .suffix = "~"};
    char name[NAME_MAX + 1];
    ino_t was = inode("f");

    assert_int_equal(backup_make(&w, dir_fd, "f", &elsewhere, move, name), 0);
    assert_string_equal(name, expected);
    assert_int_equal(inode(expected), was);
    assert_int_equal(inode("f"), move || link_error ? 0 : was);
    if (inode("f") == 0)
        make("f");
}

static void test_names(void **state)
{
    (void)state;
    make("f");
    assert_backup(BACKUP_EXISTING, false, "f~");
    assert_backup(BACKUP_SIMPLE, false, "f~");
    assert_backup(BACKUP_SIMPLE, true, "f~");
    assert_backup(BACKUP_SIMPLE, false, "f~");
    assert_backup(BACKUP_NUMBERED, false, "f.~1~");
    assert_backup(BACKUP_NUMBERED, true, "f.~2~");
    assert_backup(BACKUP_EXISTING, false, "f.~3~");
    make("f.~99~");
    assert_backup(BACKUP_NUMBERED, false, "f.~100~");
    make("f.~0500~"); /* none of ours, nor are these */
    make("f.~500");
    make("f.~~");
    make("g.~500~");
    make("f.~500~x");
    make("f.~1234567890123456789012~");
    assert_backup(BACKUP_NUMBERED, false, "f.~101~");
    assert_backup(BACKUP_SIMPLE, true, "f~");
}

/* Where there can be no second name the first one goes. */
static void test_without_links(void **state)
{
    static const int errors[] = {EPERM, EOPNOTSUPP, EMLINK};

    (void)state;
    make("f");
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        link_error = errors[i];
        assert_backup(BACKUP_SIMPLE, false, "f~");
    }
    assert_backup(BACKUP_NUMBERED, false, "f.~1~");
    assert_backup(BACKUP_NUMBERED, false, "f.~2~");
}

/* What stands need not be a file. */
static void test_symlink(void **state)
{
    (void)state;
    assert_int_equal(symlink("nowhere", "f"), 0);
    assert_backup(BACKUP_SIMPLE, false, "f~");
    assert_backup(BACKUP_NUMBERED, false, "f.~1~");
}

static void test_refused(void **state)
{
    struct backup_wanted w = {.kind = BACKUP_SIMPLE, .suffix = "~"};
    char name[NAME_MAX + 1], longest[NAME_MAX + 1];
    struct stat st;

    (void)state;
    assert_int_equal(backup_make(&w, dir_fd, "f", &elsewhere, false, name), -ENOENT);
    make("f");
    make("f~");
    assert_int_equal(stat("f~", &st), 0);
    assert_int_equal(backup_make(&w, dir_fd, "f", &st, false, name), -EEXIST);
    assert_int_equal(inode("f~"), st.st_ino);
    w.suffix = ".d";
    assert_int_equal(mkdir("f.d", 0700), 0);
    assert_int_equal(backup_make(&w, dir_fd, "f", &elsewhere, false, name), -EISDIR);
    assert_string_equal(name, "");
    memset(longest, 'x', NAME_MAX);
    longest[NAME_MAX] = '\0';
    make(longest);
    assert_int_equal(backup_make(&w, dir_fd, longest, &elsewhere, false, name), -ENAMETOOLONG);
    w.kind = BACKUP_NUMBERED;
    assert_int_equal(backup_make(&w, dir_fd, longest, &elsewhere, false, name), -ENAMETOOLONG);
    assert_true(inode("f") != 0 && inode(longest) != 0);
    assert_int_equal(system("test $(ls -A | wc -l) -eq 4"), 0);
}

static void test_undo(void **state)
{
    const struct backup_wanted w = {.kind = BACKUP_NUMBERED, .suffix = "~"};
    char name[NAME_MAX + 1];
    ino_t was;

    (void)state;
    make("f");
    was = inode("f");
    for (int move = 0; move < 2; move++) {
        assert_int_equal(backup_make(&w, dir_fd, "f", &elsewhere, move, name), 0);
        backup_undo(dir_fd, "f", name);
        assert_int_equal(inode("f"), was);
        assert_int_equal(inode(name), 0);
    }
    /* Something else has the first name by now. */
    assert_int_equal(backup_make(&w, dir_fd, "f", &elsewhere, true, name), 0);
    make("f");
    backup_undo(dir_fd, "f", name);
    assert_int_equal(inode(name), was);
    assert_int_not_equal(inode("f"), was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_symlink, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_undo, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
