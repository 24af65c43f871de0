/* held: the block devices that this run writes to. Each stays open for this run alone (O_EXCL)
 * until the end of the run, also while it is verified: nobody mounts it meanwhile. And its whole
 * disk is locked (flock(2)), which udev and systemd honour: they do not look at what is not
 * complete (https://systemd.io/BLOCK_DEVICE_LOCKING, systemd 252).
 *
 * Any thread may add devices. All else: main, which makes calls that may hang in threads. */
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

/* Keeps what fd is open on open: the device of that number; fd stays the caller's. path: for
 * messages, copied. If it is a whole disk, its partition table is read again at the end. 0 or a
 * negative errno. */
int held_add(struct held *h, const char *path, int fd, dev_t dev);

/* How the run ends. */
struct held_end {
    unsigned timeout_ms; /* for a call that may hang, as in struct bounded_calls; 0: no limit */
    int wake_fd;         /* likewise */
    bool (*stop)(void *arg);
    void *arg; /* of stop() */
    unsigned stop_ms;
    bool in_use; /* threads that hang may still add devices: *h is not freed */
    /* A table could not be read; err: positive, ETIMEDOUT if there was no answer. */
    void (*note)(const char *path, int err);
};

/* The end of the run: has the kernel read partition tables again, and closes everything, all
 * devices at once. Those whose paths are silent (base/path_probe.h) are left as they are. Frees *h.
 * True: threads are left that hang, and *h is not freed. */
bool held_end(struct held *h, const struct held_end *how);

#endif
