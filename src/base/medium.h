/* medium: whether the device behind a file system is still there, and whether it writes. */
#ifndef UCOPY_BASE_MEDIUM_H
#define UCOPY_BASE_MEDIUM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MEDIUM_GONE "the device is gone"

/* Whether the block device of that number (st_dev of a file on it) is not there any more: its size
 * is 0, or the kernel has removed it from sysfs (del_gendisk(), Linux 6.18). False for file systems
 * without one device (NFS, Btrfs, tmpfs), and if that is not known. Does not wait for the
 * device. */
bool medium_is_gone(dev_t dev);

/* Whether that is the reason for the error `err` (positive) of a call on the device. Writing to it
 * says ENOSPC or EIO then (Linux 6.18). */
bool medium_explains(dev_t dev, int err);

/* What is known of a device's writes. All zero: nothing. */
struct medium_pulse {
    bool known;
    uint64_t writes; /* requests that the device has completed */
};

/* Whether the block device of that number has completed writes or flushes since the call before
 * with the same pulse. Then whoever waits for it waits behind others, and not for ever. False for
 * the first call, and where that is not known, as for file systems without one device. Reads
 * sysfs (Documentation/block/stat.rst, Linux 6.18), which does not wait for the device. */
bool medium_has_written(struct medium_pulse *p, dev_t dev);

#endif
