/* signals: the signals that end or ask, as events for the main thread's loop. */
#ifndef UCOPY_BASE_SIGNALS_H
#define UCOPY_BASE_SIGNALS_H

#include <stdbool.h>
#include <sys/signalfd.h>

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 in the calling thread (threads started later
 * inherit that) and makes a descriptor that becomes readable when one arrives. A signal that
 * was ignored when the program started (nohup) stays ignored. SIGPIPE and SIGXFSZ are ignored
 * from now on, so that they show as EPIPE and EFBIG of the write concerned. Returns 0 and the
 * descriptor (the caller's) in *ret_fd, or a negative errno. */
int signals_open(int *ret_fd);

/* Takes what is known of the next signal that has arrived. False if there is none. fd is
 * signals_open()'s, or one by which such records come; does not block. */
bool signals_take(int fd, struct signalfd_siginfo *ret);

/* Takes the next signal that has arrived, as signals_take(); 0 if there is none. */
int signals_next(int fd);

/* Takes all signals that have arrived. *signal, at first 0, becomes the first of them that asks
 * for the end: any but SIGUSR1. Whether one has, now or before. */
bool signals_end(int fd, int *signal);

#endif
