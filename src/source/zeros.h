/* zeros: which blocks of a buffer hold nothing but zeros. A block is counted from the start of
 * the buffer; the last one may be shorter. */
#ifndef UCOPY_SOURCE_ZEROS_H
#define UCOPY_SOURCE_ZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words of a map for so many bytes in blocks of `block` bytes. */
static inline size_t zeros_map_words(uint32_t len, uint32_t block)
{
    return ((size_t)len / block + 1 + 63) / 64;
}

/* Fills the map: a bit is set if that block of the len bytes at buf is all zeros. */
void zeros_find(uint64_t *map, const void *buf, uint32_t len, uint32_t block);

/* The first position at or after `from` that lies in a block which is all zeros, or with zero
 * false in one which is not; len if there is none. */
uint32_t zeros_next(const uint64_t *map, uint32_t from, uint32_t len, uint32_t block,
                    bool zero);

#endif
