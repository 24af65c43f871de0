#include "dests_priv.h"

#include <errno.h>

#include "copy/wait_budget.h"

bool dests_get(const struct request_dest *d)
{
    return d->live && d->state != REQUEST_DEST_AWAY;
}

bool dests_catch_up(const struct request_dest *d)
{
    return d->live && (d->state == REQUEST_DEST_AWAY || d->state == REQUEST_DEST_RETURNING);
}

bool dests_enough(const struct requests *r)
{
    return r->n_live > 0 && r->n_live >= r->floor;
}

/* How many others have all. */
static unsigned count_with(const struct requests *r, unsigned but)
{
    unsigned n = 0;

    for (unsigned d = 0; d < r->n_dests; d++)
        n += d != but && r->dests[d].live && r->dests[d].state == REQUEST_DEST_WITH;
    return n;
}

/* ---- failures ---- */

static void drop(struct requests *r, struct request_dest *d)
{
    d->live = false;
    r->n_live--;
}

/* If all that get new writes are failing, those that are away have to get them, too. */
static void call_back(struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (dests_get(&r->dests[d]) && r->dests[d].state != REQUEST_DEST_FAILING)
            return;
    for (unsigned d = 0; d < r->n_dests; d++)
        if (r->dests[d].live && r->dests[d].state == REQUEST_DEST_AWAY)
            r->dests[d].state = REQUEST_DEST_RETURNING;
}

void dests_fail(struct requests *r, unsigned dest, const char *op, uint64_t offset, int err,
                const char *message, bool hard)
{
    struct request_dest *d = &r->dests[dest];

    if (!d->live)
        return;
    if (!atomic_load(&d->failed)) {
        (void)failure_set(&d->failure, op, err, offset, message);
        atomic_store(&d->failed, true);
        r->io->news(r->io->arg);
    }
    if (hard || dests_catch_up(d) || count_with(r, dest) > 0)
        drop(r, d);
    else
        d->state = REQUEST_DEST_FAILING;
    call_back(r);
}

/* ---- what they lack ---- */

bool dests_flush(const struct requests *r, const struct request_dest *d)
{
    if (!dests_get(d) || lacks_nothing(&d->lacks))
        return dests_get(d);
    for (unsigned i = 0; i < r->n_dests; i++)
        if (dests_get(&r->dests[i]) && lacks_nothing(&r->dests[i].lacks))
            return false;
    return true;
}

void dests_lack(struct requests *r, uint64_t start, uint64_t end)
{
    for (unsigned d = 0; d < r->n_dests; d++) {
        struct request_dest *dest = &r->dests[d];

        if (!dest->live || dest->state != REQUEST_DEST_AWAY)
            continue;
        lacks_add(&dest->lacks, start, end);
        if (r->max_lag > 0 && ranges_total(&dest->lacks.ranges) > r->max_lag)
            dests_fail(r, d, "write", FAILURE_NO_OFFSET, ETIMEDOUT,
                       "it is too slow: more than --max-lag behind", true);
    }
}

static bool is_better(const struct request_dest *a, const struct request_dest *b)
{
    if (dests_get(a) != dests_get(b))
        return dests_get(a);
    return a->running < b->running;
}

unsigned dests_reader(const struct requests *r, const struct request *q, uint64_t at,
                      uint64_t *until)
{
    unsigned best = r->n_dests;
    uint64_t best_until = *until;

    for (unsigned d = 0; d < r->n_dests; d++) {
        const struct request_dest *dest = &r->dests[d];
        uint64_t end = *until;

        if (!dest->live || q->ops[d].tried || q->ops[d].running ||
            ranges_have(&dest->lacks.ranges, at, &end))
            continue;
        if (best == r->n_dests || is_better(dest, &r->dests[best])) {
            best = d;
            best_until = end;
        }
    }
    *until = best_until;
    return best;
}

void dests_settled(struct requests *r, unsigned dest)
{
    struct request_dest *d = &r->dests[dest];

    if (!d->live || !d->settling)
        return;
    d->settling = false;
    d->state = REQUEST_DEST_WITH;
    for (unsigned i = 0; i < r->n_dests; i++)
        if (r->dests[i].live && r->dests[i].state == REQUEST_DEST_FAILING)
            drop(r, &r->dests[i]);
}

/* ---- time ---- */

/* How long others may wait for one after a long time in which nobody has waited, ms. */
#define CREDIT_MS 5000

/* Adds the time since the last look to the debts, by what the destinations were then, and notes what
 * they are now. */
static void keep_time(struct requests *r, int64_t budget)
{
    struct wait_look look = {.passed_ms = (int64_t)(r->now - r->updated),
                             .least = budget > CREDIT_MS / 2 ? budget - CREDIT_MS : -budget};

    r->updated = r->now;
    for (unsigned d = 0; d < r->n_dests; d++) {
        struct request_dest *dest = &r->dests[d];

        wait_account_note(&dest->wait, &look, dest->live && dest->held > 0,
                          dests_get(dest) && dest->held == 0);
    }
    for (unsigned d = 0; d < r->n_dests; d++)
        wait_account_settle(&r->dests[d].wait, &look);
}

static void look_at(struct requests *r, unsigned dest, int64_t budget)
{
    struct request_dest *d = &r->dests[dest];

    if (d->wait.late && d->wait.debt >= budget && dests_get(d) &&
        d->state != REQUEST_DEST_FAILING && count_with(r, dest) >= r->floor) {
        d->state = REQUEST_DEST_AWAY;
        d->settling = false; /* what it will lack comes after that flush */
        atomic_store(&d->detached, true);
        r->io->news(r->io->arg);
    } else if (d->live && d->state == REQUEST_DEST_AWAY && d->held == 0 &&
               ranges_total(&d->lacks.ranges) <= r->near &&
               (r->ending || d->wait.debt < budget)) {
        d->state = REQUEST_DEST_RETURNING;
    }
    atomic_store_explicit(&d->lag, ranges_total(&d->lacks.ranges), memory_order_relaxed);
}

void dests_look(struct requests *r)
{
    int64_t budget;

    if (!r->detach)
        return;
    if (r->began == 0)
        r->began = r->updated = r->now;
    budget = wait_budget_ms(r->now - r->began);
    keep_time(r, budget);
    for (unsigned d = 0; d < r->n_dests; d++)
        look_at(r, d, budget);
}
