/* inventory: what a walk has found in the source: for --delete, which removes everything else. It
 * holds hashes of paths, not the paths. Two paths with one hash are taken for one: then too little
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

/* Notes that this directory is read, or this file by a symlink that leads to it. */
void inventory_note_read(struct inventory *i, const struct stat *st);

/* Whether that was noted: what is read must not be removed, under whatever name. */
bool inventory_reads(struct inventory *i, const struct stat *st);

/* Whether the entry was noted; *ret_listed: and its entries; *ret_inside: how many. */
bool inventory_find(struct inventory *i, const char *path, bool *ret_listed,
                    uint32_t *ret_inside);

/* Whether there was memory for everything. */
bool inventory_is_whole(struct inventory *i);

#endif
