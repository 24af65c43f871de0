/* reader: the threads that read the source of a tree. See tree_priv.h. */
#include <stdlib.h>

#include "base/thread.h"
#include "tree_priv.h"

/* Files of at least so many bytes are copied by the engines, one after the other; smaller ones
 * cost less than to set that up. */
#define ENGINE_SIZE (4u << 20)

/* Smaller files are not cloned unless they have to be. To the CPU a clone is as dear as a copy
 * of 16 KiB, but what is copied is then written, too: see bench/README. */
#define CLONE_SIZE 4096u

/* With --sparse=always no hole is made in less. */
#define SMALLEST_HOLE 4096u

/* ---- the threads of the source ---- */

struct tree_reader *tree_reader_new(struct tree *t)
{
    struct tree_reader *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->tree = t;
    c->shared_files = calloc(t->n_shared_files, sizeof(*c->shared_files));
    if (c->shared_files)
        return c;
    free(c);
    return NULL;
}

void tree_reader_free(struct tree_reader *c)
{
    if (c)
        free(c->shared_files);
    free(c);
}

static void on_source_failed(void *arg, const char *path, const struct failure *f)
{
    const struct tree_reader *c = arg;

    message_queue_put(c->tree->messages, tree_who_is_source(c->tree), path, f);
}

/* Nobody can have what could not be read. */
static void on_source_attrs_failed(void *arg, const char *path, const struct failure *f)
{
    const struct tree_reader *c = arg;
    struct tree *t = c->tree;

    message_queue_put(t->messages, tree_who_for_attrs(t, t->copy->n_dests), path, f);
}

static void on_read(void *arg, uint64_t bytes)
{
    struct tree_reader *c = arg;

    atomic_fetch_add(&c->tree->read_bytes, bytes);
    atomic_fetch_add(&c->steps, 1);
}

bool tree_is_target(void *arg, const struct stat *st)
{
    const struct tree_reader *c = arg;
    struct tree *t = c->tree;

    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        const struct tree_dest_view *v = &t->writers[d].view;

        if (atomic_load(&v->has_root) && v->root_dev == st->st_dev && v->root_ino == st->st_ino)
            return true;
    }
    return false;
}

/* The number is free then for another file. */
static bool on_is_wanted(void *arg, unsigned offer)
{
    struct tree_reader *c = arg;
    uint64_t bit = UINT64_C(1) << (offer % 64);

    return atomic_fetch_and(&c->wanted[offer / 64], ~bit) & bit;
}

/* The first walk's: the others have no such files. */
static bool on_copy(void *arg, int fd, const char *path)
{
    const struct tree_reader *c = arg;

    return handover_copy(&c->tree->handover, fd, path);
}

/* From which size on files are for the engines, because they are big or because what is asked
 * for only those can do. */
static uint64_t copy_size(const struct options *o)
{
    if (o->direct == WHEN_ALWAYS || o->reflink == WHEN_ALWAYS)
        return 0;
    return o->sparse == WHEN_ALWAYS ? SMALLEST_HOLE : ENGINE_SIZE;
}

/* From which size on files are cloned where that can be. */
static uint64_t clone_size(const struct options *o)
{
    if (o->reflink == WHEN_NEVER || o->sparse != WHEN_AUTO)
        return UINT64_MAX;
    return o->reflink == WHEN_ALWAYS ? 0 : CLONE_SIZE;
}

static enum tree_source_clones on_clones(void *arg, dev_t dev)
{
    const struct tree_reader *c = arg;
    struct tree *t = c->tree;
    bool all = true, any = false;

    if (tree_clones_all(t->o))
        return CLONED_BY_ALL;
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct tree_dest_view *v = &t->writers[d].view;

        if (stream_left(t->stream, d) || stream_lane(t->stream, d) != c->lane)
            continue;
        all &= atomic_load(&v->clones) == dev + 1;
        any |= atomic_load(&v->clones_not) != dev + 1;
    }
    return all ? CLONED_BY_ALL : any ? CLONED_BY_SOME : CLONED_BY_NOBODY;
}

/* Has the stream part, and opens the gate; or waits until nobody stands there any more. */
static bool open_gate(struct tree *t, unsigned lane, uint64_t position, struct tree_reader *c)
{
    bool parts;

    pthread_mutex_lock(&t->lock);
    parts = stream_divide(t->stream, lane, position, &c->lane);
    if (parts)
        t->readers[c->lane] = c;
    c->gate = parts ? GATE_OPEN : GATE_CALLED_OFF;
    pthread_cond_broadcast(&t->gate_moved);
    while (c->gate == GATE_CALLED_OFF)
        pthread_cond_wait(&t->gate_moved, &t->lock);
    pthread_mutex_unlock(&t->lock);
    return parts;
}

/* False: it is not to begin, and c must not be looked at any more. */
static bool pass_gate(struct tree *t, struct tree_reader *c)
{
    bool passes;

    pthread_mutex_lock(&t->lock);
    while (c->gate == GATE_SHUT)
        pthread_cond_wait(&t->gate_moved, &t->lock);
    passes = c->gate == GATE_OPEN;
    if (!passes)
        c->gate = GATE_GONE;
    pthread_cond_broadcast(&t->gate_moved);
    pthread_mutex_unlock(&t->lock);
    return passes;
}

/* The thread is there before the consumers are that need one. */
static struct shared_file *on_divide(void *arg, struct tree_source_rest *rest,
                                     uint64_t position)
{
    struct tree_reader *from = arg, *c = tree_reader_new(from->tree);
    struct tree *t = from->tree;
    struct shared_file *shared_files;

    if (!c)
        return NULL;
    c->rest = rest;
    for (unsigned i = 0; i < RECORD_MAX_OFFER / 64 + 1; i++)
        atomic_store(&c->wanted[i], atomic_load(&from->wanted[i]));
    shared_files = c->shared_files;
    c->shared_files = from->shared_files;
    if (thread_start(tree_read_source, c) == 0 && open_gate(t, from->lane, position, c)) {
        from->shared_files = shared_files;
        tree_wake_main(t);
        return shared_files;
    }
    c->shared_files = shared_files;
    tree_reader_free(c);
    return NULL;
}

void *tree_read_source(void *arg)
{
    struct tree_reader *c = arg;
    struct tree *t = c->tree;
    const struct options *o = t->o;
    struct tree_source source = {
        .path = t->root,
        .subpath = tree_subpath(t),
        .follow = tree_follow_of(t),
        .contents = t->copy->contents,
        .make = o->link            ? TREE_SOURCE_HARD_LINKS
                : o->symbolic_link ? TREE_SOURCE_SYMLINKS
                                   : TREE_SOURCE_COPIES,
        .one_file_system = o->one_file_system,
        .keep_links = o->preserve_links,
        .preserve = o->preserve,
        .offer = (o->standing.update != UPDATE_ALL || o->resume) && !o->standing.ask &&
                 !o->link && !o->symbolic_link,
        .repeat = existing_keeps_all(&o->standing) || o->standing.ask || o->attributes_only,
        .no_data = o->attributes_only,
        .clone_size = clone_size(o),
        .n_shared_files = t->n_shared_files,
        .clones = on_clones,
        .stream = t->stream,
        .links = &t->links->met,
        .steps = &c->steps,
        .arg = c,
        .failed = on_source_failed,
        .attrs_failed = on_source_attrs_failed,
        .read = on_read,
        .is_target = tree_is_target,
        .is_wanted = on_is_wanted,
        .copy = on_copy,
        .divide = on_divide,
    };

    if (c->rest && !pass_gate(t, c))
        return NULL;
    source.lane = c->lane;
    source.shared_files = c->shared_files;
    /* The engines are for the first walk's consumers: they have one file at a time. */
    source.copy_size = c->rest ? UINT64_MAX : copy_size(o);
    source.holes = !c->rest                  ? TREE_SOURCE_COPY_HOLES
                   : o->sparse == WHEN_NEVER ? TREE_SOURCE_READ_HOLES
                                             : TREE_SOURCE_RECORD_HOLES;
    atomic_store(&c->error,
                 c->rest ? tree_source_resume(c->rest, &source) : tree_source_walk(&source));
    tree_thread_over(t, &c->over);
    return NULL;
}
