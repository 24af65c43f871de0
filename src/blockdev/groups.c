#include "groups_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ublk_abi_priv.h"

/* The ABI of groups is that of engine/group.c. A member that uses the memory of the leader has one more
 * flag; a command has them all in its own flags (tests/vm/kernel/). */
#define HAS_EXT_FLAGS  0x80u /* sqe->flags */
#define EXT_SQE_GROUP  0x01u /* the next entry is in the same group */
#define EXT_GROUP_BUF  0x02u /* addr is an offset in the leader's memory */
#define EXT_FLAGS_BYTE 63    /* of the 64-byte entry */
#define EXT_CMD_SHIFT  16

/* In user_data, beside the number of the group. */
#define LEADER 2ull

int groups_init(struct groups *g, struct io_uring *ring, int device_fd, unsigned n)
{
    *g = (struct groups){.ring = ring,
                         .device_fd = device_fd,
                         .members = calloc(n, sizeof(*g->members)),
                         .n_members = n};
    return g->members ? 0 : -ENOMEM;
}

void groups_free(struct groups *g)
{
    free(g->members);
    g->members = NULL;
}

static void set_flag(struct io_uring_sqe *sqe, unsigned flag)
{
    sqe->flags |= HAS_EXT_FLAGS;
    ((uint8_t *)sqe)[EXT_FLAGS_BYTE] |= (uint8_t)flag;
}

/* Enters a leader. There is room for a member: the end of a submission ends the group. */
static void begin(struct groups *g, unsigned tag)
{
    struct ublksrv_io_cmd cmd = {.tag = (__u16)tag};
    struct io_uring_sqe *sqe;

    while (io_uring_sq_space_left(g->ring) < 2)
        (void)io_uring_submit(g->ring);
    sqe = io_uring_get_sqe(g->ring);
    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, g->device_fd, NULL, 0, 0);
    sqe->cmd_op = UBLK_ABI_PROVIDE_GROUP_BUF;
    memcpy(sqe->cmd, &cmd, sizeof(cmd));
    sqe->flags |= HAS_EXT_FLAGS;
    sqe->uring_cmd_flags = EXT_SQE_GROUP << EXT_CMD_SHIFT;
    g->number++;
    io_uring_sqe_set_data64(sqe, g->number << 2 | LEADER);
    g->last = NULL;
    g->tag = tag;
}

struct io_uring_sqe *groups_entry(struct groups *g, unsigned tag, unsigned member)
{
    if (!g->last || g->tag != tag || io_uring_sq_space_left(g->ring) == 0)
        begin(g, tag);
    g->members[member].group = g->number;
    return io_uring_get_sqe(g->ring);
}

void groups_add(struct groups *g, struct io_uring_sqe *sqe)
{
    set_flag(sqe, EXT_GROUP_BUF);
    if (g->last)
        set_flag(g->last, EXT_SQE_GROUP);
    g->last = sqe;
}

void groups_close(struct groups *g)
{
    g->last = NULL;
}

bool groups_hold(struct groups *g, unsigned member, int result)
{
    struct groups_member *m = &g->members[member];

    if (result != -EIO && result != -ECANCELED)
        return false;
    m->result = result;
    m->waits = true;
    g->n_waiting++;
    return true;
}

bool groups_is_leader(uint64_t user_data)
{
    return user_data & LEADER;
}

/* What the result of a member is worth. The driver has no other error than -ENOMEM for a request that it
 * has given to the server. */
static int judge(int leader_result, int result)
{
    if (leader_result == -ENOMEM)
        return -EAGAIN;
    return leader_result < 0 ? leader_result : result;
}

bool groups_next(struct groups *g, uint64_t user_data, int leader_result, unsigned *ret_member,
                 int *ret_result)
{
    for (unsigned i = 0; g->n_waiting > 0 && i < g->n_members; i++) {
        struct groups_member *m = &g->members[i];

        if (!m->waits || m->group != user_data >> 2)
            continue;
        m->waits = false;
        g->n_waiting--;
        *ret_member = i;
        *ret_result = judge(leader_result, m->result);
        return true;
    }
    return false;
}
