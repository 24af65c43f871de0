#include "read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/direct_io.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "base/page_cache.h"

#define UNKNOWN UINT64_MAX

/* Their files are on another file system, whose way of reading is not known. */
static const unsigned long overlays[] = {OVERLAYFS_SUPER_MAGIC, 0};

/* btrfs reads compressed and inline extents through the cache in spite of O_DIRECT. */
static const unsigned long not_direct[] = {BTRFS_SUPER_MAGIC, 0};

/* The pages of the file that are in the page cache; UNKNOWN if nobody tells. */
static uint64_t count_cached(const struct read_file *f)
{
    off_t size = lseek(f->fd, 0, SEEK_END); /* st_size is 0 for a device */

    return size < 0 ? UNKNOWN : page_cache_count(f->fd, 0, (uint64_t)size);
}

static bool set_direct(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

/* Drops the file from the cache, and counts what stays. */
static void evict(struct read_file *f, read_file_flushing *flushing, void *arg)
{
    off_t size = lseek(f->fd, 0, SEEK_END);

    f->cached = count_cached(f);
    if (f->cached == 0)
        return;
    flushing(arg,
             size > 0 ? (uint64_t)size : 1); /* at most: nobody tells which pages are dirty */
    /* POSIX_FADV_DONTNEED keeps dirty pages. This writes them and nothing else; fdatasync(2) might
     * flush the device for each file. */
    (void)sync_file_range(f->fd, 0, 0,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER);
    flushing(arg, 0);
    page_cache_drop(f->fd, 0, 0);
    f->cached = count_cached(f);
}

void read_file_begin(struct read_file *f, int fd, read_file_flushing *flushing, void *arg)
{
    bool may_be_direct = true;
    struct stat st;

    *f = (struct read_file){.fd = fd};
    /* The file system of a device node is not that of its data. */
    if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode)) {
        f->in_memory = file_system_in_memory(fd) != 0;
        f->overlay = file_system_is(fd, overlays) != 0;
        may_be_direct = file_system_is(fd, not_direct) == 0;
    }
    if (f->in_memory)
        return;
    evict(f, flushing, arg);
    f->align = may_be_direct ? direct_io_align(fd) : 0;
    f->direct = f->align > 0 && f->align <= READ_FILE_ALIGN && set_direct(fd, true);
}

ssize_t read_file_next(struct read_file *f, void *buffer, size_t size)
{
    ssize_t n = UNINTERRUPTED(pread(f->fd, buffer, size, (off_t)f->offset));

    if (n < 0 && errno == EINVAL && f->direct) {
        f->direct = !set_direct(f->fd, false);
        if (!f->direct)
            n = UNINTERRUPTED(pread(f->fd, buffer, size, (off_t)f->offset));
    }
    if (n < 0)
        return -errno;
    f->buffered |= n > 0 && !f->direct;
    f->offset += (uint64_t)n;
    /* The end of the file, or else a short read: O_DIRECT cannot go on from here. */
    if (f->direct && n > 0 && f->offset % f->align != 0)
        f->direct = !set_direct(f->fd, false);
    return n;
}

ssize_t read_file_fill(struct read_file *f, char *buffer, size_t size)
{
    size_t n = 0;

    while (n < size) {
        ssize_t r = read_file_next(f, buffer + n, size - n);

        if (r < 0)
            return r;
        if (r == 0)
            break;
        n += (size_t)r;
    }
    return (ssize_t)n;
}

enum read_how read_file_how(const struct read_file *f)
{
    uint64_t cached;

    if (f->offset == 0)
        return READ_DIRECT;
    if (f->in_memory)
        return READ_CACHE;
    if (!f->buffered && (f->cached == 0 || !f->overlay)) {
        /* A file system may fall back to the cache without a word. */
        cached = count_cached(f);
        if (cached != UNKNOWN && cached <= f->cached)
            return READ_DIRECT;
    }
    return f->cached == 0 ? READ_EVICTED : READ_CACHE;
}

const char *read_how_name(enum read_how how)
{
    static const char *const names[] = {
        [READ_DIRECT] = "direct",
        [READ_EVICTED] = "evicted",
        [READ_CACHE] = "cache",
    };

    return names[how];
}
