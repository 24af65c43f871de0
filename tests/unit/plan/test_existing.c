/* Tests of plan/existing.c: what becomes of what exists. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/existing.h"

#define MS 1000000L

static struct stat at(time_t sec, long nsec)
{
    struct stat st = {.st_mode = S_IFREG | 0644};

    st.st_atim = st.st_mtim = st.st_ctim = (struct timespec){.tv_sec = sec, .tv_nsec = nsec};
    return st;
}

static enum existing_verdict judge(struct existing_policy p, const struct stat *source,
                                   const struct stat *there)
{
    return existing_judge(&p, NULL, source, there, AT_FDCWD, "/dev/null").verdict;
}

static void test_nothing_there(void **state)
{
    struct stat source = at(10, 0);

    (void)state;
    for (unsigned u = UPDATE_ALL; u <= UPDATE_NONE_FAIL; u++)
        assert_int_equal(judge((struct existing_policy){.update = u}, &source, NULL),
                         EXISTING_REPLACE);
}

static void test_policies(void **state)
{
    struct stat source = at(10, 5), older = at(10, 4), same = at(10, 5), newer = at(11, 0);
    struct stat much_older = at(9, 999999999);
    struct existing_policy p = {.update = UPDATE_ALL};

    (void)state;
    assert_int_equal(judge(p, &source, &newer), EXISTING_REPLACE);
    p.update = UPDATE_NONE;
    assert_true(existing_keeps_all(&p));
    assert_int_equal(judge(p, &source, &older), EXISTING_SKIP);
    p.update = UPDATE_NONE_FAIL;
    assert_true(existing_keeps_all(&p));
    assert_int_equal(judge(p, &source, &older), EXISTING_REFUSE);
    p.update = UPDATE_OLDER;
    assert_false(existing_keeps_all(&p));
    assert_int_equal(judge(p, &source, &older), EXISTING_REPLACE);
    assert_int_equal(judge(p, &source, &much_older), EXISTING_REPLACE);
    assert_int_equal(judge(p, &source, &same), EXISTING_SKIP);
    assert_int_equal(judge(p, &source, &newer), EXISTING_SKIP);
}

/* Who is asked knows what about; and is not asked about what stays anyhow. */
static void test_ask(void **state)
{
    struct stat source = at(10, 5), older = at(10, 4), newer = at(11, 0);
    struct existing_policy p = {.update = UPDATE_OLDER, .ask = true};
    struct existing_case c = existing_judge(&p, NULL, &source, &older, AT_FDCWD, "/dev/null");

    (void)state;
    assert_int_equal(c.verdict, EXISTING_ASK);
    assert_int_equal(c.mode, S_IFREG | 0644);
    assert_true(c.writable);
    c = existing_judge(&p, NULL, &source, &older, AT_FDCWD, "/proc/version");
    assert_int_equal(c.writable, geteuid() == 0);
    assert_int_equal(judge(p, &source, NULL), EXISTING_REPLACE);
    assert_int_equal(judge(p, &source, &newer), EXISTING_SKIP);
    p.update = UPDATE_ALL;
    assert_int_equal(judge(p, &source, &newer), EXISTING_ASK);
    p.update = UPDATE_NONE;
    assert_int_equal(judge(p, &source, &newer), EXISTING_SKIP);
}

/* Times that went through a file system with a coarser clock are those of a copy, not of
 * something older; but only where copies are given times. */
static void test_resolution(void **state)
{
    static const struct {
        time_t sec;
        long nsec;
        enum existing_verdict verdict;
    } cases[] = {
        {101, 987654321, EXISTING_REPLACE}, /* nanoseconds: it is the time itself */
        {101, 987654300, EXISTING_SKIP},    /* 100 ns, NTFS */
        {101, 987654000, EXISTING_SKIP},    /* microseconds */
        {101, 980 * MS, EXISTING_SKIP},     /* 10 ms */
        {101, 970 * MS, EXISTING_REPLACE},
        {101, 0, EXISTING_SKIP}, /* seconds */
        {100, 0, EXISTING_SKIP}, /* 2 seconds, FAT */
        {99, 0, EXISTING_REPLACE},
        {98, 0, EXISTING_REPLACE},
    };
    struct stat source = at(101, 987654322);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stat there = at(cases[i].sec, cases[i].nsec);
        struct existing_policy p = {.update = UPDATE_OLDER, .keeps_times = true};

        assert_int_equal(judge(p, &source, &there), cases[i].verdict);
        p.keeps_times = false;
        assert_int_equal(judge(p, &source, &there), EXISTING_REPLACE);
    }
}

/* A time with zeros at its end says nothing if another one of the file has none. */
static void test_resolution_of_all_times(void **state)
{
    struct stat source = at(101, 5), there = at(101, 0);
    struct existing_policy p = {.update = UPDATE_OLDER, .keeps_times = true};

    (void)state;
    assert_int_equal(judge(p, &source, &there), EXISTING_SKIP);
    there.st_ctim.tv_nsec = 123456789;
    assert_int_equal(judge(p, &source, &there), EXISTING_REPLACE);
}

/* A regular file of the size of the source is compared, whatever its times are. */
static void test_checksum(void **state)
{
    struct stat source = at(10, 5), there = at(10, 5);
    struct existing_policy p = {.checksum = true, .resume = true, .keeps_times = true};

    (void)state;
    source.st_size = there.st_size = 100;
    source.st_ino = 1;
    there.st_ino = 2;
    assert_int_equal(judge(p, &source, &there), EXISTING_COMPARE);
    assert_int_equal(
        existing_judge_other(&p, NULL, &source, &there, AT_FDCWD, "/dev/null").verdict,
        EXISTING_REPLACE);
    p.ask = true;
    assert_int_equal(judge(p, &source, &there), EXISTING_COMPARE);
    assert_int_equal(
        existing_judge_other(&p, NULL, &source, &there, AT_FDCWD, "/dev/null").verdict,
        EXISTING_ASK);
    p.ask = false;
    p.update = UPDATE_OLDER;
    assert_int_equal(judge(p, &source, &there), EXISTING_SKIP);
    p.update = UPDATE_NONE_FAIL;
    assert_int_equal(judge(p, &source, &there), EXISTING_REFUSE);
    p.update = UPDATE_ALL;
    there.st_ino = 1; /* the source itself proves nothing */
    assert_int_equal(judge(p, &source, &there), EXISTING_REPLACE);
    there.st_ino = 2;
    there.st_size = 101;
    assert_int_equal(judge(p, &source, &there), EXISTING_REPLACE);
    there.st_size = 100;
    there.st_mode = S_IFLNK | 0777;
    assert_int_equal(judge(p, &source, &there), EXISTING_REPLACE);
}

/* A regular file of the source's size and time of modification is its copy, where copies get
 * times, as coarse as they may be there; but for that the rules are as before. */
static void test_resume(void **state)
{
    struct stat source = at(101, 987654321), there = source, other;
    struct existing_policy p = {.resume = true, .keeps_times = true};

    (void)state;
    source.st_size = there.st_size = 7;
    assert_int_equal(judge(p, &source, &there), EXISTING_HAS);
    other = there;
    other.st_size = 6;
    assert_int_equal(judge(p, &source, &other), EXISTING_REPLACE);
    other = there;
    other.st_mtim.tv_nsec++;
    assert_int_equal(judge(p, &source, &other), EXISTING_REPLACE);
    other = at(101, 0);
    other.st_size = 7;
    assert_int_equal(judge(p, &source, &other), EXISTING_HAS);
    other = there;
    other.st_mode = S_IFLNK | 0777;
    assert_int_equal(judge(p, &source, &other), EXISTING_REPLACE);
    p.update = UPDATE_NONE_FAIL;
    assert_int_equal(judge(p, &source, &there), EXISTING_REFUSE);
    p.update = UPDATE_OLDER;
    assert_int_equal(judge(p, &source, &there), EXISTING_HAS);
    p.keeps_times = false;
    assert_int_equal(judge(p, &source, &there), EXISTING_SKIP);
    p.keeps_times = true;
    p.resume = false;
    assert_int_equal(judge(p, &source, &there), EXISTING_SKIP);
}

static void test_failures(void **state)
{
    struct failure f;

    (void)state;
    assert_int_equal(existing_refused(&f), -EEXIST);
    assert_null(f.op);
    assert_true(f.message[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_ask),
        cmocka_unit_test(test_resolution),
        cmocka_unit_test(test_resolution_of_all_times),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
