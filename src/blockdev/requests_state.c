/* requests_state: the memory of the requests, and what is to be known of all of them. */
#include <errno.h>
#include <stdlib.h>

#include "dests_priv.h"

/* ---- memory ---- */

/* Of what one destination lacks; 64 KiB of memory. */
#define MOST_RANGES 4096u

#define NEAR      (4u << 20)
#define COPY_SIZE (512u << 10)

/* What begins all zero needs no more. */
static int init_dests(struct requests *r)
{
    int err = 0;

    for (unsigned d = 0; d < r->n_dests && err == 0; d++)
        err = lacks_init(&r->dests[d].lacks, r->size, MOST_RANGES);
    return err;
}

int requests_init(struct requests *r, const struct requests_io *io, unsigned depth,
                  unsigned n_dests, uint64_t size, unsigned shift)
{
    *r = (struct requests){.io = io,
                           .size = size,
                           .depth = depth,
                           .n_dests = n_dests,
                           .floor = 1,
                           .near = NEAR,
                           .copy_size = COPY_SIZE,
                           .n_all = depth + n_dests * REQUESTS_COPIES};
    r->all = calloc(r->n_all, sizeof(*r->all));
    r->ops = calloc((size_t)r->n_all * (n_dests + 1), sizeof(*r->ops));
    r->dests = calloc(n_dests, sizeof(*r->dests));
    if (!r->all || !r->ops || !r->dests || init_dests(r) < 0 ||
        written_init(&r->written, size, shift) < 0) {
        requests_free(r);
        return -ENOMEM;
    }
    for (unsigned t = 0; t < r->n_all; t++) {
        r->all[t].ops = &r->ops[(size_t)t * (n_dests + 1)];
        if (t >= depth)
            r->all[t].to = (t - depth) / REQUESTS_COPIES;
        for (unsigned d = 0; d <= n_dests; d++)
            r->all[t].ops[d] = (struct request_op){.tag = t, .dest = d};
    }
    return 0;
}

void requests_free(struct requests *r)
{
    for (unsigned d = 0; r->dests && d < r->n_dests; d++)
        lacks_free(&r->dests[d].lacks);
    written_free(&r->written);
    free(r->all);
    free(r->ops);
    free(r->dests);
    *r = (struct requests){0};
}

/* ---- all ---- */

bool requests_hang(const struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++) {
        if (r->dests[d].live || r->dests[d].running == 0)
            continue;
        for (unsigned t = 0; t < r->depth; t++)
            if (r->all[t].ops[d].running && !r->all[t].ops[d].left_behind)
                return true;
    }
    return false;
}

bool requests_run(const struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (r->dests[d].running > 0)
            return true;
    return false;
}

bool requests_behind(const struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (dests_catch_up(&r->dests[d]))
            return true;
    return false;
}

void requests_give_up(struct requests *r)
{
    for (unsigned d = 0; d < r->n_dests; d++)
        if (dests_catch_up(&r->dests[d]))
            dests_fail(r, d, "catch up", FAILURE_NO_OFFSET, ECANCELED,
                       "it was behind the others when it was ended", true);
}
