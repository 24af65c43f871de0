/* dests: which destination gets what.
 *
 * A destination that lives is in one of four states:
 *
 *     WITH       it has all that was written
 *     AWAY       it was too slow: new writes do not go to it, and it lacks them
 *     RETURNING  new writes go to it, and it still lacks older ones; or it was not flushed since
 *     FAILING    it has failed, but no other is WITH, so it stays: for the last one, errors are the
 *                writer's; others copy from it what they lack
 *
 *     WITH, RETURNING -> AWAY       others have waited too long for it, and so many others are WITH as
 *                                   the floor says
 *     AWAY -> RETURNING             its operations have ended, it lacks little, and others have not waited
 *                                   too long for it in all, or nobody writes any more; or no other gets
 *                                   new writes without failing
 *     RETURNING -> WITH             it lacks nothing, and a flush that began after that has succeeded;
 *                                   those that are FAILING are dropped then
 *     WITH -> FAILING, or dropped   an operation has failed: dropped if another is WITH
 *     AWAY, RETURNING -> dropped    an operation has failed, it lacks more than max_lag, or nobody has
 *                                   what it lacks
 *     all -> dropped                it hangs
 *
 * What always holds:
 *
 *  1. `lacks` of a destination has each range in which it does not hold what was written last and was
 *     answered as written. It may have more.
 *  2. A range enters `lacks` of who is AWAY before any destination begins to write it. It leaves it when
 *     the destination was written all of it, by a write or by a copy. No two of these overlap in time
 *     (requests.c), so what was copied is what was written last.
 *  3. Who is WITH lacks nothing.
 *  4. Nothing is read, for whomever, where `lacks` of the destination has it.
 *  5. The writer's flush is one of all that lack nothing. If there is none, of all that get writes.
 *  6. A write is answered as good only if a destination that lives has it. If none of those that got it
 *     has, and others get new writes now, they get it. */
#ifndef UCOPY_BLOCKDEV_DESTS_PRIV_H
#define UCOPY_BLOCKDEV_DESTS_PRIV_H

#include "requests_priv.h"

/* The destination has failed. It is dropped, or is FAILING. hard: it is dropped in any case. message:
 * instead of the error's own, static; may be NULL. */
void dests_fail(struct requests *r, unsigned dest, const char *op, uint64_t offset, int err,
                const char *message, bool hard);

/* Whether so many live as the writer needs. */
bool dests_enough(const struct requests *r);

/* Whether new writes go to it. */
bool dests_get(const struct request_dest *d);

/* Whether it is behind, and catches up. */
bool dests_catch_up(const struct request_dest *d);

/* Whether the writer's flush is one of it. */
bool dests_flush(const struct requests *r, const struct request_dest *d);

/* That range is written now: those that are AWAY lack it. */
void dests_lack(struct requests *r, uint64_t start, uint64_t end);

/* The best destination to read what is at that place, for the request; n_dests: none. *until,
 * which is behind it, becomes less if that is not so up to there. */
unsigned dests_reader(const struct requests *r, const struct request *q, uint64_t at,
                      uint64_t *until);

/* A flush of a destination that lacked nothing has succeeded. */
void dests_settled(struct requests *r, unsigned dest);

/* Detaches those that are too slow, and lets those return that may. */
void dests_look(struct requests *r);

#endif
