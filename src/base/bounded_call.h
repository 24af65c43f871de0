/* bounded_call: runs calls that may hang in the kernel, each in a thread that the caller can
 * abandon when a time limit is over. */
#ifndef UCOPY_BASE_BOUNDED_CALL_H
#define UCOPY_BASE_BOUNDED_CALL_H

#include <stdbool.h>

struct bounded_calls {
    unsigned n;         /* number of calls */
    const bool *wanted; /* which of the n calls to run; NULL: all */
    unsigned at_once;   /* threads to start with; each thread runs one call after the other.
                         * More threads are started when calls are slow. 0: one thread per
                         * call */

    void (*run)(void *arg, unsigned i);  /* makes call i; in another thread */
    void (*undo)(void *arg, unsigned i); /* reverses a call that returned after it was
                                          * abandoned; in the same thread; NULL: nothing to
                                          * reverse */
    void *arg;                           /* of all functions here; not owned */

    unsigned timeout_ms; /* counted from the start of the latest call; 0: no limit */

    /* Called when timeout_ms is over. Returns whether there was progress since the last time;
     * the time limit starts again then. NULL: there never is. */
    bool (*moved)(void *arg);

    int wake_fd;             /* stop() is called when this descriptor is readable; -1: never */
    bool (*stop)(void *arg); /* true: start no more calls */
    unsigned stop_ms;        /* how long to wait for running calls after stop() returned true */

    /* Called while calls run; true: as if stop() had returned true. It may run other calls with
     * bounded_calls_run(). NULL: never. */
    bool (*tick)(void *arg);
    unsigned tick_ms; /* at least so often */
};

/* Runs run(arg, i) concurrently for each wanted i. Waits until all calls have returned, or
 * until a time limit is over: then the remaining calls are abandoned. Returns the number of
 * abandoned calls, and sets late[0..n-1]: true for an abandoned call.
 *
 * An abandoned call may still be running. The caller must not use its results, and must never
 * free arg. A call that had not started when stop() returned true never starts; it counts as
 * abandoned. Without memory or threads the calls run one after the other in the calling thread,
 * without any time limit. */
unsigned bounded_calls_run(const struct bounded_calls *params, bool *late);

#endif
