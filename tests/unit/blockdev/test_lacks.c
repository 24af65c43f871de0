/* What a destination lacks: against an array of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blockdev/lacks_priv.h"

#define BLOCK  512u
#define BLOCKS 20001u
#define SIZE   ((uint64_t)BLOCKS * BLOCK)

static unsigned next(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

/* All that is lacked is in the set; it has more only if `coarse`. */
static void assert_has(const struct lacks *l, const bool *model, bool coarse)
{
    for (unsigned b = 0; b < BLOCKS; b++) {
        bool has = ranges_contain(&l->ranges, (uint64_t)b * BLOCK, (uint64_t)(b + 1) * BLOCK);

        if (model[b])
            assert_true(has);
        else if (!coarse)
            assert_false(has);
    }
}

static void run(unsigned most, bool coarse)
{
    static bool model[BLOCKS];
    struct lacks l;
    unsigned seed = most;

    memset(model, 0, sizeof(model));
    assert_int_equal(lacks_init(&l, SIZE, most), 0);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned at = next(&seed, BLOCKS), n = next(&seed, 40) + 1;
        bool lacks = next(&seed, 3) > 0;

        if (n > BLOCKS - at)
            n = BLOCKS - at;
        if (lacks)
            lacks_add(&l, (uint64_t)at * BLOCK, (uint64_t)(at + n) * BLOCK);
        else
            lacks_remove(&l, (uint64_t)at * BLOCK, (uint64_t)(at + n) * BLOCK);
        for (unsigned b = at; b < at + n; b++)
            model[b] = lacks;
        if (!lacks)
            assert_false(
                ranges_overlap(&l.ranges, (uint64_t)at * BLOCK, (uint64_t)(at + n) * BLOCK));
        assert_true(l.ranges.n <= most);
        assert_int_equal(l.ranges.cap, most); /* no memory was allocated */
        if (i % 50 == 0)
            assert_has(&l, model, coarse);
    }
    lacks_remove(&l, 0, SIZE);
    assert_true(lacks_nothing(&l));
    lacks_add(&l, BLOCK, 2 * BLOCK);
    assert_int_equal(ranges_total(&l.ranges), BLOCK); /* it is fine again */
    lacks_free(&l);
}

static void test_exact(void **state)
{
    (void)state;
    run(4096, false);
}

static void test_bounded(void **state)
{
    (void)state;
    for (unsigned most = 2; most < 200; most = most * 3 / 2 + 1)
        run(most, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exact),
                                       cmocka_unit_test(test_bounded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
