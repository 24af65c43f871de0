#include "journal.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/fd.h"

#define MAGIC   "ucopymap"
#define VERSION 1u

/* Records per read or write. */
#define BLOCK 128u

/* Header and record as in the file. They have no padding, whose bytes would be undefined. */
struct file_header {
    char magic[8];
    uint32_t version;
    uint32_t record_size;
    uint64_t size;
    uint64_t ino;
    int64_t mtime_s;
    int64_t mtime_ns;
    int64_t ctime_s;
    int64_t ctime_ns;
    uint64_t offset;
    uint64_t length;
    struct hash head;
    struct hash tail;
    uint64_t check; /* of all fields before it */
};

struct file_record {
    uint64_t start;
    struct hash hash;
    uint32_t len;
    uint32_t check; /* of all fields before it, with the header's check as seed */
};

static_assert(sizeof(struct file_header) == 8 * 15 && sizeof(struct file_record) == 8 * 4,
              "no padding");

static uint64_t header_check(const struct file_header *h)
{
    return hash_short(h, offsetof(struct file_header, check), 0);
}

static uint32_t record_check(const struct file_record *r, uint64_t seed)
{
    return (uint32_t)hash_short(r, offsetof(struct file_record, check), seed);
}

static struct file_header header_for(const struct origin *o)
{
    struct file_header h = {
        .version = VERSION,
        .record_size = sizeof(struct file_record),
        .size = o->size,
        .ino = o->ino,
        .mtime_s = o->mtime.tv_sec,
        .mtime_ns = o->mtime.tv_nsec,
        .ctime_s = o->ctime.tv_sec,
        .ctime_ns = o->ctime.tv_nsec,
        .offset = o->offset,
        .length = o->length,
        .head = o->head,
        .tail = o->tail,
    };

    memcpy(h.magic, MAGIC, sizeof(h.magic));
    h.check = header_check(&h);
    return h;
}

static int write_at(int fd, const void *buf, size_t n, uint64_t offset)
{
    int64_t r = fd_write_at(fd, buf, n, offset);

    if (r < 0)
        return (int)r;
    return r == (int64_t)n ? 0 : -EIO;
}

int journal_begin(int fd, const struct origin *origin, struct journal_cursor *c)
{
    struct file_header h = header_for(origin);
    int r = write_at(fd, &h, sizeof(h), 0);

    if (r == 0)
        *c = (struct journal_cursor){.seed = h.check, .end = sizeof(h)};
    return r;
}

/* An unknown hash matches any other. */
static bool may_be_same(struct hash a, struct hash b)
{
    static const struct hash unknown;

    return hash_equal(a, b) || hash_equal(a, unknown) || hash_equal(b, unknown);
}

static bool same_origin(const struct file_header *a, const struct file_header *b)
{
    return a->size == b->size && a->ino == b->ino && a->mtime_s == b->mtime_s &&
           a->mtime_ns == b->mtime_ns && a->ctime_s == b->ctime_s &&
           a->ctime_ns == b->ctime_ns && a->offset == b->offset && a->length == b->length &&
           may_be_same(a->head, b->head) && may_be_same(a->tail, b->tail);
}

int journal_open(int fd, const struct origin *origin, struct journal_cursor *c)
{
    struct file_header wanted = header_for(origin), found;
    int64_t n = fd_read_at(fd, &found, sizeof(found), 0);

    if (n < 0)
        return (int)n;
    if (n < (int64_t)sizeof(found) ||
        memcmp(&found, &wanted, offsetof(struct file_header, size)) != 0 ||
        found.check != header_check(&found))
        return -EBADMSG;
    if (!same_origin(&found, &wanted))
        return -ESTALE;
    *c = (struct journal_cursor){.seed = found.check, .end = sizeof(found)};
    return 0;
}

static bool is_good(const struct file_record *r, uint64_t seed, uint64_t length)
{
    return r->check == record_check(r, seed) && r->len > 0 && r->len <= length &&
           r->start <= length - r->len;
}

int journal_read(int fd, struct journal_cursor *c, uint64_t length, struct journal_record *v,
                 unsigned n)
{
    struct file_record block[BLOCK];
    unsigned good = 0;

    if (n > BLOCK)
        n = BLOCK;
    while (good == 0) {
        int64_t r = fd_read_at(fd, block, n * sizeof(block[0]), c->end);
        size_t whole = r > 0 ? (size_t)r / sizeof(block[0]) : 0;

        if (r < 0)
            return (int)r;
        if (whole == 0)
            break;
        c->end += whole * sizeof(block[0]);
        for (size_t i = 0; i < whole; i++)
            if (is_good(&block[i], c->seed, length))
                v[good++] =
                    (struct journal_record){block[i].start, block[i].len, block[i].hash};
    }
    return (int)good;
}

int journal_add(int fd, struct journal_cursor *c, const struct journal_record *v, unsigned n)
{
    struct file_record block[BLOCK];

    while (n > 0) {
        unsigned m = n < BLOCK ? n : BLOCK;
        int r;

        for (unsigned i = 0; i < m; i++) {
            block[i] = (struct file_record){
                .start = v[i].start,
                .hash = v[i].hash,
                .len = v[i].len,
            };
            block[i].check = record_check(&block[i], c->seed);
        }
        r = write_at(fd, block, m * sizeof(block[0]), c->end);
        if (r < 0)
            return r;
        c->end += m * sizeof(block[0]);
        v += m;
        n -= m;
    }
    return 0;
}
