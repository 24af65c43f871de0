/* history: what the generations of one history say. */
#ifndef UCOPY_MHL_HISTORY_PRIV_H
#define UCOPY_MHL_HISTORY_PRIV_H

#include <sys/stat.h>

#include "base/hash_table.h"
#include "directory_priv.h"
#include "ignore_priv.h"

#define MHL_FOLDER "ascmhl"
#define MHL_CHAIN  "ascmhl_chain.xml"

/* A file of a history. */
struct mhl_file {
    const char *path;         /* relative to the directory of the history */
    struct mhl_hashes hashes; /* of each format the first one that was not a failure */
    bool seen;                /* the tree has it */
    bool failed;              /* some hash of it was a failure */
    bool renamed;             /* a later generation has it by another name */
    char own[];               /* the path, but of a key */
};

/* A directory, as the last generation has it. */
struct mhl_dir {
    const char *path; /* relative to the directory of the history; "": that one */
    struct mhl_sums sums;
    size_t
        n_below;  /* directories right in it that the generation has; counted by known_dirs.c */
    bool seen;    /* the tree has it */
    bool unknown; /* some file in it is not right */
    char own[];   /* the path, but of a key */
};

struct mhl_link {
    char *path; /* name of a manifest in the folder */
    char *c4;
};

/* All zero: one without generations. */
struct mhl_history {
    struct mhl_link *chain; /* by sequence number, from 1 */
    size_t n;
    struct hash_table files;
    struct mhl_ignore ignore;
    char **references; /* of the last generation: paths of manifests in histories below */
    size_t n_references;
    bool takes_dirs; /* set before reading: what the last generation has of directories */
    struct hash_table dirs; /* of struct mhl_dir */
    bool failures;          /* the last generation has some */
    struct stat read;       /* the chain as it was read; all zero: there was none */
};

/* The file at the path; NULL: the history does not have it. */
struct mhl_file *mhl_history_find(const struct mhl_history *h, const char *path);

/* The same, and adds a file that is not there. NULL without memory. */
struct mhl_file *mhl_history_file(struct mhl_history *h, const char *path);

/* Adds a link to the chain. 0 or -ENOMEM. */
int mhl_history_link(struct mhl_history *h, const char *path, const char *c4);

/* Adds a reference. 0 or -ENOMEM. */
int mhl_history_refer(struct mhl_history *h, const char *path);

/* The directory at the path; NULL: the last generation does not have it. */
struct mhl_dir *mhl_history_find_dir(const struct mhl_history *h, const char *path);

/* The same, and adds one that is not there. NULL without memory. */
struct mhl_dir *mhl_history_dir(struct mhl_history *h, const char *path);

/* Another generation begins: it has references and directories of its own. */
void mhl_history_begin_generation(struct mhl_history *h);

/* Frees what it holds, and makes it all zero. */
void mhl_history_free(struct mhl_history *h);

/* ---- parse.c ---- */

/* Reads the chain and all manifests in the folder, which fd is open on, into *h, which is all
 * zero. 0 or a negative errno with *ret filled; *h is to be freed all the same. -EBADMSG: a file
 * is damaged, or not what the chain says. */
int mhl_parse_folder(struct mhl_history *h, int fd, struct failure *ret);

/* Reads a manifest that the chain does not list, and adds it. As mhl_parse_folder(). */
int mhl_parse_unlisted(struct mhl_history *h, int fd, const char *name, struct failure *ret);

#endif
