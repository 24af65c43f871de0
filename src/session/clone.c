/* clone: destinations that get their data by a clone: of the source, or of another
 * destination on the same file system, their leader, which gets them by the copy.
 *
 * To the ledger a clone that is still to come is a claim on the whole range: its destination
 * needs all, and has nothing to do for the workers. When the leader is complete the clone
 * is made, before the leader is committed. If it cannot be made, the destination's claim is
 * returned, and the workers copy. If the leader fails, one of those that wait is served by
 * the workers and leads the others. */
#include <errno.h>
#include <string.h>

#include "session_priv.h"

bool session_wants_clones(const struct session *s)
{
    /* A clone has the holes of the source, no more and no less. */
    return s->o->reflink != WHEN_NEVER && s->o->sparse == WHEN_AUTO && !s->o->attributes_only;
}

/* Whether destination d could be cloned from another one. */
static bool may_share(const struct session *s, unsigned d)
{
    return session_wants_clones(s) && s->o->reflink == WHEN_AUTO && !s->o->inplace &&
           !s->o->resume && s->size_known && s->size > 0 && s->looks[d].clones &&
           s->looks[d].demand.device != 0;
}

static bool same_file_system(const struct session *s, unsigned a, unsigned b)
{
    return s->looks[a].demand.device == s->looks[b].demand.device;
}

bool session_may_clone(const struct session *s, unsigned d)
{
    if (!session_wants_clones(s) || !s->size_known || !s->looks[d].clones)
        return false;
    if (s->source.can.clonable && s->looks[d].demand.device == s->source.st.st_dev)
        return true;
    for (unsigned l = 0; l < d; l++)
        if (!s->late[l] && s->failures[l].err == 0 && may_share(s, l) && may_share(s, d) &&
            same_file_system(s, l, d))
            return true;
    return false;
}

/* A flush that failed is final; all else only means that it has to be copied. */
static bool is_final(const struct session *s, const struct failure *f)
{
    return s->o->reflink == WHEN_ALWAYS || strcmp(f->op, "fsync") == 0;
}

void session_clone_source(struct session *s, unsigned d)
{
    struct target *t = &s->targets[d];
    struct failure f;

    s->cloned[d] = false;
    /* A length of 0 means to the kernel: all there is. With --reflink=always the kernel gives
     * the reason why a source cannot be cloned. */
    if (!session_wants_clones(s) || (s->size == 0 && s->size_known) ||
        (!s->source.can.clonable && s->o->reflink != WHEN_ALWAYS))
        return;
    if (target_clone(t, s->source.fd, s->start, &f) == 0) {
        s->cloned[d] = s->size_known;
        return;
    }
    if (!is_final(s, &f))
        return;
    target_abort(t, true);
    s->failures[d] = f;
}

/* ---- before the copy ---- */

static void call_share(void *arg, unsigned d)
{
    struct session *s = arg;

    s->failures[d].err = 0;
    if (!target_can_share(&s->targets[s->leader[d]], &s->targets[d]))
        failure_set(&s->failures[d], "clone", EOPNOTSUPP, FAILURE_NO_OFFSET, NULL);
}

/* One that did not come back may still use its target. */
static void leave(struct session *s, unsigned d, const char *op)
{
    session_note_call(s, d, op);
    s->target_open[d] = false;
}

/* The first on a file system leads, if the others can be cloned from it. */
static void choose_leaders(struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->wanted[d] = false;
        for (unsigned l = 0; l < d && !s->wanted[d]; l++) {
            if (!session_takes_part(s, d) || !session_takes_part(s, l) || s->cloned[d] ||
                s->cloned[l] || !may_share(s, d) || !may_share(s, l) || s->leader[l] != l ||
                !same_file_system(s, d, l))
                continue;
            s->leader[d] = l;
            s->wanted[d] = any = true;
        }
    }
    if (!any)
        return;
    session_send_out(s, s->copy->n_dests, s->wanted, session_timeout_ms(s, false), call_share,
                     NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (!s->wanted[d])
            continue;
        if (s->late[d] || s->failures[d].err != 0)
            s->leader[d] = d;
        if (s->late[d])
            leave(s, d, "clone");
    }
}

static void call_reserve(void *arg, unsigned d)
{
    struct session *s = arg;

    s->failures[d].err = 0;
    target_reserve(&s->targets[d]);
}

/* For those that are written to. */
static void reserve(struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        const struct target *t = &s->targets[d];

        s->wanted[d] = session_takes_part(s, d) && !s->cloned[d] && s->leader[d] == d &&
                       (t->request.sparse || t->fd_direct >= 0);
        any |= s->wanted[d];
    }
    if (!any)
        return;
    session_send_out(s, s->copy->n_dests, s->wanted, session_timeout_ms(s, false), call_reserve,
                     NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->wanted[d] && s->late[d])
            leave(s, d, "preallocate");
}

/* Destination d will not be cloned from its leader: it leads the others that wait for that. */
static void take_over(struct session *s, unsigned d)
{
    unsigned old = s->leader[d];

    for (unsigned i = 0; i < s->copy->n_dests; i++)
        if (s->leader[i] == old && i != old)
            s->leader[i] = d;
}

/* What was thought to become a clone, and does not, needs space after all. */
static void check_deferred(struct session *s, unsigned d)
{
    struct failure f;

    if (!session_takes_part(s, d) || s->cloned[d] ||
        (s->leader[d] != d && session_takes_part(s, s->leader[d])))
        return;
    take_over(s, d);
    s->demands[d] = s->looks[d].demand;
    if (session_check_space(s, d, &f) < 0) {
        session_fail_dest(s, d, &f);
        s->demands[d].need = 0;
    }
}

unsigned session_prepare_targets(struct session *s)
{
    unsigned open = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->leader[d] = d;
    if (!s->signal)
        choose_leaders(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (!session_takes_part(s, d))
            s->demands[d].need = 0;
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->deferred[d])
            check_deferred(s, d);
    if (!s->signal)
        reserve(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        open += session_takes_part(s, d);
        if (!session_takes_part(s, d) || !s->cloned[d])
            continue;
        s->status.dests[d].cloned = true;
        report_verbose("%s: cloned from %s", s->copy->dests[d], s->copy->source);
    }
    return open;
}

/* ---- while it runs ---- */

bool session_waits(const struct session *s, unsigned d)
{
    return session_takes_part(s, d) && s->leader[d] != d;
}

static void call_follow(void *arg, unsigned d)
{
    struct session *s = arg;

    s->failures[d].err = 0;
    (void)target_clone(&s->targets[d], s->targets[s->leader[d]].fd, 0, &s->failures[d]);
}

/* Destination d is served by the workers from now on. */
static void give_to_workers(struct session *s, unsigned d)
{
    struct range all = {0, s->size};

    s->leader[d] = d;
    s->passed_on = true;
    job_return(&s->job, d, &all);
}

/* What became of the clone for destination d. */
static void note_clone(struct session *s, unsigned d)
{
    const struct failure *f = &s->failures[d];

    if (!s->late[d] && f->err != 0 && !is_final(s, f)) {
        give_to_workers(s, d);
        return;
    }
    if (!s->late[d] && f->err == 0) {
        s->status.dests[d].cloned = true;
        report_verbose("%s: cloned from %s", s->copy->dests[d], s->copy->dests[s->leader[d]]);
        job_given(&s->job, d);
    } else {
        session_note_call(s, d, "clone");
        job_drop(&s->job, d, &s->status.dests[d].failure);
        s->target_open[d] &= !s->late[d];
    }
    s->leader[d] = d;
}

bool session_serve_followers(struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        unsigned l = s->leader[d];

        if (session_waits(s, d) && !session_takes_part(s, l)) {
            take_over(s, d);
            give_to_workers(s, d);
        }
        s->wanted[d] = session_waits(s, d) && session_takes_part(s, s->leader[d]) &&
                       !session_incomplete(s, s->leader[d]) && !s->signal;
        any |= s->wanted[d];
    }
    if (!any)
        return false;
    session_send_out(s, s->copy->n_dests, s->wanted, session_flush_limit_ms(s), call_follow,
                     NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->wanted[d])
            note_clone(s, d);
    return true;
}
