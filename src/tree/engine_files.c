/* engine_files: files that go through the engines, one at a time, while the first reader and
 * its writers wait. A session copies such a file (session_run_file()). Hence the main thread
 * may use what is the writers' meanwhile. See main_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "main_priv.h"

/* The file that is being copied. A call of the session that hangs may go on when the reader and
 * the writer are over, and have freed and closed what is theirs. So all that the session gets is
 * here, or a copy of it. */
struct engine_file {
    struct tree_main *m;
    int fd;        /* of the source; the session takes it over */
    char *path;    /* of the source */
    bool readable; /* the source had no failure */
    struct digest_values hashes;
    bool ended; /* the session has said what became of the file */
    /* Those destinations that it goes to, in the order of the session. */
    unsigned n;
    unsigned *dests;                 /* their numbers */
    struct target_request *requests; /* with names and directories that are owned here */
    struct made_id *ids;             /* what the file has become */
    char **paths;                    /* for people; the writers', and no call gets them */
};

static void on_progress(void *arg, const struct copy_status *file, bool asked)
{
    const struct engine_file *e = arg;
    struct copy_status *st = &e->m->status;

    tree_main_update_status(e->m);
    st->read_bytes += file->read_bytes;
    st->engine = file->engine;
    tree_begin_totals(e->m);
    for (unsigned i = 0; i < file->n_dests; i++) {
        struct dest_status *ds = &st->dests[e->dests[i]];

        ds->bytes += file->dests[i].bytes;
        ds->resumed += file->dests[i].resumed;
    }
    report_progress(st, asked);
}

/* ---- what became of the file ---- */

/* Takes over the result of destination i of the session. */
static void take_result(const struct engine_file *e, const struct copy_status *status,
                        unsigned i)
{
    const struct dest_status *file = &status->dests[i];
    struct tree_main *m = e->m;
    unsigned d = e->dests[i];
    struct tree_dest *dest = m->tree->writers[d].dest;

    for (unsigned k = 0; k < file->n_attribute_failures; k++)
        tree_main_failed(m, tree_who_for_attrs(m->tree, d), file->path,
                         &file->attribute_failures[k]);
    if (file->attributes_lost)
        atomic_store(&m->tree->writers[d].view.attrs_lost, true);
    atomic_fetch_add(&m->tree->writers[d].view.written, file->written);
    if (file->state == DEST_DONE) {
        tree_dest_copied(dest, file->bytes, file->resumed, &e->ids[i]);
        tree_main_made(m, d, file->path);
        report_method(status, i);
    }
    if (file->state != DEST_DONE && !file->by_source && file->failure.err != EINTR)
        tree_main_failed(m, d, file->path, &file->failure);
    m->dests[d].kept += file->kept;
    if (file->failure.err == ETIMEDOUT) {
        tree_main_give_up(m, d);
        tree_main_fail_dest(m, d, &file->failure);
    }
}

static bool takes_time(const struct dest_status *ds)
{
    return ds->state == DEST_DONE && !ds->skipped;
}

/* How many seconds after the first destination this one was complete, if it was slow: detached,
 * or more than twice as long. Else 0. */
static double lag_of(const struct dest_status *ds, double first)
{
    bool slow = takes_time(ds) && (ds->detached || ds->done_after > 2 * first);

    return slow ? ds->done_after - first : 0;
}

/* Reports the lags to the stream, which may detach slow destinations. */
static void note_lags(const struct engine_file *e, const struct copy_status *file)
{
    double first = file->seconds, most = 0;

    for (unsigned i = 0; i < file->n_dests; i++)
        if (takes_time(&file->dests[i]) && file->dests[i].done_after < first)
            first = file->dests[i].done_after;
    for (unsigned i = 0; i < file->n_dests; i++)
        if (lag_of(&file->dests[i], first) > most)
            most = lag_of(&file->dests[i], first);
    for (unsigned i = 0; i < file->n_dests; i++)
        stream_owe(e->m->tree->stream, e->dests[i],
                   (int64_t)(1000 * (2 * lag_of(&file->dests[i], first) - most)));
}

static void on_ended(void *arg, const struct copy_status *file)
{
    struct engine_file *e = arg;
    struct tree_main *m = e->m;
    struct failure changed;

    e->ended = true;
    m->status.engine = file->engine;
    m->status.workers = file->workers;
    m->status.chunk_size = file->chunk_size;
    m->status.queue_depth = file->queue_depth;
    atomic_fetch_add(&m->tree->read_bytes, file->read_bytes);
    atomic_fetch_add(&m->tree->readers[0]->steps, 1);
    e->readable = file->source_failure.err == 0;
    e->hashes = file->hashes;
    note_lags(e, file);
    for (size_t i = 0; file->bad && i < file->bad->n; i++)
        tree_main_zeroed(m, file->source, file->bad->v[i].offset, file->bad->v[i].length,
                         file->bad->v[i].err);
    if (file->source_failure.err)
        tree_main_failed(m, tree_who_is_source(m->tree), file->source, &file->source_failure);
    if (file->n_changed > 0) {
        failure_set(&changed, "check", ESTALE, FAILURE_NO_OFFSET, TREE_CHANGED);
        changed.warning = true;
        tree_main_failed(m, tree_who_is_source(m->tree), file->source, &changed);
    }
    for (unsigned i = 0; i < file->n_dests; i++)
        take_result(e, file, i);
}

/* ---- the copy ---- */

/* Whether destination d takes the file, as those of the first reader do; and how. A writer that
 * has failed leaves the stream before it closes the destination. */
static bool takes(const struct tree_main *m, unsigned d, struct target_request *ret_request,
                  const char **ret_path)
{
    const struct tree_writer *w = &m->tree->writers[d];

    return !m->dests[d].given_up && !stream_left(m->tree->stream, d) &&
           stream_lane(m->tree->stream, d) == 0 &&
           tree_dest_copy_request(w->dest, ret_request, ret_path);
}

/* Makes the request independent of the writer. 0, or a negative errno. */
static int own_place(struct target_request *request)
{
    char *name = strdup(request->path);
    int fd = name ? fcntl(request->dir_fd, F_DUPFD_CLOEXEC, 0) : -1;

    if (fd < 0) {
        int r = name ? -errno : -ENOMEM;

        free(name);
        return r;
    }
    request->path = name;
    request->dir_fd = fd;
    return 0;
}

/* Destination d misses the file. */
static void fail_dest(struct tree_main *m, unsigned d, const char *path, int err)
{
    struct failure f;

    failure_set(&f, "copy", err, FAILURE_NO_OFFSET, NULL);
    tree_main_failed(m, d, path, &f);
}

static void collect_dests(struct engine_file *e)
{
    for (unsigned d = 0; d < e->m->status.n_dests; d++) {
        struct target_request *request = &e->requests[e->n];
        const char *path;
        int r;

        if (!takes(e->m, d, request, &path))
            continue;
        r = own_place(request);
        if (r < 0) {
            fail_dest(e->m, d, path, -r);
            continue;
        }
        e->paths[e->n] = (char *)(uintptr_t)path;
        e->dests[e->n++] = d;
    }
}

/* There is no memory for the copy: all destinations miss the file. */
static void fail_file(struct tree_main *m)
{
    struct target_request request;
    const char *path;

    for (unsigned d = 0; d < m->status.n_dests; d++)
        if (takes(m, d, &request, &path))
            fail_dest(m, d, path, ENOMEM);
}

/* Runs the session. Takes e->fd over, and makes it -1, if it can begin. True: threads of the session hang, and may still look at
 * what *e leads to. */
static bool run_session(struct engine_file *e)
{
    struct tree_main *m = e->m;
    const struct plan_copy copy = {.source = e->path,
                                   .dests = e->paths,
                                   .n_dests = e->n,
                                   .made = m->tree->copy->made,
                                   .verify = m->tree->copy->verify,
                                   .number = m->tree->copy->number,
                                   .lanes = e->dests};
    const struct session_file file = {.fd = e->fd,
                                      .targets = e->requests,
                                      .ret_ids = e->ids,
                                      .rate = &m->tree->rate,
                                      .arg = e,
                                      .progress = on_progress,
                                      .ended = on_ended};
    struct session_result result = {.exit_status = 0};

    session_run_file(m->tree->o, &copy, &file, m->signal_fd, &result);
    if (e->ended)
        e->fd = -1;
    m->abandoned |= result.abandoned;
    if (result.signal && !m->signal) {
        m->signal = result.signal;
        m->late_signal = true;
        tree_main_stop(m);
    }
    return result.abandoned;
}

/* Frees what *e owns. */
static void release(struct engine_file *e)
{
    for (unsigned i = 0; i < e->n; i++) {
        free((char *)(uintptr_t)e->requests[i].path);
        (void)fd_close(&e->requests[i].dir_fd);
    }
    free(e->requests);
    free(e->ids);
    free(e->dests);
    free(e->paths);
    free(e->path);
}

/* Takes *fd over, and makes it -1, if the file goes to any destination. False: the file could
 * not be read. *ret_hashes: its hashes, if they were made. */
static bool copy_file(struct tree_main *m, int *fd, const char *path,
                      struct digest_values *ret_hashes)
{
    unsigned n = m->status.n_dests;
    struct engine_file e = {.m = m, .fd = *fd, .path = strdup(path), .readable = true};
    bool hangs = false, memory;

    e.dests = calloc(n, sizeof(*e.dests));
    e.requests = calloc(n, sizeof(*e.requests));
    e.ids = calloc(n, sizeof(*e.ids));
    e.paths = calloc(n, sizeof(*e.paths));
    memory = e.path && e.dests && e.requests && e.ids && e.paths;
    if (memory)
        collect_dests(&e);
    if (e.n > 0)
        hangs = run_session(&e);
    *fd = e.fd;
    *ret_hashes = e.hashes;
    if (!memory || (e.n > 0 && !e.ended))
        fail_file(m);
    if (!hangs)
        release(&e);
    return e.readable;
}

void tree_main_copy_handed_over(struct tree_main *m)
{
    struct digest_values hashes = {.algorithms = 0};
    const char *path;
    bool readable = true;
    int fd;

    if (!handover_take(&m->tree->handover, &fd, &path))
        return;
    tree_main_take_messages(m); /* of entries that came before */
    if (!m->stopping)
        readable = copy_file(m, &fd, path, &hashes);
    tree_main_restart_clocks(m);
    handover_finish(&m->tree->handover, fd, readable, &hashes);
}
