/* signals: SIGINT, SIGTERM and SIGHUP, which stop the program, and SIGUSR1, which shows the
 * progress, as events for the main thread's poll loop. */
#ifndef UCOPY_BASE_SIGNALS_H
#define UCOPY_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>

/* Fills *ret with SIGINT, SIGTERM, SIGHUP and SIGUSR1, except those that are ignored. */
void signals_wanted(sigset_t *ret);

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 in the calling thread; threads that start later
 * inherit that. Makes a nonblocking descriptor that is readable when one of them has arrived. A
 * signal that was ignored at program start (nohup) stays ignored. SIGPIPE and SIGXFSZ are
 * ignored from now on, so that the write fails with EPIPE or EFBIG instead. Returns 0 and the
 * descriptor (the caller's) in *ret_fd, or a negative errno. */
int signals_open(int *ret_fd);

/* Reads the record of the next signal that has arrived. False: there is none. Does not block.
 * fd: from signals_open(), or another nonblocking descriptor that delivers such records. */
bool signals_take(int fd, struct signalfd_siginfo *ret);

/* As signals_take(), but returns the number of the signal; 0: there is none. */
int signals_next(int fd);

/* Reads all signals that have arrived. *signal must be 0 before the first call; it becomes the
 * first signal that stops the program, which is any but SIGUSR1. Returns whether *signal is
 * set.
 */
bool signals_end(int fd, int *signal);

#endif
