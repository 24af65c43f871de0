/* group: a batch is an SQE group. When its leader, a read, is complete, the kernel starts the
 * members, which are writes, concurrently.
 *
 * The ABI is that of "io_uring: support sqe group and provide group kbuf", RFC v1, April 2024.
 * liburing has no names for it, no released kernel has it, and no feature bit announces it.
 * (The bits of later versions have other meanings in mainline.) So the only proof is to run
 * groups of NOPs, and to check their results and their order. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "uring_chain_priv.h"

#define GROUP_IOSQE_HAS_EXT_FLAGS 0x80u /* sqe->flags: the last byte contains more flags */
#define GROUP_EXT_SQE_GROUP       0x01u /* the next SQE is in the same group */
#define GROUP_EXT_FLAGS_BYTE      63    /* of the 64-byte SQE */

/* The next SQE is in the same group. */
static void set_group_flag(struct io_uring_sqe *sqe)
{
    sqe->flags = (uint8_t)(sqe->flags | GROUP_IOSQE_HAS_EXT_FLAGS);
    ((uint8_t *)sqe)[GROUP_EXT_FLAGS_BYTE] |= GROUP_EXT_SQE_GROUP;
}

/* chain_style.set_flags. The last member of a group has no group flag. A link on the leader
 * links the whole group to the next one. */
static void group_set_flags(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered,
                            bool chained)
{
    (void)ordered;
    if (i + 1 < n)
        set_group_flag(sqe);
    if (i == 0 && chained)
        sqe->flags |= IOSQE_IO_LINK;
}

/* Moves the operations that were held back to *done. If the leader failed or is short, the
 * kernel reports -EIO (later versions: -ECANCELED) for members, although they never ran. */
static void return_held(struct engine_batch *b, struct op_list *done)
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

static void return_leader(struct engine_batch *b, struct op_list *done)
{
    b->leader_returned = true;
    op_list_append(done, &b->ops[0]);
}

/* chain_style.on_completion. The leader's completion comes last, when all members are complete.
 * But a member that was successful proves that the leader was complete in full. Then leader and
 * members are returned at once, although another member may take long. The error of a member is
 * its own only if the leader was complete in full. The last member is always held back until
 * the leader's completion has come: after that the caller may use the batch again. */
static void group_on_completion(struct uring_chain *c, struct engine_op *op,
                                struct op_list *done)
{
    struct engine_batch *b = op->batch;
    struct engine_op *leader = &b->ops[0];

    if (op == leader) {
        b->leader_completed = true;
        if (b->leader_returned)
            c->early--;
        else
            return_leader(b, done);
        return_held(b, done);
        return;
    }
    if (!b->leader_returned && op->result >= 0) {
        leader->result = (int32_t)leader->len;
        c->early++;
        return_leader(b, done);
        return_held(b, done);
    }
    op_list_append(&b->held, op);
    if (b->leader_completed || (b->leader_returned && b->pending > 1))
        return_held(b, done);
}

static const struct chain_style group_style = {
    .set_flags = group_set_flags,
    .on_completion = group_on_completion,
};

/* The probe runs four groups on a ring of its own.
 *
 *     group A   leader: reads one byte from an empty pipe; members: NOPs group B   leader: NOP;
 *     first member: fails (a read from descriptor -1); linked to group C group C   leader and
 *     member: NOPs group D   leader: reads two bytes from a pipe that contains one; member: NOP
 *
 * A shows that members wait for their leader: it has no completion before the pipe is filled,
 * and all of them afterwards. A kernel without groups rejects A's first two SQEs with -EINVAL,
 * and runs the last one at once. A kernel that ignored the flag would run A's members before
 * the leader.
 *
 * B shows that a member does not depend on another one, as it would in a chain. D shows that
 * members do not run if their leader is short, as they would behind a drain. C shows whether a
 * member that fails breaks the chain of groups. */
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
    unsigned seen; /* completions that have come, as a bit per SQE */
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

/* Submits and waits until the completions of all SQEs in mask have come, for a second at most.
 * 0 (also if the time is over) or a negative errno. */
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

/* Queues a NOP as operation i of a group of n. */
static void probe_nop(struct probe *p, unsigned which, unsigned n, unsigned i)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&p->ring);

    io_uring_prep_nop(sqe);
    sqe->user_data = which;
    group_set_flags(sqe, i, n, false, false);
}

/* Queues a read of n bytes from fd; `members` more SQEs of its group follow. */
static void probe_read(struct probe *p, unsigned which, int fd, unsigned n, unsigned members)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&p->ring);

    io_uring_prep_read(sqe, fd, p->bytes, n, 0);
    sqe->user_data = which;
    group_set_flags(sqe, 0, 1 + members, false, false);
}

static bool probe_fill(struct probe *p)
{
    return write(p->pipe[1], "", 1) == 1;
}

/* Group A. */
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

/* Group D. */
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

/* Groups B and C. */
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

/* Returns 0 if groups work; *ret_breaks: whether a member that fails breaks the chain. Else a
 * negative errno with the reason in *why. */
static int group_probe(bool *ret_breaks, struct engine_reason *why)
{
    struct probe p = {.pipe = {-1, -1}};
    /* Without SUBMIT_ALL the submission would stop at an SQE that the kernel rejects. With it
     * every SQE gets a completion, and none is left in the queue. */
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
    .shares_queues = true,
    .polls = true,
    .create = group_create,
    .submit = uring_chain_submit,
    .wait = uring_chain_wait,
    .cancel = uring_chain_cancel,
    .destroy = uring_chain_destroy,
};
