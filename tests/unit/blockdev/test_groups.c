/* The entries of groups, on a ring without a kernel, and the results of their members. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blockdev/groups_priv.h"
#include "blockdev/ublk_abi_priv.h"

#define ENTRIES  8u
#define MEMBERS  6u
#define FLAG     0x80u
#define GROUP    0x01u
#define BUF      0x02u
#define EXT_BYTE 63

struct fake {
    struct io_uring ring;
    struct io_uring_sqe sqes[ENTRIES];
    unsigned head, flags, n_submits;
    struct groups groups;
};

static struct fake *fake;

/* Also what a test has looked at is free then. */
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring)
{
    unsigned n = ring->sq.sqe_tail - fake->head;

    fake->head = ring->sq.sqe_tail;
    fake->n_submits++;
    return (int)n;
}

static int set_up(void **state)
{
    fake = calloc(1, sizeof(*fake));
    if (!fake)
        return -1;
    fake->ring.sq = (struct io_uring_sq){.khead = &fake->head,
                                         .kflags = &fake->flags,
                                         .sqes = fake->sqes,
                                         .ring_mask = ENTRIES - 1,
                                         .ring_entries = ENTRIES};
    *state = fake;
    return groups_init(&fake->groups, &fake->ring, 7, MEMBERS);
}

static int tear_down(void **state)
{
    groups_free(&fake->groups);
    free(*state);
    return 0;
}

/* A member, as the queue enters it. */
static uint64_t enter(unsigned tag, unsigned member)
{
    struct io_uring_sqe *sqe = groups_entry(&fake->groups, tag, member);

    assert_non_null(sqe);
    io_uring_prep_rw(IORING_OP_WRITE_FIXED, sqe, 3, NULL, 512, 0);
    groups_add(&fake->groups, sqe);
    return fake->groups.members[member].group;
}

static unsigned ext_of(const struct io_uring_sqe *sqe)
{
    return ((const uint8_t *)sqe)[EXT_BYTE];
}

static void assert_leader(unsigned i, unsigned tag)
{
    const struct io_uring_sqe *sqe = &fake->sqes[i];
    struct ublksrv_io_cmd cmd;

    memcpy(&cmd, sqe->cmd, sizeof(cmd));
    assert_int_equal(sqe->opcode, IORING_OP_URING_CMD);
    assert_int_equal(sqe->fd, 7);
    assert_int_equal(sqe->cmd_op, UBLK_ABI_PROVIDE_GROUP_BUF);
    assert_int_equal(sqe->flags, FLAG);
    assert_int_equal(sqe->uring_cmd_flags, GROUP << 16);
    assert_int_equal(cmd.tag, tag);
    assert_int_equal(cmd.addr, 0);
    assert_int_equal(cmd.result, 0);
    assert_true(groups_is_leader(sqe->user_data));
}

static void assert_member(unsigned i, bool more)
{
    assert_int_equal(fake->sqes[i].opcode, IORING_OP_WRITE_FIXED);
    assert_int_equal(fake->sqes[i].flags, FLAG);
    assert_int_equal(ext_of(&fake->sqes[i]), BUF | (more ? GROUP : 0));
}

static void test_one_group(void **state)
{
    uint64_t group;

    (void)state;
    group = enter(5, 0);
    assert_int_equal(enter(5, 1), group);
    assert_int_equal(enter(5, 2), group);
    assert_int_equal(fake->ring.sq.sqe_tail, 4);
    assert_leader(0, 5);
    assert_member(1, true);
    assert_member(2, true);
    assert_member(3, false);
}

static void test_another_tag(void **state)
{
    uint64_t group;

    (void)state;
    group = enter(5, 0);
    assert_int_not_equal(enter(6, 3), group);
    assert_leader(0, 5);
    assert_member(1, false);
    assert_leader(2, 6);
    assert_member(3, false);
}

static void test_closed(void **state)
{
    (void)state;
    enter(5, 0);
    groups_close(&fake->groups);
    enter(5, 1);
    assert_leader(0, 5);
    assert_member(1, false);
    assert_leader(2, 5);
    assert_member(3, false);
}

/* A leader is never submitted without a member. */
static void test_room_for_two(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ENTRIES - 1; i++)
        assert_non_null(io_uring_get_sqe(&fake->ring));
    enter(5, 0);
    assert_int_equal(fake->n_submits, 1);
    assert_leader(ENTRIES - 1, 5);
    assert_member(0, false);
}

/* A group that was cut has ended, and the rest has a leader of its own. */
static void test_cut(void **state)
{
    uint64_t group;

    (void)state;
    for (unsigned i = 0; i < ENTRIES - 3; i++)
        assert_non_null(io_uring_get_sqe(&fake->ring));
    group = enter(5, 0);
    assert_int_equal(enter(5, 1), group);
    assert_int_not_equal(enter(5, 2), group);
    assert_int_equal(fake->n_submits, 1);
    assert_leader(ENTRIES - 3, 5);
    assert_member(ENTRIES - 2, true);
    assert_member(ENTRIES - 1, false);
    assert_leader(0, 5);
    assert_member(1, false);
}

static uint64_t leader_of(uint64_t group)
{
    return group << 2 | 2;
}

/* What the kernel says of those that it has not started tells nothing before the leader's result. */
static void test_results(void **state)
{
    uint64_t first, second;
    unsigned member;
    int result;

    (void)state;
    first = enter(5, 0);
    enter(5, 1);
    enter(5, 2);
    second = enter(6, 3);
    assert_false(groups_hold(&fake->groups, 0, 512));
    assert_false(groups_hold(&fake->groups, 0, -ENOSPC));
    assert_true(groups_hold(&fake->groups, 1, -EIO));
    assert_true(groups_hold(&fake->groups, 2, -ECANCELED));
    assert_true(groups_hold(&fake->groups, 3, -EIO));
    assert_true(groups_next(&fake->groups, leader_of(second), 0, &member, &result));
    assert_int_equal(member, 3);
    assert_int_equal(result, -EIO);
    assert_false(groups_next(&fake->groups, leader_of(second), 0, &member, &result));
    assert_true(groups_next(&fake->groups, leader_of(first), -ENOMEM, &member, &result));
    assert_int_equal(member, 1);
    assert_int_equal(result, -EAGAIN);
    assert_true(groups_next(&fake->groups, leader_of(first), -ENODEV, &member, &result));
    assert_int_equal(member, 2);
    assert_int_equal(result, -ENODEV);
    assert_false(groups_next(&fake->groups, leader_of(first), -ENODEV, &member, &result));
}

/* One that was started again meanwhile is not the old group's. */
static void test_started_again(void **state)
{
    uint64_t first, second;
    unsigned member;
    int result;

    (void)state;
    first = enter(5, 0);
    enter(5, 1);
    groups_close(&fake->groups);
    second = enter(5, 0);
    assert_true(groups_hold(&fake->groups, 0, -EIO));
    assert_false(groups_next(&fake->groups, leader_of(first), 0, &member, &result));
    assert_true(groups_next(&fake->groups, leader_of(second), 0, &member, &result));
    assert_int_equal(member, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_one_group),     CASE(test_another_tag), CASE(test_closed),
        CASE(test_room_for_two),  CASE(test_cut),         CASE(test_results),
        CASE(test_started_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
