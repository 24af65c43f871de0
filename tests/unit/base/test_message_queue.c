/* Messages arrive in their order and complete, and without memory they lose no more than their
 * paths. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/event.h"
#include "base/message_queue.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static atomic_bool no_memory;

void *__wrap_malloc(size_t size)
{
    return atomic_load(&no_memory) ? NULL : __real_malloc(size);
}

static int news_fd;
static struct message_queue *q;

static int set_up(void **state)
{
    (void)state;
    atomic_store(&no_memory, false);
    news_fd = event_create();
    return message_queue_create(news_fd, &q);
}

static int tear_down(void **state)
{
    (void)state;
    atomic_store(&no_memory, false);
    message_queue_free(q);
    close(news_fd);
    return 0;
}

static void put(unsigned who, const char *path, int err)
{
    struct failure f;

    (void)failure_set(&f, "open", err, FAILURE_NO_OFFSET, "text");
    message_queue_put(q, who, path, &f);
}

static void expect(unsigned who, const char *path, int err)
{
    struct queued_message *m = message_queue_take(q);

    assert_non_null(m);
    assert_int_equal(m->who, who);
    assert_string_equal(m->path, path);
    assert_int_equal(m->failure.err, err);
    assert_string_equal(m->failure.message, "text");
    message_queue_give_back(q, m);
}

/* A note is no failure; without memory it is one. */
static void test_note(void **state)
{
    struct queued_message *m;

    (void)state;
    message_queue_put_note(q, 7, "path", "abc", 4);
    m = message_queue_take(q);
    assert_int_equal(m->who, 7);
    assert_int_equal(m->failure.err, 0);
    assert_string_equal(m->path, "path");
    assert_string_equal(m->note, "abc");
    message_queue_give_back(q, m);
    atomic_store(&no_memory, true);
    message_queue_put_note(q, 7, "path", "abc", 4);
    m = message_queue_take(q);
    assert_null(m->note);
    assert_int_equal(m->failure.err, ENOMEM);
    assert_string_equal(m->path, "");
    message_queue_give_back(q, m);
}

static void test_order(void **state)
{
    (void)state;
    assert_null(message_queue_take(q));
    put(1, "a", EIO);
    put(2, "b", ENOENT);
    expect(1, "a", EIO);
    put(3, "c", EPERM);
    expect(2, "b", ENOENT);
    expect(3, "c", EPERM);
    assert_null(message_queue_take(q));
}

static void test_without_memory(void **state)
{
    (void)state;
    put(1, "a", EIO);
    atomic_store(&no_memory, true);
    put(2, "b", ENOENT);
    expect(1, "a", EIO);
    expect(2, "", ENOENT);
    put(3, "c", EPERM);
    atomic_store(&no_memory, false);
    put(4, "d", EACCES);
    expect(3, "", EPERM);
    expect(4, "d", EACCES);
    assert_null(message_queue_take(q));
}

#define THREADS 4
#define EACH    300

static void *put_many(void *arg)
{
    for (unsigned i = 0; i < EACH; i++)
        put((unsigned)(uintptr_t)arg, "path", EIO);
    return NULL;
}

/* Each of them waits for the spare of the one before. */
static void test_many_without_memory(void **state)
{
    pthread_t threads[THREADS];
    unsigned n = 0;

    (void)state;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, (void *)i), 0);
    atomic_store(&no_memory, true);
    while (n < THREADS * EACH) {
        struct queued_message *m = message_queue_take(q);

        if (m) {
            message_queue_give_back(q, m);
            n++;
        }
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_null(message_queue_take(q));
}

static void *put_two(void *arg)
{
    (void)arg;
    put(1, "a", EIO);
    put(1, "a", EIO);
    return NULL;
}

static void test_closed(void **state)
{
    const struct timespec little = {.tv_nsec = 10000000};
    pthread_t thread;

    (void)state;
    atomic_store(&no_memory, true);
    assert_int_equal(pthread_create(&thread, NULL, put_two, NULL), 0);
    (void)nanosleep(&little, NULL); /* it is not wrong in either case */
    message_queue_close(q);
    assert_int_equal(pthread_join(thread, NULL), 0);
    put(2, "b", EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_note, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
