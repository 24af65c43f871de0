#include "chunk_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "copy_priv.h"
#include "pool_priv.h"
#include "source/zeros.h"

int chunks_init(struct chunks *s, const struct job *j, const struct pool *pool)
{
    size_t n = pool->n, per = j->n_dests;
    size_t words = j->zero_block ? zeros_map_words(pool->size, j->zero_block) : 0;

    *s = (struct chunks){.n = pool->n};
    s->all = calloc(n, sizeof *s->all);
    s->shares = calloc(n * per, sizeof *s->shares);
    s->ops = calloc(n * (1 + per), sizeof *s->ops);
    s->op_dests = calloc(n * (1 + per), sizeof *s->op_dests);
    s->zeros = calloc(n * words + 1, sizeof *s->zeros);
    if (!s->all || !s->shares || !s->ops || !s->op_dests || !s->zeros)
        return -ENOMEM;
    s->claimed_tail = &s->claimed;
    for (size_t i = n; i-- > 0;) {
        struct chunk *k = &s->all[i];

        k->buf = pool->buffers[i];
        k->shares = s->shares + i * per;
        k->ops = s->ops + i * (1 + per);
        k->op_dest = s->op_dests + i * (1 + per);
        k->zeros = s->zeros + i * words;
        k->next = s->free;
        s->free = k;
    }
    return 0;
}

void chunks_free(struct chunks *s)
{
    free(s->all);
    free(s->shares);
    free(s->ops);
    free(s->op_dests);
    free(s->zeros);
}

/* The bytes of a hole are known without a read. */
static void fill_with_zeros(struct chunk *k)
{
    uint32_t len = chunk_len(k);

    if (k->blank < len) {
        memset(k->buf + k->blank, 0, len - k->blank);
        k->blank = len;
    }
    k->loaded = len;
}

void chunk_use(struct copy *c, const struct work_ops *work, const struct claim *claim)
{
    struct chunks *s = &c->chunks;
    struct chunk *k = s->free;

    s->free = k->next;
    k->work = work;
    k->range = claim->range;
    k->loaded = 0;
    k->piece = claim->careful ? BAD_SECTOR_PAGE : 0;
    c->reads_pieces |= claim->careful;
    k->tries = 0;
    k->bad = false;
    k->hashed = false;
    k->stalled_since = 0;
    for (unsigned d = 0; d < c->job->n_dests; d++)
        k->shares[d] = (struct share){.state = c->takes[d] ? SHARE_PENDING : SHARE_DONE};
    k->due = 0;
    if (claim->hole)
        fill_with_zeros(k);
    else if (c->job->rate)
        k->due = rate_reserve(c->job->rate, chunk_len(k));
    k->next = NULL;
    *s->claimed_tail = k;
    s->claimed_tail = &k->next;
}

void chunk_finish_share(struct copy *c, struct chunk *k, unsigned d)
{
    k->shares[d].state = SHARE_DONE;
    pace_release(&c->pace, d);
}

unsigned chunks_wait_ms(const struct copy *c)
{
    unsigned least = 0;

    for (const struct chunk *k = c->chunks.claimed; k; k = k->next) {
        unsigned ms = k->loaded < chunk_len(k) && k->left == 0 ? rate_wait_ms(k->due) : 0;

        if (ms > 0 && (least == 0 || ms < least))
            least = ms;
    }
    return least;
}

bool chunk_build(struct copy *c, struct chunk *k)
{
    if (k->loaded < chunk_len(k) && rate_wait_ms(k->due) > 0) {
        c->waits_for_rate = true;
        return false;
    }
    k->batch = (struct engine_batch){
        .ops = k->ops,
        .n_ops = 1,
        .ordered = c->job->in_order && k->work->in_order,
    };
    for (unsigned d = 0; d < c->job->n_dests; d++) {
        struct share *s = &k->shares[d];

        if (s->state != SHARE_PENDING || !k->work->build(c, k, d, &k->ops[k->batch.n_ops]))
            continue;
        s->state = SHARE_BUSY;
        k->op_dest[k->batch.n_ops++] = d;
    }
    k->ops[0] = (struct engine_op){.kind = ENGINE_NOP};
    if (k->work->build_leader)
        k->work->build_leader(c, k, &k->ops[0]);
    return k->batch.n_ops > 1 || k->ops[0].kind != ENGINE_NOP;
}

void chunk_unbuild(struct chunk *k)
{
    for (unsigned i = 1; i < k->batch.n_ops; i++)
        k->shares[k->op_dest[i]].state = SHARE_PENDING;
}

struct chunk *chunk_of(struct copy *c, const struct engine_op *op)
{
    size_t i = (size_t)(op - c->chunks.ops) / (1 + c->job->n_dests);

    assert(i < c->chunks.n && op->batch == &c->chunks.all[i].batch);
    return &c->chunks.all[i];
}

/* Whether nobody lacks anything of the chunk (any more). */
static bool is_done(struct copy *c, struct chunk *k)
{
    bool done = true;

    for (unsigned d = 0; d < c->job->n_dests; d++) {
        if (k->shares[d].state == SHARE_PENDING && job_dropped(c->job, d))
            chunk_finish_share(c, k, d);
        done &= k->shares[d].state == SHARE_DONE;
    }
    return done;
}

void chunks_free_done(struct copy *c)
{
    struct chunk **link = &c->chunks.claimed;

    while (*link) {
        struct chunk *k = *link;

        if (k->left > 0 || !is_done(c, k)) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        k->next = c->chunks.free;
        c->chunks.free = k;
    }
    c->chunks.claimed_tail = link;
}

static bool is_lost(struct copy *c, const struct chunk *k)
{
    if (k->left == 0)
        return false;
    for (unsigned d = 0; d < c->job->n_dests; d++)
        if (k->shares[d].state != SHARE_DONE && !c->pace.dests[d].apart &&
            !job_dropped(c->job, d))
            return false;
    return true;
}

unsigned chunks_count_lost(struct copy *c)
{
    unsigned n = 0;

    for (const struct chunk *k = c->chunks.claimed; k; k = k->next)
        n += is_lost(c, k);
    return n;
}

void chunks_count_behind(struct copy *c)
{
    for (unsigned d = 0; d < c->job->n_dests; d++)
        c->pace.dests[d].behind = 0;
    for (const struct chunk *k = c->chunks.claimed; k && c->engine->serial; k = k->next) {
        bool running = false;

        for (unsigned i = 1; k->left > 0 && i < k->batch.n_ops; i++) {
            unsigned d = k->op_dest[i];

            if (k->shares[d].state != SHARE_BUSY)
                continue;
            c->pace.dests[d].behind += running;
            running = true;
        }
    }
}

unsigned chunks_count_slow(struct copy *c)
{
    unsigned n = 0;

    for (const struct chunk *k = c->chunks.claimed; k; k = k->next) {
        for (unsigned i = 1; k->left > 0 && i < k->batch.n_ops; i++) {
            unsigned d = k->op_dest[i];

            if (k->shares[d].state != SHARE_BUSY ||
                (!pace_slow(&c->pace, d) && !job_dropped(c->job, d)))
                continue;
            n += c->engine->serial ? k->batch.n_ops - i : 1;
            if (c->engine->serial)
                break;
        }
    }
    return n;
}
