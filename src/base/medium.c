#include "medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SYSFS_DEVICES "/sys/dev/block"

/* Whether sysfs would have the device if there was one. Flash memory has a device of blocks only by
 * a module of its own (get_tree_mtd(), drivers/mtd/mtdsuper.c, 6.18). */
static bool would_be_listed(dev_t dev)
{
    struct statfs fs;

    return major(dev) != MTD_BLOCK_MAJOR && statfs(SYSFS_DEVICES, &fs) == 0 &&
           fs.f_type == SYSFS_MAGIC;
}

bool medium_is_gone(dev_t dev)
{
    char entry[64], name[80], text[24];
    ssize_t n;
    int fd;

    /* A file system without a device of its own has major number 0. */
    if (major(dev) == 0)
        return false;
    (void)snprintf(entry, sizeof(entry), SYSFS_DEVICES "/%u:%u", major(dev), minor(dev));
    (void)snprintf(name, sizeof(name), "%s/size", entry);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return faccessat(AT_FDCWD, entry, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
               would_be_listed(dev);
    n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 && strtoull(text, NULL, 10) == 0;
}

bool medium_explains(dev_t dev, int err)
{
    return (err == EIO || err == ENOSPC || err == ENXIO || err == ENODEV) &&
           medium_is_gone(dev);
}
