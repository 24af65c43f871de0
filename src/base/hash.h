/* hash: 128-bit XXH3 hashes, which show whether bytes are the same as before. They are no
 * protection against an attacker who makes two files with the same hash. hash.c and
 * digest.c are the only files that use libxxhash. */
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

/* The hash of n bytes. */
struct hash hash_of(const void *bytes, size_t n);

/* A 64-bit hash of n bytes. The result depends on the seed, too. */
uint64_t hash_short(const void *bytes, size_t n, uint64_t seed);

struct hash_stream;

/* Starts a hash of bytes that are added piece by piece. hash_stream_free() frees it. NULL
 * without memory. */
struct hash_stream *hash_stream_new(void);

/* Forgets all bytes that were added. */
void hash_stream_reset(struct hash_stream *s);

/* Adds n bytes. */
void hash_stream_add(struct hash_stream *s, const void *bytes, size_t n);

/* The hash of all bytes that were added; the same as hash_of() of them. */
struct hash hash_stream_value(const struct hash_stream *s);

/* Frees the stream; NULL does nothing. */
void hash_stream_free(struct hash_stream *s);

#endif
