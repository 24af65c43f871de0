/* open: files by paths of any length. See verify_priv.h. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/fd.h"
#include "verify_priv.h"

/* Enters the directory that the first bytes of the path name, as many as fit into one call. Moves
 * *path behind them. A descriptor or a negative errno. */
static int enter(int dir_fd, const char **path)
{
    char part[PATH_MAX];
    const char *end = *path + PATH_MAX - 1;
    int fd;

    while (end > *path && *end != '/')
        end--;
    if (end == *path)
        return -ENAMETOOLONG;
    memcpy(part, *path, (size_t)(end - *path));
    part[end - *path] = '\0';
    fd = UNINTERRUPTED(openat(dir_fd, part, O_PATH | O_DIRECTORY | O_CLOEXEC));
    *path = end + strspn(end, "/");
    return fd < 0 ? -errno : fd;
}

static int open_at(int dir_fd, const char *name, int access)
{
    int fd = fd_open_existing(dir_fd, name, access | O_NOATIME);

    return fd == -EPERM ? fd_open_existing(dir_fd, name, access) : fd;
}

int verify_open(const char *path, int access)
{
    int dir_fd = AT_FDCWD, fd;

    while (strlen(path) >= PATH_MAX) {
        fd = enter(dir_fd, &path);
        if (dir_fd >= 0)
            (void)close(dir_fd);
        if (fd < 0)
            return fd;
        dir_fd = fd;
    }
    fd = open_at(dir_fd, path, access);
    if (dir_fd >= 0)
        (void)close(dir_fd);
    return fd;
}

int verify_open_again(const char *path, int access, const struct stat *st)
{
    int fd = verify_open(path, access);
    struct stat now;

    if (fd < 0)
        return fd;
    if (fstat(fd, &now) == 0 && fd_same_file(&now, st))
        return fd;
    (void)close(fd);
    return -ESTALE;
}
