/* worker: the threads of a job. A worker owns one engine, one ring, one pool of buffers;
 * workers share nothing but the job.
 *
 * The crew is all workers of one job. The first one picks the engine, the others follow.
 * Whoever finishes last flushes the destinations. */
#ifndef UCOPY_WORKER_H
#define UCOPY_WORKER_H

#include <stdbool.h>

#include "engine.h"
#include "job.h"

struct crew;

struct crew_config {
    const struct engine_ops
        *engine; /* this one and no other; NULL: the first in engine_table that works */
    unsigned workers;
    int end_fd; /* an eventfd(2) that gets a 1 when the last worker has finished; the caller's
                 */
};

/* Starts the job's workers. The job and what it names outlive the crew. Returns 0 or a negative
 * errno when not even one thread could be started. */
int crew_start(struct crew **ret_crew, struct job *j, const struct crew_config *config);

/* Waits for the workers' end. Returns 0, or a negative errno with *why filled when no worker
 * got as far as copying: no engine, no memory. */
int crew_join(struct crew *c, struct engine_reason *why);

/* The engine in use; NULL while none has been chosen. Safe while workers run. */
const char *crew_engine(struct crew *c);

/* Tells of each engine that was passed over and of what the chosen one does without, in
 * order: calls tell(arg, engine name, reason). After crew_join() only. */
void crew_tell(struct crew *c, void (*tell)(void *arg, const char *engine, const char *reason),
               void *arg);

/* Frees the crew after crew_join(). */
void crew_free(struct crew *c);

#endif
