/* ranges: a set of byte positions, stored as sorted, disjoint, non-adjacent half-open intervals
 * [start, end).
 *
 * Positions are bytes. An interval with start >= end is empty, and has no effect in any
 * function. The set allocates memory only when it needs more intervals than ever before;
 * ranges_reserve() does that at start-up. */
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
    size_t n;       /* intervals */
    size_t cap;     /* intervals that are allocated */
    uint64_t total; /* bytes in the set */
};

/* Makes *r the empty set. Allocates nothing and cannot fail. */
void ranges_init(struct ranges *r);

/* Frees the set's memory and makes it empty again. */
void ranges_free(struct ranges *r);

/* Makes room for n intervals. 0, or -ENOMEM and the set is unchanged. */
int ranges_reserve(struct ranges *r, size_t n);

/* Adds [start, end), parts of which may be in the set already. 0, or -ENOMEM and the set is
 * unchanged. */
int ranges_add(struct ranges *r, uint64_t start, uint64_t end);

/* Removes [start, end), parts of which need not be in the set. To remove the middle of an
 * interval makes two of it, which may need memory: 0, or -ENOMEM and the set is unchanged. */
int ranges_remove(struct ranges *r, uint64_t start, uint64_t end);

/* Finds the first interval that has a byte at or after from. *ret becomes the part of the
 * interval at or after from. False if there is none; *ret is untouched then. */
bool ranges_first(const struct ranges *r, uint64_t from, struct range *ret);

/* Whether pos is in the set. *until, which is behind pos, becomes less if that changes before. */
bool ranges_have(const struct ranges *r, uint64_t pos, uint64_t *until);

/* Whether all of [start, end) is in the set; true for an empty interval. */
bool ranges_contain(const struct ranges *r, uint64_t start, uint64_t end);

/* Whether any byte of [start, end) is in the set; false for an empty interval. */
bool ranges_overlap(const struct ranges *r, uint64_t start, uint64_t end);

/* The number of bytes in the set. */
static inline uint64_t ranges_total(const struct ranges *r)
{
    return r->total;
}

#endif
