/* directory: the hashes of a directory, from those of what is in it. */
#ifndef UCOPY_MHL_DIRECTORY_PRIV_H
#define UCOPY_MHL_DIRECTORY_PRIV_H

#include "formats_priv.h"

struct mhl_texts {
    char **text;
    size_t n, room;
};

/* A directory whose entries come one by one, in any order. All zero: without entries. */
struct mhl_directory {
    struct mhl_texts content[MHL_FORMATS];
    struct mhl_texts structure[MHL_FORMATS];
};

/* Hashes of a directory: of the files' contents alone, and with the names. */
struct mhl_sums {
    struct mhl_hashes content;
    struct mhl_hashes structure;
};

/* Adds a file. 0, -EIO or -ENOMEM. */
int mhl_directory_add_file(struct mhl_directory *d, const char *name,
                           const struct mhl_hashes *hashes, unsigned set);

/* Adds a directory. 0, -EIO or -ENOMEM. */
int mhl_directory_add(struct mhl_directory *d, const char *name, const struct mhl_sums *sums,
                      unsigned set);

/* Puts the hashes of the set into *ret, which is all zero and to be freed also after a failure.
 * 0, -EIO or -ENOMEM. */
int mhl_directory_end(struct mhl_directory *d, unsigned set, struct mhl_sums *ret);

/* Frees what it holds. */
void mhl_directory_free(struct mhl_directory *d);

/* Frees the hashes. */
void mhl_sums_free(struct mhl_sums *s);

#endif
