/* The hash table: entries are found by their keys, whatever was added and removed before. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash_table.h"

struct entry {
    uint64_t key;
    unsigned value;
};

void *__wrap_calloc(size_t n, size_t size);
void *__real_calloc(size_t n, size_t size);

static bool no_memory;

void *__wrap_calloc(size_t n, size_t size)
{
    return no_memory ? NULL : __real_calloc(n, size);
}

static uint64_t hash_well(const void *entry)
{
    return ((const struct entry *)entry)->key * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

/* Many entries have the same hash, and those of the highest slots go on in the first ones. */
static uint64_t hash_badly(const void *entry)
{
    return UINT64_MAX - ((const struct entry *)entry)->key % 5;
}

static bool is_equal(const void *a, const void *b)
{
    return ((const struct entry *)a)->key == ((const struct entry *)b)->key;
}

static const struct hash_table_kind good = {.hash = hash_well, .equal = is_equal};
static const struct hash_table_kind bad = {.hash = hash_badly, .equal = is_equal};

static struct entry *new_entry(uint64_t key)
{
    struct entry *e = malloc(sizeof(*e));

    assert_non_null(e);
    *e = (struct entry){.key = key, .value = (unsigned)key + 7};
    return e;
}

static struct entry *find(const struct hash_table *t, const struct hash_table_kind *kind,
                          uint64_t key)
{
    return hash_table_find(t, kind, &(struct entry){.key = key});
}

static void test_empty(void **state)
{
    struct hash_table t = {.n = 0};
    size_t at = 0;

    (void)state;
    assert_null(find(&t, &good, 1));
    assert_null(hash_table_remove(&t, &good, &(struct entry){.key = 1}));
    assert_null(hash_table_next(&t, &at));
    hash_table_free(&t);
}

static void test_many(void **state)
{
    struct hash_table t = {.n = 0};

    (void)state;
    for (uint64_t key = 0; key < 10000; key++)
        assert_int_equal(hash_table_add(&t, &good, new_entry(key)), 0);
    assert_int_equal(t.n, 10000);
    for (uint64_t key = 0; key < 10000; key++) {
        assert_non_null(find(&t, &good, key));
        assert_int_equal(find(&t, &good, key)->value, key + 7);
    }
    assert_null(find(&t, &good, 10000));
    hash_table_free(&t);
    assert_int_equal(t.n, 0);
    assert_null(find(&t, &good, 1));
}

/* Beside an array that says what is in it. */
static void add_and_remove(const struct hash_table_kind *kind, unsigned n_keys, unsigned rounds)
{
    bool *in = calloc(n_keys, sizeof(*in));
    struct hash_table t = {.n = 0};
    size_t n = 0, found = 0, at = 0;

    assert_non_null(in);
    srandom(n_keys);
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t key = (uint64_t)random() % n_keys;
        struct entry *e = find(&t, kind, key);

        assert_int_equal(e != NULL, in[key]);
        if (in[key]) {
            assert_ptr_equal(hash_table_remove(&t, kind, &(struct entry){.key = key}), e);
            free(e);
        } else {
            assert_int_equal(hash_table_add(&t, kind, new_entry(key)), 0);
        }
        n += in[key] ? (size_t)-1 : 1;
        in[key] = !in[key];
        assert_int_equal(t.n, n);
    }
    for (uint64_t key = 0; key < n_keys; key++)
        assert_int_equal(find(&t, kind, key) != NULL, in[key]);
    for (const struct entry *e; (e = hash_table_next(&t, &at)); found++)
        assert_true(in[e->key]);
    assert_int_equal(found, n);
    hash_table_free(&t);
    free(in);
}

static void test_removed(void **state)
{
    (void)state;
    add_and_remove(&good, 40, 20000);
    add_and_remove(&good, 3000, 50000);
    add_and_remove(&bad, 40, 20000);
    add_and_remove(&bad, 200, 20000);
}

static void test_no_memory(void **state)
{
    struct hash_table t = {.n = 0};
    struct entry *e = new_entry(1000);
    uint64_t key = 0;
    int r = 0;

    (void)state;
    no_memory = true;
    assert_int_equal(hash_table_add(&t, &good, e), -ENOMEM);
    assert_int_equal(t.n, 0);
    no_memory = false;
    assert_int_equal(hash_table_add(&t, &good, new_entry(key++)), 0);
    no_memory = true;
    while (r == 0) {
        struct entry *more = new_entry(key);

        r = hash_table_add(&t, &good, more);
        if (r == 0)
            key++;
        else
            free(more);
    }
    no_memory = false;
    assert_int_equal(r, -ENOMEM);
    assert_int_equal(t.n, key);
    for (uint64_t k = 0; k < key; k++)
        assert_non_null(find(&t, &good, k));
    assert_int_equal(hash_table_add(&t, &good, e), 0);
    assert_ptr_equal(find(&t, &good, 1000), e);
    hash_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
