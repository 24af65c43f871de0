#include "blockdev_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"

/* Requests at once, and the bytes of one: what a stick writes in a fraction of a second. Without
 * registered buffers that is 32 MiB of memory. */
#define DEPTH       64u
#define MAX_REQUEST (512u << 10)

/* How long the end of the device may take when it is freed, ms. */
#define FREE_MS 1000u

int blockdev_probe(struct failure *f)
{
    struct control c;
    int r = control_open(&c, f);

    if (r == 0)
        control_close(&c);
    return r;
}

static int set_up_queue(struct blockdev *b, const struct blockdev_config *config,
                        const struct control_device *device)
{
    struct queue *q = &b->queue;
    char path[32];
    int r;

    (void)snprintf(path, sizeof(path), "/dev/ublkc%u", b->control.id);
    *q = (struct queue){.fds = config->fds,
                        .device_fd = fd_open_existing(AT_FDCWD, path, O_RDWR),
                        .zero_fd = -1,
                        .news_fd = config->news_fd,
                        .buffers_are = device->buffers,
                        .depth = device->depth,
                        .max_request = device->max_request,
                        .timeout_ms = config->timeout_ms};
    if (q->device_fd < 0)
        return q->device_fd;
    r = queue_init(q, config->n_dests, config->size, config->shift, config->detach);
    if (r < 0)
        return r;
    q->requests.floor = config->floor;
    q->requests.max_lag = config->max_lag;
    q->requests.n_live = config->n_dests;
    for (unsigned d = 0; d < config->n_dests; d++) {
        struct request_dest *dest = &q->requests.dests[d];

        dest->live = true;
        dest->is_device = config->dests[d].is_device;
        dest->dev = config->dests[d].dev;
    }
    r = queue_start(q);
    if (r < 0)
        queue_free(q);
    b->running = r == 0;
    return r;
}

int blockdev_create(const struct blockdev_config *config, struct blockdev **ret,
                    struct failure *f)
{
    struct control_device device = {.size = config->size,
                                    .shift = config->shift,
                                    .depth = DEPTH,
                                    .max_request = MAX_REQUEST,
                                    .memory_align = config->memory_align};
    struct blockdev *b = calloc(1, sizeof(*b));
    int r;

    if (!b)
        return failure_set(f, "ublk", ENOMEM, FAILURE_NO_OFFSET, NULL);
    r = control_open(&b->control, f);
    if (r < 0) {
        free(b);
        return r;
    }
    (void)control_sweep(&b->control);
    r = control_add(&b->control, &device, f);
    if (r == 0) {
        (void)snprintf(b->path, sizeof(b->path), "/dev/ublkb%u", b->control.id);
        r = set_up_queue(b, config, &device);
        if (r < 0) {
            (void)failure_set(f, "ublk: serve", -r, FAILURE_NO_OFFSET, NULL);
            (void)control_delete(&b->control);
        }
    }
    if (r < 0) {
        control_close(&b->control);
        free(b);
        return r;
    }
    *ret = b;
    return 0;
}

/* The queue has asked for its first requests: only then the kernel's call may be made. */
static int begin_start(struct blockdev *b)
{
    int r = 0;

    if (!b->starting)
        r = control_start(&b->control);
    b->starting = true;
    return r;
}

enum blockdev_state blockdev_look(struct blockdev *b, struct failure *f)
{
    int state = atomic_load(&b->queue.state), r = 0;

    control_take(&b->control);
    if (state == QUEUE_FAILED)
        r = b->queue.err;
    else if (state == QUEUE_SERVING)
        r = begin_start(b);
    if (r == 0 && b->control.started)
        r = b->control.start_result;
    if (r < 0) {
        (void)failure_set(f, "ublk: start", -r, FAILURE_NO_OFFSET, NULL);
        return BLOCKDEV_FAILED;
    }
    if (state == QUEUE_ENDED && (!b->stopping || b->control.stopped))
        return BLOCKDEV_ENDED;
    return b->control.started ? BLOCKDEV_LIVE : BLOCKDEV_STARTING;
}

int blockdev_fd(const struct blockdev *b)
{
    return control_fd(&b->control);
}

bool blockdev_hangs(const struct blockdev *b)
{
    return atomic_load(&b->queue.hangs);
}

void blockdev_stop(struct blockdev *b)
{
    if (!b->stopping)
        (void)control_stop(&b->control);
    b->stopping = true;
}

const char *blockdev_path(const struct blockdev *b)
{
    return b->path;
}

const char *blockdev_buffers(const struct blockdev *b)
{
    static const char *const names[] = {
        [CONTROL_COPIED] = "copied",
        [CONTROL_REGISTERED] = "registered",
        [CONTROL_GROUP] = "group",
    };

    return names[b->queue.buffers_are];
}

const struct failure *blockdev_failure(const struct blockdev *b, unsigned dest)
{
    const struct request_dest *d = &b->queue.requests.dests[dest];

    return atomic_load(&d->failed) ? &d->failure : NULL;
}

uint64_t blockdev_written(const struct blockdev *b, unsigned dest)
{
    return atomic_load_explicit(&b->queue.requests.dests[dest].written, memory_order_relaxed);
}

uint64_t blockdev_lag(const struct blockdev *b, unsigned dest)
{
    return atomic_load_explicit(&b->queue.requests.dests[dest].lag, memory_order_relaxed);
}

bool blockdev_detached(const struct blockdev *b, unsigned dest)
{
    return atomic_load(&b->queue.requests.dests[dest].detached);
}

bool blockdev_behind(const struct blockdev *b)
{
    return atomic_load(&b->queue.behind);
}

void blockdev_give_up(struct blockdev *b)
{
    atomic_store(&b->queue.gives_up, true);
}

/* Waits for a moment until the thread has ended. Whether it has, and left nothing. */
static bool has_ended(struct blockdev *b)
{
    uint64_t until = clock_now_ms() + FREE_MS;
    int state;

    while ((state = atomic_load(&b->queue.state)) != QUEUE_ENDED && state != QUEUE_FAILED &&
           clock_now_ms() < until)
        clock_pause_ms(5);
    return (state == QUEUE_ENDED && !atomic_load(&b->queue.left)) || state == QUEUE_FAILED;
}

bool blockdev_free(struct blockdev *b)
{
    if (!b)
        return true;
    /* The driver makes one call after the other for a device: the next one would wait, too. */
    control_take(&b->control);
    if ((b->stopping && !b->control.stopped) || blockdev_hangs(b))
        return false;
    /* The driver takes the requests away, and the thread ends. */
    if (atomic_load(&b->queue.state) != QUEUE_ENDED)
        (void)control_delete(&b->control);
    if (!has_ended(b))
        return false;
    queue_free(&b->queue);
    (void)control_delete(&b->control);
    control_close(&b->control);
    free(b);
    return true;
}
