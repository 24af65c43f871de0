/* Tests of zeros.c against a model that looks at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/zeros.h"

#define MAX_LEN 2048u

static bool block_is_zero(const uint8_t *buf, uint32_t len, uint32_t block, uint32_t at)
{
    for (uint32_t i = at - at % block; i < at - at % block + block && i < len; i++)
        if (buf[i])
            return false;
    return true;
}

static uint32_t model_next(const uint8_t *buf, uint32_t from, uint32_t len, uint32_t block,
                           bool zero)
{
    while (from < len && block_is_zero(buf, len, block, from) != zero)
        from++;
    return from;
}

static void test_random_buffers(void **state)
{
    static const uint32_t blocks[] = {1, 7, 16, 512};
    uint64_t map[MAX_LEN / 64 + 1];
    uint8_t buf[MAX_LEN];

    (void)state;
    srand(1);
    for (unsigned i = 0; i < 200; i++) {
        uint32_t block = blocks[i % 4], len = (uint32_t)rand() % (MAX_LEN + 1);

        memset(buf, 0, sizeof buf);
        for (int n = rand() % 60; n > 0; n--)
            buf[(unsigned)rand() % MAX_LEN] = (uint8_t)rand();
        memset(map, 0xFF, sizeof map);
        zeros_find(map, buf, len, block);
        assert_true(zeros_map_words(len, block) <= sizeof map / sizeof map[0]);
        for (uint32_t from = 0; from <= len; from++)
            for (unsigned zero = 0; zero < 2; zero++)
                assert_int_equal(zeros_next(map, from, len, block, zero),
                                 model_next(buf, from, len, block, zero));
    }
}

/* One byte that is not 0 is found wherever it is. */
static void test_every_place(void **state)
{
    uint8_t buf[512] = {0};
    uint64_t map;

    (void)state;
    for (unsigned i = 0; i < sizeof buf; i++) {
        buf[i] = 0x80;
        zeros_find(&map, buf, sizeof buf, sizeof buf);
        assert_int_equal(zeros_next(&map, 0, sizeof buf, sizeof buf, true), sizeof buf);
        buf[i] = 0;
    }
    zeros_find(&map, buf, sizeof buf, sizeof buf);
    assert_int_equal(zeros_next(&map, 0, sizeof buf, sizeof buf, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_buffers),
        cmocka_unit_test(test_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
