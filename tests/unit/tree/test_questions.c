/* Questions of several threads: one is open at a time, each gets its own answer, and none waits
 * after questions_close(). */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/event.h"
#include "tree/questions_priv.h"

#define N_ASKERS 4u

struct asker {
    struct questions *q;
    pthread_t thread;
    char path[16];
    bool yes;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    const struct existing_case about = {.mode = 0100600, .writable = true};

    a->yes = questions_ask(a->q, a->path, &about);
    return NULL;
}

static void start(struct asker *a, struct questions *q, unsigned i)
{
    *a = (struct asker){.q = q};
    (void)snprintf(a->path, sizeof(a->path), "/%u", i);
    assert_int_equal(pthread_create(&a->thread, NULL, ask, a), 0);
}

static void wait_for_event(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&p, 1, 10000), 1);
    (void)event_clear(fd);
}

/* The main thread's side: waits for the next question. */
static const char *next(struct questions *q, int fd)
{
    struct existing_case about = {.mode = 0};
    const char *path = NULL;

    while (!questions_next(q, &path, &about))
        wait_for_event(fd);
    assert_int_equal(about.mode, 0100600);
    assert_true(about.writable);
    return path;
}

static void test_each_gets_its_answer(void **state)
{
    int fd = event_create();
    struct questions q;
    struct asker askers[N_ASKERS];
    const char *path;

    (void)state;
    questions_init(&q, fd);
    assert_false(questions_next(&q, &path, &(struct existing_case){.mode = 0}));
    for (unsigned i = 0; i < N_ASKERS; i++)
        start(&askers[i], &q, i);
    for (unsigned i = 0; i < N_ASKERS; i++) {
        path = next(&q, fd);
        /* It stays open until it is answered. */
        assert_ptr_equal(next(&q, fd), path);
        questions_answer(&q, path[1] % 2 == 0);
    }
    for (unsigned i = 0; i < N_ASKERS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_int_equal(askers[i].yes, askers[i].path[1] % 2 == 0);
    }
    assert_false(questions_next(&q, &path, &(struct existing_case){.mode = 0}));
    questions_destroy(&q);
    close(fd);
}

static void test_close(void **state)
{
    int fd = event_create();
    struct questions q;
    struct asker askers[N_ASKERS];
    struct existing_case about = {.mode = 0};
    const char *path;

    (void)state;
    questions_init(&q, fd);
    for (unsigned i = 0; i < N_ASKERS; i++)
        start(&askers[i], &q, i);
    (void)next(&q, fd);
    questions_close(&q);
    assert_false(questions_next(&q, &path, &about));
    for (unsigned i = 0; i < N_ASKERS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_false(askers[i].yes);
    }
    assert_false(questions_ask(&q, "/late", &about));
    questions_destroy(&q);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_its_answer),
        cmocka_unit_test(test_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
