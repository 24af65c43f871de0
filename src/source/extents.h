/* extents: which ranges of the source hold data, and which are holes. Found with SEEK_DATA and
 * SEEK_HOLE (lseek(2)) when somebody comes to them, a window at a time, so that memory
 * does not grow with the number of extents. All who are at one place share a window: for all
 * destinations that keep together every hole is looked for once.
 *
 * Positions are those of the ledger. What is said to be a hole reads as zeros; what is said to
 * be data may be zeros, too: where the file system does not tell, or cannot be asked, all is
 * data. A source that changes meanwhile gets some answer, and every search ends. */
#ifndef UCOPY_SOURCE_EXTENTS_H
#define UCOPY_SOURCE_EXTENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranges.h"

struct extent {
    struct range range;
    bool hole;
};

struct extents;

/* Makes the extents of [0, size), which begins at offset `base` of the file fd. That is only
 * searched (its file position moves), and outlives the extents. Holes begin and end at
 * multiples of `grain` (at least 1; O_DIRECT has its own), and what of a hole does not is data.
 * fronts: how many places are asked about at one time. 0 or -ENOMEM. */
int extents_create(int fd, uint64_t base, uint64_t size, uint32_t grain, unsigned fronts,
                   struct extents **ret_extents);

/* NULL is fine. */
void extents_free(struct extents *e);

/* If it is known, what is at pos: the extent around it, as far as it is known. Any thread;
 * never waits for a search. */
bool extents_find(struct extents *e, uint64_t pos, struct extent *ret);

/* Finds out what is at pos (below size). Any thread; asks the file system, which may take its
 * time or hang. */
void extents_learn(struct extents *e, uint64_t pos);

/* Since when the file system has left a question unanswered, in ms on the monotonic clock; 0:
 * none is open. Any thread. */
uint64_t extents_asked_at(struct extents *e);

#endif
