/* source_divide: waiting for the consumers of the stream, and dividing the walk when some of
 * them are too slow for the others (stream_priv.h). The consumers that are fast enough keep
 * this walk. The slow ones get a copy of it, as it was when the current step began. See
 * source_state_priv.h. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "source_state_priv.h"

void walk_begin_step(struct walk *w, enum walk_step step)
{
    w->step = step;
    w->step_position = stream_position(w->t->stream, w->t->lane);
    w->step_names_at = w->n_levels > 0 ? w->levels[w->n_levels - 1].names_at : 0;
    w->step_met = false;
    w->nth = RECORD_ONLY_NAME;
}

void walk_free(struct walk *w)
{
    for (unsigned i = 0; w->shared && i < w->t->n_shared_files; i++)
        path_buffer_free(&w->shared[i].path);
    free(w->shared);
    dir_chain_free(&w->dirs);
    source_links_free(&w->own_links);
    attrs_free(&w->attrs);
    free(w->levels);
    path_buffer_free(&w->path);
    path_buffer_free(&w->names);
    digest_set_free(&w->digests);
    hash_table_free(&w->hashed);
    free(w->listing);
}

static int copy_listing(const struct walk *w, struct walk *ret)
{
    ret->listing = malloc(WALK_LISTING);
    if (!ret->listing)
        return -ENOMEM;
    memcpy(ret->listing, w->listing, w->listed);
    memcpy(ret->offered, w->offered, sizeof(ret->offered));
    ret->listed = w->listed;
    ret->entry_at = w->entry_at;
    ret->entry = w->entry;
    ret->offers_due = w->offers_due;
    ret->taken = w->step == STEP_ENTRY ? w->entry : 0;
    return 0;
}

static int copy_levels(const struct walk *w, struct walk *ret)
{
    ret->levels = calloc(w->n_levels, sizeof(*ret->levels));
    if (!ret->levels)
        return -ENOMEM;
    memcpy(ret->levels, w->levels, w->n_levels * sizeof(*ret->levels));
    ret->n_levels = ret->room = w->n_levels;
    ret->levels[w->n_levels - 1].names_at = w->step_names_at;
    return 0;
}

static void rest_free(struct tree_source_rest *rest)
{
    walk_free(&rest->walk);
    free(rest);
}

/* Copies the walk as it was when its step began, without its shared files. NULL: that cannot
 * be. */
static struct tree_source_rest *copy_walk(const struct walk *w)
{
    struct tree_source_rest *rest = calloc(1, sizeof(*rest));
    struct walk *ret = rest ? &rest->walk : NULL;

    if (!rest)
        return NULL;
    *ret = (struct walk){.t = w->t,
                         .dev = w->dev,
                         .n_media = w->n_media,
                         .step = w->step,
                         .shared_files = w->shared_files,
                         .next_shared = w->next_shared,
                         .shared_now = WALK_NO_SHARED};
    memcpy(ret->media, w->media, sizeof(ret->media));
    attrs_init(&ret->attrs, &w->t->preserve);
    if (copy_listing(w, ret) == 0 && copy_levels(w, ret) == 0 &&
        path_buffer_copy(&w->path, &ret->path) == 0 &&
        path_buffer_copy(&w->names, &ret->names) == 0 &&
        source_links_copy(w->links, w->step_met, &ret->own_links) == 0 &&
        dir_chain_copy(&w->dirs, &ret->dirs) == 0)
        return rest;
    rest_free(rest);
    return NULL;
}

/* Hands the copy over, with all shared files but the one whose record is being written: the
 * consumers that stay have let go of the others. False: the walk is not divided. */
static bool hand_over(struct walk *w, struct tree_source_rest *rest)
{
    struct walk_shared *own = calloc(w->t->n_shared_files, sizeof(*own)), *all = w->shared;
    unsigned now = w->shared_now;
    struct shared_file *files;
    bool changed = false, discarded = false;
    int fd = -1;

    if (!own)
        return false;
    if (now != WALK_NO_SHARED) {
        own[now] = all[now];
        all[now] = (struct walk_shared){.end = 0};
        fd = w->shared_files[now].fd;
        changed = atomic_load(&w->shared_files[now].changed);
        discarded = atomic_load(&w->shared_files[now].discarded);
    }
    rest->walk.shared = all;
    files = w->t->divide(w->t->arg, rest, w->step_position);
    if (!files) {
        rest->walk.shared = NULL;
        if (now != WALK_NO_SHARED)
            all[now] = own[now];
        free(own);
        return false;
    }
    w->shared = own;
    w->shared_files = files;
    if (now != WALK_NO_SHARED) {
        files[now].fd = fd;
        atomic_store(&files[now].changed, changed);
        atomic_store(&files[now].discarded, discarded);
    }
    return true;
}

bool walk_divide(struct walk *w)
{
    struct tree_source_rest *rest;

    if (!stream_held_up(w->t->stream, w->t->lane))
        return false;
    rest = w->step == STEP_WHOLE ? NULL : copy_walk(w);
    if (rest && hand_over(w, rest))
        return true;
    if (rest)
        rest_free(rest);
    stream_put_off(w->t->stream, w->t->lane);
    return true;
}

bool walk_drain(struct walk *w)
{
    while (!stream_drain(w->t->stream, w->t->lane))
        if (!walk_divide(w))
            return false;
    return true;
}
