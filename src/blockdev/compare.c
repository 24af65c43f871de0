/* compare: reads destinations back. */
#include <errno.h>
#include <stdlib.h>

#include "blockdev_priv.h"

/* Bytes of which one hash is made. */
#define UNIT (1u << 20)

static void ignore_flush(void *arg, uint64_t bytes)
{
    (void)arg;
    (void)bytes;
}

/* Reads n bytes at that place. 0 or a negative errno. */
static int read_all(struct read_file *f, char *buffer, uint64_t offset, uint64_t n)
{
    ssize_t r;

    f->offset = offset;
    r = read_file_fill(f, buffer, n);
    return r < 0 ? (int)r : (uint64_t)r < n ? -EIO : 0;
}

/* Reads one unit: what of it was written lies one behind the other in the buffer. Returns the number of
 * bytes, or a negative errno. */
static int64_t read_unit(const struct written *w, struct read_file *f, char *buffer,
                         uint64_t start, uint64_t end)
{
    uint64_t n = 0, until;

    for (uint64_t at = start; at < end; at = until) {
        int r;

        if (!written_run(w, at, end, &until))
            continue;
        /* O_DIRECT needs an address that is a multiple of 4096: the place in the unit is one if
         * the position is. */
        r = read_all(f, buffer + (at - start), at, until - at);
        if (r < 0)
            return r;
        n += until - at;
    }
    return (int64_t)n;
}

static struct hash hash_unit(const struct written *w, struct hash_stream *h, const char *buffer,
                             uint64_t start, uint64_t end)
{
    uint64_t until;

    hash_stream_reset(h);
    for (uint64_t at = start; at < end; at = until)
        if (written_run(w, at, end, &until))
            hash_stream_add(h, buffer + (at - start), until - at);
    return hash_stream_value(h);
}

static int read_units(const struct blockdev *b, struct read_file *file, struct hash_stream *h,
                      char *buffer, struct blockdev_sums *s, struct failure *f)
{
    const struct requests *q = &b->queue.requests;

    for (uint64_t u = 0; u < s->n; u++) {
        uint64_t start = u * UNIT, end = q->size - start < UNIT ? q->size : start + UNIT;
        int64_t n = read_unit(&q->written, file, buffer, start, end);

        if (n < 0)
            return failure_set(f, "read", (int)-n, start, NULL);
        if (n > 0)
            s->units[u] = hash_unit(&q->written, h, buffer, start, end);
        atomic_fetch_add(&s->bytes, (uint64_t)n);
    }
    return 0;
}

int blockdev_read_back(const struct blockdev *b, int fd, struct blockdev_sums *ret,
                       struct failure *f)
{
    struct hash_stream *h = hash_stream_new();
    char *buffer = aligned_alloc(READ_FILE_ALIGN, UNIT);
    struct read_file file;
    int r;

    ret->n = (b->queue.requests.size + UNIT - 1) / UNIT;
    ret->units = calloc(ret->n, sizeof(*ret->units));
    if (!h || !buffer || !ret->units) {
        r = failure_set(f, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
    } else {
        read_file_begin(&file, fd, ignore_flush, NULL);
        r = read_units(b, &file, h, buffer, ret, f);
        ret->how = read_file_how(&file);
        ret->cached_pages = file.cached;
        ret->in_memory = file.in_memory;
    }
    free(buffer);
    hash_stream_free(h);
    return r;
}

void blockdev_sums_free(struct blockdev_sums *s)
{
    free(s->units);
    s->units = NULL;
}

/* Of the destinations, the first one whose unit most have. */
static unsigned find_most(const struct blockdev_sums *sums, const unsigned *which, unsigned n,
                          uint64_t u)
{
    unsigned best = 0, most = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned same = 0;

        for (unsigned k = 0; k < n; k++)
            same += hash_equal(sums[which[i]].units[u], sums[which[k]].units[u]);
        if (same > most) {
            most = same;
            best = which[i];
        }
    }
    return best;
}

void blockdev_compare(const struct blockdev *b, const struct blockdev_sums *sums,
                      const unsigned *which, unsigned n,
                      void (*differs)(void *arg, unsigned dest, uint64_t offset,
                                      uint64_t length),
                      void *arg)
{
    uint64_t size = b->queue.requests.size;

    for (uint64_t u = 0; n > 0 && u < sums[which[0]].n; u++) {
        unsigned most = find_most(sums, which, n, u);
        uint64_t start = u * UNIT, length = size - start < UNIT ? size - start : UNIT;

        for (unsigned i = 0; i < n; i++)
            if (!hash_equal(sums[which[i]].units[u], sums[most].units[u]))
                differs(arg, which[i], start, length);
    }
}
