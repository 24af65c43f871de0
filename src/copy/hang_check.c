#include "hang_check_priv.h"

#include "accounting_priv.h"
#include "intake_priv.h"

/* Calls see(c, k, i) for every operation i of the chunk's batch on a destination that is
 * running: that does not wait for the leader or for another operation of the batch. Returns
 * true as soon as see() does. */
static bool any_running(struct copy *c, const struct chunk *k,
                        bool (*see)(struct copy *c, const struct chunk *k, unsigned i))
{
    for (unsigned i = 1; k->led && i < k->batch.n_ops; i++) {
        if (k->shares[k->op_dest[i]].state != SHARE_BUSY)
            continue;
        if (see(c, k, i))
            return true;
        if (c->engine->serial)
            break;
    }
    return false;
}

/* The batch for which all other ordered batches under way wait; NULL: there is none. It need
 * not be that of the first chunk: what a stream lacks of one chunk is submitted after what
 * other destinations got of later ones. */
static const struct chunk *oldest_ordered(const struct copy *c)
{
    const struct chunk *oldest = NULL;

    for (const struct chunk *k = c->chunks.claimed; k; k = k->next)
        if (k->left > 0 && k->batch.ordered && (!oldest || k->turn < oldest->turn))
            oldest = k;
    return oldest;
}

/* Whether the chunk's batch is under way and waits for no other one. */
static bool has_turn(const struct chunk *k, const struct chunk *oldest)
{
    return k->left > 0 && (!k->batch.ordered || k == oldest);
}

/* ---- what is expected ---- */

/* An operation that cannot be taken back is waited for as long as the engine is to go on. */
static bool see_answering(struct copy *c, const struct chunk *k, unsigned i)
{
    return !c->watchdog.watches[watch_of(k->op_dest[i])].hung &&
           !(c->leaving && k->ops[i].waits);
}

bool hang_check_can_go_on(struct copy *c)
{
    const struct chunk *oldest = oldest_ordered(c);

    for (const struct chunk *k = c->chunks.claimed; k; k = k->next) {
        if (!has_turn(k, oldest))
            continue;
        if (k->led ? any_running(c, k, see_answering) : !c->watchdog.watches[WATCH_SOURCE].hung)
            return true;
    }
    return false;
}

/* ---- the watchdog's look ---- */

/* How long the source may be silent. Where a leader's completion comes last, the time of its
 * members is in it. */
static unsigned source_limit_ms(const struct copy *c)
{
    const struct job *j = c->job;
    unsigned ms = j->source.timeout_ms, longest = 0;

    for (unsigned d = 0; c->engine->leader_last && ms && d < j->n_dests; d++) {
        if (job_dropped(c->job, d))
            continue;
        if (j->dests[d].timeout_ms == 0)
            return 0;
        if (j->dests[d].timeout_ms > longest)
            longest = j->dests[d].timeout_ms;
    }
    return ms + longest;
}

/* A source without positions that has nothing to give is not silent. */
static unsigned read_limit_ms(const struct copy *c)
{
    return c->job->source.sequential && !intake_has_something(c) ? 0 : source_limit_ms(c);
}

static void see_read(struct copy *c, const struct chunk *k)
{
    struct sight s = {
        .op = &k->ops[0],
        .what = "read",
        .turn = k->turn,
        .limit_ms = read_limit_ms(c),
        .may_cancel = true,
    };

    watchdog_see(&c->watchdog, WATCH_SOURCE, &s);
}

static bool see_operation(struct copy *c, const struct chunk *k, unsigned i)
{
    unsigned d = k->op_dest[i];
    struct sight s = {
        .op = &k->ops[i],
        .what = k->work->name,
        .turn = k->turn,
        .limit_ms = k->work->limit_ms(c, d),
        .device = c->job->dests[d].device,
        .may_cancel = !c->job->dests[d].sequential,
    };

    watchdog_see(&c->watchdog, watch_of(d), &s);
    return false;
}

static void see_all(struct copy *c)
{
    const struct chunk *oldest = oldest_ordered(c);

    for (const struct chunk *k = c->chunks.claimed; k; k = k->next) {
        if (!has_turn(k, oldest))
            continue;
        if (!k->led && k->ops[0].kind == ENGINE_READ)
            see_read(c, k);
        any_running(c, k, see_operation);
    }
}

/* True: the endpoint is silent. */
static bool judge(struct copy *c, unsigned i)
{
    enum watch_verdict verdict = watchdog_judge(&c->watchdog, i);

    if (verdict == WATCH_ASK)
        engine_cancel(c->engine, c->watchdog.watches[i].asked);
    return verdict == WATCH_SILENT;
}

static bool cancel_any(struct copy *c, const struct chunk *k, unsigned i)
{
    if (k->work->interruptible)
        engine_cancel(c->engine, &k->ops[i]);
    return false;
}

/* To see whether it still waits. */
static bool cancel_waiting(struct copy *c, const struct chunk *k, unsigned i)
{
    if (k->ops[i].waits)
        engine_cancel(c->engine, &k->ops[i]);
    return false;
}

void hang_check_look(struct copy *c)
{
    bool leave;

    if (!watchdog_begin(&c->watchdog))
        return;
    see_all(c);
    if (judge(c, WATCH_SOURCE))
        account_silent_source(c);
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (judge(c, watch_of(d)))
            account_silent_dest(c, d, c->watchdog.watches[watch_of(d)].oldest.what);
    /* What a stuck engine has not begun is done by the successor's. */
    leave = watchdog_is_stuck(&c->watchdog) && !c->leaving;
    c->leaving |= leave;
    for (const struct chunk *k = c->chunks.claimed; k; k = k->next)
        any_running(c, k, leave ? cancel_any : cancel_waiting);
}

/* ---- the end of an engine that is stuck ---- */

/* If what hangs answers at last, the kernel runs what has waited behind it, although a
 * successor has done all that and the destination may be complete and have its name. That
 * writes the same bytes to the same place of the same file: the engine holds the files, and the
 * buffers are used for nothing else before it is destroyed. It can change the times of the
 * destination, and what others have written over it meanwhile. So nothing may begin any more
 * after the process has reported its end, which supervisor_leave() sees to. */
void hang_check_leave_behind(struct copy *c)
{
    for (struct chunk *k = c->chunks.claimed; k; k = k->next)
        for (unsigned d = 0; d < c->job->n_dests; d++)
            if (k->shares[d].state != SHARE_DONE)
                k->work->give_back(c, k, d);
}
