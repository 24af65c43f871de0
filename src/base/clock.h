/* clock: the monotonic time, for waits, and the time that this process has run, for limits. */
#ifndef UCOPY_BASE_CLOCK_H
#define UCOPY_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The time on CLOCK_MONOTONIC, in nanoseconds. */
static inline uint64_t clock_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same in milliseconds. */
static inline uint64_t clock_now_ms(void)
{
    return clock_now_ns() / 1000000;
}

/* While a limit runs that is measured with clock_running_ms(), some thread has to call it at
 * least so often. */
#define CLOCK_LOOK_MS 250u

/* The time that this process has run, in milliseconds since some moment; never 0. Time does not
 * count in which it was stopped (SIGSTOP, Ctrl-Z, a debugger), frozen with its control group, or
 * the machine slept: nobody answers a process that does not run, so limits for answers are
 * measured with this clock. The process notices such a time afterwards only, by a long pause
 * between two calls, of which it counts a part of a second. Never goes back. Any thread. */
uint64_t clock_running_ms(void);

/* How long poll(2) may wait for a moment of clock_running_ms(), which is not over: ms; -1, for
 * ever, if it is UINT64_MAX. */
static inline int clock_wait_ms(uint64_t now, uint64_t deadline)
{
    if (deadline == UINT64_MAX)
        return -1;
    return (int)(deadline - now < CLOCK_LOOK_MS ? deadline - now : CLOCK_LOOK_MS);
}

/* < 0, 0 or > 0, as the first time is earlier, equal or later. */
static inline int clock_compare(const struct timespec *a, const struct timespec *b)
{
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

/* Whether the two times are equal. */
static inline bool clock_same(const struct timespec *a, const struct timespec *b)
{
    return clock_compare(a, b) == 0;
}

/* Waits for ms milliseconds, or until a signal comes. */
static inline void clock_pause_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* The time on CLOCK_MONOTONIC in ms milliseconds from now. */
static inline struct timespec clock_in_ms(unsigned ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

#endif
