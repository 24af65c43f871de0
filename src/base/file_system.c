#include "file_system.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "interrupted.h"

/* All of them have holes. */
static const unsigned long local[] = {
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC, 0,
};

int file_system_is(int fd, const unsigned long *magics)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return -errno;
    while (*magics != 0 && *magics != (unsigned long)fs.f_type)
        magics++;
    return *magics != 0;
}

int file_system_in_memory(int fd)
{
    static const unsigned long in_memory[] = {TMPFS_MAGIC, RAMFS_MAGIC, HUGETLBFS_MAGIC, 0};

    return file_system_is(fd, in_memory);
}

bool file_system_is_local(int fd)
{
    return file_system_is(fd, local) == 1;
}

bool file_system_is_remote(int fd)
{
    static const unsigned long remote[] = {
        NFS_SUPER_MAGIC,  FUSE_SUPER_MAGIC, CIFS_SUPER_MAGIC,
        SMB2_SUPER_MAGIC, SMB_SUPER_MAGIC,  V9FS_MAGIC,
        CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,  0,
    };

    return file_system_is(fd, remote) == 1;
}

bool file_system_has_holes(int fd)
{
    struct stat st;
    bool holes;

    if (file_system_is_local(fd))
        return true;
    if (UNINTERRUPTED(ftruncate(fd, FILE_SYSTEM_HOLE_PROBE)) < 0)
        return true;
    holes = fstat(fd, &st) < 0 || st.st_blocks * 512 < FILE_SYSTEM_HOLE_PROBE;
    (void)!UNINTERRUPTED(ftruncate(fd, 0));
    return holes;
}
