/* The stream: one producer, consumers at their own pace, a ring that is full, every end, and
 * consumers that go apart. */
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

#include "tree/stream_priv.h"

#define SIZE 4096u

struct item {
    uint32_t number;
    uint32_t length; /* of bytes */
    unsigned char bytes[];
};

static size_t put(struct stream *s, uint32_t number, size_t length, size_t reserve)
{
    struct item *item = stream_reserve(s, 0, sizeof(*item) + reserve);

    if (!item)
        return 0;
    assert_int_equal((uintptr_t)item % 16, 0);
    item->number = number;
    item->length = (uint32_t)length;
    memset(item->bytes, (int)(number & 0xff), length);
    stream_publish(s, 0, sizeof(*item) + length);
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

static struct stream *new_stream(unsigned n_consumers)
{
    struct stream *s;

    assert_int_equal(stream_create(SIZE, n_consumers, 1, &s), 0);
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
    stream_end(s, 0);
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
    assert_null(stream_reserve(s, 0, 1));
    assert_null(stream_take(s, 0));
    assert_null(stream_take(s, 1));
    assert_false(stream_drain(s, 0));
    stream_free(s);
}

/* Who has had the last record has had all if that was the end, and no stop kept the producer
 * from going on. */
static void test_had_all(void **state)
{
    for (int stop = 0; stop < 3; stop++) { /* never, before the end, after it */
        struct stream *s = new_stream(2);

        (void)state;
        put(s, 0, 10, 10);
        assert_non_null(stream_take(s, 0));
        if (stop == 1)
            stream_stop(s);
        stream_end(s, 0);
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
    assert_non_null(stream_reserve(s, 0, 1));
    stream_leave(s, 1);
    assert_null(stream_reserve(s, 0, 1));
    assert_true(stream_drain(s, 0));
    stream_free(s);
}

/* ---- among threads ---- */

enum { TO_THE_END = UINT32_MAX };

struct consumer {
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
    struct consumer *r = arg;
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

static void start(struct consumer *r, struct stream *s, unsigned number)
{
    r->s = s;
    r->number = number;
    assert_int_equal(pthread_create(&r->thread, NULL, read_all, r), 0);
}

static void await_readers(struct consumer *r, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(pthread_join(r[i].thread, NULL), 0);
}

static void test_readers(void **state)
{
    struct stream *s = new_stream(4);
    size_t max = stream_max_record(s) - sizeof(struct item);
    const uint32_t n = 5000;
    struct consumer r[4] = {{.leave_after = TO_THE_END},
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
            assert_true(stream_drain(s, 0));
            assert_true(stream_idle(s, 0));
        }
    }
    stream_end(s, 0);
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
    struct consumer r[2] = {{.leave_after = TO_THE_END}, {.leave_after = TO_THE_END}};

    (void)state;
    start(&r[0], s, 0);
    start(&r[1], s, 1);
    for (uint32_t number = 0; number < 200; number++) {
        put(s, number, number % 100, max);
        assert_true(stream_drain(s, 0));
        assert_non_null(stream_reserve(s, 0, stream_max_record(s)));
        assert_true(stream_drain(s, 0));
    }
    stream_end(s, 0);
    await_readers(r, 2);
    assert_true(r[0].whole && r[1].whole);
    assert_int_equal(r[0].taken, 200);
    stream_free(s);
}

/* A producer that waits for room is woken by a stop, and so is a consumer that waits for
 * more. */
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
            assert_false(stream_drain(s, 0));
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
            assert_true(stream_drain(s, 0));
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        stream_free(s);
    }
}

/* The producer waits for those who still look at something, up to a position and no further. */
static void test_await(void **state)
{
    struct stream *s = new_stream(2);
    uint64_t first, second;
    pthread_t thread;

    (void)state;
    assert_true(stream_await(s, 0, stream_position(s, 0)));
    put(s, 0, 500, 500);
    first = stream_position(s, 0);
    put(s, 1, 500, 500);
    second = stream_position(s, 0);
    assert_true(first < second);
    for (unsigned consumer = 0; consumer < 2; consumer++) {
        assert_non_null(stream_take(s, consumer));
        assert_non_null(stream_take(s, consumer)); /* lets go of the first */
    }
    assert_true(stream_await(s, 0, first));
    stream_leave(s, 1);
    run_beside(leave_soon, s, &thread);
    assert_true(stream_await(s, 0, second));
    assert_true(stream_left(s, 0));
    assert_int_equal(pthread_join(thread, NULL), 0);
    stream_free(s);

    s = new_stream(1);
    put(s, 0, 500, 500);
    run_beside(stop_soon, s, &thread);
    assert_false(stream_await(s, 0, stream_position(s, 0)));
    assert_int_equal(pthread_join(thread, NULL), 0);
    stream_free(s);
}

/* ---- consumers that go apart ---- */

/* As put(), in any lane. */
static bool put_in(struct stream *s, unsigned lane, uint32_t number, size_t length)
{
    struct item *item = stream_reserve(s, lane, sizeof(*item) + length);

    if (!item)
        return false;
    item->number = number;
    item->length = (uint32_t)length;
    memset(item->bytes, (int)(number & 0xff), length);
    stream_publish(s, lane, sizeof(*item) + length);
    return true;
}

/* Waits until the producer is held up: by consumers who owe time, so that it does not have to
 * wait for them. */
static void await_held_up(struct stream *s, unsigned lane)
{
    while (stream_reserve(s, lane, 1))
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    assert_true(stream_held_up(s, lane));
}

/* The slow one gets what was there for it up to the cut, and then what its own producer has. */
static void test_part(void **state)
{
    struct consumer fast = {.leave_after = TO_THE_END};
    struct stream *s;
    uint64_t cut;
    unsigned lane = 7;

    (void)state;
    assert_int_equal(stream_create(SIZE, 2, 2, &s), 0);
    start(&fast, s, 0);
    for (uint32_t number = 0; number < 10; number++)
        assert_true(put_in(s, 0, number, 50));
    cut = stream_position(s, 0);
    for (uint32_t number = 10; number < 15; number++)
        assert_true(put_in(s, 0, number, 50));
    assert_true(is_whole(stream_take(s, 1), 0));
    stream_owe(s, 1, -1000);
    assert_non_null(stream_reserve(s, 0, 1));
    stream_owe(s, 1, 1000000);
    await_held_up(s, 0);
    assert_true(stream_divide(s, 0, cut, &lane));
    assert_int_equal(lane, 1);
    assert_int_equal(stream_lane(s, 0), 0);
    assert_int_equal(stream_lane(s, 1), 1);
    assert_false(stream_held_up(s, 0));
    /* Nobody waits for the slow one any more, however much there is. */
    for (uint32_t number = 15; number < 500; number++)
        assert_true(put_in(s, 0, number, 50));
    assert_true(stream_drain(s, 0));
    assert_true(stream_idle(s, 0));
    assert_false(stream_idle(s, 1));
    stream_end(s, 0);
    await_readers(&fast, 1);
    assert_true(fast.whole);
    assert_int_equal(fast.taken, 500);
    for (uint32_t number = 10; number < 15; number++)
        assert_true(put_in(s, 1, number, 50));
    stream_end(s, 1);
    for (uint32_t number = 1; number < 15; number++)
        assert_true(is_whole(stream_take(s, 1), number));
    assert_null(stream_take(s, 1));
    assert_true(stream_had_all(s, 1));
    stream_free(s);
}

/* Not if the slow one has seen what would be cut off, nor when all is over. */
static void test_part_refused(void **state)
{
    struct consumer fast = {.leave_after = TO_THE_END};
    struct stream *s;
    uint64_t cut;
    unsigned lane;

    (void)state;
    assert_int_equal(stream_create(SIZE, 2, 2, &s), 0);
    start(&fast, s, 0);
    cut = stream_position(s, 0);
    assert_true(put_in(s, 0, 0, 50));
    assert_true(put_in(s, 0, 1, 50));
    assert_true(is_whole(stream_take(s, 1), 0));
    stream_owe(s, 1, 1000000);
    await_held_up(s, 0);
    assert_false(stream_divide(s, 0, cut, &lane));
    stream_put_off(s, 0);
    assert_false(stream_held_up(s, 0));
    assert_true(put_in(s, 0, 2, 50)); /* it may go on as if nothing had been */
    assert_int_equal(stream_lane(s, 1), 0);
    await_held_up(s, 0); /* until the next time */
    stream_stop(s);
    assert_false(stream_held_up(s, 0));
    assert_false(stream_divide(s, 0, stream_position(s, 0), &lane));
    await_readers(&fast, 1);
    stream_free(s);
}

/* Whichever way the producer waits, its patience comes to an end. */
static void test_patience(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        struct consumer fast = {.leave_after = TO_THE_END};
        struct stream *s;
        unsigned lane;

        assert_int_equal(stream_create(SIZE, 2, 2, &s), 0);
        start(&fast, s, 0);
        assert_true(put_in(s, 0, 0, 50));
        assert_non_null(stream_take(s, 1));
        if (way == 0)
            for (uint32_t number = 1; put_in(s, 0, number, 50);)
                number++;
        else if (way == 1)
            assert_false(stream_drain(s, 0));
        else
            assert_false(stream_await(s, 0, stream_position(s, 0)));
        assert_true(stream_held_up(s, 0));
        assert_true(stream_divide(s, 0, stream_position(s, 0), &lane));
        assert_true(stream_drain(s, 0));
        stream_stop(s);
        await_readers(&fast, 1);
        stream_free(s);
    }
}

struct producer {
    struct stream *s;
    unsigned lane;
    uint32_t number;
    unsigned seed;
    bool lost;             /* it could not go on */
    struct producer *next; /* who goes on for those that it has parted with */
    pthread_t thread;
};

enum { N_RECORDS = 4000 };

/* Puts all records, some at a time, and begins these again in another lane. */
static void *write_all(void *arg)
{
    struct producer *w = arg;

    for (uint32_t first = w->number; first < N_RECORDS; first += w->seed % 7 + 1) {
        uint64_t cut = stream_position(w->s, w->lane);
        uint32_t number = first;

        /* As if it were slow, which it may be or not. */
        if (first % 50 < 7)
            stream_owe(w->s, (first / 50 + w->seed) % 4, 1000000);
        while (number < first + w->seed % 7 + 1 && number < N_RECORDS) {
            struct producer *own = NULL;

            if (put_in(w->s, w->lane, number, number * 31 % 300)) {
                number++;
                continue;
            }
            if (!stream_held_up(w->s, w->lane)) /* nobody is there any more */
                return NULL;
            own = malloc(sizeof(*own));
            if (!own)
                abort();
            *own = (struct producer){
                .s = w->s, .number = first, .seed = w->seed * 3 + 1, .next = w->next};
            if (stream_divide(w->s, w->lane, cut, &own->lane)) {
                w->next = own;
                if (pthread_create(&own->thread, NULL, write_all, own) != 0)
                    abort();
            } else {
                stream_put_off(w->s, w->lane);
                free(own);
            }
        }
    }
    stream_end(w->s, w->lane);
    return NULL;
}

/* Every consumer gets every record once, in order, whoever parts with whom. */
static void test_lanes(void **state)
{
    bool any_apart = false;

    for (unsigned round = 0; round < 8; round++) {
        struct consumer r[4] = {{.leave_after = TO_THE_END},
                                {.leave_after = TO_THE_END, .every = 30},
                                {.leave_after = TO_THE_END, .every = 7},
                                {.leave_after = N_RECORDS / 2, .every = 1}};
        struct producer w = {.seed = round};
        bool apart = false;

        (void)state;
        assert_int_equal(stream_create(SIZE, 4, 1 + round % 4, &w.s), 0);
        for (unsigned i = 0; i < 4; i++)
            start(&r[i], w.s, i);
        (void)write_all(&w);
        await_readers(r, 4);
        for (struct producer *own = w.next, *next; own; own = next) {
            assert_int_equal(pthread_join(own->thread, NULL), 0);
            next = own->next;
            free(own);
        }
        for (unsigned i = 0; i < 4; i++) {
            assert_true(r[i].whole);
            assert_int_equal(r[i].taken, i == 3 ? N_RECORDS / 2 : N_RECORDS);
            apart |= stream_lane(w.s, i) != 0;
        }
        assert_false(apart && round % 4 == 0);
        any_apart |= apart;
        stream_free(w.s);
    }
    assert_true(any_apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length), cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_had_all),      cmocka_unit_test(test_left),
        cmocka_unit_test(test_readers),      cmocka_unit_test(test_idle_behind_gap),
        cmocka_unit_test(test_stop_wakes),   cmocka_unit_test(test_leave_wakes),
        cmocka_unit_test(test_await),        cmocka_unit_test(test_part),
        cmocka_unit_test(test_part_refused), cmocka_unit_test(test_patience),
        cmocka_unit_test(test_lanes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
