/* reported_priv: which failures have been reported already, where they may be met more than
 * once: by several walks through one tree. Takes about 50 bytes for each failure. */
#ifndef UCOPY_TREE_REPORTED_PRIV_H
#define UCOPY_TREE_REPORTED_PRIV_H

#include <stdbool.h>

#include "base/failure.h"
#include "base/hash_table.h"

/* All zero: none has been reported. */
struct reported {
    struct hash_table table;
};

/* Returns whether the same failure of the same path has been reported before, by a caller with
 * the same number `who`. From now on it has been. Without memory the answer is no. */
bool reported_before(struct reported *t, unsigned who, const char *path,
                     const struct failure *f);

/* Frees the table; it is empty then. */
void reported_free(struct reported *t);

#endif
