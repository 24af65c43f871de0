/* The measurements behind these numbers are in bench/RESULTS.md; those for the size of chunks,
 * the depth and the workers come from `./dev bench --sweep --dests 3`. */
#include "tuning.h"

#define MIB (1u << 20)

#define MIN_CHUNK 4096u

/* A chunk is also limited by the time-out (options_max_request()). All that an engine tells of a
 * request is its end, and an endpoint that is slow must not look like one that hangs. */

/* With O_DIRECT, a device should work at its full rate with one request. Through the page
 * cache, chunks of this size make large folios; they need a fifth less CPU time than the folios
 * that writes of 256 KiB make. */
#define DIRECT_CHUNK   (1u * MIB)
#define BUFFERED_CHUNK (MIB / 2)

/* A worker that does everything itself uses one chunk after the other. */
#define PROMPT_DEPTH 2u

/* With fsync, a copy that bypasses the page cache takes the same time and a fifth of the CPU
 * time. Without fsync the page cache is faster, unless the copy is too large for it. From a
 * tenth of its room on, the kernel starts to write data back; at a fifth it blocks writers
 * (vm.dirty_background_ratio, vm.dirty_ratio); and the copy would displace the cached data of
 * other programs. */
#define DIRECT_SIZE (16u * MIB)
#define CACHE_SHARE 8u

/* One half of the depth is in flight while the other half is refilled. The number of bytes is
 * the smallest one that keeps reads, writes and devices busy. More bytes are not faster, and
 * their memory has to be allocated, zeroed and pinned before the first read. Through the page
 * cache the CPU copies each chunk once per destination; with few bytes the chunk is still in a
 * CPU cache then. */
#define MAX_DEPTH      16u
#define MIN_DEPTH      4u
#define DIRECT_BYTES   (8u * MIB)
#define BUFFERED_BYTES (4u * MIB)

/* There are more buffers than may wait for one destination: one half more. So a destination
 * that hangs or is too slow leaves enough buffers for the others. Unused buffers cost no
 * time. */
#define SPARE_DIVISOR 2u

/* Through the page cache the CPUs do the work, and two of them are faster than one. There are
 * two exceptions: a small file, for which a second thread and ring cost more time than they
 * save; and a single destination, because the lock of its inode admits one writer at a time, and
 * the other one would spin. But a worker that does everything itself reads meanwhile, and it may
 * spin where nobody needs the CPU: a thread that hashes would get less of it. */
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
    /* Only a single worker keeps the order. And without a known size several workers would read
     * beyond the end of the source. */
    if (f->sequential || !f->size_known)
        return 1;
    if (o->workers)
        return o->workers;
    if (f->direct || f->size < TWO_WORKERS_SIZE || f->cpus < 2)
        return 1;
    return f->n_dests > 1 || (f->prompt && (!f->hashes || f->cpus > 2)) ? 2 : 1;
}

static unsigned choose_depth(const struct options *o, const struct tuning_facts *f,
                             uint32_t chunk_size)
{
    unsigned fit = (f->direct ? DIRECT_BYTES : BUFFERED_BYTES) / chunk_size;

    if (o->queue_depth)
        return o->queue_depth;
    if (f->prompt)
        return PROMPT_DEPTH;
    if (fit > MAX_DEPTH)
        return MAX_DEPTH;
    return fit > MIN_DEPTH ? fit : MIN_DEPTH;
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
    uint64_t memory = options_memory(o);
    uint32_t step = f->align > MIN_CHUNK ? f->align : MIN_CHUNK;
    uint64_t chunk = o->chunk_size ? o->chunk_size : f->direct ? DIRECT_CHUNK : BUFFERED_CHUNK;
    uint64_t chunks, depth;

    chunk = at_most(chunk, memory / step * step);
    chunk = at_most(chunk, options_max_request(o) / step * step);
    /* A file smaller than a chunk is one chunk of its own size. */
    if (f->size_known)
        chunk = at_most(chunk, f->size);
    t->chunk_step = step;
    t->chunk_size = round_up(at_least_one(chunk), step);
    depth = choose_depth(o, f, t->chunk_size);

    memory = at_least_one(memory / t->chunk_size); /* in chunks from here on */
    chunks = at_least_one(chunks_of(f, t->chunk_size));
    t->workers = (unsigned)at_least_one(at_most(choose_workers(o, f), at_most(chunks, memory)));
    /* What lies beyond an end that is not known would be read in vain; a stream is read in order. */
    if (!f->size_known && !f->stream)
        depth = 1;
    /* The lead of the fastest destination is the data that waits for the slowest one. */
    if (o->max_lag)
        depth = at_most(depth, at_least_one(o->max_lag / t->chunk_size / t->workers));
    memory /= t->workers;
    depth = at_most(depth, (chunks - 1) / t->workers + 1);
    t->buffers =
        (unsigned)at_most(f->detach ? depth + (depth + 1) / SPARE_DIVISOR : depth, memory);
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
