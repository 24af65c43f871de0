/* fan_out_ends: the destinations of --ublk. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/signals.h"
#include "fan_out_priv.h"

#define EXIT_USAGE 2
#define SECTOR     512u
#define MOST_BLOCK 4096u /* the largest logical block that the kernel lets a device have */

bool fan_out_signals(void *arg)
{
    struct fan_out *f = arg;
    int sig;

    while ((sig = signals_next(f->signal_fd)) != 0) {
        if (sig == SIGUSR1) {
            report_progress(&f->status, true);
            continue;
        }
        f->signals++;
        if (!f->signal)
            f->signal = sig;
    }
    return f->signals > 1; /* the first one is the usual end */
}

void fan_out_fail(struct fan_out *f, unsigned d, const struct failure *why)
{
    struct dest_status *s = &f->states[d];

    if (s->state == DEST_FAILED)
        return;
    s->state = DEST_FAILED;
    s->failure = *why;
    s->durable = false;
    report_dest_failed(&f->status, d);
}

void fan_out_call(struct fan_out *f, void (*run)(void *arg, unsigned i), const bool *wanted,
                  const char *op, bool (*moved)(void *arg))
{
    struct bounded_calls calls = {.n = f->n,
                                  .wanted = wanted,
                                  .run = run,
                                  .arg = f,
                                  .timeout_ms = options_timeout_ms(f->o),
                                  .moved = moved,
                                  .wake_fd = f->signal_fd,
                                  .stop = fan_out_signals,
                                  .stop_ms = FAN_OUT_STOP_MS};
    struct failure silent;

    (void)failure_set(&silent, op, ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
    if (bounded_calls_run(&calls, f->late) > 0) {
        f->hung = true;
        for (unsigned d = 0; d < f->n; d++)
            if (f->late[d])
                fan_out_fail(f, d, &silent);
    }
}

/* ---- looking ---- */

static void look_at_device(struct fan_out_dest *d)
{
    int fd = fd_open_existing(AT_FDCWD, d->path, O_RDONLY), block = 0;

    if (fd < 0 || ioctl(fd, BLKSSZGET, &block) < 0)
        d->err = fd < 0 ? -fd : errno;
    (void)fd_close(&fd);
    d->block = block > (int)SECTOR ? (unsigned)block : SECTOR;
    d->size = d->disk->size;
}

static void look_at_file(struct fan_out_dest *d)
{
    int fd = fd_open_existing(AT_FDCWD, d->path, O_RDONLY);

    if (fd < 0) {
        d->err = -fd;
        return;
    }
    d->has_data = d->size > 0 && lseek(fd, 0, SEEK_DATA) >= 0;
    (void)fd_close(&fd);
}

static void look_at(void *arg, unsigned i)
{
    struct fan_out *f = arg;
    struct fan_out_dest *d = &f->dests[i];
    struct stat st;

    if (stat(d->path, &st) < 0) {
        d->err = errno == ENOENT ? 0 : errno;
        return;
    }
    d->size = (uint64_t)st.st_size;
    if (d->disk)
        look_at_device(d);
    else if (S_ISREG(st.st_mode))
        look_at_file(d);
    else
        d->err = ENOTBLK;
}

/* Whether the destination may be one. Else explains it. */
static bool may_be(const struct fan_out *f, const struct fan_out_dest *d)
{
    if (d->err == ENOTBLK)
        report_error("'%s' is neither a regular file nor a block device: --ublk needs one",
                     d->path);
    else if (d->err)
        report_error("cannot open '%s': %s", d->path, strerror(d->err));
    else if (d->block > MOST_BLOCK)
        report_error("'%s' has blocks of %u bytes: a device of --ublk cannot have them",
                     d->path, d->block);
    else if (d->has_data && !f->o->force)
        report_error("'%s' is not empty: the device of --ublk begins empty; -f empties it",
                     d->path);
    else if (d->disk && f->o->ublk_size > d->size)
        report_error("%s: is too small: %llu bytes are missing", d->path,
                     (unsigned long long)(f->o->ublk_size - d->size));
    else
        return true;
    return false;
}

static unsigned largest_block(const struct fan_out *f)
{
    unsigned block = SECTOR;

    for (unsigned d = 0; d < f->n; d++)
        if (f->dests[d].block > block)
            block = f->dests[d].block;
    return block;
}

/* The size that is asked for, or that of the smallest destination that has one. 0: none has. */
static uint64_t find_size(const struct fan_out *f)
{
    uint64_t size = f->o->ublk_size;

    for (unsigned d = 0; d < f->n && !f->o->ublk_size; d++)
        if (f->dests[d].size > 0 && (size == 0 || f->dests[d].size < size))
            size = f->dests[d].size;
    return size;
}

int fan_out_look(struct fan_out *f)
{
    unsigned block;

    fan_out_call(f, look_at, NULL, "open", NULL);
    if (f->signal)
        return 128 + f->signal;
    for (unsigned d = 0; d < f->n; d++)
        if (f->states[d].state != DEST_FAILED && !may_be(f, &f->dests[d]))
            return EXIT_USAGE;
    block = largest_block(f);
    f->size = find_size(f);
    if (f->size == 0) {
        report_error("no DEST has a size: say how large the device is: --ublk=SIZE");
        return EXIT_USAGE;
    }
    if (f->o->ublk_size % block) {
        report_error("--ublk=%llu: is no multiple of %u, the largest block of a DEST",
                     (unsigned long long)f->o->ublk_size, block);
        return EXIT_USAGE;
    }
    f->size -= f->size % block;
    if (f->size)
        return 0;
    report_error("a DEST is smaller than a block of %u bytes", block);
    return EXIT_USAGE;
}

/* ---- flushing ---- */

/* bounded_calls.moved: a file system may have much to write before its flush is over. */
static bool still_writes(void *arg)
{
    struct fan_out *f = arg;
    bool any = false;

    for (unsigned d = 0; d < f->n; d++)
        if (f->states[d].state == DEST_FLUSHING)
            any |= medium_has_written(&f->dests[d].pulse, f->dests[d].dev);
    return any;
}

/* Makes the call, which fills `failure`, for those that have not failed, and takes the failures. */
static void flush(struct fan_out *f, void (*run)(void *arg, unsigned i), const char *op)
{
    for (unsigned d = 0; d < f->n; d++) {
        f->wanted[d] = f->states[d].state != DEST_FAILED;
        if (!f->wanted[d])
            continue;
        f->states[d].state = DEST_FLUSHING;
        f->dests[d].failure.err = 0;
        (void)medium_has_written(&f->dests[d].pulse, f->dests[d].dev); /* from now on */
    }
    fan_out_call(f, run, f->wanted, op, still_writes);
    for (unsigned d = 0; d < f->n; d++)
        if (f->states[d].state == DEST_FLUSHING && f->dests[d].failure.err)
            fan_out_fail(f, d, &f->dests[d].failure);
}

static int fail(struct fan_out_dest *d, const char *op, int err, const char *message)
{
    return failure_set(&d->failure, op, err, FAILURE_NO_OFFSET, message);
}

/* Flushes the name of the file, which this program may have made. */
static int flush_name(struct fan_out_dest *d)
{
    char *path = path_directory(d->path);
    int dir, r;

    if (!path)
        return fail(d, "open directory", ENOMEM, NULL);
    dir = UNINTERRUPTED(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    r = dir < 0 ? -errno : 0;
    free(path);
    if (r < 0)
        return fail(d, "open directory", -r, NULL);
    r = fd_flush_directory(dir);
    (void)fd_close(&dir);
    return r < 0 ? fail(d, "fsync directory", -r, NULL) : 0;
}

/* ---- opening ---- */

static int open_device(const struct fan_out *f, struct fan_out_dest *d)
{
    const struct target_request request = {
        .path = d->path,
        .inplace = true,
        .device = d->disk->dev,
        .head_first = true, /* who writes to the device reads it, too */
        .held = f->copy->held,
        .want_direct = f->o->direct != WHEN_NEVER,
        .durable = true,
        .size = f->size,
        .length = f->size,
        .size_known = true,
    };
    int r = target_open(&d->target, &request, &d->failure);

    if (r < 0)
        return r;
    d->direct = d->target.fd_direct >= 0;
    d->fd_used = d->direct ? d->target.fd_direct : d->target.fd;
    d->dev = d->disk->dev;
    return 0;
}

/* A file of nothing but a hole, of the size of the device. */
static int open_file(const struct fan_out *f, struct fan_out_dest *d)
{
    struct stat st;

    d->fd = UNINTERRUPTED(open(d->path, O_RDWR | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666));
    if (d->fd < 0)
        return fail(d, "open", errno, NULL);
    if (fstat(d->fd, &st) < 0)
        return fail(d, "stat", errno, NULL);
    if (!S_ISREG(st.st_mode))
        return fail(d, "open", ESTALE, "it is no regular file any more");
    if (flock(d->fd, LOCK_EX | LOCK_NB) < 0)
        return fail(d, "lock", errno, "another process has locked it");
    if (st.st_size > 0 && lseek(d->fd, 0, SEEK_DATA) >= 0) {
        if (!f->o->force)
            return fail(d, "open", EEXIST, "it is not empty");
        if (ftruncate(d->fd, 0) < 0)
            return fail(d, "truncate", errno, NULL);
    }
    if (ftruncate(d->fd, (off_t)f->size) < 0)
        return fail(d, "truncate", errno, NULL);
    d->fd_used = d->fd;
    d->dev = st.st_dev;
    d->ino = st.st_ino;
    return 0;
}

static void open_one(void *arg, unsigned i)
{
    struct fan_out *f = arg;
    struct fan_out_dest *d = &f->dests[i];

    d->open = (d->disk ? open_device(f, d) : open_file(f, d)) == 0;
    if (!d->open)
        (void)fd_close(&d->fd);
}

static void flush_new_name(void *arg, unsigned i)
{
    struct fan_out *f = arg;

    if (!f->dests[i].disk)
        (void)flush_name(&f->dests[i]);
}

void fan_out_open(struct fan_out *f)
{
    fan_out_call(f, open_one, NULL, "open", NULL);
    for (unsigned d = 0; d < f->n; d++)
        if (f->states[d].state != DEST_FAILED && !f->dests[d].open)
            fan_out_fail(f, d, &f->dests[d].failure);
    /* Who flushes the device relies on finding the file again. */
    flush(f, flush_new_name, "fsync directory");
    for (unsigned d = 0; d < f->n; d++)
        if (f->states[d].state == DEST_FLUSHING)
            f->states[d].state = DEST_COPYING;
}

/* ---- the end ---- */

static int flush_file(struct fan_out_dest *d)
{
    int r;

    if (fsync(d->fd) < 0)
        return fail(d, "fsync", errno, NULL);
    r = flush_name(d);
    if (r < 0)
        return r;
    r = fd_close(&d->fd);
    return r < 0 ? fail(d, "close", -r, NULL) : 0;
}

static int flush_device(struct fan_out_dest *d)
{
    if (fsync(d->target.fd) < 0) {
        (void)fail(d, "fsync", errno, NULL);
        target_abort(&d->target, false);
        return -d->failure.err;
    }
    return target_commit(&d->target, &d->failure);
}

static void flush_one(void *arg, unsigned i)
{
    struct fan_out *f = arg;
    struct fan_out_dest *d = &f->dests[i];

    (void)(d->disk ? flush_device(d) : flush_file(d));
}

void fan_out_flush(struct fan_out *f)
{
    flush(f, flush_one, "fsync");
    for (unsigned d = 0; d < f->n; d++)
        if (f->states[d].state == DEST_FLUSHING) {
            f->states[d].state = DEST_DONE;
            f->states[d].durable = true;
        }
}
