/* groups: the SQE groups by which operations get the memory of a request: one group per request, whose
 * leader is a command to the driver that provides the memory; the members read and write it. Only
 * the kernel of tests/vm/kernel has this (docs/groups.md).
 *
 * The kernel holds the request until the last member of the group has ended, and then tells the result
 * of the leader: it is the last one of its group.
 *
 * Owned by the thread of the queue. */
#ifndef UCOPY_BLOCKDEV_GROUPS_PRIV_H
#define UCOPY_BLOCKDEV_GROUPS_PRIV_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

struct groups_member {
    uint64_t group; /* the last one that it was in */
    int result;
    bool waits; /* the result, for that of the leader */
};

struct groups {
    struct io_uring *ring;     /* not owned */
    int device_fd;             /* the driver's; not owned */
    struct io_uring_sqe *last; /* the last member of the group that can get one more; or NULL */
    unsigned tag;              /* whose memory that group has */
    uint64_t number;           /* of the group that was begun last, from 1 on */
    struct groups_member *members;
    unsigned n_members, n_waiting;
};

/* ring: may become one later, before the first groups_entry(). Members are numbers below n. 0 or
 * -ENOMEM. */
int groups_init(struct groups *g, struct io_uring *ring, int device_fd, unsigned n);

void groups_free(struct groups *g);

/* An entry for the member, which is to use the memory of the request that the tag has. It is one more
 * of the last group if nothing else was entered since, and that has the same memory. May submit
 * what was entered before. When the entry is prepared, groups_add() has to follow. */
struct io_uring_sqe *groups_entry(struct groups *g, unsigned tag, unsigned member);
void groups_add(struct groups *g, struct io_uring_sqe *sqe);

/* Something else will be entered, or what was entered is submitted: the group gets no more members. */
void groups_close(struct groups *g);

/* Whether the result of a member tells nothing before that of its leader has come: groups_next() gives
 * it back then. The kernel has the same errors for members that it has not started. */
bool groups_hold(struct groups *g, unsigned member, int result);

/* Whether user_data, which is an address or that of a leader, is that of a leader. */
bool groups_is_leader(uint64_t user_data);

/* The leader has ended. Gives the results that waited for it, one per call; false: there are no more.
 * -EAGAIN: the member was not started, and can be again. */
bool groups_next(struct groups *g, uint64_t user_data, int leader_result, unsigned *ret_member,
                 int *ret_result);

#endif
