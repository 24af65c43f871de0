/* inventory: what a walk has found in the source, and what the run cannot do without: for --delete,
 * which removes everything else. It holds hashes of paths, not the paths. Two paths with one hash are taken for one: then too little
 * is removed, never too much. Any thread may call these functions at the same time. */
#ifndef UCOPY_TREE_INVENTORY_PRIV_H
#define UCOPY_TREE_INVENTORY_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct inventory;

/* An empty one; NULL without memory. */
struct inventory *inventory_new(void);

/* Frees it; NULL does nothing. */
void inventory_free(struct inventory *i);

/* Notes an entry. path: below the root, "": the root itself. An entry may be noted several times;
 * the directory that it is in has been noted before. */
void inventory_add(struct inventory *i, const char *path);

/* Notes that all entries of the directory have been noted, or that something was said. */
void inventory_note_listed(struct inventory *i, const char *path);

/* Notes that the run uses this directory, because it reads it, or this file or symlink, because it comes
 * to what it copies by a symlink. */
void inventory_note_used(struct inventory *i, const struct stat *st);

/* Notes so every symlink that is passed on the way to what the path leads to: also in its last
 * component, and in the texts of other symlinks. The path begins at dir_fd (or AT_FDCWD). May hang. */
void inventory_note_way(struct inventory *i, int dir_fd, const char *path);

/* Whether that was noted: what is used must not be removed, under whatever name. */
bool inventory_uses(struct inventory *i, const struct stat *st);

/* Whether the entry was noted; *ret_listed: and its entries; *ret_inside: how many. */
bool inventory_find(struct inventory *i, const char *path, bool *ret_listed,
                    uint32_t *ret_inside);

/* Whether there was memory for everything. */
bool inventory_is_whole(struct inventory *i);

#endif
