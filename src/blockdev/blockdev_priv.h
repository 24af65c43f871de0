/* blockdev_priv: the device. */
#ifndef UCOPY_BLOCKDEV_BLOCKDEV_PRIV_H
#define UCOPY_BLOCKDEV_BLOCKDEV_PRIV_H

#include "blockdev.h"
#include "control_priv.h"
#include "queue_priv.h"

struct blockdev {
    struct control control;
    struct queue queue;
    char path[32];
    bool running;  /* the queue's thread was started */
    bool starting; /* START_DEV was sent */
    bool stopping; /* STOP_DEV was */
};

#endif
