#include "zeros.h"

#include <string.h>

/* The first byte is 0, and each byte equals the byte before it. */
static bool all_zeros(const char *p, size_t n)
{
    return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

void zeros_find(uint64_t *map, const void *buf, uint32_t len, uint32_t block)
{
    uint32_t n = 0;

    memset(map, 0, zeros_map_words(len, block) * sizeof *map);
    for (uint32_t at = 0; at < len; n++) {
        uint32_t part = len - at < block ? len - at : block;

        if (all_zeros((const char *)buf + at, part))
            map[n / 64] |= UINT64_C(1) << n % 64;
        at += part;
    }
}

uint32_t zeros_next(const uint64_t *map, uint32_t from, uint32_t len, uint32_t block, bool zero)
{
    uint32_t at = from;

    while (at < len) {
        uint32_t n = at / block;

        if ((map[n / 64] >> n % 64 & 1) == zero)
            return at;
        at = len - at > block - at % block ? at + block - at % block : len;
    }
    return len;
}
