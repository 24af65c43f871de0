#include "bad_sector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/direct_io.h"
#include "base/fd.h"
#include "gone.h"

/* Bytes per read where all is well. */
#define MOST (64u << 10)

const int bad_sector_errors[BAD_SECTOR_ERRORS] = {EIO, ENODATA, EILSEQ, EREMOTEIO};

unsigned bad_sector_number(int err)
{
    unsigned i = 0;

    while (i < BAD_SECTOR_ERRORS && bad_sector_errors[i] != err)
        i++;
    return i;
}

bool bad_sector_is_met(int fd, int err)
{
    return bad_sector_number(err) < BAD_SECTOR_ERRORS && !source_device_is_gone(fd);
}

/* How far a reading is. */
struct around {
    const struct bad_sector_reading *r;
    int fd_direct;    /* or -1 */
    uint32_t grain;   /* bytes: what fails as a whole */
    char *buffer;     /* of MOST bytes, aligned */
    uint32_t piece;   /* bytes per read, at the moment */
    unsigned tries;   /* failed ones of the same sector */
    uint64_t at, end; /* offsets in the file */
};

static void open_direct(struct around *a)
{
    char self[32];

    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", a->r->fd);
    a->fd_direct = fd_reopen_direct(AT_FDCWD, self, a->r->fd, O_RDONLY);
    a->grain = a->fd_direct >= 0 ? direct_io_align(a->fd_direct) : 0;
    if (a->grain > 0 && a->grain <= MOST)
        return;
    (void)fd_close(&a->fd_direct);
    a->grain = BAD_SECTOR_PAGE;
}

/* The sector at a->at is zeros. Returns how many bytes of it count. */
static int64_t give_up_sector(struct around *a, uint64_t from, int err)
{
    uint64_t end = from + a->grain < a->end ? from + a->grain : a->end;
    struct stat st;

    if (fstat(a->r->fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size < end)
        end = (uint64_t)st.st_size;
    if (end <= a->at)
        return 0;
    a->r->bad(a->r->arg, a->at, end - a->at, err);
    a->tries = 0;
    return (int64_t)(end - a->at);
}

/* A read of a piece has failed. Returns as read_piece(). */
static int64_t judge(struct around *a, char *to, uint64_t from, int err)
{
    int64_t n;

    if (err == EINVAL && a->fd_direct >= 0) {
        (void)fd_close(&a->fd_direct);
        a->grain = BAD_SECTOR_PAGE;
        return -EAGAIN;
    }
    if (err == EINTR)
        return -EAGAIN;
    if (!bad_sector_is_met(a->r->fd, err))
        return -err;
    if (a->piece > a->grain) {
        a->piece = a->piece / 2 > a->grain ? a->piece / 2 : a->grain;
        return -EAGAIN;
    }
    if (a->tries++ < a->r->retries)
        return -EAGAIN;
    n = give_up_sector(a, from, err);
    memset(to, 0, (size_t)n);
    return n;
}

/* Reads the next piece. Returns its length, 0 at the end of the file, -EAGAIN if it is to be tried
 * again, or another negative errno. */
static int64_t read_piece(struct around *a, char *to)
{
    uint64_t from = a->at - a->at % a->grain, skip = a->at - from, want = a->end - from;
    size_t n =
        want < a->piece ? (size_t)((want + a->grain - 1) / a->grain * a->grain) : a->piece;
    ssize_t r = pread(a->fd_direct >= 0 ? a->fd_direct : a->r->fd, a->buffer, n, (off_t)from);

    if (a->r->moved)
        a->r->moved(a->r->arg);
    if (r < 0)
        return judge(a, to, from, errno);
    if ((uint64_t)r <= skip)
        return 0;
    r -= (ssize_t)skip;
    if ((uint64_t)r > a->end - a->at)
        r = (ssize_t)(a->end - a->at);
    memcpy(to, a->buffer + skip, (size_t)r);
    a->piece = a->piece < MOST / 2 ? 2 * a->piece : MOST;
    a->tries = 0;
    return r;
}

int64_t bad_sector_read_around(const struct bad_sector_reading *r, char *to, size_t n,
                               uint64_t offset)
{
    struct around a = {.r = r, .piece = MOST, .at = offset, .end = offset + n};
    int64_t got = -EAGAIN;

    a.buffer = aligned_alloc(MOST, MOST);
    if (!a.buffer)
        return -ENOMEM;
    open_direct(&a);
    while (a.at < a.end && (got > 0 || got == -EAGAIN)) {
        got = read_piece(&a, to + (a.at - offset));
        a.at += got > 0 ? (uint64_t)got : 0;
    }
    free(a.buffer);
    (void)fd_close(&a.fd_direct);
    return got < 0 && got != -EAGAIN ? got : (int64_t)(a.at - offset);
}
