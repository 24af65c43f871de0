/* source: the one file that is read. See source.h.
 *
 * Two descriptors on one inode: the copy loop reads through O_DIRECT where that is asked for
 * and possible, and through the page cache otherwise. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/direct_io.h"
#include "base/fd.h"
#include "base/file_system.h"

/* Bytes at the beginning and at the end by which a source is known again. */
#define SAMPLE_SIZE 65536u

/* File systems of the kernel's own whose files are made up while they are read: st_size is 0
 * or a page, whatever comes out. */
static const unsigned long made_up_file_systems[] = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEBUGFS_MAGIC,
    TRACEFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
    SECURITYFS_MAGIC, SELINUX_MAGIC,      SMACK_MAGIC,
    PSTOREFS_MAGIC,   EFIVARFS_MAGIC,     RDTGROUP_SUPER_MAGIC,
    BINFMTFS_MAGIC,   BPF_FS_MAGIC,       AAFS_MAGIC,
    NSFS_MAGIC,       XENFS_SUPER_MAGIC,  0,
};

static bool is_made_up(int fd)
{
    return file_system_is(fd, made_up_file_systems) == 1;
}

static int refuse_kind(mode_t mode, struct failure *f)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
    case S_IFBLK:
        return 0;
    case S_IFDIR:
        return failure_set(f, "open", EISDIR, FAILURE_NO_OFFSET, "is a directory now");
    case S_IFIFO:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "is a fifo; only regular files and block devices can be read");
    case S_IFSOCK:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "is a socket; only regular files and block devices can be read");
    default:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "is a character device; only regular files and block devices can "
                           "be read");
    }
}

/* Fills size and size_known from the open descriptor. */
static int find_size(struct source *s, struct failure *f)
{
    off_t end;

    if (S_ISREG(s->st.st_mode)) {
        s->size = (uint64_t)s->st.st_size;
        s->size_known = s->size > 0 && !is_made_up(s->fd);
        return 0;
    }
    end = lseek(s->fd, 0, SEEK_END);
    if (end < 0 || lseek(s->fd, 0, SEEK_SET) < 0)
        return failure_set(f, "seek", errno, FAILURE_NO_OFFSET, NULL);
    s->size = (uint64_t)end;
    s->size_known = true;
    return 0;
}

void source_open_direct(struct source *s)
{
    char self[32];
    int fd;

    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", s->fd);
    fd = fd_reopen_direct(AT_FDCWD, s->by_fd ? self : s->path, s->fd, O_RDONLY);
    if (fd < 0)
        return;
    s->direct_align = direct_io_align(fd);
    if (s->direct_align > 0)
        s->fd_direct = fd;
    else
        (void)fd_close(&fd);
}

/* Looks at what s->fd is open on. */
static int begin(struct source *s, struct failure *f)
{
    int r;

    if (fstat(s->fd, &s->st) < 0)
        r = failure_set(f, "stat", errno, FAILURE_NO_OFFSET, NULL);
    else
        r = refuse_kind(s->st.st_mode, f);
    if (r == 0)
        r = find_size(s, f);
    if (r < 0) {
        (void)fd_close(&s->fd);
        return r;
    }
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

int source_open(struct source *s, const char *path, struct failure *f)
{
    int r;

    *s = (struct source){.path = path, .fd = -1, .fd_direct = -1};

    /* Before the open, which has effects of its own on some devices. */
    if (stat(path, &s->st) < 0)
        return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
    r = refuse_kind(s->st.st_mode, f);
    if (r < 0)
        return r;

    r = fd_open_existing(AT_FDCWD, path, O_RDONLY);
    if (r < 0)
        return failure_set(f, "open", -r, FAILURE_NO_OFFSET, NULL);
    s->fd = r;
    return begin(s, f);
}

int source_open_fd(struct source *s, int fd, const char *path, struct failure *f)
{
    int flags = fcntl(fd, F_GETFL);

    *s = (struct source){.path = path, .by_fd = true, .fd = fd, .fd_direct = -1};
    /* An engine would be told to try again where it could wait. */
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        int err = errno;

        (void)fd_close(&s->fd);
        return failure_set(f, "open", err, FAILURE_NO_OFFSET, NULL);
    }
    return begin(s, f);
}

bool source_may_have_holes(const struct source *s)
{
    return S_ISREG(s->st.st_mode) && s->size_known && source_allocated(s) < s->size;
}

uint64_t source_allocated(const struct source *s)
{
    return (uint64_t)s->st.st_blocks * 512;
}

int source_check_unchanged(const struct source *s, struct failure *f)
{
    struct stat now;

    if (!S_ISREG(s->st.st_mode) || is_made_up(s->fd))
        return 0;
    if (fstat(s->fd, &now) < 0)
        return failure_set(f, "stat", errno, FAILURE_NO_OFFSET, NULL);
    if (now.st_size != s->st.st_size)
        return failure_set(f, "check", ESTALE, FAILURE_NO_OFFSET,
                           "its size changed while it was copied");
    if (!clock_same(&now.st_mtim, &s->st.st_mtim) ||
        (!s->relinked && !clock_same(&now.st_ctim, &s->st.st_ctim)))
        return failure_set(f, "check", ESTALE, FAILURE_NO_OFFSET,
                           "it was changed while it was copied");
    return 0;
}

/* Of the bytes at offset; all zero if they cannot be read. */
static struct hash hash_at(int fd, uint64_t offset)
{
    struct hash hash = {0, 0};
    char *buf = malloc(SAMPLE_SIZE);
    ssize_t n = buf ? pread(fd, buf, SAMPLE_SIZE, (off_t)offset) : -1;

    if (n > 0)
        hash = hash_of(buf, (size_t)n);
    free(buf);
    return hash;
}

bool source_origin(const struct source *s, struct origin *ret)
{
    if (!S_ISREG(s->st.st_mode) || !s->size_known)
        return false;
    *ret = (struct origin){
        .size = s->size,
        .ino = s->st.st_ino,
        .mtime = s->st.st_mtim,
        .ctime = s->st.st_ctim,
        .head = hash_at(s->fd, 0),
        .tail = hash_at(s->fd, s->size > SAMPLE_SIZE ? s->size - SAMPLE_SIZE : 0),
    };
    return true;
}

void source_close(struct source *s)
{
    (void)fd_close(&s->fd_direct);
    (void)fd_close(&s->fd);
}
