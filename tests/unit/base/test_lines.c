/* How a text is cut into lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lines.h"

static void expect(char *text, size_t len, bool nul, const char *const *lines)
{
    struct lines l = {.at = text, .end = text + len, .nul = nul};
    unsigned n = 0;

    for (; lines[n]; n++) {
        assert_string_equal(lines_next(&l), lines[n]);
        assert_int_equal(l.number, n + 1);
    }
    assert_null(lines_next(&l));
    assert_int_equal(l.number, n);
}

static void test_newlines(void **state)
{
    char text[] = "a\r\n\n b \rc\n\r\nd", ended[] = "a\n", empty[] = "", inside[] = "a\0b\n";

    (void)state;
    expect(text, sizeof text - 1, false, (const char *[]){"a", "", " b ", "c", "", "d", NULL});
    expect(ended, sizeof ended - 1, false, (const char *[]){"a", NULL});
    expect(empty, 0, false, (const char *[]){NULL});
    expect(inside, sizeof inside - 1, false, (const char *[]){"a", "b", NULL});
}

static void test_nul(void **state)
{
    char text[] = "a\nb\r\0\0c";

    (void)state;
    expect(text, sizeof text - 1, true, (const char *[]){"a\nb\r", "", "c", NULL});
}

static void test_comments(void **state)
{
    (void)state;
    assert_true(line_is_comment("#a"));
    assert_true(line_is_comment(";"));
    assert_false(line_is_comment(" #"));
    assert_false(line_is_comment(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newlines),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_comments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
