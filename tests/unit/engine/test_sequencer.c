/* test_sequencer: the ordered-batch contract, on a backend whose operations complete when and
 * how the test says. Everything goes through the border of engine.c, which checks, too. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/sequencer_priv.h"

#define LEN         100u /* of every operation that moves data */
#define MAX_OPS     8u   /* in a batch */
#define MAX_BATCHES 16u

/* The backend: operations that were started wait in started[]; reap() completes those of
 * finish[], or goes by the script that is set. */
struct fake {
    struct sequencer seq;
    struct engine_op *started[MAX_OPS * MAX_BATCHES];
    unsigned n_started;
    struct engine_op *finish[MAX_OPS]; /* in this order, with these results */
    int32_t results[MAX_OPS];
    unsigned n_finish;
    unsigned reaps;
    unsigned last_want;
    unsigned last_timeout;
    int reap_error;
    bool full_on_reap;    /* reap() completes `want` operations, the oldest first, in full */
    struct model *random; /* or: at random, see below */
    char pool[LEN];
};

static struct fake *fake_of(struct sequencer *s)
{
    return (struct fake *)s;
}

static void model_started(struct model *m, struct engine_op *op);
static void model_reap(struct model *m, unsigned want);

static void fake_start(struct sequencer *s, struct engine_op *op)
{
    struct fake *f = fake_of(s);

    assert_true(f->n_started < MAX_OPS * MAX_BATCHES);
    f->started[f->n_started++] = op;
    if (f->random)
        model_started(f->random, op);
}

/* Takes the operation out of started[] and completes it. */
static void do_complete(struct fake *f, struct engine_op *op, int32_t result)
{
    for (unsigned i = 0; i < f->n_started; i++) {
        if (f->started[i] != op)
            continue;
        memmove(&f->started[i], &f->started[i + 1],
                (f->n_started - i - 1) * sizeof f->started[0]);
        f->n_started--;
        op->result = result;
        sequencer_complete(&f->seq, op);
        return;
    }
    fail_msg("operation was not started");
}

static int fake_reap(struct sequencer *s, unsigned want, unsigned timeout_ms)
{
    struct fake *f = fake_of(s);

    f->reaps++;
    f->last_want = want;
    f->last_timeout = timeout_ms;
    assert_true(want >= 1 && want <= s->outstanding);
    assert_int_equal(s->outstanding, f->n_started);
    if (f->reap_error)
        return f->reap_error;
    for (unsigned i = 0; i < f->n_finish; i++)
        do_complete(f, f->finish[i], f->results[i]);
    f->n_finish = 0;
    for (unsigned i = 0; f->full_on_reap && i < want; i++)
        do_complete(f, f->started[0], (int32_t)f->started[0]->len);
    if (f->random)
        model_reap(f->random, want);
    return 0;
}

static const struct sequencer_backend fake_backend = {
    .start = fake_start,
    .reap = fake_reap,
};

static struct fake *next_fake;

static int fake_create(const struct engine_config *config, struct engine **ret_engine,
                       struct engine_reason *why)
{
    (void)config;
    (void)why;
    sequencer_init(&next_fake->seq, &fake_backend);
    *ret_engine = &next_fake->seq.base;
    return 0;
}

static void fake_destroy(struct engine *e)
{
    free(e);
}

static const struct engine_ops fake_ops = {
    .name = "fake",
    .create = fake_create,
    .submit = sequencer_submit,
    .wait = sequencer_wait,
    .destroy = fake_destroy,
};

static int setup(void **state)
{
    static const int fds[1] = {-1};
    struct engine_config config = {
        .fds = fds,
        .n_fds = 1,
        .pool_len = LEN,
        .max_batches = MAX_BATCHES,
        .max_ops = MAX_OPS,
    };
    struct engine_reason why;
    struct engine *e;

    next_fake = calloc(1, sizeof *next_fake);
    if (!next_fake)
        return -1;
    config.pool = next_fake->pool;
    *state = next_fake;
    return engine_create(&fake_ops, &config, &e, &why);
}

static int teardown(void **state)
{
    struct fake *f = *state;

    engine_destroy(&f->seq.base);
    return 0;
}

/* A batch of a read and n - 1 writes. */
struct job {
    struct engine_batch b;
    struct engine_op ops[MAX_OPS];
    unsigned returned; /* bit per operation */
};

static void job_init(struct fake *f, struct job *j, unsigned n, bool ordered)
{
    memset(j, 0, sizeof *j);
    j->b.ops = j->ops;
    j->b.n_ops = n;
    j->b.ordered = ordered;
    for (unsigned i = 0; i < n; i++) {
        j->ops[i].kind = i == 0 ? ENGINE_READ : ENGINE_WRITE;
        j->ops[i].buf = f->pool;
        j->ops[i].len = LEN;
    }
}

static void submit(struct fake *f, struct job *j, unsigned n, bool ordered)
{
    job_init(f, j, n, ordered);
    assert_int_equal(engine_submit(&f->seq.base, &j->b), 0);
}

static bool is_started(const struct fake *f, const struct engine_op *op)
{
    for (unsigned i = 0; i < f->n_started; i++)
        if (f->started[i] == op)
            return true;
    return false;
}

static struct job *job_of(const struct engine_op *op)
{
    return (struct job *)((char *)op->batch - offsetof(struct job, b));
}

/* An operation has been returned: once, and not before its leader. */
static void note_returned(const struct engine_op *op)
{
    struct job *j = job_of(op);
    unsigned bit = 1u << (op - j->ops);

    assert_false(j->returned & bit);
    assert_true(bit == 1 || j->returned & 1);
    j->returned |= bit;
}

/* Waits once; returns how many operations came. */
static unsigned wait_once(struct fake *f)
{
    struct engine_op *list;
    unsigned n = 0;

    assert_int_equal(engine_wait(&f->seq.base, 0, 0, &list), 0);
    for (const struct engine_op *op = list; op; op = op->next, n++)
        note_returned(op);
    for (const struct engine_op *op = list; op; op = op->next) {
        const struct job *j = job_of(op);

        assert_int_equal(j->b.left, j->b.n_ops - (unsigned)__builtin_popcount(j->returned));
    }
    return n;
}

/* The operation is to complete in the next wait. */
static void finish(struct fake *f, struct engine_op *op, int32_t result)
{
    assert_true(f->n_finish < MAX_OPS);
    f->finish[f->n_finish] = op;
    f->results[f->n_finish++] = result;
}

/* The operation completes in a wait of its own. Returns how many operations came. */
static unsigned complete(struct fake *f, struct engine_op *op, int32_t result)
{
    finish(f, op, result);
    return wait_once(f);
}

static bool done(const struct job *j)
{
    return j->b.left == 0;
}

static void assert_cancelled(const struct job *j)
{
    assert_true(done(j));
    for (unsigned i = 1; i < j->b.n_ops; i++)
        assert_int_equal(j->ops[i].result, -ECANCELED);
}

static void test_members_follow_leader(void **state)
{
    struct fake *f = *state;
    struct job j;

    submit(f, &j, 3, false);
    assert_int_equal(f->n_started, 1);
    assert_true(is_started(f, &j.ops[0]));
    assert_int_equal(complete(f, &j.ops[0], LEN), 1);
    assert_int_equal(f->n_started, 2);
    assert_int_equal(complete(f, &j.ops[2], LEN), 1);
    assert_int_equal(j.returned, 1 | 4); /* though one is missing */
    assert_false(done(&j));
    assert_int_equal(complete(f, &j.ops[1], LEN), 1);
    assert_true(done(&j));
    assert_int_equal(wait_once(f), 0);
}

static void test_leader_not_full(void **state)
{
    struct fake *f = *state;
    const int32_t results[] = {LEN - 1, 0, -EIO, -ECANCELED};

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        for (int ordered = 0; ordered < 2; ordered++) {
            struct job j;

            submit(f, &j, 4, ordered);
            assert_int_equal(complete(f, &j.ops[0], results[i]), 4);
            assert_int_equal(f->n_started, 0);
            assert_int_equal(j.ops[0].result, results[i]);
            assert_cancelled(&j);
        }
}

static void test_member_fault_leaves_others(void **state)
{
    struct fake *f = *state;
    struct job j, other;

    submit(f, &j, 4, false);
    submit(f, &other, 2, false);
    complete(f, &j.ops[0], LEN);
    complete(f, &j.ops[1], -ENOSPC);
    complete(f, &j.ops[2], 1);
    complete(f, &j.ops[3], LEN);
    assert_true(done(&j));
    assert_int_equal(j.ops[1].result, -ENOSPC);
    assert_int_equal(j.ops[2].result, 1);
    assert_int_equal(j.ops[3].result, LEN);
    complete(f, &other.ops[0], LEN);
    complete(f, &other.ops[1], LEN);
    assert_true(done(&other));
}

/* One member never ends: it holds up nothing but its own batch's end. */
static void test_stuck_member(void **state)
{
    struct fake *f = *state;
    struct job stuck, other;

    submit(f, &stuck, 4, false);
    complete(f, &stuck.ops[0], LEN);
    complete(f, &stuck.ops[1], LEN);
    complete(f, &stuck.ops[3], LEN);
    assert_int_equal(stuck.b.left, 1);
    for (unsigned round = 0; round < 10; round++) {
        submit(f, &other, 2, round % 2);
        complete(f, &other.ops[0], LEN);
        complete(f, &other.ops[1], LEN);
        assert_true(done(&other));
    }
    complete(f, &stuck.ops[2], LEN);
    assert_true(done(&stuck));
}

static void test_ordered_waits_for_turn(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 3, true);
    submit(f, &b, 3, true);
    submit(f, &c, 2, false);
    assert_int_equal(f->n_started, 3); /* leaders run ahead */
    complete(f, &b.ops[0], LEN);
    assert_int_equal(b.returned, 1); /* and are returned */
    assert_false(is_started(f, &b.ops[1]));
    complete(f, &c.ops[0], LEN);
    assert_true(is_started(f, &c.ops[1])); /* not of the sequence */
    complete(f, &a.ops[0], LEN);
    complete(f, &a.ops[1], LEN);
    assert_false(is_started(f, &b.ops[1]));
    complete(f, &a.ops[2], LEN);
    assert_true(done(&a));
    assert_true(is_started(f, &b.ops[1]));
    assert_true(is_started(f, &b.ops[2]));
    complete(f, &b.ops[2], LEN);
    complete(f, &b.ops[1], LEN);
    assert_true(done(&b));
    complete(f, &c.ops[1], LEN);
    assert_true(done(&c));
}

static void test_ordered_turn_before_leader(void **state)
{
    struct fake *f = *state;
    struct job a, b;

    submit(f, &a, 1, true);
    submit(f, &b, 2, true);
    complete(f, &a.ops[0], LEN);
    assert_true(done(&a));
    assert_false(is_started(f, &b.ops[1]));
    complete(f, &b.ops[0], LEN);
    complete(f, &b.ops[1], LEN);
    assert_true(done(&b));
}

/* Batches without members end in any order, and the sequence has to let go of each at once. */
static void test_ordered_leaders_only(void **state)
{
    struct fake *f = *state;
    struct job j[3], last;

    for (unsigned order = 0; order < 6; order++) {
        unsigned first = order / 2, second = (first + 1 + order % 2) % 3;

        for (unsigned i = 0; i < 3; i++)
            submit(f, &j[i], 1, true);
        complete(f, &j[first].ops[0], LEN);
        assert_true(done(&j[first]));
        memset(&j[first], 0xA5, sizeof j[first]);
        complete(f, &j[second].ops[0], LEN);
        assert_true(done(&j[second]));
        memset(&j[second], 0xA5, sizeof j[second]);
        submit(f, &last, 2, true);
        complete(f, &last.ops[0], LEN);
        assert_int_equal(f->n_started, 1); /* the third, for which it waits */
        complete(f, &j[3 - first - second].ops[0], LEN);
        assert_true(is_started(f, &last.ops[1]));
        complete(f, &last.ops[1], LEN);
        assert_true(done(&last));
        assert_null(f->seq.sequence);
    }
}

/* a is at fault while b's leader is complete, c's under way; d is submitted when the caller has
 * been told. */
static void test_ordered_fault_cancels(void **state)
{
    struct fake *f = *state;
    struct job a, b, c, d;

    submit(f, &a, 3, true);
    submit(f, &b, 2, true);
    submit(f, &c, 2, true);
    complete(f, &b.ops[0], LEN);
    complete(f, &a.ops[0], LEN);
    assert_int_equal(complete(f, &a.ops[1], LEN - 1), 2); /* and b's member */
    assert_cancelled(&b);
    assert_int_equal(b.ops[0].result, LEN);
    memset(&b, 0xA5, sizeof b);
    submit(f, &d, 2, true);
    complete(f, &d.ops[0], LEN);
    assert_false(is_started(f, &d.ops[1])); /* a is not complete yet */
    assert_false(done(&c));                 /* c's leader has c's buffer */
    complete(f, &a.ops[2], LEN);
    assert_true(done(&a));
    memset(&a, 0xA5, sizeof a);
    assert_true(is_started(f, &d.ops[1])); /* it has nothing to do with c */
    assert_int_equal(complete(f, &c.ops[0], LEN), 2);
    assert_cancelled(&c);
    assert_int_equal(c.ops[0].result, LEN);
    memset(&c, 0xA5, sizeof c);
    complete(f, &d.ops[1], LEN);
    assert_true(done(&d));
    assert_null(f->seq.sequence);
}

/* All in one wait: the fault comes before the completions that it has to do with. */
static void test_ordered_fault_in_one_wait(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 2, true);
    submit(f, &b, 2, true);
    submit(f, &c, 1, true);
    complete(f, &a.ops[0], LEN);
    finish(f, &a.ops[1], -ENOSPC);
    finish(f, &b.ops[0], LEN);
    finish(f, &c.ops[0], -EIO);
    assert_int_equal(wait_once(f), 4);
    assert_int_equal(f->n_started, 0);
    assert_true(done(&a));
    assert_cancelled(&b);
    assert_cancelled(&c);
    assert_null(f->seq.sequence);
}

/* The leader that ran ahead is at fault: what is before it goes on, what is behind is
 * cancelled. */
static void test_ordered_leader_fault_ahead(void **state)
{
    struct fake *f = *state;
    struct job a, b, c, d;

    submit(f, &a, 2, true);
    submit(f, &b, 2, true);
    submit(f, &c, 2, true);
    complete(f, &c.ops[0], LEN);
    assert_int_equal(complete(f, &b.ops[0], 0), 3);
    assert_cancelled(&b);
    assert_cancelled(&c);
    memset(&b, 0xA5, sizeof b);
    memset(&c, 0xA5, sizeof c);
    submit(f, &d, 2, true); /* goes behind a */
    complete(f, &d.ops[0], LEN);
    complete(f, &a.ops[0], LEN);
    assert_true(is_started(f, &a.ops[1]));
    assert_false(is_started(f, &d.ops[1]));
    complete(f, &a.ops[1], LEN);
    assert_int_equal(a.ops[1].result, LEN);
    assert_true(done(&a));
    memset(&a, 0xA5, sizeof a);
    complete(f, &d.ops[1], LEN);
    assert_true(done(&d));
    assert_int_equal(f->n_started, 0);
}

/* A second fault of its own, seen later than the first, cancels what was submitted in
 * between. */
static void test_ordered_two_faults(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 3, true);
    complete(f, &a.ops[0], LEN);
    complete(f, &a.ops[1], -EIO);
    submit(f, &b, 2, true);
    complete(f, &b.ops[0], LEN);
    assert_int_equal(complete(f, &a.ops[2], -EIO), 2);
    assert_true(done(&a));
    assert_cancelled(&b);
    memset(&a, 0xA5, sizeof a);
    memset(&b, 0xA5, sizeof b);
    submit(f, &c, 2, true);
    complete(f, &c.ops[0], LEN);
    assert_true(is_started(f, &c.ops[1]));
    complete(f, &c.ops[1], LEN);
    assert_true(done(&c));
}

static void test_unordered_not_cancelled(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 2, true);
    submit(f, &b, 2, false);
    complete(f, &a.ops[0], -EIO);
    submit(f, &c, 2, false);
    complete(f, &b.ops[0], LEN);
    complete(f, &c.ops[0], LEN);
    assert_true(is_started(f, &b.ops[1]));
    assert_true(is_started(f, &c.ops[1]));
}

static void test_fsync_and_nop(void **state)
{
    struct fake *f = *state;
    struct job j;

    job_init(f, &j, 2, false);
    j.ops[0] = (struct engine_op){.kind = ENGINE_NOP};
    j.ops[1] = (struct engine_op){.kind = ENGINE_FSYNC};
    assert_int_equal(engine_submit(&f->seq.base, &j.b), 0);
    complete(f, &j.ops[0], 0);
    complete(f, &j.ops[1], 0);
    assert_true(done(&j));
}

static void test_wait_times_out(void **state)
{
    struct fake *f = *state;
    struct engine_op *list;
    struct job j;

    assert_int_equal(engine_wait(&f->seq.base, 0, 1000, &list), 0); /* nothing in flight */
    assert_null(list);
    assert_int_equal(f->reaps, 0);
    submit(f, &j, 2, false);
    assert_int_equal(engine_wait(&f->seq.base, 0, 0, &list), 0);
    assert_null(list);
    assert_int_equal(f->reaps, 1);
    assert_int_equal(engine_wait(&f->seq.base, 0, 10, &list), 0);
    assert_null(list);
    assert_true(f->reaps > 2); /* reap() came back early, and was asked again */
    assert_true(f->last_timeout <= 10);
}

static void test_wait_passes_error(void **state)
{
    struct fake *f = *state;
    struct engine_op *list;
    struct job j;

    submit(f, &j, 2, false);
    f->reap_error = -EIO;
    assert_int_equal(engine_wait(&f->seq.base, 0, 1000, &list), -EIO);
}

static void test_wait_wants_half(void **state)
{
    struct fake *f = *state;
    struct job j[9];
    unsigned n = 0;

    for (int i = 0; i < 9; i++)
        submit(f, &j[i], 3, false);
    assert_int_equal(wait_once(f), 0);
    assert_int_equal(f->last_want, 5);
    f->full_on_reap = true;
    while (n < 27) {
        unsigned r = wait_once(f);

        assert_true(r > 0);
        n += r;
    }
    assert_int_equal(n, 27);
    assert_true(f->reaps < 27); /* not one per operation */
}

/* Half of what is not slow; at least one. */
static void test_wait_without_slow(void **state)
{
    struct fake *f = *state;
    struct engine_op *list;
    const unsigned want[] = {5, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1};
    struct job j[9];

    for (int i = 0; i < 9; i++)
        submit(f, &j[i], 1, false);
    for (unsigned slow = 0; slow < sizeof want / sizeof want[0]; slow++) {
        assert_int_equal(engine_wait(&f->seq.base, slow, 0, &list), 0);
        assert_int_equal(f->last_want, want[slow]);
    }
}

/* The model: random batches complete in random order with random results, and every start and
 * every returned operation is held against the text of engine.h. A batch's memory is gone as
 * soon as all of it has been returned. */
#define MODEL_BATCHES 4000u
#define MODEL_WINDOW  12u

/* What is known of a batch, which outlives it. Bits are per operation. */
struct model_batch {
    struct model_job *job; /* NULL: complete */
    unsigned n_ops;
    bool ordered;
    unsigned started;
    unsigned completed;
    unsigned returned;
    int32_t results[MAX_OPS];
    bool doomed; /* was in flight when an ordered batch before it was at fault */
};

struct model_job {
    struct job j;
    unsigned number;
};

struct model {
    struct fake *f;
    struct model_batch *v;
    unsigned n;      /* submitted */
    unsigned oldest; /* that is not complete */
    unsigned seed;
    unsigned faults_in_1000;
};

static unsigned dice(struct model *m, unsigned n)
{
    m->seed = m->seed * 1664525u + 1013904223u;
    return (m->seed >> 8) % n;
}

static struct model_batch *model_of(struct model *m, const struct engine_op *op)
{
    const struct model_job *mj = (const struct model_job *)job_of(op);

    assert_true(mj->number < m->n);
    return &m->v[mj->number];
}

static unsigned index_of(const struct engine_op *op)
{
    return (unsigned)(op - op->batch->ops);
}

static void model_started(struct model *m, struct engine_op *op)
{
    struct model_batch *x = model_of(m, op);
    unsigned i = index_of(op);

    assert_false(x->started & 1u << i);
    x->started |= 1u << i;
    if (i == 0)
        return;
    assert_int_equal(x->completed & 1, 1);
    assert_int_equal(x->results[0], LEN);
    if (!x->ordered)
        return;
    assert_false(x->doomed);
    for (const struct model_batch *y = &m->v[m->oldest]; y < x; y++) {
        if (!y->job || !y->ordered)
            continue;
        /* Its members have all completed, or will never start. */
        assert_int_equal(y->started & ~1u, y->completed & ~1u);
        assert_true(y->completed == (1u << y->n_ops) - 1 || y->doomed || y->n_ops == 1 ||
                    (y->completed & 1 && y->results[0] != LEN));
    }
}

static int32_t random_result(struct model *m)
{
    if (dice(m, 1000) >= m->faults_in_1000)
        return LEN;
    return dice(m, 2) ? (int32_t)dice(m, LEN) : -(int32_t)(1 + dice(m, 130));
}

static void model_complete(struct model *m, struct engine_op *op, int32_t result)
{
    struct model_batch *x = model_of(m, op);
    unsigned i = index_of(op);

    x->completed |= 1u << i;
    x->results[i] = result;
    /* What is cancelled itself does not cancel again what was submitted in the knowledge of
     * the fault. */
    if (x->ordered && !x->doomed && result != LEN)
        for (struct model_batch *y = x + 1; y < m->v + m->n; y++)
            y->doomed = y->doomed || y->ordered;
    do_complete(m->f, op, result);
}

static void model_reap(struct model *m, unsigned want)
{
    struct fake *f = m->f;
    unsigned n = want + dice(m, 2);

    for (unsigned i = 0; i < n && f->n_started > 0; i++)
        model_complete(m, f->started[dice(m, f->n_started)], random_result(m));
}

/* The operation has been returned, and what it says is what was done to it. */
static void model_returned(struct model *m, const struct engine_op *op)
{
    struct model_batch *x = model_of(m, op);
    unsigned i = index_of(op), bit = 1u << i;

    assert_false(x->returned & bit);
    assert_true(i == 0 || x->returned & 1);
    x->returned |= bit;
    assert_int_equal(x->started & bit, x->completed & bit);
    if (x->started & bit) {
        assert_int_equal(op->result, x->results[i]);
    } else {
        assert_true(i > 0 && (x->doomed || x->results[0] != LEN)); /* only for a reason */
        assert_int_equal(op->result, -ECANCELED);
    }
}

/* All operations of the list have been looked at: lets go of batches that are complete. */
static unsigned model_let_go(struct model *m)
{
    unsigned n = 0;

    for (struct model_batch *x = m->v + m->oldest; x < m->v + m->n; x++) {
        if (!x->job)
            continue;
        assert_int_equal(x->job->j.b.left,
                         x->n_ops - (unsigned)__builtin_popcount(x->returned));
        if (x->job->j.b.left > 0)
            continue;
        memset(x->job, 0xA5, sizeof *x->job);
        free(x->job);
        x->job = NULL;
        n++;
    }
    while (m->oldest < m->n && !m->v[m->oldest].job)
        m->oldest++;
    return n;
}

/* The sequence holds ordered batches that are in flight, in the order of their submission. */
static void check_sequence(const struct model *m)
{
    const struct sequencer *s = &m->f->seq;
    struct engine_batch *const *link = &s->sequence;
    unsigned from = m->oldest;

    for (const struct engine_batch *b = s->sequence; b; link = &b->next, b = b->next) {
        while (from < m->n && (!m->v[from].job || &m->v[from].job->j.b != b))
            from++;
        assert_true(from < m->n && m->v[from].ordered && !m->v[from].doomed);
    }
    assert_ptr_equal(s->sequence_tail, link);
}

static void model_submit(struct model *m)
{
    struct model_batch *x = &m->v[m->n];

    x->job = malloc(sizeof *x->job);
    assert_non_null(x->job);
    x->n_ops = 1 + dice(m, 6);
    x->ordered = dice(m, 3) != 0;
    job_init(m->f, &x->job->j, x->n_ops, x->ordered);
    x->job->number = m->n++;
    assert_int_equal(engine_submit(&m->f->seq.base, &x->job->j.b), 0);
}

static unsigned model_step(struct model *m, unsigned in_flight)
{
    struct engine_op *list;

    while (m->n < MODEL_BATCHES && in_flight < MODEL_WINDOW && dice(m, 4) != 0) {
        model_submit(m);
        in_flight++;
    }
    if (in_flight == 0)
        return 0;
    assert_int_equal(engine_wait(&m->f->seq.base, dice(m, 4), 1000, &list), 0);
    assert_non_null(list);
    for (const struct engine_op *op = list; op; op = op->next)
        model_returned(m, op);
    in_flight -= model_let_go(m);
    assert_int_equal(m->f->seq.base.in_flight, in_flight);
    check_sequence(m);
    return in_flight;
}

static void test_random_orders(void **state)
{
    struct fake *f = *state;

    for (unsigned round = 0; round < 8; round++) {
        struct model m = {.f = f, .seed = 20240401 + round, .faults_in_1000 = round * 25};
        unsigned in_flight = 0;

        m.v = calloc(MODEL_BATCHES, sizeof *m.v);
        assert_non_null(m.v);
        f->random = &m;
        do
            in_flight = model_step(&m, in_flight);
        while (in_flight > 0 || m.n < MODEL_BATCHES);
        assert_int_equal(m.oldest, MODEL_BATCHES);
        assert_int_equal(f->seq.outstanding, 0);
        assert_null(f->seq.sequence);
        f->random = NULL;
        free(m.v);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_members_follow_leader),
        TEST(test_leader_not_full),
        TEST(test_member_fault_leaves_others),
        TEST(test_stuck_member),
        TEST(test_ordered_waits_for_turn),
        TEST(test_ordered_turn_before_leader),
        TEST(test_ordered_leaders_only),
        TEST(test_ordered_fault_cancels),
        TEST(test_ordered_fault_in_one_wait),
        TEST(test_ordered_leader_fault_ahead),
        TEST(test_ordered_two_faults),
        TEST(test_unordered_not_cancelled),
        TEST(test_fsync_and_nop),
        TEST(test_wait_times_out),
        TEST(test_wait_passes_error),
        TEST(test_wait_wants_half),
        TEST(test_wait_without_slow),
        TEST(test_random_orders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
