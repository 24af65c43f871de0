#include "heads_priv.h"

#include <string.h>

#include "accounting_priv.h"

uint32_t heads_rest(const struct copy *c, const struct chunk *k, unsigned d)
{
    uint64_t at = k->range.start + k->shares[d].done, end = c->job->dests[d].head;

    if (at >= end)
        return 0;
    return (uint32_t)((end < k->range.end ? end : k->range.end) - at);
}

/* What is there already may be on its way to a faster destination, and stays as it is, unless it
 * may be zeros only for now: then all destinations are equally fast (session/setup.c). */
static void put(struct job *j, uint64_t at, const char *bytes, uint32_t n)
{
    pthread_mutex_lock(&j->lock);
    if (j->bad.zero || !ranges_contain(&j->head_kept, at, at + n)) {
        memcpy(j->head + at, bytes, n);
        (void)ranges_add(&j->head_kept, at, at + n); /* without memory it is put once more */
    }
    pthread_mutex_unlock(&j->lock);
}

static bool keep(struct copy *c, struct chunk *k, unsigned d)
{
    struct share *s = &k->shares[d];
    uint32_t n = s->state == SHARE_PENDING ? heads_rest(c, k, d) : 0;
    uint64_t at = k->range.start + s->done;

    if (n == 0)
        return false;
    put(c->job, at, k->buf + s->done, n);
    job_written(c->job, d, at, at + n);
    s->done += n;
    if (s->done == chunk_len(k))
        chunk_finish_share(c, k, d);
    return true;
}

/* Whether the chunk has bytes of the source, all of them. */
static bool is_read(const struct chunk *k)
{
    return k->work->build_leader && k->loaded == chunk_len(k);
}

bool heads_keep(struct copy *c)
{
    bool any = false;

    for (struct chunk *k = c->chunks.claimed; k && c->job->head; k = k->next)
        for (unsigned d = 0; d < c->job->n_dests && is_read(k); d++)
            any |= keep(c, k, d);
    return any;
}
