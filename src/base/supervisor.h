/* supervisor: splits the program into two processes. The process that the user started becomes
 * the supervisor, which only waits. Its child, the worker process, does the work.
 *
 * A thread may hang in the kernel: a FUSE server does not respond, a file server is down, a
 * device repeats a request. Its process cannot terminate then, not even by SIGKILL, and the
 * shell would wait for it. So the supervisor makes no call that can hang. It can exit at any
 * time, and it leaves a worker process that hangs behind.
 *
 * The supervisor receives the signals and passes them on to the worker process. A signal that
 * is sent to the worker process alone goes to the supervisor first. So a signal counts once,
 * even if a terminal or killall(1) sends it to both processes. */
#ifndef UCOPY_BASE_SUPERVISOR_H
#define UCOPY_BASE_SUPERVISOR_H

#include <stdbool.h>

/* Splits the process. The function returns in the worker process only. *ret_fd becomes a
 * descriptor for signals_next() that is readable when a signal (see signals_open()) has
 * arrived; it is the caller's. The kernel kills the worker process when the supervisor dies. If
 * fork(2) fails, the function returns in the only process, which works without a supervisor.
 * patient: the first signal is how the work usually ends, and the worker process may take as long as it
 * likes for it; from the second one on it may not.
 * Returns 0 or a negative errno. */
int supervisor_start(int *ret_fd, bool patient);

/* Makes the supervisor exit with this status, and terminates the worker process, as far as its
 * threads do not hang. What is left of the worker process starts no write to a regular file any
 * more. fd: from supervisor_start(). */
_Noreturn void supervisor_leave(int fd, int status);

#endif
