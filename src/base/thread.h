/* thread: threads that may hang in the kernel and never terminate. A thread that has finished
 * its work is kept for the next work. */
#ifndef UCOPY_BASE_THREAD_H
#define UCOPY_BASE_THREAD_H

/* Runs run(arg) in another thread, and ignores its result. The thread cannot be joined, as it
 * may never terminate. It blocks all signals; the main thread receives them. 0 or a negative
 * errno. */
int thread_start(void *(*run)(void *), void *arg);

#endif
