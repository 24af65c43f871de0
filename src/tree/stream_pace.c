/* stream_pace: which consumers of a lane are too slow for the others. While the producer waits,
 * each consumer that others wait for gets a debt: the time that it makes them wait. A consumer
 * whose debt exceeds the patience (copy/wait_budget.h) is slow. See stream_state_priv.h. */
#include "base/clock.h"
#include "copy/wait_budget.h"
#include "stream_state_priv.h"

/* How long a producer at least waits before it looks at the debts again. */
#define LEAST_WAIT_MS 10

void stream_keep_time(struct stream *s, struct lane *l, bool waited)
{
    uint64_t now = clock_running_ms();
    struct wait_look look = {.passed_ms = waited ? (int64_t)(now - l->updated) : 0,
                             .least = INT64_MIN};

    l->updated = now;
    for (unsigned i = 0; i < s->n_consumers; i++) {
        struct consumer *c = &s->consumers[i];

        if (!stream_is_in(s, l, c))
            continue;
        wait_account_note(&c->wait, &look, !stream_is_idle(s, c), stream_is_idle(s, c));
    }
    for (unsigned i = 0; i < s->n_consumers; i++)
        if (stream_is_in(s, l, &s->consumers[i]))
            wait_account_settle(&s->consumers[i].wait, &look);
}

bool stream_is_slow(const struct stream *s, const struct lane *l, const struct consumer *c)
{
    return c->owes ||
           (!stream_is_idle(s, c) && c->wait.debt >= wait_budget_ms(l->updated - l->began));
}

bool stream_is_time(const struct stream *s, const struct lane *l)
{
    bool any_slow = false, any_stays = false;

    if (s->n_lanes == s->max_lanes || l->updated < l->not_before)
        return false;
    for (unsigned i = 0; i < s->n_consumers; i++) {
        const struct consumer *c = &s->consumers[i];

        if (!stream_is_in(s, l, c))
            continue;
        if (stream_is_slow(s, l, c))
            any_slow = true;
        else if (stream_is_idle(s, c))
            any_stays = true;
        else
            return false;
    }
    return any_slow && any_stays;
}

int64_t stream_time_left(const struct stream *s, const struct lane *l)
{
    int64_t patience = wait_budget_ms(l->updated - l->began), left = 0;

    if (s->n_lanes == s->max_lanes)
        return 0;
    for (unsigned i = 0; i < s->n_consumers; i++) {
        const struct consumer *c = &s->consumers[i];

        if (stream_is_in(s, l, c) && c->wait.late &&
            (left == 0 || patience - c->wait.debt < left))
            left = patience - c->wait.debt > LEAST_WAIT_MS ? patience - c->wait.debt
                                                           : LEAST_WAIT_MS;
    }
    return left;
}

void stream_owe(struct stream *s, unsigned consumer, int64_t ms)
{
    struct consumer *c = &s->consumers[consumer];
    uint64_t passed;

    pthread_mutex_lock(&s->lock);
    passed = clock_running_ms() - s->lanes[c->lane].began;
    c->wait.debt += ms;
    c->owes = ms > 0 && c->wait.debt >= wait_budget_ms(passed) && s->max_lanes > 1;
    pthread_mutex_unlock(&s->lock);
}
