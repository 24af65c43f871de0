/* Tests of extents.c: a file system made up here answers, with random layouts that are compared
 * with a model, byte by byte; and one that does not tell, that fails, and that changes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/extents.h"

#define FD       1000
#define MAX_SIZE 4096u

static struct {
    bool data[2 * MAX_SIZE]; /* by offset in the file */
    uint64_t size;
    uint64_t scale;    /* bytes of the file per entry of `data` */
    int refuse_data;   /* errno, 0: none */
    int refuse_hole;   /* errno */
    bool flickers;     /* what is data when it is asked for is a hole a moment later */
    unsigned searches; /* calls */
} fs;

off_t lseek(int fd, off_t offset, int whence)
{
    uint64_t at = (uint64_t)offset / fs.scale;
    int refuse = whence == SEEK_DATA ? fs.refuse_data : fs.refuse_hole;

    assert_int_equal(fd, FD);
    assert_true(whence == SEEK_DATA || whence == SEEK_HOLE);
    fs.searches++;
    errno = refuse ? refuse : ENXIO;
    if (refuse || (uint64_t)offset >= fs.size * fs.scale)
        return -1;
    if (fs.flickers)
        return offset;
    for (; at < fs.size && fs.data[at] != (whence == SEEK_DATA); at++)
        ;
    if (at == fs.size && whence == SEEK_DATA)
        return -1;
    return (uint64_t)offset / fs.scale == at ? offset : (off_t)(at * fs.scale);
}

static uint32_t draw(uint64_t *state, uint32_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % limit;
}

static void make_file(uint64_t size, uint64_t *seed, uint32_t longest)
{
    bool data = draw(seed, 2);
    uint64_t end = 0;

    memset(&fs, 0, sizeof fs);
    fs.size = size;
    fs.scale = 1;
    for (uint64_t i = 0; i < size; i++) {
        if (i == end) {
            data = !data;
            end += 1 + draw(seed, longest);
        }
        fs.data[i] = data;
    }
}

static struct extent ask(struct extents *e, uint64_t pos)
{
    struct extent x = {{0, 0}, false};

    if (!extents_find(e, pos, &x)) {
        extents_learn(e, pos);
        assert_true(extents_find(e, pos, &x));
    }
    assert_true(x.range.start <= pos && pos < x.range.end);
    assert_int_equal(extents_asked_at(e), 0);
    return x;
}

/* What the model says of the grain around a position: a hole if all of it is one. */
static bool is_hole(uint64_t base, uint64_t size, uint64_t pos, uint32_t grain)
{
    uint64_t from = pos - pos % grain;

    for (uint64_t i = from; i < from + grain && i < size; i++)
        if (fs.data[base + i])
            return false;
    return true;
}

static void test_random_layouts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 300; seed++) {
        uint64_t s = seed, base, size, pos = 0;
        uint32_t grain = (const uint32_t[]){1, 4, 16}[seed % 3];
        unsigned fronts = 1 + draw(&s, 3);
        struct extents *e;

        make_file(1 + draw(&s, MAX_SIZE), &s, (const uint32_t[]){3, 40, 1000}[seed / 3 % 3]);
        base = draw(&s, (uint32_t)fs.size);
        size = 1 + draw(&s, (uint32_t)(fs.size - base));
        assert_int_equal(
            extents_create(
                &(struct holes_part){.fd = FD, .base = base, .size = size, .grain = grain},
                fronts, &e),
            0);
        /* In order, as a copy asks; then anywhere, as many copies at different places do. */
        while (pos < size) {
            struct extent x = ask(e, pos);

            for (uint64_t i = pos; i < x.range.end; i++)
                assert_int_equal(x.hole, is_hole(base, size, i, grain));
            pos = x.range.end;
        }
        assert_int_equal(pos, size);
        for (unsigned i = 0; i < 200; i++) {
            pos = draw(&s, (uint32_t)size);
            /* A window that begins in a grain does not look at what is before it. */
            if (ask(e, pos).hole != is_hole(base, size, pos, grain))
                assert_true(pos % grain != 0);
        }
        extents_free(e);
    }
}

/* In order, nothing is asked for twice, however many extents there are, and two who are at
 * different places do not make each other forget. */
static void test_asks_once(void **state)
{
    uint64_t seed = 7, questions, extents = 0;
    struct extents *e;

    (void)state;
    make_file(MAX_SIZE, &seed, 1);
    assert_int_equal(
        extents_create(&(struct holes_part){.fd = FD, .base = 0, .size = MAX_SIZE, .grain = 1},
                       2, &e),
        0);
    for (uint64_t pos = 0; pos < MAX_SIZE; extents++)
        pos = ask(e, pos).range.end;
    questions = fs.searches;
    assert_true(questions <= extents + extents / 16);
    for (uint64_t a = 0, b = MAX_SIZE / 2; b < MAX_SIZE;) {
        a = ask(e, a).range.end;
        b = ask(e, b).range.end;
    }
    assert_true(fs.searches <= 2 * questions + 256);
    extents_free(e);
}

static void assert_all_data(uint64_t size)
{
    struct extents *e;
    struct extent x;

    assert_int_equal(
        extents_create(&(struct holes_part){.fd = FD, .base = 0, .size = size, .grain = 1}, 1,
                       &e),
        0);
    x = ask(e, 0);
    assert_true(!x.hole && x.range.start == 0 && x.range.end == size);
    extents_free(e);
}

/* File systems that do not know holes, or cannot be asked. */
static void test_does_not_tell(void **state)
{
    static const int errors[] = {EINVAL, EIO, EOVERFLOW, ENOTSUP};
    uint64_t seed = 3;

    (void)state;
    for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        make_file(MAX_SIZE, &seed, 9);
        fs.refuse_data = errors[i];
        assert_all_data(MAX_SIZE);
        make_file(MAX_SIZE, &seed, 9);
        fs.data[0] = true;
        fs.refuse_hole = errors[i];
        assert_all_data(MAX_SIZE);
    }
}

/* Whatever a file does meanwhile, the search ends, and comes to the end. */
static void test_changes(void **state)
{
    uint64_t seed = 5, pos = 0;
    struct extents *e;
    struct extent x;

    (void)state;
    make_file(MAX_SIZE, &seed, 50);
    fs.flickers = true;
    assert_int_equal(
        extents_create(&(struct holes_part){.fd = FD, .base = 0, .size = MAX_SIZE, .grain = 1},
                       1, &e),
        0);
    while (pos < MAX_SIZE) {
        x = ask(e, pos);
        assert_false(x.hole);
        pos = x.range.end;
    }
    extents_free(e);

    /* Shorter than it was: nothing is behind its end. */
    fs.flickers = false;
    memset(fs.data, true, sizeof fs.data);
    fs.size = 100;
    assert_int_equal(
        extents_create(&(struct holes_part){.fd = FD, .base = 0, .size = MAX_SIZE, .grain = 1},
                       1, &e),
        0);
    x = ask(e, 0);
    assert_true(!x.hole && x.range.end == 100);
    x = ask(e, 100);
    assert_true(x.hole && x.range.end == MAX_SIZE);
    extents_free(e);

    /* Longer: what has come is not copied. */
    fs.size = 2 * MAX_SIZE;
    assert_all_data(MAX_SIZE);
}

/* Offsets that do not fit into 32 bits, and extents longer than that. */
static void test_huge(void **state)
{
    uint64_t scale = UINT64_C(5) << 30, seed = 1, size = 8 * scale - 1;
    struct extents *e;
    struct extent x;

    (void)state;
    make_file(8, &seed, 1);
    memset(fs.data, 0, sizeof fs.data);
    fs.scale = scale;
    fs.data[3] = fs.data[4] = true;
    assert_int_equal(
        extents_create(&(struct holes_part){.fd = FD, .base = 0, .size = size, .grain = 4096},
                       1, &e),
        0);
    x = ask(e, 0);
    assert_true(x.hole && x.range.end == 3 * scale);
    x = ask(e, 4 * scale);
    assert_true(!x.hole && x.range.start == 3 * scale && x.range.end == 5 * scale);
    x = ask(e, size - 1);
    assert_true(x.hole && x.range.start == 5 * scale && x.range.end == size);
    extents_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_layouts), cmocka_unit_test(test_asks_once),
        cmocka_unit_test(test_does_not_tell),  cmocka_unit_test(test_changes),
        cmocka_unit_test(test_huge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
