/* intake: when to read from a source that has no positions.
 *
 * One chunk after the other is claimed and filled, each with as many reads as it takes. A read is
 * begun when poll(2) reports that it will not wait, so that no engine ever hangs in one, however
 * long the source has nothing to give. What has been read is written when the chunk is full; but
 * if a destination passes its bytes on to somebody, a chunk that gets nothing more for a moment
 * is made shorter, and what it lacks is claimed again.
 *
 * All functions but intake_may_claim() and intake_waits() are for such a source only. */
#ifndef UCOPY_COPY_INTAKE_PRIV_H
#define UCOPY_COPY_INTAKE_PRIV_H

#include <stdbool.h>

#include "copy_priv.h"

/* Whether a chunk may be claimed: the one before has been read. */
bool intake_may_claim(const struct copy *c);

/* Before something is submitted: looks whether the source has something to give. Returns the chunk
 * that is to be made shorter, or NULL. */
struct chunk *intake_look(struct copy *c);

/* Whether the last look found that a chunk waits for the source. */
bool intake_waits(const struct copy *c);

/* Nothing else is under way: waits until the source has something to give, or for a while. */
void intake_wait(struct copy *c);

/* Whether a read would not wait now. One that is under way and waits all the same has lost a race
 * against another reader. */
bool intake_has_something(const struct copy *c);

/* Fills in the read of what the chunk lacks, if the last look found that there is something. */
void intake_build_read(struct copy *c, struct chunk *k, struct engine_op *op);

/* n bytes have been read into the chunk. False: they were to be skipped, and are not of the
 * copy. */
bool intake_take(struct copy *c, const struct chunk *k, uint32_t n);

#endif
