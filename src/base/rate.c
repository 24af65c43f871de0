#include "rate.h"

#include "clock.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* The time that n bytes take. */
static uint64_t cost(uint64_t n, uint64_t limit)
{
    return n / limit * NS_PER_S + (uint64_t)((double)(n % limit) / (double)limit * 1e9);
}

uint64_t rate_reserve(struct rate *r, uint64_t n)
{
    uint64_t before, after, now;

    if (r->limit == 0)
        return 0;
    now = clock_now_ns();
    before = atomic_load(&r->spent);
    do
        after = (before > now ? before : now) + cost(n, r->limit);
    while (!atomic_compare_exchange_weak(&r->spent, &before, after));
    return after;
}

unsigned rate_wait_ms(uint64_t due)
{
    uint64_t now = due ? clock_now_ns() : 0;

    return due > now ? (unsigned)((due - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

bool rate_wait(struct rate *r, uint64_t n, bool (*goes_on)(void *arg), void *arg)
{
    uint64_t due = rate_reserve(r, n);
    unsigned ms;

    while ((ms = rate_wait_ms(due)) > 0) {
        if (!goes_on(arg))
            return false;
        clock_pause_ms(ms < RATE_STEP_MS ? ms : RATE_STEP_MS);
    }
    return true;
}
