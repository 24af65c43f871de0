/* fua: reads of a disk that pass its own cache, too: READ with the bit "force unit access". The disk
 * has to take the data from its medium, and to write there first what its cache has (SBC-4, "READ
 * (10) command"; NVM Command Set Specification, "Read command"). That the disk accepts the bit
 * proves nothing: it may not obey it. */
#ifndef UCOPY_VERIFY_FUA_H
#define UCOPY_VERIFY_FUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fua {
    int fd;         /* of the block device; the caller's */
    bool nvme;      /* else it is a SCSI disk */
    bool read16;    /* READ(16), else READ(10) */
    unsigned nsid;  /* the namespace of an NVMe disk */
    uint32_t block; /* logical block, bytes */
    uint32_t most;  /* of a command, bytes */
    uint64_t start; /* of the partition on the disk, bytes; 0: it is the disk */
    uint64_t size;  /* of the device, bytes */
};

/* Looks whether the block device takes such reads, and reads its first block in that way. 0 or a
 * negative errno: -EOPNOTSUPP if it does not, or what the kernel says. On a partition the process
 * needs CAP_SYS_RAWIO or CAP_SYS_ADMIN (sd_ioctl(), drivers/scsi/sd.c; nvme_cmd_allowed(),
 * drivers/nvme/host/ioctl.c, 6.12). */
int fua_open(struct fua *f, int fd);

/* The same; directory: of the device in sysfs. */
int fua_open_described(struct fua *f, int fd, const char *directory);

/* Reads n bytes; n and offset are multiples of the logical block, the buffer is aligned to it. The
 * number of bytes, fewer only at the end of the device; or a negative errno: -ENODATA if the medium
 * cannot be read. */
int64_t fua_read(const struct fua *f, void *buffer, size_t n, uint64_t offset);

#endif
