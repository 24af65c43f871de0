/* group: a batch is an SQE group. The leader reads, the members write; the kernel starts
 * the members when the leader is complete, concurrently.
 *
 * ABI of "io_uring: support sqe group and provide group kbuf", RFC v1, April 2024, which
 * liburing has no names for. No released kernel has it, and there is no feature bit (the bits
 * that later versions used mean other things in mainline), so that the only proof is to run
 * groups of NOPs and look at results and order. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "uring_chain_priv.h"

#define GROUP_IOSQE_HAS_EXT_FLAGS 0x80u /* sqe->flags: the last byte carries more flags */
#define GROUP_EXT_SQE_GROUP       0x01u /* the group goes on with the next SQE */
#define GROUP_EXT_FLAGS_BYTE      63    /* of the 64-byte SQE */

static void group_flag(struct io_uring_sqe *sqe)
{
    sqe->flags = (uint8_t)(sqe->flags | GROUP_IOSQE_HAS_EXT_FLAGS);
    ((uint8_t *)sqe)[GROUP_EXT_FLAGS_BYTE] |= GROUP_EXT_SQE_GROUP;
}

/* The last member carries no flag: that ends the group. The leader speaks for the whole group
 * when it comes to links. */
static void group_tie(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered,
                      bool chained)
{
    (void)ordered;
    if (i + 1 < n)
        group_flag(sqe);
    if (i == 0 && chained)
        sqe->flags |= IOSQE_IO_LINK;
}

/* What is held back is returned. Members of a group whose leader failed or fell short report
 * -EIO (later versions: -ECANCELED) though they never ran. */
static void group_release(struct engine_batch *b, struct op_list *done)
{
    struct engine_op *op = b->held.first;

    op_list_init(&b->held);
    while (op) {
        struct engine_op *next = op->next;

        if (!engine_op_full(&b->ops[0]))
            op->result = -ECANCELED;
        op_list_append(done, op);
        op = next;
    }
}

static void group_lead(struct engine_batch *b, struct op_list *done)
{
    b->led = true;
    op_list_append(done, &b->ops[0]);
}

/* The leader's completion comes last, when all members are through, but a member that ran tells
 * that it was complete: so members are returned although another one takes long. An error is
 * a member's own only if the leader was complete. The last member waits for the leader in any
 * case, whose completion must not find the batch in other use. */
static void group_settle(struct uring_chain *c, struct engine_op *op, struct op_list *done)
{
    struct engine_batch *b = op->batch;
    struct engine_op *leader = &b->ops[0];

    if (op == leader) {
        b->leader_seen = true;
        if (b->led)
            c->early--;
        else
            group_lead(b, done);
        group_release(b, done);
        return;
    }
    if (!b->led && op->result >= 0) {
        leader->result = (int32_t)leader->len;
        c->early++;
        group_lead(b, done);
        group_release(b, done);
    }
    op_list_append(&b->held, op);
    if (b->leader_seen || (b->led && b->pending > 1))
        group_release(b, done);
}

static const struct chain_style group_style = {
    .tie = group_tie,
    .settle = group_settle,
};

/* The probe: four groups on a ring of their own.
 *
 *     group A   leader reads a byte from an empty pipe, members are NOPs
 *     group B   leader NOP, its first member fails (a read from descriptor -1), linked to
 *     group C   NOPs
 *     group D   leader reads two bytes from a pipe that holds one, its member is a NOP
 *
 * A kernel without groups refuses A's first two SQEs with -EINVAL and runs the last one at
 * once; one that ignored the flag would run A's members before its leader, which has nothing to
 * read yet. When nothing of A is there before the pipe is filled, and all of it afterwards,
 * members wait for their leader. B tells that they do not depend on one another, as they would
 * in a chain, D that they do not run when their leader has fallen short, as they would behind
 * a drain. Whether C ran tells what a failing member does to the chain. */
enum {
    PROBE_A,
    PROBE_A1,
    PROBE_A2,
    PROBE_B,
    PROBE_B1,
    PROBE_B2,
    PROBE_C,
    PROBE_C1,
    PROBE_D,
    PROBE_D1,
    PROBE_N,
};

struct probe {
    struct io_uring ring;
    int pipe[2];
    char bytes[2];
    int32_t result[PROBE_N];
    unsigned seen; /* bit per SQE */
};

static void probe_reap(struct probe *p)
{
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;

    io_uring_for_each_cqe(&p->ring, head, cqe)
    {
        p->result[cqe->user_data] = cqe->res;
        p->seen |= 1u << cqe->user_data;
        n++;
    }
    io_uring_cq_advance(&p->ring, n);
}

/* Submits and waits until all SQEs in `mask` have reported, for a second at most. */
static int probe_run(struct probe *p, unsigned mask)
{
    for (int tries = 0; tries < 10 && (p->seen & mask) != mask; tries++) {
        struct __kernel_timespec ts = {.tv_nsec = 100000000};
        struct io_uring_cqe *cqe;
        int r = io_uring_submit_and_wait_timeout(&p->ring, &cqe, 1, &ts, NULL);

        if (r < 0 && r != -ETIME && r != -EINTR)
            return r;
        probe_reap(p);
    }
    return 0;
}

static void probe_nop(struct probe *p, unsigned which, unsigned n, unsigned i)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&p->ring);

    io_uring_prep_nop(sqe);
    sqe->user_data = which;
    group_tie(sqe, i, n, false, false);
}

/* A read of n bytes from fd that `members` more SQEs of its group follow. */
static void probe_read(struct probe *p, unsigned which, int fd, unsigned n, unsigned members)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&p->ring);

    io_uring_prep_read(sqe, fd, p->bytes, n, 0);
    sqe->user_data = which;
    group_tie(sqe, 0, 1 + members, false, false);
}

static bool probe_fill(struct probe *p)
{
    return write(p->pipe[1], "", 1) == 1;
}

static bool probe_order(struct probe *p)
{
    unsigned mask = 1u << PROBE_A | 1u << PROBE_A1 | 1u << PROBE_A2;

    probe_read(p, PROBE_A, p->pipe[0], 1, 2);
    probe_nop(p, PROBE_A1, 3, 1);
    probe_nop(p, PROBE_A2, 3, 2);
    if (io_uring_submit(&p->ring) != 3)
        return false;
    probe_reap(p);
    if (p->seen != 0 || !probe_fill(p))
        return false;
    return probe_run(p, mask) == 0 && p->seen == mask && p->result[PROBE_A] == 1 &&
           p->result[PROBE_A1] == 0 && p->result[PROBE_A2] == 0;
}

static bool probe_short(struct probe *p)
{
    unsigned mask = 1u << PROBE_D | 1u << PROBE_D1;

    p->seen = 0;
    if (!probe_fill(p))
        return false;
    probe_read(p, PROBE_D, p->pipe[0], 2, 1);
    probe_nop(p, PROBE_D1, 2, 1);
    return probe_run(p, mask) == 0 && p->seen == mask && p->result[PROBE_D] == 1 &&
           p->result[PROBE_D1] < 0;
}

static bool probe_link(struct probe *p, bool *ret_breaks)
{
    unsigned mask = (1u << PROBE_D) - (1u << PROBE_B);

    p->seen = 0;
    probe_nop(p, PROBE_B, 3, 0);
    probe_read(p, PROBE_B1, -1, 1, 1);
    probe_nop(p, PROBE_B2, 3, 2);
    /* The link is on B's leader, and the SQE behind B's last member is C's leader. */
    p->ring.sq.sqes[(p->ring.sq.sqe_tail - 3) & *p->ring.sq.kring_mask].flags |= IOSQE_IO_LINK;
    probe_nop(p, PROBE_C, 2, 0);
    probe_nop(p, PROBE_C1, 2, 1);
    if (probe_run(p, mask) < 0 || p->seen != mask || p->result[PROBE_B] != 0 ||
        p->result[PROBE_B1] != -EBADF || p->result[PROBE_B2] != 0)
        return false;
    *ret_breaks = p->result[PROBE_C] == -ECANCELED;
    return *ret_breaks || (p->result[PROBE_C] == 0 && p->result[PROBE_C1] == 0);
}

/* 0: groups work; *ret_breaks tells whether a failing member breaks the chain. */
static int group_probe(bool *ret_breaks, struct engine_reason *why)
{
    struct probe p = {.pipe = {-1, -1}};
    /* Without SUBMIT_ALL a refused SQE would end the submission there; with it all are
     * answered, and nothing is left in the queue. */
    struct io_uring_params params = {.flags = IORING_SETUP_SUBMIT_ALL};
    int r = io_uring_queue_init_params(PROBE_N, &p.ring, &params);

    if (r < 0) {
        snprintf(why->text, sizeof why->text, "io_uring_setup: %s", strerror(-r));
        return r;
    }
    if (pipe2(p.pipe, O_CLOEXEC) < 0) {
        r = -errno;
        snprintf(why->text, sizeof why->text, "pipe: %s", strerror(-r));
        goto err_after_ring;
    }
    if (!probe_order(&p) || !probe_short(&p) || !probe_link(&p, ret_breaks)) {
        r = -EOPNOTSUPP;
        snprintf(why->text, sizeof why->text, "this kernel has no SQE groups");
    }
    close(p.pipe[0]);
    close(p.pipe[1]);
err_after_ring:
    io_uring_queue_exit(&p.ring);
    return r;
}

static int group_create(const struct engine_config *config, struct engine **ret_engine,
                        struct engine_reason *why)
{
    bool breaks = false;
    int r = group_probe(&breaks, why);

    if (r == 0)
        r = uring_chain_create(config, &group_style, ret_engine, why);
    if (r == 0) {
        (*ret_engine)->chain_breaks = breaks;
        (*ret_engine)->leader_last = true;
    }
    return r;
}

const struct engine_ops engine_group_ops = {
    .name = "group",
    .create = group_create,
    .submit = uring_chain_submit,
    .wait = uring_chain_wait,
    .cancel = uring_chain_cancel,
    .destroy = uring_chain_destroy,
};
