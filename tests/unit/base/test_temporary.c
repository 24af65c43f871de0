/* temporary: a file of which a piece is in memory, in one of three places. The calls on it may hang. */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/temporary.h"

/* ---- calls that hang (the linker wraps them) ---- */

enum call { NONE, OPEN, READ, WRITE };

static _Atomic enum call hangs; /* the next call of that kind */
static sem_t answer;

int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t at);
int __real_open(const char *path, int flags, ...);
ssize_t __real_pread(int fd, void *bytes, size_t n, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t n, off_t at);

static void hang_in(enum call call)
{
    if (atomic_compare_exchange_strong(&hangs, &call, NONE))
        while (sem_wait(&answer) < 0)
            ;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);
    hang_in(OPEN);
    return __real_open(path, flags, mode);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t at)
{
    hang_in(READ);
    return __real_pread(fd, bytes, n, at);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    hang_in(WRITE);
    return __real_pwrite(fd, bytes, n, at);
}

/* ---- the tests ---- */

static void expect(struct temporary *t, uint64_t at, const char *text)
{
    char *found;

    assert_int_equal(temporary_load(t, at, strlen(text), TEMPORARY_PIECE, &found), 0);
    assert_memory_equal(found, text, strlen(text));
}

static void test_pieces(void **state)
{
    static const char zeros[8];
    struct temporary t = {.file = NULL};
    char found[4], *piece;

    (void)state;
    assert_int_equal(temporary_store(&t, 3000000, "abcd", 4), 0);
    assert_int_equal(temporary_store(&t, 7, "efgh", 4), 0);
    expect(&t, 7, "efgh");
    expect(&t, 3000001, "bcd");
    assert_int_equal(temporary_load(&t, 3000002, 8, 8, &piece), 0);
    assert_memory_equal(piece, "cd", 2);
    assert_memory_equal(piece + 2, zeros, 6); /* behind the end */
    memcpy(piece, "xy", 2);
    assert_int_equal(temporary_store(&t, 3000002, piece, 2), 0);
    assert_int_equal(temporary_read(&t, 3000000, found, 4), 0);
    assert_memory_equal(found, "abxy", 4);
    assert_int_equal(temporary_read(&t, 3000001, found, 4), -EIO);
    temporary_free(&t);
    temporary_free(&t);
}

static void test_needs_a_place(void **state)
{
    struct temporary t = {.file = NULL};

    (void)state;
    setenv("TMPDIR", "/proc/self", 1); /* another place is found */
    assert_int_equal(temporary_store(&t, 0, "a", 1), 0);
    unsetenv("TMPDIR");
    temporary_free(&t);
    assert_false(temporary_left());
}

/* Each of the three places hangs in another call. One that hangs is not asked again. */
static void test_places_that_hang(void **state)
{
    struct temporary t = {.file = NULL}, other = {.file = NULL};
    char *found, bytes[1];

    (void)state;
    setenv("TMPDIR", "/tmp", 1);
    assert_int_equal(sem_init(&answer, 0, 0), 0);
    temporary_begin(500);

    atomic_store(&hangs, OPEN); /* the next place has room */
    assert_int_equal(temporary_store(&t, 0, "abc", 3), 0);
    assert_true(temporary_left());
    expect(&t, 0, "abc");

    atomic_store(&hangs, WRITE);
    assert_int_equal(temporary_store(&t, 3, "d", 1), -ETIMEDOUT);
    assert_int_equal(temporary_store(&t, 3, "d", 1), -ETIMEDOUT);
    assert_int_equal(temporary_load(&t, 0, 1, 1, &found), -ETIMEDOUT);
    assert_int_equal(temporary_read(&t, 0, bytes, 1), -ETIMEDOUT);
    temporary_free(&t);

    assert_int_equal(temporary_store(&t, 0, "abc", 3), 0);
    assert_int_equal(temporary_store(&t, 100, "def", 3), 0);
    atomic_store(&hangs, READ);
    assert_int_equal(temporary_load(&t, 0, 1, 1, &found), -ETIMEDOUT);
    temporary_free(&t);

    assert_int_equal(temporary_store(&other, 0, "abc", 3), -ETIMEDOUT);
    assert_false(other.lost); /* it was never there */
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(sem_post(&answer), 0);
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_needs_a_place),
        cmocka_unit_test(test_places_that_hang),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
