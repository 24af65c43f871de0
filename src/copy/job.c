/* job: the ledger behind a lock, and the rules for what fails when something fails.
 *
 * The law here: a range that the ledger could not account for (it is out of memory) must never
 * make a copy look complete. The destinations concerned are dropped, with op "account". */
#include "job.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const struct failure account_failure = {
    .op = "account",
    .err = ENOMEM,
    .offset = FAILURE_NO_OFFSET,
};

/* The functions in this block are called with the lock held. */

static bool stopping(const struct job *j)
{
    return j->stop || j->alive == 0 || j->source_failure.err != 0;
}

/* There is something to look at. */
static void tell(const struct job *j)
{
    uint64_t one = 1;

    if (j->news_fd >= 0 && write(j->news_fd, &one, sizeof one) != sizeof one)
        assert(!"an eventfd takes a 1");
}

static void drop(struct job *j, unsigned d, const struct failure *f)
{
    struct job_dest_state *state = &j->states[d];

    if (state->dropped)
        return;
    state->dropped = true;
    atomic_store(&j->dropped[d], true);
    state->failure = *f;
    state->missing = ledger_missing(&j->ledger, d);
    ledger_drop(&j->ledger, d);
    j->alive--;
    if (j->stop_on_error)
        j->stop = true;
    tell(j);
}

static void fail_source(struct job *j, const struct failure *f)
{
    if (j->source_failure.err == 0)
        j->source_failure = *f;
}

/* Destination d has got something. */
static void tell_if_complete(struct job *j, unsigned d)
{
    if (ledger_missing(&j->ledger, d) == 0 && !j->dests[d].flush)
        tell(j);
}

/* What is in the hole the ready destinations that are blank hold already. */
static void skip(struct job *j, const bool *ready, const struct range *hole)
{
    for (unsigned d = 0; d < j->n_dests; d++) {
        if (!ready[d] || !j->dests[d].blank)
            continue;
        if (ledger_skip(&j->ledger, d, hole->start, hole->end) < 0)
            drop(j, d, &account_failure);
        else
            tell_if_complete(j, d);
    }
}

/* The end of a source of unknown size is at or before `end`. Short reads of several workers may
 * show it in any order; the smallest is the truth. */
static void move_end(struct job *j, uint64_t end)
{
    uint64_t cut;

    if (end >= j->end)
        return;
    cut = j->end - end;
    j->end = end;
    ledger_truncate(&j->ledger, end);

    for (unsigned d = 0; d < j->n_dests; d++) {
        struct job_dest_state *state = &j->states[d];

        if (state->dropped)
            state->missing -= state->missing < cut ? state->missing : cut;
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
    };
    int err;

    assert(n_dests > 0);

    new.states = calloc(n_dests, sizeof(new.states[0]));
    if (new.states == NULL)
        return -ENOMEM;

    err = -ENOMEM;
    new.dropped = calloc(n_dests, sizeof(new.dropped[0]));
    if (new.dropped == NULL)
        goto err_after_states;

    err = ledger_init(&new.ledger, n_dests, claims);
    if (err < 0)
        goto err_after_dropped;

    for (unsigned d = 0; d < n_dests; d++) {
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
err_after_dropped:
    free(new.dropped);
err_after_states:
    free(new.states);
    return err;
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

void job_free(struct job *j)
{
    pthread_mutex_destroy(&j->lock);
    ledger_free(&j->ledger);
    free(j->dropped);
    free(j->states);
    j->dropped = NULL;
    j->states = NULL;
}

/* What a claim has come to. */
enum claim { CLAIM_NONE, CLAIM_DONE, CLAIM_AGAIN, CLAIM_UNKNOWN };

/* Tries to claim what is at the lowest position that is wanted; that is put into *ret_pos. */
static enum claim try_claim(struct job *j, const bool *ready, uint64_t *ret_pos,
                            struct range *ret, bool *ret_hole, bool *takes)
{
    struct extent e = {.range = {0, UINT64_MAX}};
    uint64_t pos = stopping(j) ? UINT64_MAX : ledger_lowest(&j->ledger, ready);

    *ret_pos = pos;
    if (pos == UINT64_MAX)
        return CLAIM_NONE;
    if (j->extents && !extents_find(j->extents, pos, &e))
        return CLAIM_UNKNOWN;
    if (e.hole)
        skip(j, ready, &e.range);
    if (!ledger_claim(&j->ledger, ready, j->chunk_size, e.range.end, ret, takes))
        return CLAIM_AGAIN; /* nobody wants the hole */
    *ret_hole = e.hole;
    return CLAIM_DONE;
}

bool job_claim(struct job *j, const bool *ready, struct range *ret, bool *ret_hole, bool *takes)
{
    enum claim claim;
    uint64_t pos;

    do {
        pthread_mutex_lock(&j->lock);
        claim = try_claim(j, ready, &pos, ret, ret_hole, takes);
        pthread_mutex_unlock(&j->lock);
        if (claim == CLAIM_UNKNOWN)
            extents_learn(j->extents, pos);
    } while (claim == CLAIM_UNKNOWN || claim == CLAIM_AGAIN);
    return claim == CLAIM_DONE;
}

void job_next(struct job *j, uint64_t *next)
{
    pthread_mutex_lock(&j->lock);
    for (unsigned d = 0; d < j->n_dests; d++)
        next[d] = ledger_next(&j->ledger, d);
    pthread_mutex_unlock(&j->lock);
}

uint64_t job_prefix(struct job *j, unsigned d)
{
    struct range first;
    bool any;

    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    any = ranges_first(&j->ledger.need[d], 0, &first);
    pthread_mutex_unlock(&j->lock);
    return any ? first.start : UINT64_MAX;
}

void job_return(struct job *j, unsigned d, const struct range *r)
{
    pthread_mutex_lock(&j->lock);
    /* If it cannot be, nobody will claim this range again: d cannot be completed. */
    if (ledger_return(&j->ledger, d, r) < 0)
        drop(j, d, &account_failure);
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
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    if (ledger_written(&j->ledger, d, start, end) < 0)
        drop(j, d, &account_failure);
    /* An fsync before this write says nothing about it. */
    j->states[d].flushed = false;
    tell_if_complete(j, d);
    pthread_mutex_unlock(&j->lock);
}

void job_passed(struct job *j, unsigned d, uint64_t start, uint64_t end)
{
    assert(d < j->n_dests);
    assert(j->dests[d].blank);

    pthread_mutex_lock(&j->lock);
    if (ledger_written(&j->ledger, d, start, end) < 0)
        drop(j, d, &account_failure);
    tell_if_complete(j, d);
    pthread_mutex_unlock(&j->lock);
}

void job_set_aside(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    ledger_claim_all(&j->ledger, d);
    pthread_mutex_unlock(&j->lock);
}

void job_given(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    assert(ledger_next(&j->ledger, d) == UINT64_MAX);
    ledger_drop(&j->ledger, d);
    j->states[d].flushed = j->dests[d].flush;
    pthread_mutex_unlock(&j->lock);
}

void job_source_end(struct job *j, uint64_t end)
{
    pthread_mutex_lock(&j->lock);
    if (!j->size_known) {
        move_end(j, end);
    } else if (end < j->size) {
        struct failure shrunk;

        failure_set(&shrunk, "read", ENODATA, j->source.base + end,
                    "file shrank while it was copied");
        fail_source(j, &shrunk);
    }
    pthread_mutex_unlock(&j->lock);
}

void job_fail_source(struct job *j, const struct failure *f)
{
    assert(f->err > 0);

    pthread_mutex_lock(&j->lock);
    fail_source(j, f);
    pthread_mutex_unlock(&j->lock);
}

void job_source_failure(struct job *j, struct failure *ret)
{
    pthread_mutex_lock(&j->lock);
    *ret = j->source_failure;
    pthread_mutex_unlock(&j->lock);
}

void job_drop(struct job *j, unsigned d, const struct failure *f)
{
    assert(d < j->n_dests);
    assert(f->err > 0);

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
        if (ledger_missing(&j->ledger, d) > 0)
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

void job_flushed(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    j->states[d].flushing = false;
    if (!j->states[d].dropped) {
        j->states[d].flushed = true;
        tell(j);
    }
    pthread_mutex_unlock(&j->lock);
}

bool job_claim_flush(struct job *j, unsigned d)
{
    struct job_dest_state *state = &j->states[d];
    bool wants;

    assert(d < j->n_dests);
    if (!j->dests[d].flush)
        return false;

    pthread_mutex_lock(&j->lock);
    wants = !stopping(j) && !state->dropped && !state->flushed && !state->flushing &&
            ledger_missing(&j->ledger, d) == 0;
    if (wants)
        state->flushing = true;
    pthread_mutex_unlock(&j->lock);
    return wants;
}

void job_return_flush(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    j->states[d].flushing = false;
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

bool job_dropped(struct job *j, unsigned d)
{
    assert(d < j->n_dests);
    return atomic_load_explicit(&j->dropped[d], memory_order_relaxed);
}

void job_look(struct job *j, struct job_view *view, uint64_t *ret_read_bytes)
{
    pthread_mutex_lock(&j->lock);
    for (unsigned d = 0; d < j->n_dests; d++) {
        view[d].state = j->states[d];
        view[d].missing =
            j->states[d].dropped ? j->states[d].missing : ledger_missing(&j->ledger, d);
        view[d].held = j->end - view[d].missing;
    }
    *ret_read_bytes = j->read_bytes;
    pthread_mutex_unlock(&j->lock);
}
