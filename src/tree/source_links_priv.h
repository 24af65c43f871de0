/* source_links_priv: the files with several names (hard links) of which a walk through the
 * source has met a name, and how many names of each are still to come. Where such a file stands
 * at a destination is the matter of dest_links_priv.h.
 *
 * The table grows with the tree: it has an entry per file with several names, from the first of
 * them to the last. */
#ifndef UCOPY_TREE_SOURCE_LINKS_PRIV_H
#define UCOPY_TREE_SOURCE_LINKS_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/hash_table.h"
#include "inode_priv.h"
#include "record_priv.h"

/* All zero: empty. */
struct source_links {
    struct hash_table table;
    bool keep; /* a file may be met more often than it has names, because of symlinks: entries
                * stay, and no name is the last one */
    struct inode last;        /* the file of the last call of source_links_meet() ... */
    enum record_nth last_nth; /* ... and its answer; RECORD_ONLY_NAME: to be ignored */
};

/* Notes that a name of a file with several names has been met, and returns which one it is: any
 * but RECORD_ONLY_NAME. *ret_r is 0, or -ENOMEM if the file could not be noted. */
enum record_nth source_links_meet(struct source_links *l, const struct stat *st, int *ret_r);

/* Forgets the file, because it could not be read: its next name will be the first one. */
void source_links_forget(struct source_links *l, const struct stat *st);

/* Makes *ret, which is all zero, a copy. without_last: a copy of what there was before the last
 * call of source_links_meet(). 0, or -ENOMEM, and then *ret is all zero. */
int source_links_copy(const struct source_links *l, bool without_last,
                      struct source_links *ret);

/* Frees the table; it is all zero then. */
void source_links_free(struct source_links *l);

#endif
