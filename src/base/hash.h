/* hash: fingerprints by which bytes are known again: XXH3 of 128 bits. Not against somebody who
 * makes two files with the same one on purpose. The only file that knows libxxhash. */
#ifndef UCOPY_BASE_HASH_H
#define UCOPY_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
    uint64_t low;
    uint64_t high;
};

static inline bool hash_equal(struct hash a, struct hash b)
{
    return a.low == b.low && a.high == b.high;
}

/* Of n bytes. */
struct hash hash_of(const void *bytes, size_t n);

/* 64 bits of n bytes; another seed makes another hash. */
uint64_t hash_short(const void *bytes, size_t n, uint64_t seed);

struct hash_stream;

/* Begins the hash of bytes that come one after the other. NULL without memory. */
struct hash_stream *hash_stream_new(void);

/* Begins anew. */
void hash_stream_reset(struct hash_stream *s);

void hash_stream_add(struct hash_stream *s, const void *bytes, size_t n);

/* As hash_of() of all bytes that were added. */
struct hash hash_stream_value(const struct hash_stream *s);

/* NULL is fine. */
void hash_stream_free(struct hash_stream *s);

#endif
