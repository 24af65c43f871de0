/* target: a destination of one copy, from the first look at its path to its final name.
 *
 * A kind of destination (a regular file, a node that is written through) is a table of
 * operations in target_priv.h and has state of its own. The functions below find the kind by
 * what stands under the path and call its operations.
 *
 * The room never moves data: the copy writes through `fd` and `fd_direct`. It knows neither the
 * engines nor the copy, and it never prints: an operation that fails fills a struct failure.
 * Nothing incomplete ever stands under a final name, unless the request says `inplace`.
 *
 * Life: target_sweep() and target_look() come first; they write no data and leave nothing open.
 * Then target_open(), the other operations in any order, and exactly one of target_commit() and
 * target_abort().
 *
 * Owners: the caller owns struct target and everything that a request points to; a target must
 * not be moved while it is open. The target owns its descriptors and the state of its kind,
 * from target_open() until the end of target_commit() or target_abort().
 *
 * Threads: any operation but target_kept() may hang in the kernel for as long as the device or
 * the server likes. The session therefore makes these calls in threads that it can leave behind
 * (base/bounded_call.h), one at a time per target; target_note() is called by the thread of
 * journal_writer.h, beside the copy. Different targets share nothing. While a call is left
 * behind, only target_kept() may be called for that target, and target_abandon() if the call is
 * target_check(). */
#ifndef UCOPY_TARGET_TARGET_H
#define UCOPY_TARGET_TARGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attrs.h"
#include "backup.h"
#include "base/failure.h"
#include "base/origin.h"
#include "base/ranges.h"
#include "held.h"
#include "journal.h"
#include "made.h"
#include "space.h"

/* What a destination is the name of. */
enum target_end {
    TARGET_PATH,     /* a file, or where one is to be made */
    TARGET_STANDARD, /* standard output; the path is only for messages */
    TARGET_COMMAND,  /* the standard input of a shell command; likewise */
};

/* An image of a disk or file system is known by its first bytes. Partition tables, boot loaders in
 * the gap behind them, and the superblocks of all common file systems lie here. */
#define TARGET_HEAD (1u << 20)

/* What the caller wants of a target. */
struct target_request {
    const char *path; /* the final name; not owned, outlives the target */
    enum target_end end;
    const char *command; /* with TARGET_COMMAND; not owned, outlives the target */
    bool quiet;          /* what that command prints goes to standard error */

    /* path is the name of a regular file in dir_fd; a symlink with that name is replaced and
     * not followed. */
    bool in_directory;
    int dir_fd; /* not owned; may be closed when the target is open */

    bool inplace;   /* write into the final name */
    bool keep_rest; /* inplace: bytes outside the copied range stay (--dest-offset) */
    bool sparse;    /* leave holes where nothing is written */

    /* Replace also a file that is not writable. inplace: remove it and create it again, as cp
     * -f does. */
    bool force;

    /* Remove what stands there, be it a symlink, a node or read-only, instead of writing to it;
     * but no directory. The new file inherits nothing from it. */
    bool anew;
    struct backup_wanted backup; /* with anew: what stands there keeps another name */

    /* What this run has made, at any destination: it is not replaced and not written to. The
     * target adds the file that it makes or writes to. NULL: all may be replaced. Not owned,
     * outlives the target. */
    struct made *made;
    bool spare_links; /* inplace, and not keep_rest: a file that has other names, too, is not
                       * written to: it loses this name, as with cp -d */
    bool only_new;    /* fail if anything stands there, also if it appears during the copy */
    /* The path leads to a block device with this number (st_rdev), and it is written to. 0: no
     * block device is. */
    dev_t device;
    bool
        head_first; /* with device: its first bytes are written like all others: target.head is 0 */
    struct held *held; /* with device: keeps it for this run; not owned, outlives the target */

    bool want_direct; /* try O_DIRECT */
    bool need_direct; /* fail without O_DIRECT */
    bool durable;     /* the name, too, has to be on stable storage (--fsync) */

    /* The source, for an incomplete file that may be kept (--partial). NULL: nothing is kept.
     * Not owned, outlives the target. */
    const struct origin *origin;
    bool resume; /* with origin: resume from what an earlier run has kept */

    mode_t source_mode; /* st_mode of the source, or what a new file gets instead of it */

    /* What is preserved of the source; NULL: nothing. Not owned, outlives the target. */
    const struct attrs *attrs;

    bool wants_id; /* target_commit() is to set target.id */

    dev_t source_dev; /* st_dev and st_ino of the source */
    ino_t source_ino;
    int source_fd; /* the source, not owned, may be closed when the target is open; or -1 */

    uint64_t start;  /* position in the file where the copied range begins, bytes */
    uint64_t size;   /* final size in bytes if known, else 0 */
    uint64_t length; /* bytes of the copied range, which ends there, if known, else 0 */
    uint64_t data;   /* bytes of it that will be written, at most, if known, else 0 */
    bool size_known; /* size, length and data are known */
};

/* The result of target_look(). */
struct target_view {
    const char *how;            /* static string: how the data would be written */
    struct space_demand demand; /* all zero if it is not known */
    bool clones;                /* the file system is of a kind that can clone */
    dev_t directory_dev;        /* of the directory of a regular file; ino 0: not known */
    ino_t directory_ino;

    /* Another name of the source would be removed, which changes the source's time of status
     * change. */
    bool unlinks_source;
};

/* The progress of target_check(), shared with the thread that waits for it. */
struct target_watch {
    atomic_bool stop;          /* set by the waiting thread: return -EINTR soon */
    atomic_uint_fast64_t read; /* bytes read by all checks that share this */
};

struct target_ops;

struct target {
    struct target_request request;
    const struct target_ops *ops; /* the kind; see target_priv.h */
    void *own;                    /* state of the kind, for its own files only; or NULL */

    /* Set by target_open(): */
    int fd;                /* for writing, through the page cache */
    int fd_direct;         /* the same file with O_DIRECT, or -1 */
    uint32_t direct_align; /* bytes: direct_io_write_align() */
    bool sequential;       /* has no positions: bytes go in order, at ENGINE_STREAM */
    bool prompt;           /* writes to fd take the CPU's time only: they go to memory */
    bool can_fsync;        /* fsync(2) makes sense on fd */
    bool must_fsync;       /* it is a medium of its own: nothing is complete before its flush */

    /* So many bytes at the start of the copied range, TARGET_HEAD at most, become zeros, and are
     * flushed, before the caller writes anything else. Then it leaves them alone, and lets
     * head_bytes point to them before target_commit(), which writes them when all else has been
     * flushed. Until then nobody takes the device for what is copied. With head_bytes NULL the caller
     * has written them. */
    uint32_t head;
    const char *head_bytes; /* not owned */

    /* target_reserve() sets it: the file system writes zeros where a write leaves a gap behind
     * the end of the file (vfat, exfat, ntfs3). In ascending order there are none. */
    bool ascending;
    bool keeps; /* has a journal: target_note() wants every range that is written */

    /* With request.sparse: zeros need not be written, because the copied range reads as zeros
     * where nothing has been written. With request.resume set by target_check(). */
    bool blank;

    /* inplace: the file existed. Until target_commit() it is as long as before, or longer, and
     * holds what it held wherever nothing has been written. */
    bool mixes;

    /* With request.resume: why nothing is resumed although an earlier run has kept something. A
     * static string, or NULL. */
    const char *no_resume;

    /* Set by target_commit(): */
    struct made_id id;                   /* with wants_id: the file that the destination is
                                          * now; ino 0: it is not known */
    bool attrs_given;                    /* attributes were to be preserved */
    struct attrs_failures attr_failures; /* the attributes that could not be preserved */

    atomic_uint_fast64_t kept; /* see target_kept() */
};

/* Removes temporary files that killed runs have left in the directory of this destination (see
 * temp_sweep()). Cannot fail: the next calls report a path that leads nowhere. */
void target_sweep(const struct target_request *request);

/* Finds out, without changing anything, whether target_open() would succeed, how the
 * destination would be written and how much space that takes. Nothing is open afterwards. 0, or
 * a negative errno with *f filled if target_open() would fail. */
int target_look(const struct target_request *request, struct target_view *ret,
                struct failure *f);

/* Opens the destination that the request describes, ready for writing. The kind follows from
 * what stands under the path. 0, or a negative errno with *f filled (op is "open", "create
 * temporary", ...): nothing is left behind then, and neither commit nor abort is due. -ENXIO (a
 * fifo without a reader) and -EAGAIN (another run writes to the partial file): the caller may
 * try again. */
int target_open(struct target *t, const struct target_request *request, struct failure *f);

/* Makes the copied range a clone of the source's range that begins at `offset` of `from`, a
 * descriptor for reading: both share the blocks (FICLONERANGE, ioctl_ficlonerange(2)). May wait
 * until the dirty pages of `from` have been written. With request.durable the clone is on
 * stable storage then. 0, or a negative errno with *f filled and nothing changed, unless the
 * flush failed (op "fsync"). -EOPNOTSUPP if this kind of target cannot be a clone. */
int target_clone(struct target *t, int from, uint64_t offset, struct failure *f);

/* Whether the data of another target can be cloned into this one. This is tried with both still
 * empty, before either is written to or reserved. from: a descriptor of the other target, or a
 * duplicate, so that a call that is late does not need the other target itself. */
bool target_can_share(int from, const struct target *to);

/* With request.resume: reads back what earlier runs have kept, and adds the ranges that are
 * there to *ret_held; these need not be written. 0, -ENOMEM, or -EINTR because of
 * watch->stop. */
int target_check(struct target *t, struct target_watch *watch, struct ranges *ret_held);

/* Notes in the journal of a target that has one that these n ranges have been written. One
 * thread at a time, and not after target_commit() or target_abort(). An error only means that
 * the ranges will have to be copied again. */
void target_note(struct target *t, const struct journal_record *v, unsigned n);

/* Bytes of an incomplete target that are kept, or would be if the process ended now; 0: there
 * is nothing to resume from. Also after the end of the target. Any thread, at any time. */
uint64_t target_kept(const struct target *t);

/* Allocates space or sets the length before the first write, where that helps, and finds out
 * whether the order of the writes matters. fd_direct may be closed where it is of no use.
 * Failure is harmless: if there is too little space, the writes report it. */
void target_reserve(struct target *t);

/* Before target_commit(): the copy has found that the file has to end at `size` bytes. No effect
 * if request.size_known is set. */
void target_ends_at(struct target *t, uint64_t size);

/* Makes the written file the destination: sets its length (a hole at the end has not been
 * written), owner, mode and preserved attributes, closes it (an error counts), renames it, and
 * with request.durable flushes the directory. In each case the target is closed then.
 *
 * Data that have to be durable must have been flushed by an fsync operation before; attributes
 * that are set later are flushed here. An attribute that cannot be preserved is no failure: see
 * attr_failures. A node keeps its own attributes. A command gets the end of its input, and this
 * waits until it has ended, for as long as it likes; a status other than 0 is a failure.
 *
 * 0, or a negative errno with *f filled: the final name then stands for what it stood for
 * before, and no temporary file is left unless target_kept() says so. -ENOENT and -ESTALE:
 * somebody has removed the temporary file or put another file in its place. Exceptions: if a
 * flush behind the rename fails, the file has its final name already, but may not be durable. If
 * the rename fails and takes the old file away, the new one stays; *f names it. */
int target_commit(struct target *t, struct failure *f);

/* A write has failed with *f: adds what the kind knows about the reason. May wait for a moment. */
void target_explain(struct target *t, struct failure *f);

/* Gives up: removes the temporary file, or with `keep` leaves it for a later run to resume
 * from, if the target keeps anything; then closes it. Never touches the final name. Cannot
 * fail. */
void target_abort(struct target *t, bool keep);

/* As target_abort(), while workers that hang in the kernel may still write through the
 * descriptors: removes or keeps the name of the temporary file and closes nothing, so that no
 * other file gets the numbers of these descriptors before the process ends. The last call for
 * the target. */
void target_abandon(struct target *t, bool keep);

#endif
