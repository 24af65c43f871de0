/* devices: block devices in messages. */
#ifndef UCOPY_REPORT_DEVICES_PRIV_H
#define UCOPY_REPORT_DEVICES_PRIV_H

#include "report.h"

/* The name in messages of what is at the path, which belongs to the destination: a block device has
 * its slot, model and serial number, too. The caller frees it; NULL without memory. */
char *report_device_name(const struct dest_status *d, const char *path);

/* Names the devices that failed by where they are plugged in, so that a command for these alone can
 * be typed, also when others stand under the names of their nodes. */
void report_devices_failed(const struct copy_status *s);

#endif
