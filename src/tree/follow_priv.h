/* follow_priv: which symlinks in the source are followed. */
#ifndef UCOPY_TREE_FOLLOW_PRIV_H
#define UCOPY_TREE_FOLLOW_PRIV_H

#include <stdbool.h>

struct tree_follow {
    unsigned n_subpath; /* components of the path from the root to the part that is copied, 0:
                         * that is the root. Symlinks among them are followed */
    bool part;          /* so is a symlink in the place of that part ... */
    bool all;           /* ... and any symlink below it */
};

/* Whether symlinks are followed on that level: of an entry that has so many directories above
 * it, from the root on. */
static inline bool tree_follows_at(const struct tree_follow *f, unsigned level)
{
    return f->all || level < f->n_subpath || (level == f->n_subpath && f->part);
}

#endif
