#include "sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "fd.h"

void sysfs_path(dev_t dev, const char *name, char *path, size_t size)
{
    (void)snprintf(path, size, SYSFS_DEVICES "/%u:%u%s", major(dev), minor(dev), name);
}

ssize_t sysfs_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    int err = errno;

    (void)fd_close(&fd);
    text[n > 0 ? n : 0] = '\0';
    return n < 0 ? -err : n;
}
