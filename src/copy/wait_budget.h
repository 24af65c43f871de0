/* wait_budget: for how long in all consumers that have nothing to do wait for slow ones. */
#ifndef UCOPY_COPY_WAIT_BUDGET_H
#define UCOPY_COPY_WAIT_BUDGET_H

#include <stdint.h>

/* The waiting time in ms that is allowed when the work has taken passed_ms so far. At least the
 * time for which a busy machine may keep a thread from running; a third of the time at first,
 * as a fast copy of a big file may be over in less than a second; a tenth in the long run. This
 * bounds what a slow destination can cost the others, whatever else it does. */
static inline int64_t wait_budget_ms(uint64_t passed_ms)
{
    uint64_t early = 50 + passed_ms / 3, late = 200 + passed_ms / 10;

    return (int64_t)(early < late ? early : late);
}

#endif
