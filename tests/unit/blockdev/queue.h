/* queue: what the tests put in the place of the kernel's queue: destinations that are memory. Both are
 * written for cmocka, whose headers come first. */
#ifndef UCOPY_TESTS_BLOCKDEV_QUEUE_H
#define UCOPY_TESTS_BLOCKDEV_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "blockdev/requests_priv.h"

/* Makes the requests, with so many destinations of so many bytes, which all live. */
static inline void queue_init(struct requests *r, const struct requests_io *io, unsigned depth,
                              unsigned n_dests, uint64_t size)
{
    assert_int_equal(requests_init(r, io, depth, n_dests, size, 9), 0);
    r->n_live = n_dests;
    r->now = 1;
    for (unsigned d = 0; d < n_dests; d++)
        r->dests[d].live = true;
}

/* Whether the result of the operation says how many bytes it has moved; else it moves all, or none. */
static inline bool queue_counts(const struct request_op *op)
{
    return op->what == REQUEST_READ || op->what == REQUEST_WRITE ||
           op->what == REQUEST_WRITE_ZEROS;
}

/* Does n bytes of the operation. bytes: those of its request; dest: the destination's memory; NULL: there
 * is none, and zeros are read. */
static inline void queue_move(const struct request_op *op, unsigned char *bytes,
                              unsigned char *dest, uint64_t n)
{
    if (op->what == REQUEST_READ && dest)
        memcpy(bytes, dest + op->offset, n);
    else if (op->what == REQUEST_READ)
        memset(bytes, 0, n);
    else if (op->what == REQUEST_WRITE)
        memcpy(dest + op->offset, bytes, n);
    else if (op->what != REQUEST_FLUSH)
        memset(dest + op->offset, 0, n);
}

#endif
