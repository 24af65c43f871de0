/* Sets of files, by device and inode number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/inode_set.h"

static void test_empty(void **state)
{
    struct inode_set s = {.n_slots = 0};

    (void)state;
    assert_false(inode_set_has(&s, 1, 1));
    inode_set_remove(&s, 1, 1);
    inode_set_free(&s);
}

static void test_add_and_remove(void **state)
{
    struct inode_set s = {.n_slots = 0};

    (void)state;
    assert_int_equal(inode_set_add(&s, 1, 64), 1);
    assert_int_equal(inode_set_add(&s, 1, 64), 0);
    assert_int_equal(inode_set_add(&s, 0, 0), 1);
    assert_true(inode_set_has(&s, 1, 64));
    assert_true(inode_set_has(&s, 0, 0));
    assert_false(inode_set_has(&s, 1, 65));
    assert_false(inode_set_has(&s, 1, 63));
    assert_false(inode_set_has(&s, 1, 0));
    assert_false(inode_set_has(&s, 2, 64));
    inode_set_remove(&s, 1, 64);
    assert_false(inode_set_has(&s, 1, 64));
    assert_int_equal(inode_set_add(&s, 1, 64), 1);
    inode_set_free(&s);
}

/* Numbers that are neighbours share a slot: a million files take less than 2 MB. */
static void test_neighbours(void **state)
{
    struct inode_set s = {.n_slots = 0};

    (void)state;
    for (ino_t i = 0; i < 1000000; i++)
        assert_int_equal(inode_set_add(&s, 7, 12345 + i), 1);
    for (ino_t i = 0; i < 1000000; i++)
        assert_true(inode_set_has(&s, 7, 12345 + i));
    assert_false(inode_set_has(&s, 7, 12344));
    assert_false(inode_set_has(&s, 7, 1012345));
    assert_true(s.n_slots * sizeof(*s.slots) < 2u << 20);
    inode_set_free(&s);
}

static void test_scattered(void **state)
{
    struct inode_set s = {.n_slots = 0};
    const ino_t step = UINT64_C(0x9e3779b97f4a7c15);

    (void)state;
    for (ino_t i = 1; i <= 100000; i++)
        assert_int_equal(inode_set_add(&s, i % 3, i * step), 1);
    for (ino_t i = 1; i <= 100000; i++) {
        assert_true(inode_set_has(&s, i % 3, i * step));
        assert_false(inode_set_has(&s, (i + 1) % 3, i * step));
    }
    for (ino_t i = 1; i <= 100000; i += 2)
        inode_set_remove(&s, i % 3, i * step);
    for (ino_t i = 1; i <= 100000; i++)
        assert_int_equal(inode_set_has(&s, i % 3, i * step), i % 2 == 0);
    inode_set_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_add_and_remove),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_scattered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
