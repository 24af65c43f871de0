#include "lacks_priv.h"

#include <assert.h>

/* A grain of one byte rounds nothing. */
#define FINEST 1u
/* The first one that does. */
#define FIRST_GRAIN 65536u

int lacks_init(struct lacks *l, uint64_t size, unsigned most)
{
    assert(most >= 2);
    *l = (struct lacks){.size = size, .grain = FINEST, .most = most};
    ranges_init(&l->ranges);
    return ranges_reserve(&l->ranges, most);
}

void lacks_free(struct lacks *l)
{
    ranges_free(&l->ranges);
}

static void must(int err)
{
    assert(err == 0);
    (void)err;
}

static uint64_t round_down(const struct lacks *l, uint64_t at)
{
    return at - at % l->grain;
}

static uint64_t round_up(const struct lacks *l, uint64_t at)
{
    uint64_t over = at % l->grain;

    return over == 0 ? at : l->size - at < l->grain - over ? l->size : at + (l->grain - over);
}

/* Each range grows to the grain, and becomes one with those that it touches then. */
static void coarsen(struct lacks *l)
{
    struct range r = {0, 0};

    while (ranges_first(&l->ranges, r.end, &r)) {
        r.end = round_up(l, r.end);
        must(ranges_add(&l->ranges, round_down(l, r.start), r.end));
    }
}

/* Makes room for one more range: there are half as many as may be at most, then. */
static void make_room(struct lacks *l)
{
    if (l->ranges.n < l->most)
        return;
    /* What was removed may have made the ranges finer than the grain. */
    for (coarsen(l); l->ranges.n > l->most / 2; coarsen(l))
        l->grain = l->grain < FIRST_GRAIN ? FIRST_GRAIN : 2 * l->grain;
}

void lacks_add(struct lacks *l, uint64_t start, uint64_t end)
{
    assert(end <= l->size);
    make_room(l);
    must(ranges_add(&l->ranges, round_down(l, start), start < end ? round_up(l, end) : 0));
}

void lacks_remove(struct lacks *l, uint64_t start, uint64_t end)
{
    make_room(l); /* the middle of a range leaves two */
    must(ranges_remove(&l->ranges, start, end));
    if (lacks_nothing(l))
        l->grain = FINEST;
}
