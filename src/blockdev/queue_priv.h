/* queue: the thread that serves the block device: its ring, and the buffers of its requests. The other
 * thread may read `state`, the destinations' failures and counters, and call queue_...() as said. */
#ifndef UCOPY_BLOCKDEV_QUEUE_PRIV_H
#define UCOPY_BLOCKDEV_QUEUE_PRIV_H

#include <liburing.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "control_priv.h"
#include "groups_priv.h"
#include "requests_priv.h"

enum queue_state {
    QUEUE_STARTING,
    QUEUE_SERVING,
    QUEUE_FAILED, /* it has never served: err */
    QUEUE_ENDED,
};

struct queue {
    struct requests requests;
    const int *fds; /* of the destinations; not owned */
    int device_fd;  /* /dev/ublkcN, owned */
    int zero_fd;    /* /dev/zero, owned */
    int news_fd;    /* eventfd(2) that is signalled at each change of state; not owned */
    enum control_buffers buffers_are;
    unsigned depth;
    uint32_t max_request; /* bytes */
    uint64_t timeout_ms;  /* 0: none */

    struct io_uring ring;
    struct groups groups; /* with CONTROL_GROUP; a member is an operation, as in requests.ops */
    const struct ublksrv_io_desc *descriptors;
    size_t descriptors_size;
    char *buffers; /* n_buffers of them, for the tags from first_buffer on */
    unsigned first_buffer, n_buffers;
    char **buffer;   /* the one that each tag has */
    char **spare;    /* the one that it can have, or NULL */
    char *zeros;     /* of max_request bytes */
    unsigned n_gone; /* tags that get no requests any more */
    struct requests_io io;

    int err; /* negative errno; valid with QUEUE_FAILED */
    atomic_int state;
    atomic_bool gives_up; /* set by the other thread: who is behind is dropped */
    atomic_bool behind;   /* a destination is behind the others */
    atomic_bool hangs;    /* a request waits for a destination that was dropped */
    atomic_bool left;     /* with QUEUE_ENDED: operations hang, and use the memory */
};

/* Prepares the queue. detach: as in struct requests. The destinations are to be set by the caller before
 * queue_start(). device_fd becomes the queue's, also on failure. 0 or a negative errno. */
int queue_init(struct queue *q, unsigned n_dests, uint64_t size, unsigned shift, bool detach);

/* Starts the thread. 0 or a negative errno. */
int queue_start(struct queue *q);

/* Frees all. The thread has ended, or has never been started, and nothing is left. */
void queue_free(struct queue *q);

#endif
