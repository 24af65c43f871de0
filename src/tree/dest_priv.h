/* dest_priv: one destination's copy of a tree, made record by record (record.h).
 *
 * Nothing half-written ever stands under a final name (unless --inplace was asked for):
 *
 * - A directory that is not there yet is made under a temporary name (target/temp.h), all that
 *   is in it directly in it, and gets its own name when it is complete; or sooner, when that
 * has become much, so that little is lost with a run that is killed.
 * - A new file in a directory that has its name has none (O_TMPFILE) until it is complete.
 * - A file that replaces another is a struct target.
 *
 * Directories are held open and symlinks never followed below the root, so that who changes the
 * tree meanwhile cannot lead a write out of it; a symlink in the way of a file is replaced.
 *
 * A file that cannot be made costs nothing but itself: it is told, and the next one comes. */
#ifndef UCOPY_TREE_DEST_PRIV_H
#define UCOPY_TREE_DEST_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "dest_links_priv.h"
#include "plan/existing.h"
#include "record_priv.h"
#include "target/attrs.h"
#include "target/target.h"

/* How a copy stands. Any thread may look at it at any time. */
struct tree_dest_view {
    _Atomic uint64_t bytes;         /* of files that are complete */
    _Atomic uint64_t files;         /* that are complete: all but directories */
    _Atomic uint64_t files_skipped; /* that exist, and are to stay what they are */
    _Atomic uint64_t resumed;       /* of the bytes, those that earlier runs have written */
    atomic_bool has_root;           /* the next two are known */
    atomic_bool flushing;           /* what has been written, which may take long */
    dev_t root_dev;
    ino_t root_ino;
    /* The file system of the last source that could be cloned here, and of the last one that
     * could not because of what they are; plus 1, 0: none so far. */
    _Atomic dev_t clones;
    _Atomic dev_t clones_not;
};

struct tree_dest_request {
    const char *path; /* of the root; not owned, outlives the tree */
    bool inplace;
    bool force;
    bool attributes_only; /* files come without data: those that exist keep what they have */
    bool keep_directory_symlink; /* one that leads to a directory is followed where one is to be
                                    made */
    bool partial;    /* what remains incomplete may be kept: beside its final name */
    bool durable;    /* all has to be on stable storage when tree_dest_end() returns */
    mode_t umask;    /* the process's */
    bool plain_mode; /* what is new has nothing of the source's mode */
    struct attrs_wanted preserve;
    const char *source; /* its path, for RECORD_SOURCE_LINK; NULL: there are none. Not owned */
    bool keep_links;    /* names of one file stay names of one file */
    unsigned n_way;     /* directories that lead to what is copied, which may be symlinks */
    bool follow_source, follow; /* as in struct tree_source; with source */
    bool must_clone;            /* nothing is copied where it cannot be cloned */
    unsigned max_unnamed; /* entries that may wait for their names, each with a descriptor */
    bool anew;            /* what is no directory is taken away, not written to */
    struct backup_wanted backup;            /* and keeps another name */
    const struct existing_policy *standing; /* what is done with what exists; not owned */

    struct dest_links *links; /* where files with several names stand; not owned, outlives the
                               * tree */
    const char *label;        /* of this tree among those that share links: a name, or "" */
    struct tree_dest_view *view; /* filled; not owned, outlives the tree */
    void *arg;
    /* What could not be made; `path` lives until failed() returns. */
    void (*failed)(void *arg, const char *path, const struct failure *f);
    /* What could not be preserved. */
    void (*attrs_failed)(void *arg, const char *path, const struct failure *f);
    /* Whether what exists is to be replaced; waits for the user. */
    bool (*ask)(void *arg, const char *path, const struct existing_case *c);
    /* The file of the RECORD_OFFER with that number is wanted here. */
    void (*wanted)(void *arg, unsigned offer);
    /* What has been made: a file that is complete, or a directory that was not there. NULL:
     * nobody wants to know. */
    void (*made)(void *arg, const char *path);
    /* Whether nobody waits for the tree any more: then the data of a record may have become
     * another's while it was written. */
    bool (*given_up)(void *arg);
};

struct tree_dest;

/* Opens the directory that the root is or will be in. 0, or a negative errno with *f filled. */
int tree_dest_open(struct tree_dest **ret_tree, const struct tree_dest_request *request,
                   struct failure *f);

/* Does what the record says; `data` is record_data(), wherever the record's other parts stand.
 * 0, or a negative errno with *f filled when the destination as a
 * whole is gone (its device, its file server, its root): then nothing but tree_dest_close()
 * is left to be called. */
int tree_dest_apply(struct tree_dest *t, const struct record *r, const void *data,
                    struct failure *f);

/* After RECORD_COPY: what to ask of a target for that file, and its path for people; both live
 * until the next record. False: it is not to be copied here (its directory could not be made).
 */
bool tree_dest_copy_request(struct tree_dest *t, struct target_request *ret_request,
                            const char **ret_path);

/* That file has been copied: so many bytes, of which an earlier run had written so many. */
void tree_dest_copied(struct tree_dest *t, uint64_t bytes, uint64_t resumed);

/* That file could not be copied. */
void tree_dest_not_copied(struct tree_dest *t);

/* The end: what is complete gets its name, and with request.durable all is on stable storage.
 * Also before the last record, if somebody wants an end (stopped): then without waiting for
 * storage. 0, or a negative errno with *f filled. */
int tree_dest_end(struct tree_dest *t, bool stopped, struct failure *f);

/* Lets go of everything, and removes what has no final name yet. */
void tree_dest_close(struct tree_dest *t);

#endif
