#include "pace_priv.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "wait_budget.h"

int pace_init(struct pace *p, struct job *j, unsigned buffers, uint32_t chunk_size)
{
    *p = (struct pace){.job = j,
                       .buffers = buffers,
                       .chunk_size = chunk_size,
                       .room = j->max_held,
                       .least = UINT_MAX / 4,
                       .began = clock_running_ms()};
    p->updated = p->began;
    p->dests = calloc(j->n_dests, sizeof *p->dests);
    p->next = calloc(j->n_dests, sizeof *p->next);
    p->ready = calloc(j->n_dests, sizeof *p->ready);
    if (!p->dests || !p->next || !p->ready) {
        pace_free(p);
        return -ENOMEM;
    }
    return 0;
}

void pace_free(struct pace *p)
{
    free(p->dests);
    free(p->next);
    free(p->ready);
    *p = (struct pace){0};
}

static bool full(const struct pace *p, unsigned d)
{
    return job_awaits_wipe(p->job, d) ||
           (p->job->detach && p->dests[d].held >= p->room + p->dests[d].behind);
}

bool pace_slow(const struct pace *p, unsigned d)
{
    return p->dests[d].apart || full(p, d) ||
           (p->job->detach && p->dests[d].held > 2 * p->least + 1);
}

void pace_release(struct pace *p, unsigned d)
{
    assert(p->dests[d].held > 0);
    p->dests[d].held--;
}

/* Whether destination d takes part in what the others do, and wants more. */
static bool shares(const struct pace *p, unsigned d)
{
    return !p->dests[d].apart && p->next[d] != UINT64_MAX;
}

/* The lowest position that a sharing destination wants; UINT64_MAX: none. */
static uint64_t find_front(const struct pace *p)
{
    uint64_t front = UINT64_MAX;

    for (unsigned d = 0; d < p->job->n_dests; d++)
        if (shares(p, d) && p->next[d] < front)
            front = p->next[d];
    return front;
}

void pace_wait(struct pace *p)
{
    p->least = UINT_MAX / 4;
    for (unsigned d = 0; d < p->job->n_dests; d++)
        if (shares(p, d) && !job_is_hasher(p->job, d) && p->dests[d].held < p->least)
            p->least = p->dests[d].held;
}

/* Adds the time since the last update to the debts, by what the destinations were then, and
 * notes what they are now. */
static void keep_time(struct pace *p, uint64_t now)
{
    struct wait_look look = {.passed_ms = (int64_t)(now - p->updated), .least = INT64_MIN};
    uint64_t front = find_front(p);

    p->updated = now;
    for (unsigned d = 0; d < p->job->n_dests; d++) {
        struct pace_dest *dest = &p->dests[d];
        bool late;

        if (job_is_hasher(p->job, d)) /* it waits for nobody, and is waited for */
            continue;
        late = shares(p, d) && full(p, d);
        wait_account_note(&dest->wait, &look, late,
                          shares(p, d) && !late && dest->held == 0 && p->next[d] == front);
    }
    for (unsigned d = 0; d < p->job->n_dests; d++)
        wait_account_settle(&p->dests[d].wait, &look);
}

static void part_with_slow(struct pace *p, uint64_t now)
{
    int64_t budget = wait_budget_ms(now - p->began);

    for (unsigned d = 0; d < p->job->n_dests; d++) {
        if (!p->dests[d].wait.late || p->dests[d].wait.debt < budget)
            continue;
        p->dests[d].apart = true;
        job_detach(p->job, d);
    }
}

unsigned pace_patience_ms(const struct pace *p)
{
    int64_t budget = wait_budget_ms(p->updated - p->began), least = UINT_MAX;

    for (unsigned d = 0; d < p->job->n_dests; d++) {
        const struct wait_account *a = &p->dests[d].wait;

        if (a->late && !p->dests[d].apart && budget - a->debt < least)
            least = budget - a->debt;
    }
    return (unsigned)least;
}

void pace_update(struct pace *p, unsigned lost)
{
    /* A third of the buffers is out of reach for each destination. */
    unsigned room = (p->buffers - lost) * 2 / 3;
    uint64_t now = clock_running_ms();

    if (!p->job->detach)
        return;
    if (room > p->job->max_held)
        room = p->job->max_held;
    p->room = room ? room : 1;
    job_next(p->job, p->next);
    keep_time(p, now);
    part_with_slow(p, now);
}

/* A destination that has caught up with the others, and for which few chunks wait, is one of
 * them again. */
static void rejoin(struct pace *p, uint64_t front)
{
    for (unsigned d = 0; d < p->job->n_dests; d++)
        if (p->dests[d].apart && p->next[d] != UINT64_MAX && p->next[d] >= front &&
            p->dests[d].held <= p->room / 2 && !job_awaits_wipe(p->job, d))
            p->dests[d].apart = false;
}

static bool claim_ready(struct pace *p, struct claim *ret, bool *takes)
{
    if (!job_claim(p->job, p->ready, p->chunk_size, ret, takes))
        return false;
    for (unsigned d = 0; d < p->job->n_dests; d++)
        p->dests[d].held += takes[d];
    return true;
}

/* For all destinations that keep up. */
static bool claim_shared(struct pace *p, struct claim *ret, bool *takes)
{
    for (unsigned d = 0; d < p->job->n_dests; d++) {
        p->ready[d] = shares(p, d);
        if (p->ready[d] && full(p, d))
            return false;
    }
    return claim_ready(p, ret, takes);
}

/* For the destinations that are apart, each at its own pace: while others want the buffers,
 * with half as many as they. */
static bool claim_apart(struct pace *p, bool alone, struct claim *ret, bool *takes)
{
    unsigned room = alone ? p->room : (p->room + 1) / 2;

    for (unsigned d = 0; d < p->job->n_dests; d++)
        p->ready[d] =
            p->dests[d].apart && p->dests[d].held < room && !job_awaits_wipe(p->job, d);
    return claim_ready(p, ret, takes);
}

bool pace_claim(struct pace *p, struct claim *ret, bool *takes)
{
    uint64_t front;

    job_next(p->job, p->next);
    front = find_front(p);
    rejoin(p, front);
    return claim_shared(p, ret, takes) || claim_apart(p, front == UINT64_MAX, ret, takes);
}
