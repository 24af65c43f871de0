/* fd: file descriptors opened without hanging and closed exactly once. */
#ifndef UCOPY_BASE_FD_H
#define UCOPY_BASE_FD_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupted.h"

/* Closes *fd unless it is negative, and sets it to -1, also on failure: Linux releases the
 * descriptor even if close() fails. Returns 0 or a negative errno. -EINTR is a failure, too:
 * the file system may not have written everything. */
static inline int fd_close(int *fd)
{
    int closing = *fd;

    *fd = -1;
    if (closing >= 0 && close(closing) < 0)
        return -errno;
    return 0;
}

/* Whether the two results of stat(2) describe the same file. */
static inline bool fd_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* pread(2) of n bytes, as long as it moves any. The number of bytes, fewer only at the end of the
 * file; or a negative errno. */
static inline int64_t fd_read_at(int fd, void *bytes, size_t n, uint64_t at)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = pread(fd, (char *)bytes + done, n - done, (off_t)(at + done));

        if (r < 0 && errno != EINTR)
            return -errno;
        if (r == 0)
            break;
        done += r > 0 ? (size_t)r : 0;
    }
    return (int64_t)done;
}

/* The same with pwrite(2); fewer bytes only if nothing more can be written. */
static inline int64_t fd_write_at(int fd, const void *bytes, size_t n, uint64_t at)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = pwrite(fd, (const char *)bytes + done, n - done, (off_t)(at + done));

        if (r < 0 && errno != EINTR)
            return -errno;
        if (r == 0)
            break;
        done += r > 0 ? (size_t)r : 0;
    }
    return (int64_t)done;
}

/* Opens an existing file by its name (relative to dir_fd; symlinks are followed) with the given
 * access mode, for blocking I/O. If the name is a fifo now, the open does not wait for another
 * process to open it. Returns the descriptor (the caller's) or a negative errno. */
static inline int fd_open_existing(int dir_fd, const char *name, int access)
{
    int fd = UNINTERRUPTED(openat(dir_fd, name, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    int flags;

    /* A regular file has a lease or a delegation (Samba, the NFS server). The holder gives it
     * up only for an open that blocks. */
    if (fd < 0 && errno == EWOULDBLOCK)
        return (fd = UNINTERRUPTED(openat(dir_fd, name, access | O_NOCTTY | O_CLOEXEC))) < 0
                   ? -errno
                   : fd;
    if (fd < 0)
        return -errno;

    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        int r = -errno;

        (void)close(fd);
        return r;
    }
    return fd;
}

/* Opens the file of fd a second time, by its name and with O_DIRECT. Returns the descriptor
 * (the caller's) or a negative errno; -ESTALE: the name leads to another file now. */
static inline int fd_reopen_direct(int dir_fd, const char *name, int fd, int access)
{
    struct stat st, st_direct;
    int direct = fd_open_existing(dir_fd, name, access | O_DIRECT);
    int r = -ESTALE;

    if (direct < 0)
        return direct;
    if (fstat(fd, &st) < 0 || fstat(direct, &st_direct) < 0)
        r = -errno;
    else if (fd_same_file(&st, &st_direct))
        return direct;
    (void)close(direct);
    return r;
}

/* Cuts off what the file holds behind `size` bytes. False: there is nothing, or it stays. */
static inline bool fd_cut_off(int fd, off_t size)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_size > size && UNINTERRUPTED(ftruncate(fd, size)) == 0;
}

/* Makes the names in a directory durable; fd must not be open with O_PATH. Where no directory can
 * be flushed (fsync(2): EINVAL), the whole file system is. 0 or a negative errno. */
static inline int fd_flush_directory(int fd)
{
    if (fsync(fd) == 0 || (errno == EINVAL && syncfs(fd) == 0))
        return 0;
    return -errno;
}

#endif
