/* direct_io: the granularity of direct writes beside the page cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/direct_io.h"

static void grain_is_no_less_than_anything(void **state)
{
    (void)state;
    assert_int_equal(direct_io_grain(512, 512, 4096), 4096);
    assert_int_equal(direct_io_grain(512, 4096, 4096), 4096);
    assert_int_equal(direct_io_grain(8192, 4096, 4096), 8192);
    assert_int_equal(direct_io_grain(512, 4096, 65536), 65536);    /* large pages */
    assert_int_equal(direct_io_grain(512, 65536, 4096), 65536);    /* XFS */
    assert_int_equal(direct_io_grain(512, 6000, 4096), 8192);      /* whatever that is */
    assert_int_equal(direct_io_grain(512, 1u << 20, 4096), 65536); /* a wish only: NFS */
}

static void no_direct_io_has_no_grain(void **state)
{
    (void)state;
    assert_int_equal(direct_io_grain(0, 4096, 4096), 0);
}

static void files_are_asked(void **state)
{
    char name[] = "direct-io-XXXXXX";
    int fd = mkstemp(name);
    uint32_t align = direct_io_align(fd), write_align = direct_io_write_align(fd);

    (void)state;
    assert_true(fd >= 0);
    if (align > 0) {
        assert_true(write_align >= align);
        assert_int_equal(write_align % align, 0);
        assert_int_equal(write_align % (uint32_t)sysconf(_SC_PAGESIZE), 0);
    } else {
        assert_int_equal(write_align, 0);
    }
    unlink(name);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grain_is_no_less_than_anything),
        cmocka_unit_test(no_direct_io_has_no_grain),
        cmocka_unit_test(files_are_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
