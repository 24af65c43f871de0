/* Paths as they are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/path_buffer.h"

static void test_enter(void **state)
{
    struct path_buffer t = {.bytes = NULL};
    size_t a;

    (void)state;
    assert_int_equal(path_buffer_put(&t, 0, "root"), 0);
    assert_int_equal(path_buffer_enter(&t, t.len, "a"), 0);
    assert_string_equal(t.bytes, "root/a");
    a = t.len;
    assert_int_equal(path_buffer_enter(&t, a, "long-name"), 0);
    assert_string_equal(t.bytes, "root/a/long-name");
    assert_int_equal(t.len, strlen(t.bytes));
    assert_int_equal(path_buffer_enter(&t, a, "b"), 0);
    assert_string_equal(t.bytes, "root/a/b");
    assert_int_equal(path_buffer_enter(&t, a, ""), 0);
    assert_string_equal(t.bytes, "root/a");
    assert_int_equal(t.len, a);
    path_buffer_free(&t);
    assert_null(t.bytes);
}

static void test_slashes(void **state)
{
    struct path_buffer t = {.bytes = NULL};

    (void)state;
    assert_int_equal(path_buffer_put(&t, 0, "/"), 0);
    assert_int_equal(path_buffer_end(&t), 0);
    assert_int_equal(path_buffer_enter(&t, t.len, "a"), 0);
    assert_string_equal(t.bytes, "/a");
    assert_int_equal(path_buffer_put(&t, 0, "dir//"), 0);
    assert_int_equal(path_buffer_end(&t), 3);
    assert_int_equal(path_buffer_enter(&t, t.len, "a"), 0);
    assert_string_equal(t.bytes, "dir//a");
    assert_int_equal(path_buffer_end(&t), t.len);
    path_buffer_free(&t);
}

/* Much longer than any path may be. */
static void test_long(void **state)
{
    struct path_buffer t = {.bytes = NULL};
    char name[256];

    (void)state;
    memset(name, 'x', 255);
    name[255] = '\0';
    assert_int_equal(path_buffer_put(&t, 0, "."), 0);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(path_buffer_enter(&t, t.len, name), 0);
    assert_int_equal(t.len, 1 + 1000 * 256);
    assert_int_equal(strlen(t.bytes), t.len);
    path_buffer_free(&t);
}

static void test_copy(void **state)
{
    struct path_buffer t = {.bytes = NULL}, copy = {.bytes = NULL};

    (void)state;
    assert_int_equal(path_buffer_copy(&t, &copy), 0);
    assert_null(copy.bytes);
    assert_int_equal(path_buffer_put(&t, 0, "one"), 0);
    assert_int_equal(path_buffer_put(&t, 4, "two"), 0); /* with a NUL between them */
    assert_int_equal(path_buffer_copy(&t, &copy), 0);
    assert_int_equal(path_buffer_put(&t, 0, "else"), 0);
    assert_int_equal(copy.len, 7);
    assert_memory_equal(copy.bytes, "one\0two", 8);
    assert_int_equal(path_buffer_put(&copy, 7, "!"), 0);
    assert_string_equal(copy.bytes + 4, "two!");
    path_buffer_free(&t);
    path_buffer_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter),
        cmocka_unit_test(test_slashes),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
