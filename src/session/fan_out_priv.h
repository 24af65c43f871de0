/* fan_out_priv: the state of --ublk: a block device whose bytes go to all destinations.
 *
 * The files, from the bottom up:
 *
 *     fan_out_ends.c    the destinations: looked at, opened, flushed
 *     fan_out_verify.c  read back and compared
 *     fan_out.c         the order of events
 *
 * Calls on destinations may hang, and are made by threads that can be left behind
 * (base/bounded_call.h). Then *hung is set, and nothing is freed. */
#ifndef UCOPY_SESSION_FAN_OUT_PRIV_H
#define UCOPY_SESSION_FAN_OUT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bounded_call.h"
#include "base/medium.h"
#include "blockdev/blockdev.h"
#include "cli/options.h"
#include "plan/plan.h"
#include "report/report.h"
#include "target/target.h"
#include "verify/verify.h"

/* The time that calls have to end after a signal, ms. */
#define FAN_OUT_STOP_MS 1000u

/* A destination. The thread of a call writes only to what is marked so. */
struct fan_out_dest {
    const char *path;
    const struct disk *disk;   /* NULL: it is no device */
    bool has_data;             /* call: a file that is not all holes */
    uint64_t size;             /* call: bytes */
    unsigned block;            /* call: of a device, its logical block, bytes; else 512 */
    int err;                   /* call: positive errno */
    dev_t dev;                 /* call: the file's file system, or the device */
    ino_t ino;                 /* call: of a file */
    int fd;                    /* call: a file; owned */
    bool direct;               /* call: fd_used is open with O_DIRECT */
    int fd_used;               /* call: through which bytes go; not owned */
    struct target target;      /* call: of a device */
    struct medium_pulse pulse; /* while it is flushed */
    bool open;                 /* takes part */
    struct failure failure;    /* call: why it does not, or was not flushed */
    struct blockdev_sums sums; /* call: what was read back */
    struct verify_result result;
};

struct fan_out {
    const struct options *o;
    const struct plan_copy *copy;
    int signal_fd;
    int news_fd;
    int signal;       /* the first that has come, or 0 */
    unsigned signals; /* that have come, but for SIGUSR1 */
    bool hung;
    uint64_t size; /* of the device, bytes */
    uint64_t began_ms;
    struct copy_status status;
    struct dest_status *states;
    struct fan_out_dest *dests;
    bool *wanted, *late; /* room: who a call is made for, and who is late */
    unsigned n;
    struct blockdev *device; /* NULL: there is none */
    unsigned *parts;         /* the destination of each of the device's */
    unsigned n_parts;
    int *fds;
    struct blockdev_dest *kinds;
};

/* Makes the call for each destination that is wanted (NULL: all). A late one gets a failure. moved: as
 * there; may be NULL. */
void fan_out_call(struct fan_out *f, void (*run)(void *arg, unsigned i), const bool *wanted,
                  const char *op, bool (*moved)(void *arg));

/* bounded_calls.stop: takes the signals that have come. */
bool fan_out_signals(void *arg);

/* Marks the destination as failed, and tells. */
void fan_out_fail(struct fan_out *f, unsigned d, const struct failure *why);

/* Looks at the destinations and works out the size of the device. 0, or an exit status that was
 * explained: nothing was touched. */
int fan_out_look(struct fan_out *f);

/* Opens the destinations. Then the names of new files are durable. */
void fan_out_open(struct fan_out *f);

/* Flushes the destinations that have not failed, and closes all. */
void fan_out_flush(struct fan_out *f);

/* Reads the complete destinations back and compares them. */
void fan_out_verify(struct fan_out *f);

#endif
