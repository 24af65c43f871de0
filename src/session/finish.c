/* finish: destinations that are complete are committed, all others are given up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/medium.h"
#include "session_priv.h"
#include "source/gone.h"
#include "verify/verify.h"

static void call_check(void *calls, unsigned i)
{
    struct source_call *c = &((struct session_calls *)calls)->source;
    struct failure *f = &c->failure;

    (void)i;
    if (f->err == 0)
        (void)source_check_unchanged(&c->source, c->o->allow_changed, f);
    else if (f->err == ESTALE && source_device_is_gone(c->source.fd))
        failure_set(f, f->op, ENODEV, f->offset, MEDIUM_GONE);
}

/* The source has changed, which is allowed. Says so once. */
static void note_changed(struct session *s, struct failure *f)
{
    if (s->status.n_changed == 0 && !s->file)
        report_source_changed(s->copy->source, s->copy->source, f);
    s->status.n_changed = 1;
    f->err = 0;
    f->warning = false;
}

/* Looks whether the source is still what was opened. If *f says that it is not, looks for the
 * reason. *f is left as it is if a signal comes, and when the reason is not known. */
static void look_at_source(struct session *s, struct failure *f)
{
    struct source_call *c = &s->calls->source;

    if (s->source_late)
        return;
    c->source = s->source;
    c->source.partly = !job_has_end(&s->job);
    c->failure = *f;
    if (session_call_source(s, session_timeout_ms(s, !s->source.can.positions), call_check,
                            NULL))
        *f = c->failure;
    else if (!s->signal && f->err == 0)
        failure_set(f, "check", ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    if (f->warning)
        note_changed(s, f);
}

/* If the source has failed or changed, no copy of it that is not done yet is worth anything. */
static void check_source(struct session *s)
{
    struct failure *f = &s->status.source_failure;
    bool was_good;

    job_source_failure(&s->job, f);
    was_good = f->err == 0;
    if (was_good || f->err == ESTALE)
        look_at_source(s, f);
    if (was_good && f->err != 0)
        job_fail_source(&s->job, f);
    if (f->err != 0)
        session_fail_all(s);
}

static void call_finish(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    if (c->journal_writer)
        journal_writer_finish(c->journal_writer, c->d);
    switch (c->action) {
    case FINISH_COMMIT:
        (void)target_commit(&c->target, &c->failure);
        break;
    case FINISH_ABORT:
        target_abort(&c->target, c->keep);
        break;
    case FINISH_ABANDON:
        target_abandon(&c->target, c->keep);
        break;
    }
}

/* Finishes the destinations that are called. The target of one that is late is lost. */
static void finish_called(struct session *s, enum finish_action action, unsigned limit_ms)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct dest_call *c = &s->calls->dests[d];

        if (!s->dests[d].called)
            continue;
        c->action = action;
        c->keep = s->dests[d].keep;
        if (action == FINISH_COMMIT) {
            target_ends_at(&c->target, s->o->dest_offset + s->views[d].held);
            c->target.head_bytes = s->job.dests[d].head > 0 ? s->job.head : NULL;
        }
        c->journal_writer = s->journal_writer;
    }
    session_call_dests(s, limit_ms, call_finish, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct session_dest *dest = &s->dests[d];

        if (!dest->called)
            continue;
        if (!dest->late)
            dest->status->kept = target_kept(session_target(s, d));
        dest->open = false;
    }
}

/* ---- commit ---- */

/* What the report says of a destination that has been committed. */
static void note_committed(struct session *s, unsigned d)
{
    struct dest_status *ds = s->dests[d].status;
    const struct target *t = session_target(s, d);

    ds->state = DEST_DONE;
    ds->done_after = (double)(clock_now_ms() - s->began_ms) / 1000;
    ds->attributes = t->attrs_given;
    ds->attribute_failures = t->attr_failures.list;
    ds->n_attribute_failures = t->attr_failures.n;
    ds->attributes_lost = t->attr_failures.lost;
    if (s->file)
        s->file->ret_ids[d] = t->id;
    ds->durable = s->job.dests[d].flush && !session_incomplete(s, d);
}

/* Fails the destination if its device is gone. What was not flushed may be in the page cache
 * only, and no call has said so. */
static void check_medium(struct session *s, unsigned d)
{
    struct failure f;

    if (s->dests[d].status->durable || !medium_is_gone(s->dests[d].probe.directory_dev))
        return;
    failure_set(&f, "check", ENODEV, FAILURE_NO_OFFSET, MEDIUM_GONE);
    session_fail_dest(s, d, &f);
}

/* What there is to verify of the copy at destination d. */
static struct verify_file file_of(const struct session *s, unsigned d)
{
    const struct made_id *id = &session_target(s, d)->id;

    return (struct verify_file){
        .copy = s->copy->number,
        .source = s->copy->from_standard ? "/dev/stdin" : s->copy->source,
        .dest = s->copy->dests[d],
        .dev = id->dev,
        .ino = id->ino,
        .source_st = &s->source.st,
        .source_relinked = s->source.relinked,
        .source_once = !s->source.can.again,
        .start = s->start,
        .offset = s->o->dest_offset,
        .length = s->views[d].held,
        .whole = !s->o->has_dest_offset && !s->dests[d].status->disk,
        .many = s->file,
        .hashes = s->job.hashes,
        .map = s->o->bmap ? &s->bmap : NULL,
    };
}

/* Destination d is to be read back. */
static void note_for_verification(struct session *s, unsigned d)
{
    const struct verify_file f = file_of(s, d);

    if (s->copy->verify)
        verify_add(s->copy->verify, s->copy->lanes ? s->copy->lanes[d] : d, &f);
}

/* The source is to be read back, if there is a copy of it. All that was read has its hash now: one
 * destination may have been complete before another made it necessary to read on. */
static void note_source_for_verification(const struct session *s)
{
    for (unsigned d = 0; s->copy->verify && d < s->copy->n_dests; d++) {
        const struct dest_status *ds = s->dests[d].status;

        if (ds->state == DEST_DONE && !ds->skipped) {
            const struct verify_file f = file_of(s, d);

            verify_add_source(s->copy->verify, &f);
            return;
        }
    }
}

/* Whether destination d ends by itself, in its own time: a command that has got everything may go
 * on for as long as it likes. */
static bool ends_late(const struct session *s, unsigned d)
{
    return !plan_is_path(s->copy, d) && s->copy->ends[d].end == TARGET_COMMAND;
}

/* late: those that are called do so. */
static void commit_called(struct session *s, bool late, void (*meanwhile)(struct session *s))
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->dests[d].finishing |= s->dests[d].called;
    s->meanwhile = meanwhile;
    finish_called(s, FINISH_COMMIT,
                  late ? session_timeout_ms(s, true) : session_flush_limit_ms(s));
    s->meanwhile = NULL;
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (!s->dests[d].called)
            continue;
        s->dests[d].finishing = false;
        session_note_call(s, d, "finish");
        if (s->dests[d].status->state == DEST_FAILED)
            continue;
        note_committed(s, d);
        check_medium(s, d);
        if (s->dests[d].status->state != DEST_FAILED)
            note_for_verification(s, d);
    }
}

/* Whether destination d can be committed, and nobody does so yet. */
static bool is_due(const struct session *s, unsigned d)
{
    return session_takes_part(s, d) && !s->dests[d].finishing && !session_incomplete(s, d) &&
           !session_is_awaited(s, d) && !session_lacks_hashes(s);
}

static bool any_is_due(const struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (is_due(s, d))
            return true;
    return false;
}

/* Whether a destination is not done: it has failed, or is to be committed or given up. */
static bool any_is_left(const struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].status->state != DEST_DONE)
            return true;
    return false;
}

/* Commits those that are due, of either kind: see ends_late(). */
static void commit_kind(struct session *s, bool late, void (*meanwhile)(struct session *s))
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->dests[d].called = is_due(s, d) && ends_late(s, d) == late && !s->signal;
        any |= s->dests[d].called;
    }
    if (s->signal || !any)
        return;
    check_source(s);
    if (s->status.source_failure.err == 0 && !s->signal)
        commit_called(s, late, meanwhile);
}

/* meanwhile: see struct session. */
static void commit_due(struct session *s, void (*meanwhile)(struct session *s))
{
    if (s->signal || s->unavailable)
        return;
    if (session_clone_dests(s))
        session_update(s);
    commit_kind(s, false, meanwhile);
    commit_kind(s, true, meanwhile);
}

/* While commits are under way that take long: commits what has become complete since. The calls
 * under way keep what they use of the session. Without memory it is done afterwards. */
static void commit_meanwhile(struct session *s)
{
    unsigned n = s->copy->n_dests;
    bool *wanted = s->calls->main.wanted, *late = s->calls->main.late, *own;

    session_update(s);
    if (s->signal || !any_is_due(s))
        return;
    own = calloc(3, n * sizeof *own);
    if (!own)
        return;
    for (unsigned d = 0; d < n; d++)
        own[d] = s->dests[d].called;
    s->calls->main.wanted = own + n;
    s->calls->main.late = own + 2 * (size_t)n;
    s->meanwhile = NULL; /* not while clones are made */
    commit_due(s, commit_meanwhile);
    s->meanwhile = commit_meanwhile;
    s->calls->main.wanted = wanted;
    s->calls->main.late = late;
    for (unsigned d = 0; d < n; d++)
        s->dests[d].called = own[d];
    if (!s->abandoned) /* a thread that hangs may look at it */
        free(own);
}

void session_commit_complete(struct session *s)
{
    commit_due(s, commit_meanwhile);
}

/* ---- give up ---- */

/* Whether a later run may resume from what destination d has. Not if the source has changed.
 * Not if an fsync has failed either: the page cache has data then that the device has lost. */
static bool is_worth_keeping(const struct session *s, unsigned d)
{
    const struct failure *f = &s->dests[d].status->failure;
    int source = s->status.source_failure.err;

    return source != ESTALE && !(f->op && strcmp(f->op, "fsync") == 0 && f->err != ETIMEDOUT);
}

/* Whether an existing file, or a device, has lost some of what it held. */
static bool has_mixed(const struct session *s, unsigned d)
{
    const struct target *t;

    if (s->views[d].state.wiped)
        return true;
    if (s->dests[d].late)
        return false;
    t = session_target(s, d);
    return t->mixes && (t->blank || s->dests[d].status->bytes > 0);
}

static bool is_silent(const struct session *s, unsigned d)
{
    return s->dests[d].status->state == DEST_FAILED &&
           s->dests[d].status->failure.err == ETIMEDOUT;
}

/* Gives up those destinations that are silent, or those that are not. */
static void give_up(struct session *s, bool silent, unsigned limit_ms)
{
    struct failure f;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->dests[d].called = s->dests[d].open && is_silent(s, d) == silent;
        s->dests[d].keep = is_worth_keeping(s, d);
    }
    finish_called(s, s->abandoned ? FINISH_ABANDON : FINISH_ABORT, limit_ms);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct session_dest *dest = &s->dests[d];

        if (!dest->called)
            continue;
        if (!dest->keep)
            dest->status->kept = 0;
        dest->status->mixed = has_mixed(s, d);
        if (dest->status->state != DEST_FAILED)
            session_fail_dest(s, d, session_stopped(s, &f));
    }
}

/* What was silent will not answer now. What is slow is left the time to clean up. */
static void give_up_rest(struct session *s)
{
    session_take_signals(s);
    give_up(s, false, s->signal ? CLEAN_WAIT_MS : session_timeout_ms(s, false));
    give_up(s, true, STOP_WAIT_MS);
}

/* Whether SOURCE was read for its hashes alone: all destinations were left as they are. */
static bool was_only_hashed(const struct session *s)
{
    bool only = s->hasher;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        only &= s->status.dests[d].skipped;
    return only;
}

void session_finish(struct session *s)
{
    session_take_signals(s);
    if (!s->signal && !s->unavailable && !any_is_due(s) &&
        (any_is_left(s) || was_only_hashed(s)))
        check_source(s); /* else each commit does it */
    session_commit_complete(s);
    give_up_rest(s);
    note_source_for_verification(s);
}
