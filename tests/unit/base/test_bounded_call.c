/* Calls: all come back; those that do not are left behind, and undone when they do; and
 * threads serve one after the other. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bounded_call.h"

#define MANY       200u
#define FEW        4u
#define A_WHILE_MS 50u

/* What the calls do. They may outlive bounded_calls_run(). */
static struct task {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned runs[MANY];
    unsigned undone[MANY];
    bool hangs[MANY];  /* until go_on */
    unsigned together; /* each waits until so many are under way; 0: it does not */
    unsigned here;
    unsigned busy; /* under way, and the most there were */
    unsigned most;
    bool go_on;
    unsigned stops; /* how often stop() was asked */
} task = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void run(void *arg, unsigned i)
{
    struct task *t = arg;

    pthread_mutex_lock(&t->lock);
    t->runs[i]++;
    t->here++;
    t->busy++;
    if (t->most < t->busy)
        t->most = t->busy;
    pthread_cond_broadcast(&t->changed);
    while ((t->hangs[i] && !t->go_on) || t->here < t->together)
        pthread_cond_wait(&t->changed, &t->lock);
    t->busy--;
    pthread_mutex_unlock(&t->lock);
}

static void undo(void *arg, unsigned i)
{
    struct task *t = arg;

    pthread_mutex_lock(&t->lock);
    t->undone[i]++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static bool stop(void *arg)
{
    struct task *t = arg;

    return ++t->stops > 0;
}

static int set_up(void **state)
{
    (void)state;
    pthread_mutex_lock(&task.lock);
    memset(task.runs, 0, sizeof task.runs);
    memset(task.undone, 0, sizeof task.undone);
    memset(task.hangs, 0, sizeof task.hangs);
    task.together = task.here = task.stops = task.most = 0;
    task.go_on = false;
    pthread_mutex_unlock(&task.lock);
    return 0;
}

/* Lets all that hang come back, and waits for the n that are to be undone. */
static void let_go_on(unsigned n)
{
    unsigned sum;

    pthread_mutex_lock(&task.lock);
    task.go_on = true;
    pthread_cond_broadcast(&task.changed);
    do {
        sum = 0;
        for (unsigned i = 0; i < MANY; i++)
            sum += task.undone[i];
        if (sum < n)
            pthread_cond_wait(&task.changed, &task.lock);
    } while (sum < n);
    pthread_mutex_unlock(&task.lock);
    assert_int_equal(sum, n);
}

static struct bounded_calls calls_of(unsigned n)
{
    return (struct bounded_calls){
        .n = n, .run = run, .undo = undo, .arg = &task, .wake_fd = -1};
}

/* Of MANY calls. */
static void want_two_of_three(struct bounded_calls *e, bool wanted[MANY])
{
    for (unsigned i = 0; i < MANY; i++)
        wanted[i] = i % 3 != 0;
    e->wanted = wanted;
}

static void all_come_back(void **state)
{
    bool late[MANY], wanted[MANY];
    struct bounded_calls e = calls_of(MANY);

    (void)state;
    want_two_of_three(&e, wanted);
    for (unsigned round = 1; round <= 20; round++) {
        assert_int_equal(bounded_calls_run(&e, late), 0);
        for (unsigned i = 0; i < MANY; i++) {
            assert_false(late[i]);
            assert_int_equal(task.runs[i], wanted[i] ? round : 0);
            assert_int_equal(task.undone[i], 0);
        }
    }
}

/* More at a time than threads are kept. */
static void all_at_once(void **state)
{
    bool late[MANY];
    struct bounded_calls e = calls_of(MANY);

    (void)state;
    for (unsigned round = 1; round <= 3; round++) {
        task.here = 0;
        task.together = MANY;
        assert_int_equal(bounded_calls_run(&e, late), 0);
        assert_int_equal(task.here, MANY);
    }
}

static void some_are_left_behind(void **state)
{
    bool late[MANY], wanted[10];
    struct bounded_calls e = calls_of(10);

    (void)state;
    task.hangs[3] = task.hangs[7] = true;
    e.timeout_ms = A_WHILE_MS;
    assert_int_equal(bounded_calls_run(&e, late), 2);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(late[i], i == 3 || i == 7);
    /* Their threads are taken, and others do what comes. */
    e.timeout_ms = 0;
    for (unsigned i = 0; i < 10; i++)
        wanted[i] = i != 3 && i != 7;
    e.wanted = wanted;
    assert_int_equal(bounded_calls_run(&e, late), 0);
    let_go_on(2);
    e.wanted = NULL;
    assert_int_equal(task.undone[3], 1);
    assert_int_equal(task.undone[7], 1);
    assert_int_equal(bounded_calls_run(&e, late), 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(task.runs[i], wanted[i] ? 3 : 2);
}

static void stopped(void **state)
{
    bool late[MANY];
    struct bounded_calls e = calls_of(2);
    uint64_t one = 1;

    (void)state;
    task.hangs[1] = true;
    e.wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(e.wake_fd >= 0);
    assert_int_equal(write(e.wake_fd, &one, sizeof one), sizeof one);
    e.stop = stop;
    e.stop_ms = A_WHILE_MS;
    assert_int_equal(bounded_calls_run(&e, late), 1);
    assert_true(task.stops > 0);
    assert_true(late[1]);
    let_go_on(1);
    close(e.wake_fd);
}

static void few_do_all(void **state)
{
    bool late[MANY], wanted[MANY];
    struct bounded_calls e = calls_of(MANY);

    (void)state;
    want_two_of_three(&e, wanted);
    e.at_once = FEW;
    task.together = FEW;
    assert_int_equal(bounded_calls_run(&e, late), 0);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(task.runs[i], wanted[i]);
    /* On a machine that stands still for a while others are called in. */
    assert_in_range(task.most, FEW, MANY / 4);
}

/* More than there are threads at first hang, and none of the others is late for that. */
static void few_are_left_behind(void **state)
{
    bool late[MANY];
    struct bounded_calls e = calls_of(MANY);

    (void)state;
    for (unsigned i = 0; i < MANY / 2; i++)
        task.hangs[i] = true;
    e.at_once = FEW;
    e.timeout_ms = 10 * A_WHILE_MS;
    assert_int_equal(bounded_calls_run(&e, late), MANY / 2);
    let_go_on(MANY / 2);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(late[i], i < MANY / 2);
        assert_int_equal(task.runs[i], 1);
    }
}

/* What has not been begun when a stop comes never is. */
static void few_are_stopped(void **state)
{
    bool late[MANY];
    struct bounded_calls e = calls_of(MANY);
    uint64_t one = 1;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        task.hangs[i] = true;
    e.at_once = FEW;
    e.wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(e.wake_fd >= 0);
    assert_int_equal(write(e.wake_fd, &one, sizeof one), sizeof one);
    e.stop = stop;
    assert_int_equal(bounded_calls_run(&e, late), MANY);
    let_go_on(FEW);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(task.runs[i], i < FEW);
    close(e.wake_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_come_back, set_up),
        cmocka_unit_test_setup(all_at_once, set_up),
        cmocka_unit_test_setup(some_are_left_behind, set_up),
        cmocka_unit_test_setup(stopped, set_up),
        cmocka_unit_test_setup(few_do_all, set_up),
        cmocka_unit_test_setup(few_are_left_behind, set_up),
        cmocka_unit_test_setup(few_are_stopped, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
