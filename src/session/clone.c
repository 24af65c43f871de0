/* clone: destinations that get their data by a clone of another destination on the same file
 * system, their clone source, which the workers write.
 *
 * In the ledger such a destination needs everything, and all of it is claimed: the workers have
 * nothing to do for it. When its clone source is complete, and before that is committed, the
 * clone is made. If that fails, the claim is returned, and the workers copy. If the clone
 * source fails, the workers copy one of those that wait for it, and this one becomes the clone
 * source of the others.
 *
 * Clones of the source itself are made by the open call: see open.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "session_priv.h"

bool session_wants_clones(const struct session *s)
{
    /* A clone has the holes of the source, no more and no less; and its bad sectors. */
    return !s->o->read_zeros && s->o->reflink != WHEN_NEVER && s->o->sparse == WHEN_AUTO &&
           !s->o->attributes_only;
}

/* Whether destination d could be cloned from another one, or the other way round. */
static bool may_share(const struct session *s, unsigned d)
{
    const struct target_view *probe = &s->dests[d].probe;

    return session_wants_clones(s) && s->o->reflink == WHEN_AUTO && !s->o->inplace &&
           !s->o->resume && s->size_known && s->size > 0 && probe->clones &&
           probe->demand.device != 0;
}

static bool may_share_both(const struct session *s, unsigned a, unsigned b)
{
    return may_share(s, a) && may_share(s, b) &&
           s->dests[a].probe.demand.device == s->dests[b].probe.demand.device;
}

bool session_may_clone(const struct session *s, unsigned d)
{
    const struct target_view *probe = &s->dests[d].probe;

    if (!session_wants_clones(s) || !s->size_known || !probe->clones)
        return false;
    if (s->source.can.clonable && probe->demand.device == s->source.st.st_dev)
        return true;
    for (unsigned i = 0; i < d; i++)
        if (!s->dests[i].late && s->dests[i].failure.err == 0 && may_share_both(s, i, d))
            return true;
    return false;
}

/* ---- before the copy ---- */

/* A late clone is over. The workers know the descriptors. */
static void undo_clone(void *calls, unsigned d)
{
    target_abandon(&((struct session_calls *)calls)->dests[d].target, false);
}

/* Before a call that clones: gives it the file of the clone source, which it closes in its own
 * thread. Without a descriptor the call fails. */
static void lend_clone_source(struct session *s, unsigned d)
{
    int fd = session_target(s, s->dests[d].clone_source)->fd;

    s->calls->dests[d].from = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* Makes the calls; each has been lent its clone source. */
static void call_cloners(struct session *s, unsigned limit_ms,
                         void (*run)(void *calls, unsigned d),
                         void (*undo)(void *calls, unsigned d))
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].called)
            lend_clone_source(s, d);
    session_call_dests(s, limit_ms, run, undo);
}

static void call_try(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    if (!target_can_share(c->from, &c->target))
        failure_set(&c->failure, "clone", EOPNOTSUPP, FAILURE_NO_OFFSET, NULL);
    (void)fd_close(&c->from);
}

/* Whether destination i can be the clone source of destination d, as far as that is known
 * without trying. */
static bool suits(const struct session *s, unsigned i, unsigned d)
{
    return session_takes_part(s, d) && session_takes_part(s, i) && !s->dests[d].cloned &&
           !s->dests[i].cloned && s->dests[i].clone_source == i && may_share_both(s, i, d);
}

/* The first destination on each file system becomes the clone source of the others there. */
static void propose_clone_sources(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct session_dest *dest = &s->dests[d];

        dest->called = false;
        for (unsigned i = 0; i < d && !dest->called; i++) {
            if (!suits(s, i, d))
                continue;
            dest->clone_source = i;
            dest->called = true;
        }
    }
}

void session_choose_clone_sources(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->dests[d].clone_source = d;
    if (s->signal)
        return;
    propose_clone_sources(s);
    call_cloners(s, session_timeout_ms(s, false), call_try, session_undo_target);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct session_dest *dest = &s->dests[d];

        if (!dest->called)
            continue;
        if (dest->late || dest->failure.err != 0)
            dest->clone_source = d;
        if (dest->late)
            session_note_call(s, d, "clone");
    }
}

/* ---- while it runs ---- */

bool session_awaits_clone(const struct session *s, unsigned d)
{
    return session_takes_part(s, d) && s->dests[d].clone_source != d;
}

bool session_is_awaited(const struct session *s, unsigned d)
{
    for (unsigned i = 0; i < s->copy->n_dests; i++)
        if (i != d && s->dests[i].clone_source == d && session_awaits_clone(s, i))
            return true;
    return false;
}

void session_replace_clone_source(struct session *s, unsigned d)
{
    unsigned old = s->dests[d].clone_source;

    for (unsigned i = 0; i < s->copy->n_dests; i++)
        if (s->dests[i].clone_source == old && i != old)
            s->dests[i].clone_source = d;
}

static void call_clone(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    (void)target_clone(&c->target, c->from, 0, &c->failure);
    (void)fd_close(&c->from);
}

static void give_to_workers(struct session *s, unsigned d)
{
    struct range all = {0, s->size};

    s->dests[d].clone_source = d;
    s->more_work = true;
    job_return(&s->job, d, WORK_COPY, &all);
}

/* Deals with the result of the clone for destination d. Only a flush that failed is final. */
static void note_clone(struct session *s, unsigned d)
{
    struct session_dest *dest = &s->dests[d];

    if (!dest->late && dest->failure.err != 0 && strcmp(dest->failure.op, "fsync") != 0) {
        give_to_workers(s, d);
        return;
    }
    if (!dest->late && dest->failure.err == 0) {
        dest->status->cloned = true;
        report_verbose("%s: cloned from %s", s->copy->dests[d],
                       s->copy->dests[dest->clone_source]);
        job_given(&s->job, d);
    } else {
        session_note_call(s, d, "clone");
        job_drop(&s->job, d, &dest->status->failure);
    }
    dest->clone_source = d;
}

/* Whether the clone for destination d can be made now. Replaces a clone source that failed. */
static bool is_due(struct session *s, unsigned d)
{
    const struct session_dest *dest = &s->dests[d];

    if (session_awaits_clone(s, d) && !session_takes_part(s, dest->clone_source)) {
        session_replace_clone_source(s, d);
        give_to_workers(s, d);
    }
    return session_awaits_clone(s, d) && !session_incomplete(s, dest->clone_source) &&
           !s->signal;
}

bool session_clone_dests(struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->dests[d].called = is_due(s, d);
        any |= s->dests[d].called;
    }
    if (!any)
        return false;
    call_cloners(s, session_flush_limit_ms(s), call_clone, undo_clone);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].called)
            note_clone(s, d);
    return true;
}
