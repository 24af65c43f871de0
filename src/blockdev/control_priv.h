/* control: commands to the driver of user-space block devices, through /dev/ublk-control. One thread at
 * a time. */
#ifndef UCOPY_BLOCKDEV_CONTROL_PRIV_H
#define UCOPY_BLOCKDEV_CONTROL_PRIV_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct control {
    struct io_uring ring;
    int fd;
    bool has_ring;
    unsigned id;      /* of the device */
    int start_result; /* of START_DEV and STOP_DEV, valid when they are over */
    int stop_result;
    bool started, stopped; /* these are over */
};

/* What a device is to be. */
struct control_device {
    uint64_t size;         /* bytes */
    unsigned shift;        /* a logical block has 1 << shift bytes */
    unsigned depth;        /* requests at once */
    uint32_t max_request;  /* bytes */
    uint32_t memory_align; /* that addresses of buffers need, a power of two, bytes */
    bool zero_copy;        /* wanted; then: whether the kernel has it */
};

/* Opens the driver. 0 or a negative errno with *f filled: it is not there, or older than Linux 6.9. */
int control_open(struct control *c, struct failure *f);

void control_close(struct control *c);

/* Makes a device, which is not started. It is removed when the process dies, or by
 * control_delete(). 0 or a negative errno with *f filled. */
int control_add(struct control *c, struct control_device *device, struct failure *f);

/* Starts the device, and stops it; control_take() tells when that is over. The kernel waits for the
 * server meanwhile. 0 or a negative errno. */
int control_start(struct control *c);
int control_stop(struct control *c);

/* Takes what is over. Does not wait: the descriptor control_fd() is readable when there is
 * something. */
void control_take(struct control *c);
int control_fd(const struct control *c);

/* Removes the device; returns at once also if somebody has it open. */
int control_delete(struct control *c);

/* Removes the devices of processes of this program that are dead. Returns their number. */
unsigned control_sweep(struct control *c);

#endif
