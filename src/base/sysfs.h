/* sysfs: what the kernel says of block devices in /sys/dev/block (Documentation/ABI/testing/sysfs-dev,
 * Linux 6.18). Nothing here waits for a device. */
#ifndef UCOPY_BASE_SYSFS_H
#define UCOPY_BASE_SYSFS_H

#include <stddef.h>
#include <sys/types.h>

#define SYSFS_DEVICES "/sys/dev/block"

/* Room for a path of sysfs_path(), if `name` has no more than 32 bytes. */
#define SYSFS_PATH_SIZE 96

/* Puts the path of that file of the device into path. name begins with a slash; "": the entry of
 * the device itself. */
void sysfs_path(dev_t dev, const char *name, char *path, size_t size);

/* Reads the file, as it is, and a NUL behind it. Bytes, or a negative errno, with "" in text. */
ssize_t sysfs_read(const char *path, char *text, size_t size);

#endif
