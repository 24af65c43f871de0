#include "uring_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The largest submission queue. More batches need several submissions. */
#define URING_MAX_ENTRIES 4096u

/* The largest registered buffer (io_uring_register(2), IORING_REGISTER_BUFFERS). */
#define URING_MAX_BUFFER (1ul << 30)

/* A flag in user_data, beside the operation's address: the SQE has become a NOP. */
#define URING_DISARMED 1ull

/* A flag in user_data, beside the operation's address: the SQE requests that the operation be
 * cancelled, and its result is of interest. */
#define URING_CANCEL 2ull

static struct engine_op *op_of(uint64_t user_data)
{
    uint64_t flags = URING_DISARMED | URING_CANCEL;

    return (struct engine_op *)(uintptr_t)(user_data & ~flags); // NOLINT
}

static int setup(struct uring *u, unsigned entries, unsigned cq_entries,
                 struct engine_reason *why)
{
    /* The best flags first. DEFER_TASKRUN (6.1): the kernel processes completions in this
     * thread, and only when it waits for them. COOP_TASKRUN (5.19): the kernel does not
     * interrupt the thread for that. */
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

/* Checks that the kernel can start worker threads for this process. Operations that would block
 * run in them. They count against RLIMIT_NPROC and a container's pids limit. Without them every
 * buffered write gets -ECANCELED. */
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

/* Lets as many threads run as there are files: writes that the kernel cannot make without a
 * thread run one after the other on each file, and at the same time on all. By default a task
 * has at most four threads per CPU for regular files (io_wq_create(), io_uring/io-wq.c, 6.18).
 * The kernel starts them when they are needed. Before Linux 5.15 it has no such request, and
 * some files wait for others. */
static void allow_workers(struct uring *u)
{
    unsigned max[2] = {0, 0}; /* for regular files, for others; 0: ask */

    if (io_uring_register_iowq_max_workers(&u->ring, max) < 0)
        return;
    max[0] = max[0] < u->config->n_fds ? u->config->n_fds : 0;
    max[1] = max[1] < u->config->n_fds ? u->config->n_fds : 0;
    if (max[0] || max[1])
        (void)io_uring_register_iowq_max_workers(&u->ring, max);
}

/* Adds a line to the notes. */
static void add_note(struct engine_reason *notes, const char *what, int err)
{
    size_t used = strlen(notes->text);

    snprintf(notes->text + used, sizeof notes->text - used, "%s%s not registered: %s",
             used ? "; " : "", what, strerror(err));
}

static bool is_pipe(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* Registers the files, but no pipes: whoever reads from one waits for its end, which does not come
 * before the ring has let go of the pipe, and a ring may be left behind. 0 or a negative errno. */
static int register_files(struct uring *u)
{
    const struct engine_config *c = u->config;

    u->files = calloc(c->n_fds, sizeof *u->files);
    if (!u->files)
        return -ENOMEM;
    for (unsigned i = 0; i < c->n_fds; i++)
        u->files[i] = is_pipe(c->fds[i]) ? -1 : c->fds[i];
    return io_uring_register_files(&u->ring, u->files, c->n_fds);
}

static void register_all(struct uring *u, struct engine_reason *notes)
{
    const struct engine_config *c = u->config;
    int r;

    /* -EMFILE: more files than RLIMIT_NOFILE allows. -ENOMEM: a pool larger than RLIMIT_MEMLOCK
     * (io_uring_register(2)). Without registration the kernel only needs more time for each
     * operation. */
    if (c->n_fds > 0) {
        r = register_files(u);
        u->fixed_files = r == 0;
        if (r < 0)
            add_note(notes, "files", -r);
    }
    if (c->pool_len > 0) {
        struct iovec pool = {.iov_base = c->pool, .iov_len = c->pool_len};

        r = c->pool_len > URING_MAX_BUFFER ? -EFBIG
                                           : io_uring_register_buffers(&u->ring, &pool, 1);
        u->fixed_buffers = r == 0;
        if (r < 0)
            add_note(notes, "buffers", -r);
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
    /* One entry more, for a request to cancel. */
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
    allow_workers(u);
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
    bool fixed = file && u->fixed_files && u->files[op->file] >= 0;
    int fd = !file ? -1 : fixed ? (int)op->file : u->config->fds[op->file];

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
    if (fixed)
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

/* Whether the operation always runs in a thread of io-wq. A request to cancel finds it there.
 * Direct I/O may run without a thread, and streams are polled. */
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
    bool cut = true; /* the SQE belongs to the chain or group that was cut off */

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

/* Consumes all CQEs that have come. Returns the list of their operations in the same order. */
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
            continue; /* the CQE of a request to cancel */
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
    /* -ETIME: the time is over. -EINTR: a signal. -EBUSY: the completion queue is full; reap()
     * empties it. -EAGAIN: the kernel is out of memory for now; the SQEs are still queued. */
    if (r < 0 && r != -ETIME && r != -EINTR && r != -EBUSY && r != -EAGAIN)
        return r;
    *ret_done = reap(u);
    return 0;
}

void uring_close(struct uring *u)
{
    while (u->outstanding > 0) {
        struct engine_op *done;

        /* Repeats the request, because it does not find operations that start to run after it.
         * Before Linux 5.19 it is rejected with -EINVAL, and the operations run to their
         * end. */
        if (uring_room(u, 1))
            request_cancel(u, NULL, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL, 0);
        if (uring_turn(u, u->outstanding, 1000, &done) < 0)
            break;
    }
    /* Without this the kernel would close the files some time after the ring, and umount(2)
     * would fail with EBUSY until then. */
    if (u->fixed_files)
        io_uring_unregister_files(&u->ring);
    free(u->files);
    io_uring_queue_exit(&u->ring);
}
