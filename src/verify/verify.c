#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/thread.h"
#include "verify_priv.h"

/* Hashes that are copied at a time. */
#define SOME 256u

unsigned verify_n_lanes(const struct verify *v)
{
    return v->config.n_dests + v->config.source;
}

static unsigned choose_depth(const struct verify *v)
{
    uint64_t units = v->config.memory / UNIT / (verify_n_lanes(v) ? verify_n_lanes(v) : 1);

    return units < 1 ? 1 : units > MAX_DEPTH ? MAX_DEPTH : (unsigned)units;
}

int verify_create(const struct verify_config *config, struct verify **ret_verify)
{
    struct verify *v = calloc(1, sizeof(*v));
    bool good = v;

    if (!v)
        return -ENOMEM;
    v->config = *config;
    v->depth = choose_depth(v);
    v->wake_fd = -1;
    pthread_mutex_init(&v->sets_lock, NULL);
    v->lanes = calloc(verify_n_lanes(v), sizeof(*v->lanes));
    for (unsigned i = 0; v->lanes && i < verify_n_lanes(v); i++) {
        struct verify_lane *l = &v->lanes[i];

        l->verify = v;
        l->n = i;
        l->rate.limit = config->bwlimit;
        pthread_mutex_init(&l->lock, NULL);
        good &= spool_init(&l->spool) == 0;
        l->results = calloc(config->n_copies, sizeof(*l->results));
        l->differs = calloc(config->n_copies, sizeof(*l->differs));
        good &= l->results != NULL && l->differs != NULL;
    }
    if (v->lanes && good) {
        *ret_verify = v;
        return 0;
    }
    verify_free(v);
    return -ENOMEM;
}

static void free_result(struct verify_result *r)
{
    for (size_t i = 0; i < r->n_ranges; i++)
        if (i == 0 || r->ranges[i].path != r->ranges[i - 1].path)
            free((char *)(uintptr_t)r->ranges[i].path);
    free(r->ranges);
    free(r->kept_path);
}

void verify_free(struct verify *v)
{
    if (!v)
        return;
    for (unsigned i = 0; v->lanes && i < verify_n_lanes(v); i++) {
        struct verify_lane *l = &v->lanes[i];

        for (unsigned k = 0; l->results && k < v->config.n_copies; k++)
            free_result(&l->results[k]);
        free(l->results);
        free(l->differs);
        free(l->paths);
        inode_set_free(&l->flushed);
        spool_free(&l->spool);
        pthread_mutex_destroy(&l->lock);
    }
    free(v->lanes);
    bad_ranges_free(&v->bad);
    for (unsigned k = 0; k <= VERIFY_KNOWS_ALL; k++)
        inode_set_free(&v->sources[k]);
    inode_set_free(&v->devices);
    inode_set_free(&v->shared);
    pthread_mutex_destroy(&v->sets_lock);
    free(v);
}

/* ---- records ---- */

static int add_hashes(struct verify_lane *l, const struct verify_file *f, uint64_t n)
{
    struct block_hashes *hashes = (struct block_hashes *)(uintptr_t)f->hashes;
    int r = 0;

    for (uint64_t i = 0; i < n && r == 0; i += SOME) {
        struct hash some[SOME];
        size_t part = n - i < SOME ? (size_t)(n - i) : SOME;

        block_hashes_get(hashes, i, some, part);
        r = spool_add(&l->spool, some, part * sizeof(some[0]));
    }
    return r;
}

static int add_record(struct verify_lane *l, const struct verify_file *f,
                      enum verify_known known)
{
    uint32_t block = f->hashes ? block_hashes_size(f->hashes) : 0;
    struct verify_record r;
    int error;

    memset(&r, 0, sizeof(r)); /* the padding, too */
    r.source = verify_stamp_of(f->source_st);
    r.source_relinked = f->source_relinked;
    r.source_once = f->source_once;
    r.map = f->map;
    r.dev = f->dev;
    r.ino = f->ino;
    r.start = f->start;
    r.offset = f->offset;
    r.length = f->length;
    r.n_hashes = block ? (f->length + block - 1) / block : 0;
    r.block = block;
    r.copy = f->copy;
    r.source_len = (uint32_t)strlen(f->source);
    r.dest_len = (uint32_t)strlen(f->dest);
    r.known = known;
    r.whole = f->whole;
    r.many = f->many;
    r.is_link = f->is_link;
    error = spool_add(&l->spool, &r, sizeof(r));
    if (error == 0)
        error = spool_add(&l->spool, f->source, r.source_len + 1);
    if (error == 0)
        error = spool_add(&l->spool, f->dest, r.dest_len + 1);
    return error == 0 ? add_hashes(l, f, r.n_hashes) : error;
}

static void add(struct verify_lane *l, const struct verify_file *f, enum verify_known known)
{
    pthread_mutex_lock(&l->lock);
    if (!l->started) {
        l->lost = l->lost < 0 ? l->lost : add_record(l, f, known);
        l->total_bytes += known == VERIFY_KNOWS_NOTHING ? 0 : f->length;
        l->total_files += !f->is_link;
    }
    pthread_mutex_unlock(&l->lock);
}

/* What is not in the set counts as shared. */
static void note_device(struct verify *v, dev_t dev)
{
    pthread_mutex_lock(&v->sets_lock);
    if (inode_set_add(&v->devices, dev, 0) == 0 && inode_set_add(&v->shared, dev, 0) < 0)
        inode_set_remove(&v->devices, dev, 0);
    pthread_mutex_unlock(&v->sets_lock);
}

void verify_add(struct verify *v, unsigned lane, const struct verify_file *f)
{
    if (!v->config.dests)
        return;
    if (!f->is_link)
        note_device(v, f->dev);
    add(&v->lanes[lane], f, VERIFY_KNOWS_ALL);
}

/* How much of the file was read, and has its hash. */
static enum verify_known how_much(const struct verify_file *f)
{
    struct block_hashes *hashes = (struct block_hashes *)(uintptr_t)f->hashes;
    uint32_t block = hashes ? block_hashes_size(hashes) : 1;
    uint64_t n = (f->length + block - 1) / block, known = 0;

    for (uint64_t i = 0; hashes && i < n; i += SOME) {
        struct hash some[SOME];
        size_t part = n - i < SOME ? (size_t)(n - i) : SOME;

        block_hashes_get(hashes, i, some, part);
        for (size_t k = 0; k < part; k++)
            known += block_hash_known(some[k]);
    }
    return known == n ? VERIFY_KNOWS_ALL : known > 0 ? VERIFY_KNOWS_SOME : VERIFY_KNOWS_NOTHING;
}

void verify_add_source(struct verify *v, const struct verify_file *f)
{
    const struct stat *st = f->source_st;
    struct verify_file source = *f;
    enum verify_known known;

    if (!v->config.source)
        return;
    known = how_much(f);
    if (verify_source_is_noted(v, known, st->st_dev, st->st_ino))
        return;
    pthread_mutex_lock(&v->sets_lock);
    (void)inode_set_add(&v->sources[known], st->st_dev, st->st_ino); /* else it comes twice */
    pthread_mutex_unlock(&v->sets_lock);
    source.dest = f->source;
    source.dev = st->st_dev;
    source.ino = st->st_ino;
    source.offset = f->start;
    source.whole = false;
    if (known == VERIFY_KNOWS_NOTHING)
        source.hashes = NULL;
    add(&v->lanes[v->config.n_dests], &source, known);
}

void verify_total(const struct verify *v, unsigned lane, uint64_t *ret_bytes,
                  uint64_t *ret_files)
{
    *ret_bytes = v->lanes[lane].total_bytes;
    *ret_files = v->lanes[lane].total_files;
}

/* ---- lanes ---- */

/* From now on nothing is added. */
static void close_records(struct verify *v)
{
    for (unsigned i = 0; i < verify_n_lanes(v); i++) {
        struct verify_lane *l = &v->lanes[i];

        pthread_mutex_lock(&l->lock);
        l->started = true;
        v->written += i < v->config.n_dests ? l->total_bytes : 0;
        pthread_mutex_unlock(&l->lock);
    }
}

void verify_start(struct verify *v, struct message_queue *messages, int wake_fd)
{
    v->messages = messages;
    v->wake_fd = wake_fd;
    close_records(v);
    bad_ranges_settle(&v->bad);
    for (unsigned i = 0; i < verify_n_lanes(v); i++) {
        struct verify_lane *l = &v->lanes[i];
        int r;

        atomic_store(&l->moved_at, clock_running_ms());
        r = thread_start(verify_run_lane, l);
        if (r == 0)
            continue;
        for (unsigned k = 0; k < v->config.n_copies; k++) {
            l->results[k].n_failed = 1;
            failure_set(&l->results[k].failure, "start a thread", -r, FAILURE_NO_OFFSET, NULL);
        }
        l->over = true;
        event_signal(wake_fd);
    }
}

void verify_stop(struct verify *v)
{
    atomic_store(&v->stop, true);
}

void verify_look(struct verify *v, unsigned lane, struct verify_view *ret)
{
    struct verify_lane *l = &v->lanes[lane];
    bool over;

    pthread_mutex_lock(&l->lock);
    over = l->over;
    pthread_mutex_unlock(&l->lock);
    *ret = (struct verify_view){
        .over = over,
        .files = atomic_load(&l->files),
        .bytes = atomic_load(&l->bytes),
        .at_source = atomic_load(&l->at_source),
        .flush_bytes = atomic_load(&l->flush_bytes),
    };
    /* After flush_bytes: a flush that has ended since is a move. */
    ret->moved_at = atomic_load(&l->moved_at);
}

bool verify_differs(const struct verify *v, unsigned lane, unsigned copy)
{
    return atomic_load(&v->lanes[lane].differs[copy]);
}

const struct verify_result *verify_result_of(const struct verify *v, unsigned lane,
                                             unsigned copy)
{
    return &v->lanes[lane].results[copy];
}
