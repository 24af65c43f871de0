/* dest_priv: one destination's copy of a tree, made record by record (record_priv.h). All calls
 * are for the destination's thread, except where a comment says something else.
 *
 * No final name ever belongs to an incomplete entry (except with --inplace):
 *
 * - A new directory is made under a temporary name (target/temp.h). Its entries have final
 * names from the start. It gets its own name when it is complete; or sooner, when its entries
 * have become many, so that a run that is killed loses little.
 * - A new file in a named directory has a temporary name until it is complete.
 * - A file that replaces another is a struct target.
 *
 * Directories are held open, and symlinks below the root are never followed: a concurrent
 * change of the tree cannot lead a write out of it. A symlink in the place of a file is
 * replaced.
 *
 * A file that cannot be made costs nothing but itself: it is reported, and the next one comes.
 */
#ifndef UCOPY_TREE_DEST_PRIV_H
#define UCOPY_TREE_DEST_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/block_hashes.h"
#include "base/failure.h"
#include "dest_links_priv.h"
#include "follow_priv.h"
#include "inventory_priv.h"
#include "plan/existing.h"
#include "record_priv.h"
#include "target/attrs.h"
#include "target/target.h"

/* What a destination does, for a message if it hangs. */
enum tree_dest_doing {
    TREE_DEST_WRITES,
    TREE_DEST_COMPARES, /* what exists with the source */
    TREE_DEST_FLUSHES,  /* a file system or a directory: this may take long */
    TREE_DEST_FSYNCS,   /* a file: likewise */
};

/* The progress of a destination. Its thread writes it; any thread may read it at any time. */
struct tree_dest_view {
    _Atomic uint64_t bytes;       /* of files that are complete */
    _Atomic uint64_t written;     /* of all files, bytes; shows that the destination answers */
    _Atomic uint64_t files;       /* complete entries: all but directories */
    _Atomic uint64_t files_equal; /* of these, those that had the data already */
    _Atomic uint64_t links;       /* of these, hard links to others */
    _Atomic uint64_t symlinks;    /* of these */
    _Atomic uint64_t directories; /* entered so far */
    _Atomic uint64_t files_skipped; /* files that exist and stay as they are */
    _Atomic uint64_t resumed;       /* of the bytes, those that earlier runs have written */
    atomic_bool attrs_lost;         /* attributes were not preserved, which is no failure */
    _Atomic(enum tree_dest_doing) doing;
    atomic_bool has_root; /* the next two are known, and do not change any more */
    dev_t root_dev;
    ino_t root_ino;
    /* Device numbers plus 1, 0: none so far: of the last source that could be cloned here, and
     * of the last one that cannot, because of the two file systems. */
    _Atomic dev_t clones;
    _Atomic dev_t clones_not;
};

struct tree_dest_request {
    const char *path; /* of the root; not owned, outlives the tree */
    bool inplace;
    bool force;
    bool attributes_only; /* files come without data: existing ones keep their contents */
    bool allow_changed;   /* a clone of a file that has changed since it was read may stay */
    bool keep_directory_symlink; /* a symlink to a directory takes the place of the directory */
    bool
        owns_directories; /* of the run's trees, no other one may use a directory that this one uses */
    bool partial;         /* an incomplete file may be kept, beside its final name */
    bool durable;         /* all has to be on stable storage when tree_dest_end() returns */
    mode_t umask;         /* the process's */
    bool plain_mode; /* new files and directories get nothing of the source's mode */
    struct attrs_wanted preserve;
    const char *source; /* its path, for RECORD_SOURCE_LINK; NULL: there are none. Not owned */
    bool keep_links;    /* hard links stay hard links */
    struct tree_follow follow; /* as in struct tree_source; with source */
    size_t max_write;          /* bytes that one write(2) may have; not 0 */
    bool must_clone;           /* a file that cannot be cloned is not copied */
    unsigned max_unnamed; /* entries that may wait for their names, each with a descriptor */
    bool remove_existing; /* an existing entry is removed, not written to; but no directory */
    struct backup_wanted backup; /* with remove_existing: the entry gets a backup name */
    const struct existing_policy *existing; /* what is done with existing entries; not owned */

    struct made *made_files;  /* what this run has made, as in struct target_request */
    bool merges;              /* other trees of the run are copied into the same directories */
    bool spare_links;         /* as cp does with links: as in struct target_request */
    struct dest_links *links; /* where files with several names are; not owned, outlives the
                               * tree */
    /* Gets the symlinks that the copy goes through; not owned; NULL: they are not wanted. */
    struct inventory *inventory;
    const char *label;           /* of this tree among those that share links: a name, or "" */
    struct tree_dest_view *view; /* filled; not owned, outlives the tree */
    void *arg;
    /* An entry could not be made; `path` lives until failed() returns. */
    void (*failed)(void *arg, const char *path, const struct failure *f);
    /* An attribute could not be preserved. */
    void (*attrs_failed)(void *arg, const char *path, const struct failure *f);
    /* Whether the existing entry is to be replaced; waits for the user. */
    bool (*ask)(void *arg, const char *path, const struct existing_case *c);
    /* So many bytes of the source have been read here, for the current record. */
    void (*read)(void *arg, uint64_t bytes);
    /* The file of the RECORD_OFFER with that number is wanted here. */
    void (*wanted)(void *arg, unsigned offer);
    /* It has to be compared with what exists here; and that has been done. */
    void (*compares)(void *arg, unsigned offer);
    void (*compared)(void *arg, unsigned offer);
    /* A file is complete, or a new directory was made. NULL: not reported. */
    void (*made)(void *arg, const char *path);
    /* A file is complete, and is that one (ino 0: it is not known). hashes: of what was written,
     * as far as it came in records; NULL: none. size: of the file, bytes. NULL: not reported. */
    void (*complete)(void *arg, const char *path, const struct made_id *id, uint64_t size,
                     const struct stat *source, const struct block_hashes *hashes);
    /* A file has got a further name, or had it. With `complete`. */
    void (*linked)(void *arg, const char *path, const struct made_id *id,
                   const struct stat *source);
    /* Whether the main thread has given the destination up. Then another record may have
     * overwritten the data of this one while it was written. */
    bool (*given_up)(void *arg);
};

struct tree_dest;

/* Opens the directory that the root is or will be in. *request is copied. 0, or a negative
 * errno with *f filled, and *ret_tree is unchanged. */
int tree_dest_open(struct tree_dest **ret_tree, const struct tree_dest_request *request,
                   struct failure *f);

/* Applies the record. `data` is record_data(); *r may be a copy without its data. 0, or a
 * negative errno with *f filled when the destination as a whole has failed (its device, its
 * file server, its root): then only tree_dest_close() may be called. */
int tree_dest_apply(struct tree_dest *t, const struct record *r, const void *data,
                    struct failure *f);

/* After RECORD_COPY: what to request of a target for that file, and its path for people; both,
 * and the directory in the request, live until the next record. False: the file is not copied here (its directory could not be
 * made, or an existing file stays). The main thread calls these two, while the destination's
 * thread waits for the next record. */
bool tree_dest_copy_request(struct tree_dest *t, struct target_request *ret_request,
                            const char **ret_path);

/* That file has been copied. bytes: its size; resumed: of these, what an earlier run had
 * written; *id: the file that it is now, ino 0: not known. */
void tree_dest_copied(struct tree_dest *t, uint64_t bytes, uint64_t resumed,
                      const struct made_id *id);

/* Ends the copy: complete entries get their names, and with request.durable all is on stable
 * storage. stopped: before the last record, and without waiting for storage. 0, or a negative
 * errno with *f filled. */
int tree_dest_end(struct tree_dest *t, bool stopped, struct failure *f);

/* Closes and frees everything, and removes entries that have no final name yet. */
void tree_dest_close(struct tree_dest *t);

#endif
