/* work_flush: WORK_FLUSH. The chunk holds no bytes; its shares are destinations, each with one
 * fsync.
 *
 * An error is final: a second fsync would succeed, and the data be lost (fsync(2); ext4, XFS
 * and btrfs alike). So an fsync that runs is not cancelled either. */
#include "accounting_priv.h"

#include <errno.h>
#include <unistd.h>

#include "copy.h"

/* A destination is given this many bytes per second when it flushes, beside its time-out, and
 * this much time at most. */
#define FLUSH_RATE       (4u << 20)
#define MAX_ALLOWANCE_MS 86400000u

static bool build_fsync(struct copy *c, struct chunk *k, unsigned d, struct engine_op *op)
{
    (void)k;
    *op = (struct engine_op){.kind = ENGINE_FSYNC, .file = c->job->dests[d].file};
    return true;
}

static void account_fsync(struct copy *c, struct chunk *k, unsigned i, unsigned d)
{
    int32_t r = k->ops[i].result;

    if (r == -ECANCELED) /* never started */
        return;
    if (r == 0)
        job_flushed(c->job, d);
    else
        account_drop(c, d, "fsync", -r, FAILURE_NO_OFFSET, NULL);
    chunk_finish_share(c, k, d);
}

static void give_back(struct copy *c, struct chunk *k, unsigned d)
{
    (void)k;
    job_return(c->job, d, WORK_FLUSH, NULL);
}

unsigned copy_flush_allowance_ms(uint64_t size)
{
    /* The kernel lets a fifth of the memory become dirty at most (vm.dirty_ratio). */
    uint64_t dirty = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 5;
    uint64_t ms = (size < dirty ? size : dirty) / FLUSH_RATE * 1000;

    return ms < MAX_ALLOWANCE_MS ? (unsigned)ms : MAX_ALLOWANCE_MS;
}

static unsigned limit_ms(const struct copy *c, unsigned d)
{
    unsigned ms = c->job->dests[d].timeout_ms;

    return ms ? ms + copy_flush_allowance_ms(c->job->size) : 0;
}

const struct work_ops work_flush_ops = {
    .name = "fsync",
    .build = build_fsync,
    .account = account_fsync,
    .give_back = give_back,
    .limit_ms = limit_ms,
};
