#include "read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/direct_io.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "base/page_cache.h"

#define UNKNOWN UINT64_MAX

static uint64_t count_cached(const struct read_file *f)
{
    return page_cache_count(f->fd, 0, f->size);
}

void read_file_set(struct read_file *f, int fd, const struct stat *st, uint64_t size)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), data = (uint64_t)st->st_blocks * 512;

    /* The file system of a device node is not that of its data. */
    *f = (struct read_file){
        .fd = fd,
        .size = size,
        .pages = ((S_ISBLK(st->st_mode) || data > size ? size : data) + page - 1) / page,
        .cached = UNKNOWN,
        .align = 1,
        .in_memory = !S_ISBLK(st->st_mode) && file_system_in_memory(fd) != 0,
    };
}

uint64_t read_file_drop(struct read_file *f)
{
    page_cache_drop(f->fd, 0, 0);
    f->cached = count_cached(f);
    return f->cached;
}

static bool set_flag(int fd, bool direct)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

void read_file_set_direct(struct read_file *f, uint32_t most)
{
    uint32_t align = direct_io_align(f->fd);

    f->direct = align > 0 && align <= most && set_flag(f->fd, true);
    f->align = f->direct ? align : 1;
}

static void stop_direct(struct read_file *f)
{
    f->direct = !set_flag(f->fd, false);
    f->align = f->direct ? f->align : 1;
}

int read_file_set_fua(struct read_file *f)
{
    int r = fua_open(&f->fua, f->fd);

    f->past_disk = r == 0;
    f->direct &= r < 0;
    f->align = r == 0 ? f->fua.block : f->align;
    return r;
}

/* Drops the file from the cache. POSIX_FADV_DONTNEED keeps dirty pages. They are written and nothing
 * else; fdatasync(2) might flush the device for each file. */
static void evict(struct read_file *f, read_file_flushing *flushing, void *arg)
{
    f->cached = count_cached(f);
    if (f->cached == 0)
        return;
    flushing(arg, f->size > 0 ? f->size : 1); /* at most: nobody tells which pages are dirty */
    (void)sync_file_range(f->fd, 0, 0,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER);
    flushing(arg, 0);
    (void)read_file_drop(f);
}

void read_file_begin(struct read_file *f, int fd, read_file_flushing *flushing, void *arg)
{
    off_t size = lseek(fd, 0, SEEK_END); /* st_size is 0 for a device */
    struct stat st = {.st_mode = 0};

    (void)fstat(fd, &st);
    read_file_set(f, fd, &st, size > 0 ? (uint64_t)size : 0);
    if (f->in_memory)
        return;
    evict(f, flushing, arg);
    read_file_set_direct(f, READ_FILE_ALIGN);
}

ssize_t read_file_at(struct read_file *f, void *buffer, size_t n, uint64_t offset)
{
    ssize_t r;

    if (f->past_disk)
        return (ssize_t)fua_read(&f->fua, buffer, n, offset);
    if (f->direct && offset % f->align != 0)
        stop_direct(f);
    r = UNINTERRUPTED(pread(f->fd, buffer, n, (off_t)offset));
    if (r < 0 && errno == EINVAL && f->direct) {
        stop_direct(f);
        if (!f->direct)
            r = UNINTERRUPTED(pread(f->fd, buffer, n, (off_t)offset));
    }
    f->buffered |= r > 0 && !f->direct;
    return r < 0 ? -errno : r;
}

ssize_t read_file_next(struct read_file *f, void *buffer, size_t size)
{
    ssize_t n = read_file_at(f, buffer, size, f->offset);

    f->offset += n > 0 ? (uint64_t)n : 0;
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

/* Pages that stay although they are clean are mapped by somebody. A direct read leaves them alone, and
 * has passed them if there were others that it did not bring in: a file system may fall back to the
 * cache without a word. */
enum read_how read_file_how(const struct read_file *f)
{
    uint64_t before = f->cached, after = count_cached(f);

    if (f->past_disk)
        return READ_FUA;
    if (f->size == 0 && !f->buffered)
        return READ_DIRECT;
    if (f->in_memory || before == UNKNOWN || after == UNKNOWN)
        return READ_CACHE;
    if (!f->buffered && after <= before && (before == 0 || before < f->pages))
        return READ_DIRECT;
    return before == 0 ? READ_EVICTED : READ_CACHE;
}

const char *read_how_name(enum read_how how)
{
    static const char *const names[] = {
        [READ_NOTHING] = "nothing", [READ_FUA] = "fua",     [READ_DIRECT] = "direct",
        [READ_EVICTED] = "evicted", [READ_CACHE] = "cache",
    };

    return names[how];
}
