/* engine: how bytes move. The contract every engine fulfils, and the table of engines.
 *
 * An engine runs ordered batches. A batch is an array of operations: operation 0 (the leader)
 * completes in full, and only then do operations 1..n (the members) run, in no particular
 * order, concurrently where the engine can. That is an SQE group; linked SQEs express it
 * serially; the other engines start the members when the leader's completion has been seen.
 *
 *  - Every operation gets a result of its own: bytes moved (possibly fewer than asked for), 0
 * for NOP and FSYNC, or a negative errno. -ECANCELED means: never started, nothing happened.
 *  - "In full" is result == len. When the leader fails or falls short, no member starts and
 *    every member's result is -ECANCELED. A member is never started on bytes that the leader
 *    did not deliver.
 *  - An engine may leave members -ECANCELED although the leader was complete (a plain link
 * chain does so behind a failing write). The caller submits those again.
 *  - Batches with `ordered` set form a sequence: members of one start only after all
 *    members of all ordered batches submitted earlier have completed. (Its leader may run
 *    ahead.) When an operation of an ordered batch fails or falls short, ordered batches that
 *    were submitted before the caller saw that, and have not started, are cancelled: all their
 *    members -ECANCELED, their leader -ECANCELED or its true result. engine->chain_breaks tells
 *    whether that is so for members; on SQE groups after the original ABI only a leader's
 * failure cancels what has already been handed to the kernel.
 *  - Operations are returned one by one, as they get their results: one that never does (a file
 *    system that hangs) holds up its batch and what is ordered behind it, and nothing else.
 *    Where members run one after the other (engine->serial) it holds up those after it, too.
 *  - submit() is all or nothing: 0, or a negative errno with nothing of the batch queued.
 *  - An engine does not retry, print, or decide. Repair of short transfers, dropping a
 * destination and end-of-file live once, in copy/.
 *
 * An engine instance belongs to the thread that created it: create, submit, wait and destroy
 * are called from that thread only (io_uring's SINGLE_ISSUER and DEFER_TASKRUN demand it,
 * io_uring_setup(2)). */
#ifndef UCOPY_ENGINE_ENGINE_H
#define UCOPY_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum engine_op_kind {
    ENGINE_NOP,   /* len 0 */
    ENGINE_READ,  /* into buf */
    ENGINE_WRITE, /* from buf */
    ENGINE_FSYNC, /* data and metadata of the file; len 0; a member, or alone in its batch:
                     a failing one would not hold up what io_uring has linked to it */
};

/* Offset of an operation on a file without positions (fifo, terminal, /dev/full). */
#define ENGINE_STREAM UINT64_MAX

struct engine_batch;

struct engine_op {
    enum engine_op_kind kind;
    unsigned file;   /* index into engine_config.fds; ignored for NOP */
    uint64_t offset; /* bytes into the file, or ENGINE_STREAM */
    void *buf;       /* inside the pool; READ and WRITE only */
    uint32_t len;    /* bytes, at most INT32_MAX; 0 for NOP and FSYNC */
    int32_t result;  /* out: bytes, or negative errno */

    struct engine_batch *batch; /* out: the one it was submitted with */
    struct engine_op *next;     /* out: in the list that wait() returns; until then the
                                   engine's own */
    bool waits; /* out, until it is returned: as cancel() was told last, it has not begun, and
                   will not be returned before it has */
};

/* For engines: a queue of operations, linked by op->next. Each operation is in
 * one list at most. */
struct op_list {
    struct engine_op *first;
    struct engine_op **tail;
};

struct engine_batch {
    struct engine_op *ops; /* the caller's; not touched by it while the batch is in flight */
    unsigned n_ops;        /* at least 1 */
    bool ordered;

    unsigned left; /* out: operations that wait() has not returned; 0: the batch is complete,
                      and the caller's again as soon as it has gone through the list */

    unsigned pending;          /* the engine's own: operations without a result yet */
    bool broken;               /* the engine's own */
    bool led;                  /* the engine's own: the leader has been returned */
    bool leader_seen;          /* the engine's own: and its completion has come */
    struct op_list held;       /* the engine's own: not to be returned yet */
    struct engine_batch *next; /* the engine's own */
};

/* Fixed for the life of an engine. fds and the pool are the caller's and outlive the engine. */
struct engine_config {
    const int *fds; /* files that operations name by index; O_DIRECT ones among them */
    unsigned n_fds;
    void *pool; /* page-aligned memory that holds every buffer, or NULL with pool_len 0 */
    size_t pool_len;
    unsigned max_batches; /* in flight at once */
    unsigned max_ops;     /* in one batch, leader included */
};

/* Why an engine cannot be had, or what it has to do without: one line without newline,
 * naming the call and the errno text. */
struct engine_reason {
    char text[160];
};

/* The base every engine embeds as its first member; filled by the engine's create(). */
struct engine {
    const struct engine_ops *ops;
    const struct engine_config *config; /* a copy that engine.c keeps */
    bool chain_breaks;                  /* see "ordered" above */
    bool serial;      /* members run one after the other, in the order of the batch */
    bool leader_last; /* a leader that is complete may be returned only when a member is */
    struct engine_reason
        notes;          /* what it does without, e.g. "buffers not registered: ..."; or "" */
    unsigned in_flight; /* batches; kept by engine.c */
};

struct engine_ops {
    const char *name;
    bool needs_direct; /* blocks on buffered I/O: "auto" takes it for O_DIRECT only */

    /* Makes an instance; *ret_engine is untouched on failure. Includes every probe that is
     * needed to be sure that the engine works here. Returns 0 or a negative errno with the
     * reason in *why. Failing to register buffers or files is no failure but a note. */
    int (*create)(const struct engine_config *config, struct engine **ret_engine,
                  struct engine_reason *why);

    /* Queues a batch; may or may not start it yet. All or nothing. */
    int (*submit)(struct engine *e, struct engine_batch *b);

    /* Starts what is queued and waits for results: for several at once (engine_share()), as
     * that saves system calls, but not for more than come without the `slow` operations of
     * which the caller knows that they may take long; until timeout_ms has passed at most; it
     * may come back sooner, with nothing. *ret_done becomes the list (by op->next) of all
     * operations that have got their results since the last call, a leader always before its
     * members. 0, or a negative errno if the engine itself broke. */
    int (*wait)(struct engine *e, unsigned slow, unsigned timeout_ms,
                struct engine_op **ret_done);

    /* Asks that an operation which has been submitted be returned without having been started,
     * with -ECANCELED, if it only waits for its turn in the kernel. One that runs goes on, or
     * ends with -EINTR. One that waits where the kernel does not get at it stays there, and is
     * marked by op->waits, unless it is on a stream; so may be one that was just about to be
     * returned, and, on some file systems, one that runs. Advice, and the answer comes with
     * wait(); NULL: what has been submitted is started. */
    void (*cancel)(struct engine *e, struct engine_op *op);

    /* Ends the instance. With batches in flight it returns only when the kernel no longer uses
     * the pool. Afterwards nothing of the engine holds the files open (or a file system
     * busy). */
    void (*destroy)(struct engine *e);
};

extern const struct engine_ops engine_group_ops;
extern const struct engine_ops engine_fanout_ops;
extern const struct engine_ops engine_link_ops;
extern const struct engine_ops engine_aio_ops;
extern const struct engine_ops engine_sync_ops;

/* The engines compiled in, in the order in which "auto" tries them; ends with NULL. */
extern const struct engine_ops *const engine_table[];

/* Looks an engine up by name; NULL if there is none of that name. */
const struct engine_ops *engine_find(const char *name);

/* The border: these check the contract with assertions on both sides and call the engine.
 * Arguments, results and errors are those of the callbacks above. */
int engine_create(const struct engine_ops *ops, const struct engine_config *config,
                  struct engine **ret_engine, struct engine_reason *why);
int engine_submit(struct engine *e, struct engine_batch *b);
int engine_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                struct engine_op **ret_done);
void engine_cancel(struct engine *e, struct engine_op *op);
void engine_destroy(struct engine *e); /* NULL is fine */

/* Whether the engine works on this machine, by making one and running a batch of NOPs.
 * 0, or a negative errno with the reason in *why. */
int engine_probe(const struct engine_ops *ops, struct engine_reason *why);

/* For engines: performs the operation with the plain blocking system call (read, pread, write,
 * pwrite, fsync) and returns what its result is: bytes, or a negative errno. From any
 * thread. */
int32_t engine_run_blocking(const struct engine *e, const struct engine_op *op);

/* For engines: fills *why with "CALL: text of err" and returns -err. err is a positive errno.
 */
int engine_reason_set(struct engine_reason *why, const char *call, int err);

/* Makes the list empty. */
static inline void op_list_init(struct op_list *l)
{
    l->first = NULL;
    l->tail = &l->first;
}

/* Puts the operation at the end. */
static inline void op_list_append(struct op_list *l, struct engine_op *op)
{
    op->next = NULL;
    *l->tail = op;
    l->tail = &op->next;
}

/* Removes the first operation; there must be one. */
static inline void op_list_drop_first(struct op_list *l)
{
    l->first = l->first->next;
    if (!l->first)
        l->tail = &l->first;
}

/* For engines: for how many of the operations under way to wait at once. Half of them: the
 * other half keeps the devices busy while the caller refills, and one system call serves many.
 */
static inline unsigned engine_share(unsigned under_way, unsigned slow)
{
    return slow < under_way ? (under_way - slow + 1) / 2 : 1;
}

/* One operation in full? (READ and WRITE moved all bytes, NOP and FSYNC succeeded.) */
static inline bool engine_op_full(const struct engine_op *op)
{
    return op->result >= 0 && (uint32_t)op->result == op->len;
}

#endif
