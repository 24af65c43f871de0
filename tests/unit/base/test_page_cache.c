/* test_page_cache: what the kernel says of the page cache. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/page_cache.h"

#define MIB  (1u << 20)
#define SIZE (8u * MIB)

static void room(void **state)
{
    struct sysinfo info;
    uint64_t bytes = page_cache_room();

    (void)state;
    assert_int_equal(sysinfo(&info), 0);
    assert_true(bytes > 0);
    assert_true(bytes <= (uint64_t)info.totalram * info.mem_unit);
}

/* A clean file that nothing is cached of, or -1 where the file system keeps it. */
static int make_cold(void)
{
    static char piece[MIB];
    char name[] = "ucopy-test-XXXXXX";
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    (void)unlink(name);
    for (unsigned i = 0; i < SIZE / MIB; i++)
        assert_int_equal(write(fd, piece, MIB), MIB);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    return fd;
}

static void read_part(int fd, off_t start, off_t end)
{
    static char piece[MIB];

    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
    for (off_t at = start; at < end; at += MIB)
        assert_int_equal(pread(fd, piece, MIB, at), MIB);
}

static void cold_and_warm(void **state)
{
    int fd = make_cold();

    (void)state;
    if (!page_cache_lacks(fd, 0, SIZE)) {
        (void)close(fd);
        print_message("the file system of the scratch directory keeps its files in memory\n");
        skip();
    }
    assert_int_equal(page_cache_count(fd, 0, SIZE), 0);
    assert_int_equal(page_cache_count(fd, 0, 0), 0);
    assert_true(page_cache_lacks(fd, 0, 4096));
    assert_false(page_cache_lacks(fd, 0, 0));
    read_part(fd, 5 * (off_t)MIB, SIZE);
    assert_true(page_cache_count(fd, 0, SIZE) >= (SIZE - 5 * MIB) / (uint64_t)getpagesize());
    assert_int_equal(page_cache_count(fd, 0, 4 * MIB), 0);
    assert_true(page_cache_lacks(fd, 0, SIZE));
    assert_true(page_cache_lacks(fd, 4095, 5 * MIB - 4095));
    assert_false(page_cache_lacks(fd, 5 * MIB + 1, SIZE - 5 * MIB - 1));
    read_part(fd, MIB, 5 * (off_t)MIB);
    assert_false(page_cache_lacks(fd, 0, SIZE));
    page_cache_drop(fd, 0, 0);
    assert_int_equal(page_cache_count(fd, 0, SIZE), 0);
    (void)close(fd);
}

static void not_to_be_told(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_false(page_cache_lacks(fds[0], 0, SIZE));
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room),
        cmocka_unit_test(cold_and_warm),
        cmocka_unit_test(not_to_be_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
