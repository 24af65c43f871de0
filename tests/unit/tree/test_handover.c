/* Files that a thread hands over: the main thread gets each once, and the thread waits until it
 * is finished. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/event.h"
#include "tree/handover_priv.h"

#define N_FILES 100

struct reader {
    struct handover *h;
    atomic_int n_finished;
    int n_readable, n_hashes;
};

static void *read_files(void *arg)
{
    struct reader *r = arg;

    for (int i = 0; i < N_FILES; i++) {
        struct digest_values hashes;

        r->n_readable += handover_copy(r->h, 1000 + i, i % 2 ? "/odd" : "/even", &hashes);
        r->n_hashes += hashes.algorithms == (unsigned)i;
        atomic_fetch_add(&r->n_finished, 1);
    }
    return NULL;
}

static void test_one_at_a_time(void **state)
{
    int wake_fd = event_create();
    struct handover h;
    struct reader r = {.h = &h};
    pthread_t thread;
    int returned = -1;

    (void)state;
    handover_init(&h, wake_fd);
    assert_int_equal(pthread_create(&thread, NULL, read_files, &r), 0);
    for (int i = 0; i < N_FILES; i++) {
        struct pollfd p = {.fd = wake_fd, .events = POLLIN};
        const char *path = NULL;
        int fd = -1;

        while (!handover_take(&h, &fd, &path)) {
            assert_int_equal(poll(&p, 1, 10000), 1);
            (void)event_clear(wake_fd);
        }
        assert_int_equal(fd, 1000 + i);
        assert_string_equal(path, i % 2 ? "/odd" : "/even");
        assert_int_equal(atomic_load(&r.n_finished), i);
        /* What comes back has been closed before the next file comes. */
        assert_int_equal(returned < 0 || fcntl(returned, F_GETFD) < 0, true);
        returned = i % 2 ? -1 : fcntl(wake_fd, F_DUPFD_CLOEXEC, 0);
        handover_finish(&h, returned, i % 4 != 0,
                        &(struct digest_values){.algorithms = (unsigned)i});
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(r.n_readable, N_FILES - N_FILES / 4);
    assert_int_equal(r.n_hashes, N_FILES);
    handover_destroy(&h);
    close(wake_fd);
}

static void test_none(void **state)
{
    struct handover h;
    const char *path;
    int fd;

    (void)state;
    handover_init(&h, -1);
    assert_false(handover_take(&h, &fd, &path));
    handover_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
