/* target: what a destination is, and how it becomes one. Two kinds: regular files and nodes
 * (character devices and fifos) that are written through.
 *
 * Before that, for all destinations: target_sweep() and target_look(), which write nothing.
 *
 * Life: target_open() → writes through fd or fd_direct by the copy loop → exactly one of
 * target_commit() and target_abort(). Nothing half-written ever stands under a final
 * name unless --inplace was asked for. */
#ifndef UCOPY_TARGET_H
#define UCOPY_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "failure.h"
#include "space.h"
#include "target_acl.h"
#include "target_temp.h"

/* What is asked of a target. */
struct target_request {
    const char *path; /* the final name; not owned, outlives the target */
    bool inplace;     /* write into the final name */
    bool keep_rest;   /* inplace: bytes outside the copied range stay (--dest-offset) */
    bool sparse;      /* leave holes where nothing is written */
    bool force; /* a file that may not be written to is replaced all the same; inplace: it is
                 * removed and made anew, as cp -f */
    bool want_direct;   /* try O_DIRECT */
    bool need_direct;   /* fail when there is no O_DIRECT */
    bool durable;       /* the name, too, has to be on stable storage (--fsync) */
    mode_t source_mode; /* st_mode of the source */
    dev_t source_dev;   /* which file the source is: st_dev and st_ino */
    ino_t source_ino;
    uint64_t size;   /* final size in bytes if known, else 0 */
    uint64_t length; /* bytes of the copied range, which ends there, if known, else 0 */
    uint64_t data;   /* bytes of it that will be written, at most, if known, else 0 */
    bool size_known; /* so all three are */
};

/* What target_look() sees. */
struct target_view {
    const char *how;            /* static string that says how it would be written */
    struct space_demand demand; /* all zero where it is not known */
};

struct target_ops;

struct target {
    struct target_request request;
    const struct target_ops *ops;
    int fd;                /* for writing, through the page cache */
    int fd_direct;         /* the same file with O_DIRECT, or -1 */
    uint32_t direct_align; /* bytes: what O_DIRECT wants of offset, length and address */
    bool sequential;       /* has no positions: bytes go in order, at ENGINE_STREAM */
    bool can_fsync;        /* fsync(2) makes sense on fd */
    bool blank; /* with request.sparse: zeros need not be written, as the copied range
                 * reads as zeros where nothing is */

    /* target_file.c's own */
    int dir_fd;                /* directory of the final name, or -1 */
    char *name;                /* final name in dir_fd, symlinks resolved */
    char temp[TEMP_NAME_SIZE]; /* name of the temporary in dir_fd, or "" */
    mode_t mode;               /* permission bits the file gets at the end */
    uid_t uid;                 /* owner of the file it replaces, or (uid_t)-1 */
    gid_t gid;                 /* group of the file it replaces, or (gid_t)-1 */
    struct target_acl acl;     /* of the file it replaces */
    bool created;              /* inplace: the name did not exist before */
};

struct target_ops {
    const char *name;
    void (*sweep)(struct target *t);
    int (*look)(struct target *t, struct target_view *ret, struct failure *f);
    int (*open)(struct target *t, struct failure *f);
    int (*commit)(struct target *t, struct failure *f);
    void (*abandon)(struct target *t);
    void (*abort)(struct target *t);
};

extern const struct target_ops target_file_ops; /* target_file.c */
extern const struct target_ops target_node_ops; /* target_node.c */

/* Opens the destination that the request describes and makes it ready for writing: picks the
 * kind by what stands under the path. Negative errno with *f filled (op is "open", "create
 * temporary", ...) on failure; nothing is left behind and neither commit nor abort is due then.
 *
 * A fifo without a reader is -ENXIO: the caller may try again. A block device is refused with
 * -EOPNOTSUPP. */
int target_open(struct target *t, const struct target_request *request, struct failure *f);

/* Removes the temporaries that killed runs have left where this destination will have its own
 * (see temp_sweep()). Cannot fail: a path that leads nowhere is told by the others. */
void target_sweep(const struct target_request *request);

/* Looks, as far as can be seen without touching anything, whether target_open() would succeed,
 * how the destination would be written and what space that takes. Negative errno with *f filled
 * if it would fail. Nothing is open afterwards. */
int target_look(const struct target_request *request, struct target_view *ret,
                struct failure *f);

/* Makes the written file the destination: length (a hole at the end has not been written), mode
 * and owner, close (whose error counts), rename, and with request.durable the directory's
 * fsync. The data must have been flushed before by an fsync operation if it is to be durable.
 * Negative errno with *f filled on failure; the final name then holds what it held before, no
 * temporary is left, and the target is closed. A temporary whose name somebody has taken away
 * or given to another file is such a failure
 * (-ENOENT, -ESTALE).
 * An fsync of the directory that fails after the rename is reported, too: the file is there,
 * but not known to be durable. */
int target_commit(struct target *t, struct failure *f);

/* Gives up: closes, removes the temporary. Cannot fail; never touches the final name. Only
 * system calls on descriptors and names that the target holds, so it is quick. */
void target_abort(struct target *t);

/* Gives up while workers that hang in the kernel may still write through the descriptors:
 * removes the temporary's name and closes nothing, so that no number is given to another file
 * before the process leaves. */
void target_abandon(struct target *t);

#endif
