/* test_sequencer: the ordered-batch contract, on a backend whose operations complete when and
 * how the test says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sequencer.h"

#define LEN     100u /* of every operation that moves data */
#define MAX_OPS 4096u

/* The backend: operations that were started wait in started[]; the test completes them by hand,
 * or reap() does it by the script set in `policy`. */
struct fake {
    struct sequencer seq;
    struct engine_op *started[MAX_OPS];
    unsigned n_started;
    unsigned reaps;
    unsigned last_want;
    unsigned last_timeout;
    int reap_error;
    bool full_on_reap;    /* reap() completes `want` operations, the oldest first, in full */
    struct model *random; /* or: at random, see below */
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

    assert_true(f->n_started < MAX_OPS);
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
    assert_true(want <= s->outstanding);
    assert_int_equal(s->outstanding, f->n_started);
    if (f->reap_error)
        return f->reap_error;
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

static int setup(void **state)
{
    struct fake *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    sequencer_init(&f->seq, &fake_backend);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* A batch of a read and n - 1 writes. */
struct job {
    struct engine_batch b;
    struct engine_op ops[8];
};

static void job_init(struct job *j, unsigned n, bool ordered)
{
    memset(j, 0, sizeof *j);
    j->b.ops = j->ops;
    j->b.n_ops = n;
    j->b.ordered = ordered;
    for (unsigned i = 0; i < n; i++) {
        j->ops[i].kind = i == 0 ? ENGINE_READ : ENGINE_WRITE;
        j->ops[i].len = LEN;
        j->ops[i].result = INT32_MIN;
    }
}

static void submit(struct fake *f, struct job *j, unsigned n, bool ordered)
{
    job_init(j, n, ordered);
    assert_int_equal(sequencer_submit(&f->seq.base, &j->b), 0);
}

static bool is_started(const struct fake *f, const struct engine_op *op)
{
    for (unsigned i = 0; i < f->n_started; i++)
        if (f->started[i] == op)
            return true;
    return false;
}

/* The next complete batch, or NULL. */
static struct job *next_done(struct fake *f)
{
    struct engine_batch *b = NULL;
    int n = sequencer_wait(&f->seq.base, 0, &b, 1);

    assert_in_range(n, 0, 1);
    return n ? (struct job *)((char *)b - offsetof(struct job, b)) : NULL;
}

static void assert_cancelled(const struct job *j)
{
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
    do_complete(f, &j.ops[0], LEN);
    assert_int_equal(f->n_started, 2);
    do_complete(f, &j.ops[2], LEN);
    assert_null(next_done(f));
    do_complete(f, &j.ops[1], LEN);
    assert_ptr_equal(next_done(f), &j);
    assert_null(next_done(f));
}

static void test_leader_not_full(void **state)
{
    struct fake *f = *state;
    const int32_t results[] = {LEN - 1, 0, -EIO, -ECANCELED};

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        for (int ordered = 0; ordered < 2; ordered++) {
            struct job j;

            submit(f, &j, 4, ordered);
            do_complete(f, &j.ops[0], results[i]);
            assert_int_equal(f->n_started, 0);
            assert_ptr_equal(next_done(f), &j);
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
    do_complete(f, &j.ops[0], LEN);
    do_complete(f, &j.ops[1], -ENOSPC);
    do_complete(f, &j.ops[2], 1);
    do_complete(f, &j.ops[3], LEN);
    assert_ptr_equal(next_done(f), &j);
    assert_int_equal(j.ops[1].result, -ENOSPC);
    assert_int_equal(j.ops[2].result, 1);
    assert_int_equal(j.ops[3].result, LEN);
    do_complete(f, &other.ops[0], LEN);
    do_complete(f, &other.ops[1], LEN);
    assert_ptr_equal(next_done(f), &other);
}

static void test_ordered_waits_for_turn(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 3, true);
    submit(f, &b, 3, true);
    submit(f, &c, 2, false);
    assert_int_equal(f->n_started, 3); /* leaders run ahead */
    do_complete(f, &b.ops[0], LEN);
    assert_false(is_started(f, &b.ops[1]));
    do_complete(f, &c.ops[0], LEN);
    assert_true(is_started(f, &c.ops[1])); /* not of the sequence */
    do_complete(f, &a.ops[0], LEN);
    do_complete(f, &a.ops[1], LEN);
    assert_false(is_started(f, &b.ops[1]));
    do_complete(f, &a.ops[2], LEN);
    assert_true(is_started(f, &b.ops[1]));
    assert_true(is_started(f, &b.ops[2]));
    assert_ptr_equal(next_done(f), &a);
    do_complete(f, &b.ops[2], LEN);
    do_complete(f, &b.ops[1], LEN);
    assert_ptr_equal(next_done(f), &b);
    do_complete(f, &c.ops[1], LEN);
    assert_ptr_equal(next_done(f), &c);
}

static void test_ordered_turn_before_leader(void **state)
{
    struct fake *f = *state;
    struct job a, b;

    submit(f, &a, 1, true);
    submit(f, &b, 2, true);
    do_complete(f, &a.ops[0], LEN);
    assert_false(is_started(f, &b.ops[1]));
    do_complete(f, &b.ops[0], LEN);
    do_complete(f, &b.ops[1], LEN);
    assert_ptr_equal(next_done(f), &a);
    assert_ptr_equal(next_done(f), &b);
}

/* a is at fault while b's leader is complete, c's under way; d and e are submitted before the
 * caller has seen it, g afterwards. */
static void test_ordered_fault_cancels(void **state)
{
    struct fake *f = *state;
    struct job a, b, c, d, e, g;

    submit(f, &a, 3, true);
    submit(f, &b, 2, true);
    submit(f, &c, 2, true);
    do_complete(f, &b.ops[0], LEN);
    do_complete(f, &a.ops[0], LEN);
    do_complete(f, &a.ops[1], LEN - 1);
    submit(f, &d, 2, true); /* a is not complete yet */
    assert_int_equal(d.ops[0].result, -ECANCELED);
    do_complete(f, &a.ops[2], LEN);
    submit(f, &e, 2, true); /* a is complete, not returned */
    assert_ptr_equal(next_done(f), &a);
    submit(f, &g, 2, true);
    assert_true(is_started(f, &g.ops[0]));
    assert_ptr_equal(next_done(f), &b);
    assert_int_equal(b.ops[0].result, LEN);
    assert_null(next_done(f)); /* c's leader has c's buffer */
    do_complete(f, &c.ops[0], LEN);
    assert_ptr_equal(next_done(f), &c);
    assert_int_equal(c.ops[0].result, LEN);
    assert_ptr_equal(next_done(f), &d);
    assert_ptr_equal(next_done(f), &e);
    assert_int_equal(e.ops[0].result, -ECANCELED);
    assert_cancelled(&b);
    assert_cancelled(&c);
    assert_cancelled(&d);
    assert_cancelled(&e);
    do_complete(f, &g.ops[0], LEN);
    do_complete(f, &g.ops[1], LEN);
    assert_ptr_equal(next_done(f), &g);
}

/* The leader that ran ahead is at fault: what is before it goes on, what is behind is
 * cancelled. */
static void test_ordered_leader_fault_ahead(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 2, true);
    submit(f, &b, 2, true);
    submit(f, &c, 2, true);
    do_complete(f, &c.ops[0], LEN);
    do_complete(f, &b.ops[0], 0);
    do_complete(f, &a.ops[0], LEN);
    do_complete(f, &a.ops[1], LEN);
    assert_int_equal(f->n_started, 0);
    assert_ptr_equal(next_done(f), &a);
    assert_int_equal(a.ops[1].result, LEN);
    assert_ptr_equal(next_done(f), &b);
    assert_ptr_equal(next_done(f), &c);
    assert_cancelled(&b);
    assert_cancelled(&c);
}

/* A second fault of its own, seen later than the first, cancels what was submitted in
 * between. */
static void test_ordered_two_faults(void **state)
{
    struct fake *f = *state;
    struct job a, b, c, d;

    submit(f, &a, 1, true);
    submit(f, &b, 2, true);
    do_complete(f, &a.ops[0], -EIO);
    assert_ptr_equal(next_done(f), &a);
    submit(f, &c, 2, true);
    do_complete(f, &c.ops[0], LEN);
    do_complete(f, &b.ops[0], -EIO);
    assert_ptr_equal(next_done(f), &b);
    assert_ptr_equal(next_done(f), &c);
    assert_cancelled(&b);
    assert_cancelled(&c);
    submit(f, &d, 2, true);
    do_complete(f, &d.ops[0], LEN);
    assert_true(is_started(f, &d.ops[1]));
    do_complete(f, &d.ops[1], LEN);
    assert_ptr_equal(next_done(f), &d);
}

static void test_unordered_not_cancelled(void **state)
{
    struct fake *f = *state;
    struct job a, b, c;

    submit(f, &a, 2, true);
    submit(f, &b, 2, false);
    do_complete(f, &a.ops[0], -EIO);
    submit(f, &c, 2, false);
    do_complete(f, &b.ops[0], LEN);
    do_complete(f, &c.ops[0], LEN);
    assert_true(is_started(f, &b.ops[1]));
    assert_true(is_started(f, &c.ops[1]));
}

static void test_fsync_and_nop(void **state)
{
    struct fake *f = *state;
    struct job j;

    job_init(&j, 2, false);
    j.ops[0] = (struct engine_op){.kind = ENGINE_NOP};
    j.ops[1] = (struct engine_op){.kind = ENGINE_FSYNC};
    sequencer_submit(&f->seq.base, &j.b);
    do_complete(f, &j.ops[0], 0);
    do_complete(f, &j.ops[1], 0);
    assert_ptr_equal(next_done(f), &j);
}

static void test_wait_times_out(void **state)
{
    struct fake *f = *state;
    struct engine_batch *done = NULL;
    struct job j;

    assert_int_equal(sequencer_wait(&f->seq.base, 1000, &done, 1), 0); /* nothing in flight */
    assert_int_equal(f->reaps, 0);
    submit(f, &j, 2, false);
    assert_int_equal(sequencer_wait(&f->seq.base, 0, &done, 1), 0);
    assert_int_equal(f->reaps, 1);
    assert_int_equal(sequencer_wait(&f->seq.base, 10, &done, 1), 0);
    assert_true(f->reaps > 2); /* reap() came back early, and was asked again */
    assert_true(f->last_timeout <= 10);
    assert_null(done);
}

static void test_wait_passes_error(void **state)
{
    struct fake *f = *state;
    struct engine_batch *done;
    struct job j;

    submit(f, &j, 2, false);
    f->reap_error = -EIO;
    assert_int_equal(sequencer_wait(&f->seq.base, 1000, &done, 1), -EIO);
}

static void test_wait_wants_half(void **state)
{
    struct fake *f = *state;
    struct engine_batch *done[16];
    struct job j[9];
    int n = 0;

    for (int i = 0; i < 9; i++)
        submit(f, &j[i], 3, false);
    assert_int_equal(sequencer_wait(&f->seq.base, 0, done, 16), 0);
    assert_int_equal(f->last_want, 5);
    f->full_on_reap = true;
    while (n < 9) {
        int r = sequencer_wait(&f->seq.base, 1000, done, 16);

        assert_true(r > 0);
        n += r;
    }
    assert_true(f->reaps < 27); /* not one per operation */
}

static void test_wait_returns_at_most_max(void **state)
{
    struct fake *f = *state;
    struct engine_batch *done[2];
    struct job j[3], slow;

    for (int i = 0; i < 3; i++)
        submit(f, &j[i], 1, false);
    submit(f, &slow, 1, false);
    for (int i = 0; i < 3; i++)
        do_complete(f, &j[i].ops[0], LEN);
    assert_int_equal(sequencer_wait(&f->seq.base, 1000, done, 2), 2);
    assert_ptr_equal(done[0], &j[0].b);
    assert_ptr_equal(done[1], &j[1].b);
    assert_int_equal(f->last_want, 0); /* only starts what is queued */
    assert_int_equal(sequencer_wait(&f->seq.base, 1000, done, 2), 1);
    assert_ptr_equal(done[0], &j[2].b);
}

/* The model: random batches complete in random order with random results, and every start and
 * every returned batch is held against the text of engine.h. */
#define MODEL_BATCHES 4000u
#define MODEL_WINDOW  12u

struct model_batch {
    struct job j;
    unsigned started; /* bit per operation */
    bool returned;
    bool at_fault;        /* an operation that was started was not full */
    unsigned unseen_from; /* ordered batches from this number on were not known to be good */
};

struct model {
    struct fake *f;
    struct model_batch *v;
    unsigned n; /* submitted */
    unsigned seed;
    unsigned faults_in_1000;
};

static unsigned dice(struct model *m, unsigned n)
{
    m->seed = m->seed * 1664525u + 1013904223u;
    return (m->seed >> 8) % n;
}

static struct model_batch *model_of(struct engine_op *op)
{
    return (struct model_batch *)((char *)op->batch - offsetof(struct job, b) -
                                  offsetof(struct model_batch, j));
}

/* Whether an earlier ordered batch had a fault that the caller did not know of when it
 * submitted x. */
static bool behind_fault(const struct model *m, const struct model_batch *x)
{
    for (unsigned i = x->unseen_from; i < (unsigned)(x - m->v); i++)
        if (m->v[i].j.b.ordered && m->v[i].at_fault)
            return true;
    return false;
}

static void model_started(struct model *m, struct engine_op *op)
{
    struct model_batch *x = model_of(op);
    unsigned i = (unsigned)(op - x->j.ops);

    assert_false(x->started & 1u << i);
    x->started |= 1u << i;
    if (i == 0)
        return;
    assert_true(engine_op_full(&x->j.ops[0]));
    if (!x->j.b.ordered)
        return;
    assert_false(behind_fault(m, x));
    for (const struct model_batch *y = m->v; y < x; y++)
        if (y->j.b.ordered)
            for (unsigned k = 0; k < y->j.b.n_ops; k++)
                assert_int_not_equal(y->j.ops[k].result, INT32_MIN);
}

static int32_t random_result(struct model *m)
{
    if (dice(m, 1000) >= m->faults_in_1000)
        return LEN;
    return dice(m, 2) ? (int32_t)dice(m, LEN) : -(int32_t)(1 + dice(m, 130));
}

static void model_reap(struct model *m, unsigned want)
{
    struct fake *f = m->f;

    for (unsigned i = 0; i < want; i++) {
        struct engine_op *op = f->started[dice(m, f->n_started)];
        int32_t result = random_result(m);

        if (result != (int32_t)op->len)
            model_of(op)->at_fault = true;
        do_complete(f, op, result);
    }
}

static void model_check(struct model *m, struct model_batch *x)
{
    const struct job *j = &x->j;

    assert_false(x->returned);
    x->returned = true;
    for (unsigned i = 0; i < j->b.n_ops; i++) {
        assert_int_not_equal(j->ops[i].result, INT32_MIN);
        if (!(x->started & 1u << i))
            assert_int_equal(j->ops[i].result, -ECANCELED);
    }
    /* Not started only for a reason. */
    if (j->b.n_ops > 1 && !(x->started & 2u) && engine_op_full(&j->ops[0]))
        assert_true(j->b.ordered && behind_fault(m, x));
    if (!(x->started & 1u))
        assert_true(j->b.ordered && behind_fault(m, x));
}

/* The oldest ordered batch that is not returned or, all being returned, the next one. */
static unsigned oldest_unseen(const struct model *m)
{
    unsigned i = 0;

    while (i < m->n && (m->v[i].returned || !m->v[i].j.b.ordered))
        i++;
    return i;
}

static unsigned model_step(struct model *m, unsigned in_flight)
{
    while (m->n < MODEL_BATCHES && in_flight < MODEL_WINDOW && dice(m, 4) != 0) {
        struct model_batch *x = &m->v[m->n];

        x->unseen_from = oldest_unseen(m);
        job_init(&x->j, 1 + dice(m, 6), dice(m, 3) != 0);
        m->n++;
        assert_int_equal(sequencer_submit(&m->f->seq.base, &x->j.b), 0);
        in_flight++;
    }
    if (in_flight > 0) {
        struct engine_batch *done[3];
        int n = sequencer_wait(&m->f->seq.base, 1000, done, 1 + dice(m, 3));

        assert_true(n > 0);
        in_flight -= (unsigned)n;
        for (int i = 0; i < n; i++)
            model_check(m, model_of(done[i]->ops));
    }
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
        for (unsigned i = 0; i < m.n; i++)
            assert_true(m.v[i].returned);
        assert_int_equal(f->seq.outstanding, 0);
        assert_int_equal(f->seq.faults, 0);
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
        TEST(test_ordered_waits_for_turn),
        TEST(test_ordered_turn_before_leader),
        TEST(test_ordered_fault_cancels),
        TEST(test_ordered_leader_fault_ahead),
        TEST(test_ordered_two_faults),
        TEST(test_unordered_not_cancelled),
        TEST(test_fsync_and_nop),
        TEST(test_wait_times_out),
        TEST(test_wait_passes_error),
        TEST(test_wait_wants_half),
        TEST(test_wait_returns_at_most_max),
        TEST(test_random_orders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
