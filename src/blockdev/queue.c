#include "queue_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/fd.h"
#include "base/thread.h"
#include "ublk_abi_priv.h"

#define SECTOR 512u

/* The most worker threads of the kernel that may wait in calls, so that a destination that hangs does
 * not have them all. */
#define MOST_WORKERS 1024u

/* In user_data, which else is the address of an operation: this is the command of a tag. */
#define COMMAND 1ull

/* ---- entries ---- */

static struct io_uring_sqe *get_sqe(struct queue *q)
{
    struct io_uring_sqe *sqe;

    groups_close(&q->groups);
    while (!(sqe = io_uring_get_sqe(&q->ring)))
        (void)io_uring_submit(&q->ring);
    return sqe;
}

/* The command of a tag: fetches its next request, after the result of the last one. */
static void command(struct queue *q, unsigned op, unsigned tag, int result)
{
    struct io_uring_sqe *sqe = get_sqe(q);
    struct ublksrv_io_cmd cmd = {.tag = (__u16)tag, .result = result};

    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, q->device_fd, NULL, 0, 0);
    sqe->cmd_op = op;
    if (q->buffers_are == CONTROL_REGISTERED)
        sqe->addr = tag; /* the number of the registered buffer that the request's becomes */
    else if (q->buffers_are == CONTROL_COPIED)
        cmd.addr = (uintptr_t)q->buffer[tag];
    memcpy(sqe->cmd, &cmd, sizeof(cmd));
    io_uring_sqe_set_data64(sqe, (uint64_t)tag << 1 | COMMAND);
}

/* requests_io.commit */
static void commit(void *arg, unsigned tag, int result)
{
    command(arg, UBLK_ABI_COMMIT_AND_FETCH, tag, result);
}

/* Whether operations use the memory of the request itself. */
static bool uses_request(const struct queue *q, unsigned tag)
{
    return q->buffers_are != CONTROL_COPIED && tag < q->depth;
}

/* Whether the operation gets that memory by a group. */
static bool is_member(const struct queue *q, const struct request_op *op)
{
    return q->buffers_are == CONTROL_GROUP && uses_request(q, op->tag) &&
           (op->what == REQUEST_READ || op->what == REQUEST_WRITE);
}

static unsigned number_of(const struct queue *q, const struct request_op *op)
{
    return (unsigned)(op - q->requests.ops);
}

static void prepare_rw(struct queue *q, const struct request_op *op, struct io_uring_sqe *sqe,
                       int fd, bool writes)
{
    unsigned n = op->length < q->max_request ? (unsigned)op->length : q->max_request;
    uint64_t offset = fd == q->zero_fd ? 0 : op->offset;
    bool own = uses_request(q, op->tag);

    if (op->what == REQUEST_WRITE_ZEROS)
        io_uring_prep_write(sqe, fd, q->zeros, n, offset);
    else if (!own && writes)
        io_uring_prep_write(sqe, fd, q->buffer[op->tag] + op->from, n, offset);
    else if (!own)
        io_uring_prep_read(sqe, fd, q->buffer[op->tag] + op->from, n, offset);
    else {
        io_uring_prep_rw(writes ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED, sqe, fd, NULL,
                         n, offset);
        sqe->addr = op->from; /* from the start of the request */
        sqe->buf_index = q->buffers_are == CONTROL_REGISTERED ? (__u16)op->tag : 0;
    }
}

/* requests_io.start */
static void start(void *arg, struct request_op *op)
{
    struct queue *q = arg;
    bool member = is_member(q, op);
    struct io_uring_sqe *sqe =
        member ? groups_entry(&q->groups, op->tag, number_of(q, op)) : get_sqe(q);
    int fd = op->dest < q->requests.n_dests ? q->fds[op->dest] : q->zero_fd;

    switch (op->what) {
    case REQUEST_FLUSH:
        io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
        break;
    case REQUEST_PUNCH:
        io_uring_prep_fallocate(sqe, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                (off_t)op->offset, (off_t)op->length);
        break;
    case REQUEST_ZERO:
        io_uring_prep_fallocate(sqe, fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
                                (off_t)op->offset, (off_t)op->length);
        break;
    default:
        prepare_rw(q, op, sqe, fd, op->what == REQUEST_WRITE);
    }
    io_uring_sqe_set_data(sqe, op);
    if (member)
        groups_add(&q->groups, sqe);
}

/* ---- buffers ---- */

static char *map(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                   -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* requests_io.spare. The request's own memory stays busy. Else memory is
 * needed only here, when something hangs. What hangs keeps the old buffer for ever. */
static bool spare(void *arg, unsigned tag)
{
    struct queue *q = arg;

    if (uses_request(q, tag))
        return false;
    if (!q->spare[tag])
        q->spare[tag] = map(q->max_request);
    return q->spare[tag] != NULL;
}

/* requests_io.swap */
static void swap(void *arg, unsigned tag)
{
    struct queue *q = arg;

    q->buffer[tag] = q->spare[tag];
    q->spare[tag] = NULL;
}

/* requests_io.news */
static void news(void *arg)
{
    struct queue *q = arg;

    event_signal(q->news_fd);
}

/* ---- the loop ---- */

static enum request_kind kind_of(unsigned op)
{
    switch (op) {
    case UBLK_IO_OP_READ:
        return REQUEST_KIND_READ;
    case UBLK_IO_OP_WRITE:
        return REQUEST_KIND_WRITE;
    case UBLK_IO_OP_FLUSH:
        return REQUEST_KIND_FLUSH;
    case UBLK_IO_OP_DISCARD:
        return REQUEST_KIND_DISCARD;
    case UBLK_IO_OP_WRITE_ZEROES:
        return REQUEST_KIND_ZEROES;
    default:
        return REQUEST_KIND_UNKNOWN;
    }
}

/* The command of the tag is over: with a request, or because there will be no more. */
static void take_command(struct queue *q, unsigned tag, int res)
{
    const struct ublksrv_io_desc *d = &q->descriptors[tag];

    if (res != UBLK_IO_RES_OK) {
        q->n_gone++;
        return;
    }
    requests_begin(&q->requests, tag, kind_of(ublksrv_get_op(d)),
                   d->op_flags & UBLK_IO_F_NOUNMAP, d->start_sector * SECTOR,
                   (uint64_t)d->nr_sectors * SECTOR);
}

static void take_leader(struct queue *q, uint64_t data, int res)
{
    unsigned member;
    int result;

    while (groups_next(&q->groups, data, res, &member, &result))
        requests_done(&q->requests, &q->requests.ops[member], result);
}

static void take_op(struct queue *q, struct request_op *op, int res)
{
    if (!is_member(q, op) || !groups_hold(&q->groups, number_of(q, op), res))
        requests_done(&q->requests, op, res);
}

static void take_all(struct queue *q)
{
    struct io_uring_cqe *cqe;

    while (io_uring_peek_cqe(&q->ring, &cqe) == 0) {
        uint64_t data = cqe->user_data;
        int res = cqe->res;

        io_uring_cqe_seen(&q->ring, cqe);
        if (data & COMMAND)
            take_command(q, (unsigned)(data >> 1), res);
        else if (groups_is_leader(data))
            take_leader(q, data, res);
        else
            take_op(q, (struct request_op *)(uintptr_t)data, res); // NOLINT
    }
}

/* Whether a request waits for something that may still come. */
static bool has_requests(const struct queue *q)
{
    for (unsigned t = 0; t < q->requests.n_all; t++)
        if (q->requests.all[t].busy || q->requests.all[t].waiting)
            return true;
    return false;
}

/* Also when nobody has the device any more, destinations that are behind catch up. */
static void serve(struct queue *q)
{
    bool behind = false;

    while (q->n_gone < q->depth || has_requests(q) || behind) {
        struct __kernel_timespec t = {.tv_nsec = CLOCK_LOOK_MS * 1000000ll};
        struct io_uring_cqe *cqe;
        bool looks = behind || requests_run(&q->requests);

        groups_close(&q->groups);
        (void)io_uring_submit_and_wait_timeout(&q->ring, &cqe, 1, looks ? &t : NULL, NULL);
        q->requests.now = clock_running_ms();
        take_all(q);
        if (atomic_load(&q->gives_up))
            requests_give_up(&q->requests);
        q->requests.ending = q->n_gone == q->depth;
        requests_look(&q->requests, q->timeout_ms);
        behind = requests_behind(&q->requests);
        atomic_store(&q->behind, behind);
        atomic_store(&q->hangs,
                     q->buffers_are != CONTROL_COPIED && requests_hang(&q->requests));
    }
}

/* ---- life ---- */

static int set_up_ring(struct queue *q)
{
    unsigned n = q->depth * (q->requests.n_dests + 2) + q->requests.n_all,
             max[2] = {MOST_WORKERS, 0};
    struct io_uring_params p = {.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                                         IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CLAMP |
                                         IORING_SETUP_CQSIZE,
                                .cq_entries = 2 * n};
    int r = io_uring_queue_init_params(n, &q->ring, &p);

    if (r < 0)
        return r;
    (void)io_uring_register_iowq_max_workers(&q->ring, max);
    if (q->buffers_are == CONTROL_REGISTERED)
        r = io_uring_register_buffers_sparse(&q->ring, q->depth);
    if (r < 0)
        io_uring_queue_exit(&q->ring);
    return r;
}

static void set_state(struct queue *q, enum queue_state state)
{
    int fd = q->news_fd; /* the queue may be freed at once */

    atomic_store(&q->state, state);
    event_signal(fd);
}

static void *run(void *arg)
{
    struct queue *q = arg;

    /* What it needs to write must not wait for what it has to write (prctl(2)). Needs
     * CAP_SYS_RESOURCE, and is not vital. */
    (void)prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
    q->err = set_up_ring(q);
    if (q->err < 0) {
        set_state(q, QUEUE_FAILED);
        return NULL;
    }
    q->requests.now = clock_running_ms();
    for (unsigned t = 0; t < q->depth; t++)
        command(q, UBLK_ABI_FETCH, t, 0);
    (void)io_uring_submit(&q->ring);
    set_state(q, QUEUE_SERVING);
    serve(q);
    if (requests_run(&q->requests))
        atomic_store(&q->left, true);
    else
        io_uring_queue_exit(&q->ring);
    (void)prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0); /* the thread may get other work */
    set_state(q, QUEUE_ENDED);
    return NULL;
}

static int map_descriptors(struct queue *q)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p;

    q->descriptors_size = (q->depth * sizeof(struct ublksrv_io_desc) + page - 1) / page * page;
    p = mmap(NULL, q->descriptors_size, PROT_READ, MAP_SHARED | MAP_POPULATE, q->device_fd,
             UBLKSRV_CMD_BUF_OFFSET);
    if (p == MAP_FAILED)
        return -errno;
    q->descriptors = p;
    return 0;
}

/* The tags that need a buffer: those of the writer's requests, unless these have their own memory, and
 * those of the copies, if there will be any. */
static void find_buffered(struct queue *q)
{
    q->first_buffer = q->buffers_are == CONTROL_COPIED ? 0 : q->depth;
    q->n_buffers = (q->requests.detach ? q->requests.n_all : q->depth) - q->first_buffer;
}

static int get_buffers(struct queue *q)
{
    find_buffered(q);
    q->zeros = map(q->max_request);
    q->buffer = calloc(q->requests.n_all, sizeof(*q->buffer));
    q->spare = calloc(q->requests.n_all, sizeof(*q->spare));
    if (q->n_buffers > 0)
        q->buffers = map((size_t)q->n_buffers * q->max_request);
    if (!q->zeros || !q->buffer || !q->spare || (q->n_buffers > 0 && !q->buffers))
        return -ENOMEM;
    for (unsigned i = 0; i < q->n_buffers; i++)
        q->buffer[q->first_buffer + i] = q->buffers + (size_t)i * q->max_request;
    return 0;
}

int queue_init(struct queue *q, unsigned n_dests, uint64_t size, unsigned shift, bool detach)
{
    int r;

    q->io = (struct requests_io){start, commit, spare, swap, news, q};
    q->zero_fd = fd_open_existing(AT_FDCWD, "/dev/zero", O_RDONLY);
    r = q->zero_fd < 0 ? q->zero_fd
                       : requests_init(&q->requests, &q->io, q->depth, n_dests, size, shift);
    q->requests.detach = detach;
    q->requests.copy_size = q->max_request;
    if (r == 0)
        r = map_descriptors(q);
    if (r == 0)
        r = get_buffers(q);
    if (r == 0)
        r = groups_init(&q->groups, &q->ring, q->device_fd,
                        q->requests.n_all * (q->requests.n_dests + 1));
    if (r < 0)
        queue_free(q);
    return r;
}

int queue_start(struct queue *q)
{
    return thread_start(run, q);
}

/* Buffers that took the place of others are few, and stay. */
void queue_free(struct queue *q)
{
    if (q->descriptors)
        (void)munmap((void *)q->descriptors, q->descriptors_size); // NOLINT
    if (q->buffers)
        (void)munmap(q->buffers, (size_t)q->n_buffers * q->max_request);
    if (q->zeros)
        (void)munmap(q->zeros, q->max_request);
    free(q->buffer);
    free(q->spare);
    groups_free(&q->groups);
    requests_free(&q->requests);
    (void)fd_close(&q->zero_fd);
    (void)fd_close(&q->device_fd);
    q->descriptors = NULL;
    q->buffers = q->zeros = NULL;
    q->buffer = q->spare = NULL;
}
