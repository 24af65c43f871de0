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

    if (fd == -EACCES && fchmod(c->fd, (c->st.st_mode & 07777) | S_IWUSR) == 0)
        fd = verify_open_again(c->dest, O_WRONLY, &c->st);
    return fd;
}

static bool write_range(struct verify_check *c, int fd, const struct verify_range *r)
{
    uint64_t end = c->record->offset + c->record->length, at = r->offset;

    if (at >= end)
        return ftruncate(fd, (off_t)end) == 0 || (fail(c, "repair", errno, at), false);
    while (at < r->offset + r->length) {
        uint64_t rest = r->offset + r->length - at;
        size_t n = rest < UNIT ? (size_t)rest : UNIT;
        int64_t written;

        if (!verify_read_source(c, at - c->record->offset, c->lane->buffers, n))
            return false;
        written = fd_write_at(fd, c->lane->buffers, n, at);
        verify_moved(c->lane);
        if (written != (int64_t)n) {
            fail(c, "repair", written < 0 ? (int)-written : EIO, at);
            return false;
        }
        at += n;
    }
    return true;
}

/* A write changes the times, and takes away set-id bits and capabilities. */
static void restore(struct verify_check *c, const char *capability, ssize_t size)
{
    const struct timespec times[2] = {c->st.st_atim, c->st.st_mtim};
    struct stat now;

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
    bool good = fd >= 0 && !c->failed;

    if (fd < 0)
        fail(c, "repair", -fd, FAILURE_NO_OFFSET);
    for (size_t i = 0; good && i < c->n_ranges; i++)
        good = write_range(c, fd, &c->ranges[i]);
    if (fd >= 0) {
        restore(c, capability, size);
        if (fsync(fd) < 0)
            fail(c, "repair: fsync", errno, FAILURE_NO_OFFSET);
    }
    verify_moved(c->lane);
    (void)fd_close(&fd);
}
