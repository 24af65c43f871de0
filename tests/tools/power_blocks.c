/* power_blocks: writes to a device, and looks for what it was told to be durable on the disks that
 * a loss of power could have left.
 *
 *     power_blocks write DEVICE FROM TO SEED MARK...
 *     power_blocks check LOG BASE TYPE DIR PATH SAMPLES SEED
 *
 * write: makes the steps FROM to TO, which follow from their numbers and SEED: it writes, past the page cache
 * or not, makes zeros, and flushes. As soon as a step is durable, that is written to each file MARK
 * (power_record's).
 *
 * check: LOG is power_record's of a disk that was written by way of the device, and BASE before. The bytes are
 * those of PATH in its file system, or of the disk if TYPE is raw (power_disks.h tells of TYPE, DIR and
 * SAMPLES). Each block must hold what the last durable step on it has written, or a later one. Prints the
 * first disk on which that is not so, exit 1; or how many were good, exit 0. SEED is that of write.
 *
 * There is one writer, which waits for each step. */
#include <err.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "power_disks.h"

/* The device has so many blocks, or more. */
#define BLOCK  POWER_SECTOR
#define BLOCKS 1024u
#define MOST   40u /* of one step */

enum kind { DIRECT, DURABLE, CACHED, ZEROES, FLUSH };

/* Steps begin with 1. */
struct step {
    enum kind kind;
    unsigned first, n; /* blocks */
};

/* What a block is full of. */
struct stamp {
    uint64_t step, block;
};

static uint64_t steps_seed;

/* splitmix64, Steele, Lea and Flood 2014 */
static uint64_t random_of(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static struct step step_of(unsigned number)
{
    static const enum kind kinds[] = {DIRECT, DIRECT, DIRECT, DURABLE,
                                      CACHED, CACHED, ZEROES, FLUSH};
    uint64_t r = random_of(random_of(steps_seed) + number);
    struct step s = {.kind = kinds[r % 8], .n = 1 + (unsigned)(r >> 8) % MOST};

    s.first = (unsigned)(r >> 32) % (BLOCKS - s.n + 1);
    return s;
}

/* Whether it is told when the step is over. */
static bool is_marked(const struct step *s)
{
    return s->kind == FLUSH || s->kind == DURABLE;
}

static bool covers(const struct step *s, unsigned block)
{
    return s->kind != FLUSH && block >= s->first && block < s->first + s->n;
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

/* ---- writing --------------------------------------------------------------------------------
 */

static struct {
    int cached, direct, durable; /* the device, opened in three ways */
} device;

static int open_device(const char *name, int flags)
{
    int fd = open(name, O_RDWR | O_CLOEXEC | flags);

    if (fd < 0)
        err(2, "%s", name);
    return fd;
}

static void put(int fd, unsigned n, const struct step *s)
{
    static _Alignas(BLOCK) struct stamp data[MOST * BLOCK / sizeof(struct stamp)];
    size_t size = (size_t)s->n * BLOCK, at = 0;

    for (size_t i = 0; i < size / sizeof(*data); i++)
        data[i] = (struct stamp){n, s->first + i * sizeof(*data) / BLOCK};
    while (at < size) {
        ssize_t r =
            pwrite(fd, (const char *)data + at, size - at, (off_t)s->first * BLOCK + (off_t)at);

        if (r <= 0)
            err(1, "step %u: write", n);
        at += (size_t)r;
    }
}

static void make_step(unsigned n, const struct step *s)
{
    uint64_t range[2] = {(uint64_t)s->first * BLOCK, (uint64_t)s->n * BLOCK};

    switch (s->kind) {
    case DIRECT:
        put(device.direct, n, s);
        break;
    case DURABLE:
        put(device.durable, n, s);
        break;
    case CACHED:
        put(device.cached, n, s);
        break;
    case ZEROES:
        if (ioctl(device.cached, BLKZEROOUT, range) < 0)
            err(1, "step %u: zeroes", n);
        break;
    case FLUSH:
        if (fdatasync(device.cached) < 0)
            err(1, "step %u: flush", n);
        break;
    }
}

/* "N": all steps up to N are durable; "=N": that step is. */
static void mark(char **names, unsigned n, bool alone)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%s%u", alone ? "=" : "", n), fd;

    for (; *names; names++) {
        fd = open(*names, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, text, (size_t)len) != len)
            err(2, "%s", *names);
        close(fd);
    }
}

static int write_steps(char **argv)
{
    unsigned to = number(argv[2]);

    device.cached = open_device(argv[0], 0);
    device.direct = open_device(argv[0], O_DIRECT);
    device.durable = open_device(argv[0], O_DIRECT | O_DSYNC);
    steps_seed = number(argv[3]);
    for (unsigned n = number(argv[1]); n <= to; n++) {
        struct step s = step_of(n);

        make_step(n, &s);
        if (is_marked(&s))
            mark(argv + 4, n, s.kind == DURABLE);
    }
    return 0;
}

/* ---- checking -------------------------------------------------------------------------------
 */

static struct {
    const char *path;      /* NULL: the disk itself */
    unsigned need[BLOCKS]; /* the last step on each block that is durable; 0: none */
    unsigned begun;        /* no later step had begun */
    unsigned n_marks;
} test;

/* The next step that is marked: none behind it has begun before that mark is made. */
static unsigned next_marked(unsigned n)
{
    struct step s;

    do
        s = step_of(++n);
    while (!is_marked(&s));
    return n;
}

/* power_looker.mark */
static void take_mark(const char *text, size_t len)
{
    char line[32] = "";
    bool alone = text[0] == '=';
    unsigned last;

    memcpy(line, text + alone, len - alone < sizeof(line) ? len - alone : sizeof(line) - 1);
    last = number(line);
    for (unsigned n = alone ? last : 1; n <= last; n++) {
        struct step s = step_of(n);

        for (unsigned b = 0; b < BLOCKS; b++)
            if (covers(&s, b) && test.need[b] < n)
                test.need[b] = n;
    }
    test.begun = next_marked(last);
    test.n_marks++;
}

/* Whether a step, not before the last durable one, has made zeros there; or none had to write. */
static bool may_be_zero(unsigned block)
{
    for (unsigned n = test.need[block]; n <= test.begun; n++) {
        struct step s = step_of(n);

        if (n == 0 || (s.kind == ZEROES && covers(&s, block)))
            return true;
    }
    return false;
}

static bool is_right(const struct stamp *data, unsigned block)
{
    struct step s;

    for (unsigned i = 1; i < BLOCK / sizeof(*data); i++)
        if (memcmp(&data[i], &data[0], sizeof(*data)) != 0)
            return false;
    if (data->step == 0)
        return data->block == 0 && may_be_zero(block);
    if (data->step > test.begun || data->step < test.need[block] || data->block != block)
        return false;
    s = step_of((unsigned)data->step);
    return s.kind != ZEROES && covers(&s, block);
}

/* power_looker.look */
static bool look(int at)
{
    static char bytes[BLOCKS * BLOCK];
    int fd = test.path ? openat(at, test.path, O_RDONLY | O_CLOEXEC) : dup(at);
    bool good = true, whole;

    whole = fd >= 0 && pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes);
    if (fd >= 0)
        close(fd);
    if (!whole) {
        if (test.n_marks > 0)
            printf("it cannot be read\n");
        return test.n_marks == 0; /* nobody has said that there is a file */
    }
    for (unsigned b = 0; b < BLOCKS && good; b++) {
        const struct stamp *data = (const struct stamp *)(bytes + (size_t)b * BLOCK);

        good = is_right(data, b);
        if (!good)
            printf("block %u: step %u is durable, but it has step %ju of block %ju\n", b,
                   test.need[b], (uintmax_t)data->step, (uintmax_t)data->block);
    }
    return good;
}

static int check(char **argv)
{
    static const struct power_looker looker = {.mark = take_mark, .look = look};

    test.path = strcmp(argv[2], POWER_RAW) == 0 ? NULL : argv[4];
    steps_seed = number(argv[6]);
    test.begun = next_marked(0);
    power_disks_open(argv[0], argv[1], argv[2], argv[3]);
    printf("%u disks", power_disks_try(&looker, strtoul(argv[5], NULL, 10), 0));
    printf(", %u marks\n", test.n_marks);
    return test.n_marks > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc >= 6 && strcmp(argv[1], "write") == 0)
        return write_steps(argv + 2);
    if (argc == 9 && strcmp(argv[1], "check") == 0)
        return check(argv + 2);
    errx(2, "usage: power_blocks write DEVICE FROM TO SEED MARK...\n"
            "       power_blocks check LOG BASE TYPE DIR PATH SAMPLES SEED");
}
