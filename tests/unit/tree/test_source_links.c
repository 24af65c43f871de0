/* Files with several names: which name comes first, which is the last, and when a file is
 * forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree/source_links_priv.h"

#define FIRST   RECORD_FIRST_NAME
#define FURTHER RECORD_FURTHER_NAME
#define LAST    RECORD_LAST_NAME

static struct stat file(dev_t dev, ino_t ino, nlink_t n)
{
    return (struct stat){.st_dev = dev, .st_ino = ino, .st_nlink = n};
}

static enum record_nth meet(struct source_links *l, const struct stat *st)
{
    int r = -1;
    enum record_nth nth = source_links_meet(l, st, &r);

    assert_int_equal(r, 0);
    return nth;
}

static void test_names_are_counted(void **state)
{
    struct source_links l = {.keep = false};
    struct stat a = file(1, 7, 3), other = file(2, 7, 2);

    (void)state;
    assert_int_equal(meet(&l, &a), FIRST);
    assert_int_equal(meet(&l, &other), FIRST);
    assert_int_equal(meet(&l, &a), FURTHER);
    assert_int_equal(l.table.n, 2);
    assert_int_equal(meet(&l, &a), LAST);
    assert_int_equal(l.table.n, 1);
    assert_int_equal(meet(&l, &other), LAST);
    assert_int_equal(l.table.n, 0);
    /* Its number may be another file's by now. */
    assert_int_equal(meet(&l, &a), FIRST);
    source_links_free(&l);
}

static void test_kept(void **state)
{
    struct source_links l = {.keep = true};
    struct stat a = file(1, 7, 2);

    (void)state;
    assert_int_equal(meet(&l, &a), FIRST);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(meet(&l, &a), FURTHER);
    source_links_free(&l);
}

static void test_forgotten(void **state)
{
    struct source_links l = {.keep = false};
    struct stat a = file(1, 7, 3);

    (void)state;
    source_links_forget(&l, &a);
    assert_int_equal(meet(&l, &a), FIRST);
    source_links_forget(&l, &a);
    assert_int_equal(l.table.n, 0);
    assert_int_equal(meet(&l, &a), FIRST);
    assert_int_equal(meet(&l, &a), FURTHER);
    source_links_free(&l);
}

static void test_many(void **state)
{
    struct source_links l = {.keep = false};

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 10000; i++) {
            struct stat st = file(i % 3, i, 2);

            assert_int_equal(meet(&l, &st), round == 0 ? FIRST : LAST);
        }
        assert_int_equal(l.table.n, round == 0 ? 10000 : 0);
    }
    source_links_free(&l);
}

static void test_copied(void **state)
{
    struct source_links l = {.keep = false}, copy = {.keep = false};
    struct stat a = file(1, 7, 3);

    (void)state;
    assert_int_equal(source_links_copy(&l, true, &copy), 0);
    assert_int_equal(copy.table.n, 0);
    assert_int_equal(meet(&l, &a), FIRST);
    assert_int_equal(source_links_copy(&l, false, &copy), 0);
    assert_int_equal(meet(&copy, &a), FURTHER);
    assert_int_equal(meet(&copy, &a), LAST);
    assert_int_equal(copy.table.n, 0);
    assert_int_equal(l.table.n, 1); /* which has a state of its own */
    source_links_free(&copy);
    source_links_free(&l);
}

/* The last meeting does not count, whatever it was. */
static void test_copied_without_last(void **state)
{
    struct source_links l = {.keep = false}, copy = {.keep = false};
    struct stat a = file(1, 7, 3), other = file(1, 8, 2);

    (void)state;
    assert_int_equal(meet(&l, &other), FIRST);
    assert_int_equal(meet(&l, &a), FIRST);
    assert_int_equal(source_links_copy(&l, true, &copy), 0); /* the first name */
    assert_int_equal(copy.table.n, 1);
    assert_int_equal(meet(&copy, &a), FIRST);
    source_links_free(&copy);
    assert_int_equal(meet(&l, &a), FURTHER);
    assert_int_equal(source_links_copy(&l, true, &copy), 0); /* one in the middle */
    assert_int_equal(meet(&copy, &a), FURTHER);
    assert_int_equal(meet(&copy, &a), LAST);
    assert_int_equal(copy.table.n, 1);
    source_links_free(&copy);
    assert_int_equal(meet(&l, &a), LAST);
    assert_int_equal(source_links_copy(&l, true, &copy), 0); /* the last name */
    assert_int_equal(l.table.n, 1);
    assert_int_equal(copy.table.n, 2);
    assert_int_equal(meet(&copy, &a), LAST);
    assert_int_equal(copy.table.n, 1);
    source_links_free(&copy);
    source_links_forget(&l, &other);
    assert_int_equal(meet(&l, &a), FIRST);
    source_links_forget(&l, &a);
    assert_int_equal(source_links_copy(&l, true, &copy), 0); /* a file that was forgotten */
    assert_int_equal(copy.table.n, 0);
    source_links_free(&copy);
    source_links_free(&l);
}

static void test_copied_kept(void **state)
{
    struct source_links l = {.keep = true}, copy = {.keep = false};
    struct stat a = file(1, 7, 2);

    (void)state;
    assert_int_equal(meet(&l, &a), FIRST);
    assert_int_equal(meet(&l, &a), FURTHER);
    assert_int_equal(source_links_copy(&l, true, &copy), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(meet(&copy, &a), FURTHER);
    source_links_free(&copy);
    source_links_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_counted),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_copied),
        cmocka_unit_test(test_copied_without_last),
        cmocka_unit_test(test_copied_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
