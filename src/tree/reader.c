/* reader: the threads that read the source of a tree: what the options mean for a walk through
 * it (source_priv.h), and how a divided walk gets a thread. See tree_priv.h. */
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "tree_priv.h"

/* Files of at least so many bytes are copied by the engines, one after the other. For smaller
 * ones that costs more than it gains. */
#define ENGINE_SIZE (4u << 20)

/* Smaller files are cloned only with --reflink=always. A clone costs as much CPU time as a copy
 * of 16 KiB, but a copy is also written to the device: see bench/README. */
#define CLONE_SIZE 4096u

/* With --sparse=always no smaller file gets holes. */
#define SMALLEST_HOLE 4096u

struct tree_reader *tree_reader_new(struct tree *t)
{
    struct tree_reader *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->tree = t;
    r->shared_files = calloc(t->n_shared_files, sizeof(*r->shared_files));
    if (r->shared_files)
        return r;
    free(r);
    return NULL;
}

void tree_reader_free(struct tree_reader *r)
{
    if (r)
        free(r->shared_files);
    free(r);
}

/* ---- what a walk asks and reports ---- */

static void on_source_failed(void *arg, const char *path, const struct failure *f)
{
    const struct tree_reader *r = arg;

    if (f->op && strcmp(f->op, "read") == 0) /* a damaged disk has no time to spare */
        tree_ahead_stop(r->tree);
    message_queue_put(r->tree->messages, tree_who_is_source(r->tree), path, f);
}

/* An attribute that could not be read is missing at all destinations. */
static void on_source_attrs_failed(void *arg, const char *path, const struct failure *f)
{
    const struct tree_reader *r = arg;
    struct tree *t = r->tree;

    message_queue_put(t->messages, tree_who_for_attrs(t, t->copy->n_dests), path, f);
}

static void on_zeroed(void *arg, const char *path, uint64_t offset, uint64_t length, int err)
{
    const struct tree_reader *r = arg;
    const struct tree_zeroed zeroed = {offset, length, err};

    message_queue_put_note(r->tree->messages, tree_who_for_zeros(r->tree), path, &zeroed,
                           sizeof(zeroed));
}

static void on_read(void *arg, uint64_t bytes)
{
    struct tree_reader *r = arg;

    atomic_fetch_add(&r->tree->read_bytes, bytes);
    atomic_fetch_add(&r->steps, 1);
}

bool tree_is_target(void *arg, const struct stat *st)
{
    const struct tree_reader *r = arg;
    struct tree *t = r->tree;

    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        const struct tree_dest_view *v = &t->writers[d].view;

        if (atomic_load(&v->has_root) && v->root_dev == st->st_dev && v->root_ino == st->st_ino)
            return true;
    }
    return false;
}

/* Clears the bit, so that another file can have the number. */
static bool on_is_wanted(void *arg, unsigned offer)
{
    struct tree_reader *r = arg;
    uint64_t bit = UINT64_C(1) << (offer % 64);

    atomic_store(&r->comparing[offer], 0); /* of a writer that was given up */
    return atomic_fetch_and(&r->wanted[offer / 64], ~bit) & bit;
}

static bool on_is_compared(void *arg, unsigned offer)
{
    struct tree_reader *r = arg;

    return atomic_load(&r->comparing[offer]) > 0;
}

static void on_hashed(void *arg, const char *path, const struct digest_values *values)
{
    const struct tree_reader *r = arg;

    message_queue_put_note(r->tree->messages, tree_who_is_source(r->tree), path, values,
                           sizeof(*values));
}

/* Only the first walk has such files. */
static bool on_copy(void *arg, int fd, const char *path, struct digest_values *ret_hashes)
{
    const struct tree_reader *r = arg;

    return handover_copy(&r->tree->handover, fd, path, ret_hashes);
}

/* From which size on the engines copy files: because these are big, or because only the engines
 * can do what the options ask for. */
static uint64_t copy_size(const struct options *o)
{
    if (o->direct == WHEN_ALWAYS || o->reflink == WHEN_ALWAYS)
        return 0;
    return o->sparse == WHEN_ALWAYS ? SMALLEST_HOLE : ENGINE_SIZE;
}

/* From which size on files are cloned where that is possible. */
static uint64_t clone_size(const struct options *o)
{
    if (o->read_zeros || o->reflink == WHEN_NEVER || o->sparse != WHEN_AUTO)
        return UINT64_MAX;
    return o->reflink == WHEN_ALWAYS ? 0 : CLONE_SIZE;
}

static enum tree_source_clones on_clones(void *arg, dev_t dev)
{
    const struct tree_reader *r = arg;
    struct tree *t = r->tree;
    bool all = true, any = false;

    if (tree_clones_all(t->o))
        return CLONED_BY_ALL;
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct tree_dest_view *v = &t->writers[d].view;

        all &= plan_is_path(t->copy, d);
        if (!plan_is_path(t->copy, d) || stream_left(t->stream, d) ||
            stream_lane(t->stream, d) != r->lane)
            continue;
        all &= atomic_load(&v->clones) == dev + 1;
        any |= atomic_load(&v->clones_not) != dev + 1;
    }
    return all ? CLONED_BY_ALL : any ? CLONED_BY_SOME : CLONED_BY_NOBODY;
}

/* Whether the reader reads the bytes of such a regular file, as far as that is known before. */
static bool reads(struct tree_reader *r, const struct stat *st)
{
    const struct options *o = r->tree->o;
    uint64_t size = (uint64_t)st->st_size;

    return size > 0 && size < copy_size(o) &&
           (size < clone_size(o) || on_clones(r, st->st_dev) != CLONED_BY_ALL);
}

/* Whether files are offered first. With --interactive the question comes with the file itself,
 * unless that was compared. */
static bool offers(const struct options *o)
{
    if (o->link || o->symbolic_link)
        return false;
    return o->standing.checksum ||
           ((o->standing.update != UPDATE_ALL || o->resume) && !o->standing.ask);
}

/* ---- a walk that waits ---- */

static void on_passed(void *arg)
{
    const struct tree_reader *r = arg;

    tree_ahead_passed(r->tree);
}

static void on_waits(void *arg)
{
    tree_ahead_begin(arg, tree_is_target, reads);
}

/* Whether somebody may read the source ahead of the reader: not what it may not read itself, or not so
 * fast, or not twice. */
static bool may_be_read_ahead(const struct tree_reader *r)
{
    const struct options *o = r->tree->o;

    return !r->rest && tree_counts(o) && !offers(o) && copy_size(o) > 0 && !o->bwlimit &&
           !o->read_zeros && !*tree_subpath(r->tree) && !r->tree->copy->contents;
}

/* ---- a divided walk ---- */

/* Divides the stream for the reader r, whose thread waits for that. False: that was not
 * possible, and the thread has left. */
static bool start_reader(struct tree *t, unsigned lane, uint64_t position,
                         struct tree_reader *r)
{
    bool divided;

    pthread_mutex_lock(&t->lock);
    divided = stream_divide(t->stream, lane, position, &r->lane);
    if (divided)
        t->readers[r->lane] = r;
    r->start = divided ? START_NOW : START_CANCELLED;
    pthread_cond_broadcast(&t->start_changed);
    while (r->start == START_CANCELLED)
        pthread_cond_wait(&t->start_changed, &t->lock);
    pthread_mutex_unlock(&t->lock);
    return divided;
}

/* False: the reader does not start, and must not be looked at any more. */
static bool await_start(struct tree *t, struct tree_reader *r)
{
    bool starts;

    pthread_mutex_lock(&t->lock);
    while (r->start == START_UNDECIDED)
        pthread_cond_wait(&t->start_changed, &t->lock);
    starts = r->start == START_NOW;
    if (!starts)
        r->start = START_LEFT;
    pthread_cond_broadcast(&t->start_changed);
    pthread_mutex_unlock(&t->lock);
    return starts;
}

/* The thread comes first: once the stream is divided, the slow consumers need it. */
static struct shared_file *on_divide(void *arg, struct tree_source_rest *rest,
                                     uint64_t position)
{
    struct tree_reader *from = arg, *r = tree_reader_new(from->tree);
    struct tree *t = from->tree;
    struct shared_file *shared_files;

    if (!r)
        return NULL;
    r->rest = rest;
    for (unsigned i = 0; i < RECORD_MAX_OFFER / 64 + 1; i++)
        atomic_store(&r->wanted[i], atomic_load(&from->wanted[i]));
    shared_files = r->shared_files;
    r->shared_files = from->shared_files;
    if (thread_start(tree_read_source, r) == 0 && start_reader(t, from->lane, position, r)) {
        from->shared_files = shared_files;
        tree_wake_main(t);
        return shared_files;
    }
    r->shared_files = shared_files;
    tree_reader_free(r);
    return NULL;
}

static enum tree_source_links made_of_files(const struct options *o)
{
    if (o->link)
        return TREE_SOURCE_HARD_LINKS;
    return o->symbolic_link ? TREE_SOURCE_SYMLINKS : TREE_SOURCE_COPIES;
}

void *tree_read_source(void *arg)
{
    struct tree_reader *r = arg;
    struct tree *t = r->tree;
    const struct options *o = t->o;
    bool no_engines = r->rest || t->no_engines;
    struct tree_source source = {
        .path = t->root,
        .subpath = tree_subpath(t),
        .choice = {.filter = o->filter, .names = o->names, .meets = true},
        .inventory = t->inventory,
        .follow = tree_follow_of(t),
        .contents = t->copy->contents,
        .make = made_of_files(o),
        .one_file_system = o->one_file_system,
        .keep_links = o->preserve_links,
        .preserve = o->preserve,
        .offer = offers(o),
        .offer_attrs = o->resume && !o->standing.checksum && attrs_any(&o->preserve),
        .compare = o->standing.checksum,
        .no_data = o->attributes_only,
        .allow_changed = o->allow_changed,
        .read_zeros = o->read_zeros,
        .read_retries = o->read_retries,
        .hashes = o->hashes,
        .rate = &t->rate,
        .max_read = (size_t)options_max_request(o),
        .clone_size = clone_size(o),
        .n_shared_files = t->n_shared_files,
        .clones = on_clones,
        .stream = t->stream,
        .links = &t->links->met,
        .steps = &r->steps,
        .arg = r,
        .failed = on_source_failed,
        .attrs_failed = on_source_attrs_failed,
        .zeroed = on_zeroed,
        .read = on_read,
        .passed = on_passed,
        .waits = may_be_read_ahead(r) ? on_waits : NULL,
        .is_target = tree_is_target,
        .is_wanted = on_is_wanted,
        .is_compared = on_is_compared,
        .copy = on_copy,
        .hashed = on_hashed,
        .divide = on_divide,
    };

    if (r->rest && !await_start(t, r))
        return NULL;
    source.lane = r->lane;
    source.shared_files = r->shared_files;
    /* The engines copy one file at a time: for the consumers of the first walk. */
    source.copy_size = no_engines ? UINT64_MAX : copy_size(o);
    source.holes = !no_engines               ? TREE_SOURCE_COPY_HOLES
                   : o->sparse == WHEN_NEVER ? TREE_SOURCE_READ_HOLES
                                             : TREE_SOURCE_RECORD_HOLES;
    atomic_store(&r->error,
                 r->rest ? tree_source_resume(r->rest, &source) : tree_source_walk(&source));
    tree_thread_over(t, &r->over);
    return NULL;
}
