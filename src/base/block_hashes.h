/* block_hashes: the hashes of the blocks of one file, which are noted while the file is read. The
 * blocks lie on a fixed grid; the last one may be shorter. Hashes of a large file are in a
 * temporary file (temporary.h), so that memory stays bounded. Any thread may call the functions. */
#ifndef UCOPY_BASE_BLOCK_HASHES_H
#define UCOPY_BASE_BLOCK_HASHES_H

#include <stdint.h>

#include "hash.h"

/* The largest block, bytes. Every block is a power of two and divides it. */
#define BLOCK_HASHES_UNIT (1u << 20)

struct block_hashes;

/* A hash that stands for a block whose hash is not known. */
static inline bool block_hash_known(struct hash h)
{
    return h.low != 0 || h.high != 0;
}

/* A hash that stands for a block that was read more than once, with different bytes. It is known,
 * and no bytes have it. */
#define BLOCK_HASH_CONTRADICTED ((struct hash){UINT64_MAX, UINT64_MAX})

/* The block to choose where a file is read in pieces of so many bytes, each of which begins at a
 * multiple of that: the largest block of which a piece has whole ones. */
uint32_t block_hashes_block(uint64_t piece);

/* Makes an empty grid with blocks of that size. The caller's. 0 or -ENOMEM. */
int block_hashes_create(uint32_t block, struct block_hashes **ret_hashes);

/* Forgets all hashes. */
void block_hashes_reset(struct block_hashes *h);

/* n bytes at position `at` were read. Notes the hashes of the blocks that are there as a whole; so
 * is the last one of the file, if end says that the file ends with these bytes. A block that is
 * noted twice with other bytes has no hash that is right: BLOCK_HASH_CONTRADICTED. What cannot be stored is not known either. */
void block_hashes_note(struct block_hashes *h, uint64_t at, const void *bytes, size_t n,
                       bool end);

/* The size of a block, bytes. */
uint32_t block_hashes_size(const struct block_hashes *h);

/* Copies the hashes of n blocks from number `first` on; see block_hash_known(). */
void block_hashes_get(struct block_hashes *h, uint64_t first, struct hash *ret, size_t n);

/* Frees them. NULL is fine. */
void block_hashes_free(struct block_hashes *h);

#endif
