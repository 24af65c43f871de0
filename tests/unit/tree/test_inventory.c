/* What a source has: entries, how many are in a directory, and what was listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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

static void test_read(void **state)
{
    struct inventory *i = inventory_new();
    struct stat st = {.st_dev = 1, .st_ino = 2};

    (void)state;
    assert_false(inventory_reads(i, &st));
    inventory_note_read(i, &st);
    assert_true(inventory_reads(i, &st));
    st.st_dev = 2;
    assert_false(inventory_reads(i, &st));
    inventory_free(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
