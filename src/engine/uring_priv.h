/* uring_priv: one io_uring with the pool and the files registered, as the three io_uring
 * engines share it. Turns operations into SQEs and CQEs into results; knows nothing of batches
 * beyond "operation 0 is the leader". */
#ifndef UCOPY_ENGINE_URING_PRIV_H
#define UCOPY_ENGINE_URING_PRIV_H

#include <liburing.h>

#include "engine.h"

struct uring {
    struct io_uring ring;
    const struct engine_config *config;
    bool fixed_files;     /* IORING_REGISTER_FILES succeeded */
    bool fixed_buffers;   /* IORING_REGISTER_BUFFERS succeeded: the pool is buffer 0 */
    unsigned outstanding; /* SQEs taken whose CQE has not been seen */
};

/* Sets up a ring for the configuration with the best flags that the kernel takes, and registers
 * files and pool. Refuses kernels without IORING_FEAT_EXT_ARG (before Linux 5.11), on which a
 * wait with time-out would need an SQE of its own. What could not be registered is told in
 * *notes and done without. Negative errno with *why filled on failure. *config must outlive the
 * ring. */
int uring_open(struct uring *u, const struct engine_config *config, struct engine_reason *notes,
               struct engine_reason *why);

/* Cancels what can be cancelled, waits for the rest, and closes the ring: afterwards the kernel
 * no longer uses the pool. */
void uring_close(struct uring *u);

/* Whether n SQEs can be taken without a submission in between. */
bool uring_room(const struct uring *u, unsigned n);

/* Takes an SQE and fills it for the operation; user_data is the operation. The caller made sure
 * of room and may add flags. Owned by the ring. */
struct io_uring_sqe *uring_prep(struct uring *u, struct engine_op *op);

/* Asks the kernel to cancel the operation if it has not begun to run: io-wq runs the writes to
 * one regular file, and to those whose inode has the same hash, one after the other, and has a
 * limited number of threads (io_uring/io-wq.c), so that an operation can wait behind one on
 * another file that hangs. A thread takes writes with the same hash that are next to each other
 * from the queue all at once (io_worker_handle_work()), and a request finds only the one that
 * it runs: of the others it says ENOENT, which op->waits tells. The request goes out with the
 * next submission, and is left out when there is no room for it. */
void uring_cancel(struct uring *u, struct engine_op *op);

/* Hands queued SQEs to the kernel without waiting. Needed only when the submission queue is
 * full. 0 or a negative errno. */
int uring_flush(struct uring *u);

/* One io_uring_enter(2): submits what is queued and waits until `want` CQEs have come (at least
 * 1, at most what is outstanding) or timeout_ms has passed. *ret_done becomes the list (by
 * op->next) of operations that are complete, results set, in the order of their CQEs; NULL if
 * none. 0 or a negative errno. */
int uring_turn(struct uring *u, unsigned want, unsigned timeout_ms,
               struct engine_op **ret_done);

/* The kernel may stop in the middle of a submission (out of memory: io_uring_enter(2) then
 * returns fewer than asked for). What is left of a chain or group would begin a new one with
 * the next submission, and write a buffer that nothing has been read into. This turns the
 * left-over SQEs into NOPs whose operations report -ECANCELED: those behind the cut up to the
 * next leader, and, where batches are chained, all of them. Called by uring_flush() and
 * uring_turn(); public for its test. */
void uring_disarm_rest(struct uring *u);

#endif
