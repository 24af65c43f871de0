/* patience: how long destinations that have nothing to do wait for a slow one. */
#ifndef UCOPY_COPY_PATIENCE_H
#define UCOPY_COPY_PATIENCE_H

#include <stdint.h>

/* For how many ms in all, after a copy has taken passed_ms so far. At least for what a busy
 * machine may keep a thread from running; for a third of the time at first, as a fast copy of a
 * big file may be over in less than a second; for a tenth in the long run. This bounds what a
 * slow destination can cost the others, whatever else it does. */
static inline int64_t pace_patience_ms(uint64_t passed_ms)
{
    uint64_t early = 50 + passed_ms / 3, late = 200 + passed_ms / 10;

    return (int64_t)(early < late ? early : late);
}

#endif
