/* The stream: one writer, readers at their own pace, a ring that is full, and every end. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "stream.h"

#define SIZE 4096u

struct item {
    uint32_t number;
    uint32_t length; /* of bytes */
    unsigned char bytes[];
};

static size_t put(struct stream *s, uint32_t number, size_t length, size_t reserve)
{
    struct item *item = stream_reserve(s, sizeof(*item) + reserve);

    if (!item)
        return 0;
    assert_int_equal((uintptr_t)item % 16, 0);
    item->number = number;
    item->length = (uint32_t)length;
    memset(item->bytes, (int)(number & 0xff), length);
    stream_publish(s, sizeof(*item) + length);
    return length;
}

/* Whether all is as it was put. */
static bool is_whole(const struct item *item, uint32_t number)
{
    if (item->number != number)
        return false;
    for (uint32_t i = 0; i < item->length; i++)
        if (item->bytes[i] != (number & 0xff))
            return false;
    return true;
}

static struct stream *new_stream(unsigned n_readers)
{
    struct stream *s;

    assert_int_equal(stream_create(SIZE, n_readers, &s), 0);
    return s;
}

/* ---- in one thread ---- */

/* Each record ends elsewhere in the ring, the longest too: with gaps of all lengths. */
static void test_every_length(void **state)
{
    struct stream *s = new_stream(1);
    size_t max = stream_max_record(s) - sizeof(struct item);
    uint32_t number = 0;

    (void)state;
    for (size_t length = 0; length <= max; length += length % 7 + 1) {
        put(s, number, length, length);
        assert_true(is_whole(stream_take(s, 0), number));
        number++;
        put(s, number, max, max);
        assert_true(is_whole(stream_take(s, 0), number));
        number++;
    }
    stream_end(s);
    assert_null(stream_take(s, 0));
    assert_null(stream_take(s, 0));
    stream_free(s);
}

static void test_stopped(void **state)
{
    struct stream *s = new_stream(2);

    (void)state;
    put(s, 0, 10, 10);
    assert_false(stream_stopped(s));
    stream_stop(s);
    assert_true(stream_stopped(s));
    assert_null(stream_reserve(s, 1));
    assert_null(stream_take(s, 0));
    assert_null(stream_take(s, 1));
    assert_false(stream_drain(s));
    stream_free(s);
}

/* Who has had the last record has had all if that was the end, and no stop kept the writer from
 * going on. */
static void test_had_all(void **state)
{
    for (int stop = 0; stop < 3; stop++) { /* never, before the end, after it */
        struct stream *s = new_stream(2);

        (void)state;
        put(s, 0, 10, 10);
        assert_non_null(stream_take(s, 0));
        if (stop == 1)
            stream_stop(s);
        stream_end(s);
        if (stop == 2)
            stream_stop(s);
        assert_null(stream_take(s, 0));
        assert_int_equal(stream_had_all(s, 0), stop != 1);
        assert_false(stream_had_all(s, 1));
        stream_leave(s, 0);
        assert_false(stream_had_all(s, 0));
        stream_free(s);
    }
}

static void test_left(void **state)
{
    struct stream *s = new_stream(2);

    (void)state;
    put(s, 0, 10, 10);
    assert_non_null(stream_take(s, 0));
    assert_false(stream_left(s, 0));
    stream_leave(s, 0);
    stream_leave(s, 0);
    assert_true(stream_left(s, 0));
    assert_false(stream_left(s, 1));
    assert_null(stream_take(s, 0));
    /* It keeps no room from the other one. */
    for (uint32_t number = 0; number < 100; number++) {
        assert_true(is_whole(stream_take(s, 1), number));
        put(s, number + 1, 1000, 1000);
    }
    assert_non_null(stream_reserve(s, 1));
    stream_leave(s, 1);
    assert_null(stream_reserve(s, 1));
    assert_true(stream_drain(s));
    stream_free(s);
}

/* ---- among threads ---- */

enum { TO_THE_END = UINT32_MAX };

struct reader {
    struct stream *s;
    unsigned number;
    uint32_t leave_after; /* records */
    unsigned every;       /* sleeps after every so many records; 0: never */
    uint32_t taken;
    bool whole;
    pthread_t thread;
};

static void *read_all(void *arg)
{
    struct reader *r = arg;
    const struct item *item;

    r->whole = true;
    while (r->taken < r->leave_after && (item = stream_take(r->s, r->number))) {
        if (r->every && r->taken % r->every == 0)
            nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
        r->whole &= is_whole(item, r->taken);
        r->taken++;
    }
    stream_leave(r->s, r->number);
    return NULL;
}

static void start(struct reader *r, struct stream *s, unsigned number)
{
    r->s = s;
    r->number = number;
    assert_int_equal(pthread_create(&r->thread, NULL, read_all, r), 0);
}

static void await_readers(struct reader *r, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(pthread_join(r[i].thread, NULL), 0);
}

static void test_readers(void **state)
{
    struct stream *s = new_stream(4);
    size_t max = stream_max_record(s) - sizeof(struct item);
    const uint32_t n = 5000;
    struct reader r[4] = {{.leave_after = TO_THE_END},
                          {.leave_after = TO_THE_END, .every = 40},
                          {.leave_after = n / 2, .every = 100},
                          {.leave_after = TO_THE_END, .every = 300}};

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        start(&r[i], s, i);
    srandom(1);
    for (uint32_t number = 0; number < n; number++) {
        size_t length = (size_t)random() % (number % 10 == 0 ? max + 1 : 200);

        put(s, number, length, number % 3 == 0 ? max : length);
        if (number % 500 == 0) {
            assert_true(stream_drain(s));
            assert_true(stream_idle(s));
        }
    }
    stream_end(s);
    await_readers(r, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(r[i].whole);
        assert_int_equal(r[i].taken, i == 2 ? n / 2 : n);
    }
    stream_free(s);
}

/* A gap that is made while all wait does not look like a record that nobody takes. */
static void test_idle_behind_gap(void **state)
{
    struct stream *s = new_stream(2);
    size_t max = stream_max_record(s) - sizeof(struct item);
    struct reader r[2] = {{.leave_after = TO_THE_END}, {.leave_after = TO_THE_END}};

    (void)state;
    start(&r[0], s, 0);
    start(&r[1], s, 1);
    for (uint32_t number = 0; number < 200; number++) {
        put(s, number, number % 100, max);
        assert_true(stream_drain(s));
        assert_non_null(stream_reserve(s, stream_max_record(s)));
        assert_true(stream_drain(s));
    }
    stream_end(s);
    await_readers(r, 2);
    assert_true(r[0].whole && r[1].whole);
    assert_int_equal(r[0].taken, 200);
    stream_free(s);
}

/* A writer that waits for room is woken by a stop, and so is a reader that waits for more. */
static void *stop_soon(void *s)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    stream_stop(s);
    return NULL;
}

static void *leave_soon(void *s)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    stream_leave(s, 0);
    return NULL;
}

static void run_beside(void *(*what)(void *), struct stream *s, pthread_t *ret_thread)
{
    assert_int_equal(pthread_create(ret_thread, NULL, what, s), 0);
}

static void test_stop_wakes(void **state)
{
    pthread_t thread;

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        struct stream *s = new_stream(1);

        run_beside(stop_soon, s, &thread);
        if (round == 0) {
            while (put(s, 0, 500, 500))
                ;
        } else if (round == 1) {
            assert_null(stream_take(s, 0));
        } else {
            put(s, 0, 500, 500);
            assert_false(stream_drain(s));
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        stream_free(s);
    }
}

static void test_leave_wakes(void **state)
{
    pthread_t thread;

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        struct stream *s = new_stream(1);

        run_beside(leave_soon, s, &thread);
        if (round == 0) {
            while (put(s, 0, 500, 500))
                ;
        } else if (round == 1) {
            assert_null(stream_take(s, 0));
        } else {
            put(s, 0, 500, 500);
            assert_true(stream_drain(s));
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        stream_free(s);
    }
}

/* The writer waits for those who still look at something, up to a position and no further. */
static void test_await(void **state)
{
    struct stream *s = new_stream(2);
    uint64_t first, second;
    pthread_t thread;

    (void)state;
    assert_true(stream_await(s, stream_position(s)));
    put(s, 0, 500, 500);
    first = stream_position(s);
    put(s, 1, 500, 500);
    second = stream_position(s);
    assert_true(first < second);
    for (unsigned reader = 0; reader < 2; reader++) {
        assert_non_null(stream_take(s, reader));
        assert_non_null(stream_take(s, reader)); /* lets go of the first */
    }
    assert_true(stream_await(s, first));
    stream_leave(s, 1);
    run_beside(leave_soon, s, &thread);
    assert_true(stream_await(s, second));
    assert_true(stream_left(s, 0));
    assert_int_equal(pthread_join(thread, NULL), 0);
    stream_free(s);

    s = new_stream(1);
    put(s, 0, 500, 500);
    run_beside(stop_soon, s, &thread);
    assert_false(stream_await(s, stream_position(s)));
    assert_int_equal(pthread_join(thread, NULL), 0);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length), cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_had_all),      cmocka_unit_test(test_left),
        cmocka_unit_test(test_readers),      cmocka_unit_test(test_idle_behind_gap),
        cmocka_unit_test(test_stop_wakes),   cmocka_unit_test(test_leave_wakes),
        cmocka_unit_test(test_await),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
