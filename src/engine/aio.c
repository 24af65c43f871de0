/* aio: Linux native asynchronous I/O through libaio.
 *
 * Only operations on O_DIRECT files are really asynchronous. For other files io_submit(2) makes
 * the whole read or write before it returns. This is correct, but the operations run one after
 * the other, and a destination that hangs blocks wait() beyond its time limit. fsync runs in a
 * kernel thread (Linux 4.18).
 *
 * Streams would block in io_submit(2), too, and many of them do not support aio at all
 * (/dev/full returns EINVAL). Their operations (ENGINE_STREAM) use read(2) and write(2), the
 * oldest first on each file, when poll(2) reports that they will not block. A write to a pipe
 * is divided into pieces of PIPE_BUF bytes, because poll(2) promises room for that many only.
 * It ends short when it takes long (ENGINE_STREAM_MS).
 * An eventfd lets one poll(2) wait for streams and for aio completions.
 *
 * io_getevents(2) may return before it has enough events: with EINTR or fewer events when a
 * signal arrives, and with fewer events when the time is over. This is no error here; the
 * sequencer checks the time. */
#include <errno.h>
#include <libaio.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "sequencer_priv.h"

/* The most requests in the kernel at once. All programs share fs.aio-max-nr (often 65536), and
 * more requests bring no more speed. */
#define MAX_EVENTS 512u

struct aio {
    struct sequencer seq;
    io_context_t context;
    unsigned n_files;

    /* Requests, one per operation that can be started. */
    struct iocb *iocbs;
    struct iocb **free_iocbs; /* a stack */
    unsigned n_free;
    struct iocb **queue; /* not accepted by the kernel yet, oldest first */
    unsigned n_queue;
    unsigned in_kernel;
    struct io_event *events;
    unsigned n_events;

    struct op_list finished; /* have a result; not yet passed to the sequencer */

    /* Files without positions, by file index. */
    struct op_list *streams; /* operations started, oldest first */
    uint32_t *step;       /* bytes that a write moves without blocking when poll(2) is ready */
    uint64_t *step_until; /* ms, clock_now_ms(): until then the oldest write goes on */
    unsigned n_streams;   /* operations in all the lists */
    struct pollfd *polls; /* [n_files] is the eventfd; fd -1: the file has no operations */
};

static struct aio *aio_of(struct sequencer *s)
{
    return (struct aio *)s;
}

static void finish(struct aio *a, struct engine_op *op, int32_t result)
{
    op->result = result;
    op_list_append(&a->finished, op);
}

/* Makes poll(2) wait for the oldest operation of the file. */
static void watch_stream(struct aio *a, unsigned file)
{
    const struct engine_op *op = a->streams[file].first;
    struct pollfd *p = &a->polls[file];

    p->fd = op ? a->seq.base.config->fds[file] : -1;
    p->events = op && op->kind == ENGINE_READ ? POLLIN : POLLOUT;
}

static void start_stream(struct aio *a, struct engine_op *op)
{
    if (a->seq.base.config->fds[op->file] < 0) { /* poll(2) would ignore it */
        finish(a, op, -EBADF);
        return;
    }
    op->result = 0;
    op_list_append(&a->streams[op->file], op);
    watch_stream(a, op->file);
    a->n_streams++;
}

static void queue_iocb(struct aio *a, struct engine_op *op)
{
    struct iocb *iocb = a->free_iocbs[--a->n_free];
    int fd = a->seq.base.config->fds[op->file];

    if (op->kind == ENGINE_FSYNC)
        io_prep_fsync(iocb, fd);
    else if (op->kind == ENGINE_READ)
        io_prep_pread(iocb, fd, op->buf, op->len, (long long)op->offset);
    else
        io_prep_pwrite(iocb, fd, op->buf, op->len, (long long)op->offset);
    io_set_eventfd(iocb, a->polls[a->n_files].fd);
    iocb->data = op;
    a->queue[a->n_queue++] = iocb;
}

static void aio_start(struct sequencer *s, struct engine_op *op)
{
    struct aio *a = aio_of(s);
    bool moves = op->kind == ENGINE_READ || op->kind == ENGINE_WRITE;

    if (op->kind == ENGINE_NOP)
        finish(a, op, 0);
    else if (moves && op->offset == ENGINE_STREAM)
        start_stream(a, op);
    else
        queue_iocb(a, op);
}

/* The kernel has rejected the request with error r, which is its result. Two errors are
 * different: EINVAL may mean that this file does not support aio (/proc, fsync before 4.18),
 * and EAGAIN means that the kernel has no room although no request is in flight. A blocking
 * system call then gives the true result. */
static void handle_rejected(struct aio *a, struct iocb *iocb, int r)
{
    struct engine_op *op = iocb->data;

    if (r == -EINVAL || r == -EAGAIN)
        r = engine_run_blocking(&a->seq.base, op);
    finish(a, op, r);
    a->free_iocbs[a->n_free++] = iocb;
}

/* Submits queued requests until the kernel has no more room; the rest waits for completions. An
 * error of io_submit(2) concerns the first of the given requests. */
static void submit_queue(struct aio *a)
{
    unsigned taken = 0;

    while (taken < a->n_queue) {
        struct iocb **first = a->queue + taken;
        int r = io_submit(a->context, (long)(a->n_queue - taken), first);

        if (r > 0) {
            a->in_kernel += (unsigned)r;
            taken += (unsigned)r;
            continue;
        }
        if (r == 0)
            r = -EAGAIN;
        if (r == -EAGAIN && a->in_kernel > 0)
            break;
        handle_rejected(a, *first, r);
        taken++;
    }
    a->n_queue -= taken;
    for (unsigned i = 0; i < a->n_queue; i++)
        a->queue[i] = a->queue[taken + i];
}

/* The file is ready: continues its oldest operation. A read finishes with one read(2). A write
 * finishes when all bytes are written, it has taken long, or write(2) has failed. */
static void step_stream(struct aio *a, unsigned file)
{
    struct op_list *list = &a->streams[file];
    struct engine_op *op = list->first;
    struct engine_op part = *op;
    uint32_t moved = (uint32_t)op->result;
    int32_t r;

    part.len = op->len - moved;
    if (moved == 0)
        a->step_until[file] = clock_now_ms() + ENGINE_STREAM_MS;
    if (op->kind == ENGINE_WRITE) {
        part.buf = (char *)op->buf + moved;
        part.len = part.len < a->step[file] ? part.len : a->step[file];
    }
    r = engine_run_blocking(&a->seq.base, &part);
    if (r > 0)
        moved += (uint32_t)r;
    op->result = (int32_t)moved;
    if (op->kind == ENGINE_WRITE && r > 0 && moved < op->len &&
        clock_now_ms() < a->step_until[file])
        return;
    op_list_drop_first(list);
    watch_stream(a, file);
    a->n_streams--;
    finish(a, op, r < 0 && moved == 0 ? r : (int32_t)moved);
}

/* Waits until a stream is ready or an aio request is complete. Continues the operations of
 * streams that are ready. */
static int wait_streams(struct aio *a, unsigned timeout_ms)
{
    int timeout = timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    struct pollfd *event = &a->polls[a->n_files];
    int n = poll(a->polls, a->n_files + 1, timeout);
    eventfd_t count;

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    if (event->revents != 0 && eventfd_read(event->fd, &count) < 0 && errno != EAGAIN)
        return -errno;
    for (unsigned i = 0; i < a->n_files; i++)
        if (a->polls[i].fd >= 0 && a->polls[i].revents != 0)
            step_stream(a, i);
    return 0;
}

/* Waits for `want` completions of aio requests. */
static int reap_events(struct aio *a, unsigned want, unsigned timeout_ms)
{
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
    int n;

    if (want > a->n_events)
        want = a->n_events;
    n = io_getevents(a->context, want, a->n_events, a->events, &timeout);
    if (n < 0)
        return n == -EINTR ? 0 : n;
    a->in_kernel -= (unsigned)n;
    for (int i = 0; i < n; i++) {
        struct iocb *iocb = a->events[i].obj;

        a->free_iocbs[a->n_free++] = iocb;
        finish(a, iocb->data, (int32_t)a->events[i].res);
    }
    return 0;
}

static int aio_reap(struct sequencer *s, unsigned want, unsigned timeout_ms)
{
    struct aio *a = aio_of(s);
    int r = 0;

    submit_queue(a);
    if (sequencer_complete_list(s, &a->finished))
        want = timeout_ms = 0;
    if (a->n_streams > 0) {
        r = wait_streams(a, timeout_ms);
        want = timeout_ms = 0;
    }
    if (r == 0 && a->in_kernel > 0)
        r = reap_events(a, want < a->in_kernel ? want : a->in_kernel, timeout_ms);
    sequencer_complete_list(s, &a->finished);
    return r;
}

static const struct sequencer_backend aio_backend = {
    .start = aio_start,
    .reap = aio_reap,
};

static void free_arrays(struct aio *a)
{
    free(a->iocbs);
    free(a->free_iocbs);
    free(a->queue);
    free(a->events);
    free(a->streams);
    free(a->step);
    free(a->step_until);
    free(a->polls);
}

static int make_arrays(struct aio *a, const struct engine_config *config)
{
    unsigned n_ops = config->max_batches * config->max_ops;

    a->n_files = config->n_fds;
    a->n_events = n_ops < MAX_EVENTS ? n_ops : MAX_EVENTS;
    a->iocbs = calloc(n_ops, sizeof *a->iocbs);
    a->free_iocbs = calloc(n_ops, sizeof(struct iocb *));
    a->queue = calloc(n_ops, sizeof(struct iocb *));
    a->events = calloc(a->n_events, sizeof *a->events);
    a->streams = calloc(a->n_files + 1, sizeof *a->streams);
    a->step = calloc(a->n_files + 1, sizeof *a->step);
    a->step_until = calloc(a->n_files + 1, sizeof *a->step_until);
    a->polls = calloc(a->n_files + 1, sizeof *a->polls);
    if (!a->iocbs || !a->free_iocbs || !a->queue || !a->events || !a->streams || !a->step ||
        !a->step_until || !a->polls) {
        free_arrays(a);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < n_ops; i++)
        a->free_iocbs[a->n_free++] = &a->iocbs[i];
    for (unsigned i = 0; i < a->n_files; i++) {
        struct stat st;
        bool pipe = fstat(config->fds[i], &st) == 0 && S_ISFIFO(st.st_mode);

        op_list_init(&a->streams[i]);
        a->step[i] = pipe ? PIPE_BUF : INT32_MAX;
        a->polls[i] = (struct pollfd){.fd = -1};
    }
    return 0;
}

/* Makes the context, and tries each system call that the engine will use: a seccomp filter may
 * allow one and reject another. */
static int open_context(struct aio *a, struct engine_reason *why)
{
    struct timespec soon = {.tv_nsec = 1}; /* with 0 libaio would not make the system call */
    int r = io_setup((int)a->n_events, &a->context);

    if (r < 0)
        return engine_reason_set(why, "io_setup", -r);
    r = io_submit(a->context, 0, NULL);
    if (r < 0) {
        engine_reason_set(why, "io_submit", -r);
        goto err_after_setup;
    }
    r = io_getevents(a->context, 0, 1, a->events, &soon);
    if (r < 0 && r != -EINTR) {
        engine_reason_set(why, "io_getevents", -r);
        goto err_after_setup;
    }
    return 0;

err_after_setup:
    io_destroy(a->context);
    return r;
}

static int aio_create(const struct engine_config *config, struct engine **ret_engine,
                      struct engine_reason *why)
{
    struct aio *a = calloc(1, sizeof *a);
    int fd, r;

    if (!a)
        return engine_reason_set(why, "malloc", ENOMEM);
    sequencer_init(&a->seq, &aio_backend);
    op_list_init(&a->finished);
    r = make_arrays(a, config);
    if (r < 0) {
        engine_reason_set(why, "malloc", -r);
        goto err_after_alloc;
    }
    fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        r = engine_reason_set(why, "eventfd", errno);
        goto err_after_arrays;
    }
    a->polls[a->n_files] = (struct pollfd){.fd = fd, .events = POLLIN};
    r = open_context(a, why);
    if (r < 0)
        goto err_after_eventfd;
    *ret_engine = &a->seq.base;
    return 0;

err_after_eventfd:
    close(fd);
err_after_arrays:
    free_arrays(a);
err_after_alloc:
    free(a);
    return r;
}

/* io_destroy(2) waits for the requests that are in the kernel. */
static void aio_destroy(struct engine *e)
{
    struct aio *a = (struct aio *)e;

    io_destroy(a->context);
    close(a->polls[a->n_files].fd);
    free_arrays(a);
    free(a);
}

const struct engine_ops engine_aio_ops = {
    .name = "aio",
    .needs_direct = true,
    .create = aio_create,
    .submit = sequencer_submit,
    .wait = sequencer_wait,
    .destroy = aio_destroy,
};
