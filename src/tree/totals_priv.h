/* totals_priv: counts the files and bytes of a tree, for the progress report. It runs beside
 * the copy and looks at every entry once, in the order of the walk of source_walk.c. Entries that
 * change meanwhile may be counted or not; entries that cannot be read are left out. */
#ifndef UCOPY_TREE_TOTALS_PRIV_H
#define UCOPY_TREE_TOTALS_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/choice.h"
#include "inventory_priv.h"

struct totals {
    const char *path; /* of the root; not owned */
    bool follow;      /* the root may be a symlink, which is followed; no other symlink is */
    bool one_file_system;
    struct choice choice; /* of the entries below the root */
    bool keep_links;      /* of a file with several names only the first one counts for bytes */
    void *arg;
    /* Whether the directory is left out. The thread that counts calls it. NULL: none is. */
    bool (*leave_out)(void *arg, const struct stat *st);
    /* Gets every entry, directories before what is in them. below: its path from the root on,
     * with a "/" in front; "": the root itself. May be NULL. */
    void (*found)(void *arg, const char *below, const struct stat *st);
    /* Gets every entry that is no directory, before it is counted: its name in the directory that
     * dir_fd is open on. May be NULL. */
    void (*file)(void *arg, int dir_fd, const char *name, const struct stat *st);
    /* Gets what is counted in `unread`: likewise with its path. op: as in struct failure; err: an
     * errno. May be NULL. */
    void (*failed)(void *arg, const char *below, const char *op, int err);
    struct inventory *inventory; /* gets every entry; not owned; NULL: it is not wanted */

    atomic_bool stop;        /* any thread may set it, to end the count early */
    _Atomic uint64_t bytes;  /* so far, of regular files */
    _Atomic uint64_t files;  /* so far, of any kind but directories */
    _Atomic uint64_t unread; /* so far, entries that are left out because they cannot be read */
};

/* Counts. 0 if everything was counted; -ECANCELED after a stop; or another negative errno if
 * nothing is known: the root could not be opened, or there was no memory. */
int totals_count(struct totals *c);

#endif
