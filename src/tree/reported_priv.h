/* reported_priv: which failures have been told already, where they may be met more than once:
 * by several walks through one tree. As many bytes as there are failures, times 32 or so. */
#ifndef UCOPY_TREE_REPORTED_PRIV_H
#define UCOPY_TREE_REPORTED_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/hash.h"

/* All zero: none has been. */
struct reported {
    struct hash *slots; /* all zero: free */
    size_t n_slots;     /* a power of two, or 0 */
    size_t n;
};

/* Whether the same has been told before: of that path, and by a caller that means the same with
 * the number `who`. From now on it has been. Without memory it has not. */
bool reported_before(struct reported *t, unsigned who, const char *path,
                     const struct failure *f);

void reported_free(struct reported *t);

#endif
