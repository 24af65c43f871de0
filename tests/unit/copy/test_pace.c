/* Tests of pace.c: who shares, who goes apart and when, and whole copies by destinations of any
 * speed in which every byte has to be claimed once for each.
 *
 * The time is the tests' own (the build replaces clock_gettime() by the one below), so that
 * nothing here waits. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "copy/job.h"
#include "copy/pace_priv.h"

#define MAX_DESTS   4u
#define MAX_BUFFERS 24u
#define MAX_WORKERS 2u
#define CHUNK       10u

/* For sets of destinations: bit d stands for destination d. */
#define ALL UINT32_MAX

static uint64_t now_ms;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    assert_int_equal(clock, CLOCK_MONOTONIC);
    ret->tv_sec = (time_t)(now_ms / 1000);
    ret->tv_nsec = (long)(now_ms % 1000) * 1000000;
    return 0;
}

/* ---- single steps ---- */

/* A job and the only worker's pace. */
struct bench {
    struct job job;
    struct endpoint endpoints[MAX_DESTS];
    struct pace pace;
};

static void start_job(struct job *j, struct endpoint *endpoints, unsigned n_dests,
                      uint64_t size, unsigned buffers, unsigned max_held)
{
    assert_int_equal(job_init(j, n_dests, size, true, MAX_WORKERS * buffers), 0);
    memset(endpoints, 0, n_dests * sizeof *endpoints);
    j->dests = endpoints;
    j->chunk_size = CHUNK;
    j->buffers = buffers;
    j->max_held = max_held;
    j->detach = true;
}

/* Some time is the beginning, and not 0. */
static void start(struct bench *b, unsigned n_dests, unsigned buffers, unsigned max_held)
{
    now_ms += 12345; /* no clock goes back */
    start_job(&b->job, b->endpoints, n_dests, 1000 * CHUNK, buffers, max_held);
    assert_int_equal(pace_init(&b->pace, &b->job, b->job.buffers, b->job.chunk_size), 0);
}

static void end(struct bench *b)
{
    pace_free(&b->pace);
    job_free(&b->job);
}

/* Claims; the mask of those that take part, 0: nothing. */
static unsigned claim(struct pace *p, struct range *r)
{
    struct claim c;
    bool takes[MAX_DESTS];
    unsigned mask = 0;

    if (!pace_claim(p, &c, takes))
        return 0;
    *r = c.range;
    assert_true((c.work == WORK_FLUSH) == (r->start == r->end));
    for (unsigned d = 0; d < p->job->n_dests; d++)
        mask |= (unsigned)takes[d] << d;
    assert_true(mask != 0);
    return mask;
}

/* The next claim is chunk number `chunk`, for the destinations of the mask. */
static void assert_claim(struct bench *b, unsigned chunk, unsigned mask)
{
    struct range r = {0, 0};

    assert_int_equal(claim(&b->pace, &r), mask);
    assert_int_equal(r.start, chunk * CHUNK);
    assert_int_equal(r.end, (chunk + 1) * CHUNK);
}

static void assert_no_claim(struct bench *b)
{
    struct range r;

    assert_int_equal(claim(&b->pace, &r), 0);
}

static void release(struct bench *b, unsigned d, unsigned n)
{
    while (n-- > 0)
        pace_release(&b->pace, d);
}

/* ms later, the worker is about to claim again. */
static void pass(struct bench *b, unsigned ms)
{
    for (; ms > CLOCK_LOOK_MS; ms -= CLOCK_LOOK_MS) {
        now_ms += CLOCK_LOOK_MS;
        (void)clock_running_ms(); /* the process runs */
    }
    now_ms += ms;
    pace_update(&b->pace, 0);
}

static bool detached(struct job *j, unsigned d)
{
    struct job_view view[MAX_DESTS];
    uint64_t read_bytes;

    job_look(j, view, &read_bytes);
    return view[d].state.detached;
}

/* Claims for all until destination d, as the only one, holds all that it may. */
static void fill(struct bench *b, unsigned d, unsigned n, unsigned *next)
{
    for (unsigned i = 0; i < n; i++) {
        assert_claim(b, (*next)++, (1u << b->job.n_dests) - 1);
        for (unsigned k = 0; k < b->job.n_dests; k++)
            release(b, k, k != d);
    }
    assert_no_claim(b);
}

/* Who holds what comes next already waits, without a grudge, for what it needs: that is then
 * read once for both. */
static void resumed_waits(void **state)
{
    struct ranges held;
    struct bench b;

    (void)state;
    start(&b, 2, 6, 4);
    ranges_init(&held);
    assert_int_equal(ranges_add(&held, 0, 8 * CHUNK), 0);
    assert_int_equal(job_hold(&b.job, 0, &held), 0);
    pass(&b, 0);
    for (unsigned chunk = 0; chunk < 8; chunk += 4) {
        for (unsigned i = 0; i < 4; i++)
            assert_claim(&b, chunk + i, 2);
        for (unsigned i = 0; chunk == 0 && i < 100; i++) {
            pass(&b, 1000);
            assert_no_claim(&b);
        }
        assert_false(b.pace.dests[1].apart);
        release(&b, 1, 4);
        pass(&b, 1);
    }
    assert_claim(&b, 8, 3);
    ranges_free(&held);
    end(&b);
}

static void slow_goes_apart(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 3, 6, 4);
    pass(&b, 0);
    fill(&b, 1, 4, &next);
    assert_true(pace_slow(&b.pace, 1)); /* it is full */
    assert_false(pace_slow(&b.pace, 0));
    pass(&b, 0); /* the others begin to wait */

    /* 50 ms and a third of the time since the beginning. */
    pass(&b, 73);
    assert_no_claim(&b);
    assert_false(b.pace.dests[1].apart || detached(&b.job, 1));
    pass(&b, 1);
    assert_true(b.pace.dests[1].apart && detached(&b.job, 1));
    assert_true(pace_slow(&b.pace, 1));
    assert_claim(&b, next, 5);
    for (unsigned d = 0; d < 3; d += 2)
        assert_false(b.pace.dests[d].apart || detached(&b.job, d));
    end(&b);
}

/* The longer the copy has taken, the longer the others wait: for a tenth in the long run. */
static void patience_grows(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 2, 6, 4);
    pass(&b, 10000);
    fill(&b, 0, 4, &next);
    pass(&b, 0);
    pass(&b, 1332);
    assert_false(b.pace.dests[0].apart);
    pass(&b, 1);
    assert_true(b.pace.dests[0].apart);
    end(&b);
}

/* A worker that looks again whenever it is told to sees the end of the patience at once. */
static void patience_ends_on_time(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 2, 6, 4);
    pass(&b, 30);
    assert_int_equal(pace_patience_ms(&b.pace), UINT_MAX);
    fill(&b, 1, 4, &next);
    assert_int_equal(pace_patience_ms(&b.pace), UINT_MAX); /* nobody has been seen waiting */
    pass(&b, 0);
    assert_int_equal(pace_patience_ms(&b.pace), 60); /* 50 + 30 / 3 */
    pass(&b, 60);
    assert_false(b.pace.dests[1].apart);
    assert_int_equal(pace_patience_ms(&b.pace), 20); /* 50 + 90 / 3 - 60 */
    while (!b.pace.dests[1].apart)
        pass(&b, pace_patience_ms(&b.pace));
    assert_int_equal(b.pace.dests[1].wait.debt, 89); /* 50 + 119 / 3 */
    assert_int_equal(pace_patience_ms(&b.pace), UINT_MAX);
    end(&b);
}

/* Where one is written after the other, those behind the slow one have as much left, but do not
 * go apart. */
static void behind_the_slow_one_stays(void **state)
{
    struct bench b;

    (void)state;
    start(&b, 3, 6, 4);
    pass(&b, 0);
    for (unsigned next = 0; next < 4; next++)
        assert_claim(&b, next, 7);
    assert_no_claim(&b);
    release(&b, 0, 4);
    b.pace.dests[2].behind = 4;
    pass(&b, 0);
    pass(&b, 100);
    assert_true(b.pace.dests[1].apart);
    assert_false(b.pace.dests[2].apart || pace_slow(&b.pace, 2));
    assert_claim(&b, 4, 5);
    end(&b);
}

/* Who has much more left than another one is not waited for: the other may be idle meanwhile.
 */
static void slow_is_relative(void **state)
{
    struct bench b;

    (void)state;
    start(&b, 3, 12, 8);
    pass(&b, 0);
    for (unsigned next = 0; next < 7; next++)
        assert_claim(&b, next, 7);
    pace_wait(&b.pace);
    assert_false(pace_slow(&b.pace, 0) || pace_slow(&b.pace, 1) || pace_slow(&b.pace, 2));
    release(&b, 0, 4); /* has three left */
    release(&b, 2, 1);
    pace_wait(&b.pace);
    assert_false(pace_slow(&b.pace, 0) || pace_slow(&b.pace, 1));
    release(&b, 0, 1);
    pace_wait(&b.pace);
    assert_true(pace_slow(&b.pace, 1) && pace_slow(&b.pace, 2));
    assert_false(pace_slow(&b.pace, 0));

    /* Not than one that needs nothing. */
    job_drop(&b.job, 0, &(struct failure){"write", 5, 0, "", false});
    pass(&b, 0);
    pace_wait(&b.pace);
    assert_false(pace_slow(&b.pace, 1));
    end(&b);
}

/* While nobody else is idle, a destination that is full makes nobody wait. */
static void full_is_no_debt_when_nobody_waits(void **state)
{
    struct bench b;
    struct range r;

    (void)state;
    start(&b, 2, 6, 4);
    pass(&b, 0);
    while (claim(&b.pace, &r) != 0)
        ;
    release(&b, 0, 3); /* has one left */
    for (unsigned i = 0; i < 100; i++)
        pass(&b, 100);
    assert_false(b.pace.dests[1].apart);

    /* Nor when the idle one wants nothing more. */
    job_drop(&b.job, 0, &(struct failure){"write", 5, 0, "", false});
    release(&b, 0, 1);
    for (unsigned i = 0; i < 100; i++)
        pass(&b, 100);
    assert_false(b.pace.dests[1].apart);
    end(&b);
}

/* Who has nothing to do while nobody is full has not waited for anybody. */
static void idle_is_no_credit_when_nobody_is_full(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 2, 6, 4);
    pass(&b, 0);
    pass(&b, 300);
    fill(&b, 1, 4, &next);
    pass(&b, 0);
    pass(&b, 225); /* 50 + 525 / 3 */
    assert_true(b.pace.dests[1].apart);
    end(&b);
}

/* Who has waited for others may let them wait for as long. */
static void debt_is_net_of_own_waiting(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 2, 6, 4);
    pass(&b, 0);
    fill(&b, 0, 4, &next);
    pass(&b, 0);
    pass(&b, 40); /* 1 has waited 40 ms for 0 */
    release(&b, 0, 4);
    pass(&b, 0);
    fill(&b, 1, 4, &next);
    pass(&b, 0);
    pass(&b, 153); /* 113 net, of 50 + 193 / 3 */
    assert_false(b.pace.dests[1].apart);
    pass(&b, 1);
    assert_true(b.pace.dests[1].apart);
    assert_false(b.pace.dests[0].apart);
    end(&b);
}

/* Those who make one another wait by turns, for however long, stay together. */
static void taking_turns_is_no_debt(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 2, 6, 4);
    pass(&b, 0);
    for (unsigned i = 0; i < 200; i++) {
        fill(&b, i % 2, 4, &next);
        pass(&b, 0);
        pass(&b, 40);
        assert_false(b.pace.dests[0].apart || b.pace.dests[1].apart);
        release(&b, i % 2, 4);
        pass(&b, 0);
    }
    end(&b);
}

/* Brings destination 1 apart with `held` chunks of its own; 0 holds nothing. Returns the number
 * of the next chunk. */
static unsigned part(struct bench *b, unsigned held)
{
    unsigned next = 0;

    pass(b, 0);
    fill(b, 1, held, &next);
    pass(b, 0);
    pass(b, 100);
    assert_true(b->pace.dests[1].apart);
    return next;
}

static void apart_in_ascending_order_until_it_has_caught_up(void **state)
{
    struct bench b;
    unsigned front, own;

    (void)state;
    start(&b, 2, 12, 5);
    own = front = part(&b, 5);
    for (unsigned i = 0; i < 20; i++) {
        assert_claim(&b, front++, 1);
        release(&b, 0, 1);
    }

    /* It gets something when the others have all that they want, and no more than half of that
     * at a time, rounded up. */
    release(&b, 1, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_claim(&b, front++, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_claim(&b, own++, 2);
    assert_no_claim(&b);
    while (own < front) {
        release(&b, 1, 1);
        assert_claim(&b, own++, 2);
        assert_no_claim(&b);
    }

    /* It has caught up, but three is more than half of five. */
    assert_true(b.pace.dests[1].apart);
    release(&b, 1, 1);
    assert_no_claim(&b); /* it is back, and has to wait for the other one */
    assert_false(b.pace.dests[1].apart || pace_slow(&b.pace, 1));
    release(&b, 0, 1);
    assert_claim(&b, front++, 3);
    assert_no_claim(&b);
    assert_true(detached(&b.job, 1)); /* at some time, it was */
    end(&b);
}

/* What it owes it still owes when it is back. */
static void debt_outlives_the_parting(void **state)
{
    struct bench b;
    unsigned next;

    (void)state;
    start(&b, 2, 6, 4);
    next = part(&b, 4); /* it owes 100 ms */
    release(&b, 1, 4);
    fill(&b, 1, 4, &next);
    assert_false(b.pace.dests[1].apart);
    pass(&b, 0);
    assert_true(b.pace.dests[1].apart);
    end(&b);
}

/* Nobody else wants anything: all that is to be had is its own. */
static void apart_and_alone(void **state)
{
    struct bench b;
    unsigned own;

    (void)state;
    start(&b, 2, 12, 5);
    own = part(&b, 5);
    job_drop(&b.job, 0, &(struct failure){"write", 5, 0, "", false});
    release(&b, 1, 5);
    pass(&b, 0);
    for (unsigned i = 0; i < 5; i++)
        assert_claim(&b, own++, 2);
    assert_no_claim(&b);
    end(&b);
}

/* A flush waits for nobody and takes what there is of chunks from nobody. */
static void flushes_are_claimed_once(void **state)
{
    struct bench b;
    struct range r;
    unsigned next = 0;

    (void)state;
    start(&b, 3, 6, 4);
    b.endpoints[0].flush = b.endpoints[2].flush = true;
    fill(&b, 1, 4, &next);
    job_written(&b.job, 0, 0, b.job.size);
    assert_int_equal(claim(&b.pace, &r), 1); /* although nobody may claim a range */
    assert_true(r.start == r.end);
    assert_int_equal(b.pace.dests[0].held, 1);
    assert_no_claim(&b);
    job_written(&b.job, 2, 0, b.job.size);
    assert_int_equal(claim(&b.pace, &r), 4);
    assert_true(r.start == r.end);
    job_flushed(&b.job, 0);
    release(&b, 0, 1);
    assert_no_claim(&b);
    end(&b);
}

static void room_shrinks_with_lost_chunks(void **state)
{
    static const unsigned rooms[] = {4, 3, 2, 2, 1, 1, 1};
    struct bench b;

    (void)state;
    start(&b, 2, 6, 4);
    for (unsigned lost = 0; lost <= 6; lost++) {
        pace_update(&b.pace, lost);
        assert_int_equal(b.pace.room, rooms[lost]);
    }
    pace_update(&b.pace, 3);
    assert_claim(&b, 0, 3);
    assert_claim(&b, 1, 3);
    assert_no_claim(&b);
    pace_update(&b.pace, 0);
    assert_claim(&b, 2, 3);
    assert_claim(&b, 3, 3);
    assert_no_claim(&b);
    end(&b);
}

/* --slow=wait: one read for all, whatever it takes. */
static void waiting_never_parts(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start(&b, 2, 6, 6);
    b.job.detach = false;
    for (unsigned i = 0; i < 6; i++) /* all buffers there are */
        assert_claim(&b, next++, 3);
    release(&b, 0, 6);
    for (unsigned i = 0; i < 100; i++) {
        now_ms += 1000;
        pace_update(&b.pace, 6);
        assert_false(b.pace.dests[1].apart || pace_slow(&b.pace, 1));
    }
    release(&b, 1, 1);
    assert_claim(&b, next, 3);
    assert_false(detached(&b.job, 1));
    end(&b);
}

/* ---- wipes ---- */

/* As start(); the destinations of `heads` are to be wiped, each by a claim of its own. */
static void start_wiped(struct bench *b, unsigned n_dests, unsigned heads)
{
    start(b, n_dests, 6, 4);
    for (unsigned d = 0; d < n_dests; d++)
        b->endpoints[d].head = heads >> d & 1 ? CHUNK : 0;
    job_start(&b->job);
    pass(b, 0);
}

/* The next claim is the wipe of destination d. */
static void assert_wipe(struct bench *b, unsigned d)
{
    bool takes[MAX_DESTS];
    struct claim c;

    assert_true(pace_claim(&b->pace, &c, takes));
    assert_int_equal(c.work, WORK_WIPE);
    for (unsigned i = 0; i < b->job.n_dests; i++)
        assert_int_equal(takes[i], i == d);
    assert_int_equal(b->pace.dests[d].held, 1);
}

static void wiped(struct bench *b, unsigned d)
{
    job_wiped(&b->job, d);
    release(b, d, 1);
}

/* Who is wiped within the patience shares all that is read. */
static void waits_for_wipes(void **state)
{
    struct bench b;

    (void)state;
    start_wiped(&b, 3, 3);
    assert_wipe(&b, 0);
    assert_wipe(&b, 1);
    assert_no_claim(&b);
    assert_true(pace_slow(&b.pace, 0) && pace_slow(&b.pace, 1));
    pass(&b, 40);
    wiped(&b, 0);
    pass(&b, 33);
    assert_no_claim(&b);
    wiped(&b, 1);
    pass(&b, 0);
    for (unsigned chunk = 0; chunk < 4; chunk++)
        assert_claim(&b, chunk, 7);
    for (unsigned d = 0; d < 3; d++)
        assert_false(detached(&b.job, d));
    end(&b);
}

/* Nobody waits longer than that: then who awaits its wipe goes apart. It gets nothing before it is
 * wiped, and all that it needs afterwards. */
static void slow_wipe_goes_apart(void **state)
{
    struct bench b;
    unsigned next = 0;

    (void)state;
    start_wiped(&b, 3, 3);
    assert_wipe(&b, 0);
    assert_wipe(&b, 1);
    wiped(&b, 0);
    pass(&b, 0);
    assert_int_equal(pace_patience_ms(&b.pace), 50);
    pass(&b, 73);
    assert_no_claim(&b);
    pass(&b, 2);
    assert_true(b.pace.dests[1].apart && detached(&b.job, 1));
    while (next < 30) {
        assert_claim(&b, next++, 5);
        release(&b, 0, 1);
        release(&b, 2, 1);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_claim(&b, next++, 5);
    assert_no_claim(&b); /* the others have all that they may */
    wiped(&b, 1);
    pass(&b, 0);
    for (unsigned own = 0; own < 2; own++)
        assert_claim(&b, own, 2);
    end(&b);
}

/* Nobody waits as long as all are being wiped, even if other workers do that. */
static void wipes_of_others_are_no_debt(void **state)
{
    struct pace other;
    struct bench b;
    struct range r;

    (void)state;
    start_wiped(&b, 2, 3);
    assert_int_equal(pace_init(&other, &b.job, 6, CHUNK), 0);
    assert_int_equal(claim(&other, &r), 1);
    assert_int_equal(claim(&other, &r), 2);
    for (unsigned i = 0; i < 100; i++) {
        pass(&b, 100);
        assert_no_claim(&b);
        assert_int_equal(pace_patience_ms(&b.pace), UINT_MAX);
    }
    job_wiped(&b.job, 0);
    job_wiped(&b.job, 1);
    pass(&b, 0);
    assert_claim(&b, 0, 3);
    assert_false(detached(&b.job, 0) || detached(&b.job, 1));
    pace_free(&other);
    end(&b);
}

/* --slow=wait: all wait for the last one. */
static void waits_for_slow_wipe(void **state)
{
    struct bench b;

    (void)state;
    start_wiped(&b, 2, 1);
    b.job.detach = false;
    assert_wipe(&b, 0);
    for (unsigned i = 0; i < 100; i++) {
        now_ms += 1000;
        pace_update(&b.pace, 0);
        assert_no_claim(&b);
    }
    wiped(&b, 0);
    assert_claim(&b, 0, 3);
    end(&b);
}

/* ---- whole copies ---- */

struct part {
    bool used;
    struct range range;
    unsigned waits; /* mask of those that have not written it */
};

struct queued {
    unsigned worker, part;
};

struct dest {
    unsigned least, most; /* ms for a chunk */
    bool hangs;
    struct queued queue[MAX_WORKERS * MAX_BUFFERS];
    unsigned n_queued;
    uint64_t done_at;    /* the first of the queue */
    uint64_t claimed_to; /* bytes */
    uint64_t ended_at;   /* ms, with the last byte */
};

struct model {
    uint64_t seed, random;
    struct job job;
    struct endpoint endpoints[MAX_DESTS];
    unsigned n_workers;
    struct pace paces[MAX_WORKERS];
    struct part parts[MAX_WORKERS][MAX_BUFFERS];
    struct dest dests[MAX_DESTS];
    uint64_t began; /* ms */
};

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            print_error("seed %llu, %llu ms\n", (unsigned long long)m->seed,                   \
                        (unsigned long long)now_ms);                                           \
            fail_msg("%s", #condition);                                                        \
        }                                                                                      \
    } while (0)

/* In [0, n). */
static unsigned below(struct model *m, unsigned n)
{
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(m->random >> 33) % n;
}

static void start_model(struct model *m, uint64_t seed, unsigned n_workers, unsigned n_dests,
                        unsigned n_chunks, unsigned max_held)
{
    unsigned buffers = max_held + (max_held + 1) / 2;

    *m = (struct model){.seed = seed, .random = seed, .n_workers = n_workers};
    m->began = now_ms += 1000;
    assert_true(buffers <= MAX_BUFFERS);
    start_job(&m->job, m->endpoints, n_dests, n_chunks * CHUNK - below(m, CHUNK), buffers,
              max_held);
    for (unsigned w = 0; w < n_workers; w++)
        assert_int_equal(pace_init(&m->paces[w], &m->job, m->job.buffers, m->job.chunk_size),
                         0);
}

static void end_model(struct model *m)
{
    for (unsigned w = 0; w < m->n_workers; w++)
        pace_free(&m->paces[w]);
    job_free(&m->job);
}

static uint64_t cost(struct model *m, const struct dest *d)
{
    return d->least + below(m, d->most - d->least + 1);
}

static void give(struct model *m, unsigned w, unsigned i)
{
    const struct part *p = &m->parts[w][i];

    for (unsigned n = 0; n < m->job.n_dests; n++) {
        struct dest *d = &m->dests[n];

        if (!(p->waits >> n & 1))
            continue;
        /* Every byte once, in their order. */
        CHECK(p->range.start == d->claimed_to);
        CHECK(!m->job.detach || m->paces[w].dests[n].held <= m->paces[w].room);
        d->claimed_to = p->range.end;
        if (d->n_queued == 0)
            d->done_at = now_ms + cost(m, d);
        d->queue[d->n_queued++] = (struct queued){w, i};
    }
}

/* As the copy loop counts them. */
static unsigned count_lost(struct model *m, unsigned w)
{
    unsigned n = 0;

    for (unsigned i = 0; i < m->job.buffers; i++) {
        const struct part *p = &m->parts[w][i];
        bool lost = p->used;

        for (unsigned d = 0; d < m->job.n_dests; d++)
            if ((p->waits >> d & 1) && !m->paces[w].dests[d].apart && !job_dropped(&m->job, d))
                lost = false;
        n += lost;
    }
    return n;
}

static void refill(struct model *m, unsigned w)
{
    pace_update(&m->paces[w], count_lost(m, w));
    for (unsigned i = 0; i < m->job.buffers; i++) {
        struct part *p = &m->parts[w][i];

        if (p->used)
            continue;
        p->waits = claim(&m->paces[w], &p->range);
        p->used = p->waits != 0;
        if (!p->used)
            return;
        give(m, w, i);
    }
}

/* Destination n has written the first of its chunks. */
static void finish_first(struct model *m, unsigned n)
{
    struct dest *d = &m->dests[n];
    struct queued first = d->queue[0];
    struct part *p = &m->parts[first.worker][first.part];

    memmove(d->queue, d->queue + 1, --d->n_queued * sizeof d->queue[0]);
    CHECK(p->used && (p->waits >> n & 1));
    job_written(&m->job, n, p->range.start, p->range.end);
    pace_release(&m->paces[first.worker], n);
    p->waits &= ~(1u << n);
    p->used = p->waits != 0;
    d->done_at = now_ms + cost(m, d);
    if (p->range.end == m->job.size)
        d->ended_at = now_ms;
}

/* Whether all are complete, dropped or hang. */
static bool all_done(struct model *m)
{
    for (unsigned d = 0; d < m->job.n_dests; d++)
        if (!m->dests[d].hangs && !job_dropped(&m->job, d) &&
            job_prefix(&m->job, d) != UINT64_MAX)
            return false;
    return true;
}

/* All workers claim what they can; then it is the next moment at which something happens, as
 * the copy loop looks: 100 ms later at the latest. */
static void step(struct model *m)
{
    uint64_t next = now_ms + 100;

    for (unsigned w = 0; w < m->n_workers; w++) {
        refill(m, w);
        if (now_ms + pace_patience_ms(&m->paces[w]) < next)
            next = now_ms + pace_patience_ms(&m->paces[w]);
    }
    for (unsigned n = 0; n < m->job.n_dests; n++)
        if (!m->dests[n].hangs && m->dests[n].n_queued > 0 && m->dests[n].done_at < next)
            next = m->dests[n].done_at;
    now_ms = next;
    for (unsigned n = 0; n < m->job.n_dests; n++)
        while (!m->dests[n].hangs && m->dests[n].n_queued > 0 && m->dests[n].done_at <= now_ms)
            finish_first(m, n);
}

static void run(struct model *m)
{
    for (unsigned steps = 0; !all_done(m); steps++) {
        CHECK(steps < 200000); /* the copy does not end */
        step(m);
    }
}

/* Each has its moments, but none is slower than the others: one read serves all. The longest
 * that a chunk takes is a small part of the patience. */
static void jitter_never_parts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        struct model model, *m = &model;
        unsigned n_dests = 2 + i % 3;

        start_model(m, 100 + i, 1, n_dests, 2000, 16);
        for (unsigned d = 0; d < n_dests; d++)
            m->dests[d] = (struct dest){.least = 1, .most = n_dests == 2 ? 12 : 4};
        run(m);
        for (unsigned d = 0; d < n_dests; d++)
            CHECK(!detached(&m->job, d));
        end_model(m);
    }
}

/* One that is slow, or hangs, or does so only now and then, costs the others no more than the
 * patience with it: 200 ms and a tenth of the time. */
static void slow_costs_the_others_little(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        struct model model, *m = &model;
        uint64_t took = 0;

        start_model(m, 200 + i, 1, 3, 1000, 4);
        for (unsigned d = 0; d < 2; d++)
            m->dests[d] = (struct dest){.least = 3, .most = 3};
        m->dests[2] = (struct dest){.least = 4 + i, .most = 4 + i, .hangs = i % 10 == 9};
        if (i % 10 == 8)
            m->dests[2] = (struct dest){.least = 1, .most = 60};
        run(m);
        for (unsigned d = 0; d < 2; d++)
            took = m->dests[d].ended_at > took ? m->dests[d].ended_at : took;
        took -= m->began;
        CHECK(took >= 3000);
        CHECK(took <= (3000 + 200) * 10 / 9 + 1);
        CHECK(detached(&m->job, 2));
        end_model(m);
    }
}

/* Speeds that change, destinations that are dropped or hang, several workers. */
static void disturb(struct model *m, bool *hung)
{
    unsigned n = below(m, m->job.n_dests);
    struct dest *d = &m->dests[n];

    switch (below(m, 40)) {
    case 0:
        d->least = below(m, 50);
        d->most = 1 + d->least + below(m, 1 + d->least);
        break;
    case 1:
        if (below(m, 20) == 0 && m->job.alive > 1)
            job_drop(&m->job, n, &(struct failure){"write", 28, 0, "", false});
        break;
    case 2:
        /* One that hangs leaves enough to the others as long as there are two buffers. */
        if (!*hung && m->job.detach && m->job.buffers > 1 && below(m, 10) == 0)
            *hung = d->hangs = true;
        break;
    default:
        break;
    }
}

static void random_copy(uint64_t seed)
{
    struct model model, *m = &model;
    unsigned held, workers, dests;
    bool hung = false;

    m->random = seed;
    held = 1 + below(m, 8);
    workers = 1 + below(m, MAX_WORKERS);
    dests = 1 + below(m, MAX_DESTS);
    start_model(m, m->random, workers, dests, 1 + below(m, 400), held);
    m->seed = seed;
    m->job.detach = below(m, 6) != 0;
    m->job.buffers = below(m, 4) ? m->job.buffers : held;
    for (unsigned w = 0; w < m->n_workers; w++)
        m->paces[w].buffers = m->job.buffers;
    for (unsigned d = 0; d < dests; d++) {
        m->dests[d].least = below(m, 20);
        m->dests[d].most = 1 + m->dests[d].least + below(m, 20);
    }
    for (unsigned steps = 0; !all_done(m); steps++) {
        CHECK(steps < 200000); /* the copy does not end */
        disturb(m, &hung);
        step(m);
    }

    for (unsigned n = 0; n < dests; n++) {
        struct dest *d = &m->dests[n];

        CHECK(m->job.detach || !detached(&m->job, n));
        if (d->hangs) { /* it comes round */
            d->hangs = false;
            d->done_at = now_ms;
        }
    }
    run(m);
    for (unsigned n = 0; n < dests; n++) {
        while (m->dests[n].n_queued > 0)
            finish_first(m, n);
        CHECK(job_dropped(&m->job, n) || m->dests[n].claimed_to == m->job.size);
        for (unsigned w = 0; w < workers; w++)
            CHECK(m->paces[w].dests[n].held == 0);
    }
    end_model(m);
}

/* UCOPY_SEED=N and UCOPY_RUNS=N choose others or more of them. */
static void random_copies(void **state)
{
    const char *first = getenv("UCOPY_SEED"), *runs = getenv("UCOPY_RUNS");
    uint64_t seed = first ? strtoull(first, NULL, 0) : 1;
    uint64_t stop = seed + (runs ? strtoull(runs, NULL, 0) : 2000);

    (void)state;
    for (; seed < stop; seed++)
        random_copy(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_waits),
        cmocka_unit_test(slow_goes_apart),
        cmocka_unit_test(patience_grows),
        cmocka_unit_test(patience_ends_on_time),
        cmocka_unit_test(behind_the_slow_one_stays),
        cmocka_unit_test(slow_is_relative),
        cmocka_unit_test(full_is_no_debt_when_nobody_waits),
        cmocka_unit_test(idle_is_no_credit_when_nobody_is_full),
        cmocka_unit_test(debt_is_net_of_own_waiting),
        cmocka_unit_test(taking_turns_is_no_debt),
        cmocka_unit_test(apart_in_ascending_order_until_it_has_caught_up),
        cmocka_unit_test(debt_outlives_the_parting),
        cmocka_unit_test(apart_and_alone),
        cmocka_unit_test(flushes_are_claimed_once),
        cmocka_unit_test(room_shrinks_with_lost_chunks),
        cmocka_unit_test(waiting_never_parts),
        cmocka_unit_test(waits_for_wipes),
        cmocka_unit_test(slow_wipe_goes_apart),
        cmocka_unit_test(wipes_of_others_are_no_debt),
        cmocka_unit_test(waits_for_slow_wipe),
        cmocka_unit_test(jitter_never_parts),
        cmocka_unit_test(slow_costs_the_others_little),
        cmocka_unit_test(random_copies),
    };

    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
