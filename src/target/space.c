#include "space.h"

#include <assert.h>

uint64_t space_available(const struct statvfs *fs, bool privileged)
{
    uint64_t blocks = privileged ? fs->f_bfree : fs->f_bavail;
    uint64_t size = fs->f_frsize != 0 ? fs->f_frsize : fs->f_bsize;
    uint64_t bytes;

    if (fs->f_blocks == 0 || size == 0 || __builtin_mul_overflow(blocks, size, &bytes))
        return SPACE_UNKNOWN;
    return bytes;
}

uint64_t space_need(uint64_t bytes, uint64_t block, uint64_t allocated)
{
    uint64_t rest = block > 0 ? bytes % block : 0;
    uint64_t need = bytes;

    if (rest > 0 && __builtin_add_overflow(bytes, block - rest, &need))
        need = UINT64_MAX;
    return need > allocated ? need - allocated : 0;
}

uint64_t space_missing(const struct space_demand *demands, unsigned n, unsigned d)
{
    uint64_t available = demands[d].available, sum = 0;

    assert(d < n);
    if (demands[d].need == 0 || available == SPACE_UNKNOWN)
        return 0;
    for (unsigned i = 0; i < n; i++)
        if (demands[i].device == demands[d].device &&
            __builtin_add_overflow(sum, demands[i].need, &sum))
            sum = UINT64_MAX;
    return sum > available ? sum - available : 0;
}
