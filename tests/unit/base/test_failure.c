/* Tests of base/failure.c: a failure owns its text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failure.h"

/* What the message was made from may go. */
static void test_owns_its_text(void **state)
{
    char *name = strdup("user.name");
    struct failure f, copy;

    (void)state;
    assert_non_null(name);
    assert_int_equal(failure_set(&f, "write", ENOSPC, 12, name), -ENOSPC);
    memset(name, 'x', strlen(name));
    free(name);
    copy = f;
    memset(&f, 0, sizeof(f));
    assert_string_equal(copy.op, "write");
    assert_int_equal(copy.err, ENOSPC);
    assert_int_equal(copy.offset, 12);
    assert_string_equal(copy.message, "user.name");
}

static void test_no_message(void **state)
{
    struct failure f;

    (void)state;
    memset(&f, 'x', sizeof(f));
    failure_set(&f, "read", EIO, FAILURE_NO_OFFSET, NULL);
    assert_string_equal(f.message, "");
}

static void test_format(void **state)
{
    struct failure f;

    (void)state;
    assert_int_equal(failure_format(&f, NULL, EIO, "%u files could not be read", 3u), -EIO);
    assert_null(f.op);
    assert_true(f.offset == FAILURE_NO_OFFSET);
    assert_string_equal(f.message, "3 files could not be read");
}

/* A message that is too long is cut off, and nothing behind it is written. */
static void test_long_message(void **state)
{
    struct {
        struct failure f;
        char behind;
    } s = {.behind = 'b'};
    char name[2 * FAILURE_TEXT];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    failure_set(&s.f, "set", EIO, FAILURE_NO_OFFSET, name);
    assert_int_equal(strlen(s.f.message), FAILURE_TEXT - 1);
    assert_int_equal(s.behind, 'b');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owns_its_text),
        cmocka_unit_test(test_no_message),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_long_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
