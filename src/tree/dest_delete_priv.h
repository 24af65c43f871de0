/* dest_delete: --delete: removes from one destination what the source does not have. It walks through the
 * copy with open directories, and follows a symlink only to a directory that the copy went to: nobody
 * who changes the copy meanwhile can lead it out of that.
 *
 * What it leaves: what a filter leaves out of the copy, names of ucopy's own files, mount points, what
 * this run has made or reads, standard output and error where these are files, and directories with any of these in them. Where the names in a directory are
 * not those that the source has (a file system may change them), it removes nothing. */
#ifndef UCOPY_TREE_DEST_DELETE_PRIV_H
#define UCOPY_TREE_DEST_DELETE_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/choice.h"
#include "base/failure.h"
#include "inventory_priv.h"
#include "plan/plan.h"

/* What a deletion asks and tells. A `path` lives until the function returns. */
struct tree_deletion_ops {
    /* Whether the file, which has that name in that directory, belongs to this run; or the directory.
     * With `follows` that tells of each directory. */
    bool (*spared)(void *arg, int dir_fd, const char *name, const struct stat *st);
    /* An entry was removed. */
    void (*deleted)(void *arg, const char *path);
    void (*failed)(void *arg, const char *path, const struct failure *f);
};

struct tree_deletion {
    const char *path;            /* of the copied directory; not owned */
    dev_t dev;                   /* what it is */
    ino_t ino;                   /* 0: that is not known */
    struct inventory *inventory; /* not owned */
    const struct filter *filter; /* likewise; may be NULL */
    bool follows;                /* a symlink may take the place of a directory */
    bool dry;                    /* nothing is removed, only reported */
    bool keep_times;             /* directories keep the time of their last change */
    bool durable;
    uint64_t max; /* so many entries may be removed */

    const struct tree_deletion_ops *ops; /* not owned */
    void *arg;                           /* for them */
    atomic_bool *stop;                   /* it ends early when this becomes true; not owned */

    _Atomic uint64_t steps; /* grows as long as it goes on */
    /* The results. */
    bool whole; /* it has come to its end */
    uint64_t n_deleted;
    uint64_t n_left; /* entries that `max` has kept */
};

/* A new one at destination d, as the options say. */
struct tree_deletion tree_deletion_of(const struct options *o, const struct plan_copy *copy,
                                      unsigned d, struct inventory *inventory,
                                      atomic_bool *stop, const struct tree_deletion_ops *ops,
                                      void *arg);

/* Does it. */
void tree_delete(struct tree_deletion *d);

#endif
