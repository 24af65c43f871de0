/* control: commands to the driver of user-space block devices, through /dev/ublk-control. One thread at
 * a time. */
#ifndef UCOPY_BLOCKDEV_CONTROL_PRIV_H
#define UCOPY_BLOCKDEV_CONTROL_PRIV_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* How the bytes of a request get to the server. */
enum control_buffers {
    CONTROL_COPIED,     /* the driver copies them into memory of the server */
    CONTROL_REGISTERED, /* the request's memory is a registered buffer of the ring */
    CONTROL_GROUP,      /* it is the buffer of SQE groups (groups_priv.h) */
};

struct control {
    struct io_uring ring;
    int fd;
    bool has_ring;
    uint64_t features; /* of the driver: flags of devices */
    unsigned id;       /* of the device */
    int start_result;  /* of START_DEV and STOP_DEV, valid when they are over */
    int stop_result;
    bool started, stopped; /* these are over */
};

/* What a device is to be. */
struct control_device {
    uint64_t size;                /* bytes */
    unsigned shift;               /* a logical block has 1 << shift bytes */
    unsigned depth;               /* requests at once */
    uint32_t max_request;         /* bytes */
    uint32_t memory_align;        /* that addresses of buffers need, a power of two, bytes */
    enum control_buffers buffers; /* set by control_add(): the best that the kernel has */
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
