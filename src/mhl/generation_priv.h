/* generation: a history and the generation that is being made for it. */
#ifndef UCOPY_MHL_GENERATION_PRIV_H
#define UCOPY_MHL_GENERATION_PRIV_H

#include "folder_priv.h"

struct mhl_generation {
    struct mhl_generation *above; /* the history that this one is nested in; NULL: none */
    size_t path_len; /* bytes of the path from the root to a name in this directory that are not
                      * of this history */
    struct mhl_history history;
    struct mhl_writer *writer;
    struct mhl_link *references; /* to nested histories */
    size_t n_references;
};

/* Reads the history of the directory with the path `dir` from the root, and begins the next
 * generation. NULL with *ret filled. */
struct mhl_generation *mhl_generation_new(struct mhl_generation *above, int dir_fd,
                                          const char *dir, const struct mhl_extension *e,
                                          struct failure *ret);

/* Whether the history, or one above it, leaves out the path, which begins at the root. */
bool mhl_generation_ignores(const struct mhl_generation *g, const char *path,
                            bool is_directory);

/* The file in the nearest history that has it; NULL: none has. All know then that the tree has
 * it. path: from the root. */
const struct mhl_file *mhl_generation_see(struct mhl_generation *g, const char *path);

/* Tells e->found() of files and histories that the tree does not have. dir: the path of the
 * directory, which dir_fd is open on. */
void mhl_generation_find_missing(const struct mhl_generation *g, int dir_fd, const char *dir,
                                 const struct mhl_extension *e);

/* Ends the generation, stores it, and makes it a reference of the one above. dir: the path of the
 * directory, from the root; name: its name. 0 or a negative errno with *ret filled. */
int mhl_generation_store(struct mhl_generation *g, int dir_fd, const char *dir,
                         const char *name, const struct mhl_sums *sums,
                         const struct mhl_extension *e, struct failure *ret);

/* Frees it; NULL does nothing. */
void mhl_generation_free(struct mhl_generation *g);

#endif
