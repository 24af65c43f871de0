/* test_group_probe: the group engine must never take a kernel without SQE groups for one that
 * has them, whatever that kernel makes of the flag: refuse it, ignore it, or mean something
 * else.
 *
 * Such kernels are had by changing the flag on the way to this one: calls of io_uring_submit(3)
 * and its kin are wrapped (CMakeLists.txt). That the probe says yes to a kernel with groups is
 * shown in virtual machines (tests/vm). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <liburing.h>

#include "engine/engine.h"

#define FLAG 0x80u /* IOSQE_HAS_EXT_FLAGS */

/* What the kernel is to see instead of FLAG. */
static unsigned replacement;
static unsigned replaced; /* how often it did */

static void replace_flags(struct io_uring *ring)
{
    unsigned head = *ring->sq.khead;

    for (unsigned i = head; i != ring->sq.sqe_tail; i++) {
        struct io_uring_sqe *sqe = &ring->sq.sqes[i & *ring->sq.kring_mask];

        if (!(sqe->flags & FLAG))
            continue;
        sqe->flags = (__u8)((sqe->flags & ~FLAG) | replacement);
        if (replacement != FLAG)
            ((__u8 *)sqe)[63] = 0;
        replaced++;
    }
}

int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);
int __real_io_uring_submit_and_wait_timeout(struct io_uring *ring,
                                            struct io_uring_cqe **cqe_ptr, unsigned wait_nr,
                                            struct __kernel_timespec *ts, sigset_t *sigmask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring,
                                            struct io_uring_cqe **cqe_ptr, unsigned wait_nr,
                                            struct __kernel_timespec *ts, sigset_t *sigmask);

int __wrap_io_uring_submit(struct io_uring *ring)
{
    replace_flags(ring);
    return __real_io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring,
                                            struct io_uring_cqe **cqe_ptr, unsigned wait_nr,
                                            struct __kernel_timespec *ts, sigset_t *sigmask)
{
    replace_flags(ring);
    return __real_io_uring_submit_and_wait_timeout(ring, cqe_ptr, wait_nr, ts, sigmask);
}

static void check_refused(unsigned instead)
{
    struct engine_reason why = {""};
    struct io_uring ring;
    int r;

    if (io_uring_queue_init(1, &ring, 0) < 0) /* nothing to ask here */
        skip();
    io_uring_queue_exit(&ring);
    replacement = instead;
    replaced = 0;
    r = engine_probe(&engine_group_ops, &why);
    if (r == 0)
        print_error("with %#x for the flag the probe says yes\n", instead);
    assert_int_equal(r, -EOPNOTSUPP);
    assert_string_equal(why.text, "this kernel has no SQE groups");
    assert_true(replaced > 0); /* else nothing was tried */
}

static void ignored(void **state)
{
    (void)state;
    check_refused(0);
}

static void link_instead(void **state)
{
    (void)state;
    check_refused(IOSQE_IO_LINK);
}

static void hardlink_instead(void **state)
{
    (void)state;
    check_refused(IOSQE_IO_HARDLINK);
}

static void drain_instead(void **state)
{
    (void)state;
    check_refused(IOSQE_IO_DRAIN);
}

static void async_instead(void **state)
{
    (void)state;
    check_refused(IOSQE_ASYNC);
}

static void skip_instead(void **state)
{
    (void)state;
    check_refused(IOSQE_CQE_SKIP_SUCCESS);
}

static void drain_and_link_instead(void **state)
{
    (void)state;
    check_refused(IOSQE_IO_DRAIN | IOSQE_IO_HARDLINK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ignored),
        cmocka_unit_test(link_instead),
        cmocka_unit_test(hardlink_instead),
        cmocka_unit_test(drain_instead),
        cmocka_unit_test(async_instead),
        cmocka_unit_test(skip_instead),
        cmocka_unit_test(drain_and_link_instead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
