/* pool: the buffers of one worker.
 *
 * A worker whose operations hang keeps the buffers that these use, maybe for ever. Its
 * successor may not have as many again: all workers of the process together stay below
 * job.memory, whatever hangs. So it gets new memory only if that leaves enough, and else the
 * buffers of its predecessor that nothing uses. If these are few, they are cut into smaller
 * ones: one destination that hangs must not hold them all. */
#ifndef UCOPY_COPY_POOL_PRIV_H
#define UCOPY_COPY_POOL_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job.h"

struct memory;

struct pool {
    char **buffers;
    unsigned n;
    uint32_t size;         /* bytes of each buffer; a multiple of job.chunk_step */
    struct memory *memory; /* that they are in, and maybe others */
    struct pool *next;     /* for who keeps several */
};

/* Makes a pool: of new memory, or of `rest`, which is consumed; NULL: there is none. If nothing
 * is left of either, the pool is the smallest possible one, and job.memory is exceeded by it. 0
 * or a negative errno. */
int pool_open(struct pool *p, const struct job *j, struct pool *rest);

/* Unmaps the memory when no pool is in it any more. */
void pool_close(struct pool *p);

/* Makes a pool of those buffers of p for which in_use(arg, i) says no. Returns it, or NULL:
 * there are none, or there is no memory for the pool. */
struct pool *pool_rest(const struct pool *p, bool (*in_use)(void *arg, unsigned i), void *arg);

/* As pool_close(), and frees what pool_rest() returned; NULL is fine. */
void pool_free_rest(struct pool *rest);

/* The memory that all buffers are in: page-aligned. */
void *pool_start(const struct pool *p);
size_t pool_length(const struct pool *p);

#endif
