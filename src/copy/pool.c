#include "pool_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Buffers are aligned to it, so that a chunk is aligned for direct I/O if its place in the file
 * is: direct_io_write_align() is no more. */
#define ALIGN (64u * 1024u)

struct memory {
    void *map; /* `start`, and what it takes to align it */
    size_t map_len;
    char *start;
    size_t len;
    atomic_uint users; /* pools */
};

/* Bytes in the memory of all pools of the process. */
static _Atomic uint64_t taken;

/* What buffers are made of `bytes`: as many as the job wishes of the size it wishes; else
 * smaller ones, and then fewer. */
static void fit(struct pool *p, const struct job *j, uint64_t bytes, uint32_t largest)
{
    p->size = largest;
    while (p->size > j->chunk_step && bytes / p->size < j->buffers) {
        p->size = p->size / 2 / j->chunk_step * j->chunk_step;
        if (p->size == 0)
            p->size = j->chunk_step;
    }
    p->n = bytes / p->size < j->buffers ? (unsigned)(bytes / p->size) : j->buffers;
}

/* ---- memory ---- */

/* Takes the bytes of the limit. False: it does not leave so many. */
static bool reserve(uint64_t bytes, uint64_t limit)
{
    uint64_t now = atomic_load(&taken);

    do {
        if (now + bytes > limit)
            return false;
    } while (!atomic_compare_exchange_weak(&taken, &now, now + bytes));
    return true;
}

/* Maps memory for len bytes, which have been reserved. NULL: errno is set. */
static struct memory *map_memory(size_t len)
{
    struct memory *m = malloc(sizeof *m);

    if (!m)
        return NULL;
    *m = (struct memory){.map_len = len + ALIGN, .len = len, .users = 1};
    m->map = mmap(NULL, m->map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m->map == MAP_FAILED) {
        free(m);
        return NULL;
    }
    m->start = (char *)m->map + ALIGN - (uintptr_t)m->map % ALIGN;
    /* Fewer page faults, fewer segments for the devices; it works without huge pages, too. */
    (void)madvise(m->start, len, MADV_HUGEPAGE);
    return m;
}

/* Makes p->n buffers of p->size bytes of new memory, which has been reserved. */
static int open_new(struct pool *p)
{
    size_t len = (size_t)p->n * p->size;
    int r;

    p->buffers = calloc(p->n, sizeof *p->buffers);
    p->memory = p->buffers ? map_memory(len) : NULL;
    if (!p->memory) {
        r = -errno;
        free(p->buffers);
        atomic_fetch_sub(&taken, len);
        return r;
    }
    for (unsigned i = 0; i < p->n; i++)
        p->buffers[i] = p->memory->start + (size_t)i * p->size;
    return 0;
}

/* ---- pools ---- */

/* Makes p->n buffers of p->size bytes of those of the rest. */
static int open_rest(struct pool *p, const struct pool *rest)
{
    unsigned cut = rest->size / p->size;

    if (p->n > rest->n * cut) /* what is left of each buffer is of no use */
        p->n = rest->n * cut;
    p->buffers = calloc(p->n, sizeof *p->buffers);
    if (!p->buffers)
        return -ENOMEM;
    for (unsigned i = 0; i < p->n; i++)
        p->buffers[i] = rest->buffers[i / cut] + (size_t)(i % cut) * p->size;
    p->memory = rest->memory;
    atomic_fetch_add(&p->memory->users, 1);
    return 0;
}

/* The limit does not leave enough for the pool that the job wishes. */
static int open_small(struct pool *p, const struct job *j, const struct pool *rest)
{
    uint64_t now = atomic_load(&taken), left = now < j->memory ? j->memory - now : 0;

    if (rest && (uint64_t)rest->n * rest->size >= left) {
        fit(p, j, (uint64_t)rest->n * rest->size, rest->size);
        return open_rest(p, rest);
    }
    fit(p, j, left, j->chunk_size);
    if (p->n == 0 || !reserve((uint64_t)p->n * p->size, j->memory)) {
        p->n = 1;
        p->size = j->chunk_step;
        atomic_fetch_add(&taken, p->size);
    }
    return open_new(p);
}

int pool_open(struct pool *p, const struct job *j, struct pool *rest)
{
    int r;

    *p = (struct pool){.n = j->buffers, .size = j->chunk_size};
    if (reserve((uint64_t)p->n * p->size, j->memory))
        r = open_new(p);
    else
        r = open_small(p, j, rest);
    pool_free_rest(rest);
    return r;
}

void pool_close(struct pool *p)
{
    struct memory *m = p->memory;

    free(p->buffers);
    if (atomic_fetch_sub(&m->users, 1) > 1)
        return;
    munmap(m->map, m->map_len);
    atomic_fetch_sub(&taken, m->len);
    free(m);
}

struct pool *pool_rest(const struct pool *p, bool (*in_use)(void *arg, unsigned i), void *arg)
{
    struct pool *rest = malloc(sizeof *rest);
    char **buffers = calloc(p->n, sizeof *buffers);

    if (rest && buffers) {
        *rest = (struct pool){.size = p->size, .buffers = buffers, .memory = p->memory};
        for (unsigned i = 0; i < p->n; i++)
            if (!in_use(arg, i))
                buffers[rest->n++] = p->buffers[i];
        if (rest->n > 0) {
            atomic_fetch_add(&p->memory->users, 1);
            return rest;
        }
    }
    free(rest);
    free(buffers);
    return NULL;
}

void pool_free_rest(struct pool *rest)
{
    if (!rest)
        return;
    pool_close(rest);
    free(rest);
}

void *pool_start(const struct pool *p)
{
    return p->memory->start;
}

size_t pool_length(const struct pool *p)
{
    return p->memory->len;
}
