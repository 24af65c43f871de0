#include "lending_priv.h"

/* The hasher wakes nobody who waits for an engine. */
#define LENDING_WAIT_MS 100u

/* The share of the hasher in the chunk, or NULL. */
static struct share *share_in(const struct copy *c, const struct chunk *k)
{
    return c->job->hasher ? &k->shares[c->job->n_dests - 1] : NULL;
}

void lending_lend(struct copy *c)
{
    for (struct chunk *k = c->chunks.claimed; k && c->job->hasher; k = k->next) {
        struct share *s = share_in(c, k);

        if (s->state != SHARE_PENDING || chunk_len(k) == 0 || k->loaded < chunk_len(k))
            continue;
        s->state = SHARE_BUSY;
        c->lent++;
        hasher_lend(c->job->hasher, &k->loan, k->range, k->buf);
    }
}

/* A hasher that was dropped gets nothing more. */
void lending_collect(struct copy *c)
{
    unsigned h = c->job->n_dests - 1;

    for (struct chunk *k = c->chunks.claimed; k && c->job->hasher; k = k->next) {
        bool dropped = job_dropped(c->job, h);

        if (k->shares[h].state != SHARE_BUSY || (!hasher_has_done(&k->loan) && !dropped))
            continue;
        if (hasher_take_back(c->job->hasher, &k->loan))
            job_written(c->job, h, k->range.start, k->range.end);
        c->lent--;
        chunk_finish_share(c, k, h);
    }
}

bool lending_any(const struct copy *c)
{
    return c->lent > 0;
}

void lending_wait(struct copy *c)
{
    hasher_wait(c->job->hasher, &c->hasher_seen, LENDING_WAIT_MS);
}

void lending_end(struct copy *c)
{
    for (unsigned i = 0; c->job->hasher && c->chunks.all && i < c->chunks.n; i++)
        (void)hasher_take_back(c->job->hasher, &c->chunks.all[i].loan);
}
