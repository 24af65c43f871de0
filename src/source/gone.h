/* gone: whether a source ended early because its device was pulled. */
#ifndef UCOPY_SOURCE_GONE_H
#define UCOPY_SOURCE_GONE_H

#include <stdbool.h>

/* Whether the block device that fd is open on, or that its file system is on, is not there any
 * more: its size is 0, or the kernel has removed it from sysfs (del_gendisk(), Linux 6.18). False
 * if that is not known. Does not wait for the device. */
bool source_device_is_gone(int fd);

#endif
