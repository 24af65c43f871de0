/* pax_out: see pax_out_priv.h. */
#include "pax_out_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>

/* From this length on data are not gathered. */
#define LONG_BYTES (16u << 10)

/* Waits until a descriptor takes bytes that somebody else has made non-blocking: standard output
 * may be shared with other programs. */
static void wait_for_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    (void)poll(&p, 1, -1);
}

/* Takes `n` bytes out of the two pieces. */
static void skip(struct iovec v[2], size_t n)
{
    for (unsigned i = 0; i < 2; i++) {
        size_t part = n < v[i].iov_len ? n : v[i].iov_len;

        v[i].iov_base = (char *)v[i].iov_base + part;
        v[i].iov_len -= part;
        n -= part;
    }
}

/* Writes what was gathered, and the bytes behind it. */
static int write_all(struct pax_out *o, const void *bytes, size_t n)
{
    struct iovec v[2] = {{.iov_base = o->bytes, .iov_len = o->used},
                         {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n}};

    while (v[0].iov_len + v[1].iov_len > 0) {
        struct iovec now[2] = {v[0], v[1]};
        ssize_t done;

        if (now[0].iov_len + now[1].iov_len > o->max_write) {
            unsigned i = now[0].iov_len > 0 ? 0 : 1;

            now[i].iov_len = now[i].iov_len < o->max_write ? now[i].iov_len : o->max_write;
            now[1].iov_len = i == 0 ? 0 : now[1].iov_len;
        }
        done = writev(o->fd, now, 2);
        if (done < 0 && errno == EAGAIN)
            wait_for_room(o->fd);
        else if (done < 0 && errno != EINTR)
            return -errno;
        if (done <= 0)
            continue;
        skip(v, (size_t)done);
        atomic_fetch_add(o->written, (uint64_t)done);
    }
    o->used = 0;
    return 0;
}

int pax_out_put(void *arg, const void *bytes, size_t n)
{
    struct pax_out *o = arg;
    int r = 0;

    if (n >= LONG_BYTES)
        return write_all(o, bytes, n);
    if (n > PAX_OUT_ROOM - o->used)
        r = write_all(o, NULL, 0);
    if (r < 0)
        return r;
    memcpy(o->bytes + o->used, bytes, n);
    o->used += n;
    return 0;
}

int pax_out_flush(struct pax_out *o)
{
    return write_all(o, NULL, 0);
}
