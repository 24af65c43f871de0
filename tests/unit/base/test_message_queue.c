/* test_message_queue: messages when there is no memory. The test replaces malloc(3). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/event.h"
#include "base/message_queue.h"
#include "base/thread.h"

#define N 20u

static atomic_bool no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return atomic_load(&no_memory) ? NULL : __real_malloc(size);
}

/* A thread that has N failures to report, and no memory. */
static void *report_all(void *queue)
{
    struct failure f;

    failure_set(&f, "write", ENOSPC, FAILURE_NO_OFFSET, NULL);
    for (unsigned i = 0; i < N; i++)
        message_queue_put(queue, i, "some/path", &f);
    return NULL;
}

/* Each failure arrives: the first one without memory, the others as soon as there is some. */
static void test_nothing_is_lost(void **state)
{
    int news = event_create();
    struct message_queue *q;
    unsigned got = 0;

    (void)state;
    assert_int_equal(message_queue_create(news, &q), 0);
    assert_int_equal(thread_start(report_all, q), 0);
    for (unsigned looks = 0; got < N && looks < 50000; looks++) {
        struct queued_message *m;

        atomic_store(&no_memory, looks % 8 != 7);
        m = message_queue_take(q);
        if (!m) {
            usleep(200);
            continue;
        }
        assert_int_equal(m->who, got);
        assert_int_equal(m->failure.err, ENOSPC);
        got++;
        free(m);
    }
    atomic_store(&no_memory, false);
    assert_int_equal(got, N);
    usleep(10000);
    message_queue_free(q);
    close(news);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
