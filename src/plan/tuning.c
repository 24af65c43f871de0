/* Where the figures come from: bench/RESULTS.md, and for the size of chunks, depth and workers
 * `./dev bench --sweep --dests 3`. */
#include "tuning.h"

#define MIB (1u << 20)

#define MIN_CHUNK 4096u

/* O_DIRECT: large enough that a device works at its full rate with one request. Through the
 * page cache: large enough for large folios, which take a fifth less of CPU time than those
 * that writes of 256 KiB make. */
#define DIRECT_CHUNK   (1u * MIB)
#define BUFFERED_CHUNK (MIB / 2)

/* What has to reach the device before the copy ends does so with a fifth of the CPU time, and
 * in no more time, without the detour through the page cache. What need not is left to the page
 * cache, unless that is no place for so much: from a tenth of its room on the kernel writes
 * back meanwhile, at a fifth it makes writers wait (vm.dirty_background_ratio, vm.dirty_ratio),
 * and what others have there would have to go. */
#define DIRECT_SIZE (16u * MIB)
#define CACHE_SHARE 8u

/* Half of it is under way while the other half is refilled. So few bytes as keep reads, writes
 * and devices going: more are not faster, but memory that has to be had, zeroed and pinned
 * before the first read; and through the page cache, where every chunk is copied by the CPU
 * once per destination, they are still in a cache of the CPU then. */
#define MOST_DEPTH     16u
#define LEAST_DEPTH    4u
#define DIRECT_BYTES   (8u * MIB)
#define BUFFERED_BYTES (4u * MIB)

/* Half as many buffers again as may wait for one destination: one that hangs or is too slow
 * then leaves enough for the others. They cost no time while they are not needed. */
#define SPARE 2u

/* Through the page cache the CPUs do the work: two of them are faster than one, unless the file
 * is so small that a second thread and ring cost more than they bring, or there is one
 * destination only, whose inode's lock lets in one writer at a time. */
#define TWO_WORKERS_SIZE (16u * MIB)

static uint32_t round_up(uint64_t n, uint32_t align)
{
    return (uint32_t)((n + align - 1) / align * align);
}

static uint64_t chunks_of(const struct tuning_facts *f, uint32_t chunk_size)
{
    return f->size_known ? (f->size + chunk_size - 1) / chunk_size : UINT64_MAX;
}

static unsigned choose_workers(const struct options *o, const struct tuning_facts *f)
{
    /* Order is kept by one thread; where the end is not known, reading ahead of it is useless.
     */
    if (f->sequential || !f->size_known)
        return 1;
    if (o->workers)
        return o->workers;
    return !f->direct && f->n_dests > 1 && f->size >= TWO_WORKERS_SIZE && f->cpus > 1 ? 2 : 1;
}

static unsigned choose_depth(const struct options *o, const struct tuning_facts *f,
                             uint32_t chunk_size)
{
    unsigned fit = (f->direct ? DIRECT_BYTES : BUFFERED_BYTES) / chunk_size;

    if (o->queue_depth)
        return o->queue_depth;
    if (fit > MOST_DEPTH)
        return MOST_DEPTH;
    return fit > LEAST_DEPTH ? fit : LEAST_DEPTH;
}

static uint64_t at_most(uint64_t n, uint64_t limit)
{
    return n < limit ? n : limit;
}

static uint64_t at_least_one(uint64_t n)
{
    return n ? n : 1;
}

void tuning_choose(struct tuning *t, const struct options *o, const struct tuning_facts *f)
{
    uint64_t memory = o->memory ? o->memory : OPTIONS_DEFAULT_MEMORY;
    uint32_t step = f->align > MIN_CHUNK ? f->align : MIN_CHUNK;
    uint64_t chunk = o->chunk_size ? o->chunk_size : f->direct ? DIRECT_CHUNK : BUFFERED_CHUNK;
    uint64_t chunks, depth;

    chunk = at_most(chunk, memory / step * step);
    /* A file smaller than a chunk is one chunk of its own size. */
    if (f->size_known)
        chunk = at_most(chunk, f->size);
    t->chunk_size = round_up(at_least_one(chunk), step);
    depth = choose_depth(o, f, t->chunk_size);

    memory = at_least_one(memory / t->chunk_size); /* in chunks from here on */
    chunks = at_least_one(chunks_of(f, t->chunk_size));
    t->workers = (unsigned)at_least_one(at_most(choose_workers(o, f), at_most(chunks, memory)));
    if (!f->size_known)
        depth = 1;
    /* How far the fastest may run ahead is how much may wait for the slowest. */
    if (o->max_lag)
        depth = at_most(depth, at_least_one(o->max_lag / t->chunk_size / t->workers));
    memory /= t->workers;
    depth = at_most(depth, (chunks - 1) / t->workers + 1);
    t->buffers = (unsigned)at_most(f->detach ? depth + (depth + 1) / SPARE : depth, memory);
    t->queue_depth = (unsigned)at_most(depth, t->buffers);
}

bool tuning_wants_direct(const struct options *o, uint64_t size, bool size_known, unsigned n,
                         uint64_t (*room)(void))
{
    if (o->direct != WHEN_AUTO)
        return o->direct == WHEN_ALWAYS;
    if (!size_known || size < DIRECT_SIZE)
        return false;
    return o->fsync || size >= room() / CACHE_SHARE / at_least_one(n);
}
