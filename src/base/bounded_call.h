/* bounded_call: calls that may hang in the kernel, made by threads that can be left behind. */
#ifndef UCOPY_BASE_BOUNDED_CALL_H
#define UCOPY_BASE_BOUNDED_CALL_H

#include <stdbool.h>

struct bounded_calls {
    unsigned n;
    const bool *wanted; /* which of the n are to be run; NULL: all */
    unsigned at_once; /* how many threads to begin with, each of which does one after the other;
                       * where fewer come back than are out others are called in. 0: one
                       * for each */
    void (*run)(void *arg, unsigned i);  /* in another thread */
    void (*undo)(void *arg, unsigned i); /* in the same thread, when run() has come back after
                                          * it was given up; NULL: nothing */
    void *arg;
    unsigned timeout_ms;      /* from when the last one was begun; 0: none */
    bool (*moved)(void *arg); /* asked when that time is over: whether anything has moved since
                     * it was asked last, and the time is to begin anew; NULL: nothing does */
    int wake_fd;              /* becomes readable when stop() has to be asked; -1: never */
    bool (*stop)(void *arg);
    unsigned stop_ms; /* how long to wait on when stop() has returned true */
};

/* Runs run(arg, i) for all i that are wanted, concurrently, and waits until they have come
 * back, or have been given up because a time is over. Returns how many were given up; late[i]
 * tells which: what these do is not to be looked at any more, and arg has to stay as long as
 * the process does. Those among them that had not been begun when stop() returned true never
 * are. Where threads or memory are short they are run one after the other, and
 * waited for. */
unsigned bounded_calls_run(const struct bounded_calls *e, bool *late);

#endif
