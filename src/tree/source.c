/* source: the life of a walk through the source. See source_priv.h, and source_state_priv.h for
 * the files that take part in it. */
#include "source_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "source_state_priv.h"

static int end_walk(struct walk *w)
{
    bool no_memory = w->no_memory;

    if (!stream_stopped(w->t->stream))
        walk_check_media(w);
    stream_end(w->t->stream, w->t->lane);
    walk_close_shared(w);
    walk_free(w);
    return no_memory ? -ENOMEM : 0;
}

int tree_source_walk(const struct tree_source *t)
{
    struct walk w = {.t = t,
                     .listing = malloc(WALK_LISTING),
                     .shared_files = t->shared_files,
                     .shared = calloc(t->n_shared_files, sizeof(*w.shared)),
                     .shared_now = WALK_NO_SHARED,
                     .links = t->links};

    attrs_init(&w.attrs, &t->preserve);
    if (!w.listing || !w.shared || path_buffer_put(&w.path, 0, t->path) < 0)
        w.no_memory = true;
    else
        walk_all(&w);
    return end_walk(&w);
}

int tree_source_resume(struct tree_source_rest *rest, const struct tree_source *t)
{
    struct walk *w = &rest->walk;
    int r;

    w->t = t;
    w->links = &w->own_links;
    walk_resume(w);
    r = end_walk(w);
    free(rest);
    return r;
}
