/* Tests of watchdog.c: when an endpoint is silent, and when it is the engine that has not begun
 * an operation. The time is the tests' own (the build replaces clock_gettime()). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/medium.h"
#include "copy/watchdog_priv.h"

#define LIMIT 1000u

/* Of the limit, beside the limit, after the question. */
#define GRACE (LIMIT / 4)

static uint64_t test_ms;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    assert_int_equal(clock, CLOCK_MONOTONIC);
    ret->tv_sec = (time_t)(test_ms / 1000);
    ret->tv_nsec = (long)(test_ms % 1000) * 1000000;
    return 0;
}

/* Whether devices write, here. */
static bool test_writing;

bool __wrap_medium_has_written(struct medium_pulse *p, dev_t dev);

bool __wrap_medium_has_written(struct medium_pulse *p, dev_t dev)
{
    p->known = true;
    return dev != 0 && test_writing;
}

/* The source and two destinations; ops[i] runs on endpoint i. */
struct bench {
    struct watchdog dog;
    struct engine_op ops[3];
    struct sight sights[3];
};

#define FIRST  watch_of(0)
#define SECOND watch_of(1)

static void start(struct bench *b)
{
    test_ms += 5000; /* no clock goes back */
    *b = (struct bench){0};
    assert_int_equal(watchdog_init(&b->dog, 2), 0);
    for (unsigned i = 0; i < 3; i++)
        b->sights[i] = (struct sight){.op = &b->ops[i],
                                      .what = i ? "write" : "read",
                                      .turn = i,
                                      .limit_ms = LIMIT,
                                      .may_cancel = true};
}

/* ms later, in which the process has run. */
static void pass(unsigned ms)
{
    for (; ms > CLOCK_LOOK_MS; ms -= CLOCK_LOOK_MS) {
        test_ms += CLOCK_LOOK_MS;
        (void)clock_running_ms();
    }
    test_ms += ms;
}

/* ms later: a look at which the operations of the mask are running. */
static void look(struct bench *b, unsigned ms, unsigned running)
{
    pass(ms);
    assert_true(watchdog_begin(&b->dog));
    for (unsigned i = 0; i < 3; i++)
        if (running >> i & 1)
            watchdog_see(&b->dog, i, &b->sights[i]);
}

static void assert_verdict(struct bench *b, unsigned i, enum watch_verdict verdict)
{
    assert_int_equal(watchdog_judge(&b->dog, i), verdict);
}

static void looks_are_rare(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    assert_true(watchdog_begin(&b.dog));
    test_ms += WATCHDOG_INTERVAL_MS - 1;
    assert_false(watchdog_begin(&b.dog));
    test_ms++;
    assert_true(watchdog_begin(&b.dog));
    watchdog_free(&b.dog);
}

/* An operation that runs and stays is cancelled first. The endpoint is silent a while later. */
static void silent_after_the_question(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    look(&b, 0, 2);
    assert_verdict(&b, FIRST, WATCH_FINE);
    look(&b, LIMIT - 1, 2);
    assert_verdict(&b, FIRST, WATCH_FINE);
    look(&b, 200, 2);
    assert_verdict(&b, FIRST, WATCH_ASK);
    assert_ptr_equal(b.dog.watches[FIRST].asked, &b.ops[FIRST]);
    look(&b, GRACE - 1, 2);
    assert_verdict(&b, FIRST, WATCH_FINE);
    assert_verdict(&b, SECOND, WATCH_FINE);
    look(&b, 100, 2);
    assert_verdict(&b, FIRST, WATCH_SILENT);
    assert_true(b.dog.watches[FIRST].hung);
    assert_string_equal(b.dog.watches[FIRST].oldest.what, "write");
    look(&b, 10 * LIMIT, 2);
    assert_verdict(&b, FIRST, WATCH_FINE); /* once is enough */
    assert_false(watchdog_is_stuck(&b.dog));
    watchdog_free(&b.dog);
}

/* Whatever ends is an answer, and so is having nothing to do. */
static void moving_is_no_silence(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    for (unsigned i = 0; i < 50; i++) {
        look(&b, LIMIT - 1, i % 2 ? 2 : 6);
        assert_verdict(&b, FIRST, WATCH_FINE);
        assert_verdict(&b, SECOND, WATCH_FINE); /* is idle every other time */
        b.ops[FIRST].result = 1;
        assert_false(watchdog_moved(&b.dog, FIRST, &b.ops[FIRST]));
    }
    watchdog_free(&b.dog);
}

static void no_limit(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.sights[SECOND].limit_ms = 0;
    for (unsigned i = 0; i < 5; i++) {
        look(&b, 1000 * LIMIT, 4);
        assert_verdict(&b, SECOND, WATCH_FINE);
    }
    watchdog_free(&b.dog);
}

/* The limit is that of what runs first: an fsync may take longer than the write before it. */
static void the_oldest_counts(void **state)
{
    struct engine_op fsync = {.result = 0};
    struct sight s = {
        .op = &fsync, .what = "fsync", .turn = 9, .limit_ms = 9 * LIMIT, .may_cancel = true};
    struct bench b;

    (void)state;
    start(&b);
    for (unsigned i = 0; i < 2; i++) {
        pass(i * LIMIT);
        assert_true(watchdog_begin(&b.dog));
        watchdog_see(&b.dog, FIRST, &s);
        watchdog_see(&b.dog, FIRST, &b.sights[FIRST]);
        assert_verdict(&b, FIRST, i ? WATCH_ASK : WATCH_FINE);
        assert_ptr_equal(b.dog.watches[FIRST].oldest.op, &b.ops[FIRST]);
    }
    assert_false(watchdog_moved(&b.dog, FIRST, &b.ops[FIRST]));
    for (unsigned i = 0; i < 9; i++) {
        pass(LIMIT - 1);
        assert_true(watchdog_begin(&b.dog));
        watchdog_see(&b.dog, FIRST, &s);
        assert_verdict(&b, FIRST, WATCH_FINE);
    }
    watchdog_free(&b.dog);
}

/* A stream, and what is no operation of an engine, cannot be asked. */
static void silent_without_a_question(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.sights[FIRST].may_cancel = false;
    b.sights[SECOND].op = NULL;
    look(&b, 0, 6);
    assert_verdict(&b, FIRST, WATCH_FINE);
    assert_verdict(&b, SECOND, WATCH_FINE);
    look(&b, LIMIT / 2, 6);
    assert_false(watchdog_moved(&b.dog, SECOND, NULL));
    assert_verdict(&b, SECOND, WATCH_FINE);
    look(&b, LIMIT / 2, 6);
    assert_verdict(&b, FIRST, WATCH_SILENT);
    assert_verdict(&b, SECOND, WATCH_FINE);
    look(&b, LIMIT / 2, 6);
    assert_verdict(&b, SECOND, WATCH_SILENT);
    watchdog_free(&b.dog);
}

/* -EINTR only because of the question; -ECANCELED: the engine had not begun it. */
static void ends_by_the_question(void **state)
{
    struct bench b;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        start(&b);
        look(&b, 0, 6);
        assert_verdict(&b, FIRST, WATCH_FINE);
        look(&b, LIMIT, 6);
        assert_verdict(&b, FIRST, WATCH_ASK);
        b.ops[0].result = -ECANCELED; /* another one, cancelled with it */
        assert_false(watchdog_moved(&b.dog, FIRST, &b.ops[0]));
        assert_ptr_equal(b.dog.watches[FIRST].asked, &b.ops[FIRST]);
        b.ops[FIRST].result = i ? -ECANCELED : -EINTR;
        assert_int_equal(watchdog_moved(&b.dog, FIRST, &b.ops[FIRST]), i == 0);
        assert_int_equal(b.dog.watches[FIRST].hung, i == 0);
        assert_int_equal(b.dog.clogged, i == 1);
        watchdog_free(&b.dog);
    }
    start(&b);
    b.ops[FIRST].result = -EINTR; /* nobody asked */
    assert_false(watchdog_moved(&b.dog, FIRST, &b.ops[FIRST]));
    watchdog_free(&b.dog);
}

/* While something else runs, the time of an endpoint whose operations wait does not pass; the
 * engine is stuck when what runs hangs. */
static void waiting_is_no_silence(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.ops[SECOND].waits = true;
    for (unsigned i = 0; i < 20; i++) {
        look(&b, LIMIT, 6);
        assert_verdict(&b, SECOND, WATCH_FINE);
        assert_false(watchdog_is_stuck(&b.dog));
    }
    assert_verdict(&b, FIRST, WATCH_FINE);
    look(&b, LIMIT, 6);
    assert_verdict(&b, FIRST, WATCH_ASK);
    look(&b, GRACE, 6);
    assert_verdict(&b, FIRST, WATCH_SILENT);
    assert_true(watchdog_is_stuck(&b.dog));
    watchdog_free(&b.dog);
}

/* If nothing else runs, what seems to wait must run. */
static void waiting_for_nothing(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.ops[SECOND].waits = true;
    look(&b, 0, 4);
    assert_verdict(&b, SECOND, WATCH_FINE);
    look(&b, LIMIT + GRACE - 1, 4);
    assert_verdict(&b, SECOND, WATCH_FINE);
    look(&b, 100, 4);
    assert_verdict(&b, SECOND, WATCH_SILENT);
    watchdog_free(&b.dog);
}

/* The process was stopped for a long time: nobody was silent. */
static void stopped_is_no_silence(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    look(&b, 0, 2);
    assert_verdict(&b, FIRST, WATCH_FINE);
    test_ms += 1000 * LIMIT;
    assert_true(watchdog_begin(&b.dog));
    watchdog_see(&b.dog, FIRST, &b.sights[FIRST]);
    assert_verdict(&b, FIRST, WATCH_FINE);
    look(&b, LIMIT, 2);
    assert_verdict(&b, FIRST, WATCH_ASK);
    watchdog_free(&b.dog);
}

/* A device that writes shows that what runs is not silent. It does not show that it runs: it may
 * write for others. */
static void device_as_witness(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.sights[FIRST].device = 1;
    test_writing = true;
    look(&b, 0, 2);
    assert_verdict(&b, FIRST, WATCH_FINE);
    look(&b, LIMIT, 2);
    assert_verdict(&b, FIRST, WATCH_ASK);
    for (unsigned i = 0; i < 20; i++) {
        look(&b, LIMIT, 2);
        assert_verdict(&b, FIRST, WATCH_FINE);
    }
    test_writing = false;
    look(&b, LIMIT / 2 - 1, 2);
    assert_verdict(&b, FIRST, WATCH_FINE);
    look(&b, LIMIT / 2, 2);
    assert_verdict(&b, FIRST, WATCH_SILENT);
    watchdog_free(&b.dog);
}

static void stalls(void **state)
{
    uint64_t since = 0;

    (void)state;
    test_ms += 7000;
    assert_false(watchdog_is_stalled(&since, 100));
    test_ms += 99;
    assert_false(watchdog_is_stalled(&since, 100));
    test_ms++;
    assert_true(watchdog_is_stalled(&since, 100));
    since = 0;
    assert_false(watchdog_is_stalled(&since, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_are_rare),        cmocka_unit_test(silent_after_the_question),
        cmocka_unit_test(moving_is_no_silence),  cmocka_unit_test(no_limit),
        cmocka_unit_test(the_oldest_counts),     cmocka_unit_test(silent_without_a_question),
        cmocka_unit_test(ends_by_the_question),  cmocka_unit_test(waiting_is_no_silence),
        cmocka_unit_test(waiting_for_nothing),   cmocka_unit_test(stalls),
        cmocka_unit_test(stopped_is_no_silence), cmocka_unit_test(device_as_witness),
    };

    return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
