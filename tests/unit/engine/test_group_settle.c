/* test_group_settle: what the group engine makes of the completions of SQE groups, in whatever
 * order and in whatever portions they come. The kernel is played by the test: it is what stands
 * behind uring.h here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/group.c"       // NOLINT(bugprone-suspicious-include): for its style
#include "engine/uring_chain.c" // NOLINT(bugprone-suspicious-include): uses what is below

#define LEN         100
#define MAX_BATCHES 4u
#define MAX_OPS     4u

/* ---- the kernel ---- */

static struct engine_op *cqes[MAX_BATCHES * MAX_OPS]; /* for the next turn, in this order */
static int32_t cqe_results[MAX_BATCHES * MAX_OPS];
static unsigned n_cqes;
static unsigned last_want;

int uring_open(struct uring *u, const struct engine_config *config, struct engine_reason *notes,
               struct engine_reason *why)
{
    (void)notes;
    (void)why;
    *u = (struct uring){.config = config};
    return 0;
}

void uring_close(struct uring *u)
{
    (void)u;
}

bool uring_room(const struct uring *u, unsigned n)
{
    (void)u;
    (void)n;
    return true;
}

struct io_uring_sqe *uring_prep(struct uring *u, struct engine_op *op)
{
    static struct io_uring_sqe sqe;

    (void)op;
    u->outstanding++;
    return &sqe;
}

void uring_cancel(struct uring *u, struct engine_op *op)
{
    (void)u;
    (void)op;
}

int uring_flush(struct uring *u)
{
    (void)u;
    return 0;
}

int uring_turn(struct uring *u, unsigned want, unsigned timeout_ms, struct engine_op **ret_done)
{
    struct engine_op **tail = ret_done;

    (void)timeout_ms;
    last_want = want;
    for (unsigned i = 0; i < n_cqes; i++) {
        cqes[i]->result = cqe_results[i];
        *tail = cqes[i];
        tail = &cqes[i]->next;
    }
    *tail = NULL;
    u->outstanding -= n_cqes;
    n_cqes = 0;
    return 0;
}

/* ---- the rig ---- */

struct rig {
    struct engine *e;
    struct engine_batch batches[MAX_BATCHES];
    struct engine_op ops[MAX_BATCHES][MAX_OPS];
    unsigned returned[MAX_BATCHES]; /* bit per operation */
    char pool[LEN];
};

static int create(const struct engine_config *config, struct engine **ret_engine,
                  struct engine_reason *why)
{
    return uring_chain_create(config, &group_style, ret_engine, why);
}

static const struct engine_ops ops = {
    .name = "group",
    .create = create,
    .submit = uring_chain_submit,
    .wait = uring_chain_wait,
    .destroy = uring_chain_destroy,
};

static void start(struct rig *r)
{
    static const int fds[1] = {-1};
    struct engine_config config = {
        .fds = fds,
        .n_fds = 1,
        .pool = r->pool,
        .pool_len = LEN,
        .max_batches = MAX_BATCHES,
        .max_ops = MAX_OPS,
    };
    struct engine_reason why;

    memset(r, 0, sizeof *r);
    assert_int_equal(engine_create(&ops, &config, &r->e, &why), 0);
}

static void submit(struct rig *r, unsigned slot, unsigned n)
{
    r->batches[slot] = (struct engine_batch){.ops = r->ops[slot], .n_ops = n};
    r->returned[slot] = 0;
    for (unsigned i = 0; i < n; i++)
        r->ops[slot][i] = (struct engine_op){
            .kind = i ? ENGINE_WRITE : ENGINE_READ, .buf = r->pool, .len = LEN};
    assert_int_equal(engine_submit(r->e, &r->batches[slot]), 0);
}

/* In the next turn the kernel tells this of operation i. */
static void tell(struct rig *r, unsigned slot, unsigned i, int32_t result)
{
    cqes[n_cqes] = &r->ops[slot][i];
    cqe_results[n_cqes++] = result;
}

/* Every operation is returned once, and not before its leader. */
static void wait_once(struct rig *r, unsigned slow)
{
    struct engine_op *list;

    assert_int_equal(engine_wait(r->e, slow, 0, &list), 0);
    for (const struct engine_op *op = list; op; op = op->next) {
        unsigned slot = (unsigned)(op->batch - r->batches);
        unsigned bit = 1u << (op - op->batch->ops);

        assert_false(r->returned[slot] & bit);
        assert_true(bit == 1 || r->returned[slot] & 1);
        r->returned[slot] |= bit;
    }
    for (unsigned slot = 0; slot < MAX_BATCHES; slot++)
        assert_int_equal(r->batches[slot].left,
                         r->batches[slot].n_ops -
                             (unsigned)__builtin_popcount(r->returned[slot]));
}

static unsigned all(unsigned n)
{
    return (1u << n) - 1;
}

/* ---- every order ---- */

/* What the kernel tells of a group: completions in the order order[], of which the bits of
 * `cuts` end a turn each. */
struct story {
    unsigned n;
    int32_t leader;
    unsigned bad; /* members with -EBADF, a bit per operation */
    unsigned order[MAX_OPS];
    unsigned cuts;
};

static int32_t told(const struct story *s, unsigned i)
{
    if (i == 0)
        return s->leader;
    return s->leader != LEN ? -EIO : s->bad & 1u << i ? -EBADF : LEN;
}

static int32_t expected(const struct story *s, unsigned i)
{
    return i > 0 && s->leader != LEN ? -ECANCELED : told(s, i);
}

/* Which operations must have been returned when the kernel has told of those in `seen`. */
static unsigned due(const struct story *s, unsigned seen)
{
    bool success = s->leader == LEN && (seen & ~s->bad & ~1u) != 0;
    unsigned last = s->order[s->n - 1];

    if (seen & 1)
        return seen;
    if (!success)
        return 0; /* nothing tells that the leader was complete */
    if (last == 0 && seen == (all(s->n) & ~1u))
        seen &= ~(1u << s->order[s->n - 2]); /* the last member waits for the leader */
    return seen | 1;
}

/* A batch beside it is complete in each turn: one list of completions holds both. */
static void play(const struct story *s)
{
    struct rig r;
    unsigned seen = 0;

    start(&r);
    submit(&r, 0, s->n);
    submit(&r, 1, 2);
    for (unsigned i = 0; i < s->n; i++) {
        seen |= 1u << s->order[i];
        tell(&r, 0, s->order[i], told(s, s->order[i]));
        if (!(s->cuts & 1u << i) && i + 1 < s->n)
            continue;
        tell(&r, 1, 1, LEN);
        tell(&r, 1, 0, LEN);
        wait_once(&r, 0);
        assert_int_equal(r.returned[0] & due(s, seen), due(s, seen));
        assert_int_equal(r.returned[0] & ~(seen | 1), 0);
        if (seen != all(s->n))
            assert_true(r.batches[0].left > 0);
        if (!(seen & 1))
            assert_true((r.returned[0] & seen) != (all(s->n) & ~1u));
        assert_int_equal(r.returned[1], 3);
        submit(&r, 1, 2);
    }
    assert_int_equal(r.returned[0], all(s->n));
    for (unsigned i = 0; i < s->n; i++)
        assert_int_equal(r.ops[0][i].result, expected(s, i));
    engine_destroy(r.e);
}

/* All cuts, all sets of bad members. */
static void play_order(struct story *s)
{
    static const int32_t leaders[] = {LEN, LEN - 1, 0, -EIO, -ECANCELED};

    for (size_t l = 0; l < sizeof leaders / sizeof leaders[0]; l++)
        for (s->bad = 0; s->bad <= all(s->n); s->bad += 2)
            for (s->cuts = 0; s->cuts < 1u << (s->n - 1); s->cuts++) {
                s->leader = leaders[l];
                play(s);
            }
}

/* Puts every operation that is not in `used` at place i, and goes on with the next place. */
static void play_all(struct story *s, unsigned i, unsigned used)
{
    if (i == s->n)
        play_order(s);
    for (unsigned op = 0; i < s->n && op < s->n; op++) {
        if (used & 1u << op)
            continue;
        s->order[i] = op;
        play_all(s, i + 1, used | 1u << op);
    }
}

static void every_order(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= MAX_OPS; n++) {
        struct story s = {.n = n};

        play_all(&s, 0, 0);
    }
}

/* ---- for how many completions it waits ---- */

/* Groups with a member that takes long: neither that nor the leader, which the kernel tells of
 * last, is waited for. */
static void does_not_wait_for_slow(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    for (unsigned slot = 0; slot < 3; slot++) {
        submit(&r, slot, 3);
        tell(&r, slot, 2, LEN);
    }
    wait_once(&r, 3);
    assert_int_equal(last_want, 3); /* (9 - 3) / 2 */
    for (unsigned slot = 0; slot < 3; slot++)
        assert_int_equal(r.returned[slot], 1 | 4);
    submit(&r, 3, 1);
    tell(&r, 3, 0, LEN);
    wait_once(&r, 3);
    assert_int_equal(last_want, 1);
    submit(&r, 3, 3);
    wait_once(&r, 3);
    assert_int_equal(last_want, 2); /* of three that come */
    for (unsigned slot = 0; slot < 3; slot++) {
        tell(&r, slot, 1, LEN);
        tell(&r, slot, 0, LEN);
    }
    wait_once(&r, 0);
    for (unsigned slot = 0; slot < 3; slot++)
        assert_int_equal(r.returned[slot], all(3));
    wait_once(&r, 0);
    assert_int_equal(last_want, 2); /* the leaders are made up for */
    engine_destroy(r.e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order),
        cmocka_unit_test(does_not_wait_for_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
