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

/* The data of the map at or after offset `from`; [none, none): there are none. */
static struct range next_mapped(const struct ranges *map, uint64_t from, uint64_t none)
{
    struct range data;

    if (!ranges_first(map, from, &data) || data.start >= none)
        return (struct range){none, none};
    if (data.end > none)
        data.end = none;
    return data;
}

/* The same, by lseek(2). */
static struct range next_found(const struct holes_part *part, uint64_t from, uint64_t none)
{
    struct range data = {from, none};
    off_t start = lseek(part->fd, (off_t)from, SEEK_DATA), end;

    if (start < 0 && errno == ENXIO)
        return (struct range){none, none};
    if (start < 0 || (uint64_t)start < from)
        return data;
    data.start = (uint64_t)start;
    if (data.start >= none)
        return (struct range){none, none};
    end = lseek(part->fd, start, SEEK_HOLE);
    if (end >= start && (uint64_t)end < none)
        data.end = (uint64_t)end;
    return data;
}

struct range holes_next_data(const struct holes_part *part, uint64_t pos)
{
    uint64_t none = part->base + part->size;
    struct range data;

    assert(pos < part->size && part->grain > 0);
    data = part->map ? next_mapped(part->map, part->base + pos, none)
                     : next_found(part, part->base + pos, none);
    data.start -= part->base;
    data.end -= part->base;
    return data.start == part->size ? data : round_out(part, data, pos);
}
