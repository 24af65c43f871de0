/* failcall: preloaded, it lets calls of a program fail with EIO. FAILCALL says which:
 *
 *     clone    every clone of data (FICLONERANGE); whether files can share is answered as ever
 *     pwrite   the first pwrite(2) ...
 *     fsync    the first fsync(2) ...
 *
 * ... to a file on the file system of the directory FAILCALL_ON;
 *
 *     dup      duplicate number FAILCALL_NTH of a descriptor of a directory on that file system: EMFILE
 *     rename   renameat2(2) number FAILCALL_NTH there: EIO
 *
 *     reread   the reading of a partition table (BLKRRPART) of the device FAILCALL_ON hangs
 *
 * Or it lets that file system look like another one:
 *
 *     fat      statfs(2) says that it is FAT */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool fails(const char *call)
{
    const char *which = getenv("FAILCALL");

    errno = EIO;
    return which && strcmp(which, call) == 0;
}

static bool is_on(const struct stat *file)
{
    const char *on = getenv("FAILCALL_ON");
    struct stat dir;

    return on && stat(on, &dir) == 0 && dir.st_dev == file->st_dev;
}

static bool fails_once(const char *call, int fd)
{
    static atomic_bool done;
    struct stat file;

    if (!fails(call) || fstat(fd, &file) < 0 || !is_on(&file) || atomic_exchange(&done, true))
        return false;
    errno = EIO;
    return true;
}

static bool hangs_on(int fd)
{
    const char *on = getenv("FAILCALL_ON");
    struct stat device, file;

    return fails("reread") && stat(on, &device) == 0 && fstat(fd, &file) == 0 &&
           device.st_rdev == file.st_rdev;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    while (request == BLKRRPART && hangs_on(fd))
        pause();
    return request == FICLONERANGE && fails("clone")
               ? -1
               : (int)syscall(SYS_ioctl, fd, request, arg);
}

int fstatfs(int fd, struct statfs *ret)
{
    int r = (int)syscall(SYS_fstatfs, fd, ret);
    struct stat st;

    if (r == 0 && fails("fat") && fstat(fd, &st) == 0 && is_on(&st))
        ret->f_type = MSDOS_SUPER_MAGIC;
    return r;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    return fails_once("pwrite", fd) ? -1 : syscall(SYS_pwrite64, fd, buf, n, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
    return pwrite(fd, buf, n, offset);
}

/* Whether this is call number FAILCALL_NTH to a directory there. */
static bool fails_nth(const char *call, int dir_fd)
{
    static atomic_int n;
    const char *nth = getenv("FAILCALL_NTH");
    struct stat st;

    return nth && fails(call) && fstat(dir_fd, &st) == 0 && S_ISDIR(st.st_mode) && is_on(&st) &&
           atomic_fetch_add(&n, 1) + 1 == atoi(nth);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    if (fails_nth("rename", to_fd)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int fcntl(int fd, int op, ...)
{
    va_list args;
    void *arg;

    va_start(args, op);
    arg = va_arg(args, void *);
    va_end(args);
    if (op == F_DUPFD_CLOEXEC && fails_nth("dup", fd)) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, op, arg);
}

int fsync(int fd)
{
    return fails_once("fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd);
}
