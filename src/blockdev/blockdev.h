/* blockdev: the room that makes a block device of the kernel whose bytes lie on N destinations: what
 * any program writes to it goes to all of them. The kernel's side is its driver of user-space block
 * devices (ublk, Linux 6.9 and newer; Documentation/block/ublk.rst).
 *
 * What it is for. A thread serves the device (queue.c). A request becomes one operation per
 * destination (requests.c): where the kernel registers the memory of the request with the ring, no
 * byte is copied (Linux 6.16), nor where SQE groups can have that memory (groups.c); else the driver copies
 * them into a buffer. The device begins empty: a
 * block that nobody has written (written.c) reads as zeros, whatever a destination holds there. At the end
 * each destination can be read back, and they are compared (compare.c).
 *
 * What it never does. It opens no destination, knows no options, and prints nothing: it gets
 * descriptors and numbers, and gives back states. It allocates no memory while it serves, but when a
 * destination hangs: the kernel may have to write to the device before it gets any.
 *
 * Who owns what. The caller owns the descriptors and struct blockdev. If blockdev_free() says that
 * something hangs, all stays as it is until the process ends.
 *
 * Which thread runs it. blockdev_read_back(): any, one per destination, after the end of the device. All
 * else: main. */
#ifndef UCOPY_BLOCKDEV_BLOCKDEV_H
#define UCOPY_BLOCKDEV_BLOCKDEV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/failure.h"
#include "base/hash.h"
#include "verify/read_file.h"

struct blockdev;

struct blockdev_dest {
    bool is_device; /* else it is a regular file, whose holes are zeros */
    dev_t dev;      /* st_rdev of the device; st_dev of the file */
};

struct blockdev_config {
    unsigned n_dests;
    const int *fds; /* open for reading and writing; not owned, outlive the device */
    const struct blockdev_dest *dests;
    uint64_t size;         /* bytes, a multiple of the block */
    unsigned shift;        /* a logical block has 1 << shift bytes: 9 to 12 */
    unsigned memory_align; /* that the descriptors need of addresses, bytes; 1: nothing */
    unsigned floor;        /* destinations without which the writer gets errors; at least 1 */
    unsigned timeout_ms;   /* 0: none */
    bool detach;           /* the others do not wait for one that is too slow: it catches up */
    uint64_t max_lag;      /* bytes: what is further behind is dropped; 0: nothing is */
    int news_fd;           /* eventfd(2), signalled when something has changed; not owned */
};

enum blockdev_state {
    BLOCKDEV_STARTING,
    BLOCKDEV_LIVE,
    BLOCKDEV_FAILED, /* it does not start */
    BLOCKDEV_ENDED,  /* it gets no requests any more */
};

/* Whether the kernel has such devices, and lets this process make one. 0 or a negative errno with *f
 * filled. */
int blockdev_probe(struct failure *f);

/* Makes the device and begins to start it. Removes devices that dead processes of this program have
 * left. 0 or a negative errno with *f filled. */
int blockdev_create(const struct blockdev_config *config, struct blockdev **ret,
                    struct failure *f);

/* Goes on, and tells the state. *f is filled with BLOCKDEV_FAILED. Call it when news_fd or
 * blockdev_fd() is readable. */
enum blockdev_state blockdev_look(struct blockdev *b, struct failure *f);
int blockdev_fd(const struct blockdev *b);

/* Whether a request waits for a destination that was dropped as hung. Then the device must not be
 * stopped: the driver would wait for the request, the end of this process for the driver, and the driver
 * gives the request up at the end of this process only (ublk_ch_release(), Linux 7.3). */
bool blockdev_hangs(const struct blockdev *b);

/* Begins to stop the device, also if somebody has it open. What is in flight comes to its end. */
void blockdev_stop(struct blockdev *b);

/* "/dev/ublkbN"; owned by *b. */
const char *blockdev_path(const struct blockdev *b);

/* "registered", "group" or "copied": how the bytes get from the writer to the destinations. */
const char *blockdev_buffers(const struct blockdev *b);

/* The first failure of the destination; NULL: it has none. It stays as long as *b. */
const struct failure *blockdev_failure(const struct blockdev *b, unsigned dest);

/* Bytes that were written to it so far. */
uint64_t blockdev_written(const struct blockdev *b, unsigned dest);

/* Bytes that it lacks, at most. */
uint64_t blockdev_lag(const struct blockdev *b, unsigned dest);

/* Whether it was too slow at some time. */
bool blockdev_detached(const struct blockdev *b, unsigned dest);

/* Whether a destination is behind. The device does not end before that has caught up. */
bool blockdev_behind(const struct blockdev *b);

/* Drops those that are behind, soon. */
void blockdev_give_up(struct blockdev *b);

/* Removes the device and frees all; stops the device if that was not done. False: something hangs;
 * nothing was freed, and the device goes with the process. */
bool blockdev_free(struct blockdev *b);

/* ---- reading back, after the end ---- */

/* What was read of a destination. */
struct blockdev_sums {
    struct hash
        *units; /* of what was written of each unit; owned by who calls blockdev_sums_free() */
    uint64_t n;
    enum read_how how;
    uint64_t cached_pages;
    bool in_memory;             /* the file system has no medium */
    atomic_uint_fast64_t bytes; /* read so far */
};

/* Reads back what was written, past the page cache. fd: open for reading, on its own; it stays the
 * caller's. 0 or a negative errno with *f filled. */
int blockdev_read_back(const struct blockdev *b, int fd, struct blockdev_sums *ret,
                       struct failure *f);

void blockdev_sums_free(struct blockdev_sums *s);

/* Compares what was read of the destinations in which[0..n-1]. Calls differs() for each range where one
 * differs from most of the others (if there are as many of both, from the first). */
void blockdev_compare(const struct blockdev *b, const struct blockdev_sums *sums,
                      const unsigned *which, unsigned n,
                      void (*differs)(void *arg, unsigned dest, uint64_t offset,
                                      uint64_t length),
                      void *arg);

#endif
