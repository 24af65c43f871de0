/* device_use: who uses a block device. Called in bounded calls (base/path_probe.h): devices and
 * file systems may hang. */
#ifndef UCOPY_PLAN_DEVICE_USE_PRIV_H
#define UCOPY_PLAN_DEVICE_USE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/disk.h"

/* The disk, or a partition of the disk, that this system runs from: puts the directory that is on
 * it into dir. False: it does not. */
bool device_use_system(const struct disk *disk, char *dir, size_t size);

/* The file system on the device, on its disk or on one of its partitions is mounted: puts the
 * directory into dir. writable: only if it is mounted for writing. */
bool device_use_mounted(const struct disk *disk, bool writable, char *dir, size_t size);

/* Why the kernel does not give the device to one program alone, as a text that follows its name. */
void device_use_reason(const struct disk *disk, char *ret, size_t size);

#endif
