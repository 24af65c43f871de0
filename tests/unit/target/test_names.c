/* Names that a file system may take for one. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/names.h"

static void test_may_be_one(void **state)
{
    static const struct {
        const char *a, *b;
        bool may;
    } cases[] = {
        {"a", "a", true},
        {"out.txt", "OUT.txt", true},
        {"dot", "dot.", true},
        {"dot", "Dot. .", true},
        {"\303\211", "\303\251", true},
        {"e\314\201", "\303\251", true},
        {"LONGFI~1.TXT", "longfilename-one.txt", true},
        {"d1", "d2", false},
        {"a", "ab", false},
        {"a.b", "ab", false},
        {".", "..", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(names_may_be_one(cases[i].a, cases[i].b), cases[i].may);
        assert_int_equal(names_may_be_one(cases[i].b, cases[i].a), cases[i].may);
    }
}

/* Where upper and lower case differ, names are tried and nothing stays. */
static void test_are_one(void **state)
{
    char dir[] = "/tmp/ucopy-test-XXXXXX";
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    fd = open(dir, O_PATH | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_false(names_are_one(fd, "a", "A"));
    assert_true(names_are_one(fd, "a", "a"));
    assert_false(names_paths_are_one("/nonexistent/a", "/nonexistent/a"));
    close(fd);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_may_be_one),
        cmocka_unit_test(test_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
