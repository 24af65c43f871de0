/* accounting_priv: every result of an operation is accounted for here, once, whatever the kind
 * of work: with the watchdog, the chunk, the job, and for the engine itself. */
#ifndef UCOPY_COPY_ACCOUNTING_PRIV_H
#define UCOPY_COPY_ACCOUNTING_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "copy_priv.h"

/* Accounts for an operation that engine_wait() has returned. 0, or a negative errno: the engine
 * itself broke. */
int account_result(struct copy *c, const struct engine_op *op);

/* A try moved nothing. True: it may be repeated, which is so for limit_ms from the first such
 * try; *since as with watchdog_is_stalled(). */
bool account_retry(struct copy *c, uint64_t *since, uint64_t limit_ms);

/* Drops destination d; op to message as in struct failure. */
void account_drop(struct copy *c, unsigned d, const char *op, int err, uint64_t offset,
                  const char *message);

/* Drops destination d, which does not answer; op: what it was asked to do last. */
void account_silent_dest(struct copy *c, unsigned d, const char *op);

/* The source does not answer: fails it if this engine can be sure of that. */
void account_silent_source(struct copy *c);

/* The engine broke: drops all destinations for that. Returns err, a negative errno. */
int account_broken_engine(struct copy *c, int err);

#endif
