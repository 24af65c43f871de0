/* ledger: which byte ranges each destination still needs, and which of them nobody works on.
 *
 * The one idea of ucopy: a copy is
 *
 *     need[d] = set of ranges destination d does not hold yet
 *     todo[d] = what of that no worker has claimed for d
 *
 * and everything that happens to a copy is an operation on these sets. Positions are bytes from
 * the start of the copied range; the ledger does not know where that lies in the files. The
 * ledger does no locking: its owner (job.c) does. */
#ifndef UCOPY_COPY_LEDGER_H
#define UCOPY_COPY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ranges.h"

struct ledger {
    unsigned n_dests;
    unsigned claims;
    struct ranges *need;  /* per destination */
    struct ranges *todo;  /* per destination; part of need */
    struct ranges *later; /* per destination; part of need: not to be claimed yet */
};

/* Makes a ledger for n_dests destinations that need nothing yet. claims is the largest number
 * of claims at one time: room for so many is allocated here, so that the copy of one contiguous
 * range allocates nothing later. 0 or -ENOMEM. */
int ledger_init(struct ledger *l, unsigned n_dests, unsigned claims);

/* Frees the ledger's memory. */
void ledger_free(struct ledger *l);

/* Destination d needs [start, end), which nobody has claimed. 0 or -ENOMEM. */
int ledger_need(struct ledger *l, unsigned d, uint64_t start, uint64_t end);

/* The lowest position that any destination d with ready[d] has in todo; UINT64_MAX: none. */
uint64_t ledger_lowest(const struct ledger *l, const bool *ready);

/* Claims the lowest range that any destination d with ready[d] has in todo, for all ready
 * destinations that have it there; takes[d] is set for these. The range is at most max_len
 * bytes long. It crosses no multiple of max_len, so that chunks stay aligned whatever came
 * before, and does not go beyond `until`. Each ready destination has either all of it in todo
 * or none. ready and takes have n_dests entries and may be the same array. False (takes
 * undefined): the ready destinations have nothing in todo before `until`. */
bool ledger_claim(struct ledger *l, const bool *ready, uint64_t max_len, uint64_t until,
                  struct range *ret, bool *takes);

/* Destination d does not need what it has in todo of [start, end): its bytes there equal the
 * source already. 0 or -ENOMEM. */
int ledger_skip(struct ledger *l, unsigned d, uint64_t start, uint64_t end);

/* Destination d holds these bytes already. Before anything is claimed. 0 or -ENOMEM. */
int ledger_hold(struct ledger *l, unsigned d, const struct ranges *held);

/* Claims everything that destination d has in todo. */
void ledger_claim_all(struct ledger *l, unsigned d);

/* Position of the first byte that destination d has in todo; UINT64_MAX: none. */
uint64_t ledger_next(const struct ledger *l, unsigned d);

/* Destination d now holds [start, end). 0 or -ENOMEM. */
int ledger_written(struct ledger *l, unsigned d, uint64_t start, uint64_t end);

/* Returns a range that was claimed for destination d: the parts that d still needs can be
 * claimed again. 0 or -ENOMEM. */
int ledger_return(struct ledger *l, unsigned d, const struct range *r);

/* What destination d needs of the range, claimed or not, cannot be claimed before ledger_resume().
 * 0 or -ENOMEM. */
int ledger_defer(struct ledger *l, unsigned d, const struct range *r);

/* Destination d still needs [start, end), although it has been written: it can be claimed again
 * after ledger_resume(). 0 or -ENOMEM. */
int ledger_keep(struct ledger *l, unsigned d, uint64_t start, uint64_t end);

/* Whether destination d has nothing to claim and nothing that is claimed: all that it needs has
 * been deferred, or kept. */
bool ledger_waits(const struct ledger *l, unsigned d);

/* What was deferred or kept for destination d can be claimed. 0 or -ENOMEM. */
int ledger_resume(struct ledger *l, unsigned d);

/* Destination d is dropped: it needs nothing any more. */
void ledger_drop(struct ledger *l, unsigned d);

/* Nothing exists at or after `end`: the source ended there. */
void ledger_truncate(struct ledger *l, uint64_t end);

/* Bytes that destination d does not hold yet. */
static inline uint64_t ledger_missing(const struct ledger *l, unsigned d)
{
    return ranges_total(&l->need[d]);
}

#endif
