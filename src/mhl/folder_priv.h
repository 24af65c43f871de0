/* folder: the folder ascmhl/ of a history on disk. */
#ifndef UCOPY_MHL_FOLDER_PRIV_H
#define UCOPY_MHL_FOLDER_PRIV_H

#include "history_priv.h"
#include "writer_priv.h"

/* Whether the directory has a history. The folder may be called so without being one. */
bool mhl_folder_is_in(int dir_fd);

/* Reads the history of the directory, whose path for e->found() is `dir`, into *h, which is all
 * zero; one without generations if there is no folder. A manifest that has its name, but is not in the chain, is the next
 * generation: a run was stopped between both, or an older chain was copied over this one. One
 * whose number the chain has already is of another history, and only found.
 * 0 or a negative errno with *ret filled; *h is to be freed all the same. */
int mhl_folder_read(struct mhl_history *h, int dir_fd, const char *dir,
                    const struct mhl_extension *e, struct failure *ret);

/* Tells e->found() of histories that this one refers to and that are gone. fd: open on a directory;
 * below: the path from there to the one of the history; dir: its path for e->found(). */
void mhl_folder_find_missing(const struct mhl_history *h, int fd, const char *below,
                             const char *dir, const struct mhl_extension *e);

/* An empty file without a name in the directory, or in memory. A descriptor or a negative
 * errno. */
int mhl_folder_spool(int dir_fd);

/* Stores a manifest that has ended as the next generation of *h, and adds it to the chain. name:
 * of the directory. 0 or a negative errno with *ret filled. */
int mhl_folder_store(struct mhl_history *h, int dir_fd, const char *name,
                     struct mhl_writer *writer, const struct mhl_extension *e,
                     struct failure *ret);

#endif
