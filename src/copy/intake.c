#include "intake_priv.h"

#include <poll.h>

#include "base/clock.h"

/* How long a chunk may wait for more before those get it to whom it is passed on: too short for
 * people to notice, and long enough that a producer of a few MB per second fills pages. */
#define FILL_MS 20u

/* The chunk that is being read; NULL: there is none. */
static struct chunk *unread(const struct copy *c)
{
    for (struct chunk *k = c->chunks.claimed; k; k = k->next)
        if (k->loaded < chunk_len(k))
            return k;
    return NULL;
}

bool intake_may_claim(const struct copy *c)
{
    return !c->job->source.sequential || !unread(c);
}

/* Whether a read would not wait. An error or the end counts, too: a read tells which. */
static bool is_ready(const struct copy *c, unsigned ms)
{
    struct pollfd p = {.fd = c->job->fds[c->job->source.file], .events = POLLIN};

    return poll(&p, 1, (int)ms) > 0;
}

bool intake_has_something(const struct copy *c)
{
    return is_ready(c, 0);
}

/* Whether a destination passes on what it gets of the chunk. */
static bool is_passed_on(const struct copy *c, const struct chunk *k)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (c->job->dests[d].sequential && k->shares[d].state == SHARE_PENDING)
            return true;
    return false;
}

struct chunk *intake_look(struct copy *c)
{
    struct chunk *k = unread(c);

    c->awaits_source = k && k->left == 0 && !is_ready(c, 0);
    if (!c->awaits_source || k->loaded == 0 || !is_passed_on(c, k) ||
        clock_now_ms() - c->filled_since < FILL_MS)
        return NULL;
    c->awaits_source = false;
    return k;
}

bool intake_waits(const struct copy *c)
{
    return c->awaits_source;
}

void intake_wait(struct copy *c)
{
    const struct chunk *k = unread(c);
    unsigned ms = k && k->loaded > 0 && is_passed_on(c, k) ? FILL_MS : WATCHDOG_INTERVAL_MS;

    (void)is_ready(c, ms);
}

void intake_build_read(struct copy *c, struct chunk *k, struct engine_op *op)
{
    struct job *j = c->job;
    uint32_t rest = chunk_len(k) - k->loaded;

    if (c->awaits_source)
        return;
    op->kind = ENGINE_READ;
    op->offset = ENGINE_STREAM;
    op->buf = k->buf + k->loaded;
    op->len = j->skip > 0 && j->skip < rest ? (uint32_t)j->skip : rest;
    op->file = j->source.file;
}

bool intake_take(struct copy *c, const struct chunk *k, uint32_t n)
{
    struct job *j = c->job;

    if (j->skip > 0) {
        j->skip -= n;
        return false;
    }
    if (k->loaded == 0)
        c->filled_since = clock_now_ms();
    return true;
}
