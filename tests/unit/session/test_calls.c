/* test_calls: what the session knows after calls to its destinations, some of which give no
 * answer in time. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session_priv.h"

#define N        4u
#define LATE     1u /* gives no answer until it is let go */
#define FAILS    2u
#define LEFT_OUT 3u
#define LIMIT_MS 50u

/* Lets the late call go on, and waits until it has been undone. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool go_on, undone;
} late_call = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void wait_for(bool *what)
{
    pthread_mutex_lock(&late_call.lock);
    while (!*what)
        pthread_cond_wait(&late_call.changed, &late_call.lock);
    pthread_mutex_unlock(&late_call.lock);
}

static void set(bool *what)
{
    pthread_mutex_lock(&late_call.lock);
    *what = true;
    pthread_cond_broadcast(&late_call.changed);
    pthread_mutex_unlock(&late_call.lock);
}

/* As a call that goes on while the main thread does: it writes its results at any time. */
static void run(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    c->cloned = true;
    if (d == LATE)
        wait_for(&late_call.go_on);
    if (d == LATE || d == FAILS)
        failure_set(&c->failure, "open", EACCES, FAILURE_NO_OFFSET, NULL);
    c->target.fd = (int)d;
}

static void undo(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    assert_int_equal(d, LATE);
    assert_int_equal(c->target.fd, LATE);
    c->target.fd = -1;
    set(&late_call.undone);
}

static const struct options options;
static char path[] = "x";
static char *paths[N] = {path, path, path, path};
static const struct plan_copy copy = {.source = path, .dests = paths, .n_dests = N};
static const struct session_file file = {.fd = -1};

/* As for a file of a tree: nothing is reported. Never freed: a late call may need it. */
static struct session *new_session(void)
{
    struct session *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->o = &options;
    s->copy = &copy;
    s->file = &file;
    s->signal_fd = -1;
    s->dests = calloc(N, sizeof *s->dests);
    s->status.dests = calloc(N, sizeof *s->status.dests);
    s->calls = session_calls_new(s, N);
    assert_non_null(s->dests);
    assert_non_null(s->status.dests);
    assert_non_null(s->calls);
    for (unsigned d = 0; d < N; d++) {
        s->dests[d].status = &s->status.dests[d];
        s->dests[d].called = d != LEFT_OUT;
    }
    late_call.go_on = late_call.undone = false;
    return s;
}

static void free_session(struct session *s)
{
    session_calls_free(s->calls, N);
    free(s->status.dests);
    free(s->dests);
    free(s);
}

/* The results of a late call never reach the session, and what it did is undone in its
 * thread. */
static void test_late(void **state)
{
    struct session *s = new_session();

    (void)state;
    for (unsigned d = 0; d < N; d++)
        s->dests[d].open = true;
    atomic_store(&s->calls->dests[LATE].target.kept, 7);
    session_call_dests(s, LIMIT_MS, run, undo);
    for (unsigned d = 0; d < N; d++) {
        assert_int_equal(s->dests[d].late, d == LATE);
        assert_int_equal(s->dests[d].open, d != LATE);
        assert_int_equal(s->dests[d].failure.err, d == FAILS ? EACCES : 0);
    }
    assert_true(s->abandoned);
    assert_int_equal(s->dests[LATE].status->kept, 7);
    assert_int_equal(session_target(s, 0)->fd, 0);
    for (unsigned d = 0; d < N; d++)
        if (s->dests[d].called)
            session_note_call(s, d, "look");
    assert_int_equal(s->dests[0].status->state, DEST_COPYING);
    assert_int_equal(s->dests[LATE].status->failure.err, ETIMEDOUT);
    assert_string_equal(s->dests[LATE].status->failure.op, "look");
    assert_int_equal(s->dests[FAILS].status->failure.err, EACCES);

    /* It is not called again, and its return changes nothing. */
    s->dests[LATE].called = s->dests[FAILS].called = false;
    session_call_dests(s, LIMIT_MS, run, NULL);
    set(&late_call.go_on);
    wait_for(&late_call.undone);
    session_call_dests(s, LIMIT_MS, run, NULL);
    assert_true(s->dests[LATE].late);
    assert_int_equal(s->dests[LATE].failure.err, 0);
    assert_int_equal(s->dests[LATE].status->failure.err, ETIMEDOUT);
    free_session(s);
}

/* After a signal the reason is the signal, and what failed before keeps its reason. */
static void test_signal(void **state)
{
    struct session *s = new_session();

    (void)state;
    session_call_dests(s, LIMIT_MS, run, undo);
    session_note_call(s, FAILS, "open");
    s->signal = 2;
    session_note_call(s, LATE, "open");
    s->dests[FAILS].failure.err = EIO;
    session_note_call(s, FAILS, "finish");
    assert_int_equal(s->dests[LATE].status->failure.err, EINTR);
    assert_int_equal(s->dests[FAILS].status->failure.err, EACCES);
    assert_int_equal(s->dests[LATE].status->kept, 0); /* it had not been opened */
    set(&late_call.go_on);
    wait_for(&late_call.undone);
    free_session(s);
}

/* Calls that come back leave nothing behind. */
static void test_all_back(void **state)
{
    struct session *s = new_session();

    (void)state;
    s->dests[LATE].called = false;
    session_call_dests(s, 0, run, undo);
    assert_false(s->abandoned);
    assert_false(late_call.undone);
    assert_true(s->calls->dests[0].cloned);
    assert_false(s->calls->dests[LEFT_OUT].cloned);
    free_session(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_all_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
