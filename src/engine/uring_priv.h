/* uring_priv: one io_uring with registered pool and files; the code that the three io_uring
 * engines share. It makes SQEs of operations and results of CQEs. Of batches it knows only that
 * operation 0 is the leader. */
#ifndef UCOPY_ENGINE_URING_PRIV_H
#define UCOPY_ENGINE_URING_PRIV_H

#include <liburing.h>

#include "engine.h"

struct uring {
    struct io_uring ring;
    const struct engine_config *config;
    bool fixed_files;     /* IORING_REGISTER_FILES succeeded */
    int *files;           /* with fixed_files: those that are registered; -1: it is not */
    bool fixed_buffers;   /* IORING_REGISTER_BUFFERS succeeded: the pool is buffer 0 */
    unsigned outstanding; /* SQEs that were taken, and whose CQE has not come yet */
};

/* Makes a ring for the configuration with the best flags that the kernel accepts, and registers
 * files and pool. If these cannot be registered, the reason is added to *notes, and the ring
 * works without that. Fails on kernels without IORING_FEAT_EXT_ARG (before Linux 5.11), where a
 * wait with a time limit would need an SQE of its own. Returns 0, or a negative errno with the
 * reason in *why. *config must exist as long as the ring. */
int uring_open(struct uring *u, const struct engine_config *config, struct engine_reason *notes,
               struct engine_reason *why);

/* Cancels the operations in flight, waits for those that cannot be cancelled, and closes the
 * ring. Afterwards the kernel does not use the pool any more. */
void uring_close(struct uring *u);

/* Whether the submission queue has room for n SQEs. */
bool uring_room(const struct uring *u, unsigned n);

/* Takes an SQE and fills it for the operation; user_data is the operation. The submission queue
 * must have room. Returns the SQE, which is the ring's; the caller may add flags. */
struct io_uring_sqe *uring_prep(struct uring *u, struct engine_op *op);

/* Requests that the kernel cancel the operation if it is not running yet. An operation may have
 * to wait for one that hangs on another file: io-wq has a limited number of threads, and it
 * runs the writes to one regular file, and to files whose inode has the same hash, one after
 * the other (io_uring/io-wq.c).
 *
 * A thread of io-wq takes several writes with the same hash from the queue at once if they are
 * adjacent (io_worker_handle_work()). A request finds only the one that the thread is running.
 * For the others the kernel returns ENOENT, and op->waits is set.
 *
 * The request is sent with the next submission. It is dropped if the submission queue is
 * full. */
void uring_cancel(struct uring *u, struct engine_op *op);

/* Submits the queued SQEs without waiting. This is necessary only when the submission queue is
 * full. 0 or a negative errno. */
int uring_flush(struct uring *u);

/* Makes one io_uring_enter(2): submits the queued SQEs, and waits until `want` CQEs have come
 * (at least 1, at most the outstanding ones), or timeout_ms is over. *ret_done becomes the list
 * (by op->next) of operations that are complete, with their results, in the order of their
 * CQEs; NULL: there are none. 0 or a negative errno. */
int uring_turn(struct uring *u, unsigned want, unsigned timeout_ms,
               struct engine_op **ret_done);

/* Repairs the submission queue after an incomplete submission. The kernel may stop in the
 * middle of a submission when it is out of memory; io_uring_enter(2) then returns a smaller
 * number. With the next submission the rest of a chain or group would be a new one, and would
 * write a buffer that has no data yet. This function makes NOPs of these SQEs, and their
 * operations get -ECANCELED. It concerns the SQEs up to the next leader or, if batches are
 * chained, all that are left. uring_flush() and uring_turn() call it; it is public for its
 * test. */
void uring_disarm_rest(struct uring *u);

#endif
