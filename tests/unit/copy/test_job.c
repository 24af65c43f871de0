/* Tests of job.c: the fate of destinations and source, accounting that fails, and workers that
 * share one job. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "copy/job.h"

/* The ledger's sets allocate through reallocarray(3) alone; this one fails when fail_after more
 * calls have succeeded. */
static unsigned fail_after = UINT32_MAX;

void *reallocarray(void *p, size_t n, size_t size)
{
    if (fail_after == 0) {
        errno = ENOMEM;
        return NULL;
    }
    if (fail_after != UINT32_MAX)
        fail_after--;
    return realloc(p, n * size);
}

static int reset_allocator(void **state)
{
    (void)state;
    fail_after = UINT32_MAX;
    return 0;
}

#define CHUNK 10u

/* For sets of destinations: bit d stands for destination d. */
#define ALL       UINT32_MAX
#define MAX_DESTS 8u

static void make_job(struct job *j, struct endpoint *dests, unsigned n_dests, uint64_t size,
                     bool size_known, unsigned claims)
{
    assert_int_equal(job_init(j, n_dests, size, size_known, claims), 0);
    memset(dests, 0, n_dests * sizeof(dests[0]));
    j->dests = dests;
    j->chunk_size = CHUNK;
}

static struct job_view look(struct job *j, unsigned d)
{
    struct job_view view[MAX_DESTS];
    uint64_t read_bytes;

    assert_true(j->n_dests <= MAX_DESTS);
    job_look(j, view, &read_bytes);
    return view[d];
}

static void assert_failure(const struct failure *f, const char *op, int err, uint64_t offset)
{
    assert_string_equal(f->op, op);
    assert_int_equal(f->err, err);
    assert_int_equal(f->offset, offset);
}

static void assert_dropped(struct job *j, unsigned d, const char *op, int err, uint64_t offset)
{
    struct job_view view = look(j, d);

    assert_int_equal(view.state.stage, STAGE_DROPPED);
    assert_failure(&view.state.failure, op, err, offset);
}

static _Thread_local bool claimed_hole; /* the last claim of this thread: it was one */

/* Claims for the ready destinations; the mask of those that take part, 0: nothing to claim. */
static unsigned claim_work(struct job *j, unsigned ready, struct claim *claim)
{
    bool mask[MAX_DESTS], takes[MAX_DESTS];
    unsigned taken = 0;

    assert_true(j->n_dests <= MAX_DESTS);
    for (unsigned d = 0; d < j->n_dests; d++)
        mask[d] = ready >> d & 1;
    if (!job_claim(j, mask, j->chunk_size, claim, takes))
        return 0;
    for (unsigned d = 0; d < j->n_dests; d++)
        taken |= (unsigned)takes[d] << d;
    return taken;
}

/* Claims a range, as long as there is no flush to be claimed. */
static unsigned claim_for(struct job *j, unsigned ready, struct range *r)
{
    struct claim claim;
    unsigned taken = claim_work(j, ready, &claim);

    if (taken == 0)
        return 0;
    assert_int_equal(claim.work, WORK_COPY);
    claimed_hole = claim.hole;
    *r = claim.range;
    return taken;
}

/* Claims flushes, with no destination ready; the mask of those to be flushed. */
static unsigned claim_flushes(struct job *j)
{
    struct claim claim;
    unsigned taken = claim_work(j, 0, &claim);

    assert_true(taken == 0 || claim.work == WORK_FLUSH);
    return taken;
}

static enum dest_stage stage(struct job *j, unsigned d)
{
    return look(j, d).state.stage;
}

static void assert_claim_for(struct job *j, unsigned ready, uint64_t start, uint64_t end,
                             unsigned takes)
{
    struct range r = {0, 0};

    assert_int_equal(claim_for(j, ready, &r), takes);
    assert_int_equal(r.start, start);
    assert_int_equal(r.end, end);
}

static void assert_claim(struct job *j, uint64_t start, uint64_t end, unsigned takes)
{
    assert_claim_for(j, ALL, start, end, takes);
}

static void assert_no_claim(struct job *j)
{
    struct range r = {7, 9};

    assert_int_equal(claim_for(j, ALL, &r), 0);
    assert_true(r.start == 7 && r.end == 9);
}

static void assert_next(struct job *j, unsigned d, uint64_t pos)
{
    uint64_t next[MAX_DESTS];

    job_next(j, next);
    assert_true(next[d] == pos);
}

/* Gives a claim back for the destinations of the mask. */
static void give_back(struct job *j, unsigned mask, uint64_t start, uint64_t end)
{
    for (unsigned d = 0; d < j->n_dests; d++)
        if (mask >> d & 1)
            job_return(j, d, WORK_COPY, &(struct range){start, end});
}

static void test_plain_copy(void **state)
{
    struct job j;
    struct endpoint dests[2];
    struct job_view view[2];
    uint64_t read_bytes;

    (void)state;
    make_job(&j, dests, 2, 15, true, 4);
    assert_int_equal(j.alive, 2);
    assert_int_equal(j.end, 15);
    assert_false(job_stopping(&j));
    assert_next(&j, 0, 0);
    assert_claim(&j, 0, 10, 3);
    assert_next(&j, 0, 10);
    assert_claim(&j, 10, 15, 3);
    assert_no_claim(&j);
    assert_next(&j, 1, UINT64_MAX);
    assert_int_equal(job_prefix(&j, 0), 0);
    job_read(&j, 10);
    job_read(&j, 5);
    job_written(&j, 0, 0, 10);
    job_written(&j, 0, 10, 15);
    job_written(&j, 1, 0, 4);
    assert_true(job_prefix(&j, 0) == UINT64_MAX);
    assert_int_equal(job_prefix(&j, 1), 4);

    job_look(&j, view, &read_bytes);
    assert_int_equal(read_bytes, 15);
    assert_int_equal(view[0].missing, 0);
    assert_int_equal(view[1].missing, 11);
    assert_int_equal(view[0].held, 15);
    assert_int_equal(view[1].held, 4);
    assert_int_equal(view[1].state.stage, STAGE_COPYING);

    give_back(&j, 3, 0, 10);
    assert_next(&j, 0, UINT64_MAX);
    assert_next(&j, 1, 4);
    assert_claim(&j, 4, 10, 2);
    assert_no_claim(&j);
    job_free(&j);
}

static void test_claims_are_for_the_ready(void **state)
{
    struct job j;
    struct endpoint dests[3];
    struct range r;

    (void)state;
    make_job(&j, dests, 3, 20, true, 4);
    assert_int_equal(claim_for(&j, 0, &r), 0);
    assert_claim_for(&j, 6, 0, 10, 6);
    assert_next(&j, 0, 0);
    assert_next(&j, 1, 10);
    assert_claim_for(&j, 4, 10, 20, 4);
    assert_claim(&j, 0, 10, 1);
    assert_claim(&j, 10, 20, 3);
    assert_no_claim(&j);
    job_free(&j);
}

static void test_empty_source(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_job(&j, dests, 1, 0, true, 4);
    assert_no_claim(&j);
    assert_int_equal(look(&j, 0).missing, 0);
    assert_false(job_stopping(&j));
    job_source_end(&j, 0);
    assert_int_equal(j.source_failure.err, 0);
    job_free(&j);
}

static void test_drop(void **state)
{
    struct job j;
    struct endpoint dests[2];
    const struct failure first = {"write", ENOSPC, 4, "", false};
    const struct failure second = {"fsync", EIO, FAILURE_NO_OFFSET, "", false};

    (void)state;
    make_job(&j, dests, 2, 30, true, 4);
    assert_claim(&j, 0, 10, 3);
    job_written(&j, 0, 0, 4);
    job_drop(&j, 0, &first);
    job_drop(&j, 0, &second);
    assert_int_equal(j.alive, 1);
    assert_true(job_dropped(&j, 0));
    assert_false(job_dropped(&j, 1));
    assert_dropped(&j, 0, "write", ENOSPC, 4);
    assert_true(job_prefix(&j, 0) == UINT64_MAX);
    assert_int_equal(job_prefix(&j, 1), 0);
    assert_next(&j, 0, UINT64_MAX);
    assert_next(&j, 1, 10);

    /* What it holds stays known for the report, and late results change nothing. */
    assert_int_equal(look(&j, 0).missing, 26);
    job_written(&j, 0, 4, 10);
    job_flushed(&j, 0);
    give_back(&j, 1, 0, 10);
    assert_next(&j, 0, UINT64_MAX);
    assert_int_equal(look(&j, 0).missing, 26);
    assert_int_equal(look(&j, 0).held, 4);
    assert_int_equal(stage(&j, 0), STAGE_DROPPED);

    assert_false(job_stopping(&j));
    assert_claim(&j, 10, 20, 2);
    job_drop(&j, 1, &second);
    assert_int_equal(j.alive, 0);
    assert_true(job_stopping(&j));
    assert_no_claim(&j);
    job_free(&j);
}

static void test_drop_stops_on_error(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 30, true, 4);
    j.stop_on_error = true;
    job_drop(&j, 1, &(struct failure){"write", EIO, 0, "", false});
    assert_int_equal(j.alive, 1);
    assert_true(job_stopping(&j));
    assert_no_claim(&j);
    job_free(&j);
}

static void test_stop(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_job(&j, dests, 1, 30, true, 4);
    assert_claim(&j, 0, 10, 1);
    job_stop(&j);
    assert_true(job_stopping(&j));
    assert_no_claim(&j);
    job_written(&j, 0, 0, 10); /* what is in flight still counts */
    assert_int_equal(look(&j, 0).missing, 20);
    job_free(&j);
}

static void test_source_fails(void **state)
{
    struct job j;
    struct endpoint dests[1];
    struct failure first;

    (void)state;
    make_job(&j, dests, 1, 30, true, 4);
    job_source_failure(&j, &first);
    assert_int_equal(first.err, 0);
    job_fail_source(&j, &(struct failure){"read", EIO, 12, "", false});
    job_fail_source(&j, &(struct failure){"read", EBADF, 0, "", false});
    job_source_end(&j, 3);
    assert_failure(&j.source_failure, "read", EIO, 12);
    job_source_failure(&j, &first);
    assert_failure(&first, "read", EIO, 12);
    assert_true(job_stopping(&j));
    assert_no_claim(&j);
    assert_int_equal(look(&j, 0).missing, 30);
    job_free(&j);
}

static void test_known_size_shrinks(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_job(&j, dests, 1, 30, true, 4);
    j.source.base = 1000;
    job_source_end(&j, 30);
    job_source_end(&j, 31);
    assert_int_equal(j.source_failure.err, 0);
    job_source_end(&j, 29);
    assert_failure(&j.source_failure, "read", ESTALE, 1029);
    assert_string_equal(j.source_failure.message, "file shrank while it was copied");
    assert_true(job_stopping(&j));
    assert_int_equal(look(&j, 0).missing, 30); /* nothing is made to look complete */
    job_free(&j);
}

static void test_unknown_size_ends(void **state)
{
    struct job j;
    struct endpoint dests[2];
    const struct failure f = {"write", ENOSPC, 4, "", false};

    (void)state;
    make_job(&j, dests, 2, UINT64_MAX, false, 4);
    assert_claim(&j, 0, 10, 3);
    assert_claim(&j, 10, 20, 3);
    assert_claim(&j, 20, 30, 3);
    job_written(&j, 1, 0, 4);
    job_drop(&j, 1, &f);
    assert_int_equal(look(&j, 1).held, 4);

    /* The worker behind the end sees it first. */
    job_source_end(&j, 20);
    assert_int_equal(j.end, 20);
    job_source_end(&j, 13);
    assert_int_equal(j.end, 13);
    job_source_end(&j, 20);
    assert_int_equal(j.end, 13);
    assert_int_equal(j.source_failure.err, 0);
    assert_false(job_stopping(&j));

    job_written(&j, 0, 0, 10);
    give_back(&j, 3, 10, 20);
    assert_claim(&j, 10, 13, 1);
    assert_no_claim(&j);
    assert_int_equal(look(&j, 0).missing, 3);
    assert_int_equal(look(&j, 1).missing, 9); /* 13 less the 4 it held when it was dropped */
    assert_int_equal(look(&j, 1).held, 4);
    job_written(&j, 0, 10, 13);
    assert_int_equal(look(&j, 0).missing, 0);
    job_free(&j);
}

/* A flush counts only for what was written before it began. */
static void test_written_after_the_flush(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_job(&j, dests, 1, 20, true, 4);
    dests[0].flush = true;
    assert_int_equal(stage(&j, 0), STAGE_COPYING);
    job_written(&j, 0, 0, 20);
    assert_int_equal(stage(&j, 0), STAGE_WRITTEN);
    assert_int_equal(claim_flushes(&j), 1);
    assert_int_equal(stage(&j, 0), STAGE_FLUSHING);
    job_written(&j, 0, 10, 20);
    assert_int_equal(stage(&j, 0), STAGE_WRITTEN);
    job_flushed(&j, 0); /* too early to count */
    assert_int_equal(stage(&j, 0), STAGE_WRITTEN);
    assert_int_equal(claim_flushes(&j), 1);
    job_flushed(&j, 0);
    assert_int_equal(stage(&j, 0), STAGE_COMPLETE);
    job_written(&j, 0, 10, 20);
    assert_int_equal(stage(&j, 0), STAGE_WRITTEN);
    job_free(&j);
}

static void test_claim_flush(void **state)
{
    struct claim claim;
    struct job j;
    struct endpoint dests[4];

    (void)state;
    make_job(&j, dests, 4, 20, true, 4);
    dests[0].flush = true;
    dests[1].flush = true;
    dests[3].flush = true;
    assert_int_equal(claim_flushes(&j), 0); /* nobody is complete */
    job_written(&j, 0, 0, 20);
    job_written(&j, 2, 0, 20);
    job_drop(&j, 1, &(struct failure){"write", EIO, 0, "", false});
    assert_int_equal(stage(&j, 2), STAGE_COMPLETE); /* wants no flush */
    assert_int_equal(claim_work(&j, ALL, &claim), 1);
    assert_int_equal(claim.work, WORK_FLUSH); /* before any range */
    assert_true(claim.range.start == claim.range.end);
    assert_false(claim.hole);
    assert_int_equal(claim_flushes(&j), 0); /* somebody does it */
    assert_claim(&j, 0, 10, 13);
    job_return(&j, 0, WORK_FLUSH, NULL);
    job_written(&j, 3, 0, 20);
    assert_int_equal(claim_flushes(&j), 9);
    job_flushed(&j, 0);
    assert_int_equal(stage(&j, 0), STAGE_COMPLETE);
    assert_int_equal(stage(&j, 3), STAGE_FLUSHING);
    job_return(&j, 0, WORK_FLUSH, NULL); /* is no longer claimed */
    assert_int_equal(claim_flushes(&j), 0);
    job_free(&j);
}

/* What needs no bytes is past copying from the start. */
static void test_start_with_all(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 0, true, 4);
    dests[1].flush = true;
    job_start(&j);
    assert_int_equal(stage(&j, 0), STAGE_COMPLETE);
    assert_int_equal(stage(&j, 1), STAGE_WRITTEN);
    assert_int_equal(claim_flushes(&j), 2);
    job_free(&j);
}

/* The end of the source may be all that a destination was waiting for. */
static void test_end_completes(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 100, false, 4);
    dests[1].flush = true;
    job_written(&j, 0, 0, 13);
    job_written(&j, 1, 0, 13);
    assert_int_equal(stage(&j, 0), STAGE_COPYING);
    job_source_end(&j, 13);
    assert_int_equal(stage(&j, 0), STAGE_COMPLETE);
    assert_int_equal(claim_flushes(&j), 2);
    job_free(&j);
}

static void test_no_flush_after_the_stop(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_job(&j, dests, 1, 20, true, 4);
    dests[0].flush = true;
    job_written(&j, 0, 0, 20);
    job_stop(&j);
    assert_int_equal(claim_flushes(&j), 0);
    assert_int_equal(stage(&j, 0), STAGE_WRITTEN);
    job_free(&j);
}

/* Whether there was news of a destination since the last call. */
static bool any_news(const struct job *j)
{
    uint64_t n;

    return read(j->news_fd, &n, sizeof n) == sizeof n;
}

static void test_news(void **state)
{
    struct job j;
    struct endpoint dests[3];

    (void)state;
    make_job(&j, dests, 3, 20, true, 4);
    j.news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(j.news_fd >= 0);
    dests[1].flush = true;
    job_written(&j, 0, 0, 10);
    assert_false(any_news(&j));
    job_written(&j, 0, 10, 20);
    assert_true(any_news(&j)); /* complete */
    job_written(&j, 1, 0, 20);
    assert_false(any_news(&j)); /* not before it is flushed */
    assert_int_equal(claim_flushes(&j), 2);
    job_flushed(&j, 1);
    assert_true(any_news(&j));
    job_drop(&j, 2, &(struct failure){"write", EIO, 0, "", false});
    assert_true(any_news(&j));
    assert_false(any_news(&j));
    close(j.news_fd);
    job_free(&j);
}

static void test_init_out_of_memory(void **state)
{
    struct job j;

    (void)state;
    for (unsigned i = 0; i < 4; i++) { /* two sets per destination */
        fail_after = i;
        assert_int_equal(job_init(&j, 2, 100, true, 4), -ENOMEM);
    }
}

static void test_written_out_of_memory_drops_the_destination(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 30, true, 0); /* no claims reserved: the first hole allocates */
    assert_claim(&j, 0, 10, 3);
    assert_claim(&j, 10, 20, 3);
    fail_after = 0;
    job_written(&j, 0, 10, 20);
    assert_true(job_dropped(&j, 0));
    assert_false(job_dropped(&j, 1));
    assert_dropped(&j, 0, "account", ENOMEM, FAILURE_NO_OFFSET);
    assert_int_equal(look(&j, 0).missing, 30);
    assert_int_equal(j.alive, 1);
    job_free(&j);
}

static void test_return_out_of_memory_drops_those_who_need_it(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 30, true, 0);
    assert_claim(&j, 0, 10, 3);
    assert_claim(&j, 10, 20, 3);
    job_written(&j, 1, 0, 10);
    fail_after = 0;
    give_back(&j, 3, 0, 10);
    assert_true(job_dropped(&j, 0));
    assert_false(job_dropped(&j, 1));
    assert_dropped(&j, 0, "account", ENOMEM, FAILURE_NO_OFFSET);
    assert_true(look(&j, 0).missing > 0);
    assert_false(job_stopping(&j));
    assert_claim(&j, 20, 30, 2);
    job_free(&j);
}

static void test_account_failure_stops_on_error(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 30, true, 0);
    j.stop_on_error = true;
    assert_claim(&j, 0, 10, 3);
    fail_after = 0;
    give_back(&j, 3, 0, 10); /* touches the rest: needs no memory */
    assert_false(job_stopping(&j));
    assert_claim(&j, 0, 10, 3);
    assert_claim(&j, 10, 20, 3);
    give_back(&j, 3, 0, 10);
    assert_true(job_stopping(&j));
    assert_int_equal(j.alive, 0);
    job_free(&j);
}

static void test_fail_rest(void **state)
{
    struct job j;
    struct endpoint dests[3];

    (void)state;
    make_job(&j, dests, 3, 20, true, 4);
    job_written(&j, 0, 0, 20);
    job_written(&j, 1, 0, 15);
    job_drop(&j, 2, &(struct failure){"write", ENOSPC, 4, "", false});
    job_fail_rest(&j, EMFILE);
    assert_false(job_dropped(&j, 0));
    assert_dropped(&j, 1, "start another worker", EMFILE, FAILURE_NO_OFFSET);
    assert_int_equal(look(&j, 1).missing, 5);
    assert_dropped(&j, 2, "write", ENOSPC, 4);
    assert_int_equal(j.alive, 1);
    job_free(&j);
}

static void test_detach(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_job(&j, dests, 2, 20, true, 4);
    job_detach(&j, 1);
    assert_false(look(&j, 0).state.detached);
    assert_true(look(&j, 1).state.detached);

    /* It is one of the copy's destinations all the same. */
    assert_false(job_dropped(&j, 1));
    assert_int_equal(j.alive, 2);
    assert_claim(&j, 0, 10, 3);
    job_free(&j);
}

/* Workers. A claim is its worker's alone for those that it is for, so plain memory holds the
 * bytes: a range that two workers write to a destination at once is a data race, which the
 * thread sanitizer reports. */
#define WORKERS 4u
#define DESTS   3u
#define SIZE    20000u

struct shared {
    struct job job;
    struct endpoint dests[DESTS];
    unsigned char written[DESTS][SIZE];
    uint64_t source_end; /* what is really there */
    uint64_t fail_at;    /* destination 2 fails when this byte is written; SIZE: never */
};

struct worker {
    struct shared *shared;
    pthread_t thread;
    uint64_t random_state;
};

static unsigned below(struct worker *w, unsigned n)
{
    w->random_state ^= w->random_state >> 12;
    w->random_state ^= w->random_state << 25;
    w->random_state ^= w->random_state >> 27;
    return (unsigned)((w->random_state * 0x2545f4914f6cdd1dull) >> 33) % n;
}

static void settle(struct worker *w, unsigned d, const struct range *r)
{
    struct shared *s = w->shared;
    uint64_t end = r->end;

    if (job_dropped(&s->job, d))
        return;
    if (d == 2 && s->fail_at >= r->start && s->fail_at < r->end) {
        job_drop(&s->job, d, &(struct failure){"write", ENOSPC, s->fail_at, "", false});
        return;
    }
    if (below(w, 5) == 0)
        end = r->start + below(w, (unsigned)(r->end - r->start));
    for (uint64_t pos = r->start; pos < end; pos++)
        s->written[d][pos]++;
    job_written(&s->job, d, r->start, end);
    if (end < r->end)
        job_return(&s->job, d, WORK_COPY, r);
}

/* For some of the destinations only, now and then; at last for any. */
static unsigned claim_some(struct worker *w, struct range *r)
{
    unsigned some = below(w, 3) == 0 ? 1 + below(w, (1u << DESTS) - 1) : ALL;
    unsigned taken = claim_for(&w->shared->job, some, r);

    return taken != 0 ? taken : claim_for(&w->shared->job, ALL, r);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct shared *s = w->shared;
    struct range r;
    unsigned taken;

    while ((taken = claim_some(w, &r)) != 0) {
        if (r.end > s->source_end) {
            job_source_end(&s->job, s->source_end);
            give_back(&s->job, taken, r.start, r.end);
            continue;
        }
        job_read(&s->job, r.end - r.start);
        for (unsigned d = 0; d < DESTS; d++)
            if (taken >> d & 1)
                settle(w, d, &r);
    }
    return NULL;
}

static void run_workers(struct shared *s, uint64_t seed)
{
    struct worker workers[WORKERS];

    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].shared = s;
        workers[i].random_state = seed + i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

/* Every byte of the source exactly once, and nothing behind its end. */
static void check_written(const struct shared *s, unsigned d, uint64_t seed)
{
    for (uint64_t pos = 0; pos < SIZE; pos++) {
        if (s->written[d][pos] == (pos < s->source_end ? 1 : 0))
            continue;
        print_error("seed 0x%llx, destination %u, byte %llu\n", (unsigned long long)seed, d,
                    (unsigned long long)pos);
        fail_msg("written %u times", s->written[d][pos]);
    }
}

static void run_shared_job(uint64_t seed, uint64_t source_end, uint64_t fail_at)
{
    struct shared *s = calloc(1, sizeof(*s));
    struct job_view view[DESTS];
    uint64_t read_bytes;
    unsigned healthy = fail_at < SIZE ? DESTS - 1 : DESTS;

    assert_non_null(s);
    make_job(&s->job, s->dests, DESTS, SIZE, source_end == SIZE, WORKERS);
    s->source_end = source_end;
    s->fail_at = fail_at;
    run_workers(s, seed);

    job_look(&s->job, view, &read_bytes);
    assert_int_equal(s->job.end, source_end);
    assert_true(read_bytes >= source_end);
    assert_int_equal(s->job.alive, healthy);
    for (unsigned d = 0; d < healthy; d++) {
        assert_int_equal(view[d].missing, 0);
        assert_int_equal(view[d].state.stage, STAGE_COMPLETE);
        check_written(s, d, seed);
    }
    if (healthy < DESTS) {
        assert_int_equal(view[2].state.stage, STAGE_DROPPED);
        assert_failure(&view[2].state.failure, "write", ENOSPC, fail_at);
        assert_true(view[2].missing > 0);
    }
    job_free(&s->job);
    free(s);
}

static void test_workers(void **state)
{
    (void)state;
    run_shared_job(0x5eed3000u, SIZE, SIZE);
    run_shared_job(0x5eed3100u, SIZE, SIZE / 2 + 3);
    run_shared_job(0x5eed3200u, SIZE - 4321, SIZE);
    run_shared_job(0x5eed3300u, SIZE - 4321, SIZE / 3);
}

/* One is given all from elsewhere; one that was to be is left to the workers in the end. */
static void test_set_aside(void **state)
{
    struct endpoint dests[3];
    struct job j;

    (void)state;
    make_job(&j, dests, 3, 2 * CHUNK, true, 4);
    dests[0].flush = true;
    job_set_aside(&j, 0);
    job_set_aside(&j, 2);
    assert_claim(&j, 0, CHUNK, 2);
    assert_int_equal(look(&j, 0).missing, 2 * CHUNK);
    job_given(&j, 0);
    assert_int_equal(look(&j, 0).held, 2 * CHUNK);
    assert_int_equal(stage(&j, 0), STAGE_COMPLETE);
    assert_int_equal(claim_flushes(&j), 0);
    job_return(&j, 2, WORK_COPY, &(struct range){0, 2 * CHUNK});
    assert_claim(&j, 0, CHUNK, 4);
    assert_claim(&j, CHUNK, 2 * CHUNK, 6);
    assert_no_claim(&j);
    job_free(&j);
}

/* What is passed over is held like what is written. */
static void test_passed(void **state)
{
    struct endpoint dests[1];
    struct job j;

    (void)state;
    make_job(&j, dests, 1, 2 * CHUNK, true, 4);
    dests[0].blank = true;
    assert_claim(&j, 0, CHUNK, 1);
    assert_false(claimed_hole);
    job_passed(&j, 0, 2, CHUNK);
    assert_int_equal(look(&j, 0).missing, 2 + CHUNK);
    job_written(&j, 0, 0, 2);
    assert_int_equal(look(&j, 0).held, CHUNK);
    job_free(&j);
}

/* ---- wipes ---- */

/* A job of destinations with and without heads; two chunks per worker. */
static void make_wiped_job(struct job *j, struct endpoint *dests, unsigned n, unsigned heads,
                           bool size_known)
{
    make_job(j, dests, n, 30, size_known, 8);
    j->buffers = 2;
    for (unsigned d = 0; d < n; d++)
        dests[d].head = heads >> d & 1 ? 15 : 0;
    job_start(j);
}

/* Claims wipes, with no destination ready. */
static unsigned claim_wipes(struct job *j)
{
    struct claim claim;
    unsigned taken = claim_work(j, 0, &claim);

    if (taken == 0)
        return 0;
    assert_int_equal(claim.work, WORK_WIPE);
    assert_true(claim.hole && claim.range.start == 0 && claim.range.end == CHUNK);
    return taken;
}

/* Wipes come before all else, and each is claimed once: one destination at a time where there are
 * chunks enough. */
static void test_wipes_come_first(void **state)
{
    struct job j;
    struct endpoint dests[5];

    (void)state;
    make_wiped_job(&j, dests, 5, 7, true);
    assert_int_equal(claim_wipes(&j), 3);
    assert_int_equal(claim_wipes(&j), 4);
    assert_int_equal(claim_wipes(&j), 0);
    for (unsigned d = 0; d < 5; d++) {
        assert_int_equal(job_awaits_wipe(&j, d), d < 3);
        assert_int_equal(look(&j, d).state.wiped, d < 3);
    }
    assert_claim_for(&j, 24, 0, 10, 24);
    job_wiped(&j, 1);
    assert_false(job_awaits_wipe(&j, 1));
    assert_int_equal(stage(&j, 1), STAGE_COPYING);
    assert_claim_for(&j, 26, 0, 10, 2);
    job_free(&j);
}

/* One that is returned is claimed again, and goes on from what is zeros. */
static void test_wipe_returned(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_wiped_job(&j, dests, 1, 1, true);
    assert_int_equal(claim_wipes(&j), 1);
    job_zeroed(&j, 0, 10);
    job_return(&j, 0, WORK_WIPE, NULL);
    assert_int_equal(stage(&j, 0), STAGE_UNWIPED);
    assert_true(job_awaits_wipe(&j, 0));
    assert_int_equal(claim_wipes(&j), 1);
    assert_int_equal(look(&j, 0).state.zeroed, 10);
    job_zeroed(&j, 0, 5);
    job_wiped(&j, 0);
    job_return(&j, 0, WORK_WIPE, NULL); /* too late */
    assert_int_equal(stage(&j, 0), STAGE_COPYING);
    assert_int_equal(claim_wipes(&j), 0);
    assert_claim(&j, 0, 10, 1);
    job_free(&j);
}

/* One that is dropped stays so, whatever becomes of its wipe. */
static void test_wipe_dropped(void **state)
{
    struct job j;
    struct endpoint dests[3];

    (void)state;
    make_wiped_job(&j, dests, 3, 7, true);
    job_drop(&j, 2, &(struct failure){"open", EIO, 0, "", false});
    assert_int_equal(claim_wipes(&j), 1);
    assert_int_equal(claim_wipes(&j), 2);
    job_drop(&j, 0, &(struct failure){"wipe", EIO, 0, "", false});
    job_return(&j, 0, WORK_WIPE, NULL);
    assert_int_equal(stage(&j, 0), STAGE_DROPPED);
    job_wiped(&j, 0);
    assert_dropped(&j, 0, "wipe", EIO, 0);
    assert_false(job_awaits_wipe(&j, 0));
    assert_int_equal(claim_wipes(&j), 0);
    assert_false(look(&j, 2).state.wiped); /* it was left alone */
    job_fail_rest(&j, EAGAIN);
    assert_dropped(&j, 1, "start another worker", EAGAIN, FAILURE_NO_OFFSET);
    job_free(&j);
}

/* Nothing is claimed when the copy stops; who refuses its wipe is as it was, unless some of it has
 * been done. */
static void test_wipe_left_undone(void **state)
{
    struct job j;
    struct endpoint dests[2];

    (void)state;
    make_wiped_job(&j, dests, 2, 3, true);
    assert_int_equal(claim_wipes(&j), 1);
    job_not_wiped(&j, 0);
    assert_false(look(&j, 0).state.wiped);
    job_zeroed(&j, 0, 1);
    job_not_wiped(&j, 0);
    assert_true(look(&j, 0).state.wiped);
    job_stop(&j);
    assert_int_equal(claim_wipes(&j), 0);
    assert_false(look(&j, 1).state.wiped);
    job_free(&j);
}

/* The source turns out to be empty before the wipe has ended: nothing is complete before that. */
static void test_end_before_the_wipe(void **state)
{
    struct job j;
    struct endpoint dests[1];

    (void)state;
    make_wiped_job(&j, dests, 1, 1, false);
    job_source_end(&j, 0);
    assert_int_equal(stage(&j, 0), STAGE_UNWIPED);
    assert_int_equal(claim_wipes(&j), 1);
    job_zeroed(&j, 0, 15);
    assert_int_equal(stage(&j, 0), STAGE_WIPING);
    job_wiped(&j, 0);
    assert_int_equal(stage(&j, 0), STAGE_COMPLETE);
    job_free(&j);
}

/* What an earlier run has left is no reason to leave the wipe out. */
static void test_held_and_wiped(void **state)
{
    struct job j;
    struct endpoint dests[1] = {{0}};
    struct ranges held;

    (void)state;
    ranges_init(&held);
    make_job(&j, dests, 1, 30, true, 4);
    dests[0].head = 15;
    assert_int_equal(ranges_add(&held, 15, 30), 0);
    assert_int_equal(job_hold(&j, 0, &held), 0);
    job_start(&j);
    assert_int_equal(claim_wipes(&j), 1);
    job_wiped(&j, 0);
    assert_claim(&j, 0, 10, 1);
    assert_claim(&j, 10, 15, 1);
    ranges_free(&held);
    job_free(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_plain_copy, reset_allocator),
        cmocka_unit_test_setup(test_claims_are_for_the_ready, reset_allocator),
        cmocka_unit_test_setup(test_empty_source, reset_allocator),
        cmocka_unit_test_setup(test_drop, reset_allocator),
        cmocka_unit_test_setup(test_drop_stops_on_error, reset_allocator),
        cmocka_unit_test_setup(test_stop, reset_allocator),
        cmocka_unit_test_setup(test_source_fails, reset_allocator),
        cmocka_unit_test_setup(test_known_size_shrinks, reset_allocator),
        cmocka_unit_test_setup(test_unknown_size_ends, reset_allocator),
        cmocka_unit_test_setup(test_written_after_the_flush, reset_allocator),
        cmocka_unit_test_setup(test_claim_flush, reset_allocator),
        cmocka_unit_test_setup(test_start_with_all, reset_allocator),
        cmocka_unit_test_setup(test_end_completes, reset_allocator),
        cmocka_unit_test_setup(test_no_flush_after_the_stop, reset_allocator),
        cmocka_unit_test_setup(test_news, reset_allocator),
        cmocka_unit_test_setup(test_init_out_of_memory, reset_allocator),
        cmocka_unit_test_setup(test_written_out_of_memory_drops_the_destination,
                               reset_allocator),
        cmocka_unit_test_setup(test_return_out_of_memory_drops_those_who_need_it,
                               reset_allocator),
        cmocka_unit_test_setup(test_account_failure_stops_on_error, reset_allocator),
        cmocka_unit_test_setup(test_fail_rest, reset_allocator),
        cmocka_unit_test_setup(test_detach, reset_allocator),
        cmocka_unit_test_setup(test_set_aside, reset_allocator),
        cmocka_unit_test_setup(test_wipes_come_first, reset_allocator),
        cmocka_unit_test_setup(test_wipe_returned, reset_allocator),
        cmocka_unit_test_setup(test_wipe_dropped, reset_allocator),
        cmocka_unit_test_setup(test_wipe_left_undone, reset_allocator),
        cmocka_unit_test_setup(test_end_before_the_wipe, reset_allocator),
        cmocka_unit_test_setup(test_held_and_wiped, reset_allocator),
        cmocka_unit_test_setup(test_passed, reset_allocator),
        cmocka_unit_test_setup(test_workers, reset_allocator),
    };

    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
