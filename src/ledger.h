/* ledger: which byte ranges each destination still needs, and which of them nobody works on.
 *
 * The one idea of ucopy: a copy is
 *
 *     need[d] = set of ranges destination d does not hold yet
 *     todo    = ranges that somebody needs and no worker has claimed
 *
 * and everything that happens to a copy is an operation on these sets. Positions count from
 * the start of the copied range, in bytes; where that lies in the source and in a destination
 * is not known here. The ledger does no locking: its owner (job.c) does. */
#ifndef UCOPY_LEDGER_H
#define UCOPY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ranges.h"

struct ledger {
    unsigned n_dests;
    struct ranges *need; /* per destination */
    struct ranges todo;
};

/* Makes a ledger for n_dests destinations that need nothing yet. claims is the largest number
 * of claims out at one time: with it the sets never allocate while a copy of one contiguous
 * range runs. 0 or -ENOMEM. */
int ledger_init(struct ledger *l, unsigned n_dests, unsigned claims);

/* Frees the ledger's memory. */
void ledger_free(struct ledger *l);

/* Destination d needs [start, end), and somebody has to see to it. 0 or -ENOMEM. */
int ledger_need(struct ledger *l, unsigned d, uint64_t start, uint64_t end);

/* Takes the lowest unclaimed range that somebody needs out of todo. It is at most max_len bytes
 * long, does not cross a multiple of max_len (so that chunks stay aligned whatever came
 * before), and every destination needs either all of it or none. Parts of todo that no
 * destination needs (any more) are discarded on the way. True and *ret, or false when todo
 * holds nothing. */
bool ledger_claim(struct ledger *l, uint64_t max_len, struct range *ret);

/* Whether destination d needs any byte of *r. */
bool ledger_needs(const struct ledger *l, unsigned d, const struct range *r);

/* Destination d now holds [start, end). 0 or -ENOMEM. */
int ledger_written(struct ledger *l, unsigned d, uint64_t start, uint64_t end);

/* Gives a claimed range back: what of it is still needed will be claimed again.
 * 0 or -ENOMEM. */
int ledger_return(struct ledger *l, const struct range *r);

/* Destination d needs nothing any more: it is dropped. Its ranges stay in todo until a claim
 * finds that nobody needs them. */
void ledger_drop(struct ledger *l, unsigned d);

/* Nothing exists at or after `end`: the source ended there. */
void ledger_truncate(struct ledger *l, uint64_t end);

/* Bytes that destination d does not hold yet. */
static inline uint64_t ledger_missing(const struct ledger *l, unsigned d)
{
    return ranges_total(&l->need[d]);
}

#endif
