#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"

#define TAIL (64u << 10)

int spool_temporary_file(void)
{
    const char *wanted = getenv("TMPDIR");
    const char *const places[] = {wanted ? wanted : "/var/tmp", "/var/tmp", "/tmp"};
    int r = -ENOENT;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int fd = open(places[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

        if (fd >= 0)
            return fd;
        r = -errno;
    }
    return r;
}

int spool_init(struct spool *s)
{
    *s = (struct spool){.fd = -1, .tail = malloc(TAIL)};
    return s->tail ? 0 : -ENOMEM;
}

void spool_free(struct spool *s)
{
    free(s->tail);
    s->tail = NULL;
    (void)fd_close(&s->fd);
}

static int move_tail(struct spool *s)
{
    int64_t n;

    if (s->fd < 0)
        s->fd = spool_temporary_file();
    if (s->fd < 0)
        return s->fd;
    n = fd_write_at(s->fd, s->tail, s->n_tail, s->size - s->n_tail);
    if (n != (int64_t)s->n_tail)
        return n < 0 ? (int)n : -ENOSPC;
    s->n_tail = 0;
    return 0;
}

int spool_add(struct spool *s, const void *bytes, size_t n)
{
    const char *from = bytes;

    while (n > 0) {
        size_t part = n < TAIL - s->n_tail ? n : TAIL - s->n_tail;
        int r;

        memcpy(s->tail + s->n_tail, from, part);
        s->n_tail += part;
        s->size += part;
        from += part;
        n -= part;
        r = s->n_tail == TAIL ? move_tail(s) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int spool_read(const struct spool *s, uint64_t at, void *bytes, size_t n)
{
    uint64_t in_file = s->size - s->n_tail;
    size_t part = at >= in_file ? 0 : n < in_file - at ? n : (size_t)(in_file - at);
    int64_t r = part > 0 ? fd_read_at(s->fd, bytes, part, at) : 0;

    if (at > s->size || n > s->size - at || r != (int64_t)part)
        return r < 0 ? (int)r : -EIO;
    memcpy((char *)bytes + part, s->tail + (at + part - in_file), n - part);
    return 0;
}
