/* worker: the threads of a job. A worker owns one engine, one ring, one pool of buffers;
 * workers share nothing but the job.
 *
 * The crew is all workers of one job. The first one picks the engine, the others follow.
 * A worker that is stuck with operations that
 * never end is replaced by another. */
#ifndef UCOPY_COPY_WORKER_H
#define UCOPY_COPY_WORKER_H

#include <stdbool.h>

#include "engine/engine.h"
#include "job.h"

struct crew;

struct crew_config {
    const struct engine_ops
        *engine; /* this one and no other; NULL: the first in engine_table that works */
    unsigned workers;
};

/* Starts the job's workers, which tell by job->news_fd (that must be there) what is new, the
 * end included. The job and what it names outlive their threads. Returns 0 or a negative errno
 * when not even one thread could be started. */
int crew_start(struct crew **ret_crew, struct job *j, const struct crew_config *config);

/* Whether all threads have made their engines: until then none of the job's descriptors may be
 * closed. */
bool crew_is_open(struct crew *c);

/* Whether nothing more is to come. */
bool crew_has_ended(const struct crew *c);

/* Waits for the end of all threads, for pace_patience_ms at most. False: some hang in the
 * kernel, and the crew, the job and all that they name have to stay as they are until the
 * process ends.
 */
bool crew_end(struct crew *c, unsigned pace_patience_ms);

/* After the end: 0, or a negative errno with *why filled when no worker got as
 * far as copying: no engine, no memory. */
int crew_error(const struct crew *c, struct engine_reason *why);

/* The engine in use; NULL while none has been chosen. Safe while workers run. */
const char *crew_engine(struct crew *c);

/* Tells of each engine that was passed over and of what the chosen one does without, in
 * order: calls tell(arg, engine name, reason). After the end only. */
void crew_tell(struct crew *c, void (*tell)(void *arg, const char *engine, const char *reason),
               void *arg);

/* Frees the crew after crew_end() has returned true. */
void crew_free(struct crew *c);

#endif
