/* supervisor: the process that was started waits, and one of its own making does the work.
 *
 * A process with a thread that hangs in the kernel (a FUSE server that does not answer, a file
 * server that is gone, a device in its retries) does not come to its end, whatever it does: the
 * last thread that does not heed SIGKILL keeps it, and whoever waits for it. So what must end
 * when it says so does nothing that can hang, and what can hang may be left behind.
 *
 * Signals are the supervisor's, and it passes them on. One that a terminal sends to both
 * processes, or killall(1), counts once. */
#ifndef UCOPY_BASE_SUPERVISOR_H
#define UCOPY_BASE_SUPERVISOR_H

/* Splits the process; only the worker process returns. It finds in *ret_fd a descriptor for
 * signals_next() that becomes readable with every signal (see signals_open()) and is the
 * worker's to keep. When the supervisor dies, so does the worker. Where no second process can
 * be had the one there is goes on alone. Returns 0 or a negative errno. */
int supervisor_start(int *ret_fd);

/* Ends the supervisor with this status, and with it the worker process or what hangs of it.
 * What is left of that begins no write to a regular file. fd: supervisor_start()'s. */
_Noreturn void supervisor_leave(int fd, int status);

#endif
