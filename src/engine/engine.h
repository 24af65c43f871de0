/* engine: the room that moves bytes. This header is the contract that every engine fulfils, and
 * the table of engines.
 *
 * An engine runs reads and writes for one worker of the copy. It knows files as numbers, and
 * buffers as addresses. It knows nothing of sources, destinations or options. It never retries,
 * prints or decides: the repair of short transfers, the drop of a destination that fails and
 * the end of the source's data are the business of copy/, once for all engines.
 *
 * The unit of work is the ordered batch, an array of operations. Operation 0 is the leader. The
 * other operations are its members. The leader completes first; then the members run, in any
 * order, and concurrently if the engine can do that. In a copy the leader reads a chunk of the
 * source into a buffer, and each member writes the buffer to one destination. A batch is an SQE
 * group of io_uring (engine "group"). Linked SQEs are a serial form of it ("link"). The other
 * engines start the members when they have seen the leader's completion ("fanout", "aio",
 * "sync").
 *
 * The contract. An operation is "complete in full" if its result is its length; otherwise it
 * has failed (negative result) or is short.
 *
 *  - Each operation gets a result of its own: the number of bytes moved, which may be smaller
 *    than its length; 0 for NOP and FSYNC; or a negative errno. -ECANCELED means that the
 *    operation was never started, and had no effect.
 *  - Members start only when the leader is complete in full. If it fails or is short, the
 *    result of every member is -ECANCELED. A write never sees bytes that the leader has not
 *    read.
 *  - A member may get -ECANCELED although the leader was complete in full: in a chain of links
 *    a write that fails cancels the writes behind it. The caller submits those again.
 *  - Batches with `ordered` set form a sequence. The members of such a batch start only when
 *    all members of all ordered batches that were submitted before it are complete. Its leader
 *    may run earlier.
 *  - If an operation of an ordered batch fails or is short, later ordered batches are
 *    cancelled: those that were submitted before wait() returned that operation, and whose
 *    members have not started. All their members get -ECANCELED; their leaders get -ECANCELED
 *    or their true result. engine->chain_breaks tells whether this is so if that operation is a
 *    member. With SQE groups of the original ABI only a leader that fails or is short cancels
 *    batches that the kernel has already.
 *  - wait() returns operations one by one, when they have a result, and a leader before its
 *    members. An operation that never completes (on a file system that hangs) delays only the
 *    rest of its batch and the ordered batches behind it. If members run one after the other
 *    (engine->serial), it delays the members after it, too.
 *  - submit() takes all of a batch (0), or nothing of it (negative errno).
 *
 * Ownership. Files, pool, batches and operations are the caller's. The engine uses a batch and
 * its operations from submit() until wait() has returned all of its operations; the caller does
 * not change them meanwhile. The kernel may use the pool until destroy() has returned.
 *
 * Threads. An engine instance belongs to the thread that created it, a worker of the copy. Only
 * that thread calls create, submit, wait, cancel and destroy. (io_uring demands this with
 * SINGLE_ISSUER and DEFER_TASKRUN, io_uring_setup(2).)
 *
 * A new engine is one file with a struct engine_ops, an `extern` line below and a line in
 * table.c. If the kernel has no mechanism for "leader first, then members", sequencer_priv.h
 * provides it. tests/conformance/test_engine.c then checks the new engine against this
 * contract. */
#ifndef UCOPY_ENGINE_ENGINE_H
#define UCOPY_ENGINE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writers.h"

enum engine_op_kind {
    ENGINE_NOP,   /* len 0 */
    ENGINE_READ,  /* into buf */
    ENGINE_WRITE, /* from buf */

    /* Of data and metadata of the file; len 0. An FSYNC is a member, or alone in its batch: if
     * it were a leader and failed, io_uring would start the members all the same. */
    ENGINE_FSYNC,
};

/* The offset of an operation on a stream, which is a file without positions (fifo, terminal,
 * /dev/full). */
#define ENGINE_STREAM UINT64_MAX

struct engine_batch;

struct engine_op {
    enum engine_op_kind kind;
    unsigned file;   /* index into engine_config.fds; ignored for NOP */
    uint64_t offset; /* bytes into the file, or ENGINE_STREAM */
    void *buf;       /* inside the pool; READ and WRITE only */
    uint32_t len;    /* bytes, at most INT32_MAX; 0 for NOP and FSYNC */
    int32_t result;  /* out: bytes, or negative errno */

    struct engine_batch *batch; /* out: the batch of this operation */

    /* out: the next operation in the list that wait() returns; before that the engine uses
     * it. */
    struct engine_op *next;

    /* out, until wait() returns the operation: the latest cancel() of it has found that it is
     * not running and cannot be removed. wait() will not return it before it has run. */
    bool waits;
};

/* For engines: a queue of operations, linked by op->next. An operation is in one list at
 * most. */
struct op_list {
    struct engine_op *first;
    struct engine_op **tail;
};

struct engine_batch {
    struct engine_op *ops; /* ops[0] is the leader */
    unsigned n_ops;        /* at least 1 */
    bool ordered;

    /* out: operations that wait() has not returned yet. 0: the batch is complete, and the
     * caller may use it again when it has gone through wait()'s list. */
    unsigned left;

    /* For engines only. */
    unsigned pending;          /* operations without a result */
    bool broken;               /* members must not start */
    bool leader_returned;      /* wait() has returned the leader, or is going to */
    bool leader_completed;     /* the kernel has reported the leader's completion */
    struct op_list held;       /* members with a result that must not be returned yet */
    struct engine_batch *next; /* in a queue of batches */
};

/* Does not change during the life of an engine. fds and the pool are the caller's, and exist
 * longer than the engine. */
struct engine_config {
    const int *fds; /* operations refer to them by index; some may be open with O_DIRECT */
    unsigned n_fds;
    void *pool; /* page-aligned memory that contains all buffers; or NULL, with pool_len 0 */
    size_t pool_len;      /* bytes */
    unsigned max_batches; /* in flight at once */
    unsigned max_ops;     /* in one batch, leader included */

    /* Not NULL: the files' data is in memory, and reads and writes take the CPU's time only, unless
     * something is wrong. An engine may run them in the thread that owns it, which then waits for
     * what is wrong (engine->prompt). All engines of the copy have the same one, for n_fds files. */
    struct writers *writers;
};

/* Why an engine does not work here, or which feature it works without. One line without
 * newline, with the name of the call and the text of its errno. */
struct engine_reason {
    char text[160];
};

/* The base of every engine, embedded as its first member. engine_create() sets ops, config and
 * in_flight; the engine's create() sets the rest. */
struct engine {
    const struct engine_ops *ops;
    const struct engine_config *config; /* engine.c's copy; valid until after destroy() */
    bool chain_breaks; /* a member that fails or is short cancels later ordered batches, too */
    bool serial;       /* members run one after the other, in the order of the batch */

    /* wait() may return a leader that is complete in full only together with a member. The
     * caller cannot distinguish a read that hangs from writes that hang then. */
    bool leader_last;

    /* wait() runs operations itself, which take the CPU's time only, unless something is wrong. */
    bool prompt;

    atomic_bool left; /* engine_leave() was called */

    struct engine_reason notes; /* features that it works without, for example "buffers not
                                   registered: ..."; or "" */
    unsigned in_flight;         /* batches that are not complete; engine.c counts them */
};

/* What an engine implements. Callers use engine_create() and the other functions below, which
 * check the contract. */
struct engine_ops {
    const char *name;
    bool needs_direct; /* blocks on buffered I/O; "auto" uses it for O_DIRECT only */

    /* Writes to two regular files may wait for each other: io_uring has 64 queues for those
     * that need a thread, and chooses by the inode's address (io_wq_hash_work(),
     * io_uring/io-wq.c, 6.18). */
    bool shares_queues;
    bool prompt; /* the best for files whose data is in memory: it uses engine_config.writers */
    bool polls;  /* waits until poll(2) reports that a file can be read, if it has that */

    /* Makes an instance. create() itself tries everything that the engine needs, so that the
     * engine works if it succeeds. Returns 0, or a negative errno with the reason in *why;
     * *ret_engine is untouched then. If buffers or files cannot be registered, that is no
     * failure but a note (engine.notes). */
    int (*create)(const struct engine_config *config, struct engine **ret_engine,
                  struct engine_reason *why);

    /* Queues a batch, all of it or nothing; may start it already. An engine has room for
     * max_batches batches of max_ops operations, and allocates no memory per operation. 0 or a
     * negative errno. */
    int (*submit)(struct engine *e, struct engine_batch *b);

    /* Starts what is queued and waits for results, at most timeout_ms. One call waits for
     * several results (engine_share()), because that saves system calls. slow: the number of
     * operations in flight that may take long, as the caller knows; wait() must not wait for
     * their results.
     *
     * *ret_done becomes the list (by op->next) of all operations that have got a result since
     * the last call, each leader before its members. The list may be empty (NULL), also before
     * the time is over. 0, or a negative errno if the engine itself does not work any more. */
    int (*wait)(struct engine *e, unsigned slow, unsigned timeout_ms,
                struct engine_op **ret_done);

    /* Requests that an operation in flight be returned with -ECANCELED if it has not started to
     * run. The request is advice. wait() returns the operation in any case, with a result:
     *
     *  - An operation that waits for its turn in the kernel gets -ECANCELED.
     *  - An operation that runs goes on, or gets -EINTR.
     *  - An operation that waits where the kernel does not find it stays there. op->waits is
     *    set then, unless it is on a stream. op->waits may also be set for an operation that
     *    was just about to be returned and, on some file systems, for one that runs.
     *
     * NULL: the engine cannot cancel; all operations in flight will run. */
    void (*cancel)(struct engine *e, struct engine_op *op);

    /* Frees the instance. If batches are in flight it returns only when the kernel does not use
     * the pool any more; their results are lost. Afterwards the engine keeps no file open, and
     * no file system busy. */
    void (*destroy)(struct engine *e);
};

extern const struct engine_ops engine_group_ops;
extern const struct engine_ops engine_fanout_ops;
extern const struct engine_ops engine_link_ops;
extern const struct engine_ops engine_aio_ops;
extern const struct engine_ops engine_sync_ops;

/* The engines of this program, in the order in which "auto" tries them; NULL ends the table. */
extern const struct engine_ops *const engine_table[];

/* The engine with this name; NULL: there is none. */
const struct engine_ops *engine_find(const char *name);

/* These functions are the only way to use an engine. They call the functions of struct
 * engine_ops, and check with assertions that caller and engine keep the contract. Arguments,
 * results and errors are those of struct engine_ops. engine_cancel() does nothing if the engine
 * has no cancel(). */
int engine_create(const struct engine_ops *ops, const struct engine_config *config,
                  struct engine **ret_engine, struct engine_reason *why);
int engine_submit(struct engine *e, struct engine_batch *b);
int engine_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                struct engine_op **ret_done);
void engine_cancel(struct engine *e, struct engine_op *op);
void engine_destroy(struct engine *e); /* NULL is fine */

/* The thread that owns the engine hangs in it, and others do its work. No thread of the engine begins
 * an operation any more: it gets -ECANCELED. So files may be closed that are not in use. What the
 * kernel has got already goes on. Any thread may call this. */
void engine_leave(struct engine *e);

/* Finds out whether the engine works on this machine: makes an instance and runs a batch of
 * NOPs. 0, or a negative errno with the reason in *why. */
int engine_probe(const struct engine_ops *ops, struct engine_reason *why);

/* Runs the operation with a blocking system call (read, pread, write, pwrite, fsync), beside
 * the engine: for engines, and for callers that need a second opinion. Returns its result:
 * bytes, or a negative errno. Any thread may call it. */
int32_t engine_run_blocking(const struct engine *e, const struct engine_op *op);

/* For engines: sets *why to "CALL: " and the text of err, a positive errno. Returns -err. */
int engine_reason_set(struct engine_reason *why, const char *call, int err);

/* For engines that serve streams with blocking calls: such a write ends short when it has moved
 * bytes for so long, so that the caller sees that the stream is slow and does not hang. ms. */
#define ENGINE_STREAM_MS 100u

/* Makes the list empty. */
static inline void op_list_init(struct op_list *l)
{
    l->first = NULL;
    l->tail = &l->first;
}

/* Adds the operation at the end of the list. */
static inline void op_list_append(struct op_list *l, struct engine_op *op)
{
    op->next = NULL;
    *l->tail = op;
    l->tail = &op->next;
}

/* Removes the first operation; the list must not be empty. */
static inline void op_list_drop_first(struct op_list *l)
{
    l->first = l->first->next;
    if (!l->first)
        l->tail = &l->first;
}

/* For engines: the number of results that wait() waits for. This is half of the running
 * operations that are not slow. So one system call returns many results, and the other half
 * keeps the devices busy while the caller submits more. */
static inline unsigned engine_share(unsigned running, unsigned slow)
{
    return slow < running ? (running - slow + 1) / 2 : 1;
}

/* Whether the operation is complete in full: READ or WRITE has moved all bytes, NOP or FSYNC
 * has succeeded. */
static inline bool engine_op_full(const struct engine_op *op)
{
    return op->result >= 0 && (uint32_t)op->result == op->len;
}

#endif
