/* accounting_priv: every result of an operation is accounted for here, once, whatever the kind
 * of work: with the watchdog, the chunk, the job, and for the engine itself. */
#ifndef UCOPY_COPY_ACCOUNTING_PRIV_H
#define UCOPY_COPY_ACCOUNTING_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "copy_priv.h"

/* What is wrong with a destination that was doing something when the engine had to be left behind, if
 * nobody else can do that again. */
#define ACCOUNT_HELD_UP "held up by a destination that does not answer"

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

/* The index of the file through which an operation on the endpoint goes: O_DIRECT if all of it is
 * aligned. The odd head or tail of a file goes through the page cache, beside direct I/O on the rest of
 * it. Hence direct_align of a destination is what direct_io_write_align() says: an operation has whole
 * blocks to itself, or it goes through the page cache. */
unsigned endpoint_file(const struct endpoint *endpoint, const struct endpoint_state *state,
                       const struct engine_op *op);

/* Whether a write to destination d for its share of k, which has moved nothing, is to be tried again:
 * through the page cache, or for a while. */
bool account_write_again(struct copy *c, struct chunk *k, const struct engine_op *op,
                         unsigned d);

/* What a failed read or write (err: positive errno) means for people. Direct I/O on what a device
 * cannot read or write fails with ENODATA (BLK_STS_MEDIUM, block/blk-core.c, 6.18), with the page cache
 * it is EIO. */
int account_explain(int err, const char **ret_message);

/* The engine broke: drops all destinations for that. Returns err, a negative errno. */
int account_broken_engine(struct copy *c, int err);

#endif
