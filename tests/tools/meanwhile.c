/* meanwhile: preloaded, it runs a command at one moment of a program: what somebody else does
 * between two calls of it.
 *
 *     MEANWHILE_BEFORE  "open PATH", "read PATH", "pread PATH" or "clone PATH": before the first
 *                       openat(2), read(2) or pread(2) of that file, or the first clone of it
 *                       (FICLONE). PATH is the end of a path, from a slash on
 *     MEANWHILE_DO      the command, for the shell */
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Runs the command if the path is the one, and it has not been run. */
static void meet(const char *call, const char *path)
{
    static atomic_bool done;
    const char *moment = getenv("MEANWHILE_BEFORE"), *command = getenv("MEANWHILE_DO");
    size_t call_len = strlen(call), len = strlen(path), end_len;

    if (!moment || !command || strncmp(moment, call, call_len) != 0 || moment[call_len] != ' ')
        return;
    moment += call_len + 1;
    end_len = strlen(moment);
    if (len < end_len || strcmp(path + len - end_len, moment) != 0 ||
        atomic_exchange(&done, true))
        return;
    unsetenv("LD_PRELOAD"); /* not in the command */
    if (system(command) != 0)
        abort();
}

static void path_of(int fd, char path[PATH_MAX])
{
    char link[32];
    ssize_t n;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = '\0';
}

static void meet_open(int dir_fd, const char *name)
{
    char dir[PATH_MAX] = "", path[2 * PATH_MAX];

    if (dir_fd != AT_FDCWD)
        path_of(dir_fd, dir);
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    meet("open", path);
}

int openat(int dir_fd, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & (O_CREAT | O_TMPFILE))
        mode = va_arg(args, mode_t);
    va_end(args);
    meet_open(dir_fd, name);
    return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

/* What openat() is without a mode, with _FORTIFY_SOURCE. */
int __openat_2(int dir_fd, const char *name, int flags);
int __openat_2(int dir_fd, const char *name, int flags)
{
    meet_open(dir_fd, name);
    return (int)syscall(SYS_openat, dir_fd, name, flags, 0);
}

ssize_t read(int fd, void *buf, size_t n)
{
    char path[PATH_MAX];

    path_of(fd, path);
    meet("read", path);
    return syscall(SYS_read, fd, buf, n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t offset)
{
    char path[PATH_MAX];

    path_of(fd, path);
    meet("pread", path);
    return syscall(SYS_pread64, fd, buf, n, offset);
}

/* What pread() is with _FORTIFY_SOURCE. */
ssize_t __pread_chk(int fd, void *buf, size_t n, off_t offset, size_t room);
ssize_t __pread_chk(int fd, void *buf, size_t n, off_t offset, size_t room)
{
    (void)room;
    return pread(fd, buf, n, offset);
}

int ioctl(int fd, unsigned long request, ...)
{
    char path[PATH_MAX];
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (request == FICLONE) {
        path_of((int)(long)arg, path);
        meet("clone", path);
    }
    return (int)syscall(SYS_ioctl, fd, request, arg);
}
