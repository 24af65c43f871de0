/* signals: the signals that end or ask, as events for the main thread's loop. */
#ifndef UCOPY_SIGNALS_H
#define UCOPY_SIGNALS_H

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 in the calling thread (threads started later
 * inherit that) and makes a descriptor that becomes readable when one arrives. A signal that
 * was ignored when the program started (nohup) stays ignored. SIGPIPE and SIGXFSZ are ignored
 * from now on, so that they show as EPIPE and EFBIG of the write concerned. Returns 0 and the
 * descriptor (the caller's) in *ret_fd, or a negative errno. */
int signals_open(int *ret_fd);

/* Takes the next signal that has arrived; 0 if there is none. Never waits. */
int signals_next(int fd);

#endif
