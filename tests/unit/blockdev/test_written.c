/* Which blocks have been written: against an array of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blockdev/written_priv.h"

#define BLOCKS 300u
#define SHIFT  9u

static void assert_like(const struct written *w, const bool *model)
{
    for (uint64_t b = 0; b < BLOCKS; b++) {
        uint64_t until, end = b, limit = b + 1 + (b * 37) % (BLOCKS - b);
        bool is_written = written_run(w, b << SHIFT, limit << SHIFT, &until);

        while (end < limit && model[end] == model[b])
            end++;
        assert_int_equal(is_written, model[b]);
        assert_int_equal(until, end << SHIFT);
    }
}

static void test_model(void **state)
{
    bool model[BLOCKS] = {false};
    struct written w;
    unsigned seed = 1;

    (void)state;
    assert_int_equal(written_init(&w, (uint64_t)BLOCKS << SHIFT, SHIFT), 0);
    assert_like(&w, model);
    for (unsigned i = 0; i < 500; i++) {
        unsigned at, n;
        bool set;

        seed = seed * 1103515245u + 12345u;
        at = (seed >> 8) % BLOCKS;
        n = (seed >> 20) % (BLOCKS - at) + 1;
        set = seed >> 30 & 1;
        written_set(&w, (uint64_t)at << SHIFT, (uint64_t)n << SHIFT, set);
        for (unsigned b = at; b < at + n; b++)
            model[b] = set;
        assert_like(&w, model);
    }
    written_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
