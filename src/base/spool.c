#include "spool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int spool_init(struct spool *s)
{
    *s = (struct spool){.tail = malloc(TEMPORARY_PIECE)};
    return s->tail ? 0 : -ENOMEM;
}

void spool_free(struct spool *s)
{
    free(s->tail);
    s->tail = NULL;
    temporary_free(&s->file);
}

static int move_tail(struct spool *s)
{
    int r = temporary_store(&s->file, s->size - s->n_tail, s->tail, s->n_tail);

    s->n_tail = r < 0 ? s->n_tail : 0;
    return r;
}

int spool_add(struct spool *s, const void *bytes, size_t n)
{
    const char *from = bytes;

    if (s->file.lost)
        return -ETIMEDOUT;
    while (n > 0) {
        size_t part = n < TEMPORARY_PIECE - s->n_tail ? n : TEMPORARY_PIECE - s->n_tail;
        int r;

        memcpy(s->tail + s->n_tail, from, part);
        s->n_tail += part;
        s->size += part;
        from += part;
        n -= part;
        r = s->n_tail == TEMPORARY_PIECE ? move_tail(s) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static bool is_there(const struct spool *s, uint64_t at, size_t n)
{
    return at <= s->size && n <= s->size - at;
}

/* How many bytes of the file begin there. */
static uint64_t in_file(const struct spool *s, uint64_t at)
{
    uint64_t size = s->size - s->n_tail;

    return at < size ? size - at : 0;
}

int spool_read(const struct spool *s, uint64_t at, void *bytes, size_t n)
{
    uint64_t left = in_file(s, at);
    size_t part = n < left ? n : (size_t)left;
    int r;

    if (!is_there(s, at, n))
        return -EIO;
    r = part > 0 ? temporary_read(&s->file, at, bytes, part) : 0;
    if (r == 0)
        memcpy((char *)bytes + part, s->tail + (at + part - (s->size - s->n_tail)), n - part);
    return r;
}

int spool_read_in_time(struct spool *s, uint64_t at, void *bytes, size_t n)
{
    char *to = bytes, *from;

    while (n > 0 && is_there(s, at, n) && in_file(s, at) > 0) {
        uint64_t left = in_file(s, at);
        size_t most = left < TEMPORARY_PIECE ? (size_t)left : TEMPORARY_PIECE;
        size_t part = n < most ? n : most;
        int r = temporary_load(&s->file, at, part, most, &from);

        if (r < 0)
            return r;
        memcpy(to, from, part);
        to += part;
        at += part;
        n -= part;
    }
    return spool_read(s, at, to, n);
}
