/* job_map: what all destinations of a job hold. */
#include "job.h"

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
