/* copy: the copy loop, once, above all engines. Claims the next range that somebody needs,
 * reads it once, fans it out to those that need it, and accounts for every result.
 *
 * All repair lives here: short reads and writes, EINTR and EAGAIN, operations that an engine
 * left unstarted, a destination that fails, the end of the file. None of it is a special case:
 * a chunk knows how much of it has been read and what each destination has of it, and a batch
 * for it asks for whatever is missing. */
#ifndef UCOPY_COPY_H
#define UCOPY_COPY_H

#include "engine.h"
#include "job.h"

struct copy;

/* Makes the loop's state for one worker. pool holds job->queue_depth buffers of job->chunk_size
 * bytes and must be page-aligned; it and the job outlive the copy. Everything the loop needs is
 * allocated here. 0 or -ENOMEM. */
int copy_create(struct job *j, void *pool, struct copy **ret_copy);

/* Copies until there is nothing left to claim or the job is stopping. What concerns single
 * destinations or the source is recorded in the job. Returns 0, or a negative errno if the
 * engine itself broke; every destination has then been dropped for that reason. When the job
 * stops, operations may still be in flight on return: destroy the engine before the pool. */
int copy_run(struct copy *c, struct engine *e);

/* Flushes every destination that wants it (job_end.flush) and is complete, concurrently. An
 * fsync that fails is final: the destination is dropped. 0 or a negative errno as copy_run().
 */
int copy_flush(struct copy *c, struct engine *e);

/* Frees the loop's state; NULL is fine. */
void copy_free(struct copy *c);

#endif
