/* lacking_priv: engines that this kernel cannot run, and why. That does not change while the process
 * runs, so that one copy finds it out for all. For any thread. */
#ifndef UCOPY_COPY_LACKING_PRIV_H
#define UCOPY_COPY_LACKING_PRIV_H

#include <stdbool.h>

#include "engine/engine.h"

/* Whether the kernel is known to lack what engines of the kind need. If so, *why is the reason. */
bool lacking_has(const struct engine_ops *ops, struct engine_reason *why);

/* Remembers that. *why is copied. */
void lacking_note(const struct engine_ops *ops, const struct engine_reason *why);

#endif
