/* copy: the copy loop, once, above all engines. Claims the next range that somebody needs,
 * reads it once, fans it out to those that need it, and accounts for every result.
 *
 * All repair lives here: short reads and writes, EINTR and EAGAIN, operations that an engine
 * left unstarted, a destination that fails, the end of the file. None of it is a special case:
 * a chunk knows how much of it has been read and what each destination has of it, and a batch
 * for it asks for whatever is missing. */
#ifndef UCOPY_COPY_COPY_H
#define UCOPY_COPY_COPY_H

#include "engine/engine.h"
#include "job.h"

struct copy;

/* Makes the loop's state for one worker. pool holds job->buffers buffers of job->chunk_size
 * bytes and must be page-aligned; it and the job outlive the copy. Everything the loop needs is
 * allocated here. 0 or -ENOMEM. */
int copy_create(struct job *j, void *pool, struct copy **ret_copy);

/* Returned when operations are still under way: destroying the engine has to wait for them, and
 * may have to for ever. */
#define COPY_LEFT 1

/* Copies until there is nothing left to claim, or the job is stopping. A destination that wants
 * it (endpoint.flush) is flushed as soon as it is complete; an fsync that fails is final: it is
 * dropped. What concerns single destinations or the source is recorded in the job; a
 * destination or source that leaves its operations unanswered for longer than
 * endpoint.timeout_ms (a flush: and copy_flush_allowance_ms()) fails with ETIMEDOUT. Returns 0;
 * COPY_LEFT, and what could not be brought to an end because of that is unclaimed again; or a
 * negative errno if the engine itself broke: every destination has then been dropped for that
 * reason, and operations may be under way, too. */
int copy_run(struct copy *c, struct engine *e);

/* How long a slow device may take, beside its time-out, to flush what the page cache took fast:
 * a second per 4 MiB that the cache can hold back. size in bytes; milliseconds. */
unsigned copy_flush_allowance_ms(uint64_t size);

/* Frees the loop's state; NULL is fine. */
void copy_free(struct copy *c);

#endif
