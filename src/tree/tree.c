#include "tree.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/path.h"
#include "base/signals.h"
#include "base/thread.h"
#include "cli/prompt.h"
#include "copy/copy.h"
#include "tree_priv.h"

/* The records that wait for the slowest destination: of --memory, and at most so much. */
#define MAX_STREAM (8u << 20)
#define MIN_STREAM (1u << 20) /* two records of the longest kind, and room to spare */

/* Files of the source that are open to be cloned. */
#define MAX_LENTS 64u

/* Of an eighth of the descriptors, those that a walk through the source may have. */
#define COURSE_DESCRIPTORS 16u

/* How many files are named that a full destination has no room for: there may be as many as are
 * still to come. */
#define FULL_LINES 10

static void stop(struct tree *t)
{
    t->stopping = true;
    message_queue_close(t->notices);
    stream_stop(t->stream);
    pthread_mutex_lock(&t->lock);
    t->question.closed = true;
    pthread_cond_broadcast(&t->answered);
    pthread_mutex_unlock(&t->lock);
}

/* Whether nobody wants to read that line, too. */
static bool is_one_too_many(struct tree *t, unsigned who, int err)
{
    struct tree_writer *m = who < t->copy->n_dests ? &t->writers[who] : NULL;

    if (!m || (err != ENOSPC && err != EDQUOT) || t->o->verbose || m->n_full++ < FULL_LINES)
        return false;
    if (m->n_full == FULL_LINES + 1)
        report_error("%s: it is full: what else has no room is only counted (-v names it)",
                     t->copy->dests[who]);
    return true;
}

/* Of what a path at a destination is the copy. The caller frees it; NULL without memory. */
static char *source_of(const struct tree *t, unsigned d, const char *path)
{
    const char *below = path + path_end(t->writers[d].root);
    size_t root_len = *below ? path_end(t->root) : strlen(t->root);
    char *source;

    return asprintf(&source, "%.*s%s", (int)root_len, t->root, below) < 0 ? NULL : source;
}

/* The destination has made what stands under the path now. */
static void note_made(const struct tree *t, unsigned d, const char *path)
{
    char *source = source_of(t, d, path);

    if (source)
        report_made(source, path);
    free(source);
}

static void say_failed(const struct tree *t, unsigned who, const char *path,
                       const struct failure *f)
{
    char *source;

    if (who == tree_who_is_source(t)) {
        report_source_failure(path, f);
        return;
    }
    source = who < t->copy->n_dests && *path ? source_of(t, who, path) : NULL;
    report_failure(source, path, f);
    free(source);
}

/* The destination that a notice is about; NULL: not a single one. */
static const char *dest_of(const struct tree *t, unsigned who)
{
    unsigned n = t->copy->n_dests, d = who > n ? who - tree_who_for_attrs(t, 0) : who;

    return d < n ? t->copy->dests[d] : NULL;
}

/* Whether another walk has come to the same, as far as it is about the source. */
static bool is_told(struct tree *t, unsigned who, const char *path, const struct failure *f)
{
    struct failure about = *f;

    if (t->max_readers == 1 ||
        (who != tree_who_is_source(t) && who != tree_who_for_attrs(t, t->copy->n_dests)))
        return false;
    if (who == tree_who_is_source(t)) /* the engines say it in their own words */
        (void)failure_set(&about, NULL, f->err, FAILURE_NO_OFFSET, "");
    return reported_before(&t->told, who, path, &about);
}

/* Says what a file failed for, at once: there may be many. */
static void note(struct tree *t, unsigned who, const char *path, const struct failure *f)
{
    unsigned n = t->copy->n_dests;

    if (is_told(t, who, path, f))
        return;
    report_file_failed(t->copy->source, dest_of(t, who), path, f, who > n);
    if (who == tree_who_is_source(t)) {
        if (t->n_source_failed++ == 0)
            t->source_first = *f;
    } else if (who < n) {
        if (t->writers[who].n_failed++ == 0)
            t->writers[who].first = *f;
    } else {
        for (unsigned d = 0; d < n; d++)
            if (who == tree_who_for_attrs(t, d) || who == tree_who_for_attrs(t, n))
                t->writers[d].n_attrs++;
    }
    if (!is_one_too_many(t, who, f->err))
        say_failed(t, who, path, f);
    if (t->o->stop_on_error && !t->stopping && who <= n)
        stop(t);
}

static void take_notices(struct tree *t)
{
    struct queued_message *n;

    while ((n = message_queue_take(t->notices))) {
        if (n->failure.err)
            note(t, n->who, n->path, &n->failure);
        else
            note_made(t, n->who, n->path);
        free(n);
    }
}

static void take_signals(struct tree *t)
{
    int sig;

    while ((sig = signals_next(t->signal_fd)) != 0) {
        if (sig == SIGUSR1) {
            report_progress(&t->status, true);
        } else if (t->signal) {
            t->impatient = true;
        } else {
            t->signal = sig;
            stop(t);
        }
    }
}

/* Nobody waits for this destination any more. */
static void give_up(struct tree *t, struct tree_writer *m)
{
    m->given_up = true;
    t->abandoned = true;
    stream_leave(t->stream, m->d);
}

static void fail_dest(struct tree *t, unsigned d, const struct failure *f)
{
    struct dest_status *ds = &t->status.dests[d];

    if (ds->state == DEST_FAILED)
        return;
    ds->state = DEST_FAILED;
    ds->failure = *f;
    report_dest_failed(&t->status, d);
    if (t->o->stop_on_error && !t->stopping)
        stop(t);
}

/* Drops who does not answer. */
static void check_answers(struct tree *t)
{
    uint64_t now = clock_now_ms(), timeout = options_timeout_ms(t->o);
    struct failure f;

    failure_set(&f, "write", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
    for (unsigned d = 0; timeout && d < t->copy->n_dests; d++) {
        struct tree_writer *m = &t->writers[d];
        const struct tree_reader *c = tree_reader_of(t, d);
        uint64_t since = atomic_load(&m->busy_since), limit = timeout;

        /* What is flushed at the end is everything, and before that it may be. */
        if (atomic_load(&m->view.flushing) ||
            (atomic_load(&c->over) && stream_idle(t->stream, c->lane)))
            limit += copy_flush_allowance_ms(t->status.dests[d].bytes);
        if (m->given_up || atomic_load(&m->over) || since == 0 || now < since + limit)
            continue;
        give_up(t, m);
        fail_dest(t, d, &f);
    }
}

/* Whether a walk hangs: if all its consumers wait for it and it brings nothing. */
static bool hangs(struct tree *t, struct tree_reader *c)
{
    uint64_t now = clock_now_ms(), limit = options_timeout_ms(t->o),
             steps = atomic_load(&c->steps);

    /* Who writes to a FIFO may take his time. */
    if (t->copy->contents && !t->o->has_timeout)
        limit = 0;
    if (atomic_load(&c->over) || !limit || !stream_idle(t->stream, c->lane) ||
        steps != c->idle_steps) {
        c->idle_since = 0;
        c->idle_steps = steps;
    } else if (c->idle_since == 0) {
        c->idle_since = now;
    }
    return c->idle_since != 0 && now - c->idle_since >= limit;
}

static void check_source(struct tree *t)
{
    struct failure f;

    for (unsigned i = 0; i < t->max_readers; i++) {
        struct tree_reader *c = tree_reader_at(t, i);

        if (!c || !hangs(t, c) || t->stopping)
            continue;
        failure_set(&f, "read", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
        t->source_first = f;
        t->n_source_failed++;
        t->abandoned = true;
        stop(t);
    }
}

/* Says once of each destination that it goes its own way. */
static void look_at_lane(struct tree *t, unsigned d)
{
    struct dest_status *ds = &t->status.dests[d];

    if (ds->detached || stream_lane(t->stream, d) == 0)
        return;
    report_verbose("%s: too slow for the others: it is served on its own", ds->path);
    ds->detached = true;
}

/* Brings the status up to date. */
static void look_at_members(struct tree *t)
{
    struct copy_status *st = &t->status;

    st->seconds = (double)(clock_now_ms() - t->began_ms) / 1000;
    st->read_bytes = atomic_load(&t->read_bytes);
    tree_look_at_totals(t);
    for (unsigned d = 0; d < st->n_dests; d++) {
        const struct tree_writer *m = &t->writers[d];
        struct dest_status *ds = &st->dests[d];

        ds->bytes = atomic_load(&m->view.bytes);
        ds->files = atomic_load(&m->view.files);
        ds->files_skipped = atomic_load(&m->view.files_skipped);
        ds->resumed = atomic_load(&m->view.resumed);
        look_at_lane(t, d);
        if (ds->state == DEST_COPYING && atomic_load(&m->over) && m->complete &&
            m->n_failed == 0)
            ds->state = DEST_DONE; /* as far as is known */
    }
}

static void look(struct tree *t)
{
    look_at_members(t);
    for (unsigned d = 0; d < t->copy->n_dests; d++)
        if (atomic_load(&t->writers[d].over) && t->writers[d].failure.err != 0)
            fail_dest(t, d, &t->writers[d].failure);
}

static bool all_over(struct tree *t)
{
    bool over;

    pthread_mutex_lock(&t->lock); /* see tree_tell_over() */
    over = true;
    for (unsigned i = 0; i < t->max_readers; i++)
        over &= !t->readers[i] || atomic_load(&t->readers[i]->over) || t->abandoned;
    for (unsigned d = 0; d < t->copy->n_dests; d++)
        over &= atomic_load(&t->writers[d].over) || t->writers[d].given_up;
    pthread_mutex_unlock(&t->lock);
    return over;
}

/* ---- files for the engines ---- */

static void on_progress(void *arg, const struct copy_status *file, bool asked)
{
    struct tree *t = arg;
    struct copy_status *st = &t->status;

    look_at_members(t);
    st->read_bytes += file->read_bytes;
    st->engine = file->engine;
    tree_begin_totals(t);
    for (unsigned i = 0; i < file->n_dests; i++) {
        struct dest_status *ds = &st->dests[t->copy_writers[i]->d];

        ds->bytes += file->dests[i].bytes;
        ds->resumed += file->dests[i].resumed;
    }
    report_progress(st, asked);
}

/* What became of the file at one destination. */
static void note_copied(struct tree *t, struct tree_writer *m, const struct copy_status *status,
                        unsigned i)
{
    const struct dest_status *file = &status->dests[i];

    for (unsigned k = 0; k < file->n_attribute_failures; k++)
        note(t, tree_who_for_attrs(t, m->d), file->path, &file->attribute_failures[k]);
    if (file->state == DEST_DONE) {
        tree_dest_copied(m->target, file->bytes, file->resumed);
        note_made(t, m->d, file->path);
        report_method(status, i);
    } else if (!file->by_source) {
        tree_dest_not_copied(m->target);
    }
    if (file->state != DEST_DONE && !file->by_source && file->failure.err != EINTR)
        note(t, m->d, file->path, &file->failure);
    m->kept += file->kept;
    if (file->failure.err == ETIMEDOUT) {
        give_up(t, m);
        fail_dest(t, m->d, &file->failure);
    }
}

static bool takes_time(const struct dest_status *ds)
{
    return ds->state == DEST_DONE && !ds->skipped;
}

/* For how many seconds a slow destination was not complete when the first one was. Those are
 * slow that were so long after it, or detached. */
static double lag_of(const struct dest_status *ds, double first)
{
    bool slow = takes_time(ds) && (ds->detached || ds->done_after > 2 * first);

    return slow ? ds->done_after - first : 0;
}

static void note_lags(struct tree *t, const struct copy_status *file)
{
    double first = file->seconds, most = 0;

    for (unsigned i = 0; i < file->n_dests; i++)
        if (takes_time(&file->dests[i]) && file->dests[i].done_after < first)
            first = file->dests[i].done_after;
    for (unsigned i = 0; i < file->n_dests; i++)
        if (lag_of(&file->dests[i], first) > most)
            most = lag_of(&file->dests[i], first);
    for (unsigned i = 0; i < file->n_dests; i++)
        stream_owe(t->stream, t->copy_writers[i]->d,
                   (int64_t)(1000 * (2 * lag_of(&file->dests[i], first) - most)));
}

static void on_ended(void *arg, const struct copy_status *file)
{
    struct tree *t = arg;

    t->status.engine = file->engine;
    t->status.workers = file->workers;
    t->status.chunk_size = file->chunk_size;
    t->status.queue_depth = file->queue_depth;
    atomic_fetch_add(&t->read_bytes, file->read_bytes);
    atomic_fetch_add(&t->readers[0]->steps, 1);
    t->copy_read = file->source_failure.err == 0;
    note_lags(t, file);
    if (file->source_failure.err)
        note(t, tree_who_is_source(t), file->source, &file->source_failure);
    for (unsigned i = 0; i < file->n_dests; i++)
        note_copied(t, t->copy_writers[i], file, i);
}

/* Copies the file that the source's thread has come to; the destinations' threads wait for what
 * is next, so that this one may look at what is theirs. */
static void run_engines(struct tree *t)
{
    unsigned n = t->copy->n_dests;
    struct target_request *requests = calloc(n, sizeof *requests);
    char **paths = calloc(n, sizeof *paths);
    struct plan_copy copy = {.source = (char *)(uintptr_t)t->copy_path, .dests = paths};
    struct session_file file = {.fd = t->copy_fd,
                                .targets = requests,
                                .arg = t,
                                .progress = on_progress,
                                .ended = on_ended};
    struct session_result result = {.exit_status = 0};

    for (unsigned d = 0; requests && paths && d < n; d++) {
        struct tree_writer *m = &t->writers[d];
        const char *path;

        if (m->given_up || atomic_load(&m->over) || stream_lane(t->stream, d) != 0 ||
            !tree_dest_copy_request(m->target, &requests[copy.n_dests], &path))
            continue;
        paths[copy.n_dests] = (char *)(uintptr_t)path;
        t->copy_writers[copy.n_dests++] = m;
    }
    t->copy_read = true;
    if (copy.n_dests > 0)
        session_run_file(t->o, &copy, &file, t->signal_fd, &result);
    else
        close(file.fd);
    t->abandoned |= result.abandoned;
    if (result.signal && !t->signal) {
        t->signal = result.signal;
        stop(t);
    }
    if (!result.abandoned) { /* else what hangs may still look at them */
        free(requests);
        free(paths);
    }
}

static bool is_stopping(void *arg)
{
    struct tree *t = arg;

    take_signals(t);
    return t->stopping;
}

/* Time that the user takes for an answer is nobody's fault, nor that for which it was not
 * looked who answers. */
static void forget_time(struct tree *t)
{
    uint64_t now = clock_now_ms();

    for (unsigned i = 0; i < t->max_readers; i++) {
        struct tree_reader *c = tree_reader_at(t, i);

        if (c)
            c->idle_since = 0;
    }
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        uint64_t since = atomic_load(&t->writers[d].busy_since);

        if (since != 0)
            (void)atomic_compare_exchange_strong(&t->writers[d].busy_since, &since, now);
    }
}

static void answer_if_asked(struct tree *t)
{
    struct existing_case about;
    const char *path;
    bool yes;

    pthread_mutex_lock(&t->lock);
    path = t->question.is_answered || t->question.closed ? NULL : t->question.path;
    about = t->question.about;
    pthread_mutex_unlock(&t->lock);
    if (!path)
        return;
    take_notices(t); /* what is said about what came before */
    if (t->stopping)
        return;
    report_question(path, about.mode, about.writable, t->o->force || options_make_anew(t->o));
    yes = prompt_yes(t->signal_fd, is_stopping, t);
    pthread_mutex_lock(&t->lock);
    t->question.yes = yes;
    t->question.is_answered = true;
    pthread_cond_broadcast(&t->answered);
    pthread_mutex_unlock(&t->lock);
    forget_time(t);
}

static void copy_if_asked(struct tree *t)
{
    bool asked;

    pthread_mutex_lock(&t->lock);
    asked = t->copying;
    pthread_mutex_unlock(&t->lock);
    if (!asked)
        return;
    take_notices(t); /* they are of what came before */
    if (t->stopping)
        close(t->copy_fd);
    else
        run_engines(t);
    forget_time(t);
    pthread_mutex_lock(&t->lock);
    t->copying = false;
    t->copy_fd = -1;
    pthread_cond_signal(&t->copied);
    pthread_mutex_unlock(&t->lock);
}

/* Until all threads are over, or have had time enough to be. */
static void watch(struct tree *t)
{
    int interval = report_progress_interval_ms();
    int wait = interval >= 0 && interval < TREE_LOOK_MS ? interval : TREE_LOOK_MS;
    uint64_t shown = t->began_ms, deadline = UINT64_MAX;

    while (!all_over(t)) {
        struct pollfd p[2] = {{.fd = t->news_fd, .events = POLLIN},
                              {.fd = t->signal_fd, .events = POLLIN}};
        bool stopping = t->stopping;

        poll(p, 2, wait);
        if (p[0].revents)
            (void)event_clear(t->news_fd);
        answer_if_asked(t);
        copy_if_asked(t);
        take_notices(t);
        tree_begin_totals(t);
        look(t);
        take_signals(t);
        check_answers(t);
        check_source(t);
        if (t->stopping && !stopping)
            deadline = clock_now_ms() + TREE_END_PATIENCE_MS;
        if (clock_now_ms() >= deadline || t->impatient) {
            t->abandoned |= !all_over(t);
            break;
        }
        if (interval >= 0 && clock_now_ms() - shown >= (uint64_t)interval) {
            report_progress(&t->status, false);
            shown = clock_now_ms();
        }
    }
    take_notices(t);
    look(t);
}

static void start_threads(struct tree *t)
{
    int r = 0;

    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct tree_writer *m = &t->writers[d];
        struct failure f;

        r = thread_start(tree_make_copy, m);
        if (r == 0)
            continue;
        failure_set(&f, "start a thread", -r, FAILURE_NO_OFFSET, NULL);
        atomic_store(&m->over, true);
        stream_leave(t->stream, d);
        fail_dest(t, d, &f);
    }
    r = thread_start(tree_read_source, t->readers[0]);
    if (r == 0)
        return;
    report_error("cannot start a thread: %s", strerror(-r));
    t->unavailable = true;
    atomic_store(&t->readers[0]->over, true);
    stop(t);
}

/* ---- what it comes to ---- */

static void judge_source(struct tree *t)
{
    struct failure *f = &t->status.source_failure;

    for (unsigned i = 0; i < t->max_readers; i++) {
        const struct tree_reader *c = tree_reader_at(t, i);

        if (c && atomic_load(&c->error) < 0)
            failure_set(f, "read", -atomic_load(&c->error), FAILURE_NO_OFFSET, NULL);
    }
    if (f->err || t->n_source_failed == 0)
        return;
    *f = t->source_first;
    if (t->n_source_failed == 1 && t->source_first.err == ETIMEDOUT)
        return;
    failure_format(f, NULL, t->source_first.err, "%u %s could not be read", t->n_source_failed,
                   t->n_source_failed == 1 ? "file or directory" : "files or directories");
}

static void judge_attrs(struct tree *t, struct tree_writer *m, struct dest_status *ds)
{
    ds->attributes = attrs_any(&t->o->preserve);
    if (m->n_attrs == 0)
        return;
    failure_format(&m->attrs, NULL, EPERM, "%u %s could not be preserved", m->n_attrs,
                   m->n_attrs == 1 ? "attribute" : "attributes");
    ds->attribute_failures = &m->attrs;
    ds->n_attribute_failures = 1;
}

static void judge(struct tree *t)
{
    judge_source(t);
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct dest_status *ds = &t->status.dests[d];
        struct tree_writer *m = &t->writers[d];
        struct failure f;

        ds->kept = m->kept;
        if (ds->state == DEST_FAILED)
            continue;
        if (m->n_failed > 0) {
            failure_format(&f, NULL, m->first.err, "%u %s could not be copied", m->n_failed,
                           m->n_failed == 1 ? "file or directory" : "files or directories");
            fail_dest(t, d, &f);
        } else if (t->stopping && !(atomic_load(&m->over) && m->complete)) {
            failure_set(&f, NULL, t->signal ? EINTR : ECANCELED, FAILURE_NO_OFFSET,
                        t->signal ? "interrupted" : "stopped before it was complete");
            fail_dest(t, d, &f);
        } else {
            ds->state = DEST_DONE;
            ds->durable = t->o->fsync;
        }
        judge_attrs(t, m, ds);
    }
}

static uint64_t memory_of(const struct options *o)
{
    return o->memory ? o->memory : OPTIONS_DEFAULT_MEMORY;
}

static size_t stream_size(const struct options *o)
{
    size_t size = MIN_STREAM;

    while (2 * size <= MAX_STREAM && 2 * size <= memory_of(o) / 4)
        size *= 2;
    return size;
}

/* Whether a destination that is too slow for the others goes its own way: not where the user is
 * asked, nor where only the engines can copy files, nor where these can be read but once. */
static bool detaches(const struct options *o, const struct plan_copy *copy)
{
    return o->slow != SLOW_WAIT && !o->in_order && !o->standing.ask && !o->partial &&
           !o->resume && o->direct != WHEN_ALWAYS && o->reflink != WHEN_ALWAYS &&
           o->sparse != WHEN_ALWAYS && !copy->contents;
}

/* How many walks there may be: one for each destination, as far as --memory goes and
 * descriptors do. */
static unsigned course_limit(const struct options *o, const struct plan_copy *copy)
{
    uint64_t rings = memory_of(o) / stream_size(o);
    unsigned most = tree_some_descriptors(COURSE_DESCRIPTORS, copy->n_dests);

    if (!detaches(o, copy) || rings == 0)
        return 1;
    return most < rings ? most : (unsigned)rings;
}

static void tree_free(struct tree *t)
{
    if (t->stream)
        stream_free(t->stream);
    if (t->notices)
        message_queue_free(t->notices);
    if (t->news_fd >= 0)
        close(t->news_fd);
    for (unsigned i = 0; t->readers && i < t->max_readers; i++)
        tree_reader_free(t->readers[i]);
    free(t->readers);
    reported_free(&t->told);
    pthread_cond_destroy(&t->parted);
    pthread_cond_destroy(&t->copied);
    pthread_cond_destroy(&t->answered);
    pthread_mutex_destroy(&t->lock);
    for (unsigned d = 0; t->writers && d < t->copy->n_dests; d++)
        free(t->writers[d].root);
    free(t->root);
    free(t->writers);
    free(t->copy_writers);
    free(t->status.dests);
    free(t);
}

static struct tree *tree_new(const struct options *o, const struct plan_copy *copy,
                             int signal_fd)
{
    struct tree *t = calloc(1, sizeof *t);
    unsigned n = copy->n_dests;
    struct attrs attrs;

    if (!t)
        return NULL;
    t->o = o;
    t->copy = copy;
    t->signal_fd = signal_fd;
    t->began_ms = clock_now_ms();
    t->copy_fd = -1;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->parted, NULL);
    pthread_cond_init(&t->copied, NULL);
    pthread_cond_init(&t->answered, NULL);
    t->news_fd = event_create();
    t->writers = calloc(n, sizeof *t->writers);
    t->copy_writers = calloc(n, sizeof(struct tree_writer *));
    t->status.dests = calloc(n, sizeof *t->status.dests);
    t->root = plan_root(copy, copy->source);
    t->max_readers = course_limit(o, copy);
    t->n_shared_files = tree_some_descriptors(t->max_readers, MAX_LENTS);
    t->readers = calloc(t->max_readers, sizeof(struct tree_reader *));
    if (t->readers)
        t->readers[0] = tree_reader_new(t);
    if (t->news_fd < 0 || !t->root || !t->writers || !t->copy_writers || !t->status.dests ||
        !t->readers || !t->readers[0] || message_queue_create(t->news_fd, &t->notices) < 0 ||
        stream_create(stream_size(o), n, t->max_readers, &t->stream) < 0) {
        tree_free(t);
        return NULL;
    }
    /* Once before there are threads: see attrs.h. */
    attrs_init(&attrs, &o->preserve);
    attrs_free(&attrs);
    t->standing = o->standing;
    t->standing.resume = o->resume;
    t->umask = umask(0);
    (void)umask(t->umask);
    t->status.source = copy->source;
    t->status.n_dests = n;
    t->status.tree = true;
    for (unsigned d = 0; d < n; d++) {
        t->writers[d] =
            (struct tree_writer){.tree = t, .d = d, .root = plan_root(copy, copy->dests[d])};
        t->status.dests[d].path = copy->dests[d];
        if (!t->writers[d].root) {
            tree_free(t);
            return NULL;
        }
    }
    return t;
}

void tree_run(const struct options *o, const struct plan_copy *copy, struct tree_links *links,
              int signal_fd, struct session_result *ret)
{
    struct tree *t = tree_new(o, copy, signal_fd);

    if (!t) {
        report_error("cannot begin: %s", strerror(errno));
        *ret = (struct session_result){.exit_status = 2};
        return;
    }
    t->links = links;
    report_start(&t->status);
    start_threads(t);
    watch(t);
    tree_end_totals(t);
    judge(t);
    t->status.seconds = (double)(clock_now_ms() - t->began_ms) / 1000;
    t->status.exit_status = session_exit_status(o, &t->status, t->unavailable, t->signal);
    report_summary(&t->status);
    *ret = (struct session_result){
        .exit_status = t->status.exit_status,
        .ended = t->signal || (o->stop_on_error && t->status.exit_status != 0),
        .abandoned = t->abandoned,
    };
    if (!t->abandoned) /* threads that hang still look at it */
        tree_free(t);
}
