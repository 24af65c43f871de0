/* state: how a copy stands. The main thread only. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/command.h"
#include "base/medium.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "session_priv.h"

void session_fail_dest(struct session *s, unsigned d, const struct failure *f)
{
    s->dests[d].status->state = DEST_FAILED;
    s->dests[d].status->failure = *f;
    if (medium_explains(s->dests[d].probe.directory_dev, f->err))
        failure_set(&s->dests[d].status->failure, f->op ? f->op : "write", ENODEV, f->offset,
                    MEDIUM_GONE);
    if (s->file)
        return;
    report_dest_failed(&s->status, d);
    if (f->err == ETIMEDOUT && plan_is_path(s->copy, d))
        path_probe_add_silent(s->copy->dests[d]);
}

static bool is_touched(const struct session *s, unsigned d)
{
    const struct session_dest *dest = &s->dests[d];

    return (dest->status->state == DEST_DONE && !dest->status->skipped) ||
           (dest->open &&
            (session_target(s, d)->request.inplace || session_target(s, d)->mixes));
}

void session_note_touched(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->touched |= is_touched(s, d);
}

void session_lacks(struct session *s, const struct failure *f)
{
    s->unavailable = true;
    if (!s->file)
        report_error("%s", f->message);
    session_note_touched(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        enum dest_state state = s->dests[d].status->state;

        if (state == DEST_FAILED || state == DEST_DONE)
            continue;
        s->dests[d].status->by_all = !s->file;
        session_fail_dest(s, d, f);
    }
}

void session_fail_all(struct session *s)
{
    struct failure f;

    failure_set(&f, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped because the source failed");
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct dest_status *ds = s->dests[d].status;

        if (ds->state == DEST_FAILED || ds->state == DEST_DONE || s->dests[d].finishing)
            continue;
        ds->by_source = true;
        session_fail_dest(s, d, &f);
    }
}

const struct failure *session_stopped(const struct session *s, struct failure *f)
{
    if (s->signal)
        failure_set(f, NULL, EINTR, FAILURE_NO_OFFSET, "interrupted");
    else
        failure_set(f, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped before it was complete");
    return f;
}

struct target *session_target(const struct session *s, unsigned d)
{
    assert(!s->dests[d].late);
    return &s->calls->dests[d].target;
}

bool session_takes_part(const struct session *s, unsigned d)
{
    return s->dests[d].open && s->dests[d].status->state != DEST_FAILED;
}

bool session_incomplete(const struct session *s, unsigned d)
{
    return s->views[d].state.stage != STAGE_COMPLETE;
}

static void update_dest(struct session *s, unsigned d)
{
    struct dest_status *ds = s->dests[d].status;
    const struct job_view *v = &s->views[d];

    if (ds->skipped)
        return;
    ds->bytes = v->held;
    ds->written = v->state.written;
    if (v->state.detached && !ds->detached)
        report_verbose("%s: too slow for the others: it is served on its own", ds->path);
    ds->detached = v->state.detached;
    if (ds->state == DEST_FAILED || ds->state == DEST_DONE)
        return;
    if (v->state.stage == STAGE_DROPPED) {
        struct failure f = v->state.failure;

        if (s->dests[d].open)
            target_explain(session_target(s, d), &f);
        session_fail_dest(s, d, &f);
    } else
        ds->state = v->missing ? DEST_COPYING : DEST_FLUSHING;
}

bool session_lacks_hashes(const struct session *s)
{
    return s->hasher && !s->hashed;
}

/* Fails the source if it is not the one that was expected. */
static void check_hash(struct session *s)
{
    struct failure f;

    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
        const struct digest_algorithm *a = &digest_table[i];

        if (!(s->o->expects & 1u << i) ||
            digest_text_equal(a, s->hashes.text[i], s->o->expected_hash))
            continue;
        (void)failure_format(&f, NULL, ESTALE, "its %s is %s, not the one that was expected",
                             a->name, s->hashes.text[i]);
        job_fail_source(&s->job, &f);
    }
}

/* Fails the source if a range is not what --bmap says. */
static void check_ranges(struct session *s)
{
    struct range wrong;
    struct failure f;
    int r = hasher_verdict(s->hasher, &wrong);

    if (r == 0)
        return;
    if (r == -EBADMSG)
        (void)failure_format(&f, NULL, ESTALE,
                             "the %llu bytes at offset %llu do not have the checksum that the "
                             "bmap has",
                             (unsigned long long)(wrong.end - wrong.start),
                             (unsigned long long)wrong.start);
    else
        (void)failure_set(&f, "hash", -r, FAILURE_NO_OFFSET, NULL);
    job_fail_source(&s->job, &f);
}

/* Takes the hashes when the hasher has all bytes. */
static void take_hashes(struct session *s)
{
    struct failure f;

    if (!session_lacks_hashes(s))
        return;
    check_ranges(s);
    if (s->views[s->copy->n_dests].state.stage != STAGE_COMPLETE)
        return;
    s->hashed = true;
    if (hasher_values(s->hasher, &s->hashes) == 0) {
        check_hash(s);
        return;
    }
    (void)failure_format(&f, "hash", EIO, "libcrypto has failed");
    job_fail_source(&s->job, &f);
}

void session_update(struct session *s)
{
    job_look(&s->job, s->views, &s->status.read_bytes);
    s->status.seconds = (double)(clock_now_ms() - s->began_ms) / 1000;
    if (s->crew)
        s->status.engine = crew_engine(s->crew);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        update_dest(s, d);
    take_hashes(s);
}

void session_show(struct session *s, bool asked)
{
    if (s->file)
        s->file->progress(s->file->arg, &s->status, asked);
    else
        report_progress(&s->status, asked);
}

void session_show_if_due(struct session *s)
{
    int progress_ms = report_progress_interval_ms();
    uint64_t now = clock_now_ms();

    if (progress_ms < 0 || now - s->shown_ms < (uint64_t)progress_ms)
        return;
    session_update(s);
    session_show(s, false);
    s->shown_ms = now;
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
        if (s->signal == sig) /* they would hear nothing of it */
            command_terminate_all();
    }
    if (s->signal)
        atomic_store(&s->calls->watch.stop, true);
}

bool session_stops(void *arg)
{
    struct session *s = arg;

    session_take_signals(s);
    return s->signal != 0;
}
