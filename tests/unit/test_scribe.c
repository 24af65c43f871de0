/* scribe: all that is told is written, in order, by threads that hang on their own. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scribe.h"

#define N     3u
#define QUEUE 4096u /* as in scribe.c */
#define BLOCK 64u

static struct {
    uint64_t next[N]; /* what is to be written next, in unbroken order */
    atomic_uint written[N];
    pthread_mutex_t gate; /* destination 0 gets no further while somebody has it */
    atomic_bool at_gate;
} desk;

static void write_records(void *arg, unsigned d, const struct map_record *v, unsigned n)
{
    assert_ptr_equal(arg, &desk);
    if (d == 0) {
        atomic_store(&desk.at_gate, true);
        pthread_mutex_lock(&desk.gate);
        pthread_mutex_unlock(&desk.gate);
    }
    for (unsigned i = 0; i < n; i++) {
        assert_true(v[i].start == desk.next[d]);
        desk.next[d]++;
    }
    atomic_fetch_add(&desk.written[d], n);
}

static struct scribe *start(const bool *wanted)
{
    struct scribe_config config = {
        .n = N, .wanted = wanted, .write = write_records, .arg = &desk};
    struct scribe *s;

    for (unsigned d = 0; d < N; d++) {
        desk.next[d] = 0;
        atomic_store(&desk.written[d], 0);
    }
    atomic_store(&desk.at_gate, false);
    assert_int_equal(scribe_start(&config, &s), 0);
    return s;
}

static void tell(struct scribe *s, unsigned d, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct map_record r = {.start = i, .len = 1};

        scribe_tell(s, d, &r);
    }
}

static void test_all_is_written(void **state)
{
    static const bool wanted[N] = {true, false, true};
    struct scribe *s = start(wanted);

    (void)state;
    assert_true(scribe_wants(s, 0) && !scribe_wants(s, 1) && scribe_wants(s, 2));
    tell(s, 0, 0, 1000);
    tell(s, 2, 0, 7);
    for (unsigned d = 0; d < N; d++)
        scribe_finish(s, d);
    assert_int_equal(desk.written[0], 1000);
    assert_int_equal(desk.written[1], 0);
    assert_int_equal(desk.written[2], 7);
    tell(s, 0, 1000, 1001);
    scribe_finish(s, 0);
    assert_int_equal(desk.written[0], 1000);
    scribe_free(s);
    scribe_free(NULL);
}

/* Half a queue is written without being asked for, and so is less when its time has come. */
static void test_by_itself(void **state)
{
    static const bool wanted[N] = {true, true, false};
    struct scribe *s = start(wanted);

    (void)state;
    tell(s, 0, 0, QUEUE / 2);
    tell(s, 1, 0, 1);
    while (desk.written[0] < QUEUE / 2 || desk.written[1] < 1)
        sched_yield();
    scribe_finish(s, 0);
    scribe_finish(s, 1);
    scribe_free(s);
}

/* One that hangs: who tells is not held up, what is too much is lost, and the others are
 * served. */
static void test_one_hangs(void **state)
{
    static const bool wanted[N] = {true, true, true};
    struct scribe *s = start(wanted);

    (void)state;
    pthread_mutex_lock(&desk.gate);
    tell(s, 0, 0, QUEUE / 2);
    while (!atomic_load(&desk.at_gate))
        sched_yield();
    tell(s, 0, QUEUE / 2, 3 * QUEUE);
    tell(s, 1, 0, 100);
    scribe_finish(s, 1);
    assert_int_equal(desk.written[1], 100);
    assert_int_equal(desk.written[0], 0);
    pthread_mutex_unlock(&desk.gate);
    scribe_finish(s, 0);
    scribe_finish(s, 2);
    assert_in_range(desk.written[0], QUEUE, QUEUE + BLOCK);
    scribe_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_written),
        cmocka_unit_test(test_by_itself),
        cmocka_unit_test(test_one_hangs),
    };

    pthread_mutex_init(&desk.gate, NULL);
    return cmocka_run_group_tests_name("scribe", tests, NULL, NULL);
}
