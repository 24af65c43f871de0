/* job_look: what others see of a job; nothing here changes it. */
#include "job.h"

#include <assert.h>

uint64_t job_prefix(struct job *j, unsigned d)
{
    struct range first;
    bool any;

    assert(d < j->n_dests);
    pthread_mutex_lock(&j->lock);
    any = ranges_first(&j->ledger.need[d], 0, &first);
    pthread_mutex_unlock(&j->lock);
    return any ? first.start : UINT64_MAX;
}

bool job_first_bad(struct job *j, uint64_t from, struct range *ret, int *ret_err)
{
    bool any;

    pthread_mutex_lock(&j->lock);
    any = bad_reads_first(&j->bad, from, ret, ret_err);
    pthread_mutex_unlock(&j->lock);
    return any;
}

bool job_has_end(struct job *j)
{
    bool has;

    pthread_mutex_lock(&j->lock);
    has = j->end < j->size;
    pthread_mutex_unlock(&j->lock);
    return has;
}

void job_source_failure(struct job *j, struct failure *ret)
{
    pthread_mutex_lock(&j->lock);
    *ret = j->source_failure;
    pthread_mutex_unlock(&j->lock);
}

bool job_dropped(struct job *j, unsigned d)
{
    assert(d < j->n_dests);
    return atomic_load_explicit(&j->states[d].stage, memory_order_relaxed) == STAGE_DROPPED;
}

void job_look(struct job *j, struct job_view *view, uint64_t *ret_read_bytes)
{
    pthread_mutex_lock(&j->lock);
    for (unsigned d = 0; d < j->n_dests; d++) {
        view[d].state = j->states[d];
        view[d].missing = view[d].state.stage == STAGE_DROPPED ? j->states[d].missing
                                                               : ledger_missing(&j->ledger, d);
        view[d].held = j->end - view[d].missing;
    }
    *ret_read_bytes = j->read_bytes;
    pthread_mutex_unlock(&j->lock);
}

/* Adds a set to another one, or takes it away from that. */
static int merge(struct ranges *to, const struct ranges *from, uint64_t shift, bool add)
{
    int err = 0;

    for (size_t i = 0; i < from->n && err == 0; i++)
        err = (add ? ranges_add : ranges_remove)(to, from->v[i].start + shift,
                                                 from->v[i].end + shift);
    return err;
}

int job_map(struct job *j, uint64_t shift, struct ranges *done, struct ranges *doubtful,
            struct ranges *bad)
{
    int err;

    pthread_mutex_lock(&j->lock);
    err = ranges_add(done, shift, shift + j->end);
    for (unsigned d = 0; d < j->n_dests && err == 0; d++)
        if (j->states[d].stage != STAGE_DROPPED && !job_is_hasher(j, d))
            err = merge(done, &j->ledger.need[d], shift, false);
    if (err == 0)
        err = merge(doubtful, &j->bad.doubtful, shift, true);
    for (unsigned i = 0; i < BAD_SECTOR_ERRORS && err == 0; i++) {
        err = merge(bad, &j->bad.bad[i], shift, true);
        if (err == 0)
            err = merge(done, &j->bad.bad[i], shift, false);
    }
    pthread_mutex_unlock(&j->lock);
    return err;
}
