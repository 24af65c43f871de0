/* spool: what is added is read again, from memory and from the file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/spool.h"

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
    assert_non_null(s.file.file);
    assert_int_equal(spool_read(&s, s.size, bytes, 0), 0);
    assert_int_equal(spool_read_in_time(&s, s.size, bytes, 0), 0);
    assert_int_equal(spool_read(&s, s.size - 1, bytes, 2), -EIO);
    assert_int_equal(spool_read_in_time(&s, s.size - 1, bytes, 2), -EIO);
    assert_int_equal(spool_read(&s, UINT64_MAX, bytes, 1), -EIO);
    assert_int_equal(spool_read_in_time(&s, 7, bytes, SIZE_MAX), -EIO);
    spool_free(&s);
    assert_null(s.file.file);
}

static void test_few_bytes_need_no_file(void **state)
{
    struct spool s;
    char found[4];

    (void)state;
    assert_int_equal(spool_init(&s), 0);
    assert_int_equal(spool_add(&s, "abcd", 4), 0);
    assert_null(s.file.file);
    assert_int_equal(spool_read(&s, 1, found, 3), 0);
    assert_memory_equal(found, "bcd", 3);
    spool_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_was_added),
        cmocka_unit_test(test_few_bytes_need_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
