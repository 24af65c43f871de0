/* totals_priv: how much there is in a tree, for people who want to know how far its copy is.
 * Counted beside the copy, by looking at every entry once: what changes meanwhile is counted or
 * is not, and what cannot be looked at is left out. */
#ifndef UCOPY_TREE_TOTALS_PRIV_H
#define UCOPY_TREE_TOTALS_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct totals {
    const char *path; /* of the root; not owned */
    bool follow;      /* it may be a symlink, which is followed; none below it ever is */
    bool one_file_system;
    bool keep_links; /* of a file with several names each counts for its part of the bytes */
    void *arg;
    /* Whether the directory is not part of the tree. Called by the thread that counts. */
    bool (*leave_out)(void *arg, const struct stat *st);

    atomic_bool stop;       /* any thread may set it: the end is not waited for */
    _Atomic uint64_t bytes; /* so far, of regular files */
    _Atomic uint64_t files; /* so far: all but directories */
};

/* Counts. 0 when that has been all; -ECANCELED when it was stopped, or another negative errno
 * when nothing can be said: the root is not to be opened, or there is no memory. */
int totals_count(struct totals *c);

#endif
