/* writer: the thread that makes a destination of a tree. See tree_priv.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tree_priv.h"

/* Entries of a destination that wait for their names until they are on stable storage. */
#define MAX_UNNAMED 256u

static void busy(struct tree_writer *m, bool is_busy)
{
    atomic_store(&m->busy_since, is_busy ? clock_now_ms() : 0);
}

static void on_failed(void *arg, const char *path, const struct failure *f)
{
    struct tree_writer *m = arg;

    message_queue_put(m->tree->notices, m->d, path, f);
}

static void on_attrs_failed(void *arg, const char *path, const struct failure *f)
{
    struct tree_writer *m = arg;

    message_queue_put(m->tree->notices, tree_who_for_attrs(m->tree, m->d), path, f);
}

/* One question at a time; nobody hangs who waits for the answer. */
static bool on_ask(void *arg, const char *path, const struct existing_case *c)
{
    struct tree_writer *m = arg;
    struct tree *t = m->tree;
    bool yes;

    busy(m, false);
    pthread_mutex_lock(&t->lock);
    while (t->question.path && !t->question.closed)
        pthread_cond_wait(&t->answered, &t->lock);
    if (!t->question.closed) {
        t->question.path = path;
        t->question.about = *c;
        t->question.is_answered = false;
        tree_tell_news(t);
    }
    while (!t->question.is_answered && !t->question.closed)
        pthread_cond_wait(&t->answered, &t->lock);
    yes = t->question.is_answered && t->question.yes;
    t->question.path = NULL;
    pthread_cond_broadcast(&t->answered);
    pthread_mutex_unlock(&t->lock);
    busy(m, true);
    return yes;
}

static void on_wanted(void *arg, unsigned offer)
{
    struct tree_writer *m = arg;
    struct tree_reader *c = tree_reader_of(m->tree, m->d);

    atomic_fetch_or(&c->wanted[offer / 64], UINT64_C(1) << (offer % 64));
}

/* A notice of no failure. */
static void on_made(void *arg, const char *path)
{
    static const struct failure none = {.err = 0};
    struct tree_writer *m = arg;

    message_queue_put(m->tree->notices, m->d, path, &none);
}

static bool on_given_up(void *arg)
{
    struct tree_writer *m = arg;

    return stream_left(m->tree->stream, m->d);
}

static int open_target(struct tree_writer *m)
{
    const struct options *o = m->tree->o;
    struct tree_dest_request request = {
        .path = m->root,
        .inplace = o->inplace,
        .force = o->force,
        .attributes_only = o->attributes_only,
        .keep_directory_symlink = o->keep_directory_symlink,
        .partial = o->partial,
        .durable = o->fsync,
        .umask = m->tree->umask,
        .plain_mode = o->plain_mode,
        .preserve = o->preserve,
        .source = o->link ? m->tree->root : NULL,
        .follow = tree_follow_of(m->tree),
        .keep_links = o->preserve_links,
        .remove_existing = options_make_anew(o),
        .backup = o->backup,
        .must_clone = tree_clones_all(o),
        .max_unnamed = tree_some_descriptors(m->tree->copy->n_dests + 1, MAX_UNNAMED),
        .existing = &m->tree->standing,
        .links = &m->tree->links->dests[m->d],
        .label = m->tree->copy->label ? m->tree->copy->label : "",
        .view = &m->view,
        .arg = m,
        .failed = on_failed,
        .attrs_failed = on_attrs_failed,
        .ask = on_ask,
        .wanted = on_wanted,
        .made = o->verbose ? on_made : NULL,
        .given_up = on_given_up,
    };

    return tree_dest_open(&m->target, &request, &m->failure);
}

/* Deals with the next record: with a copy of all but its data, because nobody waits for a
 * destination that hangs, and the record may be gone when that has come back. False: there is
 * none, or *ret_error says why none is dealt with any more. */
static bool take_record(struct tree_writer *m, int *ret_error)
{
    struct stream *s = m->tree->stream;
    const struct record *r = stream_take(s, m->d);
    const void *data;
    size_t size;

    if (!r)
        return false;
    busy(m, true);
    data = record_data(r);
    size = (size_t)((const char *)data - (const char *)r);
    if (size > m->record_room) {
        free(m->record);
        m->record_room = 2 * size;
        m->record = malloc(m->record_room);
    }
    if (!m->record) {
        *ret_error = failure_set(&m->failure, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
        return false;
    }
    memcpy(m->record, r, size);
    if (stream_left(s, m->d))
        return false;
    *ret_error = tree_dest_apply(m->target, m->record, data, &m->failure);
    busy(m, false);
    return *ret_error == 0;
}

void *tree_make_copy(void *arg)
{
    struct tree_writer *m = arg;
    struct stream *s = m->tree->stream;
    bool all, stopped;
    int error;

    busy(m, true);
    error = open_target(m);
    busy(m, false);
    while (error == 0 && take_record(m, &error))
        ;
    all = error == 0 && stream_had_all(s, m->d);
    stopped = stream_stopped(s);
    stream_leave(s, m->d);
    busy(m, true);
    if (error == 0)
        error = tree_dest_end(m->target, stopped, &m->failure);
    /* Who wants an end waits for no storage. */
    m->complete = all && error == 0 && !(stopped && m->tree->o->fsync);
    if (m->target)
        tree_dest_close(m->target);
    free(m->record);
    busy(m, false);
    tree_tell_over(m->tree, &m->over);
    return NULL;
}
