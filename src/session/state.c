#include "session_priv.h"

#include <errno.h>
#include <signal.h>

#include "base/bounded_call.h"
#include "base/signals.h"
#include "copy/copy.h"

void session_fail_dest(struct session *s, unsigned d, const struct failure *f)
{
    s->status.dests[d].state = DEST_FAILED;
    s->status.dests[d].failure = *f;
    if (!s->file)
        report_dest_failed(&s->status, d);
}

void session_show(struct session *s, bool asked)
{
    if (s->file)
        s->file->progress(s->file->arg, &s->status, asked);
    else
        report_progress(&s->status, asked);
}

void session_fail_all(struct session *s)
{
    struct failure f;

    failure_set(&f, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped because the source failed");
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (s->status.dests[d].state == DEST_FAILED || s->status.dests[d].state == DEST_DONE)
            continue;
        s->status.dests[d].by_source = true;
        session_fail_dest(s, d, &f);
    }
}

void session_take_signals(struct session *s)
{
    int sig;

    while ((sig = signals_next(s->signal_fd)) != 0) {
        if (sig == SIGUSR1)
            session_show(s, true);
        else if (s->signal)
            s->impatient = true;
        else
            s->signal = sig;
    }
}

bool session_stops(void *arg)
{
    struct session *s = arg;

    session_take_signals(s);
    atomic_store(&s->watch.stop, s->signal != 0);
    return s->signal != 0;
}

static bool calls_moved(void *arg)
{
    struct session *s = arg;
    uint64_t before = s->watched;

    s->watched = atomic_load(&s->watch.read);
    return s->watched != before;
}

unsigned session_send_out(struct session *s, unsigned n, const bool *wanted, unsigned limit_ms,
                          void (*run)(void *arg, unsigned d),
                          void (*undo)(void *arg, unsigned d))
{
    struct bounded_calls e = {
        .n = n,
        .wanted = wanted,
        .run = run,
        .undo = undo,
        .arg = s,
        .timeout_ms = limit_ms,
        .moved = calls_moved,
        .wake_fd = s->signal_fd,
        .stop = session_stops,
        .stop_ms = END_PATIENCE_MS,
    };
    unsigned n_late;

    s->watched = atomic_load(&s->watch.read);
    n_late = bounded_calls_run(&e, s->late);
    s->abandoned |= n_late > 0;
    return n_late;
}

/* A pipe or terminal whose reader takes its time is no reason for alarm unless the user says
 * so. */
unsigned session_timeout_ms(const struct session *s, bool stream)
{
    if (s->o->has_timeout)
        return s->o->timeout * 1000;
    return stream ? 0 : OPTIONS_DEFAULT_TIMEOUT * 1000;
}

bool session_incomplete(const struct session *s, unsigned d)
{
    return s->view[d].state.stage != STAGE_COMPLETE;
}

unsigned session_flush_limit_ms(const struct session *s)
{
    unsigned limit = session_timeout_ms(s, false);

    return limit ? limit + copy_flush_allowance_ms(s->size_known ? s->size : 0) : 0;
}

const struct failure *session_stopped(const struct session *s, struct failure *f)
{
    if (s->signal)
        failure_set(f, NULL, EINTR, FAILURE_NO_OFFSET, "interrupted");
    else
        failure_set(f, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped before it was complete");
    return f;
}

void session_note_call(struct session *s, unsigned d, const char *op)
{
    struct failure f = s->late[d] ? (struct failure){0} : s->failures[d];

    if (s->late[d] && s->signal)
        session_stopped(s, &f);
    else if (s->late[d])
        failure_set(&f, op, ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    if (f.err != 0 && s->status.dests[d].state != DEST_FAILED)
        session_fail_dest(s, d, &f);
}
