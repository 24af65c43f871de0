#include "file_system.h"

#include <errno.h>
#include <sys/vfs.h>

int file_system_is(int fd, const unsigned long *magics)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return -errno;
    while (*magics != 0 && *magics != (unsigned long)fs.f_type)
        magics++;
    return *magics != 0;
}
