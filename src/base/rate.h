/* rate: a limit of bytes per second, for all threads that share it. What is not used is lost: after a
 * pause nobody may catch up. */
#ifndef UCOPY_BASE_RATE_H
#define UCOPY_BASE_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint64_t limit; /* bytes per second; 0: none. Fixed at start */
    _Atomic uint64_t
        spent; /* until this moment the bytes are given away; ns, CLOCK_MONOTONIC */
};

/* Reserves n bytes. Returns the moment from which on they may be read, ns on CLOCK_MONOTONIC: so
 * late that no more than `limit` come to a second, from the first one on. 0 without a limit. Any
 * thread; does not wait. */
uint64_t rate_reserve(struct rate *r, uint64_t n);

/* How long to wait for such a moment: ms, rounded up; 0 if it is over. */
unsigned rate_wait_ms(uint64_t due);

/* Reserves n bytes and waits until they may be read, in steps of at most RATE_STEP_MS, before each
 * of which goes_on(arg) is called. False: that said no. Never waits without a limit. */
bool rate_wait(struct rate *r, uint64_t n, bool (*goes_on)(void *arg), void *arg);

#define RATE_STEP_MS 50u

#endif
