/* interrupted: system calls that end with EINTR are made again.
 *
 * All signals are blocked in all threads (signals.h), but a stop (SIGSTOP, a frozen control
 * group, suspend to RAM, a debugger) interrupts a wait in the kernel, too. Most calls are then
 * made again by the kernel. Not so on FUSE, whose server may answer an interrupted request with
 * EINTR (request_wait_answer(), Linux 6.18), and on network file systems. */
#ifndef UCOPY_BASE_INTERRUPTED_H
#define UCOPY_BASE_INTERRUPTED_H

#include <errno.h>

/* A server that answers EINTR more often than that has an error of its own. */
#define INTERRUPTED_TRIES 1000

/* The result of the call, which is negative, with errno, when it has failed. It is made again
 * as long as it is interrupted. Not for close(2), nor for calls that leave a part of their work
 * done, such as write(2). */
#define UNINTERRUPTED(call)                                                                    \
    __extension__({                                                                            \
        __typeof__(call) result_;                                                              \
        unsigned tries_ = 0;                                                                   \
                                                                                               \
        do                                                                                     \
            result_ = (call);                                                                  \
        while (result_ < 0 && errno == EINTR && ++tries_ < INTERRUPTED_TRIES);                 \
        result_;                                                                               \
    })

#endif
