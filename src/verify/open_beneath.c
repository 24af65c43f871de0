#include "open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"

#define FLAGS (O_RDONLY | O_NOCTTY | O_CLOEXEC)

/* How often a lookup that a rename disturbs (EAGAIN) is made. */
#define TRIES 100

/* flags: O_NONBLOCK or 0. */
static int open_once(int dir_fd, const char *name, unsigned long long flags)
{
    struct open_how how = {
        .flags = FLAGS | flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)UNINTERRUPTED(syscall(SYS_openat2, dir_fd, name, &how, sizeof(how)));

    return fd < 0 ? -errno : fd;
}

/* EAGAIN: a rename disturbed the lookup, or the holder of a lease gives it up only for an open that
 * blocks; a fifo would have opened. */
static int open_at_once(int dir_fd, const char *name)
{
    int fd = open_once(dir_fd, name, O_NONBLOCK);

    for (unsigned i = 0; fd == -EAGAIN && i < TRIES; i++)
        fd = open_once(dir_fd, name, 0);
    return fd;
}

/* Component by component, without following any symlink. */
static int open_step_by_step(int dir_fd, const char *name)
{
    int at = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0), fd;

    while (at >= 0) {
        size_t length = strcspn(name, "/");
        char component[NAME_MAX + 1];
        int flags = name[length] ? O_PATH | O_DIRECTORY | O_CLOEXEC : FLAGS | O_NONBLOCK;

        if (length > NAME_MAX) {
            (void)fd_close(&at);
            return -ENAMETOOLONG;
        }
        *(char *)mempcpy(component, name, length) = '\0';
        fd = UNINTERRUPTED(openat(at, component, flags | O_NOFOLLOW));
        if (fd < 0 && errno == EWOULDBLOCK)
            fd = UNINTERRUPTED(openat(at, component, FLAGS | O_NOFOLLOW));
        fd = fd < 0 ? -errno : fd;
        (void)fd_close(&at);
        if (fd < 0 || !name[length])
            return fd;
        at = fd;
        name += length + 1;
    }
    return -errno;
}

int open_beneath(int dir_fd, const char *name)
{
    int fd = open_at_once(dir_fd, name);

    /* Filters of system calls may answer EPERM. */
    if (fd == -ENOSYS || fd == -EPERM)
        fd = open_step_by_step(dir_fd, name);
    if (fd >= 0) {
        int flags = fcntl(fd, F_GETFL);

        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }
    return fd;
}
