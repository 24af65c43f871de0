#include "fake_engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A run of the copy loop that calls more often than this does not end. */
#define MAX_CALLS 20000u

struct fake *fake_next;

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

/* What the script says about the operation that starts now. NULL: nothing. */
static const struct fake_fault *fault_for(const struct fake *f, const struct engine_op *op)
{
    for (unsigned i = 0; i < f->n_faults; i++) {
        const struct fake_fault *fault = &f->faults[i];

        if (fault->sticky ? f->n_started >= fault->at && op->kind != ENGINE_NOP &&
                                op->file == fault->on_file
                          : f->n_started == fault->at)
            return fault;
    }
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
    uint64_t at = op->offset - f->source_base;

    if (op->offset < f->source_base)
        fake_die(f, "read before the source's range");
    if (at >= f->source_size)
        return 0;
    return f->source_size - at < op->len ? (int32_t)(f->source_size - at) : (int32_t)op->len;
}

static void do_read(struct fake *f, const struct engine_op *op, int32_t n)
{
    uint64_t at = op->offset - f->source_base;

    for (uint64_t i = 0; n > 0 && i < (uint64_t)n; i++) {
        if (f->was_read[at + i])
            fake_die(f, "position %llu is read a second time", (unsigned long long)(at + i));
        f->was_read[at + i] = true;
    }
    if (n > 0)
        memcpy(op->buf, f->source + at, (size_t)n);
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

static void do_write(struct fake *f, const struct engine_op *op, int32_t n)
{
    unsigned number = f->files[op->file].dest;
    struct fake_dest *d = &f->dests[number];
    uint64_t at = write_position(f, op);
    const uint8_t *buf = op->buf;

    if (at > f->source_size || op->len > f->source_size - at)
        fake_die(f, "destination %u: write of %u bytes at position %llu", number, op->len,
                 (unsigned long long)at);
    if (memcmp(buf, f->source + at, op->len) != 0)
        fake_die(f, "destination %u: %s at position %llu", number,
                 memchr(buf, FAKE_POISON, op->len) ? "bytes that were not read"
                                                   : "bytes from elsewhere",
                 (unsigned long long)at);
    if (f->keep_prefix && at != d->prefix)
        fake_die(f, "destination %u: write at position %llu, its prefix ends at %llu", number,
                 (unsigned long long)at, (unsigned long long)d->prefix);
    if (d->sequential && d->in_flight != 1)
        fake_die(f, "destination %u: two writes under way on a stream", number);
    for (uint64_t i = 0; n > 0 && i < (uint64_t)n; i++) {
        if (d->written[at + i])
            fake_die(f, "destination %u: position %llu is written again", number,
                     (unsigned long long)(at + i));
        d->written[at + i] = true;
        d->bytes[at + i] = buf[i];
        d->synced = false;
    }
    while (d->prefix < f->source_size && d->written[d->prefix])
        d->prefix++;
}

static void do_fsync(struct fake *f, const struct engine_op *op, int32_t result)
{
    unsigned number = f->files[op->file].dest;
    struct fake_dest *d = &f->dests[number];

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
    *event = (struct fake_event){
        .kind = op->kind, .file = op->file, .offset = op->offset, .result = result};
    if (op->kind == ENGINE_WRITE && op->offset == ENGINE_STREAM)
        event->offset = f->dests[f->files[op->file].dest].prefix;
}

/* Runs one operation; returns its result. */
static int32_t run_op(struct fake *f, const struct engine_op *op)
{
    const struct fake_fault *fault;
    int32_t full = (int32_t)op->len, r;

    if (f->hook && f->n_started == f->hook_at)
        f->hook(f->hook_arg);
    fault = fault_for(f, op);
    f->n_started++;
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
}

static void set_result(struct fake *f, struct fake_slot *s, unsigned i, int32_t result)
{
    s->batch->ops[i].result = result;
    s->op_done[i] = true;
    s->n_done++;
    count_writes(f, &s->asked[i], -1);
}

static void cancel_members(struct fake *f, struct fake_slot *s)
{
    for (unsigned i = 1; i < s->batch->n_ops; i++)
        if (!s->op_done[i])
            set_result(f, s, i, -ECANCELED);
}

/* An operation of an ordered batch failed or fell short: what is behind it is cancelled. */
static void fault_sequence(struct fake *f, struct fake_slot *s, unsigned i)
{
    s->faulted = true;
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        struct fake_slot *behind = &f->slots[k];

        if (!behind->batch || !behind->batch->ordered || behind->number <= s->number)
            continue;
        if (!f->chain_breaks && i > 0 && behind->handed)
            continue;
        behind->broken = true;
        if (behind->op_done[0])
            cancel_members(f, behind);
    }
}

static bool at_turn(const struct fake *f, const struct fake_slot *s)
{
    for (unsigned k = 0; s->batch->ordered && k < FAKE_MAX_BATCHES; k++) {
        const struct fake_slot *before = &f->slots[k];

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

static void step_op(struct fake *f, struct fake_slot *s, unsigned i)
{
    int32_t r;

    check_untouched(f, s);
    r = i == 0 && s->broken && chance(f, 2) ? -ECANCELED : run_op(f, &s->asked[i]);
    set_result(f, s, i, r);
    if (r == (int32_t)s->asked[i].len) {
        if (i == 0 && s->broken)
            cancel_members(f, s);
        return;
    }
    if (s->batch->ordered)
        fault_sequence(f, s, i);
    if (i == 0)
        cancel_members(f, s);
}

/* Lets one operation happen, any that may. False if there is none. */
static bool step(struct fake *f)
{
    struct {
        struct fake_slot *slot;
        unsigned op;
    } able[FAKE_MAX_BATCHES * FAKE_MAX_OPS];
    unsigned n = 0, pick;

    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++) {
        struct fake_slot *s = &f->slots[k];

        if (!s->batch || complete(s))
            continue;
        for (unsigned i = 0; i < s->batch->n_ops; i++) {
            if (s->op_done[i] || (i > 0 && (!s->op_done[0] || !at_turn(f, s))))
                continue;
            able[n].slot = s;
            able[n++].op = i;
        }
    }
    if (n == 0)
        return false;
    pick = fake_random(&f->seed, n);
    step_op(f, able[pick].slot, able[pick].op);
    return true;
}

/* ---- the engine ---- */

static int fake_create(const struct engine_config *config, struct engine **ret_engine,
                       struct engine_reason *why)
{
    struct fake *f = fake_next;

    (void)why;
    assert_true(config->max_batches <= FAKE_MAX_BATCHES && config->max_ops <= FAKE_MAX_OPS);
    f->base.chain_breaks = f->chain_breaks;
    *ret_engine = &f->base;
    return 0;
}

static bool fault_not_seen(const struct fake *f)
{
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++)
        if (f->slots[k].batch && f->slots[k].faulted)
            return true;
    return false;
}

static int fake_submit(struct engine *e, struct engine_batch *b)
{
    struct fake *f = (struct fake *)e;
    struct fake_slot *s = f->slots;

    if (++f->n_submits > MAX_CALLS)
        fake_die(f, "the copy does not end");
    if (f->n_submits == f->submit_fault_at)
        return f->submit_fault;
    while (s->batch)
        s++;
    assert_true(s < f->slots + FAKE_MAX_BATCHES);
    *s = (struct fake_slot){.batch = b, .number = f->n_batches++};
    s->broken = b->ordered && fault_not_seen(f);
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

static int take_done(struct fake *f, struct engine_batch **done, unsigned max)
{
    struct fake_slot *ready[FAKE_MAX_BATCHES];
    unsigned n = 0, taken = 0, want;

    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++)
        if (f->slots[k].batch && complete(&f->slots[k]))
            ready[n++] = &f->slots[k];
    if (n == 0)
        return 0;
    want = 1 + fake_random(&f->seed, n < max ? n : max);
    while (taken < want) {
        unsigned pick = fake_random(&f->seed, n);

        check_untouched(f, ready[pick]);
        done[taken++] = ready[pick]->batch;
        ready[pick]->batch = NULL;
        ready[pick] = ready[--n];
    }
    return (int)taken;
}

static int fake_wait(struct engine *e, unsigned timeout_ms, struct engine_batch **done,
                     unsigned max)
{
    struct fake *f = (struct fake *)e;
    unsigned steps = fake_random(&f->seed, 12); /* 0: a time-out in which nothing happens */

    (void)timeout_ms;
    if (++f->n_waits > MAX_CALLS)
        fake_die(f, "the copy does not end");
    if (f->n_waits == f->wait_fault_at)
        return f->wait_fault;
    if (e->in_flight == 0)
        fake_die(f, "wait for nothing");
    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++)
        f->slots[k].handed = true;
    while (steps-- > 0 && step(f))
        ;
    return take_done(f, done, max);
}

static void fake_destroy(struct engine *e)
{
    struct fake *f = (struct fake *)e;

    for (unsigned k = 0; k < FAKE_MAX_BATCHES; k++)
        if (f->slots[k].batch)
            check_untouched(f, &f->slots[k]);
}

const struct engine_ops fake_engine_ops = {
    .name = "fake",
    .create = fake_create,
    .submit = fake_submit,
    .wait = fake_wait,
    .destroy = fake_destroy,
};
