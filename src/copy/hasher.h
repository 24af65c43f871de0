/* hasher: the whole-file hashes of a copy, made from the bytes that the workers read.
 *
 * In the ledger the hasher is one more destination, the last one, which needs everything. What
 * it needs of a chunk is not done by an operation of the engine: the chunk, once it has been
 * read, is lent to the hasher, whose thread hashes it when all bytes before it have been. So
 * ranges are claimed, read and returned for it as for any destination, what an earlier run has
 * left to the others included. The chunk is free when all writes and the hasher have let go of
 * it: the hasher may make the others wait. It waits for no destination.
 *
 * No deadlock: ranges are claimed lowest first, so what the hasher waits for is in a chunk, or
 * it was returned by a worker that is left behind, whose successor has chunks of its own. */
#ifndef UCOPY_COPY_HASHER_H
#define UCOPY_COPY_HASHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest_set.h"
#include "base/ranges.h"
#include "range_sums.h"

struct hasher;

enum loan_state {
    LOAN_NONE,
    LOAN_WAITS,
    LOAN_RUNS,
    LOAN_DONE,
};

/* Bytes of a worker that are lent to the hasher. Only the hasher's functions look inside while
 * they are. */
struct loan {
    struct range range; /* positions of the copy */
    const char *bytes;
    _Atomic(enum loan_state) state;
    struct loan *next;
};

/* Makes a hasher for the algorithms (digest_set.h; may be 0), and its thread. wanted: checksums
 * of ranges, whose arrays outlive the hasher; NULL: there are none. 0 or a negative errno. */
int hasher_start(struct hasher **ret_hasher, unsigned algorithms,
                 const struct range_sums_wanted *wanted);

/* Lends the bytes of the range, which stay as they are until hasher_has_done() or
 * hasher_take_back(). Each byte of the copy is lent and hashed once. */
void hasher_lend(struct hasher *h, struct loan *loan, struct range range, const char *bytes);

/* Whether the bytes have been hashed. Takes no lock. */
bool hasher_has_done(const struct loan *loan);

/* Ends the loan, if there is one; waits if its bytes are being hashed. Returns whether they have
 * been. Any thread. */
bool hasher_take_back(struct hasher *h, struct loan *loan);

/* Waits until a loan has been done since the call before that with the same *seen, which is 0 at
 * first; limit_ms at most. */
void hasher_wait(struct hasher *h, uint64_t *seen, unsigned limit_ms);

/* Nothing exists at or after `end`. */
void hasher_end(struct hasher *h, uint64_t end);

/* The verdict on the ranges so far: range_sums_verdict(). Any thread. */
int hasher_verdict(struct hasher *h, struct range *ret_wrong);

/* Everything has been hashed: fills *ret. To be called once. 0 or -EIO. */
int hasher_values(struct hasher *h, struct digest_values *ret);

/* Ends the thread and frees the hasher; nothing is lent to it. NULL is fine. */
void hasher_free(struct hasher *h);

#endif
