#include "uring_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Largest submission queue asked for. More batches than fit are handed over in several
 * submissions. */
#define URING_MAX_ENTRIES 4096u

/* A registered buffer may not be larger (io_uring_register(2), IORING_REGISTER_BUFFERS). */
#define URING_MAX_BUFFER (1ul << 30)

/* Set in user_data, beside the operation's address, of an SQE that was turned into a NOP. */
#define URING_DISARMED 1ull

/* Set in user_data, beside the operation's address, of the request to cancel it, if its answer
 * tells something. */
#define URING_CANCEL 2ull

static struct engine_op *op_of(uint64_t user_data)
{
    uint64_t flags = URING_DISARMED | URING_CANCEL;

    return (struct engine_op *)(uintptr_t)(user_data & ~flags); // NOLINT
}

static int setup(struct uring *u, unsigned entries, unsigned cq_entries,
                 struct engine_reason *why)
{
    /* The best first: completions are processed when we ask for them and on our own thread
     * (6.1); without interrupting us (5.19); as it always was. */
    static const unsigned flags[] = {
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,
        0,
    };
    int r = -EINVAL;

    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && r == -EINVAL; i++) {
        struct io_uring_params p = {
            .flags = flags[i] | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
            .cq_entries = cq_entries,
        };
        r = io_uring_queue_init_params(entries, &u->ring, &p);
    }
    if (r < 0) {
        snprintf(why->text, sizeof why->text, "io_uring_setup: %s", strerror(-r));
        return r;
    }
    if (!(u->ring.features & IORING_FEAT_EXT_ARG)) {
        snprintf(why->text, sizeof why->text, "io_uring of this kernel has no timed wait");
        io_uring_queue_exit(&u->ring);
        return -EOPNOTSUPP;
    }
    return 0;
}

/* What cannot be done at once is given to kernel threads of ours, which count against
 * RLIMIT_NPROC and a container's pids limit. Without any every buffered write is -ECANCELED,
 * for ever. */
static int probe_worker(struct uring *u, struct engine_reason *why)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
    struct io_uring_cqe *cqe;
    int r;

    io_uring_prep_nop(sqe);
    sqe->flags |= IOSQE_ASYNC;
    do
        r = io_uring_submit_and_wait(&u->ring, 1);
    while (r == -EINTR);
    if (r >= 0)
        r = io_uring_wait_cqe(&u->ring, &cqe);
    if (r >= 0) {
        r = cqe->res;
        io_uring_cqe_seen(&u->ring, cqe);
    }
    if (r < 0)
        snprintf(why->text, sizeof why->text, "io_uring has no worker threads: %s",
                 strerror(-r));
    return r;
}

static void note(struct engine_reason *notes, const char *what, int err)
{
    size_t used = strlen(notes->text);

    snprintf(notes->text + used, sizeof notes->text - used, "%s%s not registered: %s",
             used ? "; " : "", what, strerror(err));
}

static void register_all(struct uring *u, struct engine_reason *notes)
{
    const struct engine_config *c = u->config;
    int r;

    /* More files than RLIMIT_NOFILE allows is -EMFILE, a pool over RLIMIT_MEMLOCK -ENOMEM
     * (io_uring_register(2)). Both only make the kernel look things up per operation. */
    if (c->n_fds > 0) {
        r = io_uring_register_files(&u->ring, c->fds, c->n_fds);
        u->fixed_files = r == 0;
        if (r < 0)
            note(notes, "files", -r);
    }
    if (c->pool_len > 0) {
        struct iovec pool = {.iov_base = c->pool, .iov_len = c->pool_len};

        r = c->pool_len > URING_MAX_BUFFER ? -EFBIG
                                           : io_uring_register_buffers(&u->ring, &pool, 1);
        u->fixed_buffers = r == 0;
        if (r < 0)
            note(notes, "buffers", -r);
    }
}

int uring_open(struct uring *u, const struct engine_config *config, struct engine_reason *notes,
               struct engine_reason *why)
{
    uint64_t ops = (uint64_t)config->max_batches * config->max_ops;
    unsigned entries;
    int r;

    *u = (struct uring){.config = config};
    notes->text[0] = '\0';
    if (config->max_ops > URING_MAX_ENTRIES) {
        snprintf(why->text, sizeof why->text, "too many destinations for one submission");
        return -E2BIG;
    }
    /* One more for a cancel request. */
    entries = ops < URING_MAX_ENTRIES ? (unsigned)ops + 1 : URING_MAX_ENTRIES;
    r = setup(u, entries, ops < 2 * URING_MAX_ENTRIES ? 2 * entries : 4 * URING_MAX_ENTRIES,
              why);
    if (r < 0)
        return r;
    r = probe_worker(u, why);
    if (r < 0) {
        io_uring_queue_exit(&u->ring);
        return r;
    }
    register_all(u, notes);
    return 0;
}

bool uring_room(const struct uring *u, unsigned n)
{
    return io_uring_sq_space_left(&u->ring) >= n;
}

struct io_uring_sqe *uring_prep(struct uring *u, struct engine_op *op)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
    bool file = op->kind != ENGINE_NOP;
    int fd = !file ? -1 : u->fixed_files ? (int)op->file : u->config->fds[op->file];

    switch (op->kind) {
    case ENGINE_NOP:
        io_uring_prep_nop(sqe);
        break;
    case ENGINE_READ:
        if (u->fixed_buffers)
            io_uring_prep_read_fixed(sqe, fd, op->buf, op->len, op->offset, 0);
        else
            io_uring_prep_read(sqe, fd, op->buf, op->len, op->offset);
        break;
    case ENGINE_WRITE:
        if (u->fixed_buffers)
            io_uring_prep_write_fixed(sqe, fd, op->buf, op->len, op->offset, 0);
        else
            io_uring_prep_write(sqe, fd, op->buf, op->len, op->offset);
        break;
    case ENGINE_FSYNC:
        io_uring_prep_fsync(sqe, fd, 0);
        break;
    }
    if (file && u->fixed_files)
        sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data(sqe, op);
    u->outstanding++;
    return sqe;
}

static void request_cancel(struct uring *u, struct engine_op *op, int flags, uint64_t user_data)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

    io_uring_prep_cancel(sqe, op, flags);
    sqe->user_data = user_data;
    u->outstanding++;
}

/* Whether the operation, while it runs, does so in a thread of io-wq, where a request to cancel
 * it finds it. Direct I/O may be under way without any, and streams are polled. */
static bool runs_in_thread(const struct uring *u, const struct engine_op *op)
{
    return op->kind == ENGINE_WRITE && op->offset != ENGINE_STREAM &&
           !(fcntl(u->config->fds[op->file], F_GETFL) & O_DIRECT);
}

void uring_cancel(struct uring *u, struct engine_op *op)
{
    if (uring_room(u, 1))
        request_cancel(u, op, 0, runs_in_thread(u, op) ? (uintptr_t)op | URING_CANCEL : 0);
}

void uring_disarm_rest(struct uring *u)
{
    struct io_uring_sq *sq = &u->ring.sq;
    unsigned left = io_uring_sq_ready(&u->ring);
    bool cut = true; /* still behind the cut */

    for (unsigned i = sq->sqe_tail - left; i != sq->sqe_tail; i++) {
        struct io_uring_sqe *sqe = &sq->sqes[i & *sq->kring_mask];
        struct engine_op *op = op_of(sqe->user_data);

        if (!op || sqe->user_data & URING_CANCEL)
            continue;
        if (op == op->batch->ops && !op->batch->ordered)
            cut = false;
        if (cut) {
            io_uring_prep_nop(sqe);
            sqe->user_data = (uintptr_t)op | URING_DISARMED;
        }
    }
}

int uring_flush(struct uring *u)
{
    int r = io_uring_submit(&u->ring);

    uring_disarm_rest(u);
    return r < 0 && r != -EINTR && r != -EBUSY && r != -EAGAIN ? r : 0;
}

/* Takes all CQEs that are there; returns the list of their operations in order. */
static struct engine_op *reap(struct uring *u)
{
    struct engine_op *list = NULL, **tail = &list;
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;

    io_uring_for_each_cqe(&u->ring, head, cqe)
    {
        struct engine_op *op = op_of(cqe->user_data);

        n++;
        if (cqe->user_data & URING_CANCEL)
            op->waits = cqe->res == -ENOENT;
        if (!op || cqe->user_data & URING_CANCEL)
            continue; /* a cancel request */
        op->result = cqe->user_data & URING_DISARMED ? -ECANCELED : cqe->res;
        op->next = NULL;
        *tail = op;
        tail = &op->next;
    }
    io_uring_cq_advance(&u->ring, n);
    u->outstanding -= n;
    return list;
}

int uring_turn(struct uring *u, unsigned want, unsigned timeout_ms, struct engine_op **ret_done)
{
    struct __kernel_timespec ts = {.tv_sec = timeout_ms / 1000,
                                   .tv_nsec = (timeout_ms % 1000) * 1000000ll};
    struct io_uring_cqe *cqe;
    int r;

    if (want > u->outstanding)
        want = u->outstanding;
    if (want == 0)
        want = 1;
    r = io_uring_submit_and_wait_timeout(&u->ring, &cqe, want, &ts, NULL);
    uring_disarm_rest(u);
    /* -ETIME: nothing came. -EINTR: a signal. -EBUSY: the completion queue is full, reaping
     * it is the cure. -EAGAIN: out of memory for the moment; the SQEs are still queued. */
    if (r < 0 && r != -ETIME && r != -EINTR && r != -EBUSY && r != -EAGAIN)
        return r;
    *ret_done = reap(u);
    return 0;
}

void uring_close(struct uring *u)
{
    while (u->outstanding > 0) {
        struct engine_op *done;

        /* Again each time: what begins to run behind a cancel request has not been found by it.
         * Before Linux 5.19 this is -EINVAL, and the operations end in their own time. */
        if (uring_room(u, 1))
            request_cancel(u, NULL, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL, 0);
        if (uring_turn(u, u->outstanding, 1000, &done) < 0)
            break;
    }
    /* Closing the ring would let go of the files some time later, and umount(2) say EBUSY until
     * then. */
    if (u->fixed_files)
        io_uring_unregister_files(&u->ring);
    io_uring_queue_exit(&u->ring);
}
