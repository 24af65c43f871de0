/* file_space: the space that a regular file takes, and its holes. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "file_priv.h"

/* What the data will take on the file system of fd, if so many bytes are allocated already. */
static struct space_demand demand_on(const struct target_request *q, int fd, uint64_t allocated)
{
    struct statvfs fs;
    struct stat st;

    if (!q->size_known || fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
        return (struct space_demand){.need = 0};
    return (struct space_demand){
        .device = st.st_dev,
        .need = space_need(q->data, fs.f_frsize, allocated),
        .available = space_available(&fs, geteuid() == 0),
    };
}

struct space_demand file_space_demand(const struct file_name *n, const struct target_request *q,
                                      const struct stat *existing)
{
    struct space_demand demand;
    int fd;

    if (!existing)
        return demand_on(q, n->dir_fd, q->origin ? partial_allocated(n->dir_fd, n->last) : 0);
    fd = UNINTERRUPTED(openat(n->dir_fd, n->last, O_PATH | O_CLOEXEC | file_name_no_follow(n)));
    demand = demand_on(q, fd, (uint64_t)existing->st_blocks * 512);
    (void)fd_close(&fd);
    return demand;
}

int file_space_check_limit(const struct file_name *n, const struct target_request *q,
                           struct failure *f)
{
    static const unsigned long fat[] = {MSDOS_SUPER_MAGIC, 0};

    if (!q->size_known || q->size <= UINT32_MAX || file_system_is(n->dir_fd, fat) != 1)
        return 0;
    return file_fail(f, "check size", EFBIG, "FAT has no files of 4 GiB and more");
}

bool file_space_can_clone(const struct file_name *n)
{
    static const unsigned long cloning[] = {
        BTRFS_SUPER_MAGIC,
        XFS_SUPER_MAGIC,
        OCFS2_SUPER_MAGIC,
        0,
    };

    return file_system_is(n->dir_fd, cloning) == 1;
}

static bool punch(int fd, uint64_t start, uint64_t length)
{
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start,
                     (off_t)length) == 0;
}

bool file_space_punch(const struct target *t)
{
    const struct target_request *q = &t->request;

    return q->size_known && q->length > 0 && punch(t->fd, q->size - q->length, q->length);
}

bool file_space_punch_rest(const struct target *t, const struct ranges *held)
{
    uint64_t at = 0, end = t->request.length;
    struct range r;

    while (at < end) {
        bool any = ranges_first(held, at, &r) && r.start < end;
        uint64_t until = any ? r.start : end;

        if (until > at && !punch(t->fd, at, until - at))
            return false;
        at = any ? r.end : end;
    }
    return true;
}

/* Direct writes into allocated space need not wait for one another, nor for the allocation of
 * blocks (ext4 and XFS write beyond the end of a file one at a time). A sparse file gets its
 * length only: allocated space would stay in its holes, and to a file that grows XFS gives more
 * than is written. The final name gets neither: a file of full length there would look
 * complete.
 *
 * Without holes both would write zeros to all of the file (fat_fallocate(), fs/fat/file.c,
 * 6.18). O_DIRECT is of no use there: vfat and exfat write beyond the end through the page
 * cache all the same, and wait for it (fat_direct_IO(), fs/fat/inode.c, 6.18). */
void file_space_reserve(struct target *t)
{
    const struct target_request *q = &t->request;
    struct stat st;

    /* What an earlier run has left has got its space, or was not to get any. */
    if (!q->size_known || q->size == 0 || fstat(t->fd, &st) < 0 || st.st_size > 0)
        return;
    t->ascending = q->size > FILE_SYSTEM_HOLE_PROBE && !file_system_has_holes(t->fd);
    if (t->ascending && !q->need_direct)
        (void)fd_close(&t->fd_direct);
    if (t->ascending || !file_has_temp(t))
        return;
    if (q->sparse)
        (void)!UNINTERRUPTED(ftruncate(t->fd, (off_t)q->size));
    else if (t->fd_direct >= 0)
        (void)fallocate(t->fd, 0, 0, (off_t)q->size);
}
