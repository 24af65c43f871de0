/* hash: what is kept on disk today has to be known again tomorrow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static void assert_hash(struct hash a, struct hash b)
{
    assert_true(a.low == b.low && a.high == b.high);
    assert_true(hash_equal(a, b));
}

/* As the specification of XXH3 has it for no bytes at all. */
static void test_is_xxh3(void **state)
{
    (void)state;
    assert_hash(hash_of("", 0), (struct hash){0x6001c324468d497f, 0x99aa06d3014798d8});
    assert_true(hash_short("", 0, 0) == 0x2d06800538d394c2);
    assert_true(hash_short("a", 1, 0) != hash_short("a", 1, 1));
    assert_false(hash_equal((struct hash){1, 2}, (struct hash){1, 3}));
    assert_false(hash_equal((struct hash){1, 2}, (struct hash){3, 2}));
}

static void test_stream_is_the_same(void **state)
{
    enum { SIZE = 100003 };
    struct hash_stream *s = hash_stream_new();
    char *bytes = malloc(SIZE);

    (void)state;
    assert_non_null(s);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * i >> 3);
    for (size_t piece = 1; piece <= SIZE; piece = piece * 5 + 1) {
        hash_stream_reset(s);
        for (size_t i = 0; i < SIZE; i += piece)
            hash_stream_add(s, bytes + i, SIZE - i < piece ? SIZE - i : piece);
        assert_hash(hash_stream_value(s), hash_of(bytes, SIZE));
    }
    hash_stream_free(s);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_xxh3),
        cmocka_unit_test(test_stream_is_the_same),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
