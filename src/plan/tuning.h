/* tuning: chooses the size of chunks and how many of them are in flight. */
#ifndef UCOPY_PLAN_TUNING_H
#define UCOPY_PLAN_TUNING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"

struct tuning {
    uint32_t chunk_size;  /* bytes; a multiple of 4096 and of align */
    uint32_t chunk_step;  /* bytes; divides chunk_size; a multiple of every alignment in use */
    unsigned queue_depth; /* chunks per worker that may wait for one destination */
    unsigned buffers;     /* per worker, one chunk each */
    unsigned workers;
};

/* What the tuning depends on, beside the user's options. */
struct tuning_facts {
    uint64_t size; /* bytes to copy; only if size_known */
    bool size_known;
    unsigned cpus;    /* CPUs that this process may use */
    unsigned n_dests; /* destinations that the engines write to */
    bool detach;      /* a destination that is too slow may be detached from the others */
    bool direct;      /* at least one file is open with O_DIRECT */
    bool hashes;      /* a thread computes a hash that takes longer than a copy in memory */
    bool prompt;      /* only CPUs work for the copy: engine_config.writers */
    bool stream;      /* the source has no positions */
    bool sequential;  /* the source or a destination has no positions, or --in-order */
    uint32_t align;   /* bytes: the largest O_DIRECT alignment in use, at least 1 */
};

/* Chooses chunk size, depth and workers. These are the user's values if given, otherwise the
 * defaults from the measurements in bench/RESULTS.md; tuning.c names the reasons. The buffers
 * of all workers need at most o->memory (default 64 MiB), a chunk has at most
 * options_max_request() bytes, and there are no more chunks than the source has. The function
 * always finds a result: at least one chunk of the smallest size, or of the size that the user
 * has given. */
void tuning_choose(struct tuning *t, const struct options *o, const struct tuning_facts *f);

/* Whether to open files with O_DIRECT if they support it, in a copy of size bytes (only if
 * size_known) to each of n destinations. room: page_cache_room(); it is called only if the
 * result depends on it. */
bool tuning_wants_direct(const struct options *o, uint64_t size, bool size_known, unsigned n,
                         uint64_t (*room)(void));

#endif
