/* plan: what is to be copied to where, decided and checked before anything is touched.
 *
 * Resolves "DEST is a directory", applies the guards (same file, cp's habit, nodes), and
 * works out one copy per source. It only looks; target_open() is the first to touch. */
#ifndef UCOPY_PLAN_PLAN_H
#define UCOPY_PLAN_PLAN_H

#include "cli/options.h"

struct plan_copy {
    char *source;
    char **dests; /* final paths, DEST/basename(SOURCE) where DEST is a directory */
    unsigned n_dests;
    char *label;    /* with -t: the last component of all dests' roots; NULL: without */
    size_t way_len; /* --parents: bytes at the end of source and dests that lead from the root,
                       the first directory that is made, to what is copied; 0: that is the root
                     */
    bool contents;  /* of a tree: those of FIFOs and devices are copied */
    bool follow;    /* a symlink that source leads to is followed */
    bool tree; /* source is a directory, or something else that is no regular file and is not
                  read but made anew (tree.h) */
    char *left_out;  /* --cp: what to say instead of making this copy; NULL: it is made */
    bool is_failure; /* to leave it out is one */
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
 * directory. A path that does not answer is not checked at all: see path_probe_is_silent(), by
 * which it must not be touched.
 *
 * With --cp the last operand is the destination, and what concerns one source leaves out that
 * one alone.
 *
 * Refused (-EINVAL): two destinations that are one file, by whatever path; a destination that
 * is the source; a destination before the last that is an existing regular file while the last
 * is a directory, or does not answer (cp's habit; allowed by --force); a block device; with -T
 * a destination that is a directory; with -t something that is no directory. */
int plan_make(struct plan *p, const struct options *o, char **ret_error);

/* The source's or a destination's path without the way from its root, in a string that the
 * caller frees; NULL without memory. */
char *plan_root(const struct plan_copy *c, const char *path);

void plan_free(struct plan *p);

#endif
