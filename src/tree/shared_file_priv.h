/* shared_file_priv: a file of the source that stays open, beside its record, for those who make
 * their copies of it by a clone, until all consumers have let go of the record. */
#ifndef UCOPY_TREE_SHARED_FILE_PRIV_H
#define UCOPY_TREE_SHARED_FILE_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/clock.h"

struct shared_file {
    int fd;              /* for reading */
    atomic_bool changed; /* somebody found that it no longer is what the record says */
};

/* Whether nobody has written to a file, as far as its times and size tell. */
static inline bool shared_file_unchanged(const struct stat *before, const struct stat *now)
{
    return before->st_size == now->st_size && clock_same(&before->st_mtim, &now->st_mtim) &&
           clock_same(&before->st_ctim, &now->st_ctim);
}

#endif
