/* zeros: which blocks of a buffer are all zeros. Blocks count from the start of the buffer; the
 * last one may be shorter. */
#ifndef UCOPY_SOURCE_ZEROS_H
#define UCOPY_SOURCE_ZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words of a map for len bytes in blocks of `block` bytes. */
static inline size_t zeros_map_words(uint32_t len, uint32_t block)
{
    return ((size_t)len / block + 1 + 63) / 64;
}

/* Fills the map: one bit for each block of the len bytes at buf, set if the block is all
 * zeros. */
void zeros_find(uint64_t *map, const void *buf, uint32_t len, uint32_t block);

/* The first position at or after `from` in a block whose bit is `zero`; len if there is none.
 * All positions are in bytes. */
uint32_t zeros_next(const uint64_t *map, uint32_t from, uint32_t len, uint32_t block,
                    bool zero);

#endif
