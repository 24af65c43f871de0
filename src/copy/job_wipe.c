/* job_wipe: how far the wipes of a job are. */
#include <assert.h>

#include "job.h"

bool job_awaits_wipe(struct job *j, unsigned d)
{
    assert(d < j->n_dests);
    return atomic_load(&j->states[d].stage) <= STAGE_WIPING;
}

void job_zeroed(struct job *j, unsigned d, uint32_t n)
{
    assert(d < j->n_dests && n <= j->dests[d].head - j->states[d].zeroed);

    pthread_mutex_lock(&j->lock);
    j->states[d].zeroed += n;
    pthread_mutex_unlock(&j->lock);
}

void job_not_wiped(struct job *j, unsigned d)
{
    assert(d < j->n_dests);

    pthread_mutex_lock(&j->lock);
    j->states[d].wiped = j->states[d].zeroed > 0;
    pthread_mutex_unlock(&j->lock);
}
