/* held: the block devices that this run writes to. Each stays open for this run alone (O_EXCL)
 * until the end of the run, also while it is verified: nobody mounts it meanwhile. And its whole
 * disk is locked (flock(2)), which udev and systemd honour: they do not look at what is not
 * complete (https://systemd.io/BLOCK_DEVICE_LOCKING, systemd 252).
 *
 * Any thread may add devices. All else: main. */
#ifndef UCOPY_TARGET_HELD_H
#define UCOPY_TARGET_HELD_H

#include <stdbool.h>
#include <sys/types.h>

struct held;

/* NULL without memory. */
struct held *held_new(void);

/* Takes the disk's lock for this run, unless the run has it already. 0; -EAGAIN: another process
 * has it; or another negative errno. */
int held_lock(struct held *h, dev_t whole);

/* Keeps what fd is open on open; fd stays the caller's. path: for messages, copied. whole_disk:
 * its partition table is read again at the end. 0 or a negative errno. */
int held_add(struct held *h, const char *path, int fd, bool whole_disk);

/* The end of the run: has the kernel read partition tables again, and closes everything. note()
 * is called if a table could not be read, with a positive errno. */
void held_end(struct held *h, void (*note)(const char *path, int err));

#endif
