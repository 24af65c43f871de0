#include "watchdog_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* The part of its limit that an endpoint is given in addition after an operation of it has been
 * cancelled. */
#define GRACE_SHARE 4u

int watchdog_init(struct watchdog *w, unsigned n_dests)
{
    *w = (struct watchdog){.n = watch_of(n_dests)};
    w->watches = calloc(w->n, sizeof *w->watches);
    return w->watches ? 0 : -ENOMEM;
}

void watchdog_free(struct watchdog *w)
{
    free(w->watches);
    *w = (struct watchdog){0};
}

bool watchdog_begin(struct watchdog *w)
{
    uint64_t now = clock_running_ms();

    if (now - w->looked_at < WATCHDOG_INTERVAL_MS)
        return false;
    w->looked_at = now;
    w->running = false;
    for (unsigned i = 0; i < w->n; i++)
        w->watches[i].busy = false;
    return true;
}

/* Whether it is known to wait for something else. */
static bool waits(const struct sight *s)
{
    return s->op && s->op->waits;
}

/* Whether a is the better guess at what keeps the endpoint busy. */
static bool comes_before(const struct sight *a, const struct sight *b)
{
    return waits(a) == waits(b) ? a->turn < b->turn : waits(b);
}

void watchdog_see(struct watchdog *w, unsigned i, const struct sight *s)
{
    struct watch *e = &w->watches[i];

    if (!e->busy || comes_before(s, &e->oldest))
        e->oldest = *s;
    e->busy = true;
    /* A read counts as running although it may wait: while there is one, it is the engine that
     * others wait for. */
    w->running |= i == WATCH_SOURCE || !waits(s);
}

/* From half of the limit on the device is a witness: writes through the page cache wait behind
 * those of all other files. */
static void ask_device(struct watch *e, uint64_t now)
{
    if (now - e->quiet_since < e->oldest.limit_ms / 2) {
        e->pulse.known = false;
        e->wrote_at = 0;
    } else if (medium_has_written(&e->pulse, e->oldest.device)) {
        e->wrote_at = now;
    }
}

/* Whether the endpoint has been quiet for so long, and its device for half of the limit. */
static bool is_over(const struct watch *e, uint64_t now, unsigned ms)
{
    return now - e->quiet_since >= ms && now - e->wrote_at >= e->oldest.limit_ms / 2;
}

/* Whether the time after the question is over, too. */
static bool grace_is_over(const struct watch *e, uint64_t now)
{
    return is_over(e, now, e->oldest.limit_ms + e->oldest.limit_ms / GRACE_SHARE);
}

/* All that is under way on the endpoint is known to wait. That is true, and the endpoint's time
 * does not run, if something else runs that it can wait for. If nothing runs, the operations
 * must have begun. */
static bool is_silent_waiting(struct watchdog *w, struct watch *e, uint64_t now)
{
    e->asked = NULL;
    if (w->running) {
        w->clogged = true;
        e->quiet_since = now;
    }
    return grace_is_over(e, now);
}

static enum watch_verdict judge(struct watchdog *w, struct watch *e, uint64_t now)
{
    unsigned limit = e->oldest.limit_ms;

    if (waits(&e->oldest))
        return is_silent_waiting(w, e, now) ? WATCH_SILENT : WATCH_FINE;
    if (now - e->quiet_since < limit)
        return WATCH_FINE;
    if (!e->oldest.op || !e->oldest.may_cancel)
        return is_over(e, now, limit) ? WATCH_SILENT : WATCH_FINE;
    if (e->asked && !e->asked->waits)
        return grace_is_over(e, now) ? WATCH_SILENT : WATCH_FINE;
    /* The next one: those asked about so far wait. It may have begun to run only now. Whether the
     * device writes does not matter: it may do so for others, while this one waits for an endpoint
     * that hangs. */
    e->asked = e->oldest.op;
    e->quiet_since = now - limit;
    return WATCH_ASK;
}

enum watch_verdict watchdog_judge(struct watchdog *w, unsigned i)
{
    struct watch *e = &w->watches[i];
    enum watch_verdict verdict;
    uint64_t now;

    if (e->hung)
        return WATCH_FINE;
    if (!e->busy || e->oldest.limit_ms == 0) {
        e->quiet_since = 0;
        e->asked = NULL;
        return WATCH_FINE;
    }
    now = clock_running_ms();
    if (e->quiet_since == 0)
        e->quiet_since = now;
    ask_device(e, now);
    verdict = judge(w, e, now);
    e->hung = verdict == WATCH_SILENT;
    return verdict;
}

bool watchdog_moved(struct watchdog *w, unsigned i, const struct engine_op *op)
{
    struct watch *e = &w->watches[i];
    bool asked = op && op == e->asked;

    /* It was cancelled together with another one, which shows nothing. */
    if (e->asked && op && !asked && op->result == -ECANCELED)
        return false;
    e->quiet_since = 0;
    e->asked = NULL;
    w->clogged |= asked && op->result == -ECANCELED;
    if (!asked || op->result != -EINTR)
        return false;
    e->hung = true;
    return true;
}

bool watchdog_is_stuck(const struct watchdog *w)
{
    bool hung = false;

    for (unsigned i = 0; i < w->n; i++)
        hung |= w->watches[i].hung;
    return hung && w->clogged;
}

bool watchdog_is_stalled(uint64_t *since, uint64_t limit_ms)
{
    uint64_t now = clock_running_ms();

    if (*since == 0)
        *since = now;
    return now - *since >= limit_ms;
}
