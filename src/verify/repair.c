/* repair: what differs is written again. See verify_priv.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "verify_priv.h"

#define CAPABILITY      "security.capability"
#define CAPABILITY_SIZE 64

static void fail(struct verify_check *c, const char *op, int err, uint64_t offset)
{
    struct failure f;

    failure_set(&f, op, err, offset, NULL);
    verify_fail(c, &f);
}

/* The file for writing. A mode that does not let its owner write is changed meanwhile. */
static int open_for_writing(struct verify_check *c)
{
    int fd = verify_open_again(c->dest, O_WRONLY, &c->st);

    if (fd == -EACCES && S_ISREG(c->st.st_mode) &&
        fchmod(c->fd, (c->st.st_mode & 07777) | S_IWUSR) == 0)
        fd = verify_open_again(c->dest, O_WRONLY, &c->st);
    return fd;
}

/* Writes n bytes, in pieces that a slow medium takes in time. */
static bool write_bytes(struct verify_check *c, int fd, const char *bytes, size_t n,
                        uint64_t offset)
{
    uint64_t most = c->lane->verify->config.max_request;

    while (n > 0) {
        size_t part = n < most ? n : (size_t)most;
        int64_t written = fd_write_at(fd, bytes, part, offset);

        verify_moved(c->lane);
        if (written != (int64_t)part) {
            fail(c, "repair", written < 0 ? (int)-written : EIO, offset);
            return false;
        }
        bytes += part;
        offset += part;
        n -= part;
    }
    return true;
}

/* Whole units of the source are read, since only of whole blocks it is known whether they are what
 * was copied. The range lies in what was copied. */
static bool write_range(struct verify_check *c, int fd, const struct verify_range *r)
{
    const struct verify_record *record = c->record;
    uint64_t at = r->offset - record->offset, end = at + r->length;

    while (at < end) {
        uint64_t unit = at / UNIT * UNIT, rest = record->length - unit;
        size_t n = rest < UNIT ? (size_t)rest : UNIT, skip = (size_t)(at - unit);
        size_t part = end - unit < n ? (size_t)(end - at) : n - skip;

        if (!verify_read_source(c, unit, c->lane->buffers, n) ||
            !write_bytes(c, fd, c->lane->buffers + skip, part, record->offset + at))
            return false;
        at += part;
    }
    return true;
}

/* Writes what differs, and takes away what is behind the end of the copy. */
static bool write_all(struct verify_check *c, int fd)
{
    uint64_t end = c->record->offset + c->record->length;

    for (size_t i = 0; i < c->n_ranges; i++)
        if (c->ranges[i].offset < end && !write_range(c, fd, &c->ranges[i]))
            return false;
    if (c->record->whole && ftruncate(fd, (off_t)end) < 0) {
        fail(c, "repair: truncate", errno, end);
        return false;
    }
    return true;
}

/* A write changes the times, and takes away set-id bits and capabilities. */
static void restore(struct verify_check *c, const char *capability, ssize_t size)
{
    const struct timespec times[2] = {c->st.st_atim, c->st.st_mtim};
    struct stat now;

    if (!S_ISREG(c->st.st_mode)) /* the attributes of a device's node are not its own */
        return;
    if (fstat(c->fd, &now) == 0 && now.st_mode != c->st.st_mode)
        (void)fchmod(c->fd, c->st.st_mode & 07777);
    if (size > 0)
        (void)fsetxattr(c->fd, CAPABILITY, capability, (size_t)size, 0);
    if (futimens(c->fd, times) < 0)
        verify_say(c, "its times have changed by the repair");
}

void verify_repair(struct verify_check *c)
{
    char capability[CAPABILITY_SIZE];
    ssize_t size = fgetxattr(c->fd, CAPABILITY, capability, sizeof(capability));
    int fd = open_for_writing(c);

    if (fd < 0)
        fail(c, "repair", -fd, FAILURE_NO_OFFSET);
    else if (!c->failed)
        (void)write_all(c, fd);
    restore(c, capability, size);
    if (fd >= 0)
        (void)verify_flush(c, false, "repair: fsync");
    verify_moved(c->lane);
    (void)fd_close(&fd);
}
