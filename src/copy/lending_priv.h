/* lending_priv: chunks of a worker that are lent to the hasher. Without a hasher the functions do
 * nothing. */
#ifndef UCOPY_COPY_LENDING_PRIV_H
#define UCOPY_COPY_LENDING_PRIV_H

#include "copy_priv.h"

/* Lends what has been read in full and what the hasher needs. */
void lending_lend(struct copy *c);

/* Takes note of what the hasher has done. */
void lending_collect(struct copy *c);

/* Whether something is lent. */
bool lending_any(const struct copy *c);

/* Waits for the hasher to do something that is lent; a little while at most. */
void lending_wait(struct copy *c);

/* The worker ends: takes everything back, without a note. */
void lending_end(struct copy *c);

#endif
