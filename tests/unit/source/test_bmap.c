/* The map of an image: what is cleared, and which texts are no maps. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/bmap.h"

static int read_text(struct bmap *b, const char *blocks, struct failure *f)
{
    char path[] = "/tmp/test-bmap-XXXXXX";
    int fd = mkstemp(path), r;

    assert_true(fd >= 0);
    dprintf(fd,
            "<bmap version=\"1.2\"><ImageSize>100</ImageSize><BlockSize>10</BlockSize>"
            "<BlockMap>%s</BlockMap></bmap>",
            blocks);
    close(fd);
    r = bmap_read(b, path, f);
    unlink(path);
    return r;
}

static void test_clear(void **state)
{
    struct failure f;
    struct bmap b;

    (void)state;
    assert_int_equal(read_text(&b,
                               "<Range>1</Range><!-- --><Range> 3-4 </Range>"
                               "<Range>5</Range><Range>9</Range>",
                               &f),
                     0);
    assert_int_equal(b.n, 4);
    assert_int_equal(b.size, 100);
    assert_int_equal(ranges_total(&b.mapped), 50);
    for (size_t from = 0; from <= 100; from++) {
        for (size_t to = from; to <= 100; to++) {
            char bytes[102];

            memset(bytes, 'x', sizeof bytes);
            bmap_clear_rest(&b, from, bytes + 1, to - from);
            assert_int_equal(bytes[0], 'x');
            for (size_t i = from; i < to; i++)
                assert_int_equal(bytes[1 + i - from],
                                 strchr("13459", (int)('0' + i / 10)) ? 'x' : 0);
            assert_int_equal(bytes[1 + to - from], 'x');
        }
    }
    bmap_free(&b);
}

static void test_invalid(void **state)
{
    static const char *const texts[] = {
        "<Range>10</Range>",
        "<Range>1-</Range>",
        "<Range>-1</Range>",
        "<Range>1 2</Range>",
        "<Range>+1</Range>",
        "<Range>0x1</Range>",
        "<Range/>",
        "<Range>2</Range><Range>1</Range>",
        "<Range>99999999999999999999</Range>",
        "<Range>1</Range><Range>1-2</Range>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct failure f = {.err = 0};
        struct bmap b;

        assert_int_equal(read_text(&b, texts[i], &f), -EINVAL);
        assert_int_equal(f.err, EINVAL);
        assert_non_null(strstr(f.message, "range"));
        assert_null(b.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
