#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "accounting_priv.h"
#include "base/clock.h"
#include "copy.h"
#include "copy_priv.h"
#include "hang_check_priv.h"
#include "heads_priv.h"
#include "intake_priv.h"
#include "lending_priv.h"
#include "pool_priv.h"

/* How long the loop waits for completions before it looks whether it should stop. */
#define WAIT_MS WATCHDOG_INTERVAL_MS

/* The same while something is lent to the hasher, which wakes nobody who waits for an engine. */
#define LENT_WAIT_MS 3u

/* The same while a source without positions has nothing to give, which wakes nobody either. */
#define STREAM_WAIT_MS 1u

/* How often a worker that has nothing else to do looks whether another one has wiped a destination. */
#define WIPE_WAIT_MS 2u

/* Pause before operations that moved nothing are tried again. */
#define BACKOFF_MS 1u

static const struct work_ops *const kinds[] = {
    [WORK_WIPE] = &work_wipe_ops,
    [WORK_COPY] = &work_copy_ops,
    [WORK_FLUSH] = &work_flush_ops,
};

int copy_create(struct job *j, const struct pool *pool, struct copy **ret_copy)
{
    struct copy *c = calloc(1, sizeof *c);

    if (!c)
        return -ENOMEM;
    c->job = j;
    c->dests = calloc(j->n_dests, sizeof *c->dests);
    c->takes = calloc(j->n_dests, sizeof *c->takes);
    if (!c->dests || !c->takes || chunks_init(&c->chunks, j, pool) < 0 ||
        pace_init(&c->pace, j, pool->n, pool->size) < 0 ||
        watchdog_init(&c->watchdog, j->n_dests) < 0) {
        copy_free(c);
        return -ENOMEM;
    }
    for (unsigned d = 0; d < j->n_dests; d++)
        c->dests[d].cursor = job_prefix(j, d);
    *ret_copy = c;
    return 0;
}

void copy_free(struct copy *c)
{
    if (!c)
        return;
    lending_end(c);
    watchdog_free(&c->watchdog);
    pace_free(&c->pace);
    chunks_free(&c->chunks);
    free(c->dests);
    free(c->takes);
    free(c);
}

bool copy_uses(const struct copy *c, unsigned i)
{
    return c->chunks.all[i].left > 0;
}

/* ---- calls of the engine ---- */

/* The part of the longest limit that a call may take in addition. */
#define AWAY_SHARE 4u

static void go_away(struct copy *c)
{
    atomic_store(&c->away_since, clock_running_ms());
}

/* False: the work has been taken away. */
static bool come_back(struct copy *c)
{
    uint64_t since = atomic_load(&c->away_since);

    return since != COPY_TAKEN_AWAY &&
           atomic_compare_exchange_strong(&c->away_since, &since, 0);
}

/* The same for calls that are expected to be prompt. */
#define PROMPT_MS 1000u

/* How long other workers are looked for. */
#define SEARCH_MS 1000u

/* How long a call may take; 0: for ever. */
static uint64_t away_limit_ms(const struct copy *c)
{
    struct job *j = c->job;
    uint64_t limit = j->source.timeout_ms;

    for (unsigned d = 0; d < j->n_dests && limit > 0; d++)
        if (!job_dropped(j, d) &&
            (j->dests[d].timeout_ms == 0 || j->dests[d].timeout_ms > limit))
            limit = j->dests[d].timeout_ms;
    return limit + limit / AWAY_SHARE;
}

/* since: of away_since. */
static enum copy_absence judge_absence(const struct copy *c, uint64_t since)
{
    uint64_t limit, away;

    if (since == 0 || since == COPY_TAKEN_AWAY)
        return COPY_HERE;
    limit = away_limit_ms(c);
    away = clock_running_ms() - since;
    if (limit > 0 && away >= limit + SEARCH_MS)
        return COPY_LOST;
    if (c->engine->prompt)
        limit = PROMPT_MS;
    return limit > 0 && away >= limit ? COPY_LATE : COPY_HERE;
}

enum copy_absence copy_absence(const struct copy *c)
{
    return judge_absence(c, atomic_load(&c->away_since));
}

bool copy_take_away(struct copy *c)
{
    uint64_t since = atomic_load(&c->away_since);

    if (judge_absence(c, since) == COPY_HERE ||
        !atomic_compare_exchange_strong(&c->away_since, &since, COPY_TAKEN_AWAY))
        return false;
    engine_leave(c->engine);
    hang_check_leave_behind(c);
    return true;
}

/* ---- the loop ---- */

/* Gives the free chunks something to do. */
static void claim_more(struct copy *c)
{
    struct claim claim;

    chunks_count_behind(c);
    pace_update(&c->pace, chunks_count_lost(c));
    /* What may not be read yet would only hold buffers. */
    while (c->chunks.free && intake_may_claim(c) && chunks_wait_ms(c) == 0 &&
           pace_claim(&c->pace, &claim, c->takes))
        chunk_use(c, kinds[claim.work], &claim);
}

/* Submits what can be submitted. 0, COPY_TAKEN, or a negative errno: the engine broke.
 *
 * Ordered batches that are in flight behind one that failed come back cancelled, sooner or
 * later. What is submitted meanwhile would overtake them, so that everything waits for the last
 * of them and then starts again from the lowest range. */
static int submit_idle(struct copy *c)
{
    if (c->settling && c->in_flight > 0)
        return 0;
    c->settling = c->waits_for_rate = false;
    for (struct chunk *k = c->chunks.claimed; k; k = k->next) {
        int r;

        if (k->left > 0 || !chunk_build(c, k))
            continue;
        go_away(c);
        r = engine_submit(c->engine, &k->batch);
        if (!come_back(c))
            return COPY_TAKEN;
        if (r < 0) {
            chunk_unbuild(k);
            /* No room for the moment: completions will make some. */
            return r == -EAGAIN && c->in_flight > 0 ? 0 : r;
        }
        k->turn = c->submitted++;
        k->left = k->batch.n_ops;
        k->led = k->ops[0].kind == ENGINE_NOP; /* takes no time */
        c->in_flight++;
    }
    return 0;
}

/* How long to wait for completions. */
static unsigned wait_ms(const struct copy *c)
{
    unsigned due = chunks_wait_ms(c), patience = pace_patience_ms(&c->pace);
    unsigned most = intake_waits(c) ? STREAM_WAIT_MS : lending_any(c) ? LENT_WAIT_MS : WAIT_MS;

    if (patience < most)
        most = patience;
    return due > 0 && due < most ? due : most;
}

/* Waits until a chunk may be read, or it is time to look whether to stop. */
static void wait_for_rate(const struct copy *c)
{
    unsigned ms = wait_ms(c);

    clock_pause_ms(ms < RATE_STEP_MS ? ms : RATE_STEP_MS);
}

/* As submit_idle(). */
static int wait_and_account(struct copy *c)
{
    struct engine_op *done = NULL;
    unsigned slow;
    int r;

    pace_wait(&c->pace);
    /* A source without positions has one read under way, and everybody waits for it. */
    slow = c->job->source.sequential ? UINT_MAX : chunks_count_slow(c);
    go_away(c);
    r = engine_wait(c->engine, slow, wait_ms(c), &done);
    if (!come_back(c))
        return COPY_TAKEN;
    while (done && r == 0) {
        struct engine_op *op = done;

        done = op->next; /* before the operation is used for something else */
        r = account_result(c, op);
    }
    return r;
}

static void pause_after_stall(struct copy *c)
{
    if (c->backoff)
        clock_pause_ms(BACKOFF_MS);
    c->backoff = false;
}

static void look_at_stream(struct copy *c)
{
    struct chunk *full = c->job->source.sequential ? intake_look(c) : NULL;

    if (full)
        work_copy_cut(c, full);
}

/* Whether destinations can be written only later, when another worker has wiped them. */
static bool awaits_wipes(const struct copy *c)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (job_awaits_wipe(c->job, d))
            return true;
    return false;
}

/* Whether there was nothing to do but to wait for somebody else than the engine. */
static bool wait_for_others(struct copy *c)
{
    if (c->in_flight > 0 || c->leaving)
        return false;
    if (!c->chunks.claimed) {
        clock_pause_ms(WIPE_WAIT_MS);
        return true;
    }
    if (lending_any(c)) {
        lending_wait(c);
        return true;
    }
    if (c->waits_for_rate) {
        wait_for_rate(c);
        return true;
    }
    if (!intake_waits(c))
        return false;
    intake_wait(c);
    return true;
}

int copy_run(struct copy *c, struct engine *e)
{
    c->engine = e;
    while (!job_stopping(c->job)) {
        int r;

        pause_after_stall(c);
        lending_collect(c);
        chunks_free_done(c);
        if (!c->leaving)
            claim_more(c);
        if (!c->chunks.claimed && !c->leaving && !awaits_wipes(c))
            return 0;
        look_at_stream(c);
        if (heads_keep(c))
            continue;
        lending_lend(c);
        r = c->leaving ? 0 : submit_idle(c);
        if (r == 0 && wait_for_others(c))
            continue;
        assert(r != 0 || c->in_flight > 0 || c->leaving);
        if (r == 0 && !hang_check_can_go_on(c)) {
            hang_check_leave_behind(c);
            return COPY_LEFT;
        }
        if (r == 0)
            r = wait_and_account(c);
        if (r != 0)
            return r < 0 ? account_broken_engine(c, r) : r;
        hang_check_look(c);
    }
    return c->in_flight > 0 ? COPY_LEFT : 0;
}
