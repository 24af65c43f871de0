#include "links_priv.h"

#include <stdlib.h>

struct tree_links *tree_links_new(unsigned n_dests, bool follow)
{
    struct tree_links *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->met.keep = follow;
    l->n_dests = n_dests;
    l->dests = calloc(n_dests, sizeof(*l->dests));
    if (l->dests)
        return l;
    free(l);
    return NULL;
}

void tree_links_free(struct tree_links *l)
{
    for (unsigned d = 0; d < l->n_dests; d++)
        dest_links_free(&l->dests[d]);
    free(l->dests);
    source_links_free(&l->met);
    free(l);
}
