/* dest_links_priv: hard links at one destination: where each file of the source with several
 * names is there. No other place knows it: a further name of a file becomes a hard link to the
 * path in this table. Without an entry the file is nowhere at the destination, and the further
 * name becomes a file with data of its own, or a failure. An existing entry that merely has the
 * path of a name is never linked to: the table knows the inode of the file.
 *
 * Some file servers give unlike files one inode number, and more than one link. So a name is
 * one of the file only if its size, its times and its count of links are those of the file.
 *
 * The destination's thread keeps the table up to date (dest_state_priv.h, dest_links.c). Trees
 * that are copied into the same directories one after the other share it.
 *
 * The table grows with the tree: it has an entry per file that is at the destination, until the
 * last of its names has come. */
#ifndef UCOPY_TREE_DEST_LINKS_PRIV_H
#define UCOPY_TREE_DEST_LINKS_PRIV_H

#include <sys/stat.h>

#include "base/hash_table.h"
#include "inode_priv.h"
#include "target/made.h"

/* All zero: empty. */
struct dest_links {
    struct hash_table table;
};

/* Notes that the source's file with that stat is at the path now, and is the file *id there. It
 * takes the place of an earlier entry. path: from the root of its tree on, as "/a/b"; label:
 * the name of that tree if several trees share the table, or "". 0, or -ENOMEM: then
 * the file counts as one that is nowhere. */
int dest_links_made(struct dest_links *l, const struct stat *source, const char *label,
                    const char *path, const struct made_id *id);

/* Notes that the file is nowhere: its first name is still to come, or the last one has come, so
 * that nobody will ask. */
void dest_links_forget(struct dest_links *l, const struct stat *source);

/* Returns the path of the file, for the tree with that label: "/a/b" from its root on, or, if
 * the file is in another tree, "label/a/b" from the directory that the roots are in. *ret_id
 * becomes the file that has to be there. NULL: the file is nowhere. The path lives until the
 * file is forgotten or made again. */
const char *dest_links_where(const struct dest_links *l, const struct stat *source,
                             const char *label, struct made_id *ret_id);

/* Frees the table; it is empty then. */
void dest_links_free(struct dest_links *l);

#endif
