/* pool: the limit holds whatever hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "copy/pool_priv.h"

#define STEP 4096u

/* Every second buffer. */
static bool odd_is_used(void *arg, unsigned i)
{
    (void)arg;
    return i % 2;
}

static bool all_is_used(void *arg, unsigned i)
{
    (void)arg;
    (void)i;
    return true;
}

static struct job job_with(unsigned buffers, uint32_t chunk_size, uint64_t memory)
{
    return (struct job){
        .buffers = buffers, .chunk_size = chunk_size, .chunk_step = STEP, .memory = memory};
}

/* Writes to all of the buffers, which must not overlap. */
static void use(const struct pool *p)
{
    for (unsigned i = 0; i < p->n; i++)
        memset(p->buffers[i], (int)i + 1, p->size);
    for (unsigned i = 0; i < p->n; i++) {
        assert_int_equal(p->buffers[i][0], i + 1);
        assert_int_equal(p->buffers[i][p->size - 1], i + 1);
        assert_true(p->buffers[i] >= (char *)pool_start(p));
        assert_true(p->buffers[i] + p->size <= (char *)pool_start(p) + pool_length(p));
    }
}

static void is_as_wished(void **state)
{
    struct job j = job_with(6, 3 * STEP, 100 * STEP);
    struct pool p;

    (void)state;
    assert_int_equal(pool_open(&p, &j, NULL), 0);
    assert_int_equal(p.n, 6);
    assert_int_equal(p.size, 3 * STEP);
    assert_int_equal((uintptr_t)pool_start(&p) % 65536, 0);
    use(&p);
    pool_close(&p);
}

/* A successor gets memory of its own while the limit allows it. */
static void successor_has_its_own(void **state)
{
    struct job j = job_with(4, 4 * STEP, 32 * STEP);
    struct pool a, b;

    (void)state;
    assert_int_equal(pool_open(&a, &j, NULL), 0);
    assert_int_equal(pool_open(&b, &j, pool_rest(&a, odd_is_used, NULL)), 0);
    assert_true(pool_start(&b) != pool_start(&a));
    assert_int_equal(b.n, 4);
    pool_close(&a);
    pool_close(&b);
}

/* Later ones share what there is, in smaller pieces. */
static void successors_share(void **state)
{
    struct job j = job_with(4, 4 * STEP, 16 * STEP);
    struct pool a, b, c;

    (void)state;
    assert_int_equal(pool_open(&a, &j, NULL), 0);
    assert_int_equal(pool_open(&b, &j, pool_rest(&a, odd_is_used, NULL)), 0);
    assert_true(pool_start(&b) == pool_start(&a));
    assert_int_equal(b.n, 4);
    assert_int_equal(b.size, 2 * STEP);
    assert_true(b.buffers[0] == a.buffers[0] && b.buffers[2] == a.buffers[2]);
    use(&b);
    /* The memory stays as long as anybody is in it. */
    pool_close(&a);
    assert_int_equal(pool_open(&c, &j, pool_rest(&b, odd_is_used, NULL)), 0);
    assert_int_equal(c.n, 4);
    assert_int_equal(c.size, STEP);
    pool_close(&b);
    use(&c);
    pool_close(&c);
}

/* What a smaller size leaves over of each buffer is of no use. */
static void odd_sizes_leave_over(void **state)
{
    struct job j = job_with(4, 5 * STEP, 20 * STEP), more = job_with(5, 5 * STEP, 20 * STEP);
    struct pool a, b;

    (void)state;
    assert_int_equal(pool_open(&a, &j, NULL), 0);
    assert_int_equal(pool_open(&b, &more, pool_rest(&a, odd_is_used, NULL)), 0);
    assert_int_equal(b.size, 2 * STEP);
    assert_int_equal(b.n, 4);
    use(&b);
    pool_close(&b);
    pool_close(&a);
}

/* What is left of the limit is taken; when nothing is left, it is one buffer. */
static void last_ones_are_small(void **state)
{
    struct job j = job_with(4, 4 * STEP, 19 * STEP);
    struct pool a, b, c;

    (void)state;
    assert_int_equal(pool_open(&a, &j, NULL), 0);
    assert_null(pool_rest(&a, all_is_used, NULL));
    assert_int_equal(pool_open(&b, &j, NULL), 0);
    assert_int_equal(b.n, 3);
    assert_int_equal(b.size, STEP);
    assert_int_equal(pool_open(&c, &j, NULL), 0);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.size, STEP);
    pool_close(&c);
    pool_close(&b);
    pool_close(&a);
    /* All is as it was. */
    assert_int_equal(pool_open(&a, &j, NULL), 0);
    assert_int_equal(a.n, 4);
    assert_int_equal(a.size, 4 * STEP);
    pool_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_as_wished),        cmocka_unit_test(successor_has_its_own),
        cmocka_unit_test(successors_share),    cmocka_unit_test(odd_sizes_leave_over),
        cmocka_unit_test(last_ones_are_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
