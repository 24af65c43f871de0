/* target_priv: the kinds of destinations, as target.c calls them.
 *
 * A new kind is a file with a struct target_ops, and a line in target_kinds[]. The order
 * counts: the first kind that takes a request gets it. Every kind has look and open, and takes if it is for
 * paths. Its state, if it has any, hangs at target.own: `open` allocates it; `commit` and `abort` free it. */
#ifndef UCOPY_TARGET_TARGET_PRIV_H
#define UCOPY_TARGET_TARGET_PRIV_H

#include <sys/stat.h>

#include "target.h"

/* The operations of a kind; see the functions of the same names in target.h. An operation that
 * may be NULL has a default, which target.c supplies: no kind has an empty function. */
struct target_ops {
    const char *name; /* for tests and debuggers */

    enum target_end end; /* the kind is for these only */

    /* Whether a destination with this request is of the kind. *there is what stands under the
     * path, never a directory; NULL: nothing does, or it does not matter
     * (request.in_directory). NULL with another end than TARGET_PATH: all are. */
    bool (*takes)(const struct target_request *q, const struct stat *there);

    int (*look)(const struct target_request *q, struct target_view *ret, struct failure *f);
    int (*open)(struct target *t, struct failure *f);

    /* NULL: target.fd is closed. What was written has gone through. */
    int (*commit)(struct target *t, struct failure *f);
    void (*abort)(struct target *t, bool keep);

    /* NULL: the kind has no temporary files. */
    void (*sweep)(const struct target_request *q);

    /* NULL: -EOPNOTSUPP. */
    int (*clone)(struct target *t, int from, uint64_t offset, struct failure *f);

    /* Both targets are of the kind. NULL: false. */
    bool (*can_share)(int from, const struct target *to);

    /* Only with request.resume. NULL: nothing is there, 0. */
    int (*check)(struct target *t, struct target_watch *watch, struct ranges *ret_held);

    /* Only with target.keeps. NULL: the kind never keeps anything. */
    void (*note)(struct target *t, const struct journal_record *v, unsigned n);

    /* NULL: there is nothing to reserve. */
    void (*reserve)(struct target *t);

    /* NULL: the kind knows nothing more. */
    void (*explain)(struct target *t, struct failure *f);

    /* NULL: there is no name to remove. */
    void (*abandon)(struct target *t, bool keep);
};

extern const struct target_ops target_file;     /* file.c: regular files */
extern const struct target_ops target_node;     /* node.c: character devices and fifos */
extern const struct target_ops target_device;   /* device.c: block devices */
extern const struct target_ops target_standard; /* standard.c: standard output */
extern const struct target_ops target_command;  /* command.c: commands */

/* All kinds, with NULL behind the last one. The first that takes a destination has it. */
extern const struct target_ops *const target_kinds[];

#endif
