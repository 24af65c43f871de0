/* job: the ledger behind a lock, and the rules for what fails when something fails.
 *
 * A range that the ledger could not account for, as it is out of memory, must never make a copy
 * look complete. The destinations concerned are dropped, with op "account". */
#include "job.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const struct failure account_failure = {
    .op = "account",
    .err = ENOMEM,
    .offset = FAILURE_NO_OFFSET,
};

/* Wakes the main thread: there is something to look at. */
static void send_news(const struct job *j)
{
    uint64_t one = 1;

    if (j->news_fd >= 0 && write(j->news_fd, &one, sizeof one) != sizeof one)
        assert(!"an eventfd takes a 1");
}

/* The functions in this block are called with the lock held. */

static bool stopping(const struct job *j)
{
    return j->stop || j->alive == 0 || j->source_failure.err != 0;
}

static void fail_source(struct job *j, const struct failure *f)
{
    if (j->source_failure.err == 0)
        j->source_failure = *f;
}

static void drop(struct job *j, unsigned d, const struct failure *f)
{
    struct job_dest_state *state = &j->states[d];

    if (state->stage == STAGE_DROPPED)
        return;
    state->stage = STAGE_DROPPED;
    state->failure = *f;
    state->missing = ledger_missing(&j->ledger, d);
    ledger_drop(&j->ledger, d);
    (void)bad_reads_again(&j->bad, d, 0, UINT64_MAX);
    if (job_is_hasher(j, d)) {
        if (j->alive > 0)
            fail_source(j, f);
        return;
    }
    j->alive--;
    if (j->stop_on_error)
        j->stop = true;
    send_news(j);
}

/* Moves destination d on from STAGE_COPYING if it lacks nothing any more. */
static void advance(struct job *j, unsigned d)
{
    struct job_dest_state *state = &j->states[d];

    if (state->stage != STAGE_COPYING || ledger_missing(&j->ledger, d) > 0)
        return;
    if (j->dests[d].flush) {
        state->stage = STAGE_WRITTEN;
    } else {
        state->stage = STAGE_COMPLETE;
        send_news(j);
    }
}

/* Bad ranges of [start, end) that will be read again are needed still, though their zeros have
 * been written. */
static int keep_bad(struct job *j, unsigned d, uint64_t start, uint64_t end)
{
    struct range r = {start, start};
    int err, result = 0;

    while (result == 0 && bad_reads_first(&j->bad, r.end, &r, &err) && r.start < end)
        result = ledger_keep(&j->ledger, d, r.start, r.end < end ? r.end : end);
    return result < 0 ? result : bad_reads_again(&j->bad, d, start, end);
}

/* Destination d holds [start, end) now. */
static void hold(struct job *j, unsigned d, uint64_t start, uint64_t end)
{
    if (ledger_written(&j->ledger, d, start, end) < 0 ||
        (j->bad.zero && bad_reads_go_on(&j->bad) && j->states[d].stage != STAGE_DROPPED &&
         keep_bad(j, d, start, end) < 0))
        drop(j, d, &account_failure);
    advance(j, d);
}

/* The sets of what cannot be read are incomplete. */
static void account_bad(struct job *j, int err)
{
    if (err < 0)
        fail_source(j, &account_failure);
}

/* Begins the next pass over what could not be read, if nothing else is left, and nothing is
 * under way. */
static void begin_next_pass(struct job *j)
{
    bool any = false;

    for (unsigned d = 0; d < j->n_dests; d++) {
        if (j->states[d].aside)
            continue;
        if (!ledger_waits(&j->ledger, d))
            return;
        any |= ledger_missing(&j->ledger, d) > 0;
    }
    if (!any)
        return;
    account_bad(j, bad_reads_next_pass(&j->bad));
    for (unsigned d = 0; d < j->n_dests; d++)
        if (ledger_resume(&j->ledger, d) < 0)
            drop(j, d, &account_failure);
}

/* The ready destinations that are blank hold the hole already. */
static void skip(struct job *j, const bool *ready, const struct range *hole)
{
    for (unsigned d = 0; d < j->n_dests; d++) {
        if (!ready[d] || !j->dests[d].blank)
            continue;
        if (ledger_skip(&j->ledger, d, hole->start, hole->end) < 0)
            drop(j, d, &account_failure);
        advance(j, d);
    }
}

/* The end of a source of unknown size is at or before `end`. Workers may find ends in any
 * order; the lowest one is true. */
static void move_end(struct job *j, uint64_t end)
{
    uint64_t cut;

    if (end >= j->end)
        return;
    cut = j->end - end;
    j->end = end;
    ledger_truncate(&j->ledger, end);
    if (j->hasher)
        hasher_end(j->hasher, end);

    for (unsigned d = 0; d < j->n_dests; d++) {
        struct job_dest_state *state = &j->states[d];

        if (state->stage == STAGE_DROPPED)
            state->missing -= state->missing < cut ? state->missing : cut;
        advance(j, d);
    }
}

/* The functions below take the lock. */

int job_init(struct job *j, unsigned n_dests, uint64_t size, bool size_known, unsigned claims)
{
    struct job new = {
        .n_dests = n_dests,
        .size = size,
        .size_known = size_known,
        .alive = n_dests,
        .news_fd = -1,
        .end = size,
        .expected = UINT64_MAX,
    };
    int err;

    assert(n_dests > 0);
    new.states = calloc(n_dests, sizeof(new.states[0]));
    if (new.states == NULL)
        return -ENOMEM;

    err = bad_reads_init(&new.bad, n_dests);
    if (err < 0)
        goto err_after_states;

    err = ledger_init(&new.ledger, n_dests, claims);
    if (err < 0)
        goto err_after_bad;

    for (unsigned d = 0; d < n_dests; d++) {
        new.states[d].stage = STAGE_COPYING;
        err = ledger_need(&new.ledger, d, 0, size);
        if (err < 0)
            goto err_after_ledger;
    }

    *j = new;
    err = -pthread_mutex_init(&j->lock, NULL);
    if (err < 0)
        goto err_after_ledger;
    return 0;

err_after_ledger:
    ledger_free(&new.ledger);
err_after_bad:
    bad_reads_free(&new.bad);
err_after_states:
    free(new.states);
    return err;
}

void job_set_hasher(struct job *j, struct hasher *h)
{
    assert(j->n_dests > 1);
    j->hasher = h;
    j->alive = j->n_dests - 1;
}

int job_hold(struct job *j, unsigned d, const struct ranges *held)
{
    int err;

    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    err = ledger_hold(&j->ledger, d, held);
    pthread_mutex_unlock(&j->lock);
    return err;
}

void job_start(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    for (unsigned d = 0; d < j->n_dests; d++) {
        assert(!j->in_order || j->dests[d].head == 0);
        if (j->dests[d].head > 0 && j->states[d].stage == STAGE_COPYING)
            j->states[d].stage = STAGE_UNWIPED;
        advance(j, d);
    }
    pthread_mutex_unlock(&j->lock);
}

void job_free(struct job *j)
{
    pthread_mutex_destroy(&j->lock);
    ledger_free(&j->ledger);
    bad_reads_free(&j->bad);
    free(j->states);
    j->states = NULL;
}

/* The outcome of one try to claim. */
enum outcome { CLAIM_NONE, CLAIM_DONE, CLAIM_AGAIN, CLAIM_UNKNOWN };

/* Moves at most `most` destinations that are in stage `from` on to stage `to`. */
static bool claim_stage(struct job *j, enum dest_stage from, enum dest_stage to, unsigned most,
                        bool *takes)
{
    unsigned n = 0;

    for (unsigned d = 0; d < j->n_dests; d++) {
        takes[d] = n < most && j->states[d].stage == from;
        if (takes[d])
            j->states[d].stage = to;
        n += takes[d];
    }
    return n > 0;
}

/* How many destinations are wiped by one claim: no more than have to share one, as one that hangs
 * makes the others of its claim wait. */
static unsigned wipes_per_claim(const struct job *j)
{
    unsigned n = 0, claims = j->buffers ? j->buffers : 1;

    for (unsigned d = 0; d < j->n_dests; d++)
        n += j->states[d].stage == STAGE_UNWIPED;
    return (n + claims - 1) / claims;
}

static bool claim_wipes(struct job *j, uint32_t max_len, struct claim *ret, bool *takes)
{
    uint32_t head = 0;

    if (!claim_stage(j, STAGE_UNWIPED, STAGE_WIPING, wipes_per_claim(j), takes))
        return false;
    for (unsigned d = 0; d < j->n_dests; d++) {
        j->states[d].wiped |= takes[d];
        if (takes[d] && j->dests[d].head > head)
            head = j->dests[d].head;
    }
    *ret = (struct claim){
        .work = WORK_WIPE, .range = {0, head < max_len ? head : max_len}, .hole = true};
    return true;
}

static bool claim_flushes(struct job *j, struct claim *ret, bool *takes)
{
    *ret = (struct claim){.work = WORK_FLUSH};
    return claim_stage(j, STAGE_WRITTEN, STAGE_FLUSHING, j->n_dests, takes);
}

/* Tries to claim the range at the lowest position that is wanted, which is put into
 * *ret_pos. */
static enum outcome claim_range(struct job *j, const bool *ready, uint32_t max_len,
                                uint64_t *ret_pos, struct claim *ret, bool *takes)
{
    struct extent e = {.range = {0, UINT64_MAX}};
    enum bad_reads_how how = READ_AS_USUAL;
    struct range r;
    uint64_t pos = ledger_lowest(&j->ledger, ready);

    *ret_pos = pos;
    if (pos == UINT64_MAX)
        return CLAIM_NONE;
    if (j->extents && !extents_find(j->extents, pos, &e))
        return CLAIM_UNKNOWN;
    if (e.hole)
        skip(j, ready, &e.range);
    if (j->bad.zero && !e.hole)
        how = bad_reads_at(&j->bad, pos, &e.range.end);
    if (!ledger_claim(&j->ledger, ready, max_len, e.range.end, &r, takes))
        return CLAIM_AGAIN; /* nobody wants the hole */
    if (how == READ_ZEROS)
        account_bad(j, bad_reads_zeros(&j->bad, r.start, r.end, takes));
    *ret = (struct claim){.work = WORK_COPY,
                          .range = r,
                          .hole = e.hole || how == READ_ZEROS,
                          .careful = how == READ_CAREFULLY};
    return CLAIM_DONE;
}

bool job_claim(struct job *j, const bool *ready, uint32_t max_len, struct claim *ret,
               bool *takes)
{
    enum outcome outcome;
    uint64_t pos;

    do {
        pthread_mutex_lock(&j->lock);
        if (stopping(j))
            outcome = CLAIM_NONE;
        else if (claim_wipes(j, max_len, ret, takes) || claim_flushes(j, ret, takes))
            outcome = CLAIM_DONE;
        else
            outcome = claim_range(j, ready, max_len, &pos, ret, takes);
        pthread_mutex_unlock(&j->lock);
        if (outcome == CLAIM_UNKNOWN)
            extents_learn(j->extents, pos);
    } while (outcome == CLAIM_UNKNOWN || outcome == CLAIM_AGAIN);
    return outcome == CLAIM_DONE;
}

void job_return(struct job *j, unsigned d, enum work work, const struct range *r)
{
    struct job_dest_state *state = &j->states[d];

    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    state->aside = false;
    switch (work) {
    case WORK_WIPE:
        if (state->stage == STAGE_WIPING)
            state->stage = STAGE_UNWIPED;
        break;
    case WORK_COPY:
        /* When that fails, nobody will claim the range again, and d cannot be completed. */
        if (ledger_return(&j->ledger, d, r) < 0 ||
            bad_reads_again(&j->bad, d, r->start, r->end) < 0)
            drop(j, d, &account_failure);
        break;
    case WORK_FLUSH:
        if (state->stage == STAGE_FLUSHING)
            state->stage = STAGE_WRITTEN;
        break;
    }
    pthread_mutex_unlock(&j->lock);
}

void job_doubt(struct job *j, const struct range *r, const bool *takes)
{
    pthread_mutex_lock(&j->lock);
    account_bad(j, bad_reads_doubt(&j->bad, r->start, r->end));
    for (unsigned d = 0; d < j->n_dests; d++)
        if ((!takes || takes[d]) && (ledger_defer(&j->ledger, d, r) < 0 ||
                                     bad_reads_again(&j->bad, d, r->start, r->end) < 0))
            drop(j, d, &account_failure);
    pthread_mutex_unlock(&j->lock);
}

void job_tried(struct job *j, uint64_t start, uint64_t end, int err, const bool *takes)
{
    pthread_mutex_lock(&j->lock);
    account_bad(j, err ? bad_reads_bad(&j->bad, start, end, err, takes)
                       : bad_reads_good(&j->bad, start, end, takes));
    pthread_mutex_unlock(&j->lock);
}

void job_next(struct job *j, uint64_t *next)
{
    pthread_mutex_lock(&j->lock);
    if (j->bad.zero)
        begin_next_pass(j);
    for (unsigned d = 0; d < j->n_dests; d++)
        next[d] = ledger_next(&j->ledger, d);
    pthread_mutex_unlock(&j->lock);
}

void job_read(struct job *j, uint64_t n)
{
    pthread_mutex_lock(&j->lock);
    j->read_bytes += n;
    pthread_mutex_unlock(&j->lock);
}

void job_written(struct job *j, unsigned d, uint64_t start, uint64_t end)
{
    struct job_dest_state *state = &j->states[d];

    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    /* A flush that was begun before this write says nothing about it. */
    if (state->stage == STAGE_FLUSHING || state->stage == STAGE_COMPLETE)
        state->stage = STAGE_COPYING;
    state->written += end - start;
    hold(j, d, start, end);
    pthread_mutex_unlock(&j->lock);
}

void job_passed(struct job *j, unsigned d, uint64_t start, uint64_t end)
{
    assert(d < j->n_dests);
    assert(j->dests[d].blank);

    pthread_mutex_lock(&j->lock);
    hold(j, d, start, end);
    pthread_mutex_unlock(&j->lock);
}

void job_set_aside(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    ledger_claim_all(&j->ledger, d);
    j->states[d].aside = true;
    pthread_mutex_unlock(&j->lock);
}

void job_given(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    assert(ledger_next(&j->ledger, d) == UINT64_MAX);
    j->states[d].aside = false;
    ledger_drop(&j->ledger, d);
    if (j->states[d].stage != STAGE_DROPPED)
        j->states[d].stage = STAGE_COMPLETE;
    pthread_mutex_unlock(&j->lock);
}

void job_ask_source(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    if (j->asking++ == 0)
        atomic_store(&j->asked_at, clock_running_ms());
    pthread_mutex_unlock(&j->lock);
    send_news(j);
}

void job_source_answered(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    /* Whoever still asks has asked since this moment at the latest: the kernel answers. */
    atomic_store(&j->asked_at, --j->asking > 0 ? clock_running_ms() : 0);
    pthread_mutex_unlock(&j->lock);
}

void job_source_end(struct job *j, uint64_t end)
{
    struct failure f;

    pthread_mutex_lock(&j->lock);
    if (!j->size_known && j->expected != UINT64_MAX && end < j->expected) {
        (void)failure_format(&f, NULL, ESTALE, "it ended after %llu bytes; %llu were expected",
                             (unsigned long long)end, (unsigned long long)j->expected);
        fail_source(j, &f);
    } else if (!j->size_known) {
        move_end(j, end);
    } else if (end < j->size) {
        struct failure shrunk;

        failure_set(&shrunk, "read", ESTALE, j->source.base + end,
                    "file shrank while it was copied");
        fail_source(j, &shrunk);
    }
    pthread_mutex_unlock(&j->lock);
}

void job_source_reaches(struct job *j, uint64_t end)
{
    struct failure f;

    if (end <= j->expected)
        return;
    (void)failure_format(&f, NULL, ESTALE,
                         "it is longer than the %llu bytes that were expected",
                         (unsigned long long)j->expected);
    job_fail_source(j, &f);
}

void job_fail_source(struct job *j, const struct failure *f)
{
    assert(f->err > 0);

    pthread_mutex_lock(&j->lock);
    fail_source(j, f);
    pthread_mutex_unlock(&j->lock);
}

void job_drop(struct job *j, unsigned d, const struct failure *f)
{
    assert(d < j->n_dests && f->err > 0);

    pthread_mutex_lock(&j->lock);
    drop(j, d, f);
    pthread_mutex_unlock(&j->lock);
}

void job_fail_rest(struct job *j, int err)
{
    struct failure f;

    failure_set(&f, "start another worker", err, FAILURE_NO_OFFSET, NULL);
    pthread_mutex_lock(&j->lock);
    for (unsigned d = 0; d < j->n_dests; d++)
        if (j->states[d].stage <= STAGE_COPYING)
            drop(j, d, &f);
    pthread_mutex_unlock(&j->lock);
}

void job_detach(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    j->states[d].detached = true;
    pthread_mutex_unlock(&j->lock);
}

void job_wiped(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    if (j->states[d].stage == STAGE_WIPING)
        j->states[d].stage = STAGE_COPYING;
    advance(j, d);
    pthread_mutex_unlock(&j->lock);
}

void job_flushed(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    if (j->states[d].stage == STAGE_FLUSHING) {
        j->states[d].stage = STAGE_COMPLETE;
        send_news(j);
    }
    pthread_mutex_unlock(&j->lock);
}

void job_stop(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    pthread_mutex_unlock(&j->lock);
}

bool job_stopping(struct job *j)
{
    bool stop;

    pthread_mutex_lock(&j->lock);
    stop = stopping(j);
    pthread_mutex_unlock(&j->lock);
    return stop;
}
