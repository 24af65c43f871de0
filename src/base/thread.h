/* thread: threads that may hang in the kernel and never end. One that comes to the end of what
 * it was started for is kept for the next. */
#ifndef UCOPY_BASE_THREAD_H
#define UCOPY_BASE_THREAD_H

/* Runs run(arg), whose result means nothing, in a thread that nobody joins, as it may never
 * end; with all signals blocked, which are the main thread's. 0 or a negative errno. */
int thread_start(void *(*run)(void *), void *arg);

#endif
