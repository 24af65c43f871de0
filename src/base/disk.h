/* disk: what the kernel and libblkid know of a block device: its size, where it is plugged in,
 * what it is, what is on it. It only reads; a device may hang while it is looked at. */
#ifndef UCOPY_BASE_DISK_H
#define UCOPY_BASE_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DISK_BY_PATH "/dev/disk/by-path"

/* Longer texts are cut off. A text is "" if it is not known. */
struct disk {
    dev_t dev;      /* st_rdev of its node; 0: this is no block device */
    dev_t whole;    /* of the disk that it is a partition of; dev: it is none */
    uint64_t size;  /* bytes */
    bool read_only; /* the kernel lets nobody write to it */
    dev_t file_dev; /* of a loop device: the file that holds its data; ino 0: it is none */
    ino_t file_ino;
    char slot[256];   /* where it is plugged in: its name in /dev/disk/by-path, or in sysfs */
    bool by_path;     /* slot is a name in /dev/disk/by-path */
    char model[80];   /* vendor and model; of a loop device: its file */
    char serial[80];  /* serial number */
    char content[80]; /* what libblkid finds on it: type and label */
    char label[448];  /* slot, model and serial in one text, for messages */
};

/* Fills *ret for the block device that fd is open on, for reading. Reads a little of it. 0, or
 * a negative errno. */
int disk_describe(int fd, struct disk *ret);

/* The disk that the block device is a partition of, or dev itself. */
dev_t disk_whole(dev_t dev);

/* Puts the path of the device's node into path: that of udev or devtmpfs in /dev. Whether there
 * is one, and it is of this device. */
bool disk_node(dev_t dev, char *path, size_t size);

/* Calls found(arg, other) for each block device that is in that folder of the device in sysfs:
 * "holders" (devices on top of it), "slaves" (devices below it). */
void disk_each(dev_t dev, const char *folder, void (*found)(void *arg, dev_t other), void *arg);

/* The same for each partition of the disk. */
void disk_each_partition(dev_t dev, void (*found)(void *arg, dev_t other), void *arg);

/* Whether writing to one may change what is read of the other: they are one device, or one is a
 * partition of the other, or on top of it, over any number of steps. */
bool disk_overlaps(dev_t a, dev_t b);

/* Whether that disk is, or is below, the device: through partitions and slaves. */
bool disk_carries(dev_t disk, dev_t device);

#endif
