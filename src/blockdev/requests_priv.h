/* requests: what the requests of a block device become at N destinations: the logic, without a
 * kernel. queue.c moves the bytes; tests put something else in its place. dests.c says which
 * destinations get what.
 *
 * A request has a tag, the number of its place in the queue. It becomes one operation per live
 * destination; a read becomes one after the other. The request is answered when the last of its
 * operations has ended. Writes that overlap are made one after the other, so that all destinations
 * hold the same afterwards.
 *
 * A destination that fails is not used any more, and the writer learns nothing of it, as long as
 * `floor` destinations are left. The last one stays: its errors are the writer's.
 *
 * A destination that was too slow gets what it lacks by requests of its own, which nobody answers: a copy
 * reads a range from a destination that has it, into memory of its own, and writes it. It takes its turn
 * among the writes that overlap, so no write is made between its read and its write.
 *
 * One thread at a time. Nothing here allocates memory but requests_init(). */
#ifndef UCOPY_BLOCKDEV_REQUESTS_PRIV_H
#define UCOPY_BLOCKDEV_REQUESTS_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/medium.h"
#include "copy/wait_account.h"
#include "lacks_priv.h"
#include "written_priv.h"

enum request_op_what {
    REQUEST_READ,
    REQUEST_WRITE,
    REQUEST_FLUSH,
    REQUEST_PUNCH,       /* makes a hole, or lets the device forget */
    REQUEST_ZERO,        /* makes zeros, by a call that knows how */
    REQUEST_WRITE_ZEROS, /* the same by writing; any number of bytes at once */
};

/* One operation on one destination. */
struct request_op {
    unsigned tag;
    unsigned dest; /* n_dests: what is read are zeros */
    enum request_op_what what;
    uint64_t offset;  /* in the destination; bytes, as all here */
    uint64_t length;  /* that are left to do */
    uint32_t from;    /* where they lie in the request's buffer */
    uint64_t since;   /* when it was started, ms */
    bool running;     /* started, and requests_done() has not come */
    bool used;        /* the request needs it */
    bool good;        /* it has succeeded */
    bool tried;       /* a read has failed there */
    bool left_behind; /* the request does not wait for it any more */
};

enum request_kind {
    REQUEST_KIND_READ,
    REQUEST_KIND_WRITE,
    REQUEST_KIND_FLUSH,
    REQUEST_KIND_DISCARD,
    REQUEST_KIND_ZEROES,
    REQUEST_KIND_COPY,   /* what a destination lacks */
    REQUEST_KIND_SETTLE, /* a flush of one that lacks nothing any more */
    REQUEST_KIND_UNKNOWN,
};

struct request {
    enum request_kind kind;
    bool no_holes; /* zeroes: the blocks stay allocated */
    uint64_t offset, length;
    uint64_t number;        /* the order of their coming */
    uint64_t done;          /* of a read or a copy: bytes */
    unsigned to;            /* of a copy: the destination that lacks it */
    unsigned left;          /* operations that it waits for */
    bool busy;              /* begun, and not answered */
    bool waiting;           /* for another that overlaps; it is not begun then */
    bool swap;              /* an operation that was left behind has the buffer */
    int err;                /* positive errno of its last failure */
    struct request_op *ops; /* one per destination, and one for zeros */
};

/* The state of a destination that lives: see dests_priv.h. */
enum request_dest_state {
    REQUEST_DEST_WITH,
    REQUEST_DEST_AWAY,
    REQUEST_DEST_RETURNING,
    REQUEST_DEST_FAILING,
};

struct request_dest {
    bool live;
    enum request_dest_state state;
    struct lacks lacks;
    uint64_t next;            /* where the next copy of what it lacks begins, or later */
    unsigned held;            /* operations for requests that change something, or flush */
    bool settling;            /* the flush runs that began when it lacked nothing */
    struct wait_account wait; /* late: it has operations that run */
    bool is_device;           /* what is discarded there need not become zeros */
    unsigned running;         /* operations */
    uint64_t moved_at;        /* when one last ended, or the first began; ms */
    dev_t dev;                /* the disk, or that of the file system */
    struct medium_pulse pulse;
    struct failure failure;       /* the first one; valid when `failed` is set */
    atomic_bool failed;           /* the other thread may look at failure */
    atomic_uint_fast64_t written; /* bytes */
    atomic_uint_fast64_t lag;     /* bytes that it lacks */
    atomic_bool detached;         /* it was too slow at some time */
};

/* What the requests need of the queue. */
struct requests_io {
    void (*start)(void *arg, struct request_op *op); /* ends in requests_done(), later */
    void (*commit)(void *arg, unsigned tag, int result);
    /* Whether the request can get another buffer, so that an operation that hangs may keep the old
     * one; and gives it that. */
    bool (*spare)(void *arg, unsigned tag);
    void (*swap)(void *arg, unsigned tag);
    void (*news)(void *arg); /* a destination has failed */
    void *arg;
};

/* Copies at once of what one destination lacks. */
#define REQUESTS_COPIES 2u

struct requests {
    const struct requests_io *io;
    struct written written;
    uint64_t size;
    unsigned depth, n_dests;
    bool detach;        /* a destination that is too slow need not keep up */
    bool ending;        /* there will be no requests any more */
    uint64_t max_lag;   /* bytes; what lacks more is dropped; 0: nothing is */
    uint64_t near;      /* what lacks so many bytes at most gets new writes again */
    uint64_t copy_size; /* bytes of one copy, at most */
    uint64_t began;     /* ms; 0: nothing was looked at */
    uint64_t updated;   /* when the debts were; ms */
    unsigned n_live;
    unsigned floor; /* fewer live ones, and the writer gets errors; at least 1 */
    uint64_t now;   /* ms, set by the caller before each call */
    uint64_t next_number;
    unsigned n_all;      /* depth, and the copies */
    struct request *all; /* behind `depth` the copies, REQUESTS_COPIES per destination */
    struct request_op *ops;
    struct request_dest *dests;
};

/* Makes room for the requests of a device of `size` bytes with blocks of 1 << shift. 0 or -ENOMEM. All
 * destinations are to be set by the caller: live, is_device, dev; and detach and max_lag, if they are
 * to be anything. */
int requests_init(struct requests *r, const struct requests_io *io, unsigned depth,
                  unsigned n_dests, uint64_t size, unsigned shift);

void requests_free(struct requests *r);

/* A request has come. The tag is free. */
void requests_begin(struct requests *r, unsigned tag, enum request_kind kind, bool no_holes,
                    uint64_t offset, uint64_t length);

/* The operation has ended: a number of bytes, 0 for what moves none, or a negative errno. */
void requests_done(struct requests *r, struct request_op *op, int res);

/* Drops the destinations that have not moved for timeout_ms (0: never), though they have something
 * to do, and whose medium does not write either. Detaches those that are too slow, and goes on with
 * what the detached ones lack. To be called whenever something has ended. */
void requests_look(struct requests *r, uint64_t timeout_ms);

/* Whether a destination that lives is behind the others. */
bool requests_behind(const struct requests *r);

/* Drops those. */
void requests_give_up(struct requests *r);

/* Whether a request that was not answered waits for a destination that was dropped. */
bool requests_hang(const struct requests *r);

/* Whether operations are still running. */
bool requests_run(const struct requests *r);

#endif
