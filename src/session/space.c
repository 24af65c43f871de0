/* space: whether the file systems have room for the copy, and preallocation. */
#include <errno.h>

#include "base/text.h"
#include "session_priv.h"

/* Bytes from which on the order of a destination's writes may matter: a copy of less is one
 * chunk or few. */
#define ORDER_SIZE (256u << 10)

int session_check_space(struct session *s, unsigned d, struct failure *f)
{
    uint64_t missing = space_missing(s->demands, s->copy->n_dests, d);
    char amount[16];

    if (s->o->no_space_check || missing == 0)
        return 0;
    text_human(amount, sizeof amount, (double)missing);
    return failure_format(f, "check space", ENOSPC,
                          "%s more needed; --no-space-check tries all the same", amount);
}

/* Whether destination d will become a clone after all. */
static bool becomes_clone(const struct session *s, unsigned d)
{
    const struct session_dest *dest = &s->dests[d];

    return dest->cloned ||
           (dest->clone_source != d && session_takes_part(s, dest->clone_source));
}

static void check_deferred(struct session *s, unsigned d)
{
    struct failure f;

    if (!session_takes_part(s, d) || becomes_clone(s, d))
        return;
    session_replace_clone_source(s, d);
    s->demands[d] = s->dests[d].probe.demand;
    if (session_check_space(s, d, &f) < 0) {
        session_fail_dest(s, d, &f);
        s->demands[d].need = 0;
    }
}

void session_check_deferred_space(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (!session_takes_part(s, d))
            s->demands[d].need = 0;
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].space_deferred)
            check_deferred(s, d);
}

static void call_reserve(void *calls, unsigned d)
{
    target_reserve(&((struct session_calls *)calls)->dests[d].target);
}

static bool wants_reservation(const struct session *s, unsigned d)
{
    const struct target *t;

    if (!session_takes_part(s, d) || s->dests[d].cloned || s->dests[d].clone_source != d)
        return false;
    t = session_target(s, d);
    return t->request.sparse || t->fd_direct >= 0 || s->size > ORDER_SIZE;
}

void session_reserve_space(struct session *s)
{
    if (s->signal)
        return;
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->dests[d].called = wants_reservation(s, d);
    session_call_dests(s, session_timeout_ms(s, false), call_reserve, session_undo_target);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->dests[d].called)
            session_note_call(s, d, "preallocate");
}
