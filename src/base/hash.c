#include "hash.h"

#include <xxhash.h>

struct hash_stream; /* never defined: a pointer to it is one to an XXH3_state_t */

static XXH3_state_t *state_of(struct hash_stream *s)
{
    return (XXH3_state_t *)(void *)s;
}

struct hash hash_of(const void *bytes, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(bytes, n);

    return (struct hash){.low = h.low64, .high = h.high64};
}

uint64_t hash_short(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}

struct hash_stream *hash_stream_new(void)
{
    XXH3_state_t *state = XXH3_createState();

    if (state)
        (void)XXH3_128bits_reset(state);
    return (struct hash_stream *)(void *)state;
}

void hash_stream_reset(struct hash_stream *s)
{
    (void)XXH3_128bits_reset(state_of(s));
}

void hash_stream_add(struct hash_stream *s, const void *bytes, size_t n)
{
    (void)XXH3_128bits_update(state_of(s), bytes, n);
}

struct hash hash_stream_value(const struct hash_stream *s)
{
    XXH128_hash_t h = XXH3_128bits_digest((const XXH3_state_t *)(const void *)s);

    return (struct hash){.low = h.low64, .high = h.high64};
}

void hash_stream_free(struct hash_stream *s)
{
    (void)XXH3_freeState(state_of(s));
}
