/* Tests of standing.c: what becomes of what exists. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/standing.h"

#define MS 1000000L

static struct stat at(time_t sec, long nsec)
{
    struct stat st = {.st_mode = S_IFREG | 0644};

    st.st_atim = st.st_mtim = st.st_ctim = (struct timespec){.tv_sec = sec, .tv_nsec = nsec};
    return st;
}

static enum standing_verdict judge(struct standing_policy p, const struct stat *source,
                                   const struct stat *there)
{
    return standing_judge(&p, source, there, AT_FDCWD, "/dev/null").verdict;
}

static void test_nothing_there(void **state)
{
    struct stat source = at(10, 0);

    (void)state;
    for (unsigned u = UPDATE_ALL; u <= UPDATE_NONE_FAIL; u++)
        assert_int_equal(judge((struct standing_policy){.update = u}, &source, NULL),
                         STANDING_REPLACE);
}

static void test_policies(void **state)
{
    struct stat source = at(10, 5), older = at(10, 4), same = at(10, 5), newer = at(11, 0);
    struct stat much_older = at(9, 999999999);
    struct standing_policy p = {.update = UPDATE_ALL};

    (void)state;
    assert_int_equal(judge(p, &source, &newer), STANDING_REPLACE);
    p.update = UPDATE_NONE;
    assert_true(standing_keeps_all(&p));
    assert_int_equal(judge(p, &source, &older), STANDING_SKIP);
    p.update = UPDATE_NONE_FAIL;
    assert_true(standing_keeps_all(&p));
    assert_int_equal(judge(p, &source, &older), STANDING_REFUSE);
    p.update = UPDATE_OLDER;
    assert_false(standing_keeps_all(&p));
    assert_int_equal(judge(p, &source, &older), STANDING_REPLACE);
    assert_int_equal(judge(p, &source, &much_older), STANDING_REPLACE);
    assert_int_equal(judge(p, &source, &same), STANDING_SKIP);
    assert_int_equal(judge(p, &source, &newer), STANDING_SKIP);
}

/* Who is asked knows what about; and is not asked about what stays anyhow. */
static void test_ask(void **state)
{
    struct stat source = at(10, 5), older = at(10, 4), newer = at(11, 0);
    struct standing_policy p = {.update = UPDATE_OLDER, .ask = true};
    struct standing_case c = standing_judge(&p, &source, &older, AT_FDCWD, "/dev/null");

    (void)state;
    assert_int_equal(c.verdict, STANDING_ASK);
    assert_int_equal(c.mode, S_IFREG | 0644);
    assert_true(c.writable);
    c = standing_judge(&p, &source, &older, AT_FDCWD, "/proc/version");
    assert_int_equal(c.writable, geteuid() == 0);
    assert_int_equal(judge(p, &source, NULL), STANDING_REPLACE);
    assert_int_equal(judge(p, &source, &newer), STANDING_SKIP);
    p.update = UPDATE_ALL;
    assert_int_equal(judge(p, &source, &newer), STANDING_ASK);
    p.update = UPDATE_NONE;
    assert_int_equal(judge(p, &source, &newer), STANDING_SKIP);
}

/* Times that went through a file system with a coarser clock are those of a copy, not of
 * something older; but only where copies are given times. */
static void test_resolution(void **state)
{
    static const struct {
        time_t sec;
        long nsec;
        enum standing_verdict verdict;
    } cases[] = {
        {101, 987654321, STANDING_REPLACE}, /* nanoseconds: it is the time itself */
        {101, 987654300, STANDING_SKIP},    /* 100 ns, NTFS */
        {101, 987654000, STANDING_SKIP},    /* microseconds */
        {101, 980 * MS, STANDING_SKIP},     /* 10 ms */
        {101, 970 * MS, STANDING_REPLACE},
        {101, 0, STANDING_SKIP}, /* seconds */
        {100, 0, STANDING_SKIP}, /* 2 seconds, FAT */
        {99, 0, STANDING_REPLACE},
        {98, 0, STANDING_REPLACE},
    };
    struct stat source = at(101, 987654322);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stat there = at(cases[i].sec, cases[i].nsec);
        struct standing_policy p = {.update = UPDATE_OLDER, .keeps_times = true};

        assert_int_equal(judge(p, &source, &there), cases[i].verdict);
        p.keeps_times = false;
        assert_int_equal(judge(p, &source, &there), STANDING_REPLACE);
    }
}

/* A time with zeros at its end says nothing if another one of the file has none. */
static void test_resolution_of_all_times(void **state)
{
    struct stat source = at(101, 5), there = at(101, 0);
    struct standing_policy p = {.update = UPDATE_OLDER, .keeps_times = true};

    (void)state;
    assert_int_equal(judge(p, &source, &there), STANDING_SKIP);
    there.st_ctim.tv_nsec = 123456789;
    assert_int_equal(judge(p, &source, &there), STANDING_REPLACE);
}

/* A regular file of the source's size and time of modification is its copy, where copies get
 * times, as coarse as they may be there; but for that the rules are as before. */
static void test_resume(void **state)
{
    struct stat source = at(101, 987654321), there = source, other;
    struct standing_policy p = {.resume = true, .keeps_times = true};

    (void)state;
    source.st_size = there.st_size = 7;
    assert_int_equal(judge(p, &source, &there), STANDING_HAS);
    other = there;
    other.st_size = 6;
    assert_int_equal(judge(p, &source, &other), STANDING_REPLACE);
    other = there;
    other.st_mtim.tv_nsec++;
    assert_int_equal(judge(p, &source, &other), STANDING_REPLACE);
    other = at(101, 0);
    other.st_size = 7;
    assert_int_equal(judge(p, &source, &other), STANDING_HAS);
    other = there;
    other.st_mode = S_IFLNK | 0777;
    assert_int_equal(judge(p, &source, &other), STANDING_REPLACE);
    p.update = UPDATE_NONE_FAIL;
    assert_int_equal(judge(p, &source, &there), STANDING_REFUSE);
    p.update = UPDATE_OLDER;
    assert_int_equal(judge(p, &source, &there), STANDING_HAS);
    p.keeps_times = false;
    assert_int_equal(judge(p, &source, &there), STANDING_SKIP);
    p.keeps_times = true;
    p.resume = false;
    assert_int_equal(judge(p, &source, &there), STANDING_SKIP);
}

static void test_failures(void **state)
{
    struct failure f;

    (void)state;
    assert_int_equal(standing_refused(&f), -EEXIST);
    assert_null(f.op);
    assert_non_null(f.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_ask),
        cmocka_unit_test(test_resolution),
        cmocka_unit_test(test_resolution_of_all_times),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
