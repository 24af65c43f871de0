/* What requests of a block device become at its destinations, with a kernel made of memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blockdev/requests_priv.h"
#include "queue.h"

#define DESTS 3u
#define DEPTH 4u
#define SIZE  65536u
#define BLOCK 512u

/* The kernel: destinations that are memory, and operations that have not ended. */
struct kernel {
    struct requests requests;
    struct requests_io io;
    unsigned char dests[DESTS][SIZE];
    unsigned char buffer[DEPTH][SIZE],
        other[DEPTH][SIZE]; /* of each request, and a second one */
    bool swapped[DEPTH];
    bool has_spares;
    struct request_op *started[DEPTH * (DESTS + 1)];
    unsigned n_started, n_of[6]; /* by what */
    int result[DEPTH];           /* committed, or NOTHING */
    unsigned n_commits, n_news;
};

#define NOTHING (-1000000)

static void start(void *arg, struct request_op *op)
{
    struct kernel *k = arg;

    k->started[k->n_started++] = op;
    k->n_of[op->what]++;
}

static void commit(void *arg, unsigned tag, int result)
{
    struct kernel *k = arg;

    assert_int_equal(k->result[tag], NOTHING);
    k->result[tag] = result;
    k->n_commits++;
}

static bool spare(void *arg, unsigned tag)
{
    (void)tag;
    return ((struct kernel *)arg)->has_spares;
}

static void swap(void *arg, unsigned tag)
{
    ((struct kernel *)arg)->swapped[tag] = true;
}

static void news(void *arg)
{
    ((struct kernel *)arg)->n_news++;
}

static unsigned char *buffer_of(struct kernel *k, unsigned tag)
{
    return k->swapped[tag] ? k->other[tag] : k->buffer[tag];
}

static int set_up(void **state)
{
    struct kernel *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    k->io = (struct requests_io){start, commit, spare, swap, news, k};
    queue_init(&k->requests, &k->io, DEPTH, DESTS, SIZE);
    memset(k->dests, 0xee, sizeof(k->dests)); /* what was there before */
    for (unsigned t = 0; t < DEPTH; t++)
        k->result[t] = NOTHING;
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

/* Takes operation i out of those that are running. */
static struct request_op *take(struct kernel *k, unsigned i)
{
    struct request_op *op = k->started[i];

    assert_true(i < k->n_started);
    k->n_started--;
    memmove(&k->started[i], &k->started[i + 1], (k->n_started - i) * sizeof(op));
    return op;
}

/* Ends the oldest operation: it moves `most` bytes at most. */
static void end_short(struct kernel *k, uint64_t most)
{
    struct request_op *op = take(k, 0);
    uint64_t n = queue_counts(op) && op->length > most ? most : op->length;

    queue_move(op, buffer_of(k, op->tag) + op->from,
               op->dest < DESTS ? k->dests[op->dest] : NULL, n);
    requests_done(&k->requests, op, queue_counts(op) ? (int)n : 0);
}

static void end_all(struct kernel *k)
{
    while (k->n_started > 0)
        end_short(k, SIZE);
}

/* Ends the operation of that destination, the oldest, with an error. */
static void fail_at(struct kernel *k, unsigned dest, int err)
{
    unsigned i = 0;

    while (k->started[i]->dest != dest)
        i++;
    requests_done(&k->requests, take(k, i), -err);
}

static void begin(struct kernel *k, unsigned tag, enum request_kind kind, uint64_t offset,
                  uint64_t length)
{
    k->result[tag] = NOTHING;
    requests_begin(&k->requests, tag, kind, false, offset, length);
}

static void begin_write(struct kernel *k, unsigned tag, uint64_t offset, uint64_t length,
                        int byte)
{
    memset(buffer_of(k, tag), byte, length);
    begin(k, tag, REQUEST_KIND_WRITE, offset, length);
}

static void write_all(struct kernel *k, uint64_t offset, uint64_t length, int byte)
{
    begin_write(k, 0, offset, length, byte);
    end_all(k);
    assert_int_equal(k->result[0], length);
}

static void assert_bytes(const unsigned char *bytes, uint64_t n, int byte)
{
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], byte);
}

/* ---- the cases ---- */

static void test_write_goes_to_all(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 1024, 2048, 'a');
    assert_int_equal(k->n_started, DESTS);
    end_short(k, SIZE);
    end_short(k, SIZE);
    assert_int_equal(k->result[0], NOTHING); /* one is not there yet */
    end_short(k, SIZE);
    assert_int_equal(k->result[0], 2048);
    for (unsigned d = 0; d < DESTS; d++)
        assert_bytes(&k->dests[d][1024], 2048, 'a');
}

static void test_short_results(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 4096, 'b');
    while (k->n_started > 0)
        end_short(k, 700);
    assert_int_equal(k->result[0], 4096);
    for (unsigned d = 0; d < DESTS; d++)
        assert_bytes(k->dests[d], 4096, 'b');
    begin(k, 1, REQUEST_KIND_READ, 0, 4096);
    while (k->n_started > 0)
        end_short(k, 1000);
    assert_int_equal(k->result[1], 4096);
    assert_bytes(k->buffer[1], 4096, 'b');
}

/* A result of 0 is no success: it would go on for ever. */
static void test_nothing_moved(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 512, 'c');
    fail_at(k, 1, 0);
    end_all(k);
    assert_int_equal(k->result[0], 512);
    assert_false(k->requests.dests[1].live);
    assert_int_equal(k->requests.dests[1].failure.err, EIO);
}

static void test_interrupted(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 512, 'c');
    fail_at(k, 1, EINTR);
    fail_at(k, 2, EAGAIN);
    end_all(k);
    assert_int_equal(k->result[0], 512);
    assert_int_equal(k->requests.n_live, DESTS);
    assert_bytes(k->dests[1], 512, 'c');
    assert_bytes(k->dests[2], 512, 'c');
}

static void test_drop(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 512, 512, 'd');
    fail_at(k, 1, ENOSPC);
    end_all(k);
    assert_int_equal(k->result[0], 512);
    assert_true(atomic_load(&k->requests.dests[1].failed));
    assert_string_equal(k->requests.dests[1].failure.op, "write");
    assert_int_equal(k->requests.dests[1].failure.offset, 512);
    assert_int_equal(k->n_news, 1);
    /* It gets nothing more. */
    begin_write(k, 0, 0, 512, 'e');
    assert_int_equal(k->n_started, DESTS - 1);
    end_all(k);
    assert_bytes(k->dests[1], 512, 0xee);
}

/* The errors of the last one are the writer's, and it stays. */
static void test_last_one(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 512, 'f');
    fail_at(k, 0, EIO);
    fail_at(k, 2, EIO);
    fail_at(k, 1, ENOSPC);
    assert_int_equal(k->result[0], -ENOSPC);
    assert_true(atomic_load(&k->requests.dests[1].failed));
    write_all(k, 0, 512, 'g');
    assert_bytes(k->dests[1], 512, 'g');
    begin(k, 1, REQUEST_KIND_FLUSH, 0, 0);
    fail_at(k, 1, EIO);
    assert_int_equal(k->result[1], -EIO);
}

static void test_fewer_than_required(void **state)
{
    struct kernel *k = *state;

    k->requests.floor = 2;
    begin_write(k, 0, 0, 512, 'h');
    fail_at(k, 0, EIO);
    end_all(k);
    assert_int_equal(k->result[0], 512);
    begin_write(k, 0, 0, 512, 'i');
    fail_at(k, 2, EREMOTEIO);
    end_all(k);
    assert_int_equal(k->result[0], -EREMOTEIO);
    begin_write(k, 0, 0, 512, 'j');
    assert_int_equal(k->n_started, 0);
    assert_int_equal(k->result[0], -EIO);
    /* What is there can still be read. */
    k->result[0] = NOTHING;
    requests_begin(&k->requests, 0, REQUEST_KIND_READ, false, 0, 512);
    end_all(k);
    assert_int_equal(k->result[0], 512);
}

static void test_flush(void **state)
{
    struct kernel *k = *state;

    begin(k, 0, REQUEST_KIND_FLUSH, UINT64_MAX - 511, 0);
    assert_int_equal(k->n_started, DESTS);
    assert_int_equal(k->n_of[REQUEST_FLUSH], DESTS);
    fail_at(k, 0, EIO);
    end_all(k);
    assert_int_equal(k->result[0], 0);
    assert_int_equal(k->requests.n_live, DESTS - 1);
}

/* What nobody has written reads as zeros, whatever is there. */
static void test_unwritten(void **state)
{
    struct kernel *k = *state;

    write_all(k, 1024, 512, 'k');
    begin(k, 1, REQUEST_KIND_READ, 512, 1536);
    end_all(k);
    assert_int_equal(k->result[1], 1536);
    assert_bytes(k->buffer[1], 512, 0);
    assert_bytes(k->buffer[1] + 512, 512, 'k');
    assert_bytes(k->buffer[1] + 1024, 512, 0);
}

static void test_read_elsewhere(void **state)
{
    struct kernel *k = *state;
    unsigned first;

    write_all(k, 0, 1024, 'l');
    begin(k, 1, REQUEST_KIND_READ, 0, 1024);
    assert_int_equal(k->n_started, 1);
    first = k->started[0]->dest;
    fail_at(k, first, EIO);
    assert_int_equal(k->n_started, 1);
    assert_int_not_equal(k->started[0]->dest, first);
    end_all(k);
    assert_int_equal(k->result[1], 1024);
    assert_bytes(k->buffer[1], 1024, 'l');
    assert_false(k->requests.dests[first].live);
    /* The last one that cannot read says so, and goes on. */
    begin(k, 1, REQUEST_KIND_READ, 0, 1024);
    fail_at(k, k->started[0]->dest, EIO);
    fail_at(k, k->started[0]->dest, ENODATA);
    assert_int_equal(k->result[1], -ENODATA);
    begin(k, 1, REQUEST_KIND_READ, 0, 1024);
    end_all(k);
    assert_int_equal(k->result[1], 1024);
}

static void test_reads_are_spread(void **state)
{
    struct kernel *k = *state;

    write_all(k, 0, 4096, 'm');
    for (unsigned t = 0; t < DESTS; t++)
        begin(k, t, REQUEST_KIND_READ, 512 * t, 512);
    assert_int_equal(k->n_started, DESTS);
    assert_int_not_equal(k->started[0]->dest, k->started[1]->dest);
    assert_int_not_equal(k->started[1]->dest, k->started[2]->dest);
    assert_int_not_equal(k->started[0]->dest, k->started[2]->dest);
    end_all(k);
}

/* Files that cannot have holes get zeros; a device need not. */
static void test_discard(void **state)
{
    struct kernel *k = *state;

    k->requests.dests[2].is_device = true;
    write_all(k, 0, 4096, 'n');
    begin(k, 1, REQUEST_KIND_DISCARD, 512, 1024);
    assert_int_equal(k->n_of[REQUEST_PUNCH], DESTS);
    fail_at(k, 1, EOPNOTSUPP);
    fail_at(k, 2, EOPNOTSUPP);
    assert_int_equal(k->n_of[REQUEST_WRITE_ZEROS], 1);
    while (k->n_started > 0)
        end_short(k, 300);
    assert_int_equal(k->result[1], 1024);
    assert_int_equal(k->requests.n_live, DESTS);
    assert_bytes(&k->dests[0][512], 1024, 0);
    assert_bytes(&k->dests[1][512], 1024, 0);
    assert_bytes(&k->dests[2][512], 1024, 'n');
    assert_bytes(&k->dests[1][1536], 512, 'n');
    /* All the same. */
    begin(k, 1, REQUEST_KIND_READ, 0, 2048);
    end_all(k);
    assert_bytes(k->buffer[1], 512, 'n');
    assert_bytes(k->buffer[1] + 512, 1024, 0);
    assert_bytes(k->buffer[1] + 1536, 512, 'n');
    /* An error is one. */
    begin(k, 1, REQUEST_KIND_DISCARD, 512, 1024);
    fail_at(k, 2, EIO);
    end_all(k);
    assert_int_equal(k->result[1], 1024);
    assert_false(k->requests.dests[2].live);
}

static void test_zeroes(void **state)
{
    struct kernel *k = *state;

    k->requests.dests[2].is_device = true;
    begin(k, 0, REQUEST_KIND_ZEROES, 1024, 1024);
    assert_int_equal(k->n_of[REQUEST_PUNCH], 2);
    assert_int_equal(k->n_of[REQUEST_ZERO], 1);
    fail_at(k, 2, EOPNOTSUPP);
    end_all(k);
    assert_int_equal(k->result[0], 1024);
    for (unsigned d = 0; d < DESTS; d++)
        assert_bytes(&k->dests[d][1024], 1024, 0);
    requests_begin(&k->requests, 1, REQUEST_KIND_ZEROES, true, 0, 512);
    assert_int_equal(k->n_of[REQUEST_ZERO], 1 + DESTS); /* no holes */
    end_all(k);
}

/* Writes that overlap are made one after the other, in their order, everywhere. */
static void test_overlap(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 1024, 'o');
    begin_write(k, 1, 512, 1024, 'p');
    begin_write(k, 2, 1024, 512, 'q');
    begin_write(k, 3, 4096, 512, 'r');
    assert_int_equal(k->n_started, 2 * DESTS); /* the first and the last one */
    fail_at(k, 0, EINTR);                      /* it ends late */
    end_all(k);
    for (unsigned t = 0; t < DEPTH; t++)
        assert_true(k->result[t] > 0);
    for (unsigned d = 0; d < DESTS; d++) {
        assert_bytes(k->dests[d], 512, 'o');
        assert_bytes(&k->dests[d][512], 512, 'p');
        assert_bytes(&k->dests[d][1024], 512, 'q');
    }
}

static void test_out_of_bounds(void **state)
{
    struct kernel *k = *state;

    begin(k, 0, REQUEST_KIND_WRITE, SIZE - 512, 1024);
    assert_int_equal(k->result[0], -EIO);
    begin(k, 0, REQUEST_KIND_UNKNOWN, 0, 512);
    assert_int_equal(k->result[0], -EOPNOTSUPP);
    assert_int_equal(k->n_started, 0);
}

/* ---- destinations that hang ---- */

#define LIMIT 1000u

/* Ends what is running at all destinations but this one. */
static void end_others(struct kernel *k, unsigned dest)
{
    for (unsigned i = 0; i < k->n_started;)
        if (k->started[i]->dest == dest) {
            i++;
        } else {
            struct request_op *op = k->started[i];

            k->started[i] = k->started[0];
            k->started[0] = op;
            end_short(k, SIZE);
            i = 0;
        }
}

static void wait_long(struct kernel *k)
{
    k->requests.now += LIMIT;
    requests_look(&k->requests, LIMIT);
}

/* The request gets another buffer, and its writer an answer. */
static void test_hang_copied(void **state)
{
    struct kernel *k = *state;
    struct request_op *hung;

    k->has_spares = true;
    begin_write(k, 0, 0, 512, 's');
    end_others(k, 1);
    requests_look(&k->requests, LIMIT);
    assert_int_equal(k->result[0], NOTHING);
    wait_long(k);
    assert_int_equal(k->result[0], 512);
    assert_true(k->swapped[0]);
    assert_false(k->requests.dests[1].live);
    assert_int_equal(k->requests.dests[1].failure.err, ETIMEDOUT);
    /* It ends much later: nobody cares. */
    hung = take(k, 0);
    write_all(k, 0, 512, 't');
    requests_done(&k->requests, hung, -EIO);
    assert_int_equal(k->n_commits, 2);
    assert_false(requests_run(&k->requests));
}

/* The request's own buffer is in use: its writer waits, but no other. */
static void test_hang_registered(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 512, 'u');
    end_others(k, 1);
    wait_long(k);
    assert_int_equal(k->result[0], NOTHING);
    assert_false(k->requests.dests[1].live);
    begin_write(k, 1, 512, 512, 'v');
    end_others(k, 1);
    assert_int_equal(k->result[1], 512);
    assert_true(requests_hang(&k->requests));
    end_all(k);
    assert_false(requests_hang(&k->requests));
    assert_int_equal(k->result[0], 512);
}

static void test_hang_read(void **state)
{
    struct kernel *k = *state;
    unsigned first;

    k->has_spares = true;
    write_all(k, 0, 512, 'w');
    begin(k, 1, REQUEST_KIND_READ, 0, 1024);
    first = k->started[0]->dest;
    wait_long(k);
    assert_true(k->swapped[1]);
    end_others(k, first);
    assert_int_equal(k->result[1], 1024);
    assert_bytes(k->other[1], 512, 'w');
    assert_bytes(k->other[1] + 512, 512, 0);
}

/* Also the last one that hangs is dropped: nobody waits for ever. */
static void test_hang_all(void **state)
{
    struct kernel *k = *state;

    k->has_spares = true;
    begin_write(k, 0, 0, 512, 'x');
    wait_long(k);
    assert_int_equal(k->result[0], -ETIMEDOUT);
    assert_int_equal(k->requests.n_live, 0);
    begin_write(k, 1, 0, 512, 'y');
    assert_int_equal(k->result[1], -EIO);
}

/* Something else ends there meanwhile: it is slow, and no more. */
static void test_slow_is_no_hang(void **state)
{
    struct kernel *k = *state;

    begin_write(k, 0, 0, 512, 'z');
    begin_write(k, 1, 1024, 512, 'z');
    k->requests.now += LIMIT - 1;
    end_short(k, SIZE);
    end_short(k, SIZE);
    end_short(k, SIZE);
    k->requests.now += LIMIT - 1;
    requests_look(&k->requests, LIMIT);
    requests_look(&k->requests, 0);
    assert_int_equal(k->requests.n_live, DESTS);
    end_all(k);
    assert_int_equal(k->result[1], 512);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_write_goes_to_all),
        CASE(test_short_results),
        CASE(test_nothing_moved),
        CASE(test_interrupted),
        CASE(test_drop),
        CASE(test_last_one),
        CASE(test_fewer_than_required),
        CASE(test_flush),
        CASE(test_unwritten),
        CASE(test_read_elsewhere),
        CASE(test_reads_are_spread),
        CASE(test_discard),
        CASE(test_zeroes),
        CASE(test_overlap),
        CASE(test_out_of_bounds),
        CASE(test_hang_copied),
        CASE(test_hang_registered),
        CASE(test_hang_read),
        CASE(test_hang_all),
        CASE(test_slow_is_no_hang),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
