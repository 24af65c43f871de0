#include "writers.h"

#include <stdatomic.h>
#include <stdlib.h>

/* One for each file. The numbers order no other access to memory. */
struct writers {
    atomic_uint n;
};

struct writers *writers_new(unsigned n)
{
    struct writers *w = malloc(n * sizeof *w);

    for (unsigned i = 0; w && i < n; i++)
        atomic_init(&w[i].n, 0);
    return w;
}

void writers_free(struct writers *w)
{
    free(w);
}

bool writers_any(const struct writers *w, unsigned i)
{
    return atomic_load_explicit(&w[i].n, memory_order_relaxed) > 0;
}

void writers_begin(struct writers *w, unsigned i)
{
    atomic_fetch_add_explicit(&w[i].n, 1, memory_order_relaxed);
}

void writers_end(struct writers *w, unsigned i)
{
    atomic_fetch_sub_explicit(&w[i].n, 1, memory_order_relaxed);
}
