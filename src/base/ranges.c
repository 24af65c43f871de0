/* ranges: a sorted array of disjoint, non-adjacent intervals. The search is a bisection.
 *
 * A copy in progress has about as many intervals as chunks in flight. For so few, moving the
 * tail of the array is cheaper than a tree. */
#include "ranges.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Index of the first interval that ends after pos; r->n if there is none. */
static size_t first_ending_after(const struct ranges *r, uint64_t pos)
{
    size_t low = 0;
    size_t high = r->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (r->v[mid].end > pos)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* Index of the first interval that starts after pos; r->n if there is none. */
static size_t first_starting_after(const struct ranges *r, uint64_t pos)
{
    size_t i = first_ending_after(r, pos);

    return i < r->n && r->v[i].start <= pos ? i + 1 : i;
}

/* Makes room for one more interval. The array doubles, so that the cost of many additions stays
 * linear. */
static int grow(struct ranges *r)
{
    if (r->n < r->cap)
        return 0;
    return ranges_reserve(r, r->cap > 0 ? 2 * r->cap : 8);
}

/* Opens a gap for one interval at index i. There must be room. */
static void open_gap(struct ranges *r, size_t i)
{
    assert(i <= r->n && r->n < r->cap);
    memmove(&r->v[i + 1], &r->v[i], (r->n - i) * sizeof(r->v[0]));
    r->n++;
}

/* Removes the intervals with indexes [from, to) from the array. */
static void close_gap(struct ranges *r, size_t from, size_t to)
{
    assert(from <= to && to <= r->n);
    if (from == to)
        return;
    memmove(&r->v[from], &r->v[to], (r->n - to) * sizeof(r->v[0]));
    r->n -= to - from;
}

/* Bytes in the intervals with indexes [from, to). */
static uint64_t sum(const struct ranges *r, size_t from, size_t to)
{
    uint64_t bytes = 0;

    for (size_t i = from; i < to; i++)
        bytes += r->v[i].end - r->v[i].start;
    return bytes;
}

void ranges_init(struct ranges *r)
{
    *r = (struct ranges){0};
}

void ranges_free(struct ranges *r)
{
    free(r->v);
    ranges_init(r);
}

int ranges_reserve(struct ranges *r, size_t n)
{
    struct range *v;

    if (n <= r->cap)
        return 0;
    v = reallocarray(r->v, n, sizeof(r->v[0]));
    if (v == NULL)
        return -ENOMEM;
    r->v = v;
    r->cap = n;
    return 0;
}

int ranges_add(struct ranges *r, uint64_t start, uint64_t end)
{
    size_t from, to;

    if (start >= end)
        return 0;

    /* The intervals [from, to) overlap or touch the new one, and merge with it. */
    from = start > 0 ? first_ending_after(r, start - 1) : 0;
    to = first_starting_after(r, end);
    if (from == to) {
        int err = grow(r);

        if (err < 0)
            return err;
        open_gap(r, from);
        r->v[from] = (struct range){start, end};
        r->total += end - start;
        return 0;
    }

    if (r->v[from].start < start)
        start = r->v[from].start;
    if (r->v[to - 1].end > end)
        end = r->v[to - 1].end;
    r->total += (end - start) - sum(r, from, to);
    r->v[from] = (struct range){start, end};
    close_gap(r, from + 1, to);
    return 0;
}

int ranges_remove(struct ranges *r, uint64_t start, uint64_t end)
{
    size_t from, to;

    if (start >= end)
        return 0;

    from = first_ending_after(r, start);
    to = first_starting_after(r, end - 1);
    if (from == to)
        return 0;

    if (to - from == 1 && r->v[from].start < start && r->v[from].end > end) {
        int err = grow(r);

        if (err < 0)
            return err;
        open_gap(r, from);
        r->v[from].end = start;
        r->v[from + 1].start = end;
        r->total -= end - start;
        return 0;
    }

    /* The first and the last interval may keep a part outside [start, end). */
    if (r->v[from].start < start) {
        r->total -= r->v[from].end - start;
        r->v[from].end = start;
        from++;
    }
    if (from < to && r->v[to - 1].end > end) {
        r->total -= end - r->v[to - 1].start;
        r->v[to - 1].start = end;
        to--;
    }
    r->total -= sum(r, from, to);
    close_gap(r, from, to);
    return 0;
}

bool ranges_first(const struct ranges *r, uint64_t from, struct range *ret)
{
    size_t i = first_ending_after(r, from);

    if (i == r->n)
        return false;
    *ret = r->v[i];
    if (ret->start < from)
        ret->start = from;
    return true;
}

bool ranges_have(const struct ranges *r, uint64_t pos, uint64_t *until)
{
    struct range next;
    uint64_t change;

    if (!ranges_first(r, pos, &next))
        return false;
    change = next.start == pos ? next.end : next.start;
    if (change < *until)
        *until = change;
    return next.start == pos;
}

bool ranges_contain(const struct ranges *r, uint64_t start, uint64_t end)
{
    size_t i;

    if (start >= end)
        return true;
    i = first_ending_after(r, start);
    return i < r->n && r->v[i].start <= start && r->v[i].end >= end;
}

bool ranges_overlap(const struct ranges *r, uint64_t start, uint64_t end)
{
    size_t i;

    if (start >= end)
        return false;
    i = first_ending_after(r, start);
    return i < r->n && r->v[i].start < end;
}
