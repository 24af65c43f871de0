#include "fake_engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* A run of the copy loop that calls more often than this does not end. */
#define MAX_CALLS 20000u

struct fake *fake_next;
uint64_t fake_now = 1000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    assert_int_equal(clock, CLOCK_MONOTONIC);
    ret->tv_sec = (time_t)(fake_now / 1000);
    ret->tv_nsec = (long)(fake_now % 1000) * 1000000;
    return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    (void)rest;
    fake_now += (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_nsec / 1000000;
    return 0;
}

void fake_die(const struct fake *f, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s\n    ", f->label);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    fail();
    abort();
}

uint32_t fake_random(uint64_t *state, uint32_t limit)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % limit;
}

static bool chance(struct fake *f, uint32_t one_in)
{
    return fake_random(&f->seed, one_in) == 0;
}

/* ---- single operations ---- */

static bool concerns(const struct fake *f, const struct fake_fault *fault,
                     const struct engine_op *op)
{
    if (!fault->sticky)
        return f->n_started == fault->at;
    return f->n_started >= fault->at && op->kind != ENGINE_NOP && op->file == fault->on_file &&
           (!fault->on_fsync || op->kind == ENGINE_FSYNC);
}

/* What the script says about the operation that starts now. NULL: nothing. */
static const struct fake_fault *fault_for(const struct fake *f, const struct engine_op *op)
{
    for (unsigned i = 0; i < f->n_faults; i++)
        if (concerns(f, &f->faults[i], op))
            return &f->faults[i];
    return NULL;
}

/* The result that the operation is to have, given what it would have without a fault. */
static int32_t apply_fault(struct fake *f, const struct fake_fault *fault,
                           const struct engine_op *op, int32_t full)
{
    bool moves = op->kind == ENGINE_READ || op->kind == ENGINE_WRITE;

    if (!fault)
        return full;
    if (fault->effect == FAKE_RESULT)
        return fault->result;
    if (!moves || full == 0)
        return full;
    if (fault->effect == FAKE_STUTTER)
        f->stuttered = !f->stuttered;
    if (fault->effect == FAKE_STUTTER && f->stuttered)
        return -EAGAIN;
    if (fault->effect != FAKE_SHORT_BY_ONE)
        return 1;
    return full - 1;
}

static void check_alignment(const struct fake *f, const struct engine_op *op)
{
    uint64_t bits = op->offset | (uintptr_t)op->buf | op->len;

    if (bits % f->files[op->file].align != 0)
        fake_die(f, "unaligned direct I/O on file %u: %u bytes at %llu", op->file, op->len,
                 (unsigned long long)op->offset);
}

/* Bytes that a read would get. */
static int32_t readable(const struct fake *f, const struct engine_op *op)
{
    uint64_t at = f->stream ? f->stream_at : op->offset - f->source_base;

    if (f->stream != (op->offset == ENGINE_STREAM))
        fake_die(f, "source: stream or not?");
    if (f->skip > 0 && op->len > f->skip)
        fake_die(f, "what is to be skipped and what is copied in one read");
    if (f->skip > 0)
        return (int32_t)op->len;
    if (op->offset < f->source_base)
        fake_die(f, "read before the source's range");
    if (at >= f->source_size)
        return 0;
    return f->source_size - at < op->len ? (int32_t)(f->source_size - at) : (int32_t)op->len;
}

/* A source without positions moves on. False: what was read comes before position 0. */
static bool move_stream(struct fake *f, int32_t n)
{
    if (!f->stream || n <= 0)
        return true;
    if (f->reads_in_flight != 1)
        fake_die(f, "two reads under way on a stream");
    if (f->skip > 0) {
        f->skip -= (uint64_t)n;
        f->bytes_read += (uint64_t)n;
        return false;
    }
    f->stream_at += (uint64_t)n;
    return true;
}

static void do_read(struct fake *f, const struct engine_op *op, int32_t n)
{
    uint64_t at = f->stream ? f->stream_at : op->offset - f->source_base;

    if (!move_stream(f, n))
        return;
    for (uint64_t i = 0; n > 0 && i < (uint64_t)n; i++) {
        if (f->was_read[at + i] && !f->reads_again)
            fake_die(f, "position %llu is read a second time", (unsigned long long)(at + i));
        f->was_read[at + i] = true;
    }
    if (n <= 0)
        return;
    memcpy(op->buf, f->source + at, (size_t)n);
    f->bytes_read += (uint64_t)n;
}

ssize_t fake_pread(struct fake *f, void *buf, size_t len, uint64_t offset)
{
    struct engine_op op = {
        .kind = ENGINE_READ, .offset = offset, .buf = buf, .len = (uint32_t)len};
    int32_t n = readable(f, &op);

    do_read(f, &op, n);
    return n;
}

/* Position in the copy at which the write begins. */
static uint64_t write_position(const struct fake *f, const struct engine_op *op)
{
    const struct fake_dest *d = &f->dests[f->files[op->file].dest];

    if (d->sequential != (op->offset == ENGINE_STREAM))
        fake_die(f, "destination %u: stream or not?", f->files[op->file].dest);
    if (d->sequential)
        return d->prefix;
    if (op->offset < d->base)
        fake_die(f, "destination %u: write before its range", f->files[op->file].dest);
    return op->offset - d->base;
}

void fake_advance(const struct fake *f, struct fake_dest *d)
{
    while (d->prefix < f->source_size &&
           (d->written[d->prefix] || (d->passed && d->passed[d->prefix])))
        d->prefix++;
}

/* A write to a destination that has a head and has not been wiped. */
static void do_wipe(const struct fake *f, struct fake_dest *d, const struct engine_op *op,
                    int32_t n)
{
    uint64_t at = write_position(f, op);
    const uint8_t *buf = op->buf;

    if (at + op->len > d->head || at > d->cleared)
        fake_die(f, "%u bytes at position %llu are written before the head is zeros", op->len,
                 (unsigned long long)at);
    for (uint32_t i = 0; i < op->len; i++)
        if (buf[i] != 0)
            fake_die(f, "the head is to become zeros");
    if (n > 0 && at + (uint32_t)n > d->cleared)
        d->cleared = (uint32_t)at + (uint32_t)n;
}

static void do_write(struct fake *f, const struct engine_op *op, int32_t n)
{
    unsigned number = f->files[op->file].dest;
    struct fake_dest *d = &f->dests[number];
    uint64_t at = write_position(f, op);
    const uint8_t *buf = op->buf;

    if (d->head > 0 && !d->wiped) {
        do_wipe(f, d, op, n);
        return;
    }
    if (at < d->head)
        fake_die(f, "destination %u: write at position %llu, in its head", number,
                 (unsigned long long)at);
    if (at > f->source_size || op->len > f->source_size - at)
        fake_die(f, "destination %u: write of %u bytes at position %llu", number, op->len,
                 (unsigned long long)at);
    if (memcmp(buf, f->source + at, op->len) != 0)
        fake_die(f, "destination %u: %s at position %llu", number,
                 memchr(buf, FAKE_POISON, op->len) ? "bytes that were not read"
                                                   : "bytes from elsewhere",
                 (unsigned long long)at);
    if (f->keep_prefix && (d->passed ? at > d->prefix : at != d->prefix))
        fake_die(f, "destination %u: write at position %llu, its prefix ends at %llu", number,
                 (unsigned long long)at, (unsigned long long)d->prefix);
    if (d->ascending && !f->writes_again && at > d->prefix)
        fake_die(f, "destination %u: write at position %llu behind a gap", number,
                 (unsigned long long)at);
    if (d->sequential && d->in_flight != 1)
        fake_die(f, "destination %u: two writes under way on a stream", number);
    for (uint64_t i = 0; n > 0 && i < (uint64_t)n; i++) {
        if (d->written[at + i] && !f->writes_again)
            fake_die(f, "destination %u: position %llu is written again", number,
                     (unsigned long long)(at + i));
        d->written[at + i] = true;
        d->bytes[at + i] = buf[i];
        d->synced = false;
    }
    fake_advance(f, d);
}

static void do_fsync(struct fake *f, const struct engine_op *op, int32_t result)
{
    unsigned number = f->files[op->file].dest;
    struct fake_dest *d = &f->dests[number];

    if (d->head > 0 && !d->wiped) {
        if (d->cleared != d->head)
            fake_die(f, "fsync of a head that is not zeros");
        d->wiped = result == 0;
        return;
    }
    if (f->files[op->file].kind != FAKE_DEST || d->prefix != f->source_size)
        fake_die(f, "fsync of what is not complete");
    d->synced = result == 0;
}

static void log_event(struct fake *f, const struct engine_op *op, int32_t result)
{
    struct fake_event *event = &f->log[f->n_log];

    if (f->n_log == FAKE_MAX_LOG)
        fake_die(f, "too many faults to remember");
    f->n_log++;
    *event = (struct fake_event){.kind = op->kind,
                                 .file = op->file,
                                 .offset = op->offset,
                                 .len = op->len,
                                 .result = result};
    if (op->kind == ENGINE_WRITE && op->offset == ENGINE_STREAM)
        event->offset = f->dests[f->files[op->file].dest].prefix;
    if (op->kind == ENGINE_READ && op->offset == ENGINE_STREAM)
        event->offset = f->source_base + f->stream_at;
}

/* Runs one operation that does not hang (any more); returns its result. */
static int32_t run_op(struct fake *f, const struct engine_op *op,
                      const struct fake_fault *fault)
{
    int32_t full = (int32_t)op->len, r;

    if (op->kind == ENGINE_READ)
        full = readable(f, op);
    r = apply_fault(f, fault, op, full);
    if (r != full)
        log_event(f, op, r);
    if (op->kind == ENGINE_READ || op->kind == ENGINE_WRITE)
        check_alignment(f, op);
    if (op->kind == ENGINE_READ)
        do_read(f, op, r);
    else if (op->kind == ENGINE_WRITE)
        do_write(f, op, r);
    else if (op->kind == ENGINE_FSYNC)
        do_fsync(f, op, r);
    return r;
}

/* ---- batches ---- */

static bool complete(const struct fake_slot *s)
{
    return s->n_done == s->batch->n_ops;
}

static void count_writes(struct fake *f, const struct engine_op *op, int by)
{
    if (op->kind == ENGINE_WRITE)
        f->dests[f->files[op->file].dest].in_flight += (unsigned)by;
    if (op->kind == ENGINE_READ)
        f->reads_in_flight += (unsigned)by;
}

static void break_behind(struct fake_instance *e, const struct fake_slot *s, unsigned i);

/* A fault in the sequence cancels what is behind it. What is cancelled itself may do so, too,
 * as far as that was not known to be cancelled, or may not. */
static void set_result(struct fake_instance *e, struct fake_slot *s, unsigned i, int32_t result)
{
    struct engine_op *op = &s->batch->ops[i];

    op->result = result;
    s->op_done[i] = true;
    s->n_done++;
    count_writes(e->fake, &s->asked[i], -1);
    if (s->batch->ordered && !engine_op_full(op) && (!s->broken || chance(e->fake, 2))) {
        s->op_breaks[i] = true;
        break_behind(e, s, i);
    }
}

static void cancel_from(struct fake_instance *e, struct fake_slot *s, unsigned i)
{
    for (; i < s->batch->n_ops; i++)
        if (!s->op_done[i])
            set_result(e, s, i, -ECANCELED);
}

/* Operation i of an ordered batch failed or fell short: what is behind the batch is
 * cancelled. */
static void break_behind(struct fake_instance *e, const struct fake_slot *s, unsigned i)
{
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        struct fake_slot *behind = &e->slots[k];

        if (!behind->batch || !behind->batch->ordered || behind->number <= s->number)
            continue;
        if (!e->fake->chain_breaks && i > 0 && behind->handed)
            continue;
        behind->broken = true;
        if (behind->op_done[0])
            cancel_from(e, behind, 1);
    }
}

static bool at_turn(const struct fake_instance *e, const struct fake_slot *s)
{
    for (unsigned k = 0; s->batch->ordered && k < FAKE_MAX_BATCHES; k++) {
        const struct fake_slot *before = &e->slots[k];

        if (before->batch && before->batch->ordered && before->number < s->number &&
            !complete(before))
            return false;
    }
    return true;
}

static bool same_op(const struct engine_op *a, const struct engine_op *b)
{
    return a->kind == b->kind && a->file == b->file && a->offset == b->offset &&
           a->buf == b->buf && a->len == b->len;
}

static void check_untouched(const struct fake *f, const struct fake_slot *s)
{
    for (unsigned i = 0; i < s->batch->n_ops; i++)
        if (!same_op(&s->batch->ops[i], &s->asked[i]))
            fake_die(f, "operation %u was changed while its batch was in flight", i);
}

/* Whether operation i hangs as it starts. */
static bool begins_to_hang(struct fake *f, struct fake_slot *s, unsigned i,
                           const struct fake_fault *fault)
{
    const struct engine_op *op = &s->asked[i];

    /* A read of a stream is begun when it will not wait. */
    if (!fault || fault->effect != FAKE_HANG || op->kind == ENGINE_NOP ||
        (f->stream && op->kind == ENGINE_READ))
        return false;
    s->op_hangs[i] = fault->ms ? fake_now + fault->ms : UINT64_MAX;
    if (!fault->ms || (f->timeout_ms && fault->ms >= f->timeout_ms)) {
        log_event(f, op, 0);
        f->log[f->n_log - 1].hang = true;
        f->log[f->n_log - 1].for_ever = !fault->ms;
    }
    return true;
}

/* Operation i starts or, if it hung, comes to its end. Its result; INT32_MIN: none yet. */
static int32_t start_op(struct fake_instance *e, struct fake_slot *s, unsigned i)
{
    struct fake *f = e->fake;
    const struct fake_fault *fault;

    if (s->op_hangs[i])
        return run_op(f, &s->asked[i], NULL);
    if (f->hook && f->n_started == f->hook_at)
        f->hook(f->hook_arg);
    fault = fault_for(f, &s->asked[i]);
    f->n_started++;
    return begins_to_hang(f, s, i, fault) ? INT32_MIN : run_op(f, &s->asked[i], fault);
}

static void step_op(struct fake_instance *e, struct fake_slot *s, unsigned i)
{
    bool canceled = i == 0 && s->broken && !s->op_hangs[0] && chance(e->fake, 2);
    int32_t r;

    check_untouched(e->fake, s);
    r = canceled ? -ECANCELED : start_op(e, s, i);
    if (r == INT32_MIN)
        return;
    set_result(e, s, i, r);
    if (i == 0) {
        s->broken = s->broken || r != (int32_t)s->asked[0].len;
        if (s->broken)
            cancel_from(e, s, 1);
    } else if (e->base.serial && r != (int32_t)s->asked[i].len) {
        cancel_from(e, s, i + 1);
    }
}

static bool is_write_on(const struct engine_op *op, unsigned files)
{
    return op->kind == ENGINE_WRITE && (files >> op->file & 1);
}

/* Operations that others wait for; those that cannot be taken back wait for writes. */
static bool anything_hangs_in(const struct fake_instance *e, bool writes)
{
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        const struct fake_slot *s = &e->slots[k];

        for (unsigned i = 0; s->batch && i < s->batch->n_ops; i++)
            if (!s->op_done[i] && s->op_hangs[i] > fake_now &&
                !is_write_on(&s->asked[i], e->fake->hidden) &&
                (!writes || s->asked[i].kind == ENGINE_WRITE))
                return true;
    }
    return false;
}

/* Whether the operation waits for a turn that it does not get. */
static bool is_behind(const struct fake_instance *e, const struct engine_op *op)
{
    return op->kind != ENGINE_NOP && (e->fake->behind >> op->file & 1) &&
           anything_hangs_in(e, false);
}

static bool may_step(const struct fake_instance *e, const struct fake_slot *s, unsigned i)
{
    if (s->op_done[i] || s->op_hangs[i] > fake_now)
        return false;
    if (!s->op_hangs[i] && is_behind(e, &s->asked[i]))
        return false;
    if (i == 0)
        return true;
    return s->op_done[0] && at_turn(e, s) && (!e->base.serial || i == 1 || s->op_done[i - 1]);
}

/* Lets one operation happen, any that may. False if there is none. */
static bool step(struct fake_instance *e)
{
    struct {
        struct fake_slot *slot;
        unsigned op;
    } able[FAKE_MAX_BATCHES * FAKE_MAX_OPS];
    unsigned n = 0, pick;

    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        struct fake_slot *s = &e->slots[k];

        for (unsigned i = 0; s->batch && i < s->batch->n_ops; i++) {
            if (!may_step(e, s, i))
                continue;
            able[n].slot = s;
            able[n++].op = i;
        }
    }
    if (n == 0)
        return false;
    pick = fake_random(&e->fake->seed, n);
    step_op(e, able[pick].slot, able[pick].op);
    return true;
}

/* ---- the engine ---- */

static int fake_create(const struct engine_config *config, struct engine **ret_engine,
                       struct engine_reason *why)
{
    struct fake_instance *e = calloc(1, sizeof *e);

    (void)why;
    assert_non_null(e);
    assert_true(config->max_batches <= FAKE_MAX_BATCHES && config->max_ops <= FAKE_MAX_OPS);
    e->fake = fake_next;
    e->base.chain_breaks = fake_next->chain_breaks;
    e->base.serial = fake_next->serial;
    e->base.leader_last = fake_next->leader_last;
    *ret_engine = &e->base;
    return 0;
}

static bool fault_not_seen(const struct fake_instance *e)
{
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        const struct fake_slot *s = &e->slots[k];

        for (unsigned i = 0; s->batch && i < s->batch->n_ops; i++)
            if (s->op_breaks[i] && !s->op_returned[i])
                return true;
    }
    return false;
}

static int fake_submit(struct engine *base, struct engine_batch *b)
{
    struct fake_instance *e = (struct fake_instance *)base;
    struct fake *f = e->fake;
    struct fake_slot *s = e->slots;

    if (++f->n_submits > MAX_CALLS)
        fake_die(f, "the copy does not end");
    if (f->n_submits == f->submit_fault_at)
        return f->submit_fault;
    while (s->batch)
        s++;
    assert_true(s < e->slots + FAKE_MAX_BATCHES);
    *s = (struct fake_slot){.batch = b, .number = e->n_batches++};
    s->broken = b->ordered && fault_not_seen(e);
    for (unsigned i = 0; i < b->n_ops; i++) {
        struct engine_op *op = &b->ops[i];

        if (i == 0 ? op->kind != ENGINE_READ && op->kind != ENGINE_NOP
                   : op->kind != ENGINE_WRITE && op->kind != ENGINE_FSYNC)
            fake_die(f, "operation %u is of kind %d", i, (int)op->kind);
        s->asked[i] = *op;
        count_writes(f, op, 1);
        if (op->kind == ENGINE_READ)
            memset(op->buf, FAKE_POISON, op->len);
    }
    return 0;
}

/* Whether the operation can be returned now: it is done, and a leader comes before its members;
 * with leader_last, when one of these comes, too. */
static bool may_return(const struct fake_instance *e, const struct fake_slot *s, unsigned i)
{
    bool member_done = s->batch->n_ops == 1;

    if (!s->op_done[i] || s->op_returned[i])
        return false;
    if (i > 0)
        return s->op_returned[0];
    for (unsigned k = 1; k < s->batch->n_ops; k++)
        member_done |= s->op_done[k];
    return !e->base.leader_last || member_done;
}

static void return_op(struct fake_instance *e, struct fake_slot *s, unsigned i,
                      struct op_list *done)
{
    check_untouched(e->fake, s);
    op_list_append(done, &s->batch->ops[i]);
    s->op_returned[i] = true;
    if (++s->n_returned == s->batch->n_ops)
        s->batch = NULL;
}

/* Returns one operation, any that may be. False if there is none. */
static bool take_one(struct fake_instance *e, struct op_list *done)
{
    struct {
        struct fake_slot *slot;
        unsigned op;
    } able[FAKE_MAX_BATCHES * FAKE_MAX_OPS];
    unsigned n = 0, pick;

    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        struct fake_slot *s = &e->slots[k];

        for (unsigned i = 0; s->batch && i < s->batch->n_ops; i++) {
            if (!may_return(e, s, i))
                continue;
            able[n].slot = s;
            able[n++].op = i;
        }
    }
    if (n == 0)
        return false;
    pick = fake_random(&e->fake->seed, n);
    return_op(e, able[pick].slot, able[pick].op, done);
    return true;
}

/* The answers to what fake_cancel() was asked. */
static void answer(struct fake_instance *e)
{
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        struct fake_slot *s = &e->slots[k];

        for (unsigned i = 0; s->batch && i < s->batch->n_ops; i++) {
            if (s->op_asked[i] && !s->op_returned[i])
                s->batch->ops[i].waits = s->op_waits[i];
            s->op_asked[i] = false;
        }
    }
}

static int fake_wait(struct engine *base, unsigned slow, unsigned timeout_ms,
                     struct engine_op **ret_done)
{
    struct fake_instance *e = (struct fake_instance *)base;
    struct fake *f = e->fake;
    unsigned steps = fake_random(&f->seed, 12); /* 0: a time-out in which nothing happens */
    unsigned takes = 1 + fake_random(&f->seed, 12);
    struct op_list done;

    (void)slow;
    if (++f->n_waits > MAX_CALLS)
        fake_die(f, "the copy does not end");
    if (f->n_waits == f->wait_fault_at)
        return f->wait_fault;
    if (base->in_flight == 0)
        fake_die(f, "wait for nothing");
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++)
        e->slots[k].handed = true;
    answer(e);
    while (steps-- > 0 && step(e))
        ;
    op_list_init(&done);
    while (takes-- > 0 && take_one(e, &done))
        ;
    fake_now += done.first ? fake_random(&f->seed, 3) : timeout_ms;
    *ret_done = done.first;
    return 0;
}

static void finish_early(struct fake_instance *e, struct fake_slot *s, unsigned i, int32_t r)
{
    set_result(e, s, i, r);
    if (i == 0)
        cancel_from(e, s, 1);
    else if (e->base.serial)
        cancel_from(e, s, i + 1);
}

/* What hung for ever does so no longer. */
static void interrupt(struct fake_instance *e, struct fake_slot *s, unsigned i)
{
    struct fake *f = e->fake;

    for (unsigned n = 0; n < f->n_log; n++)
        if (f->log[n].hang && f->log[n].file == s->asked[i].file &&
            f->log[n].kind == s->asked[i].kind)
            f->log[n].for_ever = false;
    finish_early(e, s, i, -EINTR);
}

/* Whether what is asked to be cancelled will be said to wait, and is not touched. */
static bool passes_for_waiting(struct fake_instance *e, const struct fake_slot *s, unsigned i)
{
    const struct engine_op *op = &s->asked[i];
    struct fake *f = e->fake;

    if (f->files[op->file].align > 1 || op->offset == ENGINE_STREAM)
        return false;
    if (s->op_done[i])
        return op->kind == ENGINE_WRITE && chance(f, 2);
    if (s->op_hangs[i])
        return is_write_on(op, f->hidden);
    return is_write_on(op, f->kept) && chance(f, 8) != anything_hangs_in(e, true);
}

/* What has not been started is cancelled, or stays; what hangs ends, or goes on to hang. */
static void fake_cancel(struct engine *base, struct engine_op *op)
{
    struct fake_instance *e = (struct fake_instance *)base;
    struct fake_slot *s = e->slots;
    unsigned i = (unsigned)(op - op->batch->ops);

    e->fake->n_cancels++;
    while (s->batch != op->batch)
        s++;
    s->op_asked[i] = true;
    s->op_waits[i] = passes_for_waiting(e, s, i);
    if (s->op_waits[i] || s->op_done[i] || (i > 0 && (!s->op_done[0] || !at_turn(e, s))))
        return;
    if (s->op_hangs[i] > fake_now && e->fake->interrupts && chance(e->fake, 4))
        interrupt(e, s, i);
    else if (!s->op_hangs[i])
        finish_early(e, s, i, -ECANCELED);
}

/* What has not come to its end may do so when a successor has done it, too: the buffer has to
 * hold what belongs there. */
static void check_left(const struct fake *f, const struct fake_slot *s)
{
    check_untouched(f, s);
    for (unsigned i = 1; s->op_done[0] && i < s->batch->n_ops; i++) {
        const struct engine_op *op = &s->asked[i];
        const struct fake_dest *d = &f->dests[f->files[op->file].dest];

        if (s->op_done[i] || op->kind != ENGINE_WRITE || op->offset == ENGINE_STREAM)
            continue;
        if (write_position(f, op) >= d->head
                ? memcmp(op->buf, f->source + write_position(f, op), op->len) != 0
                : d->wiped)
            fake_die(f, "bytes from elsewhere are left to be written");
    }
}

static void fake_destroy(struct engine *base)
{
    struct fake_instance *e = (struct fake_instance *)base;

    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++)
        if (e->slots[k].batch)
            check_left(e->fake, &e->slots[k]);
    free(e);
}

const struct engine_ops fake_engine_ops = {
    .name = "fake",
    .create = fake_create,
    .submit = fake_submit,
    .wait = fake_wait,
    .cancel = fake_cancel,
    .destroy = fake_destroy,
};
