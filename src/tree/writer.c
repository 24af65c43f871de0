/* writer: the thread that makes one destination of a tree. It takes records from the stream and
 * applies them. See tree_priv.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tree_priv.h"
#include "verify/verify.h"

/* Entries of a destination that may wait for their names, each with a descriptor. */
#define MAX_UNNAMED 256u

/* A busy writer hangs when it stays busy for too long (watchdog.c). */
static void set_busy(struct tree_writer *w, bool is_busy)
{
    atomic_store(&w->busy_since, is_busy ? clock_running_ms() : 0);
}

static void on_failed(void *arg, const char *path, const struct failure *f)
{
    struct tree_writer *w = arg;

    message_queue_put(w->tree->messages, w->d, path, f);
}

static void on_attrs_failed(void *arg, const char *path, const struct failure *f)
{
    struct tree_writer *w = arg;

    message_queue_put(w->tree->messages, tree_who_for_attrs(w->tree, w->d), path, f);
}

/* A writer that waits for the user does not hang. */
static bool on_ask(void *arg, const char *path, const struct existing_case *c)
{
    struct tree_writer *w = arg;
    bool yes;

    set_busy(w, false);
    yes = questions_ask(&w->tree->questions, path, c);
    set_busy(w, true);
    return yes;
}

/* The record may bring a whole file: what is read shows that the writer does not hang. */
static void on_read(void *arg, uint64_t bytes)
{
    struct tree_writer *w = arg;

    atomic_fetch_add(&w->tree->read_bytes, bytes);
    set_busy(w, true);
}

static void on_wanted(void *arg, unsigned offer)
{
    struct tree_writer *w = arg;
    struct tree_reader *r = tree_reader_of(w->tree, w->d);

    atomic_fetch_or(&r->wanted[offer / 64], UINT64_C(1) << (offer % 64));
}

static void on_compares(void *arg, unsigned offer)
{
    struct tree_writer *w = arg;

    atomic_fetch_add(&tree_reader_of(w->tree, w->d)->comparing[offer], 1);
}

static void on_compared(void *arg, unsigned offer)
{
    struct tree_writer *w = arg;

    atomic_fetch_sub(&tree_reader_of(w->tree, w->d)->comparing[offer], 1);
}

/* A message without a failure: the entry was made. */
static void on_made(void *arg, const char *path)
{
    static const struct failure none = {.err = 0};
    struct tree_writer *w = arg;

    message_queue_put(w->tree->messages, w->d, path, &none);
}

/* A file is complete: it is to be read back. */
static void on_complete(void *arg, const char *path, const struct made_id *id, uint64_t size,
                        const struct stat *st, const struct block_hashes *hashes)
{
    struct tree_writer *w = arg;
    const struct plan_copy *copy = w->tree->copy;
    char *source = tree_source_of(w->tree, w->d, path);
    const struct verify_file f = {.copy = copy->number,
                                  .source = source ? source : "",
                                  .dest = path,
                                  .dev = id->dev,
                                  .ino = id->ino,
                                  .source_st = st,
                                  .length = size,
                                  .whole = true,
                                  .many = true,
                                  .hashes = hashes};

    set_busy(w, false); /* a temporary file has a time limit of its own */
    verify_add(copy->verify, w->d, &f);
    verify_add_source(copy->verify, &f);
    set_busy(w, true);
    free(source);
}

/* A further name: what it names is read back once, but it has to be that. */
static void on_linked(void *arg, const char *path, const struct made_id *id,
                      const struct stat *st)
{
    struct tree_writer *w = arg;
    const struct plan_copy *copy = w->tree->copy;
    const struct verify_file f = {.copy = copy->number,
                                  .source = "",
                                  .dest = path,
                                  .dev = id->dev,
                                  .ino = id->ino,
                                  .source_st = st,
                                  .many = true,
                                  .is_link = true};

    set_busy(w, false); /* as above */
    verify_add(copy->verify, w->d, &f);
    set_busy(w, true);
}

static bool on_given_up(void *arg)
{
    struct tree_writer *w = arg;

    return stream_left(w->tree->stream, w->d);
}

/* Opens a destination that is a command or standard output. */
static int open_stream(struct tree_writer *w, const struct tree_dest_request *request)
{
    const struct plan_copy *copy = w->tree->copy;
    const struct target_request place = {
        .path = copy->dests[w->d],
        .end = copy->ends[w->d].end,
        .command = copy->ends[w->d].command,
        .quiet = options_needs_output(w->tree->o),
        .source_fd = -1,
    };

    return tree_pax_open(&w->pax, request, &place, copy->top, &w->failure);
}

static int open_dest(struct tree_writer *w)
{
    const struct options *o = w->tree->o;
    struct tree_dest_request request = {
        .path = w->root,
        .inplace = o->inplace,
        .force = o->force,
        .attributes_only = o->attributes_only,
        .allow_changed = o->allow_changed,
        .keep_directory_symlink = o->keep_directory_symlink,
        .owns_directories = o->keep_directory_symlink && o->delete_extra,
        .partial = o->partial,
        .durable = o->fsync,
        .max_write = (size_t)options_max_request(o),
        .umask = w->tree->umask,
        .plain_mode = o->plain_mode,
        .preserve = o->preserve,
        .source = o->link ? w->tree->root : NULL,
        .follow = tree_follow_of(w->tree),
        .keep_links = o->preserve_links,
        .remove_existing = options_make_anew(o),
        .backup = o->backup,
        .must_clone = tree_clones_all(o),
        .max_unnamed = tree_descriptor_share(w->tree->copy->n_dests + 1, MAX_UNNAMED),
        .existing = &w->tree->existing,
        .made_files = w->tree->copy->made,
        .merges = w->tree->copy->merges,
        .spare_links = o->cp && o->preserve_links,
        .links = &w->tree->links->dests[w->d],
        .inventory = w->tree->inventory,
        .label = w->tree->copy->label ? w->tree->copy->label : "",
        .view = &w->view,
        .arg = w,
        .failed = on_failed,
        .attrs_failed = on_attrs_failed,
        .ask = on_ask,
        .read = on_read,
        .wanted = on_wanted,
        .compares = on_compares,
        .compared = on_compared,
        .made = o->verbose ? on_made : NULL,
        .complete = w->tree->copy->verify ? on_complete : NULL,
        .linked = on_linked,
        .given_up = on_given_up,
    };

    return plan_is_path(w->tree->copy, w->d) ? tree_dest_open(&w->dest, &request, &w->failure)
                                             : open_stream(w, &request);
}

/* 0, or a negative errno and w->failure says why the destination has failed. */
static int apply(struct tree_writer *w, const void *data)
{
    return w->pax ? tree_pax_apply(w->pax, w->record, data, &w->failure)
                  : tree_dest_apply(w->dest, w->record, data, &w->failure);
}

/* all: every record was applied. As apply(). */
static int end(struct tree_writer *w, bool all, bool stopped)
{
    return w->pax ? tree_pax_end(w->pax, all && !stopped, &w->failure)
                  : tree_dest_end(w->dest, stopped, &w->failure);
}

/* Applies the next record. It is copied first, except its data: while this writer hangs, it may
 * be given up, and the stream reuses the record's memory. False: there is no record, or
 * *ret_error says why the destination has failed. */
static bool apply_next(struct tree_writer *w, int *ret_error)
{
    struct stream *s = w->tree->stream;
    const struct record *r = stream_take(s, w->d);
    const void *data;
    size_t size;

    if (!r)
        return false;
    set_busy(w, true);
    data = record_data(r);
    size = (size_t)((const char *)data - (const char *)r);
    if (size > w->record_room) {
        free(w->record);
        w->record_room = 2 * size;
        w->record = malloc(w->record_room);
    }
    if (!w->record) {
        *ret_error = failure_set(&w->failure, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
        return false;
    }
    memcpy(w->record, r, size);
    if (stream_left(s, w->d))
        return false;
    *ret_error = apply(w, data);
    set_busy(w, false);
    return *ret_error == 0;
}

void *tree_make_copy(void *arg)
{
    struct tree_writer *w = arg;
    struct stream *s = w->tree->stream;
    bool all, stopped;
    int error;

    set_busy(w, true);
    error = open_dest(w);
    set_busy(w, false);
    while (error == 0 && apply_next(w, &error))
        ;
    all = error == 0 && stream_had_all(s, w->d);
    stopped = stream_stopped(s);
    stream_leave(s, w->d);
    set_busy(w, true);
    if (error == 0)
        error = end(w, all, stopped);
    if (w->pax && stream_stopped(s)) { /* its command was ended for that: see stop.c */
        w->failure.err = 0;
        all = false;
    }
    /* After a stop nothing is flushed. */
    w->complete = all && error == 0 && !(stopped && w->tree->o->fsync);
    if (w->dest)
        tree_dest_close(w->dest);
    if (w->pax)
        tree_pax_close(w->pax);
    free(w->record);
    set_busy(w, false);
    tree_thread_over(w->tree, &w->over);
    return NULL;
}
