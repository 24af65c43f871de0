/* file: a regular file as a source. Files that the kernel makes up while they are read (/proc,
 * /sys) belong to this kind, too: their st_size and times say nothing. */
#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "by_name_priv.h"
#include "holes.h"
#include "kind_priv.h"

/* Bytes at the start and at the end of a file that are hashed for its origin. */
#define SAMPLE_SIZE 65536u

#define MQUEUE_MAGIC 0x19800202 /* ipc/mqueue.c */

/* The kernel's own file systems with made-up files: st_size is 0 or a page, whatever is
 * read. */
static const unsigned long made_up_file_systems[] = {
    PROC_SUPER_MAGIC,
    SYSFS_MAGIC,
    DEBUGFS_MAGIC,
    TRACEFS_MAGIC,
    CGROUP_SUPER_MAGIC,
    CGROUP2_SUPER_MAGIC,
    SECURITYFS_MAGIC,
    SELINUX_MAGIC,
    SMACK_MAGIC,
    PSTOREFS_MAGIC,
    EFIVARFS_MAGIC,
    RDTGROUP_SUPER_MAGIC,
    BINFMTFS_MAGIC,
    BPF_FS_MAGIC,
    AAFS_MAGIC,
    NSFS_MAGIC,
    XENFS_SUPER_MAGIC,
    MQUEUE_MAGIC,
    0,
};

bool source_is_made_up(int fd)
{
    return file_system_is(fd, made_up_file_systems) == 1;
}

static bool file_takes(const struct stat *st)
{
    return S_ISREG(st->st_mode);
}

/* Whether there is a byte behind the end that the size says. Some file systems do not know the
 * sizes of their files; and a file may have grown since the size was read. */
static bool is_longer(const struct source *s)
{
    char byte;

    return pread(s->fd, &byte, 1, (off_t)s->size) == 1;
}

/* For made-up files only: a server of FUSE might be asked, and not answer. */
static bool is_unready(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 0;
}

static int file_begin(struct source *s, struct failure *f)
{
    (void)f;
    s->file.made_up = source_is_made_up(s->fd);
    s->size = (uint64_t)s->st.st_size;
    s->can = (struct source_can){
        .positions = true,
        .again = true,
        .attributes = true,
        .size_known = s->size > 0 && !s->file.made_up && !is_longer(s),
    };
    s->can.unready = s->file.made_up && is_unready(s->fd);
    s->can.holes = s->can.size_known && holes_are_likely(&s->st);
    s->can.clonable = s->can.size_known;
    return 0;
}

static uint64_t file_allocated(const struct source *s)
{
    return (uint64_t)s->st.st_blocks * 512;
}

/* may: it has not become shorter. Then what was read may be zeros that it never held. */
static int changed(bool may, const char *message, struct failure *f)
{
    int r = failure_set(f, "check", ESTALE, FAILURE_NO_OFFSET, message);

    f->warning = may;
    return r;
}

static int file_check_unchanged(const struct source *s, struct failure *f)
{
    struct stat now;

    if (s->file.made_up)
        return 0;
    if (UNINTERRUPTED(fstat(s->fd, &now)) < 0)
        return failure_set(f, "stat", errno, FAILURE_NO_OFFSET, NULL);
    if (now.st_size != s->st.st_size)
        return changed(now.st_size > s->st.st_size, "its size changed while it was copied", f);
    if (!clock_same(&now.st_mtim, &s->st.st_mtim) ||
        (!s->relinked && !clock_same(&now.st_ctim, &s->st.st_ctim)))
        return changed(true, "it was changed while it was copied", f);
    return 0;
}

/* The hash of the sample at the offset; all zeros if it cannot be read. */
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

static bool file_origin(const struct source *s, struct origin *ret)
{
    if (!s->can.size_known)
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

const struct source_ops source_file_ops = {
    .takes = file_takes,
    .open = by_name_open,
    .begin = file_begin,
    .open_direct = by_name_open_direct,
    .allocated = file_allocated,
    .check_unchanged = file_check_unchanged,
    .origin = file_origin,
    .close = by_name_close,
};
