/* check_dir_priv: verifies one directory against a list. */
#ifndef UCOPY_CHECK_CHECK_DIR_PRIV_H
#define UCOPY_CHECK_CHECK_DIR_PRIV_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "mhl/mhl.h"

/* What all threads share. They only read it, but for their own element of `known` and the atomics. */
struct check_jobs {
    struct sums sums;
    struct stat list; /* of the list, which is no extra file */
    struct mhl_known *
        *known;            /* by number of the member: what its histories say; NULL: there is a
                               * list */
    unsigned n;            /* of these */
    atomic_bool any_right; /* a file has had its checksum */
    _Atomic(const char *) or_else; /* of a checksum that a file has not had; static; or NULL */
};

/* The thread of a struct inspector whose arg is a struct check_jobs. */
void *check_dir(void *member);

#endif
