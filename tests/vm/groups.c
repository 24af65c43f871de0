/* groups: holds a kernel's SQE groups against their description, on all kinds of rings.
 *
 *     groups [-f CASE,CASE] [-x CASE,CASE] [-m MODE] [-s SEED] [-b BLOCKDEV] [DIR]
 *
 * -f runs only these cases, -x leaves cases out, visibly: for kernels whose faults are known.
 * DIR (default /tmp) is where files are made. BLOCKDEV is a block device with poll queues,
 * whose first megabytes are overwritten, for IOPOLL rings. The two knobs are taken from
 * /sys/module/io_uring/parameters where they are and are set and restored by the cases that
 * need them. Prints TAP; every case runs in a child process, once per kind of ring. To be
 * linked statically and run in a guest.
 *
 * A case says what it submits as an array of operations and what is to come of each; run() does
 * the rest: one CQE per SQE, the result expected, no CQE too many, and a group's leader last.
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASE_FILE "groups.c"
#include "case.h"

#define HAS_EXT_FLAGS     0x80u /* sqe->flags */
#define EXT_GROUP         0x01u /* extended flags */
#define EXT_BYTE          63
#define EXT_CMD_SHIFT     16    /* in uring_cmd_flags */
#define NOP_INJECT        0x01u /* sqe->nop_flags: the result is sqe->len */
#define SOCKET_OP_SIOCINQ 0     /* sqe->cmd_op */

#define LEN      8192u
#define MAX_OPS  256u
#define MAX_BUFS 8u

#define ANY INT32_MIN /* as an expected result: whatever comes */

/* ------------------------------------------------------------------------------------------
 * What is submitted.
 */

enum kind { NOP, READ, WRITE, FSYNC, PLAIN_READ, TIMEOUT, LTIMEOUT, CANCEL, SOCK_CMD, BOGUS };

struct op {
    enum kind kind;
    int fd;
    unsigned buf; /* of the pool; for NOP the result to be injected, if any */
    uint64_t off;
    uint32_t len;
    uint8_t flags; /* IOSQE_ */
    uint8_t ext;   /* EXT_GROUP: the group goes on */
    int expect;    /* result, or ANY */
    bool silent;   /* no CQE is to come */

    int result; /* out */
    int order;  /* out: which CQE of the run it was; -1: none */
};

struct mode {
    const char *name;
    unsigned flags;
    bool wants_device; /* O_DIRECT reads and writes of a polled device only */
};

static const struct mode modes[] = {
    {"plain", 0, false},
    {"coop", IORING_SETUP_COOP_TASKRUN, false},
    {"defer", IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, false},
    {"sqpoll", IORING_SETUP_SQPOLL, false},
    {"iopoll", IORING_SETUP_IOPOLL, true},
    {"iopoll-defer",
     IORING_SETUP_IOPOLL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, true},
    {"iopoll-sqpoll", IORING_SETUP_IOPOLL | IORING_SETUP_SQPOLL, true},
};
#define N_MODES (sizeof modes / sizeof modes[0])

static const char *dir = "/tmp";
static const char *device;
static unsigned seed = 1;
static const struct mode *mode; /* of the case that runs */
static struct io_uring ring;
static char *pool;      /* MAX_BUFS buffers of LEN, registered one by one */
static unsigned stalls; /* waits that should have ended earlier */

/* What the case is doing, for messages. */
static void at(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void at(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(where, sizeof where, format, args);
    va_end(args);
}

/* ------------------------------------------------------------------------------------------
 * Knobs.
 */

#define PARAMETERS "/sys/module/io_uring/parameters/"

static int knob_get(const char *name)
{
    char path[128], text[16] = "";
    int fd;

    snprintf(path, sizeof path, PARAMETERS "%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(fd);
    return text[0] == 'Y' ? 1 : text[0] == 'N' ? 0 : atoi(text);
}

static bool knob_set(const char *name, int value)
{
    char path[128], text[16];
    int fd;
    bool ok;

    snprintf(path, sizeof path, PARAMETERS "%s", name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    snprintf(text, sizeof text, "%d", value);
    ok = write(fd, text, strlen(text)) > 0;
    close(fd);
    return ok;
}

/* The result of members that were not issued. */
static int not_issued(void)
{
    return knob_get("sqe_group_errno") == ECANCELED ? -ECANCELED : -EIO;
}

static bool member_breaks_link(void)
{
    return knob_get("sqe_group_member_breaks_link") == 1;
}

/* ------------------------------------------------------------------------------------------
 * Rings, files and buffers.
 */

static void ring_open(unsigned more_flags)
{
    struct io_uring_params p = {.flags = mode->flags | more_flags, .sq_thread_idle = 100};
    struct iovec iov[MAX_BUFS];

    CHECK(io_uring_queue_init_params(MAX_OPS, &ring, &p) == 0);
    for (size_t i = 0; i < MAX_BUFS; i++)
        iov[i] = (struct iovec){.iov_base = pool + i * LEN, .iov_len = LEN};
    CHECK(io_uring_register_buffers(&ring, iov, MAX_BUFS) == 0);
}

static void setup(unsigned more_flags)
{
    pool = mmap(NULL, (size_t)MAX_BUFS * LEN, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pool != MAP_FAILED);
    ring_open(more_flags);
}

/* Byte of the source at a position: neither zero nor repeated at multiples of a block. */
static unsigned char pattern(uint64_t off)
{
    return (unsigned char)(1 + (off * 7 + off / 509) % 251);
}

static int open_file(const char *name, int flags)
{
    char path[512];
    int fd;

    snprintf(path, sizeof path, "%s/%s.%d", dir, name, (int)getpid());
    fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EINVAL && (flags & O_DIRECT))
        skip("no O_DIRECT here");
    if (fd < 0)
        fail_at(__LINE__, "%s: %m", path);
    unlink(path);
    return fd;
}

static int source(uint64_t size, int flags)
{
    char path[512];
    int fd, fd2;

    snprintf(path, sizeof path, "%s/source.%d", dir, (int)getpid());
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    for (uint64_t off = 0; off < size; off += LEN) {
        size_t n = size - off < LEN ? (size_t)(size - off) : LEN;

        for (size_t i = 0; i < n; i++)
            pool[i] = (char)pattern(off + i);
        CHECK(pwrite(fd, pool, n, (off_t)off) == (ssize_t)n);
    }
    CHECK(fsync(fd) == 0);
    fd2 = open(path, O_RDONLY | O_CLOEXEC | flags);
    unlink(path);
    close(fd);
    if (fd2 < 0 && errno == EINVAL)
        skip("no O_DIRECT here");
    CHECK(fd2 >= 0);
    memset(pool, 0xEE, (size_t)MAX_BUFS * LEN);
    return fd2;
}

/* Whether the file holds at `off` the source's `len` bytes from `src_off` on. */
static bool holds(int fd, uint64_t off, uint64_t src_off, size_t len)
{
    static char buf[LEN] __attribute__((aligned(4096)));

    if (pread(fd, buf, LEN, (off_t)off) < (ssize_t)len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)buf[i] != pattern(src_off + i))
            return false;
    return true;
}

static off_t size_of(int fd)
{
    struct stat st;

    CHECK(fstat(fd, &st) == 0);
    return st.st_size;
}

static void empty_pipe(int fds[2])
{
    CHECK(pipe2(fds, O_CLOEXEC) == 0);
}

/* ------------------------------------------------------------------------------------------
 * Running operations.
 */

static struct __kernel_timespec soon = {.tv_nsec = 200000000};
static struct __kernel_timespec late = {.tv_sec = 100};

static void prep_cmd(struct io_uring_sqe *sqe, const struct op *op)
{
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = IORING_OP_URING_CMD;
    sqe->fd = op->fd;
    sqe->off = SOCKET_OP_SIOCINQ;
    if (op->ext)
        sqe->rw_flags = (int)((unsigned)op->ext << EXT_CMD_SHIFT);
}

static void prep(struct io_uring_sqe *sqe, const struct op *op)
{
    void *buf = pool + (size_t)(op->buf % MAX_BUFS) * LEN;

    switch (op->kind) {
    case NOP:
        io_uring_prep_nop(sqe);
        sqe->len = op->buf;
        sqe->rw_flags = op->buf ? (int)NOP_INJECT : 0;
        break;
    case READ:
        io_uring_prep_read_fixed(sqe, op->fd, buf, op->len, op->off, (int)op->buf);
        break;
    case WRITE:
        io_uring_prep_write_fixed(sqe, op->fd, buf, op->len, op->off, (int)op->buf);
        break;
    case PLAIN_READ:
        io_uring_prep_read(sqe, op->fd, buf, op->len, op->off);
        break;
    case FSYNC:
        io_uring_prep_fsync(sqe, op->fd, 0);
        break;
    case TIMEOUT:
        io_uring_prep_timeout(sqe, &soon, 0, IORING_TIMEOUT_ETIME_SUCCESS);
        break;
    case LTIMEOUT:
        io_uring_prep_link_timeout(sqe, op->buf ? &late : &soon, 0);
        break;
    case CANCEL:
        io_uring_prep_cancel64(sqe, op->off, 0);
        break;
    case SOCK_CMD:
        prep_cmd(sqe, op);
        break;
    case BOGUS:
        io_uring_prep_nop(sqe);
        sqe->opcode = 0xF0;
        break;
    }
    sqe->flags = op->flags;
    if (op->ext) {
        sqe->flags |= HAS_EXT_FLAGS;
        if (op->kind != SOCK_CMD)
            ((uint8_t *)sqe)[EXT_BYTE] = op->ext;
    }
}

/* user_data of an operation: its index from 1 on, so that CANCEL can name it. */
static void queue(struct op *ops, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

        CHECK(sqe);
        ops[i].order = -1;
        prep(sqe, &ops[i]);
        sqe->user_data = i + 1;
    }
}

static unsigned reap(struct op *ops, unsigned n, unsigned seen)
{
    struct io_uring_cqe *cqe;

    while (io_uring_peek_cqe(&ring, &cqe) == 0) {
        unsigned i = (unsigned)cqe->user_data - 1;

        if (i >= n)
            fail_at(__LINE__, "a CQE nobody asked for: user_data %llu, result %d",
                    (unsigned long long)cqe->user_data, cqe->res);
        if (ops[i].order >= 0)
            fail_at(__LINE__, "a second CQE of SQE %u: %d after %d", i, cqe->res,
                    ops[i].result);
        ops[i].result = cqe->res;
        ops[i].order = (int)seen++;
        io_uring_cqe_seen(&ring, cqe);
    }
    return seen;
}

/* Waits for the CQEs as an application does: for all of them at once. When none of them wakes
 * it up for a second it looks by itself, and `stalls` counts that. */
static void await(struct op *ops, unsigned n, unsigned want)
{
    struct __kernel_timespec limit = {.tv_sec = 1};
    unsigned seen = reap(ops, n, 0);

    for (unsigned tries = 0; seen < want;) {
        struct io_uring_cqe *cqe;
        int r;

        if (mode->flags & IORING_SETUP_IOPOLL) /* has no time-out: the case's limit ends it */
            r = io_uring_wait_cqe_nr(&ring, &cqe, 1);
        else
            r = io_uring_wait_cqes(&ring, &cqe, want - seen, &limit, NULL);
        seen = reap(ops, n, seen);
        if (seen >= want || r == -EINTR || r == -EAGAIN)
            continue;
        if (r == -ETIME) {
            stalls++;
            tries++;
        }
        if ((r < 0 && r != -ETIME) || tries > 60)
            fail_at(__LINE__, "%u of %u CQEs came: %s", seen, want, strerror(-r));
    }
}

static void print_ops(const struct op *ops, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        printf("#   %u: kind %d flags %02x ext %02x: result %d, CQE %d; expected %d\n", i,
               ops[i].kind, ops[i].flags, ops[i].ext, ops[i].order < 0 ? 0 : ops[i].result,
               ops[i].order, ops[i].expect);
}

/* Results as expected, and leaders behind their members. */
static void verify(const struct op *ops, unsigned n)
{
    unsigned leader = 0;

    for (unsigned i = 0; i < n; i++) {
        bool came = ops[i].order >= 0;

        if (i > 0 && !(ops[i - 1].ext & EXT_GROUP))
            leader = i;
        if (came == ops[i].silent ||
            (came && ops[i].expect != ANY && ops[i].result != ops[i].expect)) {
            print_ops(ops, n);
            fail_at(__LINE__, "SQE %u: result %d, expected %d", i, came ? ops[i].result : 0,
                    ops[i].expect);
        }
        if (leader != i && came && ops[leader].order >= 0 && ops[leader].order < ops[i].order) {
            print_ops(ops, n);
            fail_at(__LINE__, "SQE %u: its leader's CQE came first", i);
        }
    }
}

/* Nothing is to come behind what has come. */
static void quiet(struct op *ops, unsigned n)
{
    struct io_uring_cqe *cqe;

    io_uring_get_events(&ring);
    if (io_uring_peek_cqe(&ring, &cqe) == 0)
        reap(ops, n, 0); /* fails, and says what it was */
}

static unsigned expected(const struct op *ops, unsigned n)
{
    unsigned want = 0;

    for (unsigned i = 0; i < n; i++)
        want += !ops[i].silent;
    return want;
}

/* One submission. (The kernel's thread may have taken some before they are counted.) */
static void submit_all(unsigned n)
{
    int r = io_uring_submit(&ring);

    if (mode->flags & IORING_SETUP_SQPOLL ? r < 0 : r != (int)n)
        fail_at(__LINE__, "%d of %u SQEs were taken", r, n);
}

static void run(struct op *ops, unsigned n)
{
    queue(ops, n);
    submit_all(n);
    await(ops, n, expected(ops, n));
    verify(ops, n);
    quiet(ops, n);
}

/* ------------------------------------------------------------------------------------------
 * Groups.
 */

enum { ASYNC_LEADER = 1, ASYNC_MEMBERS = 2, ASYNC_ALL = 4 };

static void set_async(struct op *ops, unsigned n, unsigned async)
{
    for (unsigned i = 0; i < n; i++) {
        bool leader = i == 0 || !(ops[i - 1].ext & EXT_GROUP);

        if (ops[i].kind != LTIMEOUT && (async & (leader ? ASYNC_LEADER : ASYNC_MEMBERS)))
            ops[i].flags |= IOSQE_ASYNC;
    }
}

/* Fills 1 + n operations: one that reads LEN bytes at `off`, and n that write them to `dst`. */
static void copy_group(struct op *ops, unsigned n, int src, const int *dst, uint64_t off,
                       unsigned buf)
{
    for (unsigned i = 0; i <= n; i++)
        ops[i] = (struct op){
            .kind = i == 0 ? READ : WRITE,
            .fd = i == 0 ? src : dst[i - 1],
            .buf = buf,
            .off = off,
            .len = LEN,
            .ext = i < n ? EXT_GROUP : 0,
            .expect = (int)LEN,
        };
}

/* The usual scene: a source and two destinations, which hold nothing. */
struct scene {
    int src, dst[3];
    struct op ops[MAX_OPS];
};

static struct scene scene;

static void scene_new(uint64_t source_size)
{
    scene.src = source(source_size, 0);
    for (int i = 0; i < 3; i++)
        scene.dst[i] = open_file("dst", O_RDWR);
}

static void scene_end(void)
{
    close(scene.src);
    for (int i = 0; i < 3; i++)
        close(scene.dst[i]);
}

static void members_expect(struct op *ops, unsigned n, int result)
{
    for (unsigned i = 1; i <= n; i++)
        ops[i].expect = result;
}

static void nothing_written(void)
{
    for (int i = 0; i < 3; i++)
        CHECK(size_of(scene.dst[i]) == 0);
}

/* ------------------------------------------------------------------------------------------
 * Cases: the table.
 */

static void copy_chain(unsigned members, unsigned groups, unsigned async, unsigned link,
                       int direct)
{
    static struct op ops[MAX_OPS];
    int src, dst[32];

    if ((members + 1) * groups > MAX_OPS)
        return;
    at("%u members, %u groups, async %u, link %#x, direct %d", members, groups, async, link,
       direct != 0);
    src = source((uint64_t)groups * LEN, direct);
    for (unsigned i = 0; i < members; i++)
        dst[i] = open_file("dst", O_RDWR | direct);
    for (unsigned g = 0; g < groups; g++) {
        struct op *group = &ops[g * (members + 1)];

        copy_group(group, members, src, dst, (uint64_t)g * LEN, g % MAX_BUFS);
        if (g + 1 < groups)
            group[0].flags |= (uint8_t)link;
    }
    set_async(ops, groups * (members + 1), async);
    run(ops, groups * (members + 1));
    for (unsigned i = 0; i < members; i++) {
        for (unsigned g = 0; g < groups; g++)
            CHECK(holds(dst[i], (uint64_t)g * LEN, (uint64_t)g * LEN, LEN));
        close(dst[i]);
    }
    close(src);
}

static void copies(int direct)
{
    static const unsigned counts[] = {1, 2, 3, 32};
    static const unsigned links[] = {0, IOSQE_IO_LINK, IOSQE_IO_HARDLINK};

    setup(0);
    for (unsigned c = 0; c < 4; c++)
        for (unsigned async = 0; async < ASYNC_ALL; async++)
            for (unsigned l = 0; l < 3; l++)
                copy_chain(counts[c], l == 0 ? 1 : 3, async, links[l], direct);
}

static void case_copy(void)
{
    copies(0);
}

static void case_copy_direct(void)
{
    copies(O_DIRECT);
}

/* The leader falls short or fails: nothing runs. */
static void case_leader_fails(void)
{
    static const struct {
        uint64_t size;
        int expect;
    } ends[] = {{6000, 6000}, {0, 0}, {LEN, -EBADF}};

    setup(0);
    for (unsigned e = 0; e < 3; e++)
        for (unsigned async = 0; async < ASYNC_ALL; async++) {
            at("leader ends with %d, async %u", ends[e].expect, async);
            scene_new(ends[e].size);
            copy_group(scene.ops, 3, ends[e].expect == -EBADF ? -1 : scene.src, scene.dst, 0,
                       0);
            scene.ops[0].expect = ends[e].expect;
            members_expect(scene.ops, 3, not_issued());
            set_async(scene.ops, 4, async);
            run(scene.ops, 4);
            nothing_written();
            scene_end();
        }
}

/* A member fails by itself: the others go on. */
static void case_member_fails(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    CHECK(full >= 0);
    setup(0);
    for (unsigned bad = 1; bad <= 3; bad++)
        for (unsigned async = 0; async < ASYNC_ALL; async++)
            for (unsigned how = 0; how < 2; how++) {
                at("member %u fails, async %u, %s", bad, async, how ? "ENOSPC" : "EBADF");
                scene_new(LEN);
                copy_group(scene.ops, 3, scene.src, scene.dst, 0, 0);
                scene.ops[bad].fd = how ? full : -1;
                scene.ops[bad].expect = how ? -ENOSPC : -EBADF;
                set_async(scene.ops, 4, async);
                run(scene.ops, 4);
                for (unsigned i = 1; i <= 3; i++)
                    CHECK(i == bad || holds(scene.dst[i - 1], 0, 0, LEN));
                scene_end();
            }
}

/* A member writes short, or hits the limit at once: not a failure to anybody else. */
static void case_member_short(void)
{
    struct rlimit limit = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
    struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        struct op *ops = scene.ops;
        int pipes[2];

        at("async %u", async);
        scene_new(LEN);
        empty_pipe(pipes);
        copy_group(ops, 3, scene.src, scene.dst, 0, 0);
        ops[1].expect = 4096;
        ops[2].off = 4096;
        ops[2].expect = -EFBIG;
        ops[3].fd = pipes[1];
        ops[3].off = UINT64_MAX;
        set_async(ops, 4, async);
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        run(ops, 4);
        CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
        CHECK(holds(scene.dst[0], 0, 0, 4096) && size_of(scene.dst[0]) == 4096);
        CHECK(size_of(scene.dst[1]) == 0);
        close(pipes[0]);
        close(pipes[1]);
        scene_end();
    }
}

/* A member (or leader) that cannot be: nothing runs, and everybody has one CQE. */
static void case_invalid_member(void)
{
    enum { BAD_BUFFER, BAD_EXT, BAD_LINK, BAD_HARDLINK, BAD_DRAIN, BAD_OPCODE, BAD_N };

    setup(IORING_SETUP_SUBMIT_ALL);
    for (unsigned bad = 0; bad <= 3; bad++)
        for (unsigned how = 0; how < BAD_N; how++)
            for (unsigned async = 0; async < ASYNC_ALL; async++) {
                struct op *ops = scene.ops, *op = &ops[bad];

                if (bad == 0 && (how == BAD_LINK || how == BAD_HARDLINK || how == BAD_DRAIN))
                    continue;
                at("SQE %u, way %u, async %u", bad, how, async);
                scene_new(LEN);
                copy_group(ops, 3, scene.src, scene.dst, 0, 0);
                set_async(ops, 4, async);
                ops[0].expect = how == BAD_BUFFER ? -EFAULT : -EINVAL;
                members_expect(ops, 3, not_issued());
                op->expect = ops[0].expect;
                op->buf = how == BAD_BUFFER ? MAX_BUFS : 0;
                op->kind = how == BAD_OPCODE ? BOGUS : op->kind;
                op->ext |= how == BAD_EXT ? 0x40 : 0;
                op->flags |= how == BAD_LINK       ? IOSQE_IO_LINK
                             : how == BAD_HARDLINK ? IOSQE_IO_HARDLINK
                             : how == BAD_DRAIN    ? IOSQE_IO_DRAIN
                                                   : 0;
                run(ops, 4);
                nothing_written();
                scene_end();
            }
}

/* Without SUBMIT_ALL submission stops at a group that cannot be; what has been taken is
 * answered and did not run. */
static void case_invalid_stops(void)
{
    setup(0);
    if (mode->flags & IORING_SETUP_SQPOLL)
        skip("the kernel's thread goes on by itself");
    for (unsigned bad = 1; bad <= 3; bad++) {
        struct op *ops = scene.ops;
        int taken;

        at("member %u", bad);
        scene_new(LEN);
        copy_group(ops, 3, scene.src, scene.dst, 0, 0);
        ops[4] = (struct op){.kind = NOP};
        ops[bad].buf = MAX_BUFS;
        ops[0].expect = -EFAULT;
        members_expect(ops, 3, not_issued());
        ops[bad].expect = -EFAULT;
        queue(ops, 5);
        taken = io_uring_submit(&ring);
        printf("# %s: %d of 5 SQEs were taken\n", where, taken);
        CHECK(taken >= (int)bad + 1 && taken <= 4);
        await(ops, 5, (unsigned)taken);
        verify(ops, (unsigned)taken);
        nothing_written();
        scene_end();
        /* what has not been taken goes with the ring */
        io_uring_queue_exit(&ring);
        ring_open(0);
    }
}

/* Chains of groups: what a failure in the first does to the next two. */
static void chain_of_three(int first_leader, int first_member, unsigned async, unsigned link)
{
    struct op *ops = scene.ops;
    bool leader_ok = first_leader == (int)LEN, member_ok = first_member == (int)LEN;
    bool goes_on =
        link == IOSQE_IO_HARDLINK || (leader_ok && (member_ok || !member_breaks_link()));

    at("leader %d, member %d, async %u, link %#x", first_leader, first_member, async, link);
    scene_new(3 * LEN);
    for (unsigned g = 0; g < 3; g++) {
        copy_group(&ops[3 * g], 2, scene.src, scene.dst, g * LEN, g);
        ops[3 * g].flags |= (uint8_t)(g < 2 ? link : 0);
        if (!goes_on && g > 0) {
            ops[3 * g].expect = -ECANCELED;
            members_expect(&ops[3 * g], 2, not_issued());
        }
    }
    ops[0].expect = first_leader;
    if (first_leader == -EBADF)
        ops[0].fd = -1;
    else if (!leader_ok) /* short */
        ops[0].off = 3 * LEN - (unsigned)first_leader;
    if (!leader_ok)
        members_expect(ops, 2, not_issued());
    if (!member_ok) {
        ops[1].fd = -1;
        ops[1].expect = leader_ok ? -EBADF : not_issued();
    }
    set_async(ops, 9, async);
    run(ops, 9);
    for (int i = 0; i < 2; i++) {
        bool wrote = leader_ok && (i > 0 || member_ok);

        CHECK(holds(scene.dst[i], 0, 0, LEN) == wrote);
        for (unsigned g = 1; g < 3; g++)
            CHECK(holds(scene.dst[i], g * LEN, g * LEN, LEN) == goes_on);
    }
    scene_end();
}

static void chains(void)
{
    for (unsigned async = 0; async < ASYNC_ALL; async++)
        for (unsigned link = IOSQE_IO_LINK; link <= IOSQE_IO_HARDLINK; link <<= 1) {
            chain_of_three((int)LEN, (int)LEN, async, link);
            chain_of_three((int)LEN, -EBADF, async, link);
            chain_of_three(6000, (int)LEN, async, link);
            chain_of_three(0, (int)LEN, async, link);
            chain_of_three(-EBADF, (int)LEN, async, link);
        }
}

static void case_chain(void)
{
    setup(0);
    chains();
}

/* The same with every setting of the knobs. */
static void case_chain_knobs(void)
{
    int error = knob_get("sqe_group_errno"), breaks = knob_get("sqe_group_member_breaks_link");
    static const int errors[] = {EIO, ECANCELED};
    pid_t child;
    int status;

    if (error < 0 || breaks < 0)
        skip("this kernel has no knobs");
    if (!knob_set("sqe_group_errno", error))
        skip("the knobs cannot be set");
    child = fork(); /* so that the knobs are restored whatever happens */
    alarm(0);       /* the time is the child's */
    if (child == 0) {
        setup(0);
        for (int e = 0; e < 2; e++)
            for (int b = 0; b < 2; b++) {
                alarm(LIMIT_S);
                CHECK(knob_set("sqe_group_errno", errors[e]));
                CHECK(knob_set("sqe_group_member_breaks_link", b));
                chains();
            }
        fflush(stdout);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    knob_set("sqe_group_errno", error);
    knob_set("sqe_group_member_breaks_link", breaks);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void case_nop_leader(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        at("async %u", async);
        scene_new(LEN);
        memset(pool, 0x11, LEN);
        copy_group(scene.ops, 3, scene.src, scene.dst, 0, 0);
        scene.ops[0] = (struct op){.kind = NOP, .ext = EXT_GROUP};
        set_async(scene.ops, 4, async);
        run(scene.ops, 4);
        for (int i = 0; i < 3; i++)
            CHECK(size_of(scene.dst[i]) == (off_t)LEN);
        scene_end();
    }
}

/* What is linked behind a group starts when all its members are complete: here when the pipe
 * that one of them waits for has been filled. */
static void case_link_waits_for_members(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        struct io_uring_cqe *cqe;
        struct op *ops = scene.ops;
        int pipes[2];

        at("async %u", async);
        scene_new(LEN);
        empty_pipe(pipes);
        copy_group(ops, 2, scene.src, scene.dst, 0, 0);
        ops[0].flags |= IOSQE_IO_LINK;
        ops[2] =
            (struct op){.kind = PLAIN_READ, .fd = pipes[0], .buf = 1, .len = 1, .expect = 1};
        ops[3] = (struct op){.kind = FSYNC, .fd = scene.dst[0]};
        set_async(ops, 3, async);
        queue(ops, 4);
        submit_all(4);
        CHECK(io_uring_wait_cqe_timeout(&ring, &cqe, &late) == 0); /* the write */
        io_uring_wait_cqes(&ring, &cqe, 2, &soon, NULL);
        CHECK(io_uring_cq_ready(&ring) == 1);
        CHECK(write(pipes[1], "x", 1) == 1);
        await(ops, 4, 4);
        verify(ops, 4);
        CHECK(ops[0].order == 2 && ops[3].order == 3);
        quiet(ops, 4);
        close(pipes[0]);
        close(pipes[1]);
        scene_end();
    }
}

static void case_skip_success(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++)
        for (unsigned bad = 0; bad <= 3; bad++) {
            struct op *ops = scene.ops;

            at("async %u, bad %u", async, bad);
            scene_new(bad == 3 ? 6000 : LEN);
            copy_group(ops, 3, scene.src, scene.dst, 0, 0);
            for (unsigned i = 1; i <= 3; i++) {
                ops[i].flags |= IOSQE_CQE_SKIP_SUCCESS;
                ops[i].silent = true;
            }
            if (bad == 1 || bad == 2) {
                ops[bad].fd = -1;
                ops[bad].silent = false;
                ops[bad].expect = -EBADF;
            } else if (bad == 3) { /* the leader is short: failures are posted */
                ops[0].expect = 6000;
                members_expect(ops, 3, not_issued());
                for (unsigned i = 1; i <= 3; i++)
                    ops[i].silent = false;
            }
            set_async(ops, 4, async);
            run(ops, 4);
            CHECK(holds(scene.dst[2], 0, 0, LEN) == (bad != 3));
            scene_end();
        }
}

/* Nothing may be silently taken that a later kernel could give a meaning to. */
static void case_unknown_flags(void)
{
    setup(IORING_SETUP_SUBMIT_ALL);
    for (unsigned bit = 1; bit < 8; bit++) {
        struct op alone = {.kind = NOP, .ext = (uint8_t)(1u << bit), .expect = -EINVAL};
        struct op leader[2] = {
            {.kind = NOP, .ext = (uint8_t)(EXT_GROUP | 1u << bit), .expect = -EINVAL},
            {.kind = NOP, .expect = not_issued()},
        };
        struct op member[3] = {
            {.kind = NOP, .ext = EXT_GROUP, .expect = -EINVAL},
            {.kind = NOP, .ext = (uint8_t)(EXT_GROUP | 1u << bit), .expect = -EINVAL},
            {.kind = NOP, .expect = not_issued()},
        };

        at("bit %u", bit);
        run(&alone, 1);
        run(leader, 2);
        run(member, 3);
    }
}

/* IORING_OP_URING_CMD has its extended flags elsewhere. */
static void case_uring_cmd(void)
{
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    CHECK(sock >= 0);
    setup(IORING_SETUP_SUBMIT_ALL);
    struct op probe = {.kind = SOCK_CMD, .fd = sock, .expect = ANY};

    run(&probe, 1);
    if (probe.result == -EOPNOTSUPP || probe.result == -EINVAL)
        skip("sockets take no commands here");
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        struct op leader[3] = {
            {.kind = SOCK_CMD, .fd = sock, .ext = EXT_GROUP},
            {.kind = NOP, .ext = EXT_GROUP},
            {.kind = NOP},
        };
        struct op member[4] = {
            {.kind = NOP, .ext = EXT_GROUP},
            {.kind = SOCK_CMD, .fd = sock, .ext = EXT_GROUP},
            {.kind = SOCK_CMD, .fd = sock, .ext = EXT_GROUP},
            {.kind = SOCK_CMD, .fd = sock},
        };
        struct op unknown = {.kind = SOCK_CMD, .fd = sock, .ext = 0x80, .expect = -EINVAL};

        at("async %u", async);
        set_async(leader, 3, async);
        set_async(member, 4, async);
        run(leader, 3);
        run(member, 4);
        run(&unknown, 1);
    }
}

/* ------------------------------------------------------------------------------------------
 * Cases: the ends of submissions, drain, cancellation, exit.
 */

/* A group that is not ended within its submission ends there; what comes next is no part of it.
 */
static void case_unterminated(void)
{
    setup(0);
    for (unsigned n = 1; n <= 3; n++)
        for (unsigned linked = 0; linked < 2; linked++)
            for (unsigned async = 0; async < ASYNC_ALL; async++) {
                struct op *ops = scene.ops;
                struct op next[2] = {{.kind = NOP}, {.kind = NOP}};

                at("%u SQEs, linked %u, async %u", n, linked, async);
                scene_new(LEN);
                copy_group(ops, 3, scene.src, scene.dst, 0, 0);
                ops[0].flags |= linked ? IOSQE_IO_LINK : 0;
                set_async(ops, n, async);
                run(ops, n);
                for (unsigned i = 1; i < n; i++)
                    CHECK(holds(scene.dst[i - 1], 0, 0, LEN));
                CHECK(size_of(scene.dst[2]) == 0);
                run(next, 2);
                scene_end();
            }
}

/* A leader that waits does so alone: what is submitted next does not join its group. */
static void case_unterminated_pending(void)
{
    int pipes[2];
    struct op ops[3] = {
        {.kind = PLAIN_READ, .len = 1, .ext = EXT_GROUP, .expect = 1},
        {.kind = NOP, .ext = EXT_GROUP},
        {.kind = NOP},
    };
    struct io_uring_cqe *cqe;

    setup(0);
    empty_pipe(pipes);
    ops[0].fd = pipes[0];
    at("first submission");
    queue(ops, 2);
    submit_all(2);
    CHECK(io_uring_wait_cqe_timeout(&ring, &cqe, &soon) == -ETIME);
    at("second submission");
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    prep(sqe, &ops[2]);
    sqe->user_data = 3;
    submit_all(1);
    CHECK(io_uring_wait_cqe_timeout(&ring, &cqe, &late) == 0 && cqe->user_data == 3);
    CHECK(write(pipes[1], "x", 1) == 1);
    ops[2].order = -1;
    await(ops, 3, 3);
    verify(ops, 2);
    quiet(ops, 3);
}

/* The kernel's thread takes few SQEs at a time when it serves several rings: no reason to end a
 * group. */
static void case_quota(void)
{
    enum { MEMBERS = 20 };
    struct io_uring_params p = {.flags = IORING_SETUP_SQPOLL | IORING_SETUP_ATTACH_WQ};
    struct op ops[1 + MEMBERS];
    struct io_uring other;
    int pipes[2];

    if (!(mode->flags & IORING_SETUP_SQPOLL))
        skip("only SQPOLL has quotas");
    setup(0);
    p.wq_fd = (unsigned)ring.ring_fd;
    CHECK(io_uring_queue_init_params(4, &other, &p) == 0);
    empty_pipe(pipes);
    for (unsigned i = 0; i <= MEMBERS; i++)
        ops[i] = (struct op){.kind = NOP, .ext = i < MEMBERS ? EXT_GROUP : 0};
    ops[0].kind = PLAIN_READ;
    ops[0].fd = pipes[0];
    ops[0].len = 1;
    ops[0].expect = 1;
    queue(ops, 1 + MEMBERS);
    submit_all(1 + MEMBERS);
    usleep(200000);
    CHECK(io_uring_cq_ready(&ring) == 0);
    CHECK(write(pipes[1], "x", 1) == 1);
    await(ops, 1 + MEMBERS, 1 + MEMBERS);
    verify(ops, 1 + MEMBERS);
    quiet(ops, 1 + MEMBERS);
}

/* A leader with DRAIN waits for all that was submitted before, and what is behind waits for the
 * whole group. */
static void case_drain(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++)
        for (unsigned linked = 0; linked < 2; linked++) {
            struct op *ops = scene.ops;
            struct io_uring_cqe *cqe;
            int pipes[2];

            at("async %u, linked %u", async, linked);
            scene_new(2 * LEN);
            empty_pipe(pipes);
            ops[0] = (struct op){
                .kind = PLAIN_READ, .fd = pipes[0], .buf = 7, .len = 1, .expect = 1};
            copy_group(&ops[1], 3, scene.src, scene.dst, 0, 0);
            ops[1].flags |= IOSQE_IO_DRAIN;
            copy_group(&ops[5], 3, scene.src, scene.dst, LEN, 1);
            ops[1].flags |= linked ? IOSQE_IO_LINK : 0;
            ops[5].flags |= linked ? 0 : IOSQE_IO_DRAIN;
            ops[9] = (struct op){.kind = NOP, .flags = IOSQE_IO_DRAIN};
            set_async(&ops[1], 8, async);
            queue(ops, 10);
            submit_all(10);
            CHECK(io_uring_wait_cqe_timeout(&ring, &cqe, &soon) == -ETIME);
            nothing_written();
            CHECK(write(pipes[1], "x", 1) == 1);
            await(ops, 10, 10);
            verify(ops, 10);
            CHECK(ops[0].order == 0 && ops[1].order == 4 && ops[5].order == 8 &&
                  ops[9].order == 9);
            for (int i = 0; i < 3; i++)
                CHECK(holds(scene.dst[i], 0, 0, LEN) && holds(scene.dst[i], LEN, LEN, LEN));
            quiet(ops, 10);
            close(pipes[0]);
            close(pipes[1]);
            scene_end();
        }
}

/* Cancelling a leader that waits: the members do not run, nor does the rest of the chain. */
static void case_cancel(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        struct op *ops = scene.ops;
        int pipes[2];

        at("async %u", async);
        scene_new(LEN);
        empty_pipe(pipes);
        copy_group(ops, 3, scene.src, scene.dst, 0, 0);
        copy_group(&ops[4], 3, scene.src, scene.dst, 0, 1);
        ops[0].kind = PLAIN_READ;
        ops[0].fd = pipes[0];
        ops[0].flags |= IOSQE_IO_LINK;
        /* by its worker, if there is one, or off the wait queue */
        ops[0].expect = async & ASYNC_LEADER ? ANY : -ECANCELED;
        ops[4].expect = -ECANCELED;
        members_expect(ops, 3, not_issued());
        members_expect(&ops[4], 3, not_issued());
        ops[8] = (struct op){.kind = CANCEL, .off = 1, .expect = ANY};
        set_async(ops, 8, async);
        queue(ops, 8);
        submit_all(8);
        usleep(20000);
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
        prep(sqe, &ops[8]);
        sqe->user_data = 9;
        ops[8].order = -1;
        submit_all(1);
        await(ops, 9, 9);
        verify(ops, 8);
        CHECK(ops[0].result == -ECANCELED || ops[0].result == -EINTR);
        nothing_written();
        quiet(ops, 9);
        close(pipes[0]);
        close(pipes[1]);
        scene_end();
    }
}

/* A member that has not been issued cannot be found. */
static void case_cancel_waiting_member(void)
{
    int pipes[2];
    struct op ops[4] = {
        {.kind = PLAIN_READ, .len = 1, .ext = EXT_GROUP, .expect = 1},
        {.kind = NOP, .ext = EXT_GROUP},
        {.kind = NOP},
        {.kind = CANCEL, .off = 2, .expect = -ENOENT},
    };
    struct io_uring_cqe *cqe;

    setup(0);
    empty_pipe(pipes);
    ops[0].fd = pipes[0];
    queue(ops, 4);
    submit_all(4);
    CHECK(io_uring_wait_cqe_timeout(&ring, &cqe, &late) == 0 && cqe->user_data == 4);
    CHECK(write(pipes[1], "x", 1) == 1);
    await(ops, 4, 4);
    verify(ops, 4);
    quiet(ops, 4);
}

/* A linked time-out is the leader's. */
static void case_link_timeout(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        int pipes[2];
        struct op over[5] = {
            {.kind = PLAIN_READ,
             .len = 1,
             .ext = EXT_GROUP,
             .flags = IOSQE_IO_LINK,
             .expect = ANY},
            {.kind = NOP, .ext = EXT_GROUP, .expect = not_issued()},
            {.kind = NOP, .expect = not_issued()},
            {.kind = LTIMEOUT, .flags = IOSQE_IO_LINK, .expect = ANY},
            {.kind = NOP, .expect = -ECANCELED},
        };
        struct op in_time[5] = {
            {.kind = PLAIN_READ,
             .len = 1,
             .ext = EXT_GROUP,
             .flags = IOSQE_IO_LINK,
             .expect = 1},
            {.kind = NOP, .ext = EXT_GROUP},
            {.kind = NOP},
            {.kind = LTIMEOUT, .buf = 1, .flags = IOSQE_IO_LINK, .expect = -ECANCELED},
            {.kind = NOP},
        };

        empty_pipe(pipes);
        over[0].fd = in_time[0].fd = pipes[0];
        set_async(over, 5, async);
        set_async(in_time, 5, async);
        at("over, async %u", async);
        run(over, 5);
        CHECK(over[0].result == -ECANCELED || over[0].result == -EINTR);
        at("in time, async %u", async);
        CHECK(write(pipes[1], "x", 1) == 1);
        run(in_time, 5);
        close(pipes[0]);
        close(pipes[1]);
    }
}

/* A time-out belongs to the request before it and cannot be part of a group. */
static void case_link_timeout_inside(void)
{
    struct op member[4] = {
        {.kind = NOP, .flags = IOSQE_IO_LINK},
        {.kind = NOP, .ext = EXT_GROUP, .expect = ANY},
        {.kind = LTIMEOUT, .ext = EXT_GROUP, .expect = -EINVAL},
        {.kind = NOP, .expect = not_issued()},
    };

    setup(IORING_SETUP_SUBMIT_ALL);
    member[0].expect = ANY;
    run(member, 4);
    CHECK(member[1].result < 0);
}

/* Time-outs as leader and member. */
static void case_timeout(void)
{
    struct op ops[4] = {
        {.kind = TIMEOUT, .ext = EXT_GROUP, .expect = -ETIME},
        {.kind = NOP, .ext = EXT_GROUP},
        {.kind = TIMEOUT, .ext = EXT_GROUP, .expect = -ETIME},
        {.kind = NOP},
    };

    setup(IORING_SETUP_SUBMIT_ALL);
    run(ops, 4);
}

/* The ring goes away, or its task dies, while a leader or members wait. Looked at from outside:
 * the pipe is let go of, which is when its other end sees end of file. */
static void leave(unsigned how, unsigned async, unsigned waiter, bool chained)
{
    int pipes[2], status;
    pid_t child;

    at("way %u, async %u, SQE %u waits, chained %d", how, async, waiter, chained);
    empty_pipe(pipes);
    child = fork();
    if (child == 0) {
        struct op ops[8];

        close(pipes[1]);
        setup(0);
        for (unsigned i = 0; i < 8; i++)
            ops[i] = (struct op){.kind = NOP, .ext = (i & 3) < 3 ? EXT_GROUP : 0};
        ops[waiter] =
            (struct op){.kind = PLAIN_READ, .fd = pipes[0], .len = 1, .ext = ops[waiter].ext};
        ops[0].flags |= chained ? IOSQE_IO_LINK : 0;
        set_async(ops, 8, async);
        queue(ops, 8);
        submit_all(8);
        usleep(how == 2 ? 0 : 20000);
        if (how == 0)
            io_uring_queue_exit(&ring);
        if (how == 1)
            raise(SIGKILL);
        _exit(0);
    }
    close(pipes[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(how == 1 ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* the last reference to the read end is the request's: EPIPE when it is gone */
    signal(SIGPIPE, SIG_IGN);
    for (unsigned tries = 0; write(pipes[1], "x", 1) == 1; tries++) {
        CHECK(tries < 1000);
        usleep(10000);
    }
    CHECK(errno == EPIPE);
    close(pipes[1]);
}

static void case_leave(void)
{
    for (unsigned how = 0; how < 3; how++)
        for (unsigned async = 0; async < ASYNC_ALL; async++)
            for (unsigned waiter = 0; waiter < 6; waiter++)
                leave(how, async, waiter, waiter & 1);
}

/* More CQEs than the queue holds: none is lost, and the order within groups stays. */
static void case_overflow(void)
{
    struct io_uring_params p = {.flags = mode->flags | IORING_SETUP_CQSIZE, .cq_entries = 4};
    static struct op ops[MAX_OPS];

    CHECK(io_uring_queue_init_params(4, &ring, &p) == 0);
    for (unsigned round = 0; round < 16; round++) {
        struct op group[4] = {
            {.kind = NOP, .ext = EXT_GROUP},
            {.kind = NOP, .ext = EXT_GROUP},
            {.kind = NOP, .ext = EXT_GROUP},
            {.kind = NOP},
        };
        memcpy(&ops[4 * round], group, sizeof group);
        for (unsigned i = 0; i < 4; i++) {
            struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

            while (!sqe) { /* the kernel's thread has yet to take them */
                usleep(1000);
                sqe = io_uring_get_sqe(&ring);
            }
            prep(sqe, &group[i]);
            sqe->user_data = 4 * round + i + 1;
            ops[4 * round + i].order = -1;
        }
        if (io_uring_submit(&ring) < 0)
            fail_at(__LINE__, "round %u: %m", round);
    }
    await(ops, 64, 64);
    verify(ops, 64);
    quiet(ops, 64);
}

/* ------------------------------------------------------------------------------------------
 * Cases: all together.
 */

/* A copy loop: two linked groups a round, two destinations, O_DIRECT, every combination of
 * flags; and the copies are compared. */
static void copy_loop(unsigned async, unsigned link, bool drain)
{
    enum { ROUNDS = 4, CHUNKS = 2 * ROUNDS };
    int src, dst[2];

    at("async %u, link %#x, drain %d", async, link, drain);
    src = source((uint64_t)CHUNKS * LEN, O_DIRECT);
    for (int i = 0; i < 2; i++)
        dst[i] = open_file("dst", O_RDWR | O_DIRECT);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct op ops[6];

        memset(pool, 0xEE, 2 * LEN);
        copy_group(&ops[0], 2, src, dst, (uint64_t)(2 * round) * LEN, 0);
        copy_group(&ops[3], 2, src, dst, (uint64_t)(2 * round + 1) * LEN, 1);
        ops[0].flags |= (uint8_t)link;
        ops[3].flags |= drain ? IOSQE_IO_DRAIN : 0;
        set_async(ops, 6, async);
        run(ops, 6);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(size_of(dst[i]) == (off_t)CHUNKS * LEN);
        for (unsigned c = 0; c < CHUNKS; c++)
            CHECK(holds(dst[i], (uint64_t)c * LEN, (uint64_t)c * LEN, LEN));
        close(dst[i]);
    }
    close(src);
}

static void case_copy_loop(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++)
        for (int drain = 0; drain < 2; drain++) {
            copy_loop(async, 0, drain);
            copy_loop(async, IOSQE_IO_LINK, drain);
            copy_loop(async, IOSQE_IO_HARDLINK, drain);
        }
}

/* Whoever waits for all CQEs at once has to be woken up for what posts none, too: the
 * completion of a leader, behind which the members are yet to be issued. */
static void case_wake_up(void)
{
    int src, dst[3];
    struct op ops[8];

    setup(0);
    src = source(2 * LEN, O_DIRECT);
    for (int i = 0; i < 3; i++)
        dst[i] = open_file("dst", O_RDWR | O_DIRECT);
    for (unsigned linked = 0; linked < 2; linked++)
        for (unsigned round = 0; round < 4; round++) {
            at("linked %u", linked);
            copy_group(&ops[0], 3, src, dst, 0, 0);
            copy_group(&ops[4], 3, src, dst, LEN, 1);
            ops[0].flags |= linked ? IOSQE_IO_LINK : 0;
            run(ops, 8);
        }
    if (stalls)
        fail_at(__LINE__, "%u waits were not ended by the CQEs they were for", stalls);
}

/* Random chains of groups whose outcome is known beforehand. */
struct random_files {
    int file, slow; /* LEN bytes; a pipe that is filled bit by bit */
};

static unsigned dice(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

/* One that succeeds, sooner or later, or fails. */
static struct op random_op(const struct random_files *f, bool *ret_fails)
{
    struct op op = {.kind = NOP};
    unsigned d = dice(16);

    *ret_fails = d == 0;
    if (d == 0) {
        op.expect = -(int)(1 + dice(40));
        op.buf = (unsigned)op.expect;
    } else if (d == 1) {
        op = (struct op){.kind = PLAIN_READ, .fd = f->slow, .len = 1, .expect = 1};
    } else if (d < 6) {
        op = (struct op){.kind = READ, .fd = f->file, .buf = d, .len = LEN, .expect = (int)LEN};
    }
    if (dice(4) == 0)
        op.flags |= IOSQE_ASYNC;
    return op;
}

/* A group, or a lone request if members is 0; returns whether the chain breaks behind it. */
static bool random_group(struct op *ops, unsigned members, const struct random_files *f,
                         bool broken)
{
    bool leader_fails = false, member_fails = false;

    for (unsigned i = 0; i <= members; i++) {
        bool fails;

        ops[i] = random_op(f, &fails);
        ops[i].ext = i < members ? EXT_GROUP : 0;
        if (i == 0)
            leader_fails = fails;
        else
            member_fails |= fails;
        if (broken && i == 0)
            ops[i].expect = -ECANCELED;
        else if (i > 0 && (broken || leader_fails))
            ops[i].expect = not_issued();
    }
    return leader_fails || (member_fails && member_breaks_link());
}

static unsigned random_ops(struct op *ops, const struct random_files *f)
{
    unsigned n = 0;
    bool broken = false;

    for (unsigned groups = 1 + dice(24); groups > 0; groups--) {
        unsigned members = dice(8), link = dice(3);

        if (n + members + 1 > MAX_OPS)
            break;
        bool breaks = random_group(&ops[n], members, f, broken);

        if (dice(32) == 0)
            ops[n].flags |= IOSQE_IO_DRAIN;
        if (link == 0 || groups == 1)
            broken = false; /* the chain ends here */
        else if (link == 1)
            broken |= breaks;
        if (groups > 1)
            ops[n].flags |= link == 1 ? IOSQE_IO_LINK : link == 2 ? IOSQE_IO_HARDLINK : 0;
        n += members + 1;
    }
    return n;
}

static pid_t slow_pipe(int *ret_fd)
{
    int pipes[2];
    pid_t child;

    empty_pipe(pipes);
    child = fork();
    if (child == 0) {
        close(pipes[0]);
        signal(SIGPIPE, SIG_DFL);
        while (write(pipes[1], "x", 1) == 1)
            usleep(500);
        _exit(0);
    }
    close(pipes[1]);
    *ret_fd = pipes[0];
    return child;
}

static void case_random(void)
{
    static struct op ops[MAX_OPS];
    struct random_files f;
    pid_t feeder = slow_pipe(&f.slow);

    CHECK(feeder > 0);
    setup(IORING_SETUP_SUBMIT_ALL);
    f.file = source(LEN, 0);
    for (unsigned round = 0; round < 300; round++) {
        at("seed %u", seed);
        run(ops, random_ops(ops, &f));
    }
    kill(feeder, SIGKILL);
}

/* ------------------------------------------------------------------------------------------
 * Cases: rings that poll.
 */

#define DEVICE_DST(i) ((uint64_t)((i) + 1) << 20)

static int device_open(void)
{
    int fd = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
    static char zero[LEN] __attribute__((aligned(4096)));

    if (fd < 0)
        fail_at(__LINE__, "%s: %m", device);
    for (unsigned c = 0; c < 3; c++) {
        for (size_t i = 0; i < LEN; i++)
            pool[i] = (char)pattern((uint64_t)c * LEN + i);
        CHECK(pwrite(fd, pool, LEN, (off_t)c * LEN) == (ssize_t)LEN);
        for (unsigned i = 0; i < 32; i++)
            CHECK(pwrite(fd, zero, LEN, (off_t)(DEVICE_DST(i) + c * LEN)) == (ssize_t)LEN);
    }
    memset(pool, 0xEE, (size_t)MAX_BUFS * LEN);
    return fd;
}

static void device_group(struct op *ops, unsigned n, int fd, unsigned chunk)
{
    int fds[32];

    for (unsigned i = 0; i < n; i++)
        fds[i] = fd;
    copy_group(ops, n, fd, fds, (uint64_t)chunk * LEN, chunk);
    for (unsigned i = 0; i < n; i++)
        ops[1 + i].off += DEVICE_DST(i);
}

static void polled_copy(unsigned n, unsigned async, unsigned link)
{
    static struct op ops[3 * 33];
    int fd = device_open();

    at("%u members, async %u, link %#x", n, async, link);
    for (unsigned g = 0; g < 3; g++) {
        device_group(&ops[g * (n + 1)], n, fd, g);
        ops[g * (n + 1)].flags |= (uint8_t)(g < 2 ? link : 0);
    }
    set_async(ops, 3 * (n + 1), async);
    run(ops, 3 * (n + 1));
    for (unsigned i = 0; i < n; i++)
        for (unsigned g = 0; g < 3; g++)
            CHECK(holds(fd, DEVICE_DST(i) + g * LEN, (uint64_t)g * LEN, LEN));
    close(fd);
}

static void case_polled_copy(void)
{
    static const unsigned counts[] = {1, 2, 3, 32};

    setup(0);
    for (unsigned c = 0; c < 4; c++)
        for (unsigned async = 0; async < ASYNC_ALL; async++) {
            polled_copy(counts[c], async, 0);
            polled_copy(counts[c], async, IOSQE_IO_LINK);
            polled_copy(counts[c], async, IOSQE_IO_HARDLINK);
        }
}

/* Leaders that fail or fall short, and failing members. */
static void polled_failure(unsigned how, unsigned async)
{
    struct op ops[8];
    int fd = device_open();
    off_t end = lseek(fd, 0, SEEK_END);

    at("way %u, async %u", how, async);
    device_group(&ops[0], 3, fd, 0);
    device_group(&ops[4], 3, fd, 1);
    ops[0].flags |= IOSQE_IO_LINK;
    switch (how) {
    case 0: /* at the end */
        ops[0].off = (uint64_t)end;
        ops[0].expect = 0;
        break;
    case 1: /* half of it */
        ops[0].off = (uint64_t)end - LEN / 2;
        ops[0].expect = (int)LEN / 2;
        break;
    case 2:
        ops[0].fd = -1;
        ops[0].expect = -EBADF;
        break;
    default:
        ops[2].off = (uint64_t)end;
        ops[2].expect = -ENOSPC;
        break;
    }
    if (how < 3)
        members_expect(ops, 3, not_issued());
    if (how < 3 || member_breaks_link()) {
        ops[4].expect = -ECANCELED;
        members_expect(&ops[4], 3, not_issued());
    }
    set_async(ops, 8, async);
    run(ops, 8);
    for (unsigned i = 0; i < 3; i++)
        CHECK(holds(fd, DEVICE_DST(i), 0, LEN) == (how == 3 && i != 1));
    close(fd);
}

static void case_polled_failures(void)
{
    setup(0);
    for (unsigned how = 0; how < 4; how++)
        for (unsigned async = 0; async < ASYNC_ALL; async++)
            polled_failure(how, async);
}

/* The ring goes away with polled groups in flight. */
static void case_polled_leave(void)
{
    setup(0);
    for (unsigned async = 0; async < ASYNC_ALL; async++) {
        struct op ops[8];
        int fd = device_open();

        at("async %u", async);
        device_group(&ops[0], 3, fd, 0);
        device_group(&ops[4], 3, fd, 1);
        ops[0].flags |= IOSQE_IO_LINK;
        set_async(ops, 8, async);
        queue(ops, 8);
        submit_all(8);
        io_uring_queue_exit(&ring);
        ring_open(0);
        close(fd);
    }
}

/* ------------------------------------------------------------------------------------------
 * The cases.
 */

static const struct test {
    const char *name;
    void (*run)(void);
    bool polled; /* for rings that poll; the others for those that do not */
} tests[] = {
    {"copy", case_copy, false},
    {"copy-direct", case_copy_direct, false},
    {"leader-fails", case_leader_fails, false},
    {"member-fails", case_member_fails, false},
    {"member-short", case_member_short, false},
    {"invalid-member", case_invalid_member, false},
    {"invalid-stops", case_invalid_stops, false},
    {"chain", case_chain, false},
    {"chain-knobs", case_chain_knobs, false},
    {"nop-leader", case_nop_leader, false},
    {"link-waits-for-members", case_link_waits_for_members, false},
    {"skip-success", case_skip_success, false},
    {"unknown-flags", case_unknown_flags, false},
    {"uring-cmd", case_uring_cmd, false},
    {"unterminated", case_unterminated, false},
    {"unterminated-pending", case_unterminated_pending, false},
    {"quota", case_quota, false},
    {"drain", case_drain, false},
    {"cancel", case_cancel, false},
    {"cancel-waiting-member", case_cancel_waiting_member, false},
    {"link-timeout", case_link_timeout, false},
    {"link-timeout-inside", case_link_timeout_inside, false},
    {"timeout", case_timeout, false},
    {"leave", case_leave, false},
    {"overflow", case_overflow, false},
    {"copy-loop", case_copy_loop, false},
    {"wake-up", case_wake_up, false},
    {"random", case_random, false},
    {"polled-copy", case_polled_copy, true},
    {"polled-failures", case_polled_failures, true},
    {"polled-leave", case_polled_leave, true},
};
#define N_TESTS (sizeof tests / sizeof tests[0])

/* In a child, so that limits, signals and a hanging ring stay with it. */
static int run_test(const struct test *t, const struct mode *m)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        mode = m;
        alarm(LIMIT_S);
        t->run();
        fflush(stdout);
        _exit(0);
    }
    return case_status(child);
}

/* Whether rings of this kind can be had. */
static bool mode_works(const struct mode *m)
{
    struct io_uring probe;

    if (m->wants_device && !device)
        return false;
    if (io_uring_queue_init(4, &probe, m->flags) < 0)
        return false;
    io_uring_queue_exit(&probe);
    return true;
}

static unsigned run_mode(const struct mode *m, const char *only, const char *except,
                         unsigned *number)
{
    unsigned failed = 0;

    for (size_t i = 0; i < N_TESTS; i++) {
        int r;

        if (tests[i].polled != m->wants_device || (only && !listed(only, tests[i].name)))
            continue;
        ++*number;
        r = EXIT_SKIP;
        if (listed(except, tests[i].name))
            printf("# skipped: excluded\n");
        else if (!mode_works(m))
            printf("# skipped: no such ring, or no -b BLOCKDEV\n");
        else
            r = run_test(&tests[i], m);
        failed += report_case(*number, tests[i].name, m->name, r);
    }
    return failed;
}

/* Whether the kernel knows groups at all: without, it refuses bit 7 of the flags. */
static bool kernel_has_groups(void)
{
    struct op group[2] = {{.kind = NOP, .ext = EXT_GROUP}, {.kind = NOP}};
    struct io_uring_cqe *cqe;
    bool has;

    if (io_uring_queue_init(4, &ring, 0) < 0)
        return false;
    queue(group, 2);
    has = io_uring_submit(&ring) == 2 && io_uring_wait_cqe(&ring, &cqe) == 0 && cqe->res == 0;
    io_uring_queue_exit(&ring);
    return has;
}

int main(int argc, char **argv)
{
    const char *only = NULL, *only_mode = NULL, *except = NULL;
    unsigned number = 0, failed = 0;
    int c;

    while ((c = getopt(argc, argv, "f:x:m:s:b:")) != -1) {
        switch (c) {
        case 'f':
            only = optarg;
            break;
        case 'x':
            except = optarg;
            break;
        case 'm':
            only_mode = optarg;
            break;
        case 's':
            seed = (unsigned)strtoul(optarg, NULL, 0);
            break;
        case 'b':
            device = optarg;
            break;
        default:
            fprintf(stderr, "usage: groups [-f CASE,CASE] [-x CASE,CASE] [-m MODE] [-s SEED] "
                            "[-b BLOCKDEV] [DIR]\n");
            return 2;
        }
    }
    if (optind < argc)
        dir = argv[optind];
    if (!kernel_has_groups()) {
        printf("1..0 # SKIP this kernel has no SQE groups\n");
        return EXIT_SKIP;
    }
    for (size_t i = 0; i < N_MODES; i++)
        if (!only_mode || strcmp(only_mode, modes[i].name) == 0)
            failed += run_mode(&modes[i], only, except, &number);
    printf("1..%u\n", number);
    if (number == 0)
        printf("# there is no such case\n");
    return failed || number == 0 ? 1 : 0;
}
