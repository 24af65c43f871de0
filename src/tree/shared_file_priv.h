/* shared_file_priv: a file of the source that the reader shares with the destinations: it stays
 * open until no consumer of the stream needs its records any more, so that destinations can
 * clone it. */
#ifndef UCOPY_TREE_SHARED_FILE_PRIV_H
#define UCOPY_TREE_SHARED_FILE_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/clock.h"

struct shared_file {
    int fd; /* for reading */
    /* A destination has found that it is not as its record says any more; and has discarded its
     * copy for that. */
    atomic_bool changed, discarded;
};

#define TREE_CHANGED "it was changed while it was copied"

/* Whether a file is unchanged, as far as its times and its size show. */
static inline bool shared_file_unchanged(const struct stat *before, const struct stat *now)
{
    return before->st_size == now->st_size && clock_same(&before->st_mtim, &now->st_mtim) &&
           clock_same(&before->st_ctim, &now->st_ctim);
}

#endif
