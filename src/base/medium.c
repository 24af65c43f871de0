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

#include "sysfs.h"

/* Whether sysfs would have the device if there was one. Flash memory has a device of blocks only by
 * a module of its own (get_tree_mtd(), drivers/mtd/mtdsuper.c, 6.18). */
static bool would_be_listed(dev_t dev)
{
    struct statfs fs;

    return major(dev) != MTD_BLOCK_MAJOR && statfs(SYSFS_DEVICES, &fs) == 0 &&
           fs.f_type == SYSFS_MAGIC;
}

/* Reads what the kernel says of the device under that name: sysfs_read(). */
static ssize_t read_about(dev_t dev, const char *name, char *text, size_t size)
{
    char path[SYSFS_PATH_SIZE];

    sysfs_path(dev, name, path, sizeof(path));
    return sysfs_read(path, text, size);
}

/* Whether there is no entry of the device. */
static bool is_unlisted(dev_t dev)
{
    char entry[SYSFS_PATH_SIZE];

    sysfs_path(dev, "", entry, sizeof(entry));
    return faccessat(AT_FDCWD, entry, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

bool medium_is_gone(dev_t dev)
{
    char text[24];
    ssize_t n;

    /* A file system without a device of its own has major number 0. */
    if (major(dev) == 0)
        return false;
    n = read_about(dev, "/size", text, sizeof(text));
    if (n < 0)
        return is_unlisted(dev) && would_be_listed(dev);
    return n > 0 && strtoull(text, NULL, 10) == 0;
}

bool medium_explains(dev_t dev, int err)
{
    return (err == EIO || err == ENOSPC || err == ENXIO || err == ENODEV) &&
           medium_is_gone(dev);
}

/* The numbers of a device's stat: the writes that it has completed, and the flushes. */
#define STAT_WRITES  4
#define STAT_FLUSHES 15

bool medium_has_written(struct medium_pulse *p, dev_t dev)
{
    const struct medium_pulse before = *p;
    char text[512], *at = text;

    *p = (struct medium_pulse){.known = false};
    if (major(dev) == 0 || read_about(dev, "/stat", text, sizeof(text)) <= 0)
        return false;
    p->known = true;
    for (unsigned i = 0; i <= STAT_FLUSHES; i++) {
        uint64_t n = strtoull(at, &at, 10);

        if (i == STAT_WRITES || i == STAT_FLUSHES)
            p->writes += n;
    }
    return before.known && p->writes != before.writes;
}
