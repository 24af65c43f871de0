/* written: which blocks of the device have been written. All others read as zeros, whatever the
 * destinations hold there. One thread at a time. */
#ifndef UCOPY_BLOCKDEV_WRITTEN_PRIV_H
#define UCOPY_BLOCKDEV_WRITTEN_PRIV_H

#include <stdbool.h>
#include <stdint.h>

struct written {
    uint64_t *bits;
    uint64_t blocks;
    unsigned shift;  /* a block has 1 << shift bytes */
    uint64_t mapped; /* bytes of bits */
};

/* No block of a device of `size` bytes, a multiple of the block, has been written. 0 or -ENOMEM.
 * Sets no bit before it is needed: the memory of a large device comes in pages. */
int written_init(struct written *w, uint64_t size, unsigned shift);

void written_free(struct written *w);

/* The blocks of that range (bytes, whole blocks) have been written, or not any more. */
void written_set(struct written *w, uint64_t offset, uint64_t length, bool is_written);

/* Whether the block at the offset has been written, and where that changes: *ret_end becomes the end of
 * the blocks that are like it, at most `end` (bytes). */
bool written_run(const struct written *w, uint64_t offset, uint64_t end, uint64_t *ret_end);

#endif
