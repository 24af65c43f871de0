/* power_record: a disk that records what reaches it.
 *
 *     power_record IMAGE LOG DIR
 *
 * Serves IMAGE as DIR/disk, in the background, until DIR is unmounted. That is to be the
 * backing file of a loop device, which passes a flush on as fsync(2) and a write with FUA as a
 * write and a flush. Every write and every flush is put on record in LOG, which must not exist,
 * before it is answered; so is every line that is written to DIR/mark. */
#define FUSE_USE_VERSION 31

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "power_log.h"

static int image_fd, log_fd;

static int append(enum power_kind kind, const char *data, size_t len, off_t offset)
{
    struct power_record r = {(uint32_t)kind, (uint32_t)len, (uint64_t)offset};
    struct iovec parts[] = {{&r, sizeof(r)}, {(void *)(size_t)data, len}};

    return writev(log_fd, parts, 2) == (ssize_t)(sizeof(r) + len) ? 0 : -EIO;
}

static bool is_disk(const char *path)
{
    return strcmp(path, "/disk") == 0;
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
    struct stat image;

    (void)info;
    memset(st, 0, sizeof(*st));
    st->st_nlink = 1;
    if (strcmp(path, "/") == 0) {
        st->st_mode = S_IFDIR | 0755;
        return 0;
    }
    st->st_mode = S_IFREG | 0600;
    if (!is_disk(path))
        return strcmp(path, "/mark") == 0 ? 0 : -ENOENT;
    if (fstat(image_fd, &image) < 0)
        return -errno;
    st->st_size = image.st_size;
    return 0;
}

static int do_read(const char *path, char *buf, size_t len, off_t offset,
                   struct fuse_file_info *info)
{
    ssize_t n = is_disk(path) ? pread(image_fd, buf, len, offset) : 0;

    (void)info;
    return n < 0 ? -errno : (int)n;
}

static int do_write(const char *path, const char *buf, size_t len, off_t offset,
                    struct fuse_file_info *info)
{
    int r;

    (void)info;
    if (!is_disk(path)) {
        r = append(POWER_MARK, buf, len - (buf[len - 1] == '\n'), 0);
    } else {
        r = append(POWER_WRITE, buf, len, offset);
        if (r == 0 && pwrite(image_fd, buf, len, offset) != (ssize_t)len)
            r = -EIO;
    }
    return r < 0 ? r : (int)len;
}

static int do_fsync(const char *path, int datasync, struct fuse_file_info *info)
{
    (void)datasync;
    (void)info;
    return is_disk(path) ? append(POWER_FLUSH, NULL, 0, 0) : 0;
}

int main(int argc, char **argv)
{
    static const struct fuse_operations operations = {
        .getattr = do_getattr,
        .read = do_read,
        .write = do_write,
        .fsync = do_fsync,
    };
    char one_thread[] = "-s";

    if (argc != 4)
        errx(2, "usage: power_record IMAGE LOG DIR");
    image_fd = open(argv[1], O_RDWR | O_CLOEXEC);
    if (image_fd < 0)
        err(2, "%s", argv[1]);
    log_fd = open(argv[2], O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        err(2, "%s", argv[2]);
    return fuse_main(3, ((char *[]){argv[0], one_thread, argv[3], NULL}), &operations, NULL);
}
