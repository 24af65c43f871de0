/* test_engine: the conformance test of the engines. Walks the engine table and holds every
 * engine that works here against the contract of engine.h, with the same cases and the same
 * expectations for all.
 *
 *     test_engine [DIR [ENGINE [CASE]]]
 *
 * DIR is where files are made (default $TMPDIR or /tmp). Prints TAP. Every case runs in a child
 * process with a directory of its own, so that limits, time-outs and assertions stay with it.
 * Needs nothing but the C library, so that it can be linked statically and run in a guest that
 * has a shell and no more. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"

#define CHUNK     8192u
#define MAX_FILES 80u
#define MARKER                                                                                 \
    0xEE            /* what is in a buffer that nothing has been read into; not in any source  \
                     */
#define LIMIT_S 300 /* for one case, in seconds; an emulated guest is slow */

/* ------------------------------------------------------------------------------------------
 * Reporting out of a case.
 */

enum { EXIT_SKIP = 77 };

struct shared {
    char skip[200];  /* why the case was skipped */
    char notes[200]; /* what the engine did without */
};

static struct shared *shared;

static void vfail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));

static void vfail(const char *file, int line, const char *format, ...)
{
    va_list args;

    printf("# %s:%d: ", file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    _exit(1);
}

#define CHECK(cond)                                                                            \
    do {                                                                                       \
        if (!(cond))                                                                           \
            vfail(__FILE__, __LINE__, "%s (errno: %m)", #cond);                                \
    } while (0)

#define CHECK_INT(got, expected)                                                               \
    do {                                                                                       \
        long long got_ = (got), expected_ = (expected);                                        \
        if (got_ != expected_)                                                                 \
            vfail(__FILE__, __LINE__, "%s is %lld, not %lld", #got, got_, expected_);          \
    } while (0)

static void skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void skip(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(shared->skip, sizeof shared->skip, format, args);
    va_end(args);
    fflush(stdout);
    _exit(EXIT_SKIP);
}

/* ------------------------------------------------------------------------------------------
 * The rig: an engine with files, and batches that have a buffer of CHUNK bytes each.
 */

/* Whether the engine runs operations in its owner's thread (engine_config.writers). */
static bool with_writers;

struct rig {
    struct engine *e;
    struct engine_config config;
    int fds[MAX_FILES];
    unsigned n_fds;
    unsigned depth;   /* batches */
    unsigned max_ops; /* in a batch */
    struct engine_batch *batches;
    struct engine_op *ops;
    bool *returned;             /* by operation, as in ops */
    struct engine_batch **done; /* n_done that the last wait has completed */
    unsigned n_done;
    unsigned in_flight;
};

/* Adds an open file; returns its index. */
static unsigned add_fd(struct rig *r, int fd)
{
    CHECK(r->n_fds < MAX_FILES);
    r->fds[r->n_fds] = fd;
    return r->n_fds++;
}

static unsigned add_file(struct rig *r, const char *name, int flags)
{
    int fd = open(name, flags | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    return add_fd(r, fd);
}

/* Adds n new files, named PREFIX.0, PREFIX.1, ...; returns the index of the first. */
static unsigned add_outputs(struct rig *r, const char *prefix, unsigned n, int flags)
{
    unsigned first = r->n_fds;

    for (unsigned i = 0; i < n; i++) {
        char name[64];

        snprintf(name, sizeof name, "%s.%u", prefix, i);
        add_file(r, name, O_WRONLY | O_CREAT | O_TRUNC | flags);
    }
    return first;
}

static void start(struct rig *r, const struct engine_ops *ops, unsigned depth, unsigned max_ops)
{
    struct engine_reason why = {""};
    size_t pool_len = (size_t)depth * CHUNK;
    void *pool =
        mmap(NULL, pool_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(pool != MAP_FAILED);
    r->depth = depth;
    r->max_ops = max_ops;
    r->batches = calloc(depth, sizeof *r->batches);
    r->returned = calloc((size_t)depth * max_ops, sizeof *r->returned);
    r->done = calloc(depth, sizeof(struct engine_batch *));
    r->ops = calloc((size_t)depth * max_ops, sizeof *r->ops);
    CHECK(r->batches && r->returned && r->done && r->ops);
    r->config = (struct engine_config){
        .fds = r->fds,
        .n_fds = r->n_fds,
        .pool = pool,
        .pool_len = pool_len,
        .max_batches = depth,
        .max_ops = max_ops,
        .writers = with_writers ? writers_new(r->n_fds) : NULL,
    };
    CHECK(!with_writers || r->config.writers);
    if (engine_create(ops, &r->config, &r->e, &why) < 0)
        vfail(__FILE__, __LINE__, "engine_create: %s", why.text);
    snprintf(shared->notes, sizeof shared->notes, "%s", r->e->notes.text);
}

/* Frees everything but the pool's pages, which are returned. */
static void *stop_keep_pool(struct rig *r)
{
    engine_destroy(r->e);
    for (unsigned i = 0; i < r->n_fds; i++)
        if (r->fds[i] >= 0)
            close(r->fds[i]);
    free(r->batches);
    free(r->returned);
    free(r->done);
    free(r->ops);
    writers_free(r->config.writers);
    return r->config.pool;
}

static void stop(struct rig *r)
{
    void *pool = stop_keep_pool(r);

    munmap(pool, r->config.pool_len);
}

static unsigned char *buffer(const struct rig *r, unsigned slot)
{
    return (unsigned char *)r->config.pool + (size_t)slot * CHUNK;
}

static struct engine_op *op_at(const struct rig *r, unsigned slot, unsigned i)
{
    return &r->batches[slot].ops[i];
}

static unsigned slot_of(const struct rig *r, const struct engine_batch *b)
{
    return (unsigned)(b - r->batches);
}

/* Begins a batch without operations; its buffer is filled with MARKER unless it is kept. */
static void begin(struct rig *r, unsigned slot, bool ordered)
{
    CHECK(slot < r->depth);
    r->batches[slot] = (struct engine_batch){
        .ops = r->ops + (size_t)slot * r->max_ops,
        .ordered = ordered,
    };
    memset(buffer(r, slot), MARKER, CHUNK);
}

static void add(struct rig *r, unsigned slot, enum engine_op_kind kind, unsigned file,
                uint64_t offset, uint32_t len)
{
    struct engine_batch *b = &r->batches[slot];

    CHECK(b->n_ops < r->max_ops);
    b->ops[b->n_ops++] = (struct engine_op){
        .kind = kind,
        .file = file,
        .offset = offset,
        .buf = len ? buffer(r, slot) : NULL,
        .len = len,
    };
}

/* A batch that reads from one file and writes the same place of n others. */
static void add_copy(struct rig *r, unsigned slot, unsigned source, unsigned first, unsigned n,
                     uint64_t offset, uint32_t len)
{
    add(r, slot, ENGINE_READ, source, offset, len);
    for (unsigned i = 0; i < n; i++)
        add(r, slot, ENGINE_WRITE, first + i, offset, len);
}

static void submit(struct rig *r, unsigned slot)
{
    memset(r->returned + (size_t)slot * r->max_ops, 0, r->max_ops * sizeof *r->returned);
    CHECK_INT(engine_submit(r->e, &r->batches[slot]), 0);
    r->in_flight++;
}

static bool is_returned(const struct rig *r, unsigned slot, unsigned i)
{
    return r->returned[(size_t)slot * r->max_ops + i];
}

static unsigned count_returned(const struct rig *r, const struct engine_batch *b)
{
    unsigned n = 0;

    for (unsigned i = 0; i < b->n_ops; i++)
        n += is_returned(r, slot_of(r, b), i);
    return n;
}

/* An operation has been returned: once, and not before its leader. */
static void note_returned(struct rig *r, const struct engine_op *op)
{
    unsigned slot = slot_of(r, op->batch), i = (unsigned)(op - op->batch->ops);

    CHECK(slot < r->depth && i < op->batch->n_ops);
    CHECK(!is_returned(r, slot, i));
    CHECK(i == 0 || is_returned(r, slot, 0));
    r->returned[(size_t)slot * r->max_ops + i] = true;
}

/* One wait. Returns how many operations came; the batches that are complete by them are in
 * r->done. */
static unsigned wait_once(struct rig *r, unsigned slow, unsigned timeout_ms)
{
    struct engine_op *list;
    unsigned n = 0;

    r->n_done = 0;
    CHECK_INT(engine_wait(r->e, slow, timeout_ms, &list), 0);
    for (const struct engine_op *op = list; op; op = op->next, n++) {
        note_returned(r, op);
        if (count_returned(r, op->batch) < op->batch->n_ops)
            continue;
        r->done[r->n_done++] = op->batch;
        r->in_flight--;
    }
    for (const struct engine_op *op = list; op; op = op->next)
        CHECK_INT(op->batch->left, op->batch->n_ops - count_returned(r, op->batch));
    return n;
}

/* Waits for at least one batch; they are in r->done. Returns how many there are. */
static unsigned wait_some(struct rig *r)
{
    do
        wait_once(r, 0, 1000);
    while (r->n_done == 0);
    return r->n_done;
}

static void drain(struct rig *r)
{
    while (r->in_flight > 0)
        wait_once(r, 0, 1000);
}

/* What was left -ECANCELED though the leader was complete is submitted again, behind a NOP.
 * Every batch must get something done, or this would go on for ever. Returns whether there was
 * anything to submit. */
static bool resubmit_cancelled(struct rig *r, struct engine_batch *b)
{
    unsigned n = 1;

    if (!engine_op_full(&b->ops[0]))
        return false;
    for (unsigned i = 1; i < b->n_ops; i++)
        if (b->ops[i].result == -ECANCELED)
            b->ops[n++] = b->ops[i];
    if (n == 1)
        return false;
    CHECK(n < b->n_ops);
    b->ops[0] = (struct engine_op){.kind = ENGINE_NOP};
    b->n_ops = n;
    submit(r, slot_of(r, b));
    return true;
}

/* ------------------------------------------------------------------------------------------
 * Files.
 */

static unsigned char pattern(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15u;
    unsigned char c = (unsigned char)(x >> 56);

    return c == MARKER ? 1 : c;
}

static void make_source(const char *name, size_t size)
{
    unsigned char *data = malloc(size ? size : 1);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(data && fd >= 0);
    for (size_t i = 0; i < size; i++)
        data[i] = pattern(i);
    CHECK_INT(write(fd, data, size), (long long)size);
    close(fd);
    free(data);
}

static uint64_t size_of(const char *name)
{
    struct stat st;

    CHECK(stat(name, &st) == 0);
    return (uint64_t)st.st_size;
}

/* [from, to) of the file holds what the source holds there. */
static void check_range(const char *name, uint64_t from, uint64_t to)
{
    unsigned char *data = malloc((size_t)(to - from) + 1);
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    CHECK(data && fd >= 0);
    CHECK_INT(pread(fd, data, (size_t)(to - from), (off_t)from), (long long)(to - from));
    for (uint64_t i = from; i < to; i++)
        if (data[i - from] != pattern(i))
            vfail(__FILE__, __LINE__, "%s: byte %llu is %#x, not %#x", name,
                  (unsigned long long)i, data[i - from], pattern(i));
    close(fd);
    free(data);
}

static void check_outputs(const char *prefix, unsigned n, uint64_t size)
{
    for (unsigned i = 0; i < n; i++) {
        char name[64];

        snprintf(name, sizeof name, "%s.%u", prefix, i);
        CHECK_INT((long long)size_of(name), (long long)size);
        check_range(name, 0, size);
    }
}

static void check_empty(const char *prefix, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char name[64];

        snprintf(name, sizeof name, "%s.%u", prefix, i);
        CHECK_INT((long long)size_of(name), 0);
    }
}

/* Members of a batch with a complete leader: full, or never started. */
static void check_full_or_cancelled(const struct engine_op *op)
{
    if (!engine_op_full(op))
        CHECK_INT(op->result, -ECANCELED);
}

static void check_members_cancelled(const struct engine_batch *b)
{
    for (unsigned i = 1; i < b->n_ops; i++)
        CHECK_INT(b->ops[i].result, -ECANCELED);
}

/* ------------------------------------------------------------------------------------------
 * A copy loop with every batch in flight. Only writes to file `bad` may fail (MAX_FILES: none).
 */

struct copy {
    unsigned source;
    unsigned first; /* of n files that are written */
    unsigned n;
    uint64_t size;
    bool ordered;
    unsigned bad;
};

static void check_copied(const struct rig *r, const struct engine_batch *b,
                         const struct copy *c)
{
    (void)r;
    CHECK(engine_op_full(&b->ops[0]));
    for (unsigned i = 1; i < b->n_ops; i++)
        if (b->ops[i].file != c->bad)
            check_full_or_cancelled(&b->ops[i]);
}

static void copy_all(struct rig *r, const struct copy *c)
{
    uint64_t next = 0;
    unsigned busy = 0;

    while (next < c->size || r->in_flight > 0) {
        unsigned n;

        for (; busy < r->depth && next < c->size; busy++) {
            uint64_t left = c->size - next;
            uint32_t len = left < CHUNK ? (uint32_t)left : CHUNK;

            begin(r, busy, c->ordered);
            add_copy(r, busy, c->source, c->first, c->n, next, len);
            submit(r, busy);
            next += len;
        }
        n = wait_some(r);
        for (unsigned i = 0; i < n; i++) {
            struct engine_batch *b = r->done[i];
            uint64_t left = c->size - next;
            uint32_t len = left < CHUNK ? (uint32_t)left : CHUNK;

            check_copied(r, b, c);
            if (resubmit_cancelled(r, b) || len == 0)
                continue;
            begin(r, slot_of(r, b), c->ordered);
            add_copy(r, slot_of(r, b), c->source, c->first, c->n, next, len);
            submit(r, slot_of(r, b));
            next += len;
        }
    }
}

static void copy_and_compare(const struct engine_ops *ops, unsigned n, unsigned depth,
                             uint64_t size, int flags)
{
    struct rig r = {0};
    struct copy c = {.n = n, .size = size, .bad = MAX_FILES};

    make_source("source", size);
    c.source = add_file(&r, "source", O_RDONLY | flags);
    c.first = add_outputs(&r, "out", n, flags);
    start(&r, ops, depth, n + 1);
    copy_all(&r, &c);
    stop(&r);
    check_outputs("out", n, size);
}

static void case_copy(const struct engine_ops *ops)
{
    copy_and_compare(ops, 1, 8, 40 * CHUNK + 17, 0);
    copy_and_compare(ops, 2, 1, 10 * CHUNK - 1, 0);
    copy_and_compare(ops, 3, 8, 40 * CHUNK, 0);
    copy_and_compare(ops, 32, 4, 16 * CHUNK + 1, 0);
}

/* More operations in flight than rings and contexts have room for. */
static void case_copy_deep(const struct engine_ops *ops)
{
    copy_and_compare(ops, 64, 160, 200 * CHUNK + 5, 0);
}

static void case_direct(const struct engine_ops *ops)
{
    int fd = open("direct", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);

    if (fd < 0)
        skip("no O_DIRECT here: %s", strerror(errno));
    close(fd);
    copy_and_compare(ops, 3, 16, 64 * CHUNK, O_DIRECT);
    copy_and_compare(ops, 32, 64, 64 * CHUNK, O_DIRECT);
}

/* ------------------------------------------------------------------------------------------
 * NOP and FSYNC; as many batches as there may be.
 */

static void case_nop(const struct engine_ops *ops)
{
    struct rig r = {0};

    start(&r, ops, 16, 5);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned slot = 0; slot < r.depth; slot++) {
            begin(&r, slot, round % 2);
            for (unsigned i = 0; i <= slot % 5; i++)
                add(&r, slot, ENGINE_NOP, 0, 0, 0);
            submit(&r, slot);
        }
        while (r.in_flight > 0) {
            unsigned n = wait_some(&r);

            for (unsigned i = 0; i < n; i++)
                for (unsigned k = 0; k < r.done[i]->n_ops; k++)
                    CHECK_INT(r.done[i]->ops[k].result, 0);
        }
    }
    CHECK_INT(wait_once(&r, 0, 10), 0); /* nothing in flight */
    stop(&r);
}

static void case_full_house(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first;
    unsigned n = 12;

    make_source("source", 32 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", n, 0);
    start(&r, ops, 32, n + 1);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned slot = 0; slot < r.depth; slot++) {
            begin(&r, slot, false);
            add_copy(&r, slot, source, first, n, slot * CHUNK, CHUNK);
            submit(&r, slot);
        }
        while (r.in_flight > 0) {
            unsigned n_done = wait_some(&r);

            for (unsigned i = 0; i < n_done; i++) {
                CHECK(engine_op_full(&r.done[i]->ops[0]));
                resubmit_cancelled(&r, r.done[i]);
            }
        }
    }
    stop(&r);
    check_outputs("out", n, 32 * CHUNK);
}

static void case_fsync(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, fifo;
    int ends[2];

    make_source("source", CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 2, 0);
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    fifo = add_fd(&r, ends[1]);
    start(&r, ops, 4, 4);

    begin(&r, 0, true);
    add_copy(&r, 0, source, first, 2, 0, CHUNK);
    begin(&r, 1, true);
    add(&r, 1, ENGINE_NOP, 0, 0, 0);
    add(&r, 1, ENGINE_FSYNC, first, 0, 0);
    add(&r, 1, ENGINE_FSYNC, first + 1, 0, 0);
    begin(&r, 2, false);
    add(&r, 2, ENGINE_FSYNC, source, 0, 0);
    begin(&r, 3, false);
    add(&r, 3, ENGINE_NOP, 0, 0, 0);
    add(&r, 3, ENGINE_FSYNC, fifo, 0, 0);
    add(&r, 3, ENGINE_FSYNC, first, 0, 0);
    for (unsigned slot = 0; slot < 4; slot++)
        submit(&r, slot);
    drain(&r);
    for (unsigned slot = 0; slot < 3; slot++)
        for (unsigned i = 0; i < r.batches[slot].n_ops; i++)
            CHECK(engine_op_full(op_at(&r, slot, i)));
    CHECK_INT(op_at(&r, 3, 0)->result, 0);
    CHECK_INT(op_at(&r, 3, 1)->result, -EINVAL);
    check_full_or_cancelled(op_at(&r, 3, 2));
    stop(&r);
    close(ends[0]);
    check_outputs("out", 2, CHUNK);
}

/* ------------------------------------------------------------------------------------------
 * Faults of the leader: no member runs, nothing is written.
 */

/* The source ends within batch 2; 3 and later read at or behind its end. */
static void leader_short(const struct engine_ops *ops, bool ordered)
{
    struct rig r = {0};
    uint64_t size = 2 * CHUNK + 1000;
    unsigned source, first;

    make_source("source", size);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 3, 0);
    start(&r, ops, 6, 4);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, ordered);
        add_copy(&r, slot, source, first, 3, slot * CHUNK, CHUNK);
        submit(&r, slot);
    }
    drain(&r);
    for (unsigned slot = 0; slot < 2; slot++)
        for (unsigned i = 0; i < 4; i++)
            CHECK_INT(op_at(&r, slot, i)->result, CHUNK);
    CHECK_INT(op_at(&r, 2, 0)->result, 1000);
    for (unsigned slot = 2; slot < r.depth; slot++) {
        check_members_cancelled(&r.batches[slot]);
        if (slot > 2 && (!ordered || op_at(&r, slot, 0)->result != -ECANCELED))
            CHECK_INT(op_at(&r, slot, 0)->result, 0);
    }
    check_outputs("out", 3, 2 * CHUNK);

    begin(&r, 0, ordered); /* exactly to the end */
    add_copy(&r, 0, source, first, 3, 2 * CHUNK, 1000);
    submit(&r, 0);
    drain(&r);
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(op_at(&r, 0, i)->result, 1000);
    stop(&r);
    check_outputs("out", 3, size);
}

static void case_leader_short(const struct engine_ops *ops)
{
    leader_short(ops, false);
    leader_short(ops, true);
}

static void case_leader_fails(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned bad[3], first;

    make_source("source", 4 * CHUNK);
    bad[0] = add_file(&r, "source", O_WRONLY);
    bad[1] = add_file(&r, ".", O_RDONLY | O_DIRECTORY);
    bad[2] = add_fd(&r, -1);
    first = add_outputs(&r, "out", 3, 0);
    start(&r, ops, 12, 4);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, false);
        add_copy(&r, slot, bad[slot % 3], first, 3, 0, CHUNK);
        submit(&r, slot);
    }
    drain(&r);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        CHECK_INT(op_at(&r, slot, 0)->result, slot % 3 == 1 ? -EISDIR : -EBADF);
        check_members_cancelled(&r.batches[slot]);
    }
    stop(&r);
    check_empty("out", 3);
}

/* ------------------------------------------------------------------------------------------
 * Faults of a member: the others are full, or were never started and can be had by submitting
 * them again.
 */

static void case_member_fails(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, bad;

    make_source("source", 4 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 3, 0);
    bad = add_file(&r, "source", O_RDONLY);
    start(&r, ops, 4, 5);
    for (unsigned slot = 0; slot < r.depth; slot++) { /* the bad one at every place */
        begin(&r, slot, false);
        add(&r, slot, ENGINE_READ, source, slot * CHUNK, CHUNK);
        for (unsigned i = 0; i < 4; i++)
            add(&r, slot, ENGINE_WRITE, i == slot ? bad : first + i - (i > slot), slot * CHUNK,
                CHUNK);
        submit(&r, slot);
    }
    while (r.in_flight > 0) {
        unsigned n = wait_some(&r);

        for (unsigned i = 0; i < n; i++) {
            struct engine_batch *b = r.done[i];

            CHECK(engine_op_full(&b->ops[0]));
            for (unsigned k = 1; k < b->n_ops; k++)
                if (b->ops[k].file != bad)
                    check_full_or_cancelled(&b->ops[k]);
                else if (b->ops[k].result != -ECANCELED)
                    CHECK_INT(b->ops[k].result, -EBADF);
            resubmit_cancelled(&r, b);
        }
    }
    stop(&r);
    check_outputs("out", 3, 4 * CHUNK);
    check_range("source", 0, 4 * CHUNK);
}

/* RLIMIT_FSIZE cuts one write in the middle and refuses another. */
static void case_member_limit(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct rlimit limit = {2 * CHUNK + 100, 2 * CHUNK + 100};
    uint64_t offsets[4] = {0, 2 * CHUNK, 4 * CHUNK, CHUNK};
    int32_t expected[4] = {CHUNK, 100, -EFBIG, CHUNK};
    unsigned source, first;
    bool again = true;

    make_source("source", CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 4, 0);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    signal(SIGXFSZ, SIG_IGN);
    start(&r, ops, 1, 5);
    begin(&r, 0, false);
    add(&r, 0, ENGINE_READ, source, 0, CHUNK);
    for (unsigned i = 0; i < 4; i++)
        add(&r, 0, ENGINE_WRITE, first + i, offsets[i], CHUNK);
    submit(&r, 0);
    while (again) {
        CHECK_INT(wait_some(&r), 1);
        CHECK(engine_op_full(op_at(&r, 0, 0)));
        for (unsigned i = 1; i < r.batches[0].n_ops; i++)
            if (op_at(&r, 0, i)->result != -ECANCELED)
                CHECK_INT(op_at(&r, 0, i)->result, expected[op_at(&r, 0, i)->file - first]);
        again = resubmit_cancelled(&r, &r.batches[0]);
    }
    stop(&r);
    check_range("out.0", 0, CHUNK);
    CHECK_INT((long long)size_of("out.1"), 2 * CHUNK + 100);
    CHECK_INT((long long)size_of("out.2"), 0);
    CHECK_INT((long long)size_of("out.3"), 2 * CHUNK);
}

static void case_member_no_space(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct copy c = {.n = 3, .size = 160 * CHUNK};

    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        skip("no mount namespace: %s", strerror(errno));
    CHECK(mkdir("small", 0700) == 0);
    if (mount("none", "small", "tmpfs", 0, "size=512k") < 0)
        skip("no tmpfs: %s", strerror(errno));
    make_source("source", c.size);
    c.source = add_file(&r, "source", O_RDONLY);
    c.first = add_file(&r, "out.0", O_WRONLY | O_CREAT);
    c.bad = add_file(&r, "small/full", O_WRONLY | O_CREAT);
    add_file(&r, "out.1", O_WRONLY | O_CREAT);
    start(&r, ops, 8, 4);
    copy_all(&r, &c);
    CHECK(size_of("small/full") <= c.size);
    stop(&r);
    CHECK(umount("small") == 0);
    check_outputs("out", 2, c.size);
}

/* Devices without positions: one takes everything, one nothing. */
static void case_devices(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, null, full;

    if (access("/dev/full", W_OK) < 0 || access("/dev/null", W_OK) < 0)
        skip("no /dev/full or /dev/null");
    make_source("source", CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    full = add_file(&r, "/dev/full", O_WRONLY);
    null = add_file(&r, "/dev/null", O_WRONLY);
    first = add_outputs(&r, "out", 1, 0);
    start(&r, ops, 1, 4);
    begin(&r, 0, false);
    add(&r, 0, ENGINE_READ, source, 0, CHUNK);
    add(&r, 0, ENGINE_WRITE, full, ENGINE_STREAM, CHUNK);
    add(&r, 0, ENGINE_WRITE, null, ENGINE_STREAM, CHUNK);
    add(&r, 0, ENGINE_WRITE, first, 0, CHUNK);
    submit(&r, 0);
    do {
        CHECK_INT(wait_some(&r), 1);
        for (unsigned i = 1; i < r.batches[0].n_ops; i++) {
            const struct engine_op *op = op_at(&r, 0, i);

            if (op->file != full || op->result == -ECANCELED)
                check_full_or_cancelled(op);
            else
                CHECK_INT(op->result, -ENOSPC);
        }
    } while (resubmit_cancelled(&r, &r.batches[0]));
    stop(&r);
    check_outputs("out", 1, CHUNK);
}

/* ------------------------------------------------------------------------------------------
 * Order between batches.
 */

/* Every batch writes the same place. */
static void case_ordered_overwrite(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, next = 0, n_chunks = 100;
    unsigned char last[CHUNK], got[CHUNK];

    make_source("source", n_chunks * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 3, 0);
    start(&r, ops, 8, 4);
    for (unsigned free_slots = r.depth; next < n_chunks || r.in_flight > 0;) {
        for (unsigned slot = 0; slot < r.depth && next < n_chunks && free_slots > 0; slot++) {
            if (r.batches[slot].n_ops > 0)
                continue; /* in flight */
            begin(&r, slot, true);
            add(&r, slot, ENGINE_READ, source, next++ * CHUNK, CHUNK);
            for (unsigned i = 0; i < 3; i++)
                add(&r, slot, ENGINE_WRITE, first + i, 0, CHUNK);
            submit(&r, slot);
            free_slots--;
        }
        unsigned n = wait_some(&r);
        for (unsigned i = 0; i < n; i++, free_slots++) {
            for (unsigned k = 0; k < 4; k++)
                CHECK_INT(r.done[i]->ops[k].result, CHUNK);
            r.done[i]->n_ops = 0;
        }
    }
    stop(&r);
    for (unsigned i = 0; i < CHUNK; i++)
        last[i] = pattern((n_chunks - 1) * CHUNK + i);
    for (unsigned i = 0; i < 3; i++) {
        char name[16];
        int fd;

        snprintf(name, sizeof name, "out.%u", i);
        fd = open(name, O_RDONLY);
        CHECK_INT(read(fd, got, CHUNK), CHUNK);
        CHECK(memcmp(got, last, CHUNK) == 0);
        close(fd);
    }
}

/* Files that put every write at their end, whatever its offset. */
static void case_ordered_append(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct copy c = {.n = 3, .size = 100 * CHUNK + 55, .ordered = true, .bad = MAX_FILES};

    make_source("source", c.size);
    c.source = add_file(&r, "source", O_RDONLY);
    c.first = add_outputs(&r, "out", 3, O_APPEND);
    start(&r, ops, 8, 4);
    copy_all(&r, &c);
    stop(&r);
    check_outputs("out", 3, c.size);
}

/* Reads a pipe to its end and holds it against the source's pattern. Exit status 0: as it
 * should be. */
static pid_t fork_pipe_reader(const int ends[2], uint64_t size)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        unsigned char data[1000];
        uint64_t pos = 0;
        ssize_t n;

        close(ends[1]);
        while ((n = read(ends[0], data, sizeof data)) > 0)
            for (ssize_t i = 0; i < n; i++, pos++)
                if (data[i] != pattern(pos))
                    _exit(1);
        _exit(pos == size ? 0 : 2);
    }
    close(ends[0]);
    return pid;
}

static void check_child(pid_t pid)
{
    int status;

    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

/* Submits ordered batches for [pos, size) of a pipe and waits for them. Returns the position
 * that the pipe has got to: up to the first fault. What is behind that must not have been
 * written. */
static uint64_t fifo_turn(struct rig *r, unsigned source, unsigned fifo, uint64_t pos,
                          uint64_t size, unsigned depth)
{
    uint64_t next = pos;
    unsigned n = 0;
    bool fault = false;

    for (; n < depth && next < size; n++) {
        uint32_t len = size - next < CHUNK ? (uint32_t)(size - next) : CHUNK;

        begin(r, n, true);
        add(r, n, ENGINE_READ, source, next, len);
        add(r, n, ENGINE_WRITE, fifo, ENGINE_STREAM, len);
        submit(r, n);
        next += len;
    }
    drain(r);
    for (unsigned slot = 0; slot < n; slot++) {
        int32_t result = op_at(r, slot, 1)->result;

        if (fault)
            CHECK_INT(result, -ECANCELED);
        CHECK(result >= 0 || fault);
        fault = fault || !engine_op_full(op_at(r, slot, 1));
        pos += result > 0 ? (uint64_t)result : 0;
    }
    return pos;
}

static void case_ordered_fifo(const struct engine_ops *ops)
{
    struct rig r = {0};
    uint64_t size = 100 * CHUNK + 999, pos = 0;
    unsigned source, fifo;
    int ends[2];
    pid_t reader;

    make_source("source", size);
    CHECK(pipe(ends) == 0);
    reader = fork_pipe_reader(ends, size);
    source = add_file(&r, "source", O_RDONLY);
    fifo = add_fd(&r, ends[1]);
    start(&r, ops, 8, 2);
    /* Where a short write does not hold up the next batch, only one may be under way. */
    while (pos < size)
        pos = fifo_turn(&r, source, fifo, pos, size, r.e->chain_breaks ? r.depth : 1);
    stop(&r);
    check_child(reader);
}

/* Batch 3 of 8 has a member that fails. */
static void ordered_member_fault(const struct engine_ops *ops, unsigned place)
{
    struct rig r = {0};
    unsigned source, first, bad;

    make_source("source", 8 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 2, 0);
    bad = add_file(&r, "source", O_RDONLY);
    start(&r, ops, 8, 4);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, true);
        add(&r, slot, ENGINE_READ, source, slot * CHUNK, CHUNK);
        for (unsigned i = 0, out = first; i < 2 + (slot == 3); i++)
            add(&r, slot, ENGINE_WRITE, slot == 3 && i == place ? bad : out++, slot * CHUNK,
                CHUNK);
        submit(&r, slot);
    }
    drain(&r);
    for (unsigned slot = 0; slot < 3; slot++)
        for (unsigned i = 0; i < 3; i++)
            CHECK_INT(op_at(&r, slot, i)->result, CHUNK);
    CHECK(engine_op_full(op_at(&r, 3, 0)));
    CHECK_INT(op_at(&r, 3, 1 + place)->result, -EBADF);
    for (unsigned i = 1; i < 4; i++)
        if (i != 1 + place)
            check_full_or_cancelled(op_at(&r, 3, i));
    for (unsigned slot = 4; slot < r.depth; slot++) {
        if (r.e->chain_breaks)
            check_members_cancelled(&r.batches[slot]);
        if (op_at(&r, slot, 0)->result != -ECANCELED)
            CHECK_INT(op_at(&r, slot, 0)->result, CHUNK);
    }
    if (r.e->chain_breaks)
        CHECK(size_of("out.0") <= 4 * CHUNK && size_of("out.1") <= 4 * CHUNK);
    /* The caller has seen it: what comes now runs again. */
    for (unsigned slot = 3; slot < r.depth; slot++) {
        begin(&r, slot, true);
        add_copy(&r, slot, source, first, 2, slot * CHUNK, CHUNK);
        submit(&r, slot);
    }
    drain(&r);
    for (unsigned slot = 3; slot < r.depth; slot++)
        for (unsigned i = 0; i < 3; i++)
            CHECK_INT(op_at(&r, slot, i)->result, CHUNK);
    stop(&r);
    check_outputs("out", 2, 8 * CHUNK);
}

static void case_ordered_member_fault(const struct engine_ops *ops)
{
    for (unsigned place = 0; place < 3; place++)
        ordered_member_fault(ops, place);
}

/* The leader of batch 3 of 8 fails: on every engine the rest is cancelled. */
static void case_ordered_leader_fault(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, bad;

    make_source("source", 8 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 2, 0);
    bad = add_file(&r, "source", O_WRONLY);
    start(&r, ops, 8, 3);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, true);
        add_copy(&r, slot, slot == 3 ? bad : source, first, 2, slot * CHUNK, CHUNK);
        submit(&r, slot);
    }
    drain(&r);
    CHECK_INT(op_at(&r, 3, 0)->result, -EBADF);
    for (unsigned slot = 3; slot < r.depth; slot++)
        check_members_cancelled(&r.batches[slot]);
    check_outputs("out", 2, 3 * CHUNK);
    for (unsigned slot = 3; slot < r.depth; slot++) {
        begin(&r, slot, true);
        add_copy(&r, slot, source, first, 2, slot * CHUNK, CHUNK);
        submit(&r, slot);
    }
    drain(&r);
    stop(&r);
    check_outputs("out", 2, 8 * CHUNK);
}

/* What is submitted while a fault has not been returned to the caller is cancelled, too, though
 * the faulty operation may have ended long since. */
static void case_ordered_unseen_fault(const struct engine_ops *ops)
{
    enum { ROUNDS = 20 };
    struct rig r = {0};
    unsigned source, first, fifos = 0;
    int ends[ROUNDS][2];

    make_source("source", CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 1, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        CHECK(pipe2(ends[round], O_CLOEXEC) == 0);
        fifos = add_fd(&r, ends[round][0]) - round;
    }
    start(&r, ops, 2, 2);
    for (unsigned round = 0; round < ROUNDS; round++) {
        begin(&r, 0, true);
        add(&r, 0, ENGINE_READ, fifos + round, ENGINE_STREAM, CHUNK);
        add(&r, 0, ENGINE_WRITE, first, 0, CHUNK);
        submit(&r, 0);
        CHECK_INT(wait_once(&r, 0, round % 2), 0);
        close(ends[round][1]); /* the read gets nothing */
        begin(&r, 1, true);
        add_copy(&r, 1, source, first, 1, 0, CHUNK);
        submit(&r, 1);
        drain(&r);
        CHECK_INT(op_at(&r, 0, 0)->result, 0);
        check_members_cancelled(&r.batches[0]);
        check_members_cancelled(&r.batches[1]);
    }
    check_empty("out", 1);
    begin(&r, 1, true);
    add_copy(&r, 1, source, first, 1, 0, CHUNK);
    submit(&r, 1);
    drain(&r);
    CHECK_INT(op_at(&r, 1, 1)->result, CHUNK);
    stop(&r);
    check_outputs("out", 1, CHUNK);
}

/* Batches outside the sequence are not touched by its faults, nor by each other's. */
static void case_mixed_faults(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, bad;

    make_source("source", 30 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 2, 0);
    bad = add_file(&r, "source", O_WRONLY);
    start(&r, ops, 30, 3);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, slot % 3 == 1);
        add_copy(&r, slot, slot % 3 == 0 ? source : bad, first, 2, slot * CHUNK, CHUNK);
        submit(&r, slot);
    }
    while (r.in_flight > 0) {
        unsigned n = wait_some(&r);

        for (unsigned i = 0; i < n; i++) {
            struct engine_batch *b = r.done[i];

            if (slot_of(&r, b) % 3 == 0) {
                CHECK(engine_op_full(&b->ops[0]));
                check_full_or_cancelled(&b->ops[1]);
                check_full_or_cancelled(&b->ops[2]);
                resubmit_cancelled(&r, b);
            } else {
                check_members_cancelled(b);
            }
        }
    }
    stop(&r);
    for (unsigned slot = 0; slot < 30; slot += 3) {
        check_range("out.0", slot * CHUNK, (slot + 1) * CHUNK);
        check_range("out.1", slot * CHUNK, (slot + 1) * CHUNK);
    }
}

/* ------------------------------------------------------------------------------------------
 * Files that block, time-outs, signals, the end.
 */

/* A process that, some time after it was told to by a byte in go[1], writes `n` bytes to fd (0:
 * reads fd to its end). */
struct helper {
    pid_t pid;
    int go;
};

static struct helper fork_helper(int fd, int other_end, size_t n)
{
    struct helper h;
    int go[2];
    char c;

    CHECK(pipe2(go, O_CLOEXEC) == 0);
    h.pid = fork();
    CHECK(h.pid >= 0);
    if (h.pid == 0) {
        char data[2 * CHUNK] = {0};

        CHECK(n <= sizeof data);
        close(other_end);
        close(go[1]);
        if (read(go[0], &c, 1) == 1)
            usleep(300000);
        if (n > 0)
            n -= (size_t)write(fd, data, n);
        else
            while (read(fd, data, sizeof data) > 0)
                ;
        _exit(n != 0);
    }
    close(go[0]);
    h.go = go[1];
    return h;
}

static void tell_helper(const struct helper *h)
{
    CHECK_INT(write(h->go, "", 1), 1);
}

static void end_helper(const struct helper *h)
{
    close(h->go);
    check_child(h->pid);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned count_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* A leader that has nothing to read yet. */
static void case_timeout_read(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct helper h;
    unsigned fifo, first;
    double before;
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    h = fork_helper(ends[1], ends[0], 100);
    fifo = add_fd(&r, ends[0]);
    first = add_outputs(&r, "out", 2, 0);
    start(&r, ops, 1, 3);
    begin(&r, 0, false);
    add(&r, 0, ENGINE_READ, fifo, ENGINE_STREAM, 100);
    add(&r, 0, ENGINE_WRITE, first, 0, 100);
    add(&r, 0, ENGINE_WRITE, first + 1, 0, 100);
    submit(&r, 0);
    before = seconds();
    CHECK_INT(wait_once(&r, 0, 0), 0);
    CHECK(seconds() - before < 5);
    before = seconds();
    CHECK_INT(wait_once(&r, 0, 100), 0);
    CHECK(seconds() - before > 0.08 && seconds() - before < 5);
    check_empty("out", 2);
    tell_helper(&h);
    drain(&r);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(op_at(&r, 0, i)->result, 100);
    stop(&r);
    close(ends[1]);
    end_helper(&h);
    CHECK_INT((long long)size_of("out.0"), 100);
}

static void make_full_pipe(int ends[2])
{
    char fill[4096] = {0};

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    while (write(ends[1], fill, sizeof fill) > 0)
        ;
    CHECK(fcntl(ends[1], F_SETFL, 0) == 0);
}

/* A member that has no room to write, and a batch beside it that has nothing to do with it. */
static void case_timeout_write(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct helper h;
    unsigned source, fifo, first;
    int ends[2];

    make_full_pipe(ends);
    h = fork_helper(ends[0], ends[1], 0);
    make_source("source", 2 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    fifo = add_fd(&r, ends[1]);
    first = add_outputs(&r, "out", 2, 0);
    start(&r, ops, 2, 4);
    begin(&r, 0, false);
    add_copy(&r, 0, source, first, 2, 0, CHUNK);
    add(&r, 0, ENGINE_WRITE, fifo, ENGINE_STREAM, CHUNK);
    submit(&r, 0);
    begin(&r, 1, false);
    add_copy(&r, 1, source, first, 2, CHUNK, CHUNK);
    submit(&r, 1);
    for (unsigned n = 0; n < 6;) /* all but that one */
        n += wait_once(&r, 1, 1000);
    CHECK_INT(r.batches[0].left, 1);
    CHECK_INT(r.batches[1].left, 0);
    CHECK_INT(wait_once(&r, 1, 100), 0);
    tell_helper(&h);
    drain(&r);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(op_at(&r, 0, i)->result, CHUNK);
    CHECK(op_at(&r, 0, 3)->result > 0); /* a pipe may take it in parts */
    stop(&r);
    close(ends[0]);
    end_helper(&h);
    check_outputs("out", 2, 2 * CHUNK);
}

/* Slots 0 to n_stuck - 1 hold batches of which member `place` writes into a pipe that is full
 * and nobody reads; the others have nothing to do with it. */
struct hang {
    unsigned n_stuck;
    unsigned place;
    unsigned source;
    unsigned first; /* of the files that are written: two, by the others, too */
    unsigned pipe;
    unsigned slow; /* operations that will not end, as the caller knows */
};

static void submit_stuck(struct rig *r, struct hang *h)
{
    for (unsigned slot = 0; slot < h->n_stuck; slot++) {
        begin(r, slot, false);
        add(r, slot, ENGINE_READ, h->source, slot * CHUNK, CHUNK);
        for (unsigned i = 0, out = h->first; i < 3; i++) {
            if (i == h->place)
                add(r, slot, ENGINE_WRITE, h->pipe, ENGINE_STREAM, CHUNK);
            else
                add(r, slot, ENGINE_WRITE, out++, slot * CHUNK, CHUNK);
        }
        submit(r, slot);
        h->slow += r->e->serial ? 3 - h->place : 1;
    }
}

/* Waits until all that can end has been returned. An engine that waits for more than that is
 * still at it when the time of the case is over. */
static void wait_all_but_stuck(struct rig *r, const struct hang *h)
{
    unsigned calls = 0, left;

    do {
        CHECK(calls++ < 1000);
        wait_once(r, h->slow, 10 * LIMIT_S * 1000);
        left = r->in_flight - h->n_stuck;
        for (unsigned slot = 0; slot < h->n_stuck; slot++)
            left += r->batches[slot].left;
    } while (left > h->slow);
}

static void check_stuck(const struct rig *r, const struct hang *h)
{
    unsigned stuck = 1 + h->place;

    for (unsigned slot = 0; slot < h->n_stuck; slot++) {
        for (unsigned i = 0; i < 4; i++) {
            bool ends = r->e->serial ? i < stuck : i != stuck;

            CHECK_INT(is_returned(r, slot, i), ends);
            if (ends)
                CHECK_INT(op_at(r, slot, i)->result, CHUNK);
        }
    }
}

/* The end of a batch that was stuck. A pipe may take its part in pieces. */
static void check_stuck_done(const struct engine_op *ops, unsigned n, unsigned pipe)
{
    CHECK(engine_op_full(&ops[0]));
    for (unsigned i = 1; i < n; i++)
        if (ops[i].file != pipe || ops[i].result <= 0)
            check_full_or_cancelled(&ops[i]);
}

static void hang(const struct engine_ops *ops, unsigned n_stuck, unsigned place)
{
    struct rig r = {0};
    struct hang h = {.n_stuck = n_stuck, .place = place};
    struct helper reader;
    unsigned n_chunks = 12, next = n_stuck;
    int ends[2];

    make_full_pipe(ends);
    reader = fork_helper(ends[0], ends[1], 0);
    make_source("source", n_chunks * CHUNK);
    h.source = add_file(&r, "source", O_RDONLY);
    h.first = add_outputs(&r, "out", 2, 0);
    h.pipe = add_fd(&r, ends[1]);
    start(&r, ops, n_stuck + 2, 4);
    submit_stuck(&r, &h);
    wait_all_but_stuck(&r, &h);
    check_stuck(&r, &h);
    for (unsigned n = 1; next < n_chunks; n = 3 - n) { /* one batch, two, one, ... */
        for (unsigned slot = n_stuck; slot < n_stuck + n && next < n_chunks; slot++) {
            begin(&r, slot, next % 3 == 0);
            add_copy(&r, slot, h.source, h.first, 2, next++ * CHUNK, CHUNK);
            submit(&r, slot);
        }
        wait_all_but_stuck(&r, &h);
        CHECK_INT(r.in_flight, n_stuck);
    }
    check_stuck(&r, &h);
    tell_helper(&reader);
    while (r.in_flight > 0) {
        unsigned n_done = wait_some(&r);

        for (unsigned i = 0; i < n_done; i++) {
            check_stuck_done(&r.done[i]->ops[0], r.done[i]->n_ops, h.pipe);
            resubmit_cancelled(&r, r.done[i]);
        }
    }
    stop(&r);
    close(ends[0]);
    end_helper(&reader);
    check_outputs("out", 2, n_chunks * CHUNK);
}

static void case_hang(const struct engine_ops *ops)
{
    for (unsigned n_stuck = 1; n_stuck <= 4; n_stuck++)
        for (unsigned place = 0; place < 3; place++)
            hang(ops, n_stuck, place);
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* Signals are neither errors nor results. */
static void case_signals(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct helper h;
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
    struct copy c = {.n = 2, .size = 60 * CHUNK, .bad = MAX_FILES};
    unsigned fifo;
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    h = fork_helper(ends[1], ends[0], CHUNK);
    make_source("source", c.size);
    c.source = add_file(&r, "source", O_RDONLY);
    c.first = add_outputs(&r, "out", 2, 0);
    fifo = add_fd(&r, ends[0]);
    start(&r, ops, 4, 3);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    copy_all(&r, &c);
    begin(&r, 0, false);
    add(&r, 0, ENGINE_READ, fifo, ENGINE_STREAM, CHUNK);
    submit(&r, 0);
    tell_helper(&h);
    drain(&r);
    setitimer(ITIMER_REAL, &never, NULL);
    /* read(2) may say so; Linux 6.1 gives an operation up, before it has moved anything, when a
     * signal comes while a kernel thread is made for it. */
    if (op_at(&r, 0, 0)->result != -EINTR && op_at(&r, 0, 0)->result != -ECANCELED)
        CHECK(op_at(&r, 0, 0)->result > 0);
    close(ends[1]);
    stop(&r);
    end_helper(&h);
    check_outputs("out", 2, c.size);
}

static void check_cancelled_or_full(const struct engine_op *op)
{
    if (op->result != -EINTR)
        check_full_or_cancelled(op);
}

/* What is still missing of a batch of which operations were cancelled is submitted again. */
static bool resubmit_rest(struct rig *r, struct engine_batch *b)
{
    unsigned n = 1;

    for (unsigned i = 0; i < b->n_ops; i++) {
        check_cancelled_or_full(&b->ops[i]);
        CHECK(!b->ops[i].waits || b->ops[i].kind == ENGINE_WRITE);
    }
    if (!engine_op_full(&b->ops[0])) {
        check_members_cancelled(b);
        submit(r, slot_of(r, b));
        return true;
    }
    for (unsigned i = 1; i < b->n_ops; i++)
        if (!engine_op_full(&b->ops[i]))
            b->ops[n++] = b->ops[i];
    b->ops[0] = (struct engine_op){.kind = ENGINE_NOP};
    b->n_ops = n;
    if (n > 1)
        submit(r, slot_of(r, b));
    return n > 1;
}

/* A request to cancel an operation, any of them, at any time, does not change what is written:
 * it is done in full or not at all, and says so. One that is said to wait ends, too. */
static void case_cancel(const struct engine_ops *ops)
{
    struct rig r = {0};
    unsigned source, first, next = 0, n_chunks = 300, turn = 0;

    make_source("source", n_chunks * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 3, 0);
    start(&r, ops, 6, 4);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, false);
        add_copy(&r, slot, source, first, 3, next++ * CHUNK, CHUNK);
        submit(&r, slot);
    }
    while (r.in_flight > 0) {
        unsigned slot = turn % r.depth, i = turn / r.depth % 4, n;
        struct engine_batch *b = &r.batches[slot];

        turn++;
        if (b->left > 0 && i < b->n_ops && !is_returned(&r, slot, i))
            engine_cancel(r.e, op_at(&r, slot, i));
        wait_once(&r, 0, 1000);
        n = r.n_done;
        for (unsigned k = 0; k < n; k++) {
            slot = slot_of(&r, r.done[k]);
            if (resubmit_rest(&r, r.done[k]) || next == n_chunks)
                continue;
            begin(&r, slot, false);
            add_copy(&r, slot, source, first, 3, next++ * CHUNK, CHUNK);
            submit(&r, slot);
        }
    }
    stop(&r);
    check_outputs("out", 3, n_chunks * CHUNK);
}

/* Destroyed with a blocked batch, one behind it, and ordered ones: it may wait for the blocked
 * file, but afterwards nobody writes to the pool and nothing is left open. */
static void case_destroy_in_flight(const struct engine_ops *ops)
{
    struct rig r = {0};
    struct helper h;
    unsigned fifo, source, first, fds = count_fds();
    unsigned char *pool;
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    h = fork_helper(ends[1], ends[0], 2 * CHUNK);
    make_source("source", 4 * CHUNK);
    source = add_file(&r, "source", O_RDONLY);
    fifo = add_fd(&r, ends[0]);
    first = add_outputs(&r, "out", 1, 0);
    start(&r, ops, 6, 2);
    for (unsigned slot = 0; slot < r.depth; slot++) {
        begin(&r, slot, slot >= 3);
        add(&r, slot, ENGINE_READ, slot % 3 == 0 ? fifo : source,
            slot % 3 == 0 ? ENGINE_STREAM : 0, CHUNK);
        add(&r, slot, ENGINE_WRITE, first, 0, CHUNK);
        submit(&r, slot);
    }
    wait_once(&r, 0, 100);
    tell_helper(&h);
    pool = stop_keep_pool(&r);
    memset(pool, 0x55, r.config.pool_len);
    close(ends[1]);
    signal(SIGCHLD, SIG_DFL);
    close(h.go);
    CHECK(waitpid(h.pid, NULL, 0) == h.pid); /* it may have found the pipe closed */
    usleep(200000);
    for (size_t i = 0; i < r.config.pool_len; i++)
        CHECK_INT(pool[i], 0x55);
    munmap(pool, r.config.pool_len);
    CHECK_INT(count_fds(), fds);
}

/* Somebody else writes to the first file: the others come before it. */
static void case_busy_file(const struct engine_ops *ops)
{
    struct engine_op *list;
    struct rig r = {0};
    unsigned files[4] = {0}, first, n = 0; /* in the order of their operations */

    make_source("source", CHUNK);
    add_file(&r, "source", O_RDONLY);
    first = add_outputs(&r, "out", 3, 0);
    start(&r, ops, 1, 4);
    writers_begin(r.config.writers, first);
    begin(&r, 0, false);
    add(&r, 0, ENGINE_READ, 0, 0, CHUNK);
    for (unsigned d = 0; d < 3; d++)
        add(&r, 0, ENGINE_WRITE, first + d, 0, CHUNK);
    submit(&r, 0);
    while (n < 4) {
        CHECK_INT(engine_wait(r.e, 0, 1000, &list), 0);
        for (const struct engine_op *op = list; op; op = op->next)
            files[n++] = op->file;
    }
    CHECK_INT(files[0], 0);
    for (unsigned i = 1; i < 4; i++)
        CHECK_INT(files[i], first + i % 3);
    CHECK(writers_any(r.config.writers, first));
    writers_end(r.config.writers, first);
    for (unsigned d = 0; d < 3; d++)
        CHECK(!writers_any(r.config.writers, first + d));
    stop(&r);
    check_outputs("out", 3, CHUNK);
}

static void case_destroy_idle(const struct engine_ops *ops)
{
    unsigned fds = count_fds();

    for (unsigned i = 0; i < 20; i++)
        copy_and_compare(ops, 2, 4, 3 * CHUNK, 0);
    CHECK_INT(count_fds(), fds);
    engine_destroy(NULL);
}

/* ------------------------------------------------------------------------------------------
 * Limits of an ordinary user.
 */

static void become_nobody(void)
{
    if (geteuid() == 0) {
        CHECK(chmod(".", 0777) == 0);
        if (setgid(65534) < 0 || setuid(65534) < 0)
            skip("setuid: %s", strerror(errno));
    }
    if (access(".", W_OK | X_OK) < 0)
        skip("an ordinary user cannot write here");
}

/* Fewer bytes than the pool has can be locked. */
static void case_no_memlock(const struct engine_ops *ops)
{
    struct rlimit little = {64 * 1024, 64 * 1024};
    struct engine_reason why;

    become_nobody();
    CHECK(setrlimit(RLIMIT_MEMLOCK, &little) == 0);
    if (engine_probe(ops, &why) < 0)
        skip("%s", why.text);
    copy_and_compare(ops, 3, 32, 80 * CHUNK + 1, 0);
}

/* No threads can be had: the engine works all the same, or says so. */
static void case_no_threads(const struct engine_ops *ops)
{
    struct rlimit old, none;
    struct engine_reason why;

    become_nobody();
    CHECK(getrlimit(RLIMIT_NPROC, &old) == 0);
    none = (struct rlimit){0, old.rlim_max};
    CHECK(setrlimit(RLIMIT_NPROC, &none) == 0);
    if (engine_probe(ops, &why) < 0)
        skip("%s", why.text);
    copy_and_compare(ops, 3, 8, 40 * CHUNK + 1, 0);
    CHECK(setrlimit(RLIMIT_NPROC, &old) == 0); /* a leak checker at exit makes a thread */
}

/* ------------------------------------------------------------------------------------------
 * Running.
 */

/* Not for all engines: */
enum which {
    ALL,
    THREADS, /* an operation does not end, and engine_wait() returns all the same */
    OWNER,   /* with_writers */
};

struct test_case {
    const char *name;
    void (*run)(const struct engine_ops *ops);
    enum which which;
};

static const struct test_case cases[] = {
    {"nop", case_nop, ALL},
    {"copy", case_copy, ALL},
    {"copy_deep", case_copy_deep, ALL},
    {"direct", case_direct, ALL},
    {"full_house", case_full_house, ALL},
    {"fsync", case_fsync, ALL},
    {"leader_short", case_leader_short, ALL},
    {"leader_fails", case_leader_fails, ALL},
    {"member_fails", case_member_fails, ALL},
    {"member_limit", case_member_limit, ALL},
    {"member_no_space", case_member_no_space, ALL},
    {"devices", case_devices, ALL},
    {"ordered_overwrite", case_ordered_overwrite, ALL},
    {"ordered_append", case_ordered_append, ALL},
    {"ordered_fifo", case_ordered_fifo, ALL},
    {"ordered_member_fault", case_ordered_member_fault, ALL},
    {"ordered_leader_fault", case_ordered_leader_fault, ALL},
    {"ordered_unseen_fault", case_ordered_unseen_fault, ALL},
    {"mixed_faults", case_mixed_faults, ALL},
    {"timeout_read", case_timeout_read, THREADS},
    {"timeout_write", case_timeout_write, THREADS},
    {"hang", case_hang, THREADS},
    {"signals", case_signals, ALL},
    {"cancel", case_cancel, ALL},
    {"destroy_in_flight", case_destroy_in_flight, ALL},
    {"busy_file", case_busy_file, OWNER},
    {"destroy_idle", case_destroy_idle, ALL},
    {"no_memlock", case_no_memlock, ALL},
    {"no_threads", case_no_threads, ALL},
};

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Runs one case in a child and prints its line. Returns whether it passed. */
static bool run_case(const struct engine_ops *ops, const struct test_case *t, unsigned number)
{
    char dir[] = "case.XXXXXX";
    int status;
    pid_t pid;

    memset(shared, 0, sizeof *shared);
    if (!mkdtemp(dir)) {
        printf("not ok %u - %s: %s: mkdtemp: %m\n", number, ops->name, t->name);
        return false;
    }
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        CHECK(chdir(dir) == 0);
        t->run(ops);
        exit(0);
    }
    /* The parent keeps the time: a case may use SIGALRM for itself. */
    for (unsigned ms = 0; waitpid(pid, &status, WNOHANG) == 0; ms += 5) {
        if (ms == LIMIT_S * 1000u)
            kill(pid, SIGKILL);
        usleep(5000);
    }
    remove_tree(dir);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIP) {
        printf("ok %u - %s: %s # SKIP %s\n", number, ops->name, t->name, shared->skip);
        return true;
    }
    if (shared->notes[0])
        printf("# %s: without: %s\n", ops->name, shared->notes);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        printf("ok %u - %s: %s\n", number, ops->name, t->name);
        return true;
    }
    if (WIFSIGNALED(status))
        printf("# ended by signal %d%s\n", WTERMSIG(status),
               WTERMSIG(status) == SIGKILL ? " (took too long?)" : "");
    printf("not ok %u - %s: %s\n", number, ops->name, t->name);
    return false;
}

static bool wanted(const char *name, const char *arg)
{
    return !arg || strcmp(name, arg) == 0;
}

/* Runs the cases with the engine, if it is wanted and works here. Returns how many failed. */
static unsigned run_engine(const struct engine_ops *ops, const char *engine, const char *name,
                           unsigned *number, unsigned *engines)
{
    struct engine_reason why = {""};
    unsigned failed = 0;

    if (!wanted(ops->name, engine))
        return 0;
    if (engine_probe(ops, &why) < 0) {
        printf("ok %u - %s # SKIP %s\n", ++*number, ops->name, why.text);
        return 0;
    }
    ++*engines;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (wanted(cases[i].name, name) && cases[i].which != (with_writers ? THREADS : OWNER))
            failed += !run_case(ops, &cases[i], ++*number);
    return failed;
}

int main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR");
    const char *base = argc > 1 ? argv[1] : tmp ? tmp : "/tmp";
    const char *engine = argc > 2 ? argv[2] : NULL, *name = argc > 3 ? argv[3] : NULL;
    unsigned number = 0, failed = 0, engines = 0;
    char dir[4096];

    shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(dir, sizeof dir, "%s/test_engine.XXXXXX", base);
    if (shared == MAP_FAILED || !mkdtemp(dir) || chmod(dir, 0755) < 0 || chdir(dir) < 0) {
        perror(dir);
        return 1;
    }
    for (const struct engine_ops *const *ops = engine_table; *ops; ops++)
        failed += run_engine(*ops, engine, name, &number, &engines);
    with_writers = true;
    failed += run_engine(&engine_sync_ops, engine, name, &number, &engines);
    printf("1..%u\n", number);
    if (chdir("/") == 0)
        remove_tree(dir);
    return failed > 0 || engines == 0;
}
