/* thread: threads that may hang in the kernel and never end. */
#ifndef UCOPY_THREAD_H
#define UCOPY_THREAD_H

#include <pthread.h>
#include <signal.h>

/* Starts a thread that nobody joins, as it may never end; with all signals blocked, which are
 * the main thread's. 0 or a negative errno. */
static inline int thread_start(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    sigset_t all, old;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r == 0)
        pthread_detach(thread);
    return -r;
}

#endif
