/* worker: the threads of a job. A worker owns one engine and one pool of buffers; workers share
 * nothing but the job.
 *
 * The crew is all workers of one job. The first one chooses the engine for all. A worker that
 * is stuck with operations that never end is replaced by a successor. If it hangs itself, the
 * main thread sees to that. */
#ifndef UCOPY_COPY_WORKER_H
#define UCOPY_COPY_WORKER_H

#include <stdbool.h>

#include "engine/engine.h"
#include "job.h"

struct crew;

struct crew_config {
    const struct engine_ops *engine; /* NULL: the first in engine_table that works */
    unsigned workers;
};

/* Starts the job's workers. They wake the main thread by job->news_fd, which must be open, when
 * there is something new, their end included. The job and everything it refers to outlive the
 * threads. 0, or a negative errno when not even one thread could be started. */
int crew_start(struct crew **ret_crew, struct job *j, const struct crew_config *config);

/* Whether all threads have made their engines: until then none of the job's descriptors may be
 * closed. */
bool crew_is_open(struct crew *c);

/* Replaces workers that hang in the kernel inside a call of their engine (copy_absence()). As long
 * as there is no thread or memory for another worker, they are waited for, and given up at last.
 * To be called about once in CLOCK_LOOK_MS. */
void crew_look(struct crew *c);

/* Whether the work has ended: nothing changes in the job any more. */
bool crew_has_ended(const struct crew *c);

/* Waits for the end of all threads, for limit_ms at most. False: some hang in the kernel, and
 * the crew, the job and everything they refer to have to stay until the process ends. */
bool crew_end(struct crew *c, unsigned limit_ms);

/* After the end: 0, or a negative errno with *why filled in when no worker got as far as
 * copying: no engine, no memory. */
int crew_error(const struct crew *c, struct engine_reason *why);

/* The engine in use; NULL while none has been chosen. Safe while workers run. */
const char *crew_engine(struct crew *c);

/* Calls report(arg, engine name, reason) for each engine that was passed over, and for what the
 * chosen one does without, in order. After the end only. */
void crew_report_remarks(struct crew *c,
                         void (*report)(void *arg, const char *engine, const char *reason),
                         void *arg);

/* Frees the crew after crew_end() has returned true. */
void crew_free(struct crew *c);

#endif
