/* map: what is read is what was added, and nothing that a torn write, another version, another
 * source or any flipped bit makes of it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/journal.h"

#define LENGTH      100000u
#define HEADER_SIZE 120
#define RECORD_SIZE 32
#define MANY        300u
#define NONE        UINT32_MAX

static const struct origin origin = {
    .size = 123456,
    .ino = 42,
    .mtime = {1700000000, 123456789},
    .ctime = {1700000001, 987654321},
    .offset = 4096,
    .length = LENGTH,
    .head = {1, 2},
    .tail = {3, 4},
};

static int fd;

static int set_up(void **state)
{
    (void)state;
    fd = memfd_create("map", MFD_CLOEXEC);
    return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return close(fd);
}

static struct journal_record record(unsigned i)
{
    return (struct journal_record){.start = i * 100u, .len = 100, .hash = {i, ~(uint64_t)i}};
}

/* A map with n records. */
static struct journal_cursor make(unsigned n)
{
    struct journal_record *v = calloc(MANY, sizeof(*v));
    struct journal_cursor c;

    assert_non_null(v);
    for (unsigned i = 0; i < n; i++)
        v[i] = record(i);
    assert_int_equal(journal_begin(fd, &origin, &c), 0);
    assert_int_equal(journal_add(fd, &c, v, n), 0);
    free(v);
    return c;
}

/* The map holds records with these numbers, from `from` on, but for `without`. */
static struct journal_cursor assert_holds(unsigned from, unsigned to, unsigned without)
{
    struct journal_record v[64];
    struct journal_cursor c;
    unsigned next = from;
    int n;

    assert_int_equal(journal_open(fd, &origin, &c), 0);
    while ((n = journal_read(fd, &c, LENGTH, v, 64)) > 0) {
        for (int i = 0; i < n; i++) {
            struct journal_record wanted;

            next += next == without;
            wanted = record(next++);
            assert_true(v[i].start == wanted.start && v[i].len == wanted.len);
            assert_true(hash_equal(v[i].hash, wanted.hash));
        }
    }
    assert_int_equal(n, 0);
    next += next == without;
    assert_int_equal(next, to);
    return c;
}

static void test_round_trip(void **state)
{
    struct journal_cursor c;
    struct stat st;

    (void)state;
    for (unsigned n = 0; n <= MANY; n += 75) {
        assert_int_equal(ftruncate(fd, 0), 0);
        c = make(n);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_size, HEADER_SIZE + n * RECORD_SIZE);
        assert_true(assert_holds(0, n, NONE).end == c.end);
    }
}

/* Wherever it is cut off, whole records count, and what is added goes behind them. */
static void test_torn_tail(void **state)
{
    (void)state;
    for (int cut = 0; cut <= 2 * RECORD_SIZE; cut++) {
        unsigned whole = 3 - (unsigned)(cut + RECORD_SIZE - 1) / RECORD_SIZE;
        struct journal_record next = record(whole);
        struct journal_cursor c;

        make(3);
        assert_int_equal(ftruncate(fd, HEADER_SIZE + 3 * RECORD_SIZE - cut), 0);
        c = assert_holds(0, whole, NONE);
        assert_int_equal(journal_add(fd, &c, &next, 1), 0);
        assert_holds(0, whole + 1, NONE);
        assert_int_equal(ftruncate(fd, 0), 0);
    }
}

static void test_short_header(void **state)
{
    struct journal_cursor c;

    (void)state;
    for (int size = 0; size < HEADER_SIZE; size++) {
        make(1);
        assert_int_equal(ftruncate(fd, size), 0);
        assert_int_equal(journal_open(fd, &origin, &c), -EBADMSG);
    }
}

static void flip(int bit)
{
    unsigned char byte;

    assert_int_equal(pread(fd, &byte, 1, bit / 8), 1);
    byte ^= (unsigned char)(1 << bit % 8);
    assert_int_equal(pwrite(fd, &byte, 1, bit / 8), 1);
}

/* Any bit of the header makes it no map; any of a record makes it no record, and leaves the
 * others. */
static void test_flipped_bits(void **state)
{
    struct journal_cursor c;

    (void)state;
    make(3);
    for (int bit = 0; bit < HEADER_SIZE * 8; bit++) {
        flip(bit);
        assert_int_equal(journal_open(fd, &origin, &c), -EBADMSG);
        flip(bit);
    }
    for (int bit = 0; bit < RECORD_SIZE * 8; bit++) {
        flip((HEADER_SIZE + RECORD_SIZE) * 8 + bit);
        assert_holds(0, 3, 1);
        flip((HEADER_SIZE + RECORD_SIZE) * 8 + bit);
    }
    assert_holds(0, 3, NONE);
}

/* Every field tells one source from another; what is not known of its bytes does not. */
static void test_origin(void **state)
{
    struct origin others[] = {origin, origin, origin, origin, origin, origin,
                              origin, origin, origin, origin, origin, origin};
    struct journal_cursor c;
    size_t n = 0;

    (void)state;
    others[n++].size++;
    others[n++].ino++;
    others[n++].mtime.tv_sec++;
    others[n++].mtime.tv_nsec++;
    others[n++].ctime.tv_sec--;
    others[n++].ctime.tv_nsec--;
    others[n++].offset = 0;
    others[n++].length--;
    others[n++].head.low++;
    others[n++].head.high++;
    others[n++].tail.low++;
    others[n++].tail.high++;
    assert_int_equal(n, sizeof(others) / sizeof(others[0]));
    make(1);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(journal_open(fd, &others[i], &c), -ESTALE);
    others[0] = origin;
    others[0].head = (struct hash){0, 0};
    assert_int_equal(journal_open(fd, &others[0], &c), 0);
    others[0].tail = (struct hash){0, 0};
    assert_int_equal(journal_open(fd, &others[0], &c), 0);
    assert_int_equal(journal_begin(fd, &others[0], &c), 0);
    assert_int_equal(journal_open(fd, &origin, &c), 0);
}

/* A record of another map, as an old block of the device may hold, is none of this one. */
static void test_foreign_records(void **state)
{
    struct origin other = origin;
    struct journal_record v[2];
    struct journal_cursor c;

    (void)state;
    make(2);
    other.ino++;
    assert_int_equal(journal_begin(fd, &other, &c), 0);
    assert_int_equal(journal_read(fd, &c, LENGTH, v, 2), 0);
}

/* A range that is not within the file is none, however good its check is. */
static void test_ranges_beyond(void **state)
{
    static const struct journal_record bad[] = {
        {LENGTH - 1, 2, {1, 1}}, {LENGTH, 1, {1, 1}}, {UINT64_MAX, 2, {1, 1}},
        {0, LENGTH + 1, {1, 1}}, {5, 0, {1, 1}},      {UINT64_MAX - 1, UINT32_MAX, {1, 1}},
    };
    struct journal_record good = {LENGTH - 1, 1, {7, 8}}, v[8];
    struct journal_cursor c = make(0);

    (void)state;
    assert_int_equal(journal_add(fd, &c, bad, sizeof(bad) / sizeof(bad[0])), 0);
    assert_int_equal(journal_add(fd, &c, &good, 1), 0);
    assert_int_equal(journal_open(fd, &origin, &c), 0);
    assert_int_equal(journal_read(fd, &c, LENGTH, v, 8), 1);
    assert_int_equal(v[0].start, LENGTH - 1);
    assert_int_equal(journal_read(fd, &c, LENGTH, v, 8), 0);
}

/* What could not be added is written over by what is added next. */
static void test_no_room(void **state)
{
    struct rlimit old, limit;
    struct journal_record v = record(1);
    struct journal_cursor c = make(1);

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = HEADER_SIZE + RECORD_SIZE + RECORD_SIZE / 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(journal_add(fd, &c, &v, 1), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_holds(0, 1, NONE);
    assert_int_equal(journal_add(fd, &c, &v, 1), 0);
    assert_holds(0, 2, NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_torn_tail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_short_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flipped_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_origin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ranges_beyond, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
    };

    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
