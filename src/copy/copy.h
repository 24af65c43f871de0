/* copy: the room that moves the bytes of one file from its source to all its destinations.
 *
 * What it is for. A job (job.h) is one copy: the ledger (ledger.h) of the ranges that each
 * destination still needs, and the state of each destination. The workers of a crew (worker.h)
 * each run the copy loop below: claim the next range that somebody needs, read it once, write
 * it to all destinations that need it, and account for every result. The loop is above all
 * engines and the same for all of them. All repair is here, too: short transfers, EINTR and
 * EAGAIN, operations that an engine left unstarted, destinations that fail, are slow or do not
 * answer, the end of the source.
 *
 * What it never does. It knows neither options nor reports, and it never prints: it gets
 * numbers and descriptors, and returns states and struct failure. It opens, closes, renames and
 * truncates no file. It does not know names.
 *
 * Who owns what. The caller owns the descriptors, the endpoints and the job, which outlive the
 * crew. A worker owns its engine, its buffers, and the state of its loop: chunks (chunk.c),
 * pace (pace.c: which destinations share a range) and watchdog (watchdog.c: which endpoints are
 * silent). Workers share the job and nothing else.
 *
 * Which thread runs it. Each worker is a thread. The functions below, except copy_take_away(), and
 * all *_priv.h files are for the worker's thread only; job.h is for any thread; worker.h is for
 * the main thread.
 *
 * To add a kind of work: a value of enum work and its stages in job.h, and
 * a struct work_ops in a file of its own (copy_priv.h). */
#ifndef UCOPY_COPY_COPY_H
#define UCOPY_COPY_COPY_H

#include "engine/engine.h"
#include "job.h"

struct copy;
struct pool;

/* Makes the loop's state for one worker. The pool of its buffers and the job outlive the copy.
 * Everything the loop needs is allocated here. 0 or -ENOMEM. */
int copy_create(struct job *j, const struct pool *pool, struct copy **ret_copy);

/* After copy_run(): whether an operation that is under way may use buffer i of the pool. */
bool copy_uses(const struct copy *c, unsigned i);

/* Returned when operations are still under way: destroying the engine has to wait for them, and
 * may have to for ever. */
#define COPY_LEFT 1

/* Returned when copy_take_away() has taken the work. */
#define COPY_TAKEN 2

/* Copies until nothing is left to claim, or the job is stopping. A destination that wants it
 * (endpoint.flush) is flushed as soon as it is complete; when the fsync fails, the destination
 * is dropped. Failures of single destinations and of the source are recorded in the job. An
 * endpoint that does not answer for longer than endpoint.timeout_ms (with a flush: and
 * copy_flush_allowance_ms()) fails with ETIMEDOUT.
 *
 * Returns 0; COPY_LEFT, after unfinished work has been returned to the job; COPY_TAKEN, with
 * operations under way; or a negative errno if the engine itself broke: every destination has
 * then been dropped for that reason, and operations may be under way, too. */
int copy_run(struct copy *c, struct engine *e);

/* Whether copy_run() is in a call of its engine for too long: the kernel makes some operations
 * before the call returns, and one of them hangs. (FUSE does so with O_DIRECT writes beyond the
 * end of a file, fs/fuse/file.c of Linux 6.18; so does io_submit(2) through the page cache.)
 * Nobody knows which one it is. */
enum copy_absence {
    COPY_HERE,
    COPY_LATE, /* for longer than any time-out of the job, or than prompt operations take:
                  another worker should do the work */
    COPY_LOST, /* and for so long that it is not worth while to look for another worker */
};

/* For another thread, while copy_run() may be running. */
enum copy_absence copy_absence(const struct copy *c);

/* If copy_run() is late or lost, returns what the copy has claimed to the job, for an engine of
 * which the loop is never away. A destination without positions that has a write under way is
 * dropped. copy_run() touches the job no more, and returns COPY_TAKEN if that call ever ends.
 * Whether the work was taken. For another thread, while copy_run() may be running. */
bool copy_take_away(struct copy *c);

/* How long a slow device may take, in addition to its time-out, to flush what the page cache
 * took fast: a second per 4 MiB that the cache can hold back. size in bytes; milliseconds. */
unsigned copy_flush_allowance_ms(uint64_t size);

/* Frees the loop's state; NULL is fine. */
void copy_free(struct copy *c);

#endif
