/* known_priv: what the histories of a tree say. See mhl.h. */
#ifndef UCOPY_MHL_KNOWN_PRIV_H
#define UCOPY_MHL_KNOWN_PRIV_H

#include "history_priv.h"
#include "mhl.h"

/* A history, and the path of its directory; "": the root. */
struct mhl_place {
    char *dir;
    struct mhl_history history;
};

struct mhl_entry;

struct mhl_known {
    struct mhl_place *places; /* the root's first */
    size_t n;
    struct mhl_entry *entries;
    size_t n_entries, room;
    struct sums sums;
};

/* Whether the path, or a directory above it, is ignored. The path comes back as it was. */
bool mhl_known_leaves_out(const struct mhl_known *k, char *path, bool is_directory);

/* The rest of the path behind the directory; NULL: it is not below that. */
const char *mhl_known_below(const char *dir, const char *path);

#endif
