/* target: what a destination is, and how it becomes one. Two kinds: regular files and nodes
 * (character devices and fifos) that are written through.
 *
 * Before that, for all destinations: target_sweep() and target_look(), which write nothing.
 *
 * Life: target_open() → writes through fd or fd_direct by the copy loop → exactly one of
 * target_commit() and target_abort(). Nothing half-written ever stands under a final
 * name unless --inplace was asked for. */
#ifndef UCOPY_TARGET_TARGET_H
#define UCOPY_TARGET_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "acl.h"
#include "attrs.h"
#include "backup.h"
#include "base/failure.h"
#include "partial.h"
#include "space.h"
#include "temp.h"

/* What is asked of a target. */
struct target_request {
    const char *path;  /* the final name; not owned, outlives the target */
    bool in_directory; /* path is a name in dir_fd, for a regular file; a symlink there is
                          replaced and not followed */
    int dir_fd;        /* not owned; may be closed when the target is open */
    bool inplace;      /* write into the final name */
    bool keep_rest;    /* inplace: bytes outside the copied range stay (--dest-offset) */
    bool sparse;       /* leave holes where nothing is written */
    bool force; /* a file that may not be written to is replaced all the same; inplace: it is
                 * removed and made anew, as cp -f */
    bool anew; /* what stands there, if it is no directory, is taken away and not written to, be
                * it a symlink, a node or read-only; nothing of it goes over to the new file */
    struct backup_wanted backup; /* with anew: it keeps another name */
    bool only_new;    /* nothing is replaced: what stands there, or comes to, is a failure */
    bool want_direct; /* try O_DIRECT */
    bool need_direct; /* fail when there is no O_DIRECT */
    bool durable;     /* the name, too, has to be on stable storage (--fsync) */
    const struct origin *origin; /* a file that remains incomplete may be kept (--partial),
                                      * and is of this source; NULL: it is not */
    bool resume;                 /* with origin: go on with what an earlier run has kept */
    mode_t source_mode;        /* st_mode of the source, or what a new file is to have of it */
    const struct attrs *attrs; /* what is preserved of the source; NULL: nothing. Not owned,
                                * outlives the target */
    dev_t source_dev;          /* which file the source is: st_dev and st_ino */
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
    bool clones;                /* the file system is of a kind that can clone */
    bool unlinks_source; /* what is taken away is another name of the source, whose time of
                          * status change that changes */
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

    /* By target_commit(): */
    bool attrs_given;                    /* attributes were to be preserved here */
    struct attrs_failures attr_failures; /* those that were not */

    /* file.c's own */
    int dir_fd;                /* directory of the final name, or -1 */
    char *name;                /* final name in dir_fd, symlinks resolved */
    char temp[TEMP_NAME_SIZE]; /* name of the temporary in dir_fd, or "" */
    mode_t mode;               /* permission bits the file gets at the end */
    bool replaces;             /* uid, gid and acl are those of a file that it replaces */
    uid_t uid;                 /* owner of the file it replaces */
    gid_t gid;
    struct target_acl acl;
    mode_t over; /* the type of what stands under the name and is not followed or written to,
                  * but replaced; 0: there is no such thing */
    bool over_source;          /* that is another name of the source */
    char backup[NAME_MAX + 1]; /* inplace: the name that this has now; or "" */
    bool created;              /* inplace: the name did not exist before */
    struct partial partial;    /* with request.origin, of the temporary */
};

struct target_ops {
    const char *name;
    void (*sweep)(struct target *t);
    int (*look)(struct target *t, struct target_view *ret, struct failure *f);
    int (*open)(struct target *t, struct failure *f);
    void (*reserve)(struct target *t);
    int (*commit)(struct target *t, struct failure *f);
    void (*abandon)(struct target *t, bool keep);
    void (*abort)(struct target *t, bool keep);
};

extern const struct target_ops target_file_ops; /* file.c */
extern const struct target_ops target_node_ops; /* node.c */

/* Opens the destination that the request describes and makes it ready for writing: picks the
 * kind by what stands under the path. Negative errno with *f filled (op is "open", "create
 * temporary", ...) on failure; nothing is left behind and neither commit nor abort is due then.
 *
 * A fifo without a reader is -ENXIO, a partial file that another run writes to -EAGAIN: the
 * caller may try again. A block device is refused with
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

/* Makes room for what will be written, as far as it is worth it: to be called before the first
 * write. */
void target_reserve(struct target *t);

/* Gives the target all that it is to hold as a clone of length bytes at `offset` of `from`,
 * which is open for reading: they share the blocks (FICLONERANGE, ioctl_ficlonerange(2)). May
 * have to wait until what is in the page cache of `from` has been written. With request.durable
 * the clone is on stable storage then. Negative errno with *f filled if it cannot be; nothing
 * has happened then, unless it was the flush that failed (op "fsync"). */
int target_clone(struct target *t, int from, uint64_t offset, struct failure *f);

/* Whether the data of another target can be cloned into this one. This is tried with both still
 * empty, before either is written to or reserved. from: a descriptor of the other target, or a
 * duplicate, so that a call that is late does not need the other target itself. */
bool target_can_share(int from, const struct target *to);

/* With request.resume, reads back what earlier runs have kept, and adds to *ret_held what is
 * there: those bytes need not be written. 0, -ENOMEM, or -EINTR because of watch->stop. */
int target_check(struct target *t, struct partial_watch *watch, struct ranges *ret_held);

/* Says of what a file is to be kept for, if it is kept: these ranges have been written. For one
 * thread at a time, and not after target_commit() or target_abort(). */
void target_note(struct target *t, const struct journal_record *v, unsigned n);

/* Bytes that are kept, or will be if nothing else is done, of a target that is not complete; 0:
 * there is nothing to go on with. */
uint64_t target_kept(const struct target *t);

/* Makes the written file the destination: length (a hole at the end has not been written), mode
 * and owner, what is preserved of the source's
 * attributes, close (whose error counts), rename, and with request.durable the directory's
 * fsync. The data must have been flushed before by an fsync operation if it is to be durable;
 * attributes that are set after it are flushed here. That attributes cannot be preserved is no
 * failure; the target says so.
 * Nodes keep their own: they are no copies. Negative errno with *f filled on failure; the
 * final name then holds what it held before, the target is closed, and no temporary is left,
 * unless there is one to go on with (target_kept()).
 * A temporary whose name somebody has taken away or given to another file is such a failure
 * (-ENOENT, -ESTALE).
 * An fsync of the directory that fails after the rename is reported, too: the file is there,
 * but not known to be durable. */
int target_commit(struct target *t, struct failure *f);

/* Gives up: closes, removes the temporary, or with `keep` leaves it for a later run to go on
 * with, where that can be. Cannot fail; never touches the final name. Only system calls on
 * descriptors and names that the target holds, so it is quick. */
void target_abort(struct target *t, bool keep);

/* Gives up while workers that hang in the kernel may still write through the descriptors:
 * removes or keeps the temporary's name and closes nothing, so that no number is given to
 * another file before the process leaves. */
void target_abandon(struct target *t, bool keep);

#endif
