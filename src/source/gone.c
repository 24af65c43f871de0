#include "gone.h"

#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/medium.h"

bool source_device_is_gone(int fd)
{
    uint64_t size;
    struct stat st;

    if (fstat(fd, &st) < 0)
        return false;
    if (S_ISBLK(st.st_mode))
        return ioctl(fd, BLKGETSIZE64, &size) < 0 || size == 0;
    return medium_is_gone(st.st_dev);
}
