/* wait_account: which of several consumers makes others wait, and for how long in all. Each has an
 * account. Whoever feeds them looks at all of them again and again, with one struct wait_look each time:
 * first wait_account_note() for each, then wait_account_settle() for each. How long is too long:
 * wait_budget.h. */
#ifndef UCOPY_COPY_WAIT_ACCOUNT_H
#define UCOPY_COPY_WAIT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: a new one. */
struct wait_account {
    int64_t debt; /* ms that others waited for it, less those that it waited for others */
    bool late;    /* idle ones wait for it */
    bool idle;    /* it has nothing to do, and waits for late ones */
};

struct wait_look {
    int64_t passed_ms;       /* since the last look */
    int64_t least;           /* no debt becomes less; INT64_MIN: any may */
    bool any_late, any_idle; /* of those that have been noted */
};

/* Adds the time since the last look to the debt, by what the consumer was then, and notes what it is
 * now. */
static inline void wait_account_note(struct wait_account *a, struct wait_look *look, bool late,
                                     bool idle)
{
    a->debt += a->late ? look->passed_ms : a->idle ? -look->passed_ms : 0;
    a->debt = a->debt < look->least ? look->least : a->debt;
    a->late = late;
    a->idle = idle;
    look->any_late |= late;
    look->any_idle |= idle;
}

/* A consumer is late only if another one is idle, and the other way round. */
static inline void wait_account_settle(struct wait_account *a, const struct wait_look *look)
{
    a->late &= look->any_idle;
    a->idle &= look->any_late;
}

#endif
