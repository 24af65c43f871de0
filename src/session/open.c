/* open: opens the destinations that are to be written, and settles what becomes of the
 * others. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/prompt.h"
#include "session_priv.h"

/* How long a fifo may have no reader, or a partial file be locked by another run, before the
 * destination fails, at most; and how often to try. */
#define OPEN_WAIT_MS 5000
#define OPEN_POLL_MS 20

/* ---- what exists ---- */

/* Asks the user whether what exists may be replaced. False: it stays as it is, and *f says
 * why. */
static bool may_replace(struct session *s, unsigned d, struct failure *f)
{
    const struct existing_case *c = &s->dests[d].existing;

    if (s->signal) {
        (void)session_stopped(s, f);
        return false;
    }
    report_question(s->copy->dests[d], c->mode, c->writable,
                    s->o->force || options_make_anew(s->o));
    if (prompt_yes(s->signal_fd, session_stops, s))
        return true;
    if (s->signal)
        (void)session_stopped(s, f);
    else
        (void)existing_declined(f);
    return false;
}

/* Whether destination d is to be opened: what exists there, if anything, is not to stay. */
static bool settle(struct session *s, unsigned d)
{
    struct session_dest *dest = &s->dests[d];
    struct failure f;

    if (dest->existing.verdict == EXISTING_SKIP) {
        dest->status->state = DEST_DONE;
        dest->status->skipped = true;
        if (s->copy->verify)
            report_verbose("%s: not verified: it was left as it is", s->copy->dests[d]);
        return false;
    }
    if (dest->existing.verdict == EXISTING_REFUSE)
        (void)existing_refused(&f);
    else if (dest->existing.verdict == EXISTING_MADE)
        (void)existing_made(&f);
    else if (dest->existing.verdict != EXISTING_ASK || dest->failure.err != 0 ||
             may_replace(s, d, &f))
        return true;
    session_fail_dest(s, d, &f);
    return false;
}

static void settle_all(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].called)
            s->dests[d].called = settle(s, d);
}

/* With --on-error=stop nothing is changed once any destination is known to fail. */
static bool look_says_stop(const struct session *s)
{
    if (s->unavailable)
        return true;
    for (unsigned d = 0; s->o->stop_on_error && d < s->copy->n_dests; d++)
        if (s->dests[d].late || s->dests[d].failure.err != 0 ||
            s->dests[d].status->state == DEST_FAILED)
            return true;
    return false;
}

/* Whether destination d may be opened; otherwise it has failed. stop: no destination may. */
static bool may_open(struct session *s, unsigned d, bool stop)
{
    struct failure f;

    if (stop && s->dests[d].failure.err != 0)
        f = s->dests[d].failure;
    else if (stop || s->signal)
        (void)session_stopped(s, &f);
    else if (session_check_space(s, d, &f) == 0)
        return true;
    session_fail_dest(s, d, &f);
    return false;
}

/* ---- the open ---- */

static bool may_try_again(int r)
{
    return r == -ENXIO || r == -EAGAIN;
}

/* Makes the new target a clone of the source, if that is wanted and possible. */
static void clone_source(struct dest_call *c)
{
    struct failure f;

    if (!c->clone)
        return;
    if (target_clone(&c->target, c->source_fd, c->start, &f) == 0) {
        c->cloned = c->clone_is_complete;
        return;
    }
    /* A flush that failed is final. After any other failure the data can be copied. */
    if (!c->must_clone && strcmp(f.op, "fsync") != 0)
        return;
    target_abort(&c->target, true);
    c->failure = f;
}

/* Notes which file is written in place. */
static void note_file(struct dest_call *c)
{
    struct stat st;

    c->ino = 0;
    c->size = 0;
    if (!c->request.inplace || fstat(c->target.fd, &st) < 0)
        return;
    c->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : S_ISBLK(st.st_mode) ? UINT64_MAX : 0;
    if (!S_ISREG(st.st_mode))
        return;
    c->dev = st.st_dev;
    c->ino = st.st_ino;
}

/* A fifo without a reader is waited for, as cp does it, but not for ever. So is a partial file
 * that another run has locked: a run that was killed may not have ended yet. */
static void call_open(void *calls, unsigned d)
{
    struct session_calls *all = calls;
    struct dest_call *c = &all->dests[d];
    uint64_t deadline = clock_running_ms() + c->wait_ms;

    while (may_try_again(target_open(&c->target, &c->request, &c->failure)) &&
           clock_running_ms() < deadline && !atomic_load(&all->watch.stop)) {
        clock_pause_ms(OPEN_POLL_MS);
        c->failure.err = 0;
    }
    if (c->failure.err == 0)
        note_file(c);
    if (c->failure.err == 0)
        clone_source(c);
}

static void undo_open(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    if (c->failure.err == 0)
        target_abort(&c->target, true);
}

/* A length of 0 means to the kernel: everything there is. With --reflink=always the kernel
 * gives the reason why a source cannot be cloned. */
static bool is_worth_cloning(const struct session *s)
{
    return session_wants_clones(s) && !(s->size == 0 && s->size_known) &&
           (s->source.can.clonable || s->o->reflink == WHEN_ALWAYS);
}

/* How long an open that waits for another process is tried again: so short that it ends by itself
 * and can say why, before it would be taken for one that does not answer. */
static unsigned open_wait_ms(const struct session *s)
{
    unsigned half = session_timeout_ms(s, false) / 2;

    return half > 0 && half < OPEN_WAIT_MS ? half : OPEN_WAIT_MS;
}

/* Opens those that are called. A clone may have to wait until the source's dirty pages have
 * been written. */
static void open_dests(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct dest_call *c = &s->calls->dests[d];

        if (!s->dests[d].called)
            continue;
        c->clone = is_worth_cloning(s);
        c->must_clone = s->o->reflink == WHEN_ALWAYS;
        c->clone_is_complete = s->size_known;
        c->source_fd = s->source.fd;
        c->start = s->start;
        c->wait_ms = open_wait_ms(s);
    }
    session_call_dests(
        s, session_wants_clones(s) ? session_flush_limit_ms(s) : session_timeout_ms(s, false),
        call_open, undo_open);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct session_dest *dest = &s->dests[d];

        if (!dest->called)
            continue;
        session_note_call(s, d, "open");
        dest->open = !dest->late && dest->failure.err == 0;
        dest->cloned = dest->open && s->calls->dests[d].cloned;
    }
    session_refuse_same_files(s);
}

/* ---- what earlier runs have left ---- */

static void call_check(void *calls, unsigned d)
{
    struct session_calls *all = calls;
    struct dest_call *c = &all->dests[d];
    int r = target_check(&c->target, &all->watch, &c->held);

    if (r < 0 && r != -EINTR)
        failure_set(&c->failure, "check", -r, FAILURE_NO_OFFSET, NULL);
}

static void report_resumed(const struct session *s, unsigned d)
{
    const struct dest_status *ds = s->dests[d].status;
    const char *reason = session_target(s, d)->no_resume;
    char bytes[16];

    text_human(bytes, sizeof bytes, (double)ds->resumed);
    if (ds->resumed > 0)
        report_verbose("%s: %s of an earlier run are there", ds->path, bytes);
    else if (reason)
        report_verbose("%s: copied afresh: %s", ds->path, reason);
}

/* Reads back what earlier runs have kept. That may take long, as long as it moves at all. */
static void check_dests(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->dests[d].called = session_takes_part(s, d) && !s->dests[d].cloned;
    session_call_dests(s, session_timeout_ms(s, false), call_check, session_undo_target);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct session_dest *dest = &s->dests[d];

        if (!dest->called)
            continue;
        session_note_call(s, d, "check");
        if (!session_takes_part(s, d))
            continue;
        dest->held = s->calls->dests[d].held;
        s->calls->dests[d].held = (struct ranges){0};
        dest->status->resumed = ranges_total(&dest->held);
        report_resumed(s, d);
    }
}

void session_open_dests(struct session *s)
{
    bool stop;

    session_look_at_dests(s, !s->file);
    if (!s->file)
        session_refuse_same_names(s);
    settle_all(s);
    stop = look_says_stop(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].called)
            s->dests[d].called = may_open(s, d, stop);
    if (!session_has_resources(s))
        return;
    open_dests(s);
    if (s->o->resume && !s->signal)
        check_dests(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        session_take_map(s, d);
}
