/* Tests of scan.c: the order of the entries, directories that are not entered or cannot be. */
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

#include "verify/scan.h"

#define DEEP 300 /* levels; their names make more than PATH_MAX */

static char root[] = "/tmp/ucopy-scan.XXXXXX";

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void make_file(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    assert_true(fd >= 0);
    close(fd);
}

static void begin(struct scan *s, const char *dir)
{
    *s = (struct scan){0};
    assert_int_equal(scan_begin(s, open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)), 0);
}

static void assert_entry(struct scan *s, const char *path)
{
    assert_int_equal(scan_next(s), SCAN_ENTRY);
    assert_int_equal(s->error, 0);
    assert_string_equal(s->path.bytes, path);
}

static void test_order(void **state)
{
    struct scan s;

    (void)state;
    assert_int_equal(mkdir("o", 0777) + mkdir("o/b", 0777) + mkdir("o/d", 0777), 0);
    make_file("o/c");
    make_file("o/a");
    make_file("o/b/2");
    make_file("o/b/1");
    make_file("o/d/x");
    assert_int_equal(symlink("b", "o/link"), 0);
    begin(&s, "o");
    assert_int_equal(scan_listing(&s)->n, 5);
    assert_entry(&s, "a");
    assert_entry(&s, "b");
    assert_int_equal(scan_enter(&s), 0);
    assert_entry(&s, "b/1");
    assert_entry(&s, "b/2");
    assert_int_equal(scan_next(&s), SCAN_LEFT);
    assert_string_equal(s.path.bytes, "");
    assert_entry(&s, "c");
    assert_int_equal(scan_enter(&s), -ENOTDIR);
    assert_entry(&s, "d");
    assert_entry(&s, "link");
    assert_true(S_ISLNK(s.st.st_mode));
    assert_true(scan_enter(&s) < 0);
    assert_int_equal(scan_next(&s), SCAN_END);
    assert_int_equal(scan_next(&s), SCAN_END);
    scan_free(&s);
}

/* An entry that goes away is an error, and the scan goes on. */
static void test_gone(void **state)
{
    struct scan s;

    (void)state;
    assert_int_equal(mkdir("g", 0777), 0);
    make_file("g/a");
    make_file("g/b");
    begin(&s, "g");
    assert_int_equal(unlink("g/a"), 0);
    assert_int_equal(scan_next(&s), SCAN_ERROR);
    assert_int_equal(s.error, -ENOENT);
    assert_string_equal(s.path.bytes, "a");
    assert_entry(&s, "b");
    assert_int_equal(scan_next(&s), SCAN_END);
    scan_free(&s);
}

static void test_deep(void **state)
{
    const char *name = "a-name-of-twenty-six-bytes";
    struct scan s;
    unsigned n = 0;
    enum scan_event event;
    int top = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_int_equal(mkdir("deep", 0777) + chdir("deep"), 0);
    for (unsigned i = 0; i < DEEP; i++)
        assert_int_equal(mkdir(name, 0777) + chdir(name), 0);
    assert_int_equal(fchdir(top), 0);
    close(top);
    begin(&s, "deep");
    while ((event = scan_next(&s)) != SCAN_END) {
        if (event != SCAN_ENTRY)
            continue;
        n++;
        assert_int_equal(scan_enter(&s), 0);
    }
    assert_int_equal(n, DEEP);
    scan_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
