/* Tests of base/event.c and base/file_system.c. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/event.h"
#include "base/file_system.h"

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void test_signal_and_clear(void **state)
{
    int fd = event_create();

    (void)state;
    assert_true(fd >= 0);
    assert_false(is_readable(fd));
    assert_false(event_clear(fd));
    event_signal(fd);
    event_signal(fd);
    assert_true(is_readable(fd));
    assert_true(event_clear(fd));
    assert_false(is_readable(fd));
    close(fd);
}

static void test_nobody_polls(void **state)
{
    (void)state;
    event_signal(-1);
}

/* A counter that is full stays readable, and nobody waits. */
static void test_full(void **state)
{
    int fd = event_create();

    (void)state;
    assert_int_equal(eventfd_write(fd, UINT64_MAX - 1), 0);
    event_signal(fd);
    assert_true(is_readable(fd));
    close(fd);
}

static void test_file_system(void **state)
{
    static const unsigned long proc[] = {SYSFS_MAGIC, PROC_SUPER_MAGIC, 0};
    static const unsigned long others[] = {SYSFS_MAGIC, XFS_SUPER_MAGIC, 0};
    int fd = open("/proc", O_PATH | O_DIRECTORY);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(file_system_is(fd, proc), 1);
    assert_int_equal(file_system_is(fd, others), 0);
    close(fd);
    assert_int_equal(file_system_is(fd, proc), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signal_and_clear),
        cmocka_unit_test(test_nobody_polls),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_file_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
