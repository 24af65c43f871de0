#include "gone.h"

#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool source_device_is_gone(int fd)
{
    uint64_t size;
    char path[64];
    struct stat st;

    if (fstat(fd, &st) < 0)
        return false;
    if (S_ISBLK(st.st_mode))
        return ioctl(fd, BLKGETSIZE64, &size) < 0 || size == 0;
    /* A file system without a device of its own has major number 0. */
    if (major(st.st_dev) == 0 || access("/sys/dev/block", F_OK) < 0)
        return false;
    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st.st_dev),
                   minor(st.st_dev));
    return access(path, F_OK) < 0;
}
