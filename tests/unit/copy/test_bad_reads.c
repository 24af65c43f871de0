/* Tests of bad_reads.c, and of what ledger.c and job.c do with it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "copy/bad_reads.h"
#include "copy/job.h"

static void test_positions_change_their_kind(void **state)
{
    struct bad_reads b = {.zero = true, .defers = true};
    uint64_t until = 1000;

    (void)state;
    assert_int_equal(bad_reads_at(&b, 0, &until), READ_AS_USUAL);
    assert_int_equal(until, 1000);
    assert_int_equal(bad_reads_doubt(&b, 100, 200), 0);
    assert_int_equal(bad_reads_at(&b, 0, &until), READ_AS_USUAL);
    assert_int_equal(until, 100);
    assert_int_equal(bad_reads_bad(&b, 120, 130, ENODATA, NULL), 0);
    until = 1000;
    assert_int_equal(bad_reads_at(&b, 100, &until), READ_CAREFULLY);
    assert_int_equal(until, 120);
    until = 1000;
    assert_int_equal(bad_reads_at(&b, 120, &until), READ_ZEROS);
    assert_int_equal(until, 130);
    assert_int_equal(bad_reads_good(&b, 130, 200, NULL), 0);
    until = 1000;
    assert_int_equal(bad_reads_at(&b, 130, &until), READ_AS_USUAL);
    bad_reads_free(&b);
}

static void test_bad_ranges_come_in_order(void **state)
{
    struct bad_reads b = {.zero = true};
    struct range r = {0, 0};
    int err;

    (void)state;
    assert_int_equal(bad_reads_bad(&b, 300, 400, EIO, NULL), 0);
    assert_int_equal(bad_reads_bad(&b, 100, 200, EILSEQ, NULL), 0);
    assert_int_equal(bad_reads_bad(&b, 350, 360, EREMOTEIO, NULL), 0);
    assert_true(bad_reads_first(&b, 0, &r, &err));
    assert_true(r.start == 100 && r.end == 200 && err == EILSEQ);
    assert_true(bad_reads_first(&b, 200, &r, &err));
    assert_true(r.start == 300 && r.end == 350 && err == EIO);
    assert_true(bad_reads_first(&b, 350, &r, &err));
    assert_true(r.start == 350 && r.end == 360 && err == EREMOTEIO);
    assert_true(bad_reads_first(&b, 360, &r, &err));
    assert_true(r.start == 360 && r.end == 400 && err == EIO);
    assert_false(bad_reads_first(&b, 400, &r, &err));
    bad_reads_free(&b);
}

/* Claims for both destinations; end 0: nothing. */
static struct claim claim(struct job *j, bool *takes)
{
    const bool ready[2] = {true, true};
    uint64_t next[2];
    struct claim c = {.range = {0, 0}};

    job_next(j, next);
    if (!job_claim(j, ready, 100, &c, takes))
        c.range.end = 0;
    return c;
}

static void write_claimed(struct job *j, const struct claim *c, const bool *takes)
{
    for (unsigned d = 0; d < 2; d++)
        if (takes[d])
            job_written(j, d, c->range.start, c->range.end);
}

/* What is doubtful comes last, carefully, when nothing is under way; what is bad once more for each
 * retry; a destination is complete after that. */
static void test_passes(void **state)
{
    struct endpoint dests[2] = {{.file = 0}, {.file = 0}};
    struct claim first, c;
    struct job_view view[2];
    bool takes[2], all[2] = {true, true};
    uint64_t read;
    struct job j;

    (void)state;
    assert_int_equal(job_init(&j, 2, 300, true, 4), 0);
    j.dests = dests;
    j.bad.zero = j.bad.defers = true;
    j.bad.retries = 1;
    job_start(&j);
    first = claim(&j, takes);
    assert_true(first.range.start == 0 && first.range.end == 100 && !first.careful);
    job_doubt(&j, &first.range, all);
    c = claim(&j, takes);
    assert_true(c.range.start == 100 && !c.careful);
    write_claimed(&j, &c, takes);
    first = claim(&j, takes);
    assert_true(first.range.start == 200);
    c = claim(&j, takes);
    assert_true(c.range.end == 0); /* 200 is under way */
    write_claimed(&j, &first, all);
    c = claim(&j, takes);
    assert_true(c.range.start == 0 && c.range.end == 100 && c.careful);
    job_tried(&j, 0, 50, 0, all);
    job_tried(&j, 50, 60, EIO, all);
    job_tried(&j, 60, 100, 0, all);
    write_claimed(&j, &c, all);
    job_look(&j, view, &read);
    assert_true(view[0].missing == 10 && view[0].state.stage == STAGE_COPYING);
    c = claim(&j, takes); /* the retry */
    assert_true(c.range.start == 50 && c.range.end == 60 && c.careful);
    job_tried(&j, 50, 60, EIO, all);
    write_claimed(&j, &c, all);
    job_look(&j, view, &read);
    assert_true(view[0].missing == 0 && view[0].state.stage == STAGE_COMPLETE);
    assert_true(view[1].state.stage == STAGE_COMPLETE);
    job_free(&j);
}

/* Two destinations read the same sectors apart, which fail for one of them. They are bad as long as
 * it has their zeros. */
static void test_zeros_of_one(void **state)
{
    static const bool one[2] = {true, false}, other[2] = {false, true}, both[2] = {true, true};
    struct bad_reads b = {.zero = true, .defers = true};
    struct range r;
    int err;

    (void)state;
    assert_int_equal(bad_reads_init(&b, 2), 0);
    assert_int_equal(bad_reads_bad(&b, 100, 200, EIO, one), 0);
    assert_int_equal(bad_reads_bad(&b, 300, 400, EIO, both), 0);
    assert_int_equal(bad_reads_good(&b, 0, 1000, other), 0);
    assert_true(bad_reads_first(&b, 0, &r, &err) && r.start == 100 && r.end == 200);
    assert_true(bad_reads_first(&b, 200, &r, &err) && r.start == 300 && r.end == 400);
    /* It reads a part of it once more. */
    assert_int_equal(bad_reads_again(&b, 0, 120, 350), 0);
    assert_int_equal(bad_reads_good(&b, 0, 1000, other), 0);
    assert_true(bad_reads_first(&b, 0, &r, &err) && r.start == 100 && r.end == 120);
    assert_true(bad_reads_first(&b, 120, &r, &err) && r.start == 350 && r.end == 400);
    assert_int_equal(bad_reads_good(&b, 110, 360, one), 0);
    assert_true(bad_reads_first(&b, 0, &r, &err) && r.start == 100 && r.end == 110);
    assert_true(bad_reads_first(&b, 110, &r, &err) && r.start == 360 && r.end == 400);
    /* It gets zeros that nobody has tried to read for it. */
    assert_int_equal(bad_reads_zeros(&b, 360, 370, other), 0);
    assert_int_equal(bad_reads_good(&b, 0, 1000, one), 0);
    assert_true(bad_reads_first(&b, 0, &r, &err) && r.start == 360 && r.end == 370);
    assert_false(bad_reads_first(&b, 370, &r, &err));
    bad_reads_free(&b);
}

/* The same as the workers do it: one has claimed the range before the other finds it bad, and reads
 * it well. What is bad is not lost; with a retry both get it again. */
static void test_apart(void **state)
{
    static const bool one[2] = {true, false}, other[2] = {false, true};
    struct endpoint dests[2] = {{.file = 0}, {.file = 0}};
    bool takes[2], all[2] = {true, true};
    struct claim a, b;
    struct range r;
    int err;

    (void)state;
    for (unsigned retries = 0; retries < 2; retries++) {
        struct job j;

        assert_int_equal(job_init(&j, 2, 100, true, 4), 0);
        j.dests = dests;
        j.bad.zero = j.bad.defers = true;
        j.bad.retries = retries;
        job_start(&j);
        a = claim(&j, takes);
        job_doubt(&j, &a.range, all);
        job_next(&j, (uint64_t[2]){0});
        assert_true(job_claim(&j, one, 100, &a, takes) && a.careful && !takes[1]);
        assert_true(job_claim(&j, other, 100, &b, takes) && b.careful && !takes[0]);
        job_tried(&j, 0, 100, EIO, one);
        job_tried(&j, 0, 100, 0, other);
        job_written(&j, 0, 0, 100);
        job_written(&j, 1, 0, 100);
        assert_true(job_first_bad(&j, 0, &r, &err) && r.start == 0 && r.end == 100);
        if (retries > 0) {
            a = claim(&j, takes);
            assert_true(a.careful && takes[0] && takes[1]);
            job_tried(&j, 0, 100, 0, takes);
            write_claimed(&j, &a, takes);
            assert_false(job_first_bad(&j, 0, &r, &err));
        }
        assert_int_equal(j.states[0].stage, STAGE_COMPLETE);
        assert_int_equal(j.states[1].stage, STAGE_COMPLETE);
        job_free(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions_change_their_kind),
        cmocka_unit_test(test_bad_ranges_come_in_order),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_zeros_of_one),
        cmocka_unit_test(test_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
