/* block_hashes: only whole blocks have a hash, whatever the pieces are that they are read in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/block_hashes.h"

enum { BLOCK = 4096, SIZE = 10 * BLOCK + 7 };

static char bytes[SIZE];

static struct block_hashes *make(void)
{
    struct block_hashes *h = NULL;

    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 2654435761u >> 11);
    assert_int_equal(block_hashes_create(BLOCK, &h), 0);
    assert_int_equal(block_hashes_size(h), BLOCK);
    return h;
}

/* Whether the block has the hash of what it consists of. */
static bool has(struct block_hashes *h, size_t i)
{
    size_t len = SIZE - i * BLOCK < BLOCK ? SIZE - i * BLOCK : BLOCK;
    struct hash found;

    block_hashes_get(h, i, &found, 1);
    if (!block_hash_known(found))
        return false;
    assert_true(hash_equal(found, hash_of(bytes + i * BLOCK, len)));
    return true;
}

static void test_whole_blocks_only(void **state)
{
    struct block_hashes *h = make();

    (void)state;
    block_hashes_note(h, 100, bytes + 100, 3 * BLOCK, false);
    assert_false(has(h, 0));
    assert_true(has(h, 1));
    assert_true(has(h, 2));
    assert_false(has(h, 3));
    block_hashes_note(h, 9 * BLOCK, bytes + 9 * BLOCK, BLOCK + 7, false);
    assert_true(has(h, 9));
    assert_false(has(h, 10));
    block_hashes_note(h, 9 * BLOCK, bytes + 9 * BLOCK, BLOCK + 7, true);
    assert_true(has(h, 10));
    assert_false(has(h, 11 + 1000));
    block_hashes_free(h);
}

static void test_a_contradiction_is_never_right(void **state)
{
    struct block_hashes *h = make();
    char other[BLOCK] = "";
    struct hash found;

    (void)state;
    block_hashes_note(h, 0, bytes, BLOCK, false);
    block_hashes_note(h, 0, bytes, BLOCK, false);
    assert_true(has(h, 0));
    block_hashes_note(h, 0, other, BLOCK, false);
    for (unsigned i = 0; i < 2; i++) {
        block_hashes_get(h, 0, &found, 1);
        assert_true(block_hash_known(found));
        assert_true(hash_equal(found, BLOCK_HASH_CONTRADICTED));
        assert_false(hash_equal(found, hash_of(bytes, BLOCK)));
        assert_false(hash_equal(found, hash_of(other, BLOCK)));
        block_hashes_note(h, 0, i ? bytes : other, BLOCK, false); /* no vote is taken */
    }
    block_hashes_reset(h);
    block_hashes_note(h, 0, bytes, 2 * BLOCK, false);
    assert_true(has(h, 0));
    block_hashes_reset(h);
    assert_false(has(h, 0));
    block_hashes_free(h);
}

/* Those of a large file are not in memory. */
static void test_far_blocks(void **state)
{
    struct block_hashes *h = make();
    uint64_t far = UINT64_C(1) << 36;
    struct hash found[2];

    (void)state;
    block_hashes_note(h, far * BLOCK, bytes, BLOCK, false);
    block_hashes_get(h, far - 1, found, 2);
    assert_false(block_hash_known(found[0]));
    assert_true(hash_equal(found[1], hash_of(bytes, BLOCK)));
    block_hashes_get(h, far + 1, found, 1);
    assert_false(block_hash_known(found[0]));
    block_hashes_free(h);
}

/* A hash stays what it is, whatever comes between that is elsewhere in the temporary file. */
static void test_far_blocks_in_turn(void **state)
{
    struct block_hashes *h = make();
    const uint64_t far[] = {1 << 20, 1 << 24, (1 << 20) + 1, 1 << 30, (1 << 24) - 1};
    struct hash found;

    (void)state;
    for (unsigned k = 0; k < 5; k++)
        block_hashes_note(h, far[k] * BLOCK, bytes + k * BLOCK, BLOCK, false);
    block_hashes_note(h, far[1] * BLOCK, bytes, BLOCK, false);
    for (unsigned k = 0; k < 5; k++) {
        block_hashes_get(h, far[k], &found, 1);
        assert_true(hash_equal(found, k == 1 ? BLOCK_HASH_CONTRADICTED
                                             : hash_of(bytes + k * BLOCK, BLOCK)));
    }
    block_hashes_get(h, (1 << 24) + 1, &found, 1);
    assert_false(block_hash_known(found));
    block_hashes_reset(h);
    block_hashes_get(h, far[0], &found, 1);
    assert_false(block_hash_known(found));
    block_hashes_free(h);
}

static void test_chooses_a_block(void **state)
{
    (void)state;
    assert_int_equal(block_hashes_block(BLOCK_HASHES_UNIT), BLOCK_HASHES_UNIT);
    assert_int_equal(block_hashes_block(16 * BLOCK_HASHES_UNIT), BLOCK_HASHES_UNIT);
    assert_int_equal(block_hashes_block(12u << 10), 4096);
    assert_int_equal(block_hashes_block(BLOCK_HASHES_UNIT / 2), BLOCK_HASHES_UNIT / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_blocks_only),
        cmocka_unit_test(test_a_contradiction_is_never_right),
        cmocka_unit_test(test_far_blocks),
        cmocka_unit_test(test_far_blocks_in_turn),
        cmocka_unit_test(test_chooses_a_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
