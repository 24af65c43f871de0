#include "clock.h"

#include <pthread.h>

/* A longer pause between two calls counts as one of this length. A busy machine makes pauses,
 * too: they are time that passes. */
#define MAX_PAUSE_MS (2 * CLOCK_LOOK_MS)

static struct {
    pthread_mutex_t lock;
    uint64_t seen_ms; /* on CLOCK_MONOTONIC, at the last call */
    uint64_t ran_ms;  /* what the last call has returned */
} running = {.lock = PTHREAD_MUTEX_INITIALIZER};

uint64_t clock_running_ms(void)
{
    uint64_t now, pause, ret;

    pthread_mutex_lock(&running.lock);
    now = clock_now_ms();
    pause = now - running.seen_ms;
    running.ran_ms += pause < MAX_PAUSE_MS ? pause : MAX_PAUSE_MS;
    running.seen_ms = now;
    ret = running.ran_ms;
    pthread_mutex_unlock(&running.lock);
    return ret;
}
