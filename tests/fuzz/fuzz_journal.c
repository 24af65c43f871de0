/* fuzz_journal: libFuzzer on what reads the list beside a partial file. Whatever is in it, what is
 * read lies within the copied range, and what is then added is read back.
 *
 * The first byte selects whether the checks are made right, so that the fuzzer comes past them. */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target/journal.h"

#define LENGTH      100000u
#define HEADER_SIZE 120u
#define RECORD_SIZE 32u
#define CHECK_SIZE  4u

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

static int fd = -1;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(const void *data, size_t size, off_t offset)
{
    if (pwrite(fd, data, size, offset) != (ssize_t)size)
        abort();
}

/* Reads to the end. Returns how many records there are, the last one in *last. */
static unsigned read_all(struct journal_cursor *c, unsigned at_once,
                         struct journal_record *last)
{
    struct journal_record v[200];
    unsigned count = 0;
    int n;

    while ((n = journal_read(fd, c, LENGTH, v, at_once)) > 0) {
        assert((unsigned)n <= at_once);
        for (int i = 0; i < n; i++)
            assert(v[i].len > 0 && v[i].start < LENGTH && v[i].len <= LENGTH - v[i].start);
        count += (unsigned)n;
        *last = v[n - 1];
    }
    assert(n == 0);
    return count;
}

/* A file of a right header and of records that begin as the data say, with right checks. */
static void put_records(const uint8_t *data, size_t size)
{
    struct journal_cursor c;

    if (journal_begin(fd, &origin, &c) < 0)
        abort();
    while (size >= RECORD_SIZE) {
        struct journal_record r;

        memcpy(&r.start, data, sizeof(r.start));
        memcpy(&r.hash, data + 8, sizeof(r.hash));
        memcpy(&r.len, data + 24, sizeof(r.len));
        if (journal_add(fd, &c, &r, 1) < 0)
            abort();
        /* And some whose check is not. */
        if (data[28] == 0xff)
            put(data + 28, CHECK_SIZE, (off_t)(c.end - CHECK_SIZE));
        data += RECORD_SIZE;
        size -= RECORD_SIZE;
    }
    put(data, size, (off_t)c.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct journal_record added = {.start = 7, .len = 11, .hash = {5, 6}};
    struct journal_record last = {0};
    struct journal_cursor c = {0};
    unsigned count;
    int r;

    if (fd < 0)
        fd = memfd_create("journal", MFD_CLOEXEC);
    if (size < 2 || fd < 0 || ftruncate(fd, 0) < 0)
        return 0;
    if (data[0] & 1)
        put_records(data + 2, size - 2);
    else
        put(data + 2, size - 2, 0);

    r = journal_open(fd, &origin, &c);
    assert(r == 0 || r == -EBADMSG || r == -ESTALE);
    assert(r == 0 || !(data[0] & 1));
    if (r < 0)
        return 0;
    assert(c.end == HEADER_SIZE);
    count = read_all(&c, data[1] % 200u + 1, &last);
    r = journal_add(fd, &c, &added, 1);
    assert(r == 0);
    r = journal_open(fd, &origin, &c);
    assert(r == 0);
    assert(read_all(&c, 1, &last) == count + 1);
    assert(last.start == added.start && last.len == added.len);
    return 0;
}
