/* Tests of holes.c on real file systems: sparse files of many shapes, compared with the bytes
 * that were written; and what becomes of the data when lseek() fails, makes no progress, or the
 * file changes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/holes.h"

#define BLOCK    4096u
#define MAX_SIZE (64u * BLOCK)

static const char *const places[] = {"/tmp", "/dev/shm"};

/* What lseek() does instead of asking the file system, from the call number `first` on. */
static struct {
    enum { WORKS, FAILS, GOES_BACK, FLICKERS } how;
    int error;
    unsigned first, calls;
} fault;

off_t __wrap_lseek(int fd, off_t offset, int whence);
off_t __real_lseek(int fd, off_t offset, int whence);

off_t __wrap_lseek(int fd, off_t offset, int whence)
{
    if (fault.how == WORKS || ++fault.calls < fault.first)
        return __real_lseek(fd, offset, whence);
    if (fault.how == GOES_BACK)
        return 0;
    if (fault.how == FLICKERS)
        return offset;
    errno = fault.error;
    return -1;
}

/* The file of the current test, and what was written to it: 1 for each byte that is not 0. */
static int fd = -1;
static uint64_t size;
static unsigned char content[MAX_SIZE];

static int set_up(void **state)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/ucopy-test-XXXXXX", (const char *)*state);
    memset(&fault, 0, sizeof fault);
    fd = mkstemp(path);
    return fd < 0 ? -1 : unlink(path);
}

static int tear_down(void **state)
{
    (void)state;
    return close(fd);
}

static void begin_file(uint64_t new_size)
{
    size = new_size;
    memset(content, 0, sizeof content);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
}

static void put_data(uint64_t from, uint64_t to)
{
    memset(content + from, 1, to - from);
    assert_int_equal(pwrite(fd, content + from, to - from, (off_t)from), to - from);
}

/* Walks through the part: every step makes progress, holes begin and end at whole grains, and
 * no byte that was written is in a hole. Returns how many bytes are in holes. */
static uint64_t walk(uint64_t base, uint64_t length, uint32_t grain)
{
    struct holes_part part = {.fd = fd, .base = base, .size = length, .grain = grain};
    uint64_t holes = 0;

    for (uint64_t pos = 0; pos < length;) {
        struct range data = holes_next_data(&part, pos);

        assert_true(pos <= data.start && data.start <= data.end && data.end <= length);
        assert_true(data.start == length || data.start < data.end);
        assert_true(data.start == pos || data.start == length || data.start % grain == 0);
        assert_true(data.end == length || data.end % grain == 0);
        for (uint64_t i = pos; i < data.start; i++)
            assert_int_equal(content[base + i], 0);
        holes += data.start - pos;
        pos = data.end;
    }
    return holes;
}

static void test_shapes(void **state)
{
    static const struct {
        uint64_t size;
        struct range data[3];
        uint64_t holes; /* bytes, where blocks have 4 KiB and the file system knows holes */
    } shapes[] = {
        {1, {{0, 0}}, 1},
        {1, {{0, 1}}, 0},
        {10 * BLOCK, {{0, 0}}, 10 * BLOCK},
        {10 * BLOCK, {{0, 10 * BLOCK}}, 0},
        {10 * BLOCK, {{0, 1}}, 9 * BLOCK},
        {10 * BLOCK, {{10 * BLOCK - 1, 10 * BLOCK}}, 9 * BLOCK},
        {10 * BLOCK + 1, {{10 * BLOCK, 10 * BLOCK + 1}}, 10 * BLOCK},
        {10 * BLOCK - 1, {{0, BLOCK}}, 9 * BLOCK - 1},
        {20 * BLOCK,
         {{0, BLOCK}, {4 * BLOCK, 5 * BLOCK}, {19 * BLOCK, 20 * BLOCK}},
         17 * BLOCK},
        {20 * BLOCK,
         {{BLOCK, 2 * BLOCK}, {3 * BLOCK, 4 * BLOCK}, {9 * BLOCK, 9 * BLOCK + 1}},
         17 * BLOCK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        begin_file(shapes[i].size);
        for (unsigned k = 0; k < 3; k++)
            put_data(shapes[i].data[k].start, shapes[i].data[k].end);
        assert_true(walk(0, size, 1) <= shapes[i].holes);
        if (strcmp(*state, "/dev/shm") == 0) /* tmpfs has pages, and no delayed allocation */
            assert_int_equal(walk(0, size, 1), shapes[i].holes);
    }
}

static void make_random_file(void)
{
    begin_file(1 + (uint64_t)rand() % MAX_SIZE);
    for (int n = rand() % 9; n > 0; n--) {
        uint64_t from = (uint64_t)rand() % size, to = from + 1 + (uint64_t)rand() % (4 * BLOCK);

        put_data(from, to < size ? to : size);
    }
}

static void test_random_files(void **state)
{
    (void)state;
    srand(1);
    for (unsigned i = 0; i < 200; i++) {
        uint32_t grain = (const uint32_t[]){1, 512, BLOCK, 3 * BLOCK}[i % 4];
        uint64_t base, pos;
        struct range data;

        make_random_file();
        (void)walk(0, size, grain);
        /* From within a grain. */
        pos = (uint64_t)rand() % size;
        data =
            holes_next_data(&(struct holes_part){.fd = fd, .size = size, .grain = grain}, pos);
        assert_true(pos <= data.start && data.start <= data.end && data.end <= size);
        base = (uint64_t)rand() % size;
        (void)walk(base, 1 + (uint64_t)rand() % (size - base), grain);
    }
}

/* Whichever call fails, and however: what has been written never becomes a hole. */
static void test_errors(void **state)
{
    static const int errors[] = {EINVAL, EIO,   EOVERFLOW, ENOTSUP,
                                 ENOSYS, EINTR, ESTALE,    ENOTCONN};

    (void)state;
    begin_file(40 * BLOCK);
    for (unsigned i = 2; i < 40; i += 6)
        put_data(i * BLOCK, (i + 2) * BLOCK);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        for (unsigned call = 1; call < 20; call++) {
            fault.how = FAILS;
            fault.error = errors[i];
            fault.first = call;
            fault.calls = 0;
            (void)walk(0, size, 1);
            fault.calls = 0;
            (void)walk(BLOCK + 1, size - 2 * BLOCK, 512);
        }
    }
    fault.first = 1;
    assert_int_equal(walk(0, size, 1), 0);
}

/* No data any more is the end, and the only error that is one. */
static void test_end_of_data(void **state)
{
    (void)state;
    begin_file(10 * BLOCK);
    fault.how = FAILS;
    fault.error = ENXIO;
    assert_int_equal(walk(0, size, 1), size);
    assert_int_equal(walk(7, size - 7, BLOCK), size - 7);
}

/* Answers that make no sense: all is data, and the walk ends. */
static void test_nonsense(void **state)
{
    (void)state;
    begin_file(40 * BLOCK);
    for (unsigned i = 2; i < 40; i += 6)
        put_data(i * BLOCK, (i + 2) * BLOCK);
    for (unsigned call = 1; call < 20; call++) {
        fault.first = call;
        for (fault.how = GOES_BACK; fault.how <= FLICKERS; fault.how++) {
            fault.calls = 0;
            (void)walk(0, size, BLOCK);
            fault.calls = 0;
            (void)walk(3 * BLOCK, size - 3 * BLOCK, BLOCK);
        }
    }
}

/* A file that gets shorter or longer meanwhile: the walk ends where it was going to. */
static void test_changes(void **state)
{
    struct holes_part part = {.fd = fd, .size = 20 * BLOCK, .grain = 1};
    struct range data;

    (void)state;
    begin_file(20 * BLOCK);
    put_data(0, 20 * BLOCK);
    assert_int_equal(ftruncate(fd, 5 * BLOCK), 0);
    data = holes_next_data(&part, 0);
    assert_true(data.start == 0 && data.end == 5 * BLOCK);
    data = holes_next_data(&part, 5 * BLOCK);
    assert_true(data.start == part.size && data.end == part.size);
    data = holes_next_data(&part, part.size - 1);
    assert_true(data.start == part.size && data.end == part.size);

    put_data(5 * BLOCK, 30 * BLOCK);
    data = holes_next_data(&part, 0);
    assert_true(data.start == 0 && data.end == part.size);

    /* The next data are behind the end of the part. */
    begin_file(40 * BLOCK);
    put_data(30 * BLOCK, 31 * BLOCK);
    data = holes_next_data(&part, 3);
    assert_true(data.end == part.size);
}

static void test_likely(void **state)
{
    struct stat st = {.st_size = 5000, .st_blocks = 16};

    (void)state;
    assert_false(holes_are_likely(&st));
    st.st_blocks = 9;
    assert_true(holes_are_likely(&st));
    st.st_blocks = 0;
    assert_true(holes_are_likely(&st));
    st.st_size = 0;
    assert_false(holes_are_likely(&st));
}

#define HERE(test) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, place)

static int run_in(const char *constant_place)
{
    void *place = (void *)(uintptr_t)constant_place;
    const struct CMUnitTest tests[] = {
        HERE(test_shapes),   HERE(test_random_files), HERE(test_errors), HERE(test_end_of_data),
        HERE(test_nonsense), HERE(test_changes),      HERE(test_likely),
    };

    return cmocka_run_group_tests_name(constant_place, tests, NULL, NULL);
}

/* With arguments: in these directories instead. */
int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed += run_in(argv[i]);
    for (size_t i = 0; argc == 1 && i < sizeof places / sizeof places[0]; i++)
        failed += run_in(places[i]);
    return failed;
}
