/* ranges: a set of byte positions, kept as sorted, disjoint, non-adjacent half-open intervals
 * [start, end).
 *
 * All arithmetic is on uint64_t; an interval with start >= end is empty and a no-op to every
 * function. The set allocates only when it has to hold more intervals than ever before;
 * ranges_reserve() moves that moment to start-up. */
#ifndef UCOPY_BASE_RANGES_H
#define UCOPY_BASE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
    uint64_t start; /* first byte */
    uint64_t end;   /* one past the last byte */
};

struct ranges {
    struct range *v;
    size_t n;
    size_t cap;
    uint64_t total; /* bytes in the set */
};

/* Makes *r the empty set; no allocation, cannot fail. */
void ranges_init(struct ranges *r);

/* Frees what the set holds and makes it empty again. */
void ranges_free(struct ranges *r);

/* Makes room for n intervals. 0 or -ENOMEM (the set is then unchanged). */
int ranges_reserve(struct ranges *r, size_t n);

/* Adds [start, end); what is already there stays. 0 or -ENOMEM (the set is then unchanged). */
int ranges_add(struct ranges *r, uint64_t start, uint64_t end);

/* Removes [start, end); what is not there stays away. Removing from the middle of an interval
 * makes one more of it: 0 or -ENOMEM (the set is then unchanged). */
int ranges_remove(struct ranges *r, uint64_t start, uint64_t end);

/* Finds the first interval that has a byte at or after `from`; *ret is the part of it at or
 * after `from`. False, and *ret untouched, if there is none. */
bool ranges_first(const struct ranges *r, uint64_t from, struct range *ret);

/* Whether all of [start, end) is in the set; true for an empty interval. */
bool ranges_contain(const struct ranges *r, uint64_t start, uint64_t end);

/* Whether any byte of [start, end) is in the set; false for an empty interval. */
bool ranges_overlap(const struct ranges *r, uint64_t start, uint64_t end);

/* Bytes in the set. */
static inline uint64_t ranges_total(const struct ranges *r)
{
    return r->total;
}

#endif
