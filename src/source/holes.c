#include "holes.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

bool holes_are_likely(const struct stat *st)
{
    return (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}

/* Whole grains within [pos, size). Never empty: what was data a moment ago is worth a look. */
static struct range round_out(const struct holes_part *part, struct range data, uint64_t pos)
{
    uint64_t start = data.start - data.start % part->grain;
    uint64_t last = data.end > data.start ? data.end - 1 : data.start;
    uint64_t rest = part->grain - last % part->grain;

    return (struct range){
        .start = start > pos ? start : pos,
        .end = part->size - last > rest ? last + rest : part->size,
    };
}

struct range holes_next_data(const struct holes_part *part, uint64_t pos)
{
    const struct range none = {part->size, part->size};
    struct range data = {pos, part->size};
    off_t start, end;

    assert(pos < part->size && part->grain > 0);
    start = lseek(part->fd, (off_t)(part->base + pos), SEEK_DATA);
    if (start < 0 && errno == ENXIO)
        return none;
    if (start < 0 || (uint64_t)start < part->base + pos)
        return data;
    data.start = (uint64_t)start - part->base;
    if (data.start >= part->size)
        return none;
    end = lseek(part->fd, start, SEEK_HOLE);
    if (end >= 0 && (uint64_t)end - part->base < part->size)
        data.end = (uint64_t)end - part->base;
    return round_out(part, data, pos);
}
