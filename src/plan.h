/* plan: what is to be copied to where, decided and checked before anything is touched.
 *
 * Resolves "DEST is a directory", applies the guards (same file, cp's habit, nodes), and
 * works out one copy per source. It only looks; target_open() is the first to touch. */
#ifndef UCOPY_PLAN_H
#define UCOPY_PLAN_H

#include "options.h"

struct plan_copy {
    char *source;
    char **dests; /* final paths, DEST/basename(SOURCE) where DEST is a directory */
    unsigned n_dests;
    const char
        *label; /* with -t: the last component of all dests; NULL: without. In one of them */
    bool tree;  /* source is a directory, or something else that is no regular file and is not
                   read but made anew (tree.h) */
};

struct plan {
    struct plan_copy *copies;
    unsigned n_copies;
};

/* Makes the plan. Returns 0, or a negative errno with *ret_error set to one line without
 * newline for the user (malloc'd, the caller frees it) and nothing to free in *p. What is only
 * known to fail for one destination (its directory is missing, say) is no error here: that
 * destination fails when it is opened, and the others are served. What concerns the source is
 * not checked here either, except that it is no destination and, where it can be told, not a
 * directory. A path that does not answer is not checked at all: see ask_is_silent(), by which
 * it must not be touched.
 *
 * Refused (-EINVAL): two destinations that are one file, by whatever path; a destination that
 * is the source; a destination before the last that is an existing regular file while the last
 * is a directory, or does not answer (cp's habit; allowed by --force); a block device; with -T
 * a destination that is a directory; with -t something that is no directory. */
int plan_make(struct plan *p, const struct options *o, char **ret_error);

void plan_free(struct plan *p);

#endif
