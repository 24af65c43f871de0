/* mhl: ASC MHL v2.0 generations: what a directory tree holds, with the hashes of its files, in
 * manifests that other programs of film and television check.
 *
 * A history is the folder ascmhl/ in a directory: manifests, each a generation that is never
 * changed, and a chain that lists them with their C4 IDs. mhl_extend() walks a tree that has
 * been copied, compares it with the histories that came along, and appends one generation to
 * each of them. A file belongs to the nearest history above it.
 *
 *   name.c       which names manifests can hold
 *   formats.c    the six formats of hashes, and sets of them
 *   given.c      the hashes that the copy has made from its one read
 *   ignore.c     patterns of names that no history holds
 *   history.c    what a history says of its files
 *   parse.c      reads manifests and chains: files that others wrote
 *   directory.c  hashes of directories
 *   writer.c     the XML of a manifest
 *   folder.c     the folder ascmhl/: its files get their names
 *   generation.c a history and its next generation
 *   extend.c     the walk
 *   known.c      what the histories of a tree say, as a list
 *   known_dirs.c what they say of its directories
 *
 * It never copies, and never prints: findings go to a callback, failures into a struct failure.
 * Nothing here is shared: threads may extend different trees at the same time, from the same
 * struct mhl_given once that is complete. Only name.c, parse.c, writer.c and extend.c use libxml2; no entity is
 * expanded and nothing is fetched. */
#ifndef UCOPY_MHL_MHL_H
#define UCOPY_MHL_MHL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/failure.h"
#include "verify/sums.h"

/* Formats in the order of the schema; a set of them has bit 1u << format. */
#define MHL_FORMATS 6u

/* The format with the name of a digest algorithm (base/digest.h); MHL_FORMATS: manifests do not
 * have that one. */
unsigned mhl_format_find(const char *name);

/* ---- names ---- */

/* Whether a manifest can hold the name: UTF-8 with characters of XML 1.0 only. */
bool mhl_name_fits(const char *name);

/* ---- hashes from the copy ---- */

/* The hashes of copied files, by their paths below the root of the copy. One thread at a time
 * adds to it. Of each file ten to twenty bytes are in memory, the rest is in a temporary file. */
struct mhl_given;

/* An empty one; NULL without memory. */
struct mhl_given *mhl_given_new(void);

/* Notes the hashes of the file at the path (relative, without "./"), which has size bytes. The
 * texts, one for each format or NULL, are copied; they are as digest_final() gives them. Later ones
 * replace earlier ones. 0 or a negative errno: the copy will be read for its hashes. */
int mhl_given_add(struct mhl_given *g, const char *path, uint64_t size,
                  const char *const text[MHL_FORMATS]);

/* Frees it; NULL does nothing. */
void mhl_given_free(struct mhl_given *g);

/* ---- a generation ---- */

enum mhl_finding {
    MHL_FAILED,     /* the file's hash is not the one in its history */
    MHL_MISSING,    /* a history has the file, the tree does not */
    MHL_CHANGED,    /* the file in the tree is not what the copy has read */
    MHL_RELISTED,   /* this manifest was not in the chain of its history, and is now */
    MHL_STRAY,      /* this manifest is in no chain: it is of another history */
    MHL_REARRANGED, /* the hash of this directory is not the one in its history */
    MHL_UNKNOWN,    /* the last generation does not have this directory, which is empty */
};

struct mhl_extension {
    unsigned formats;              /* the set of formats of the new generations; not empty */
    const char *process;           /* "transfer" or "in-place" */
    const char *host;              /* name of this machine, UTF-8 */
    time_t now;                    /* the start of the operation */
    bool fsync;                    /* the manifests are durable when mhl_extend() returns */
    const struct mhl_given *given; /* hashes that need not be computed; NULL: none */
    void (*found)(void *arg, enum mhl_finding what, const char *path);
    bool (*stopped)(void *arg); /* true: end soon, with -ECANCELED */
    void *arg;                  /* of both */
};

/* Appends a generation to the history of the directory root_fd, and to those below it. name:
 * of the directory, for the names of manifests. Files that have no given hash are read. Symlinks
 * and special files do not count. The directories keep their times.
 *
 * 0, also with findings, or a negative errno with *ret filled: -EBADMSG: a history that came
 * along is damaged; -EBUSY: another program has changed it meanwhile. After a failure the history of the root has no new generation; those below
 * it may have one. */
int mhl_extend(const struct mhl_extension *e, int root_fd, const char *name,
               struct failure *ret);

/* ---- what is known ---- */

/* What the history of a directory, and those below it, say of its files. */
struct mhl_known;

/* Reads them. Of *e only found, stopped and arg are looked at. found() gets MHL_RELISTED,
 * MHL_STRAY, and MHL_MISSING for a history that is referred to and gone. 0, and *ret_known is the
 * caller's; or a negative errno with *ret filled: -ENOENT: the directory has no history; -EBADMSG:
 * one is damaged. *ret_where becomes the path of the folder of the one that cannot be read, which
 * the caller frees; NULL: it is not about one. */
int mhl_known_read(const struct mhl_extension *e, int root_fd, struct mhl_known **ret_known,
                   char **ret_where, struct failure *ret);

/* The files and their hashes, each of the nearest history. hex is NULL where there is none to
 * compare with, and algorithm is a text for people that says why. It belongs to *k, as do its
 * strings. */
const struct sums *mhl_known_sums(const struct mhl_known *k);

/* Whether the patterns of the histories leave out the path, which begins at the root. */
bool mhl_known_ignores(const struct mhl_known *k, const char *path, bool is_directory);

/* Frees it; NULL does nothing. */
void mhl_known_free(struct mhl_known *k);

/* ---- directories ---- */

/* Compares the directories of a tree, which the caller walks through, with those of the last
 * generations of its histories. Their hashes are made of those that the files have by their
 * histories; where a file is not right, or has no hash of the kind, nothing is compared. What no
 * history has does not count. */
struct mhl_known_dirs;

/* It begins in the root. right: for each line of mhl_known_sums() whether the file is right. *e: as
 * for mhl_known_read(); found() gets MHL_REARRANGED, MHL_UNKNOWN and MHL_MISSING. It keeps all three.
 * NULL without memory. */
struct mhl_known_dirs *mhl_known_dirs_new(const struct mhl_known *k, const bool *right,
                                          const struct mhl_extension *e);

/* The walk enters a directory, meets a file of it, or leaves it, at last the root. Nothing that is
 * ignored is shown. path: from the root. 0, -EIO or -ENOMEM. */
int mhl_known_dirs_enter(struct mhl_known_dirs *t, const char *path);
int mhl_known_dirs_file(struct mhl_known_dirs *t, const char *path);
int mhl_known_dirs_leave(struct mhl_known_dirs *t);

/* Something in the current directory cannot be read. */
void mhl_known_dirs_unknown(struct mhl_known_dirs *t);

/* After the walk: tells found() of directories that were not entered. One with files is left out. It
 * tells of none if not everything could be read. */
void mhl_known_dirs_find_missing(const struct mhl_known_dirs *t);

/* Frees it; NULL does nothing. */
void mhl_known_dirs_free(struct mhl_known_dirs *t);

#endif
