/* Destinations that are too slow, with a kernel made of memory: random requests and failures against a
 * model, and single cases. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blockdev/dests_priv.h"
#include "queue.h"

#define DESTS  4u
#define DEPTH  6u
#define TAGS   (DEPTH + DESTS * REQUESTS_COPIES)
#define BLOCK  512u
#define BLOCKS 256u
#define SIZE   (BLOCK * BLOCKS)
#define MOST   8192u /* changes of one block */

/* What a block was made, in the order of the requests: each change has a number of its own, and writes
 * it; or zeros. */
struct history {
    uint32_t id[MOST];
    bool zero[MOST], discarded[MOST];
    unsigned n;        /* index of the last one; 0: the beginning, zeros */
    unsigned answered; /* index of the last one that was answered as good */
};

struct kernel {
    struct requests requests;
    struct requests_io io;
    unsigned char dests[DESTS][SIZE], flushed[DESTS][SIZE];
    unsigned char snapshot[DESTS][SIZE]; /* at the start of the flush that runs */
    bool flushing[DESTS];
    unsigned char buffer[TAGS][SIZE];
    struct request_op *started[TAGS * (DESTS + 1)];
    unsigned n_started, seed;
    unsigned speed[DESTS + 1];
    bool broken[DESTS];
    bool open[DEPTH]; /* a request that is not answered */
    uint32_t id;
    unsigned least[DEPTH][BLOCKS]; /* what was answered when it came: index in the history */
    unsigned index[DEPTH][BLOCKS]; /* of a change: its own */
    int result[DEPTH];
    unsigned n_away, n_with, n_errors;
    struct history blocks[BLOCKS];
};

static unsigned any(struct kernel *k, unsigned below)
{
    k->seed = k->seed * 1103515245u + 12345u;
    return (k->seed >> 8) % below;
}

static void start(void *arg, struct request_op *op)
{
    struct kernel *k = arg;

    assert_true(op->dest == DESTS || op->what != REQUEST_READ ||
                !ranges_overlap(&k->requests.dests[op->dest].lacks.ranges, op->offset,
                                op->offset + op->length));
    k->started[k->n_started++] = op;
    if (op->what == REQUEST_FLUSH)
        memcpy(k->snapshot[op->dest], k->dests[op->dest], SIZE);
}

/* Whether those bytes are what the block was made by a change from `least` on. */
static bool is_one_of(const struct history *h, unsigned least, const unsigned char *bytes)
{
    static const unsigned char zeros[BLOCK];
    uint32_t id;

    memcpy(&id, bytes, sizeof(id));
    for (unsigned i = least; i <= h->n; i++)
        if (h->zero[i] ? memcmp(bytes, zeros, BLOCK) == 0 : id == h->id[i])
            return true;
    return false;
}

static bool is_written(const struct kernel *k, unsigned block)
{
    uint64_t until;

    return written_run(&k->requests.written, block * BLOCK, (block + 1) * BLOCK, &until);
}

static void check_read(struct kernel *k, unsigned tag, const struct request *q)
{
    for (uint64_t at = 0; at < q->length; at += BLOCK) {
        uint64_t b = (q->offset + at) / BLOCK;

        assert_true(is_one_of(&k->blocks[b], k->least[tag][b], &k->buffer[tag][at]));
    }
}

/* Whether a device may hold anything there. */
static bool is_free(const struct history *h, unsigned least)
{
    for (unsigned i = least; i <= h->n; i++)
        if (i == 0 || h->discarded[i])
            return true;
    return false;
}

/* Who has all has what was answered before the flush, on its medium. */
static void check_flush(struct kernel *k, unsigned tag)
{
    for (unsigned d = 0; d < DESTS; d++) {
        const struct request_dest *dest = &k->requests.dests[d];

        if (!dest->live || dest->state != REQUEST_DEST_WITH)
            continue;
        for (unsigned b = 0; b < BLOCKS; b++)
            if (!dest->is_device || !is_free(&k->blocks[b], k->least[tag][b]))
                assert_true(
                    is_one_of(&k->blocks[b], k->least[tag][b], &k->flushed[d][b * BLOCK]));
    }
}

static void commit(void *arg, unsigned tag, int result)
{
    struct kernel *k = arg;
    const struct request *q = &k->requests.all[tag];

    assert_true(tag < DEPTH && k->open[tag]);
    k->open[tag] = false;
    k->result[tag] = result;
    if (result < 0) {
        k->n_errors++;
        return;
    }
    if (q->kind == REQUEST_KIND_READ)
        check_read(k, tag, q);
    else if (q->kind == REQUEST_KIND_FLUSH)
        check_flush(k, tag);
    else
        for (uint64_t b = q->offset / BLOCK; b < (q->offset + q->length) / BLOCK; b++)
            k->blocks[b].answered = k->index[tag][b];
}

static bool spare(void *arg, unsigned tag)
{
    (void)arg;
    (void)tag;
    return false;
}

static void swap(void *arg, unsigned tag)
{
    (void)arg;
    (void)tag;
    fail();
}

static void news(void *arg)
{
    (void)arg;
}

static int set_up(void **state)
{
    struct kernel *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    k->io = (struct requests_io){start, commit, spare, swap, news, k};
    queue_init(&k->requests, &k->io, DEPTH, DESTS, SIZE);
    k->requests.detach = true;
    k->requests.near = 8 * BLOCK;
    k->requests.copy_size = 4 * BLOCK;
    for (unsigned d = 0; d <= DESTS; d++)
        k->speed[d] = 8;
    for (unsigned b = 0; b < BLOCKS; b++)
        k->blocks[b].zero[0] = true;
    *state = k;
    return 0;
}

static int tear_down(void **state)
{
    struct kernel *k = *state;

    requests_free(&k->requests);
    free(k);
    return 0;
}

/* ---- operations ---- */

static void move(struct kernel *k, const struct request_op *op, uint64_t n)
{
    if (op->what == REQUEST_FLUSH)
        memcpy(k->flushed[op->dest], k->snapshot[op->dest], SIZE);
    queue_move(op, k->buffer[op->tag] + op->from, op->dest < DESTS ? k->dests[op->dest] : NULL,
               n);
}

/* Ends the operation; it may be short, or fail. */
static void end(struct kernel *k, unsigned i)
{
    struct request_op *op = k->started[i];
    uint64_t n = op->length;

    k->started[i] = k->started[--k->n_started];
    if (op->dest < DESTS && k->broken[op->dest] && any(k, 2)) {
        requests_done(&k->requests, op, -EIO);
        return;
    }
    if (queue_counts(op) && n > BLOCK && any(k, 4) == 0)
        n -= any(k, (unsigned)(n / BLOCK)) * BLOCK;
    move(k, op, n);
    requests_done(&k->requests, op, queue_counts(op) ? (int)n : 0);
}

/* Ends one, rather one of a fast destination than of a slow one. */
static void end_one(struct kernel *k)
{
    unsigned i = any(k, k->n_started);

    if (any(k, 8) < k->speed[k->started[i]->dest])
        end(k, i);
}

static void end_those_of(struct kernel *k, unsigned dest)
{
    for (unsigned i = 0; i < k->n_started;)
        if (k->started[i]->dest == dest) {
            end(k, i);
            i = 0;
        } else {
            i++;
        }
}

static void end_others(struct kernel *k, unsigned dest)
{
    for (unsigned d = 0; d <= DESTS; d++)
        if (d != dest)
            end_those_of(k, d);
}

static void end_all(struct kernel *k)
{
    while (k->n_started > 0)
        end(k, any(k, k->n_started));
}

static void look(struct kernel *k, unsigned ms)
{
    k->requests.now += ms;
    requests_look(&k->requests, 0);
}

/* All that is to be done is done. */
static void settle(struct kernel *k)
{
    k->requests.ending = true;
    for (unsigned i = 0; i < 10000 && (k->n_started > 0 || requests_behind(&k->requests));
         i++) {
        end_all(k);
        look(k, 1);
    }
    assert_int_equal(k->n_started, 0);
    assert_false(requests_behind(&k->requests));
}

/* ---- requests ---- */

static void begin(struct kernel *k, unsigned tag, enum request_kind kind, unsigned block,
                  unsigned n)
{
    bool changes = kind != REQUEST_KIND_READ && kind != REQUEST_KIND_FLUSH;

    k->open[tag] = true;
    k->id++;
    for (unsigned b = 0; b < BLOCKS; b++)
        k->least[tag][b] = k->blocks[b].answered;
    for (unsigned b = block; changes && b < block + n; b++) {
        struct history *h = &k->blocks[b];

        assert_true(++h->n < MOST);
        h->id[h->n] = k->id;
        h->discarded[h->n] = kind == REQUEST_KIND_DISCARD;
        h->zero[h->n] = kind != REQUEST_KIND_WRITE;
        k->index[tag][b] = h->n;
    }
    for (unsigned i = 0; kind == REQUEST_KIND_WRITE && i < n; i++)
        for (unsigned at = 0; at < BLOCK; at += sizeof(k->id))
            memcpy(&k->buffer[tag][i * BLOCK + at], &k->id, sizeof(k->id));
    requests_begin(&k->requests, tag, kind, false, (uint64_t)block * BLOCK,
                   (uint64_t)n * BLOCK);
}

static void begin_any(struct kernel *k)
{
    static const enum request_kind kinds[] = {
        REQUEST_KIND_WRITE, REQUEST_KIND_WRITE,   REQUEST_KIND_WRITE,  REQUEST_KIND_WRITE,
        REQUEST_KIND_READ,  REQUEST_KIND_DISCARD, REQUEST_KIND_ZEROES, REQUEST_KIND_FLUSH,
    };
    unsigned tag = any(k, DEPTH), block = any(k, BLOCKS), n = any(k, 12) + 1;

    if (any(k, 3) == 0)
        block = any(k, 16); /* some blocks are written again and again */
    if (n > BLOCKS - block)
        n = BLOCKS - block;
    if (!k->open[tag])
        begin(k, tag, kinds[any(k, 8)], block, n);
}

/* ---- random ---- */

/* Each destination that has all is as the model. */
static void check_all(struct kernel *k)
{
    for (unsigned d = 0; d < DESTS; d++) {
        const struct request_dest *dest = &k->requests.dests[d];

        if (!dest->live || dest->state != REQUEST_DEST_WITH)
            continue;
        assert_true(lacks_nothing(&dest->lacks));
        for (unsigned b = 0; b < BLOCKS; b++)
            if (!dest->is_device || is_written(k, b))
                assert_true(
                    is_one_of(&k->blocks[b], k->blocks[b].answered, &k->dests[d][b * BLOCK]));
    }
}

static void note_states(struct kernel *k)
{
    for (unsigned d = 0; d < DESTS; d++) {
        const struct request_dest *dest = &k->requests.dests[d];

        k->n_away += dest->live && dest->state == REQUEST_DEST_AWAY;
        k->n_with +=
            dest->live && dest->state == REQUEST_DEST_WITH && atomic_load(&dest->detached);
        assert_true(dest->state != REQUEST_DEST_WITH || !dest->live ||
                    lacks_nothing(&dest->lacks));
    }
}

static void run(struct kernel *k, unsigned steps, unsigned failures)
{
    for (unsigned i = 0; i < steps; i++) {
        if (i % 400 == 0)
            for (unsigned d = 0; d < DESTS; d++)
                k->speed[d] = any(k, 3) ? 8 : any(k, 2);
        if (failures && any(k, 1500) == 0)
            k->broken[any(k, DESTS)] = true;
        begin_any(k);
        for (unsigned n = any(k, 8); n > 0 && k->n_started > 0; n--)
            end_one(k);
        look(k, any(k, 20));
        note_states(k);
    }
    settle(k);
    check_all(k);
}

/* What is lacked becomes coarse soon. */
static void use_short_lists(struct kernel *k)
{
    for (unsigned d = 0; d < DESTS; d++) {
        lacks_free(&k->requests.dests[d].lacks);
        assert_int_equal(lacks_init(&k->requests.dests[d].lacks, SIZE, 6), 0);
    }
}

static void test_random(void **state)
{
    unsigned n_away = 0, n_with = 0; /* looks at one that was away, or had come back */

    for (unsigned seed = 1; seed <= 40; seed++) {
        struct kernel *k = *state;

        k->seed = seed;
        k->requests.dests[3].is_device = seed & 1;
        if (seed % 4 < 2)
            use_short_lists(k);
        run(k, 3000, 0);
        assert_int_equal(k->n_errors, 0);
        for (unsigned d = 0; d < DESTS; d++)
            assert_true(k->requests.dests[d].live &&
                        k->requests.dests[d].state == REQUEST_DEST_WITH);
        n_away += k->n_away;
        n_with += k->n_with;
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_true(n_away > 1000 && n_with > 1000); /* it was about something */
}

static void test_random_failures(void **state)
{
    unsigned n_dropped = 0;

    for (unsigned seed = 1; seed <= 80; seed++) {
        struct kernel *k = *state;

        k->seed = seed * 7919;
        k->requests.max_lag = seed % 3 ? 0 : 100 * BLOCK;
        run(k, 3000, 1);
        n_dropped += DESTS - k->requests.n_live;
        for (unsigned d = 0; d < DESTS; d++)
            if (!k->broken[d] && !k->requests.max_lag && k->n_errors == 0)
                assert_true(k->requests.dests[d].live);
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_true(n_dropped > 0);
}

/* ---- single cases ---- */

#define SLOW 2u

/* Destination SLOW is detached while a write of block 0 waits for it. */
static void detach(struct kernel *k)
{
    look(k, 0);
    begin(k, 0, REQUEST_KIND_WRITE, 0, 1);
    end_others(k, SLOW);
    look(k, 0);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_WITH);
    look(k, 10000);
    look(k, 0);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_AWAY);
}

/* A write of n blocks that waits for nobody but those that keep up. */
static void write_without(struct kernel *k, unsigned block, unsigned n)
{
    begin(k, 1, REQUEST_KIND_WRITE, block, n);
    end_others(k, SLOW);
    assert_false(k->open[1]);
    assert_int_equal(k->result[1], n * BLOCK);
}

static void test_nobody_waits_for_it(void **state)
{
    struct kernel *k = *state;

    detach(k);
    write_without(k, 40, 8);
    assert_int_equal(ranges_total(&k->requests.dests[SLOW].lacks.ranges), 8 * BLOCK);
    look(k, 1);
    assert_true(atomic_load(&k->requests.dests[SLOW].detached));
    assert_int_equal(atomic_load(&k->requests.dests[SLOW].lag), 8 * BLOCK);
    settle(k);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_WITH);
    assert_memory_equal(k->dests[SLOW], k->dests[0], SIZE);
    assert_memory_equal(k->flushed[SLOW], k->dests[0], SIZE);
}

/* What is written to a range that is being copied is written after that. */
static void test_write_while_it_is_copied(void **state)
{
    struct kernel *k = *state;

    detach(k);
    write_without(k, 40, 4);
    look(k, 1); /* begins to read what it lacks */
    begin(k, 1, REQUEST_KIND_WRITE, 41, 1);
    end_others(k, SLOW);
    assert_true(k->open[1]); /* the copy is being written */
    end_those_of(k, SLOW);
    end_others(k, SLOW);
    assert_false(k->open[1]);
    settle(k);
    assert_memory_equal(k->dests[SLOW], k->dests[0], SIZE);
}

/* A flush is none of those that are behind. */
static void test_flush_without_it(void **state)
{
    struct kernel *k = *state;

    detach(k);
    write_without(k, 40, 4);
    begin(k, 3, REQUEST_KIND_FLUSH, 0, 0);
    end_others(k, SLOW);
    assert_false(k->open[3]);
    assert_int_equal(k->result[3], 0);
    /* Nor if new writes go to it again. */
    end_those_of(k, SLOW);
    look(k, 0);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_AWAY); /* too early */
    look(k, 200000);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_RETURNING);
    begin(k, 3, REQUEST_KIND_FLUSH, 0, 0);
    end_others(k, SLOW);
    assert_false(k->open[3]);
    settle(k);
}

static void test_too_far_behind(void **state)
{
    struct kernel *k = *state;

    k->requests.max_lag = 8 * BLOCK;
    detach(k);
    write_without(k, 40, 8);
    assert_true(k->requests.dests[SLOW].live);
    write_without(k, 100, 1);
    assert_false(k->requests.dests[SLOW].live);
    assert_int_equal(k->requests.dests[SLOW].failure.err, ETIMEDOUT);
    settle(k);
    assert_int_equal(k->requests.n_live, DESTS - 1);
}

/* A long time in which nobody writes does not allow it to be slow for long. */
static void test_slow_after_a_pause(void **state)
{
    struct kernel *k = *state;

    look(k, 0);
    look(k, 100000000);
    begin(k, 0, REQUEST_KIND_WRITE, 0, 1);
    end_others(k, SLOW);
    look(k, 0);
    look(k, 4000);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_WITH);
    look(k, 4000);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_AWAY);
    settle(k);
}

/* So many keep up as the floor says: then the rest waits for who is slow. */
static void test_not_below_the_floor(void **state)
{
    struct kernel *k = *state;

    k->requests.floor = DESTS;
    look(k, 0);
    begin(k, 0, REQUEST_KIND_WRITE, 0, 1);
    end_others(k, SLOW);
    look(k, 0);
    look(k, 10000);
    look(k, 0);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_WITH);
    settle(k);
}

/* What runs at the destination behind the slow one fails. */
static void fail_last(struct kernel *k)
{
    for (unsigned i = 0; i < k->n_started; i++)
        if (k->started[i]->dest == SLOW + 1) {
            struct request_op *op = k->started[i];

            k->started[i] = k->started[--k->n_started];
            requests_done(&k->requests, op, -ENOSPC);
            return;
        }
    fail();
}

/* All that have everything fail: the last of them is read until the slow one has it, and what is
 * written meanwhile goes to that one. */
static void test_others_fail(void **state)
{
    struct kernel *k = *state;

    detach(k);
    write_without(k, 40, 30);
    for (unsigned d = 0; d < DESTS; d++)
        if (d != SLOW)
            dests_fail(&k->requests, d, "write", 0, ENOSPC, NULL, false);
    assert_int_equal(k->requests.n_live, 2);
    assert_int_equal(k->requests.dests[SLOW].state, REQUEST_DEST_RETURNING);
    begin(k, 1, REQUEST_KIND_WRITE, 200, 1);
    end_those_of(k, SLOW);
    fail_last(k);
    assert_int_equal(k->result[1], BLOCK);
    begin(k, 3, REQUEST_KIND_WRITE, 210, 1);
    end_those_of(k, SLOW + 1);              /* it has less to do now */
    begin(k, 1, REQUEST_KIND_READ, 200, 1); /* but only the slow one has that */
    settle(k);
    assert_int_equal(k->result[1], BLOCK);
    assert_int_equal(k->requests.n_live, 1);
    assert_true(k->requests.dests[SLOW].live);
    check_all(k);
}

/* The only one that gets a write fails: the one that was away gets it. */
static void test_the_only_one_fails(void **state)
{
    struct kernel *k = *state;

    detach(k);
    end_those_of(k, SLOW);
    dests_fail(&k->requests, 0, "write", 0, EIO, NULL, true);
    dests_fail(&k->requests, 1, "write", 0, EIO, NULL, true);
    begin(k, 1, REQUEST_KIND_WRITE, 40, 4);
    fail_last(k);
    assert_true(k->open[1]);
    fail_last(k);
    end_those_of(k, SLOW);
    assert_int_equal(k->result[1], 4 * BLOCK);
    settle(k);
    assert_int_equal(k->requests.n_live, 1);
    assert_true(k->requests.dests[SLOW].live);
    check_all(k);
}

/* The only one that has all cannot be flushed; a flush of the other one would be no help. */
static void test_the_only_flush_fails(void **state)
{
    struct kernel *k = *state;

    detach(k);
    end_those_of(k, SLOW);
    write_without(k, 40, 4);
    dests_fail(&k->requests, 0, "write", 0, EIO, NULL, true);
    dests_fail(&k->requests, 1, "write", 0, EIO, NULL, true);
    begin(k, 3, REQUEST_KIND_FLUSH, 0, 0);
    fail_last(k);
    assert_false(k->open[3]);
    assert_int_equal(k->result[3], -ENOSPC);
    settle(k);
    assert_int_equal(k->requests.n_live, 1);
    check_all(k);
}

/* Nobody has what it lacks. */
static void test_others_hang(void **state)
{
    struct kernel *k = *state;

    detach(k);
    write_without(k, 40, 30);
    for (unsigned d = 0; d < DESTS; d++)
        if (d != SLOW)
            dests_fail(&k->requests, d, "write", 0, ETIMEDOUT, NULL, true);
    settle(k);
    assert_int_equal(k->requests.n_live, 0);
    assert_int_equal(k->requests.dests[SLOW].failure.err, EIO);
}

static void test_give_up(void **state)
{
    struct kernel *k = *state;

    detach(k);
    write_without(k, 40, 30);
    look(k, 1);
    requests_give_up(&k->requests);
    assert_false(requests_behind(&k->requests));
    settle(k);
    assert_false(k->requests.dests[SLOW].live);
    assert_int_equal(k->requests.dests[SLOW].failure.err, ECANCELED);
    assert_int_equal(k->requests.n_live, DESTS - 1);
}

/* It hangs while it is written what it lacks: who waits for the range goes on. */
static void test_hangs_while_it_catches_up(void **state)
{
    struct kernel *k = *state;

    detach(k);
    end_those_of(k, SLOW);
    write_without(k, 40, 4);
    look(k, 1);
    end_others(k, SLOW);
    begin(k, 1, REQUEST_KIND_WRITE, 41, 1);
    k->requests.now += 1000;
    requests_look(&k->requests, 1000);
    assert_false(k->requests.dests[SLOW].live);
    assert_false(requests_hang(&k->requests)); /* no request of the writer */
    assert_true(requests_run(&k->requests));
    end_others(k, SLOW);
    assert_false(k->open[1]);
}

/* It was dropped, and what it was being written does not end: nobody waits for that either. */
static void test_hangs_when_it_was_dropped(void **state)
{
    struct kernel *k = *state;

    detach(k);
    end_those_of(k, SLOW);
    write_without(k, 40, 4);
    look(k, 1);
    end_others(k, SLOW);
    requests_give_up(&k->requests);
    begin(k, 1, REQUEST_KIND_WRITE, 41, 1);
    assert_true(k->open[1]);
    k->requests.now += 1000;
    requests_look(&k->requests, 1000);
    end_others(k, SLOW);
    assert_false(k->open[1]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_random),
        CASE(test_random_failures),
        CASE(test_nobody_waits_for_it),
        CASE(test_write_while_it_is_copied),
        CASE(test_flush_without_it),
        CASE(test_too_far_behind),
        CASE(test_slow_after_a_pause),
        CASE(test_not_below_the_floor),
        CASE(test_others_fail),
        CASE(test_the_only_one_fails),
        CASE(test_the_only_flush_fails),
        CASE(test_others_hang),
        CASE(test_give_up),
        CASE(test_hangs_while_it_catches_up),
        CASE(test_hangs_when_it_was_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
