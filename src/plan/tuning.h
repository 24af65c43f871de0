/* tuning: how big the pieces are and how many are under way. */
#ifndef UCOPY_PLAN_TUNING_H
#define UCOPY_PLAN_TUNING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"

struct tuning {
    uint32_t chunk_size;  /* bytes; a multiple of 4096 and of align */
    unsigned queue_depth; /* chunks per worker that may wait for one destination */
    unsigned buffers;     /* chunks per worker */
    unsigned workers;
};

/* What the tuning depends on, besides what the user asked for. */
struct tuning_facts {
    uint64_t size; /* bytes to copy; meaningful with size_known */
    bool size_known;
    unsigned cpus;    /* that this process may run on */
    unsigned n_dests; /* that are written to by the engines */
    bool detach;      /* destinations need not wait for one another */
    bool direct;      /* O_DIRECT is in use somewhere */
    bool sequential;  /* the source or a destination has no positions, or --in-order */
    uint32_t align;   /* bytes: largest O_DIRECT alignment in use, at least 1 */
};

/* Chooses chunk size, depth and workers: the user's values where given, else the defaults that
 * bench/RESULTS.md measures; never more memory in all than o->memory (default 64 MiB), and
 * no more chunks than the source has. The figures behind the defaults are named in
 * tuning.c. Always finds something: one chunk of the smallest size if need be, and a chunk of
 * the size asked for if that was asked for. */
void tuning_choose(struct tuning *t, const struct options *o, const struct tuning_facts *f);

/* Whether files are to be opened with O_DIRECT where they take it, in a copy of so many bytes
 * (meaningful with size_known) to each of n destinations. room: page_cache_room(), which is
 * asked for if it matters. */
bool tuning_wants_direct(const struct options *o, uint64_t size, bool size_known, unsigned n,
                         uint64_t (*room)(void));

#endif
