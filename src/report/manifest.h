/* manifest: --manifest: a list of the files that were copied with their hashes, as sha256sum(1) and
 * the like check it.
 *
 * Lines of a copy are collected until it has ended, because only then it is known which files no
 * destination has got. The list is written at the end of the run, in one go. Until then it is in
 * memory or, where it is long, in a temporary file without a name (base/spool.h). A thread that can
 * be left behind writes it.
 *
 * Names begin at the directory that the list is for: the operand that the user gave. The main
 * thread only. */
#ifndef UCOPY_REPORT_MANIFEST_H
#define UCOPY_REPORT_MANIFEST_H

#include <stdbool.h>

#include "base/digest_set.h"

struct manifest;

/* Whether programs that check lists of this algorithm, an index in digest_table, can be given that
 * name. */
bool manifest_carries(unsigned algorithm, const char *name);

struct manifest_wish {
    const char *path;   /* "-": standard output */
    unsigned algorithm; /* an index in digest_table */
    bool durable;       /* the list is flushed */
    bool repeats; /* a copy may rename the file of an earlier one and take its name: only the
                         * last file of a name is listed. Then all names are in memory */
};

/* Begins the list. Nothing is changed yet. 0; -EINVAL with *ret_error set to a line for the
 * user, which the caller frees: it could not be written there; or -ENOMEM. */
int manifest_begin(struct manifest **ret, const struct manifest_wish *wish, char **ret_error);

/* Adds a file of the current copy. listed: the name of what is copied, "": it is the directory
 * itself; below: the file's path from there on, with a "/" in front, or "". */
void manifest_add(struct manifest *m, const char *listed, const char *below,
                  const struct digest_values *values);

/* Destination d of the current copy has not got what is at `below`, nor what is in it; "": it is of
 * no use at all. */
void manifest_lost(struct manifest *m, unsigned d, const char *below);

/* The file at `below` of the current copy is to be left out. */
void manifest_drop(struct manifest *m, const char *below);

/* The current copy, with so many destinations, has ended. Files that no destination has got are
 * left out. */
void manifest_end_copy(struct manifest *m, unsigned n_dests);

/* What has ended the writing of a list. */
struct manifest_end {
    int signal; /* that came meanwhile, or 0 */
    bool hung;  /* a thread is left that uses the list, which must not be freed */
};

/* Writes the list. keep: if it has no line, what exists stays as it is. timeout_ms: how long a
 * write may take; 0: no limit. 0; or -1: something is missing, which was reported. */
int manifest_write(struct manifest *m, bool keep, unsigned timeout_ms, int signal_fd,
                   struct manifest_end *ret);

/* Frees it. NULL is fine. */
void manifest_free(struct manifest *m);

#endif
