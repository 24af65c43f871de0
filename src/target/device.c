/* device: a block device as a destination. It is never created or made longer, and has no
 * attributes of its own: bytes are written where they belong, and what lies outside the copied
 * range stays.
 *
 * What it held before is worth nothing once the copy has begun, and what it will hold is worth
 * nothing before the end. So its first bytes, where partition tables and most file systems begin,
 * become zeros before anything else is written, which is the caller's work (target.head), and get
 * their data last. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/direct_io.h"
#include "base/disk.h"
#include "base/fd.h"
#include "target_priv.h"

static bool device_takes(const struct target_request *q, const struct stat *there)
{
    return q->device && there && S_ISBLK(there->st_mode);
}

static int fail(struct failure *f, const char *op, int err, const char *message)
{
    return failure_set(f, op, err, FAILURE_NO_OFFSET, message);
}

/* How many bytes at the start of the copied range lie in the first bytes of the device, which has
 * that size. */
static uint32_t head_of(const struct target_request *q, uint64_t size)
{
    uint64_t end = size < TARGET_HEAD ? size : TARGET_HEAD;
    uint64_t n = q->start < end && !q->head_first ? end - q->start : 0;

    return (uint32_t)(q->size_known && q->length < n ? q->length : n);
}

static int device_look(const struct target_request *q, struct target_view *ret,
                       struct failure *f)
{
    struct stat st;

    if (stat(q->path, &st) < 0)
        return fail(f, "open", errno, NULL);
    if (!S_ISBLK(st.st_mode) || st.st_rdev != q->device)
        return fail(f, "open", ESTALE, "another device has its name now");
    /* Not the file system of its node: what is gone is the device. */
    *ret = (struct target_view){.how = "to the device", .directory_dev = st.st_rdev};
    return access(q->path, R_OK | W_OK) < 0 ? fail(f, "open", errno, NULL) : 0;
}

/* Opens the device for this run alone. 0 or a negative errno with *f filled. */
static int open_alone(struct target *t, struct failure *f)
{
    struct stat st;
    int r = held_lock(t->request.held, disk_whole(t->request.device));

    if (r == -EAGAIN)
        return fail(f, "lock", EAGAIN, "another process has locked its disk");
    if (r < 0)
        return fail(f, "lock", -r, NULL);
    /* Read, too: for what shares a block with the end of the copy. */
    t->fd = fd_open_existing(AT_FDCWD, t->request.path, O_RDWR | O_EXCL);
    if (t->fd == -EBUSY)
        return fail(f, "open", EBUSY, "somebody uses it");
    if (t->fd == -EROFS || t->fd == -EPERM)
        return fail(f, "open", -t->fd, "it is write-protected");
    if (t->fd < 0)
        return fail(f, "open", -t->fd, NULL);
    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    if (!S_ISBLK(st.st_mode) || st.st_rdev != t->request.device)
        return fail(f, "open", ESTALE, "another device has its name now");
    r = held_add(t->request.held, t->request.path, t->fd, st.st_rdev);
    return r < 0 ? fail(f, "open", -r, NULL) : 0;
}

/* A second descriptor for direct I/O. The range that begins within a block has no use for it. */
static int open_direct(struct target *t, struct failure *f)
{
    const struct target_request *q = &t->request;
    int fd;

    if (!q->want_direct && !q->need_direct)
        return 0;
    fd = fd_reopen_direct(AT_FDCWD, q->path, t->fd, O_RDWR);
    if (fd >= 0) {
        t->direct_align = direct_io_write_align(fd);
        if (t->direct_align > 0 && q->start % t->direct_align == 0) {
            t->fd_direct = fd;
            return 0;
        }
        (void)fd_close(&fd);
        fd = -EINVAL;
    }
    return q->need_direct ? fail(f, "open", -fd, "O_DIRECT is not available for this range")
                          : 0;
}

/* The size of the device, in bytes; and whether the copied range fits. */
static int check_size(const struct target *t, uint64_t *ret_size, struct failure *f)
{
    const struct target_request *q = &t->request;
    uint64_t size;

    if (ioctl(t->fd, BLKGETSIZE64, &size) < 0)
        return fail(f, "stat", errno, NULL);
    *ret_size = size;
    if (q->start <= size && (!q->size_known || q->length <= size - q->start))
        return 0;
    return failure_format(f, "open", ENOSPC, "it has only %llu bytes",
                          (unsigned long long)size);
}

/* Writes n bytes of the head, from its byte `from` on. */
static int put(struct target *t, const char *bytes, uint32_t from, uint32_t n,
               struct failure *f)
{
    uint64_t at = t->request.start + from;
    int64_t written = fd_write_at(t->fd, bytes, n, at);

    if (written == -EPERM || written == -EROFS)
        return fail(f, "write", (int)-written, "it is write-protected");
    if (written != (int64_t)n)
        return failure_set(f, "write", written < 0 ? (int)-written : EIO, at, NULL);
    return 0;
}

static int flush(struct target *t, struct failure *f)
{
    return fsync(t->fd) < 0 ? fail(f, "fsync", errno, NULL) : 0;
}

/* Keeps what lies in the place of the head, if the copy may turn out to be shorter: what is behind
 * it stays. */
static int save_head(struct target *t, struct failure *f)
{
    int64_t n;

    t->own = malloc(t->head);
    if (!t->own)
        return fail(f, "read", ENOMEM, NULL);
    n = fd_read_at(t->fd, t->own, t->head, t->request.start);
    return n == (int64_t)t->head ? 0 : fail(f, "read", n < 0 ? (int)-n : EIO, NULL);
}

static void close_all(struct target *t)
{
    (void)fd_close(&t->fd_direct);
    (void)fd_close(&t->fd);
    free(t->own);
    t->own = NULL;
}

static void device_abort(struct target *t, bool keep)
{
    (void)keep; /* what is on it stays: it is no copy without its first bytes */
    close_all(t);
}

static int device_open(struct target *t, struct failure *f)
{
    uint64_t size = 0;
    int r = open_alone(t, f);

    if (r == 0)
        r = check_size(t, &size, f);
    if (r == 0)
        r = open_direct(t, f);
    t->head = head_of(&t->request, size);
    if (r == 0 && t->head > 0 && !t->request.size_known)
        r = save_head(t, f);
    if (r < 0)
        close_all(t);
    t->can_fsync = t->must_fsync = t->mixes = r == 0;
    return r;
}

/* All else is on the medium. */
static int write_head(struct target *t, struct failure *f)
{
    uint64_t length = t->request.size - t->request.start;
    uint32_t n = length < t->head ? (uint32_t)length : t->head;
    int r = 0;

    if (t->own && n < t->head)
        r = put(t, (char *)t->own + n, n, t->head - n, f);
    if (r == 0 && t->head_bytes)
        r = put(t, t->head_bytes, 0, n, f);
    return r < 0 ? r : flush(t, f);
}

static int device_commit(struct target *t, struct failure *f)
{
    struct stat st;
    int r = t->head > 0 ? write_head(t, f) : 0;

    if (fstat(t->fd, &st) == 0)
        t->id = (struct made_id){.dev = st.st_dev, .ino = st.st_ino};
    close_all(t);
    return r;
}

const struct target_ops target_device = {
    .name = "device",
    .takes = device_takes,
    .look = device_look,
    .open = device_open,
    .commit = device_commit,
    .abort = device_abort,
};
