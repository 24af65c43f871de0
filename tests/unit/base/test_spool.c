/* spool: what is added is read again, from memory and from the file. The calls on the file may hang. */
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
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/spool.h"

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

static void fill(unsigned char *bytes, size_t n, uint64_t at)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)((at + i) * 2654435761u >> 13);
}

static void check(struct spool *s, uint64_t at, size_t n)
{
    unsigned char expected[4096], found[4096];

    fill(expected, n, at);
    assert_int_equal(spool_read(s, at, found, n), 0);
    assert_memory_equal(expected, found, n);
    memset(found, 0, n);
    assert_int_equal(spool_read_in_time(s, at, found, n), 0);
    assert_memory_equal(expected, found, n);
}

static void test_reads_what_was_added(void **state)
{
    unsigned char bytes[5000];
    struct spool s;

    (void)state;
    assert_int_equal(spool_init(&s), 0);
    for (size_t n = 0; s.size < 300000; n = (n * 7 + 1) % sizeof(bytes)) {
        fill(bytes, n, s.size);
        assert_int_equal(spool_add(&s, bytes, n), 0);
        for (uint64_t at = 0; at + 1000 < s.size; at += 49999)
            check(&s, at, 1000);
        if (s.size > 100)
            check(&s, s.size - 100, 100);
    }
    assert_non_null(s.file);
    assert_int_equal(spool_read(&s, s.size, bytes, 0), 0);
    assert_int_equal(spool_read_in_time(&s, s.size, bytes, 0), 0);
    assert_int_equal(spool_read(&s, s.size - 1, bytes, 2), -EIO);
    assert_int_equal(spool_read_in_time(&s, s.size - 1, bytes, 2), -EIO);
    assert_int_equal(spool_read(&s, UINT64_MAX, bytes, 1), -EIO);
    assert_int_equal(spool_read_in_time(&s, 7, bytes, SIZE_MAX), -EIO);
    spool_free(&s);
    assert_null(s.file);
    assert_false(spool_left());
}

static void test_few_bytes_need_no_file(void **state)
{
    struct spool s;
    char found[4];

    (void)state;
    assert_int_equal(spool_init(&s), 0);
    assert_int_equal(spool_add(&s, "abcd", 4), 0);
    assert_null(s.file);
    assert_int_equal(spool_read(&s, 1, found, 3), 0);
    assert_memory_equal(found, "bcd", 3);
    spool_free(&s);
}

static void test_needs_a_place(void **state)
{
    int fd;

    (void)state;
    setenv("TMPDIR", "/proc/self", 1); /* another place is found */
    fd = spool_temporary_file();
    assert_true(fd >= 0);
    assert_int_equal(fd_write_at(fd, "x", 1, 7), 1);
    unsetenv("TMPDIR");
    close(fd);
}

/* A new spool with so many bytes; or what spool_add() says. */
static int make(struct spool *s, size_t n)
{
    unsigned char *bytes = malloc(n);
    int r;

    assert_non_null(bytes);
    fill(bytes, n, 0);
    assert_int_equal(spool_init(s), 0);
    r = spool_add(s, bytes, n);
    free(bytes);
    return r;
}

/* Each of the three places hangs in another call. One that hangs is not asked again. */
static void test_places_that_hang(void **state)
{
    static const char more[65536];
    struct spool s;
    char found[8];

    (void)state;
    setenv("TMPDIR", "/tmp", 1);
    assert_int_equal(sem_init(&answer, 0, 0), 0);
    spool_begin(500);

    atomic_store(&hangs, OPEN); /* the next place has room */
    assert_int_equal(make(&s, 200000), 0);
    assert_true(spool_left());
    check(&s, 131000, 200);

    atomic_store(&hangs, WRITE);
    assert_int_equal(spool_add(&s, more, sizeof(more)), -ETIMEDOUT);
    assert_int_equal(spool_add(&s, "x", 1), -ETIMEDOUT);
    assert_int_equal(spool_read(&s, 0, found, sizeof(found)), -ETIMEDOUT);
    assert_int_equal(spool_read_in_time(&s, 0, found, sizeof(found)), -ETIMEDOUT);
    spool_free(&s);

    assert_int_equal(make(&s, 200000), 0);
    check(&s, 50000, 100);
    atomic_store(&hangs, READ);
    assert_int_equal(spool_read_in_time(&s, 10, found, sizeof(found)), -ETIMEDOUT);
    spool_free(&s);

    assert_int_equal(make(&s, 200000), -ETIMEDOUT);
    spool_free(&s);
    assert_int_equal(spool_temporary_file(), -ETIMEDOUT);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(sem_post(&answer), 0);
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_was_added),
        cmocka_unit_test(test_few_bytes_need_no_file),
        cmocka_unit_test(test_needs_a_place),
        cmocka_unit_test(test_places_that_hang),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
