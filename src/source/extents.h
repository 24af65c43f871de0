/* extents: which ranges of the source are data, and which are holes, for all threads of a copy.
 * It searches with holes.h when a position is needed for the first time, and one window at a
 * time, so that memory does not grow with the number of extents. Destinations that are at one
 * place share a window: each hole is looked for once.
 *
 * Positions are those of the ledger. What holes.h says about errors and about files that change
 * is true here, too. */
#ifndef UCOPY_SOURCE_EXTENTS_H
#define UCOPY_SOURCE_EXTENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranges.h"
#include "holes.h"

struct extent {
    struct range range;
    bool hole;
};

struct extents;

/* Makes the extents of the part (holes.h), which is copied. Its descriptor and map are borrowed,
 * and have to stay longer than the extents; a search moves the file position. Holes begin and
 * end at multiples of its grain (O_DIRECT has its own); the rest of a hole is data. fronts: at
 * how many places the copy is at one time, at least 1. The extents belong to the caller. 0 or
 * -ENOMEM. */
int extents_create(const struct holes_part *part, unsigned fronts,
                   struct extents **ret_extents);

/* NULL is fine. No thread may be in a search. */
void extents_free(struct extents *e);

/* Puts the extent around pos into *ret, as far as it is known. False if nothing is known about
 * pos. Any thread; never waits for a search. */
bool extents_find(struct extents *e, uint64_t pos, struct extent *ret);

/* Searches at pos (below size), so that extents_find() knows it. Any thread; calls the file
 * system, which may take its time or hang. */
void extents_learn(struct extents *e, uint64_t pos);

/* Since when the file system owes an answer, in ms of clock_running_ms(); 0: it owes none. Any
 * thread. */
uint64_t extents_asked_at(struct extents *e);

#endif
