#include "calls_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/bounded_call.h"
#include "copy/copy.h"
#include "session_priv.h"

/* How often to look, during calls, what else there is to do. */
#define TICK_MS 100

struct session_calls *session_calls_new(struct session *s, unsigned n_dests)
{
    struct session_calls *c = calloc(1, sizeof *c + n_dests * sizeof c->dests[0]);

    if (!c)
        return NULL;
    c->main.session = s;
    c->main.wanted = calloc(n_dests, sizeof *c->main.wanted);
    c->main.late = calloc(n_dests, sizeof *c->main.late);
    for (unsigned d = 0; d < n_dests; d++) {
        c->dests[d].d = d;
        c->dests[d].from = -1;
    }
    if (c->main.wanted && c->main.late)
        return c;
    session_calls_free(c, 0);
    return NULL;
}

void session_calls_free(struct session_calls *c, unsigned n_dests)
{
    if (!c)
        return;
    for (unsigned d = 0; d < n_dests; d++)
        ranges_free(&c->dests[d].held);
    free(c->main.wanted);
    free(c->main.late);
    free(c);
}

/* Whether checks have read anything since this was asked last. */
static bool checks_move(void *arg)
{
    struct session_calls *c = arg;
    uint64_t before = c->main.read_before;

    c->main.read_before = atomic_load(&c->watch.read);
    return c->main.read_before != before;
}

static bool calls_stop(void *arg)
{
    struct session_calls *c = arg;

    return session_stops(c->main.session);
}

/* While calls run, and workers, too. */
static bool calls_tick(void *arg)
{
    struct session *s = ((struct session_calls *)arg)->main.session;

    session_show_if_due(s);
    if (s->meanwhile && crew_is_open(s->crew))
        s->meanwhile(s);
    return s->signal != 0;
}

/* Makes the calls to the n that are wanted; NULL: to all. main.late says which are late;
 * returns how many are. */
static unsigned make_calls(struct session *s, unsigned n, const bool *wanted, unsigned limit_ms,
                           void (*run)(void *calls, unsigned i),
                           void (*undo)(void *calls, unsigned i))
{
    struct session_calls *c = s->calls;
    struct bounded_calls calls = {
        .n = n,
        .wanted = wanted,
        .run = run,
        .undo = undo,
        .arg = c,
        .timeout_ms = limit_ms,
        .moved = checks_move,
        .wake_fd = s->signal_fd,
        .stop = calls_stop,
        .stop_ms = STOP_WAIT_MS,
        .tick = s->crew && !s->signal ? calls_tick : NULL,
        .tick_ms = TICK_MS,
    };
    unsigned n_late;

    c->main.read_before = atomic_load(&c->watch.read);
    n_late = bounded_calls_run(&calls, c->main.late);
    s->abandoned |= n_late > 0;
    return n_late;
}

bool session_call_source(struct session *s, unsigned limit_ms,
                         void (*run)(void *calls, unsigned i),
                         void (*undo)(void *calls, unsigned i))
{
    s->source_late = make_calls(s, 1, NULL, limit_ms, run, undo) > 0;
    return !s->source_late;
}

/* A late call keeps the target. What of the copy is on the disk stays there. */
static void note_late(struct session *s, unsigned d)
{
    struct session_dest *dest = &s->dests[d];

    if (dest->open)
        dest->status->kept = target_kept(&s->calls->dests[d].target);
    dest->open = false;
    dest->late = true;
}

void session_call_dests(struct session *s, unsigned limit_ms,
                        void (*run)(void *calls, unsigned d),
                        void (*undo)(void *calls, unsigned d))
{
    struct session_calls *c = s->calls;
    unsigned n = s->copy->n_dests;

    for (unsigned d = 0; d < n; d++) {
        c->main.wanted[d] = s->dests[d].called;
        if (s->dests[d].called)
            c->dests[d].failure.err = 0;
    }
    (void)make_calls(s, n, c->main.wanted, limit_ms, run, undo);
    for (unsigned d = 0; d < n; d++) {
        if (!s->dests[d].called)
            continue;
        if (c->main.late[d])
            note_late(s, d);
        else
            s->dests[d].failure = c->dests[d].failure;
    }
}

void session_undo_target(void *calls, unsigned d)
{
    target_abort(&((struct session_calls *)calls)->dests[d].target, true);
}

void session_note_call(struct session *s, unsigned d, const char *op)
{
    const struct session_dest *dest = &s->dests[d];
    struct failure f = dest->failure;

    if (dest->late && s->signal)
        session_stopped(s, &f);
    else if (dest->late)
        failure_set(&f, op, ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    if (f.err != 0 && dest->status->state != DEST_FAILED)
        session_fail_dest(s, d, &f);
}

unsigned session_timeout_ms(const struct session *s, bool stream)
{
    if (s->o->has_timeout)
        return s->o->timeout * 1000;
    return stream ? 0 : OPTIONS_DEFAULT_TIMEOUT * 1000;
}

unsigned session_flush_limit_ms(const struct session *s)
{
    unsigned limit = session_timeout_ms(s, false);

    return limit ? limit + copy_flush_allowance_ms(s->size_known ? s->size : 0) : 0;
}
