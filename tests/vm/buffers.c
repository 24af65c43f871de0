/* buffers: holds a kernel's group buffers against their description: a block device whose server lets
 * the pages of a request be the buffer of an SQE group.
 *
 *     buffers [-f CASE,CASE] [-m MODE] [DIR]
 *
 * -f runs only these cases. DIR (default /tmp) is where files are made. Prints TAP; every case runs in
 * a child process, once per kind of ring, with a device of its own. To be linked statically and run
 * as root in a guest.
 *
 * The case's process is the server of the device; a child of it, the client, makes one read or write.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blockdev/ublk_abi_priv.h"

#define CASE_FILE "buffers.c"
#include "case.h"

#define HAS_EXT_FLAGS 0x80u /* sqe->flags */
#define EXT_GROUP     0x01u /* extended flags */
#define EXT_BUF       0x02u
#define EXT_UNKNOWN   0x04u
#define EXT_BYTE      63
#define EXT_CMD_SHIFT 16 /* in uring_cmd_flags */

/* Of the driver, beside what the program uses. */
#define DEL_DEV      _IOWR('u', 0x05, struct ublksrv_ctrl_cmd)
#define UNPRIVILEGED (1ull << 5) /* flags of a device */
#define USER_COPY    (1ull << 7)

#define DEPTH   4u
#define SIZE    (8u << 20)
#define MOST    (512u << 10)
#define AT      (1u << 20) /* where the client reads or writes */
#define PIECES  4u         /* of its memory */
#define PIECE   (16u << 10)
#define STRIDE  (PIECE + 4096 + 512)
#define LEN     (PIECES * PIECE)
#define MAX_OPS 16u

enum kind { PROVIDE, NOP, READ, WRITE, PLAIN_WRITE };

struct op {
    enum kind kind;
    unsigned tag;  /* PROVIDE */
    int fd;        /* the others */
    uint64_t addr; /* in the buffer; PROVIDE: what is to be 0 */
    uint32_t len;
    uint64_t off;
    unsigned buf_index;
    uint8_t ext;   /* more extended flags */
    uint8_t flags; /* IOSQE_ */
    int expect;

    int result; /* out */
    int order;  /* out: which CQE it was; -1: none */
};

/* What the processes of a case share. */
struct shared {
    char memory[PIECES * STRIDE]; /* of the client */
    int result;
    unsigned id;
    bool done, ready;
};

static const struct mode {
    const char *name;
    unsigned flags;
} modes[] = {
    {"plain", 0},
    {"coop", IORING_SETUP_COOP_TASKRUN},
    {"defer", IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN},
    {"sqpoll", IORING_SETUP_SQPOLL},
};
#define N_MODES (sizeof modes / sizeof modes[0])

static const char *dir = "/tmp";
static const struct mode *mode;
static volatile struct shared *shared;
static struct io_uring control, ring;
static int control_fd = -1, device_fd = -1;
static unsigned id; /* of the device */
static const volatile struct ublksrv_io_desc *descriptors;
static unsigned arrived[DEPTH], n_arrived; /* tags with requests that nobody has taken */
static unsigned n_gone;                    /* tags that get no more */
static pid_t client;

/* ---- bytes and files -------------------------------------------------------------------- */

/* Byte of the client's data: neither zero nor repeated at multiples of a block. */
static unsigned char pattern(uint64_t at)
{
    return (unsigned char)(1 + (at * 7 + at / 509) % 251);
}

static volatile char *client_byte(size_t i)
{
    return &shared->memory[i / PIECE * STRIDE + 512 + i % PIECE];
}

/* A file that has no name any more, of LEN bytes with the pattern if it is to be read. */
static int new_file(bool filled, int flags)
{
    char path[512], data[512];
    int fd;

    snprintf(path, sizeof path, "%s/buffers.%d", dir, (int)getpid());
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);
    if (fd < 0)
        fail_at(__LINE__, "%s: %m", path);
    unlink(path);
    for (size_t at = 0; filled && at < LEN; at += sizeof data) {
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (char)pattern(at + i);
        CHECK(pwrite(fd, data, sizeof data, (off_t)at) == (ssize_t)sizeof data);
    }
    return fd;
}

/* Whether the file holds at `off` the pattern's `len` bytes from `at` on. */
static bool holds(int fd, uint64_t off, uint64_t at, size_t len)
{
    static char data[LEN] __attribute__((aligned(4096)));

    if (pread(fd, data, LEN, (off_t)off) < (ssize_t)len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)data[i] != pattern(at + i))
            return false;
    return true;
}

static bool is_empty(int fd)
{
    return lseek(fd, 0, SEEK_END) == 0;
}

/* ---- the driver ------------------------------------------------------------------------- */

static int control_result(void)
{
    struct io_uring_cqe *cqe;
    int r;

    CHECK(io_uring_wait_cqe(&control, &cqe) == 0);
    r = cqe->res;
    io_uring_cqe_seen(&control, cqe);
    return r;
}

static void control_submit(unsigned op, const struct ublksrv_ctrl_cmd *cmd)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&control);

    CHECK(sqe);
    memset(sqe, 0, 2 * sizeof *sqe);
    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, control_fd, NULL, 0, 0);
    sqe->cmd_op = op;
    memcpy(sqe->cmd, cmd, sizeof *cmd);
    CHECK(io_uring_submit(&control) == 1);
}

static int control_call(unsigned op, unsigned dev, void *buffer, size_t size)
{
    const struct ublksrv_ctrl_cmd cmd = {
        .dev_id = dev, .queue_id = UINT16_MAX, .len = (__u16)size, .addr = (uintptr_t)buffer};

    control_submit(op, &cmd);
    return control_result();
}

static bool control_open(void)
{
    control_fd = open("/dev/ublk-control", O_RDWR | O_CLOEXEC);
    return control_fd >= 0 && io_uring_queue_init(4, &control, IORING_SETUP_SQE128) == 0;
}

static int add_device(uint64_t flags)
{
    struct ublksrv_ctrl_dev_info info = {.nr_hw_queues = 1,
                                         .queue_depth = DEPTH,
                                         .max_io_buf_bytes = MOST,
                                         .dev_id = UINT32_MAX,
                                         .flags = UBLK_ABI_IOCTL_ENCODE | flags};
    int r = control_call(UBLK_ABI_ADD_DEV, UINT32_MAX, &info, sizeof info);

    if (r == 0 && (info.flags & flags) != flags)
        fail_at(__LINE__, "flags %#llx", (unsigned long long)info.flags);
    id = info.dev_id;
    return r;
}

/* ---- operations ------------------------------------------------------------------------- */

static void prep_command(struct io_uring_sqe *sqe, unsigned op, unsigned tag, int result,
                         uint64_t addr)
{
    struct ublksrv_io_cmd cmd = {.tag = (__u16)tag, .result = result, .addr = addr};

    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, device_fd, NULL, 0, 0);
    sqe->cmd_op = op;
    memcpy(sqe->cmd, &cmd, sizeof cmd);
}

/* user_data: the tag of a command that fetches, or DEPTH and the index of an operation. */
static void command(unsigned op, unsigned tag, int result)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

    CHECK(sqe);
    prep_command(sqe, op, tag, result, 0);
    sqe->user_data = tag;
    CHECK(io_uring_submit(&ring) >= 0);
}

static void prep(struct io_uring_sqe *sqe, const struct op *op, bool more)
{
    uint8_t ext = (uint8_t)(op->ext | (more ? EXT_GROUP : 0));

    switch (op->kind) {
    case PROVIDE:
        prep_command(sqe, UBLK_ABI_PROVIDE_GROUP_BUF, op->tag, 0, op->addr);
        break;
    case NOP:
        io_uring_prep_nop(sqe);
        break;
    case READ:
    case WRITE:
        io_uring_prep_rw(op->kind == READ ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED, sqe,
                         op->fd, NULL, op->len, op->off);
        sqe->addr = op->addr;
        sqe->buf_index = (__u16)op->buf_index;
        ext |= EXT_BUF;
        break;
    case PLAIN_WRITE:
        io_uring_prep_write(sqe, op->fd, "plain", op->len, op->off);
        break;
    }
    sqe->flags = op->flags;
    if (ext)
        sqe->flags |= HAS_EXT_FLAGS;
    if (op->kind == PROVIDE)
        sqe->uring_cmd_flags = (__u32)ext << EXT_CMD_SHIFT;
    else
        ((uint8_t *)sqe)[EXT_BYTE] = ext;
}

/* Starts one group of all: the first one is the leader. */
static void start(struct op *ops, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

        CHECK(sqe);
        ops[i].order = -1;
        prep(sqe, &ops[i], i + 1 < n);
        sqe->user_data = DEPTH + i;
    }
    CHECK(io_uring_submit(&ring) >= 0);
}

/* Takes what has come; waits for something if nothing has. */
static void reap(struct op *ops, unsigned n, unsigned *seen)
{
    struct io_uring_cqe *cqe;
    int r = io_uring_submit_and_wait(&ring, 1);

    CHECK(r >= 0 || r == -EINTR);
    while (io_uring_peek_cqe(&ring, &cqe) == 0) {
        uint64_t i = cqe->user_data;
        int res = cqe->res;

        io_uring_cqe_seen(&ring, cqe);
        if (i < DEPTH && res == UBLK_IO_RES_OK)
            arrived[n_arrived++] = (unsigned)i;
        else if (i < DEPTH)
            n_gone++;
        else if (i - DEPTH >= n || ops[i - DEPTH].order >= 0)
            fail_at(__LINE__, "a CQE nobody asked for: SQE %u, result %d",
                    (unsigned)(i - DEPTH), res);
        else {
            ops[i - DEPTH].result = res;
            ops[i - DEPTH].order = (int)(*seen)++;
        }
    }
}

/* Waits for the results, which are to be as expected, and that of the leader last. */
static void finish(struct op *ops, unsigned n)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < n; i++)
        seen += ops[i].order >= 0;
    while (seen < n)
        reap(ops, n, &seen);
    for (unsigned i = 0; i < n; i++)
        if (ops[i].result != ops[i].expect)
            fail_at(__LINE__, "SQE %u: result %d, expected %d", i, ops[i].result,
                    ops[i].expect);
    if (ops[0].order != (int)n - 1)
        fail_at(__LINE__, "the leader's CQE was not the last one");
}

static void run(const char *what, struct op *ops, unsigned n)
{
    snprintf(where, sizeof where, "%s", what);
    start(ops, n);
    finish(ops, n);
}

/* The next request: its tag. */
static unsigned next_request(void)
{
    unsigned seen = 0;

    while (n_arrived == 0)
        reap(NULL, 0, &seen);
    return arrived[--n_arrived];
}

static void commit(unsigned tag, int result)
{
    command(UBLK_ABI_COMMIT_AND_FETCH, tag, result);
}

/* ---- device and client ------------------------------------------------------------------ */

/* The kernel looks for partitions while it starts the device: it finds none. */
static void start_device(void)
{
    const struct ublksrv_ctrl_cmd cmd = {
        .dev_id = id, .queue_id = UINT16_MAX, .data = {(uint32_t)getpid()}};
    struct io_uring_cqe *cqe;

    control_submit(UBLK_ABI_START_DEV, &cmd);
    while (io_uring_peek_cqe(&control, &cqe) != 0) {
        struct __kernel_timespec t = {.tv_nsec = 10000000};
        unsigned seen = 0;

        if (n_arrived == 0 && io_uring_wait_cqe_timeout(&ring, &cqe, &t) == 0)
            reap(NULL, 0, &seen);
        while (n_arrived > 0)
            commit(next_request(), -EIO);
    }
    CHECK(control_result() == 0);
}

static void open_device(uint64_t flags)
{
    struct ublk_abi_params p = {
        .len = sizeof p,
        .types = UBLK_ABI_TYPE_BASIC,
        .basic = {.attrs = UBLK_ATTR_VOLATILE_CACHE,
                  .logical_bs_shift = 9,
                  .physical_bs_shift = 12,
                  .io_opt_shift = 12,
                  .io_min_shift = 9,
                  .max_sectors = MOST / 512,
                  .dev_sectors = SIZE / 512},
    };
    struct io_uring_params rp = {.flags = mode->flags, .sq_thread_idle = 100};
    char path[32];
    void *map;

    n_arrived = n_gone = 0;
    CHECK(add_device(flags) == 0);
    CHECK(control_call(UBLK_ABI_SET_PARAMS, id, &p, sizeof p) == 0);
    snprintf(path, sizeof path, "/dev/ublkc%u", id);
    device_fd = open(path, O_RDWR | O_CLOEXEC);
    CHECK(device_fd >= 0);
    map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, device_fd, UBLKSRV_CMD_BUF_OFFSET);
    CHECK(map != MAP_FAILED && madvise(map, 4096, MADV_DONTFORK) == 0);
    descriptors = map;
    CHECK(io_uring_queue_init_params(64, &ring, &rp) == 0);
    CHECK(io_uring_ring_dontfork(&ring) == 0);
    for (unsigned t = 0; t < DEPTH; t++)
        command(UBLK_ABI_FETCH, t, 0);
    start_device();
}

/* The ring ends first, with all that is in flight. */
static void end_ring(void)
{
    io_uring_queue_exit(&ring);
    munmap((void *)descriptors, 4096);
    close(device_fd);
    CHECK(control_call(DEL_DEV, id, NULL, 0) == 0);
}

static void close_device(void)
{
    const struct ublksrv_ctrl_cmd cmd = {.dev_id = id, .queue_id = UINT16_MAX};
    unsigned seen = 0;

    snprintf(where, sizeof where, "the end");
    control_submit(UBLK_ABI_STOP_DEV, &cmd);
    while (n_gone < DEPTH)
        reap(NULL, 0, &seen);
    CHECK(control_result() == 0);
    end_ring();
}

/* Nothing of the server's stays with the client: the ring would not end. */
static int client_main(bool writes, unsigned len)
{
    struct iovec iov[PIECES];
    char path[32];
    ssize_t r;
    int fd;

    CHECK(close_range(3, ~0u, 0) == 0);
    snprintf(path, sizeof path, "/dev/ublkb%u", id);
    fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (unsigned i = 0; i < PIECES; i++)
        iov[i] = (struct iovec){(void *)client_byte((size_t)i * PIECE), PIECE};
    if (len == 0)
        r = fsync(fd);
    else
        r = writes ? pwritev(fd, iov, PIECES, AT) : preadv(fd, iov, PIECES, AT);
    return r < 0 ? -errno : (int)r;
}

/* A client begins to read or write LEN bytes, or to flush (len 0). The tag of its request. */
static unsigned client_begins(bool writes, unsigned len)
{
    unsigned tag;

    for (size_t i = 0; i < LEN; i++)
        *client_byte(i) = writes ? (char)pattern(i) : 0;
    shared->done = false;
    fflush(stdout);
    client = fork();
    CHECK(client >= 0);
    if (client == 0) {
        alarm(LIMIT_S);
        shared->result = client_main(writes, len);
        shared->done = true;
        _exit(0);
    }
    tag = next_request();
    CHECK(descriptors[tag].nr_sectors * 512 == len);
    return tag;
}

/* The result of the client. */
static int client_ended(void)
{
    int status;

    CHECK(waitpid(client, &status, 0) == client && WIFEXITED(status));
    return shared->result;
}

static bool client_holds(size_t from, size_t len)
{
    for (size_t i = from; i < from + len; i++)
        if ((unsigned char)*client_byte(i) != pattern(i))
            return false;
    return true;
}

static bool client_holds_zeros(void)
{
    for (size_t i = 0; i < LEN; i++)
        if (*client_byte(i))
            return false;
    return true;
}

static struct op provide(unsigned tag)
{
    return (struct op){.kind = PROVIDE, .tag = tag};
}

static struct op move(enum kind kind, int fd, uint64_t addr, uint32_t len)
{
    return (struct op){.kind = kind, .fd = fd, .addr = addr, .len = len, .expect = (int)len};
}

/* A pipe that takes nothing more. */
static void full_pipe(int fds[2])
{
    static char junk[4096];

    CHECK(pipe2(fds, O_CLOEXEC) == 0);
    CHECK(fcntl(fds[1], F_SETPIPE_SZ, 4096) == 4096);
    CHECK(write(fds[1], junk, sizeof junk) == (ssize_t)sizeof junk);
}

/* ---- cases ------------------------------------------------------------------------------ */

static void case_write(void)
{
    for (unsigned round = 0; round < 6; round++) {
        int fds[3] = {new_file(false, 0), new_file(false, 0), new_file(false, 0)};
        unsigned tag = client_begins(true, LEN);
        struct op ops[4] = {provide(tag)};

        for (unsigned i = 0; i < 3; i++) {
            ops[1 + i] = move(WRITE, fds[i], 0, LEN);
            ops[1 + i].flags = round & 1 ? IOSQE_ASYNC : 0;
        }
        ops[0].flags = round & 2 ? IOSQE_ASYNC : 0;
        run("one write, three files", ops, 4);
        commit(tag, LEN);
        CHECK(client_ended() == (int)LEN);
        for (unsigned i = 0; i < 3; i++) {
            CHECK(holds(fds[i], 0, 0, LEN));
            close(fds[i]);
        }
    }
}

static void case_read(void)
{
    int fd = new_file(true, 0);
    unsigned tag = client_begins(false, LEN);
    struct op ops[3] = {provide(tag), move(READ, fd, 0, 4096),
                        move(READ, fd, 4096, LEN - 4096)};

    ops[2].off = 4096;
    run("one read, in two parts", ops, 3);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && client_holds(0, LEN));
}

/* Past the page cache: the device of the file reads and writes the client's pages. */
static void case_direct(void)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
    struct op ops[2];
    unsigned tag;

    if (fd < 0)
        skip("no O_DIRECT here");
    tag = client_begins(true, LEN);
    ops[0] = provide(tag);
    ops[1] = move(WRITE, fd, 0, LEN);
    run("O_DIRECT write", ops, 2);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && holds(fd, 0, 0, LEN));
    tag = client_begins(false, LEN);
    ops[0] = provide(tag);
    ops[1] = move(READ, fd, 0, LEN);
    run("O_DIRECT read", ops, 2);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && client_holds(0, LEN));
}

static void case_parts(void)
{
    static const struct {
        uint32_t addr, len;
    } parts[] = {
        {0, 1000}, {1000, PIECE}, {PIECE - 1, 2}, {LEN - 1, 1}, {PIECE * 2 + 512, PIECE},
        {LEN, 0}};
    int fd = new_file(false, 0);
    unsigned tag = client_begins(true, LEN);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct op ops[2] = {provide(tag), move(WRITE, fd, parts[i].addr, parts[i].len)};

        run("a part", ops, 2);
        CHECK(holds(fd, 0, parts[i].addr, parts[i].len));
    }
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN);
}

/* Each is refused by itself. */
static void case_out_of_range(void)
{
    int bad = new_file(false, 0), good = new_file(false, 0);
    unsigned tag = client_begins(true, LEN);
    struct op ops[7] = {provide(tag),
                        move(WRITE, bad, LEN + 1, 0),
                        move(WRITE, bad, LEN - 512, 1024),
                        move(WRITE, bad, UINT64_MAX - 511, 512),
                        move(WRITE, bad, 0, LEN + 1),
                        move(WRITE, bad, 0, 0x7ffff000),
                        move(WRITE, good, 0, LEN)};

    for (unsigned i = 1; i < 6; i++)
        ops[i].expect = -EINVAL;
    run("out of range", ops, 7);
    CHECK(is_empty(bad) && holds(good, 0, 0, LEN));
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN);
}

static void case_direction(void)
{
    int fd = new_file(true, 0), empty = new_file(false, 0);
    unsigned tag = client_begins(true, LEN);
    struct op ops[3] = {provide(tag), move(READ, fd, 0, LEN), move(WRITE, empty, 0, 512)};

    for (size_t i = 0; i < LEN; i++)
        *client_byte(i) = 0;
    ops[1].expect = -EINVAL;
    run("what is written is read only", ops, 3);
    CHECK(client_holds_zeros());
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN);

    tag = client_begins(false, LEN);
    ops[0] = provide(tag);
    ops[1] = move(WRITE, fd, 0, LEN);
    ops[1].expect = -EINVAL;
    ops[2] = move(READ, fd, 0, LEN);
    run("what is read is written only", ops, 3);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && client_holds(0, LEN) && holds(fd, 0, 0, LEN));
}

/* The whole group is refused: the leader, `bad`, and others are not issued. */
static void refused(const char *what, struct op *ops, unsigned n, unsigned bad, int fd)
{
    for (unsigned i = 0; i < n; i++)
        ops[i].expect = i == 0 || i == bad ? -EINVAL : -EIO;
    run(what, ops, n);
    CHECK(is_empty(fd));
}

static void case_unknown_flags(void)
{
    int fd = new_file(false, 0);
    unsigned tag = client_begins(true, LEN);
    struct op ops[3] = {provide(tag), move(WRITE, fd, 0, LEN), move(WRITE, fd, 0, LEN)};
    struct op alone = move(WRITE, fd, 0, LEN);

    ops[1].ext = EXT_UNKNOWN;
    refused("unknown flag of a member", ops, 3, 1, fd);
    ops[1].ext = 0;
    ops[0].ext = EXT_UNKNOWN;
    refused("unknown flag of the leader", ops, 3, 0, fd);
    ops[0].ext = EXT_BUF;
    refused("a leader with its own buffer", ops, 3, 0, fd);
    ops[0].ext = 0;
    ops[2] = (struct op){.kind = NOP, .ext = EXT_BUF};
    refused("what moves no bytes", ops, 3, 2, fd);
    ops[2] = (struct op){.kind = PLAIN_WRITE, .fd = fd, .len = 5, .ext = EXT_BUF};
    refused("what has its own buffer", ops, 3, 2, fd);
    ops[2] = move(WRITE, fd, 0, LEN);
    ops[2].buf_index = 1;
    refused("two buffers", ops, 3, 2, fd);
    alone.expect = -EINVAL;
    run("without a group", &alone, 1);
    CHECK(is_empty(fd));
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN);
}

/* A leader that provides nothing. */
static void case_no_buffer(void)
{
    int bad = new_file(false, 0), good = new_file(false, 0);
    struct op ops[3] = {{.kind = NOP},
                        move(WRITE, bad, 0, 512),
                        {.kind = PLAIN_WRITE, .fd = good, .len = 5, .expect = 5}};

    ops[1].expect = -EINVAL;
    run("no buffer", ops, 3);
    CHECK(is_empty(bad) && !is_empty(good));
}

static void provide_fails(const char *what, struct op leader, int err)
{
    int fd = new_file(false, 0);
    struct op ops[3] = {leader, move(WRITE, fd, 0, 512), move(WRITE, fd, 512, 512)};

    ops[0].expect = err;
    ops[1].expect = ops[2].expect = -EIO;
    run(what, ops, 3);
    CHECK(is_empty(fd));
    close(fd);
}

static void case_leader_fails(void)
{
    int fd = new_file(false, 0);
    unsigned tag = client_begins(true, LEN);
    struct op alone = provide(tag), inside[3] = {{.kind = NOP}, provide(tag), provide(tag)};
    struct op marked = provide(tag), good[2] = {provide(tag), move(WRITE, fd, 0, LEN)};

    provide_fails("no such tag", provide(DEPTH), -EINVAL);
    provide_fails("a tag without a request", provide((tag + 1) % DEPTH), -EBUSY);
    marked.addr = 1;
    provide_fails("what has to be zero", marked, -EINVAL);
    alone.expect = -EINVAL;
    run("not in a group", &alone, 1);
    inside[1].expect = inside[2].expect = -EINVAL;
    run("not the leader", inside, 3);
    run("right", good, 2);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && holds(fd, 0, 0, LEN));
    provide_fails("a request that has ended", provide(tag), -EBUSY);
    tag = client_begins(true, 0);
    provide_fails("a request without data", provide(tag), -EINVAL);
    commit(tag, 0);
    CHECK(client_ended() == 0);
}

static void case_member_fails(void)
{
    int fd = new_file(false, 0), read_only = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int broken[2];
    unsigned tag = client_begins(true, LEN);
    struct op ops[5] = {provide(tag), move(WRITE, -1, 0, LEN), move(WRITE, fd, 0, LEN),
                        move(WRITE, read_only, 0, LEN), move(WRITE, fd, 0, LEN)};

    signal(SIGPIPE, SIG_IGN);
    CHECK(read_only >= 0 && pipe2(broken, O_CLOEXEC) == 0);
    close(broken[0]);
    ops[1].fd = broken[1];
    ops[1].expect = -EPIPE;
    ops[3].expect = -EBADF;
    ops[4].off = LEN;
    run("two of four fail", ops, 5);
    CHECK(holds(fd, 0, 0, LEN) && holds(fd, LEN, 0, LEN));
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN);
}

/* Files that know addresses only. */
static void case_no_iterator(void)
{
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    unsigned tag = client_begins(false, LEN);
    struct op ops[2] = {provide(tag), move(READ, fd, 0, 512)};

    ops[1].expect = -EFAULT;
    run("->read()", ops, 2);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && client_holds_zeros());
    tag = client_begins(true, LEN);
    ops[0] = provide(tag);
    ops[1] = move(WRITE, full, 0, 512);
    ops[1].expect = -EFAULT;
    run("->write()", ops, 2);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN);
}

/* The request ends with the group, though it was answered before. */
static void case_commit_early(void)
{
    static char data[4096];
    int pipe_fds[2];
    unsigned tag;
    struct op ops[2];

    full_pipe(pipe_fds);
    tag = client_begins(true, LEN);
    ops[0] = provide(tag);
    ops[1] = move(WRITE, pipe_fds[1], 0, 4096);
    snprintf(where, sizeof where, "answered early");
    start(ops, 2);
    commit(tag, LEN);
    usleep(100000); /* time to do it wrong */
    CHECK(!shared->done);
    CHECK(read(pipe_fds[0], data, sizeof data) == (ssize_t)sizeof data);
    finish(ops, 2);
    CHECK(read(pipe_fds[0], data, sizeof data) == (ssize_t)sizeof data);
    for (size_t i = 0; i < sizeof data; i++)
        CHECK((unsigned char)data[i] == pattern(i));
    CHECK(client_ended() == (int)LEN);
    tag = client_begins(true, LEN);
    commit(tag, -ENOSPC);
    CHECK(client_ended() == -ENOSPC);
}

/* The ring ends while a member waits, with the request answered or not. */
static void ring_ends(bool answered)
{
    int pipe_fds[2], result;
    unsigned tag;
    struct op ops[2];

    full_pipe(pipe_fds);
    tag = client_begins(true, LEN);
    ops[0] = provide(tag);
    ops[1] = move(WRITE, pipe_fds[1], 0, 4096);
    start(ops, 2);
    if (answered)
        commit(tag, LEN);
    end_ring();
    result = client_ended();
    if (result != (answered ? (int)LEN : -EIO))
        fail_at(__LINE__, "answered %d: the client has %d", answered, result);
}

static void case_ring_ends(void)
{
    /* Lockdep of Linux 6.12 complains without a reason there (io_lockdep_assert_cq_locked()). */
    if (mode->flags & IORING_SETUP_DEFER_TASKRUN)
        skip("its task has to end first");
    ring_ends(false);
    open_device(UBLK_ABI_GROUP_BUF);
    ring_ends(true);
    open_device(UBLK_ABI_GROUP_BUF);
}

static void server_to_be_killed(void)
{
    int pipe_fds[2];
    struct op ops[3];
    unsigned tag;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CHECK(control_open());
    open_device(UBLK_ABI_GROUP_BUF);
    full_pipe(pipe_fds);
    tag = client_begins(true, LEN);
    ops[0] = provide(tag);
    ops[1] = move(WRITE, pipe_fds[1], 0, 4096);
    ops[2] = ops[1];
    ops[2].flags = IOSQE_ASYNC;
    start(ops, 3);
    shared->id = id;
    shared->ready = true;
    pause();
}

/* kill -9 with a group in flight: the client hears of it, and the device goes. */
static void case_killed(void)
{
    char path[32];
    pid_t server;
    int status;

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    fflush(stdout);
    server = fork();
    CHECK(server >= 0);
    if (server == 0) {
        server_to_be_killed();
        _exit(1);
    }
    while (!shared->ready)
        usleep(10000);
    CHECK(kill(server, SIGKILL) == 0 && waitpid(server, &status, 0) == server);
    CHECK(wait(&status) > 0 && shared->done); /* the client is ours now */
    CHECK(shared->result == -EIO);
    snprintf(path, sizeof path, "/dev/ublkb%u", shared->id);
    while (access(path, F_OK) == 0)
        usleep(10000);
    CHECK(control_call(DEL_DEV, shared->id, NULL, 0) == 0);
}

/* A device without the flag. */
static void case_other_device(void)
{
    int fd = new_file(false, 0);
    struct op ops[2];
    unsigned tag;

    close_device();
    open_device(USER_COPY);
    tag = client_begins(true, LEN);
    ops[0] = provide(tag);
    ops[0].expect = -EOPNOTSUPP;
    ops[1] = move(WRITE, fd, 0, LEN);
    ops[1].expect = -EIO;
    run("no such device", ops, 2);
    commit(tag, LEN);
    CHECK(client_ended() == (int)LEN && is_empty(fd));
}

/* Who is not root could let others read what is in the kernel's memory. */
static void case_unprivileged(void)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        control_fd = open("/dev/ublk-control", O_RDWR | O_CLOEXEC);
        CHECK(control_fd >= 0 && setresuid(65534, 65534, 65534) == 0);
        CHECK(io_uring_queue_init(4, &control, IORING_SETUP_SQE128) == 0);
        CHECK(add_device(UNPRIVILEGED | UBLK_ABI_GROUP_BUF) == -EINVAL);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static const struct test {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"write", case_write},
    {"read", case_read},
    {"direct", case_direct},
    {"parts", case_parts},
    {"out-of-range", case_out_of_range},
    {"direction", case_direction},
    {"unknown-flags", case_unknown_flags},
    {"no-buffer", case_no_buffer},
    {"leader-fails", case_leader_fails},
    {"member-fails", case_member_fails},
    {"no-iterator", case_no_iterator},
    {"commit-early", case_commit_early},
    {"ring-ends", case_ring_ends},
    {"killed", case_killed},
    {"other-device", case_other_device},
    {"unprivileged", case_unprivileged},
};
#define N_TESTS (sizeof tests / sizeof tests[0])

/* ---- running ---------------------------------------------------------------------------- */

/* In a child, so that a hanging ring stays with it. */
static int run_test(const struct test *t, const struct mode *m)
{
    pid_t child;

    memset((void *)shared, 0, sizeof *shared);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        mode = m;
        alarm(LIMIT_S);
        CHECK(control_open());
        open_device(UBLK_ABI_GROUP_BUF);
        t->run();
        close_device();
        fflush(stdout);
        _exit(0);
    }
    return case_status(child);
}

static bool kernel_has_buffers(void)
{
    uint64_t features = 0;

    return control_open() &&
           control_call(UBLK_ABI_GET_FEATURES, UINT32_MAX, &features, sizeof features) == 0 &&
           features & UBLK_ABI_GROUP_BUF;
}

int main(int argc, char **argv)
{
    const char *only = NULL, *only_mode = NULL;
    unsigned number = 0, failed = 0;
    int c;

    while ((c = getopt(argc, argv, "f:m:")) != -1) {
        if (c == 'f')
            only = optarg;
        else if (c == 'm')
            only_mode = optarg;
        else
            return 2;
    }
    if (optind < argc)
        dir = argv[optind];
    shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !kernel_has_buffers()) {
        printf("1..0 # SKIP this kernel has no group buffers\n");
        return EXIT_SKIP;
    }
    for (size_t m = 0; m < N_MODES; m++)
        for (size_t i = 0; i < N_TESTS; i++) {
            int r;

            if ((only && !listed(only, tests[i].name)) ||
                (only_mode && strcmp(only_mode, modes[m].name) != 0))
                continue;
            r = run_test(&tests[i], &modes[m]);
            failed += report_case(++number, tests[i].name, modes[m].name, r);
        }
    printf("1..%u\n", number);
    return failed || number == 0 ? 1 : 0;
}
