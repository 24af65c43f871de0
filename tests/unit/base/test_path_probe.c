/* Questions about paths: each is asked once until all is forgotten, of a symlink only as far as
 * it is wanted, and those that are not answered are silent without hurting the others. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path_probe.h"

#define MANY       100u
#define A_WHILE_MS 500u

static char scratch[64];

/* What is asked. Paths with "hang" in them are not answered. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t never;
    unsigned calls;
} kernel = {.lock = PTHREAD_MUTEX_INITIALIZER, .never = PTHREAD_COND_INITIALIZER};

int __real_fstatat(int dir_fd, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int dir_fd, const char *path, struct stat *st, int flags);

int __wrap_fstatat(int dir_fd, const char *path, struct stat *st, int flags)
{
    pthread_mutex_lock(&kernel.lock);
    kernel.calls++;
    while (strstr(path, "hang"))
        pthread_cond_wait(&kernel.never, &kernel.lock);
    pthread_mutex_unlock(&kernel.lock);
    return __real_fstatat(dir_fd, path, st, flags);
}

/* Since it was asked last. */
static unsigned calls(void)
{
    unsigned n;

    pthread_mutex_lock(&kernel.lock);
    n = kernel.calls;
    kernel.calls = 0;
    pthread_mutex_unlock(&kernel.lock);
    return n;
}

static int make_scratch(void **state)
{
    (void)state;
    (void)snprintf(scratch, sizeof(scratch), "/tmp/ucopy-test-XXXXXX");
    return mkdtemp(scratch) && chdir(scratch) == 0 &&
                   system(
                       "mkdir dir; echo a > dir/file; ln -s dir link; ln -s none dangling") == 0
               ? 0
               : -1;
}

static int remove_scratch(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static int set_up(void **state)
{
    (void)state;
    path_probe_begin(A_WHILE_MS, -1, NULL, NULL);
    path_probe_forget();
    (void)calls();
    return 0;
}

static void assert_file(const char *path)
{
    struct stat st, expected;

    assert_int_equal(path_probe_stat(path, &st), 0);
    assert_int_equal(stat(path, &expected), 0);
    assert_int_equal(st.st_ino, expected.st_ino);
    assert_int_equal(path_probe_lstat(path, &st), 0);
    assert_int_equal(lstat(path, &expected), 0);
    assert_int_equal(st.st_ino, expected.st_ino);
}

static void each_is_asked_once(void **state)
{
    const struct path_probe_path paths[] = {
        {"dir", true}, {"dir/file", false}, {"link", true}, {"none", true}, {"dir", true},
    };
    struct stat st;

    (void)state;
    path_probe_all(paths, sizeof paths / sizeof paths[0]);
    assert_in_range(calls(), 5, 6); /* whether the double was noticed */
    for (int i = 0; i < 2; i++) {
        assert_file("dir");
        assert_file("dir/file");
        assert_file("link");
        assert_int_equal(path_probe_stat("none", &st), -1);
        assert_int_equal(errno, ENOENT);
        assert_int_equal(path_probe_lstat("none", &st), -1);
        assert_int_equal(errno, ENOENT);
        path_probe_all(paths, sizeof paths / sizeof paths[0]);
    }
    assert_int_equal(calls(), 0);
    path_probe_forget();
    assert_file("dir");
    assert_int_equal(calls(), 1);
}

/* Where a symlink leads is looked at when somebody wants to know. */
static void symlinks(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(path_probe_lstat("dangling", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(calls(), 1);
    assert_int_equal(path_probe_stat("dangling", &st), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(calls(), 2);
    assert_int_equal(path_probe_lstat("dangling", &st), 0);
    assert_file("link");
    assert_int_equal(calls(), 2);
    assert_false(path_probe_left());
}

static char *path_of(unsigned i, const char *name)
{
    static char paths[2 * MANY][32];

    (void)snprintf(paths[i], sizeof(paths[i]), "%s%u", name, i);
    return paths[i];
}

/* One, among more than there are threads; and more than there are threads. */
static void the_silent(void **state)
{
    struct path_probe_path paths[MANY];
    struct stat st;

    (void)state;
    for (unsigned n_hang = 1; n_hang <= MANY / 2 + 1; n_hang += MANY / 2) {
        path_probe_forget();
        for (unsigned i = 0; i < MANY; i++)
            paths[i] = (struct path_probe_path){
                path_of(i, i >= 3 && i < 3 + n_hang ? (n_hang > 1 ? "hangs" : "hang") : "none"),
                true};
        path_probe_all(paths, MANY);
        assert_int_equal(calls(), MANY);
        for (unsigned i = 0; i < MANY; i++) {
            bool hangs = i >= 3 && i < 3 + n_hang;

            assert_int_equal(path_probe_is_silent(paths[i].path), hangs);
            assert_int_equal(path_probe_stat(paths[i].path, &st), -1);
            assert_int_equal(errno, hangs ? ETIMEDOUT : ENOENT);
        }
        path_probe_all(paths, MANY);
        assert_int_equal(calls(), 0);
    }
    assert_int_equal(path_probe_lstat("hang3/below", &st), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(calls(), 0);
    assert_true(path_probe_left());
    path_probe_forget();
    assert_true(path_probe_is_silent("hang3"));
}

/* path_probe_call(): a question of another kind. */
static void ask(void *arg, unsigned i)
{
    const char **path = arg;
    struct stat st;

    assert_int_equal(i, 0);
    (void)__wrap_fstatat(AT_FDCWD, *path, &st, 0);
    *path = NULL;
}

/* The same with other calls. */
static void other_calls(void **state)
{
    static const char *hangs = "hang-in-call"; /* the call may still use it */
    const char *good = "dir";

    (void)state;
    assert_int_equal(path_probe_call("dir", ask, &good), 0);
    assert_null(good);
    assert_int_equal(path_probe_call(hangs, ask, &hangs), -ETIMEDOUT);
    assert_true(path_probe_is_silent("hang-in-call"));
    assert_int_equal(calls(), 2);
    assert_int_equal(path_probe_call("hang-in-call/below", ask, &hangs), -ETIMEDOUT);
    assert_int_equal(calls(), 0);
}

static bool stop(void *arg)
{
    (void)arg;
    return true;
}

/* Nobody waits any more, nor asks. */
static void stopped(void **state)
{
    int fd = eventfd(1, EFD_CLOEXEC);
    struct path_probe_path path = {"hang-for-ever", true};
    struct stat st;

    (void)state;
    assert_true(fd >= 0);
    path_probe_begin(0, fd, stop, NULL);
    path_probe_all(&path, 1);
    assert_int_equal(path_probe_stat("dir", &st), -1);
    assert_int_equal(errno, ETIMEDOUT);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_is_asked_once, set_up),
        cmocka_unit_test_setup(symlinks, set_up),
        cmocka_unit_test_setup(the_silent, set_up),
        cmocka_unit_test_setup(other_calls, set_up),
        cmocka_unit_test_setup(stopped, set_up),
    };

    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
