/* test_uring: a submission that the kernel takes only part of, and what a request to cancel
 * tells. What is left of a batch must not begin one of its own with the next submission, and
 * write what has not been read.
 *
 * The kernel does so when it is out of memory; here io_uring_enter(2) is called by hand with
 * fewer requests than are queued. Every cut of every arrangement is tried. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/uring_priv.h"

#define LEN       512u /* of every operation */
#define POISON    0xEE /* in the buffers before anything is read; not in the source */
#define N_BATCHES 3u
#define N_OPS     3u /* a read and two writes */
#define N_SQES    (N_BATCHES * N_OPS)

struct world {
    struct uring uring;
    struct engine_config config;
    int fds[3]; /* source, two destinations */
    uint8_t *pool;
    struct engine_batch batches[N_BATCHES];
    struct engine_op ops[N_BATCHES][N_OPS];
    bool done[N_BATCHES][N_OPS];
};

static int make_file(void)
{
    int fd = memfd_create("ucopy-test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void set_up(struct world *w, bool ordered)
{
    struct engine_reason notes, why;
    uint8_t source[N_BATCHES * LEN];

    memset(w, 0, sizeof *w);
    for (unsigned i = 0; i < 3; i++)
        w->fds[i] = make_file();
    for (unsigned i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)(1 + i % 200);
    assert_int_equal(write(w->fds[0], source, sizeof source), sizeof source);
    w->pool = aligned_alloc(4096, 4096);
    assert_non_null(w->pool);
    memset(w->pool, POISON, 4096);
    w->config = (struct engine_config){.fds = w->fds,
                                       .n_fds = 3,
                                       .pool = w->pool,
                                       .pool_len = 4096,
                                       .max_batches = N_BATCHES,
                                       .max_ops = N_OPS};
    assert_int_equal(uring_open(&w->uring, &w->config, &notes, &why), 0);
    for (unsigned b = 0; b < N_BATCHES; b++) {
        w->batches[b] =
            (struct engine_batch){.ops = w->ops[b], .n_ops = N_OPS, .ordered = ordered};
        for (unsigned i = 0; i < N_OPS; i++)
            w->ops[b][i] = (struct engine_op){.kind = i ? ENGINE_WRITE : ENGINE_READ,
                                              .file = i,
                                              .offset = (uint64_t)b * LEN,
                                              .buf = w->pool + b * LEN,
                                              .len = LEN,
                                              .batch = &w->batches[b]};
    }
}

static void tear_down(struct world *w)
{
    uring_close(&w->uring);
    free(w->pool);
    for (unsigned i = 0; i < 3; i++)
        close(w->fds[i]);
}

/* As engine_link ties them: read linked, writes hard-linked; ordered: one chain of all. */
static void queue_all(struct world *w, bool ordered)
{
    for (unsigned b = 0; b < N_BATCHES; b++) {
        for (unsigned i = 0; i < N_OPS; i++) {
            struct io_uring_sqe *sqe = uring_prep(&w->uring, &w->ops[b][i]);
            bool last = i + 1 == N_OPS;

            if (ordered ? !(last && b + 1 == N_BATCHES) : i == 0)
                sqe->flags |= IOSQE_IO_LINK;
            else if (!last)
                sqe->flags |= IOSQE_IO_HARDLINK;
        }
    }
}

/* Hands only the first n queued requests to the kernel. */
static void submit_some(struct world *w, unsigned n)
{
    struct io_uring_sq *sq = &w->uring.ring.sq;
    unsigned tail = *sq->ktail;

    /* What io_uring_submit() does before its system call (liburing's queue.c). */
    while (sq->sqe_head != sq->sqe_tail) {
        sq->array[tail & *sq->kring_mask] = sq->sqe_head & *sq->kring_mask;
        tail++;
        sq->sqe_head++;
    }
    __atomic_store_n(sq->ktail, tail, __ATOMIC_RELEASE);
    assert_int_equal(io_uring_enter((unsigned)w->uring.ring.ring_fd, n, 0, 0, NULL), n);
}

static void collect(struct world *w)
{
    for (unsigned turns = 0; w->uring.outstanding > 0; turns++) {
        struct engine_op *op;

        assert_true(turns < 100);
        assert_int_equal(uring_turn(&w->uring, w->uring.outstanding, 1000, &op), 0);
        for (; op; op = op->next) {
            size_t at = (size_t)(op - &w->ops[0][0]);

            assert_false(w->done[at / N_OPS][at % N_OPS]);
            w->done[at / N_OPS][at % N_OPS] = true;
        }
    }
}

/* The result says whether it ran; the destination has to agree. */
static void check_op(const struct world *w, unsigned b, unsigned i, bool runs)
{
    const struct engine_op *op = &w->ops[b][i];
    uint8_t source[LEN], dest[LEN] = {0};
    ssize_t n;

    assert_true(w->done[b][i]);
    assert_int_equal(op->result, runs ? (int)LEN : -ECANCELED);
    if (i == 0)
        return;
    n = pread(w->fds[i], dest, LEN, (off_t)op->offset);
    assert_int_equal(pread(w->fds[0], source, LEN, (off_t)op->offset), LEN);
    if (runs)
        assert_memory_equal(dest, source, LEN);
    else
        for (ssize_t k = 0; k < n; k++)
            assert_int_equal(dest[k], 0);
}

static void every_cut(bool ordered)
{
    for (unsigned cut = 0; cut <= N_SQES; cut++) {
        struct world w;

        set_up(&w, ordered);
        queue_all(&w, ordered);
        submit_some(&w, cut);
        uring_disarm_rest(&w.uring);
        assert_int_equal(io_uring_sq_ready(&w.uring.ring), N_SQES - cut);
        collect(&w);
        for (unsigned at = 0; at < N_SQES; at++) {
            unsigned b = at / N_OPS, i = at % N_OPS;
            bool behind = at >= cut;

            /* Unordered: a batch that begins behind the cut is whole. */
            check_op(&w, b, i, !behind || (!ordered && b * N_OPS >= cut));
        }
        tear_down(&w);
    }
}

static void unordered(void **state)
{
    (void)state;
    every_cut(false);
}

static void ordered_chain(void **state)
{
    (void)state;
    every_cut(true);
}

/* Disarmed twice, as when the kernel takes nothing for several turns. */
static void cut_again(void **state)
{
    struct world w;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        set_up(&w, k);
        queue_all(&w, k);
        submit_some(&w, 1);
        uring_disarm_rest(&w.uring);
        uring_disarm_rest(&w.uring);
        submit_some(&w, 1);
        uring_disarm_rest(&w.uring);
        collect(&w);
        check_op(&w, 0, 0, true);
        for (unsigned at = 1; at < N_SQES; at++)
            check_op(&w, at / N_OPS, at % N_OPS, !k && at >= N_OPS);
        tear_down(&w);
    }
}

/* Without the cure the test would see it: the read gets nothing, and its writes, cut off from
 * it, run all the same. */
static void the_danger_is_real(void **state)
{
    struct world w;
    uint8_t byte = 0;

    (void)state;
    set_up(&w, false);
    w.ops[0][0].offset = N_BATCHES * LEN; /* its end */
    queue_all(&w, false);
    submit_some(&w, 1);
    submit_some(&w, N_SQES - 1);
    collect(&w);
    assert_int_equal(w.ops[0][0].result, 0);
    assert_int_equal(pread(w.fds[1], &byte, 1, 0), 1);
    assert_int_equal(byte, POISON);
    tear_down(&w);
}

/* The kernel knows nothing (any more) of the operations that are asked about: this tells
 * something only of writes through the page cache. Their results come all the same. */
static void answers(void **state)
{
    struct io_uring_cqe *cqe;
    struct world w;
    bool direct;

    (void)state;
    set_up(&w, false);
    queue_all(&w, false);
    submit_some(&w, N_SQES);
    assert_int_equal(io_uring_wait_cqe_nr(&w.uring.ring, &cqe, N_SQES), 0);
    direct = fcntl(w.fds[2], F_SETFL, O_DIRECT) == 0;
    for (unsigned at = 0; at < N_SQES; at++)
        uring_cancel(&w.uring, &w.ops[at / N_OPS][at % N_OPS]);
    collect(&w);
    for (unsigned at = 0; at < N_SQES; at++) {
        unsigned b = at / N_OPS, i = at % N_OPS;

        check_op(&w, b, i, true);
        assert_int_equal(w.ops[b][i].waits, i == 1 || (i == 2 && !direct));
    }
    tear_down(&w);
}

/* The request is left over with the operation, and becomes none itself. */
static void cut_before_request(void **state)
{
    struct world w;

    (void)state;
    set_up(&w, false);
    queue_all(&w, false);
    uring_cancel(&w.uring, &w.ops[N_BATCHES - 1][1]);
    submit_some(&w, N_SQES - 1);
    uring_disarm_rest(&w.uring);
    collect(&w);
    for (unsigned at = 0; at < N_SQES; at++)
        check_op(&w, at / N_OPS, at % N_OPS, at < N_SQES - 1);
    tear_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),   cmocka_unit_test(cut_before_request),
        cmocka_unit_test(unordered), cmocka_unit_test(ordered_chain),
        cmocka_unit_test(cut_again), cmocka_unit_test(the_danger_is_real),
    };
    struct io_uring ring;
    int r = io_uring_queue_init(1, &ring, 0);

    if (r < 0) {
        printf("skipped: io_uring is not available here: %s\n", strerror(-r));
        return 77;
    }
    io_uring_queue_exit(&ring);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
