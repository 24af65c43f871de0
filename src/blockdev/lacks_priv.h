/* lacks: which bytes of the device a destination does not have: a set of ranges of bounded length. When
 * there would be too many of them, they become coarser: the set may have more than the destination
 * lacks, and never less. Allocates no memory after lacks_init(). One thread at a time. */
#ifndef UCOPY_BLOCKDEV_LACKS_PRIV_H
#define UCOPY_BLOCKDEV_LACKS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranges.h"

struct lacks {
    struct ranges ranges;
    uint64_t size;  /* of the device, bytes */
    uint64_t grain; /* what is added begins and ends at multiples of it */
    unsigned most;  /* ranges */
};

/* It lacks nothing of a device of `size` bytes. most: ranges, at least 2. 0 or -ENOMEM. */
int lacks_init(struct lacks *l, uint64_t size, unsigned most);

void lacks_free(struct lacks *l);

/* It lacks these bytes, which lie in the device. */
void lacks_add(struct lacks *l, uint64_t start, uint64_t end);

/* It has these bytes. */
void lacks_remove(struct lacks *l, uint64_t start, uint64_t end);

/* Whether it lacks nothing. */
static inline bool lacks_nothing(const struct lacks *l)
{
    return l->ranges.n == 0;
}

#endif
