/* dest_links_priv: for one destination, under which path each file of the source with several
 * names (hard links) stands there. It is the only place that knows: another name of a file
 * becomes a link to that path, or, if the file stands nowhere, a file with data of its own or a
 * failure. What merely stands under the path of a name that could not be made is never linked to.
 *
 * The destination's thread reports to the table what became of each name (dest_state_priv.h,
 * tree_dest_begin_name() and the next ones). Trees that are copied into the same directories one
 * after the other share the table.
 *
 * The table grows with the tree: it has an entry per file that stands at the destination and has
 * names that are still to come. */
#ifndef UCOPY_TREE_DEST_LINKS_PRIV_H
#define UCOPY_TREE_DEST_LINKS_PRIV_H

#include <sys/stat.h>

#include "base/table.h"
#include "inode_priv.h"

/* All zero: empty. */
struct dest_links {
    struct table table;
};

/* The file with that stat in the source stands under the path now. A file that stands under
 * another path already stays noted under that one. path: from the root of its tree on, as "/a/b";
 * label: the name of that tree, if several trees share the table, or "". Without memory the file
 * counts as one that stands nowhere. */
void dest_links_made(struct dest_links *l, const struct stat *source, const char *label,
                     const char *path);

/* The file stands nowhere any more as far as anybody may ask: it could not be made, or all of its
 * names have come. */
void dest_links_forget(struct dest_links *l, const struct stat *source);

/* Returns the path under which the file stands, for the tree with that label: "/a/b" from its root
 * on, or "label/a/b" in another tree, from the directory that the roots are in. NULL: it stands
 * nowhere. The path lives until the file is forgotten. */
const char *dest_links_where(const struct dest_links *l, const struct stat *source,
                             const char *label);

/* Frees the table; it is empty then. */
void dest_links_free(struct dest_links *l);

#endif
