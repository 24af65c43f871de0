/* journal_writer: all that is told is written, in order, by threads that hang on their own. */
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

#include "target/journal_writer.h"

#define N     3u
#define QUEUE 4096u /* as in journal_writer.c */
#define BLOCK 64u

static struct {
    uint64_t next[N]; /* what is to be written next, in unbroken order */
    atomic_uint written[N];
    pthread_mutex_t gate; /* destination 0 gets no further while somebody has it */
    atomic_bool at_gate;
} desk;

static void write_records(void *arg, unsigned d, const struct journal_record *v, unsigned n)
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

static struct journal_writer *start(const bool *wanted)
{
    struct journal_writer_config config = {
        .n = N, .wanted = wanted, .write = write_records, .arg = &desk};
    struct journal_writer *s;

    for (unsigned d = 0; d < N; d++) {
        desk.next[d] = 0;
        atomic_store(&desk.written[d], 0);
    }
    atomic_store(&desk.at_gate, false);
    assert_int_equal(journal_writer_start(&config, &s), 0);
    return s;
}

static void tell(struct journal_writer *s, unsigned d, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct journal_record r = {.start = i, .len = 1};

        journal_writer_note(s, d, &r);
    }
}

static void test_all_is_written(void **state)
{
    static const bool wanted[N] = {true, false, true};
    struct journal_writer *s = start(wanted);

    (void)state;
    assert_true(journal_writer_wants(s, 0) && !journal_writer_wants(s, 1) &&
                journal_writer_wants(s, 2));
    tell(s, 0, 0, 1000);
    tell(s, 2, 0, 7);
    for (unsigned d = 0; d < N; d++)
        journal_writer_finish(s, d);
    assert_int_equal(desk.written[0], 1000);
    assert_int_equal(desk.written[1], 0);
    assert_int_equal(desk.written[2], 7);
    tell(s, 0, 1000, 1001);
    journal_writer_finish(s, 0);
    assert_int_equal(desk.written[0], 1000);
    journal_writer_free(s);
    journal_writer_free(NULL);
}

/* Half a queue is written without being asked for, and so is less when its time has come. */
static void test_by_itself(void **state)
{
    static const bool wanted[N] = {true, true, false};
    struct journal_writer *s = start(wanted);

    (void)state;
    tell(s, 0, 0, QUEUE / 2);
    tell(s, 1, 0, 1);
    while (desk.written[0] < QUEUE / 2 || desk.written[1] < 1)
        sched_yield();
    journal_writer_finish(s, 0);
    journal_writer_finish(s, 1);
    journal_writer_free(s);
}

/* One that hangs: who tells is not held up, what is too much is lost, and the others are
 * served. */
static void test_one_hangs(void **state)
{
    static const bool wanted[N] = {true, true, true};
    struct journal_writer *s = start(wanted);

    (void)state;
    pthread_mutex_lock(&desk.gate);
    tell(s, 0, 0, QUEUE / 2);
    while (!atomic_load(&desk.at_gate))
        sched_yield();
    tell(s, 0, QUEUE / 2, 3 * QUEUE);
    tell(s, 1, 0, 100);
    journal_writer_finish(s, 1);
    assert_int_equal(desk.written[1], 100);
    assert_int_equal(desk.written[0], 0);
    pthread_mutex_unlock(&desk.gate);
    journal_writer_finish(s, 0);
    journal_writer_finish(s, 2);
    assert_in_range(desk.written[0], QUEUE, QUEUE + BLOCK);
    journal_writer_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_written),
        cmocka_unit_test(test_by_itself),
        cmocka_unit_test(test_one_hangs),
    };

    pthread_mutex_init(&desk.gate, NULL);
    return cmocka_run_group_tests_name("journal_writer", tests, NULL, NULL);
}
