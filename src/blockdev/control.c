#include "control_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "ublk_abi_priv.h"

#define CONTROL "/dev/ublk-control"

/* In ublksrv_flags, which the driver only keeps: the upper half says that the device is one of this
 * program, the lower half has the process. */
#define MARK UINT64_C(0x75636f7079000000)

enum what { CALL, START, STOP };

static int fail(struct failure *f, const char *op, int err, const char *message)
{
    return failure_set(f, op, err, FAILURE_NO_OFFSET, message);
}

/* Submits a command. The driver copies it when it is taken. */
static int submit(struct control *c, enum what what, unsigned op,
                  const struct ublksrv_ctrl_cmd *cmd)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&c->ring);
    int r;

    if (!sqe)
        return -EBUSY;
    /* The entry has 128 bytes, and the command lies in the last 80. */
    memset(sqe, 0, 2 * sizeof(*sqe));
    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, c->fd, NULL, 0, 0);
    sqe->cmd_op = op;
    memcpy(sqe->cmd, cmd, sizeof(*cmd));
    io_uring_sqe_set_data64(sqe, what);
    do
        r = io_uring_submit(&c->ring);
    while (r == -EINTR);
    return r < 0 ? r : 0;
}

static void take(struct control *c, const struct io_uring_cqe *cqe)
{
    if (cqe->user_data == START) {
        c->start_result = cqe->res;
        c->started = true;
    } else if (cqe->user_data == STOP) {
        c->stop_result = cqe->res;
        c->stopped = true;
    }
}

/* Makes a call that does not wait for the server. Its result. */
static int call(struct control *c, unsigned op, unsigned id, void *buffer, size_t size)
{
    const struct ublksrv_ctrl_cmd cmd = {
        .dev_id = id, .queue_id = UINT16_MAX, .len = (__u16)size, .addr = (uintptr_t)buffer};
    int r = submit(c, CALL, op, &cmd);

    while (r == 0) {
        struct io_uring_cqe *cqe;
        int result;
        bool mine;

        r = io_uring_wait_cqe(&c->ring, &cqe);
        if (r == -EINTR) {
            r = 0;
            continue;
        }
        if (r < 0)
            return r;
        mine = cqe->user_data == CALL;
        result = cqe->res;
        take(c, cqe);
        io_uring_cqe_seen(&c->ring, cqe);
        if (mine)
            return result;
    }
    return r;
}

int control_open(struct control *c, struct failure *f)
{
    int r;

    *c = (struct control){.fd = fd_open_existing(AT_FDCWD, CONTROL, O_RDWR)};
    if (c->fd == -ENOENT)
        return fail(f, "open", ENOENT,
                    CONTROL
                    ": the kernel has no user-space block devices, or their driver is not "
                    "loaded: modprobe ublk_drv");
    if (c->fd < 0)
        return fail(f, "open", -c->fd, CONTROL);
    r = io_uring_queue_init(8, &c->ring, IORING_SETUP_SQE128);
    if (r < 0) {
        (void)fd_close(&c->fd);
        return fail(f, "io_uring_setup", -r, NULL);
    }
    c->has_ring = true;
    r = call(c, UBLK_ABI_GET_FEATURES, UINT32_MAX, &c->features, sizeof(c->features));
    if (r == 0 && c->features & UBLK_ABI_IOCTL_ENCODE)
        return 0;
    control_close(c);
    return r < 0 && r != -EOPNOTSUPP && r != -EINVAL
               ? fail(f, "ublk", -r, "the driver says nothing of itself")
               : fail(f, "ublk", EOPNOTSUPP, "the driver of this kernel is too old");
}

void control_close(struct control *c)
{
    if (c->has_ring)
        io_uring_queue_exit(&c->ring);
    c->has_ring = false;
    (void)fd_close(&c->fd);
}

/* The parameters of the device. */
static int set_params(struct control *c, const struct control_device *d)
{
    struct ublk_abi_params p = {
        .len = sizeof(p),
        .types = UBLK_ABI_TYPE_BASIC | UBLK_ABI_TYPE_DISCARD,
        /* Without a volatile cache no flush would ever come. Without FUA the kernel makes a flush of
         * it (blk_flush_policy(), block/blk-flush.c, 7.0). */
        .basic = {.attrs = UBLK_ATTR_VOLATILE_CACHE,
                  .logical_bs_shift = (__u8)d->shift,
                  .physical_bs_shift = (__u8)(d->shift > 12 ? d->shift : 12),
                  .io_opt_shift = (__u8)(d->shift > 12 ? d->shift : 12),
                  .io_min_shift = (__u8)d->shift,
                  .max_sectors = d->max_request / 512,
                  .dev_sectors = d->size / 512},
        .discard = {.discard_granularity = 1u << d->shift,
                    .max_discard_sectors = (1u << 30) / 512,
                    .max_write_zeroes_sectors = (1u << 30) / 512,
                    .max_discard_segments = 1},
    };

    if (d->buffers != CONTROL_COPIED && d->memory_align > 1) {
        p.types |= UBLK_ABI_TYPE_DMA_ALIGN;
        p.dma_alignment = d->memory_align - 1;
    }
    return call(c, UBLK_ABI_SET_PARAMS, c->id, &p, sizeof(p));
}

static uint64_t flags_of(enum control_buffers buffers)
{
    switch (buffers) {
    case CONTROL_GROUP:
        return UBLK_ABI_GROUP_BUF;
    case CONTROL_REGISTERED:
        return UBLK_ABI_ZERO_COPY | UBLK_ABI_AUTO_BUF_REG;
    default:
        return 0;
    }
}

/* Makes a device with these buffers, or with copied ones. */
static int add(struct control *c, struct control_device *device, enum control_buffers buffers,
               struct failure *f)
{
    const uint64_t wanted = flags_of(buffers);
    struct ublksrv_ctrl_dev_info info = {
        .nr_hw_queues = 1,
        .queue_depth = (__u16)device->depth,
        .max_io_buf_bytes = device->max_request,
        .dev_id = UINT32_MAX,
        .flags = UBLK_ABI_IOCTL_ENCODE | wanted,
        .ublksrv_flags = MARK | (uint32_t)getpid(),
    };
    int r = call(c, UBLK_ABI_ADD_DEV, UINT32_MAX, &info, sizeof(info));

    if (r < 0)
        return fail(f, "ublk: add", -r,
                    r == -EPERM ? "only root may make block devices" : NULL);
    c->id = info.dev_id;
    /* The driver drops flags that it does not know, without a word. With one of two there are no
     * buffers at all. */
    if ((info.flags & wanted) != wanted) {
        (void)control_delete(c);
        return add(c, device, CONTROL_COPIED, f);
    }
    device->buffers = buffers;
    r = set_params(c, device);
    if (r == 0)
        return 0;
    (void)control_delete(c);
    return fail(f, "ublk: set parameters", -r, NULL);
}

int control_add(struct control *c, struct control_device *device, struct failure *f)
{
    enum control_buffers best = CONTROL_GROUP;

    while ((c->features & flags_of(best)) != flags_of(best))
        best--;
    return add(c, device, best, f);
}

int control_start(struct control *c)
{
    const struct ublksrv_ctrl_cmd cmd = {
        .dev_id = c->id, .queue_id = UINT16_MAX, .data = {(uint32_t)getpid()}};

    return submit(c, START, UBLK_ABI_START_DEV, &cmd);
}

int control_stop(struct control *c)
{
    const struct ublksrv_ctrl_cmd cmd = {.dev_id = c->id, .queue_id = UINT16_MAX};

    return submit(c, STOP, UBLK_ABI_STOP_DEV, &cmd);
}

void control_take(struct control *c)
{
    struct io_uring_cqe *cqe;

    while (io_uring_peek_cqe(&c->ring, &cqe) == 0) {
        take(c, cqe);
        io_uring_cqe_seen(&c->ring, cqe);
    }
}

int control_fd(const struct control *c)
{
    return c->ring.ring_fd;
}

int control_delete(struct control *c)
{
    return call(c, UBLK_ABI_DEL_DEV_ASYNC, c->id, NULL, 0);
}

/* Whether the device belongs to a process of this program that has died. */
static bool is_left_over(struct control *c, unsigned id)
{
    struct ublksrv_ctrl_dev_info info = {.dev_id = id};

    return call(c, UBLK_ABI_GET_DEV_INFO, id, &info, sizeof(info)) == 0 &&
           info.state == UBLK_S_DEV_DEAD &&
           (info.ublksrv_flags & ~UINT64_C(0xffffff)) == MARK &&
           kill((pid_t)(info.ublksrv_flags & 0xffffff), 0) < 0 && errno == ESRCH;
}

unsigned control_sweep(struct control *c)
{
    DIR *dir = opendir("/dev");
    const struct dirent *e;
    unsigned id, n = 0;
    char rest;

    while (dir && (e = readdir(dir)))
        if (sscanf(e->d_name, "ublkc%u%c", &id, &rest) == 1 && is_left_over(c, id))
            n += call(c, UBLK_ABI_DEL_DEV_ASYNC, id, NULL, 0) == 0;
    if (dir)
        (void)closedir(dir);
    return n;
}
