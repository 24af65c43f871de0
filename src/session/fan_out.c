/* fan_out: --ublk: the order of events. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/fd.h"
#include "fan_out_priv.h"
#include "session.h"

#define EXIT_USAGE 2

/* How often it is tried whether the device is free, ms. */
#define TRY_MS 500u

/* ---- the device ---- */

/* The destinations that have failed at the device. */
static void take_failures(struct fan_out *f)
{
    for (unsigned i = 0; i < f->n_parts; i++) {
        unsigned d = f->parts[i];
        const struct failure *why = blockdev_failure(f->device, i);
        struct failure told;

        f->states[d].bytes = blockdev_written(f->device, i);
        if (blockdev_detached(f->device, i) && !f->states[d].detached)
            report_verbose("%s: too slow for the others: they do not wait for it",
                           f->dests[d].path);
        f->states[d].detached = blockdev_detached(f->device, i);
        if (!why || f->states[d].state == DEST_FAILED)
            continue;
        told = *why;
        if (f->dests[d].disk && medium_explains(f->dests[d].dev, told.err))
            (void)failure_set(&told, why->op, why->err, why->offset, MEDIUM_GONE);
        fan_out_fail(f, d, &told);
        report_dest_message(&f->states[d], f->dests[d].path, &told);
    }
    f->status.seconds = (double)(clock_now_ms() - f->began_ms) / 1000;
}

/* Waits for something to happen, ms at most; -1: for ever. Returns the state of the device. */
static enum blockdev_state wait_for(struct fan_out *f, int ms, struct failure *why)
{
    struct pollfd p[3] = {{.fd = f->news_fd, .events = POLLIN},
                          {.fd = blockdev_fd(f->device), .events = POLLIN},
                          {.fd = f->signal_fd, .events = POLLIN}};
    enum blockdev_state state;

    (void)poll(p, 3, report_wait_ms(ms));
    (void)event_clear(f->news_fd);
    (void)fan_out_signals(f);
    state = blockdev_look(f->device, why);
    take_failures(f);
    return state;
}

/* So many destinations have to be left for the device to go on. */
static unsigned floor_of(const struct fan_out *f)
{
    return f->o->require == OPTIONS_REQUIRE_ALL ? 1 : f->o->require;
}

/* Makes the device of the destinations that are open. 0 or a negative errno with *why filled. */
static int make_device(struct fan_out *f, struct failure *why)
{
    struct blockdev_config config = {.size = f->size,
                                     .shift = 9,
                                     .memory_align = 1,
                                     .floor = floor_of(f),
                                     .timeout_ms = options_timeout_ms(f->o),
                                     .detach = f->o->slow == SLOW_DETACH,
                                     .max_lag = f->o->max_lag,
                                     .news_fd = f->news_fd};

    f->parts = calloc(f->n, sizeof(*f->parts));
    f->fds = calloc(f->n, sizeof(*f->fds));
    f->kinds = calloc(f->n, sizeof(*f->kinds));
    if (!f->parts || !f->fds || !f->kinds)
        return failure_set(why, "ublk", ENOMEM, FAILURE_NO_OFFSET, NULL);
    for (unsigned d = 0; d < f->n; d++) {
        const struct fan_out_dest *dest = &f->dests[d];

        while (dest->block > 1u << config.shift)
            config.shift++;
        if (f->states[d].state == DEST_FAILED)
            continue;
        if (dest->direct && dest->block > config.memory_align)
            config.memory_align = dest->block;
        f->fds[f->n_parts] = dest->fd_used;
        f->kinds[f->n_parts] = (struct blockdev_dest){dest->disk != NULL, dest->dev};
        f->parts[f->n_parts++] = d;
    }
    config.n_dests = f->n_parts;
    config.fds = f->fds;
    config.dests = f->kinds;
    return blockdev_create(&config, &f->device, why);
}

/* ---- its end ---- */

/* What the kernel holds for the device. */
struct hold {
    struct fan_out *f;
    const char *path;
    int fd;           /* the device, for this process alone; or a negative errno */
    uint64_t written; /* bytes, by all destinations, when it was looked at last */
};

/* Takes the device for this process alone, so that nobody can mount it any more, and writes what the
 * page cache has of it. */
static void take_alone(void *arg, unsigned i)
{
    struct hold *h = arg;

    (void)i;
    h->fd = fd_open_existing(AT_FDCWD, h->path, O_RDONLY | O_EXCL);
    if (h->fd >= 0)
        (void)fsync(h->fd); /* its failures are those of destinations, and known */
}

/* bounded_calls.stop */
static bool is_hurried(void *arg)
{
    struct hold *h = arg;

    return fan_out_signals(h->f);
}

/* bounded_calls.moved: the page cache may have much to write. */
static bool is_written(void *arg)
{
    struct hold *h = arg;
    uint64_t written = 0;

    for (unsigned i = 0; i < h->f->n_parts; i++)
        written += blockdev_written(h->f->device, i);
    if (written == h->written)
        return false;
    h->written = written;
    return true;
}

/* Whether nobody has the device mounted or for himself; then *ret_fd keeps it so. */
static bool is_free(struct fan_out *f, int *ret_fd)
{
    struct hold *h = malloc(sizeof(*h));
    struct bounded_calls calls = {.n = 1,
                                  .run = take_alone,
                                  .arg = h,
                                  .timeout_ms = options_timeout_ms(f->o),
                                  .moved = is_written,
                                  .wake_fd = f->signal_fd,
                                  .stop = is_hurried};
    bool late = true;
    int fd;

    if (!h)
        return false;
    *h = (struct hold){.f = f, .path = blockdev_path(f->device), .fd = -1};
    if (bounded_calls_run(&calls, &late) > 0) {
        f->hung = true; /* the call has the memory */
        return false;
    }
    fd = h->fd;
    free(h);
    *ret_fd = fd >= 0 ? fd : -1;
    return fd != -EBUSY;
}

/* A signal has come: waits until the device is free, or another signal comes. */
static void wait_until_free(struct fan_out *f, int *ret_fd)
{
    struct failure ignored;
    bool told = false;

    while (f->signals < 2 && !is_free(f, ret_fd) && !f->hung) {
        if (!told && f->signals < 2)
            report_error(
                "%s is mounted or in use: it ends when it is free; another signal ends it "
                "at once",
                blockdev_path(f->device));
        told = true;
        if (wait_for(f, TRY_MS, &ignored) == BLOCKDEV_ENDED)
            break;
    }
}

/* Says who is behind. */
static void tell_lags(const struct fan_out *f)
{
    for (unsigned i = 0; i < f->n_parts; i++)
        if (f->states[f->parts[i]].state != DEST_FAILED && blockdev_lag(f->device, i) > 0)
            report_error("%s: is %llu bytes behind, and catches up; another signal drops it",
                         f->dests[f->parts[i]].path,
                         (unsigned long long)blockdev_lag(f->device, i));
}

/* The device was told to stop, unless a destination hangs that has some of its requests. Waits until it
 * has ended, which is after those that are behind have caught up; a signal drops these. Whether it has. */
static bool wait_for_end(struct fan_out *f)
{
    uint64_t limit = options_timeout_ms(f->o), began = clock_running_ms();
    unsigned signals = f->signals;
    bool behind = true;
    struct failure ignored;

    while (behind || (!blockdev_hangs(f->device) && f->signals == signals &&
                      (!limit || clock_running_ms() - began < limit))) {
        if (wait_for(f, CLOCK_LOOK_MS, &ignored) == BLOCKDEV_ENDED)
            return true;
        behind = blockdev_behind(f->device);
        if (!behind)
            continue;
        if (report_progress_interval_ms() >= 0)
            report_progress(&f->status, false);
        if (f->signals != signals)
            blockdev_give_up(f->device);
        signals = f->signals;
        began = clock_running_ms();
    }
    blockdev_give_up(f->device); /* also who falls behind from now on */
    return false;
}

/* Stops the device. Requests that a destination holds which hangs keep it from ending. */
static void stop_device(struct fan_out *f)
{
    if (!blockdev_hangs(f->device))
        blockdev_stop(f->device);
    tell_lags(f);
    if (wait_for_end(f))
        return;
    report_error("%s does not end: a destination that hangs has some of its requests",
                 blockdev_path(f->device));
    f->hung = true;
}

/* Serves until a signal, or somebody else, ends the device. */
static int serve(struct fan_out *f, struct failure *why)
{
    enum blockdev_state state = BLOCKDEV_STARTING;
    int alone = -1;

    while (state == BLOCKDEV_STARTING && !f->signal)
        state = wait_for(f, -1, why);
    if (state == BLOCKDEV_FAILED)
        return -why->err;
    if (state == BLOCKDEV_LIVE) {
        f->status.source = blockdev_path(f->device);
        f->status.buffers = blockdev_buffers(f->device);
        report_blockdev(blockdev_path(f->device), f->size, f->status.buffers);
        report_start(&f->status);
    }
    while (state == BLOCKDEV_LIVE && !f->signal) {
        state = wait_for(f, -1, why);
        if (report_progress_interval_ms() >= 0)
            report_progress(&f->status, false);
    }
    if (state == BLOCKDEV_ENDED)
        report_error("%s was ended by another program", blockdev_path(f->device));
    else
        wait_until_free(f, &alone);
    stop_device(f);
    (void)fd_close(&alone);
    take_failures(f);
    return 0;
}

/* ---- the order of events ---- */

static void fan_out_free(struct fan_out *f)
{
    for (unsigned d = 0; f->dests && d < f->n; d++) {
        (void)fd_close(&f->dests[d].fd);
        if (f->dests[d].target.fd >= 0)
            target_abort(&f->dests[d].target, false);
        free(f->dests[d].result.ranges);
        blockdev_sums_free(&f->dests[d].sums);
    }
    if (f->news_fd >= 0)
        (void)close(f->news_fd);
    free(f->dests);
    free(f->states);
    free(f->wanted);
    free(f->late);
    free(f->parts);
    free(f->fds);
    free(f->kinds);
    free(f);
}

static struct fan_out *fan_out_new(const struct options *o, const struct plan_copy *copy,
                                   int signal_fd)
{
    struct fan_out *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    *f = (struct fan_out){.o = o,
                          .copy = copy,
                          .signal_fd = signal_fd,
                          .news_fd = event_create(),
                          .n = copy->n_dests,
                          .began_ms = clock_now_ms()};
    f->dests = calloc(f->n, sizeof(*f->dests));
    f->states = calloc(f->n, sizeof(*f->states));
    f->wanted = calloc(f->n, sizeof(*f->wanted));
    f->late = calloc(f->n, sizeof(*f->late));
    f->status = (struct copy_status){
        .source = copy->source, .data = true, .dests = f->states, .n_dests = f->n};
    if (f->news_fd < 0 || !f->dests || !f->states || !f->wanted || !f->late) {
        fan_out_free(f);
        return NULL;
    }
    for (unsigned d = 0; d < f->n; d++) {
        struct fan_out_dest *dest = &f->dests[d];

        *dest = (struct fan_out_dest){.path = copy->dests[d], .fd = -1, .block = 512};
        dest->target.fd = dest->target.fd_direct = -1;
        if (copy->disks && copy->disks[d].dev)
            dest->disk = &copy->disks[d];
        f->states[d] = (struct dest_status){.path = dest->path, .disk = dest->disk};
    }
    return f;
}

static unsigned count_good(const struct fan_out *f)
{
    unsigned n = 0;

    for (unsigned d = 0; d < f->n; d++)
        n += f->states[d].state != DEST_FAILED;
    return n;
}

/* The device has ended. Returns the exit status. */
static int end(struct fan_out *f)
{
    fan_out_flush(f);
    if (f->o->verify) {
        report_copied(&f->status);
        if (!f->hung)
            fan_out_verify(f);
    }
    f->status.seconds = (double)(clock_now_ms() - f->began_ms) / 1000;
    f->status.exit_status =
        session_exit_status(f->o, &f->status, false, f->signals > 1 ? f->signal : 0);
    report_summary(&f->status);
    return f->status.exit_status;
}

/* There is no device. Returns the exit status. */
static int give_up(struct fan_out *f)
{
    struct failure none;

    (void)failure_format(&none, NULL, ECANCELED, "is not used: there is no device");
    for (unsigned d = 0; d < f->n; d++)
        fan_out_fail(f, d, &none);
    f->status.exit_status = session_exit_status(f->o, &f->status, false, f->signal);
    report_summary(&f->status);
    return f->status.exit_status;
}

static int run(struct fan_out *f)
{
    struct failure why;
    int status = fan_out_look(f);

    if (status)
        return status;
    fan_out_open(f);
    if (f->signal || count_good(f) < floor_of(f))
        return give_up(f);
    if (make_device(f, &why) < 0 || serve(f, &why) < 0) {
        report_failure(NULL, "--ublk", &why);
        return give_up(f);
    }
    return end(f);
}

int session_fan_out(const struct options *o, const struct plan_copy *copy, int signal_fd,
                    bool *ret_hung)
{
    struct fan_out *f = fan_out_new(o, copy, signal_fd);
    int status;

    if (!f) {
        report_error("%s", strerror(ENOMEM));
        return EXIT_USAGE;
    }
    status = run(f);
    if (!blockdev_free(f->device))
        f->hung = true;
    *ret_hung |= f->hung;
    if (!f->hung)
        fan_out_free(f);
    return status;
}
