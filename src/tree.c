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
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "census.h"
#include "clock.h"
#include "copy.h"
#include "notices.h"
#include "path.h"
#include "prompt.h"
#include "report.h"
#include "signals.h"
#include "source_tree.h"
#include "stream.h"
#include "target_tree.h"
#include "thread.h"
#include "told.h"

/* The records that wait for the slowest destination: of --memory, and at most so much. */
#define MAX_STREAM (8u << 20)
#define MIN_STREAM (1u << 20) /* two records of the longest kind, and room to spare */

/* Files of at least so many bytes are copied by the engines, one after the other; smaller ones
 * cost less than to set that up. */
#define ENGINE_SIZE (4u << 20)

/* Entries of a destination that wait for their names until they are on stable storage. */
#define MAX_UNNAMED 256u

/* Smaller files are not cloned unless they have to be. To the CPU a clone is as dear as a copy
 * of 16 KiB, but what is copied is then written, too: see bench/README. */
#define CLONE_SIZE 4096u

/* Files of the source that are open to be cloned. */
#define MAX_LENTS 64u

/* Of an eighth of the descriptors, those that a walk through the source may have. */
#define COURSE_DESCRIPTORS 16u

/* With --sparse=always no hole is made in less. */
#define SMALLEST_HOLE 4096u

/* How often it is looked whether somebody hangs. */
#define LOOK_MS 200

/* How long threads have to come to an end after a signal. */
#define END_PATIENCE_MS 450

/* Trees that take less time are not counted. */
#define COUNT_AFTER_MS 500

/* How many files are named that a full destination has no room for: there may be as many as are
 * still to come. */
#define FULL_LINES 10

#define TEXT 96

/* A walk through the source, and its thread: the first one's, and one for each time that some
 * destinations became too slow for the others (stream.h). */
struct course {
    struct tree *tree;
    unsigned lane;            /* of the stream */
    struct source_rest *rest; /* what it walks through; NULL: all */
    struct lent *lents;       /* see lent.h */
    /* Whether it is to begin. */
    enum { GATE_SHUT, GATE_OPEN, GATE_CALLED_OFF, GATE_GONE } gate;
    /* Bits: somebody wants what was offered under that number. */
    _Atomic uint64_t wanted[RECORD_MAX_OFFER / 64 + 1];
    _Atomic uint64_t steps; /* signs of life */
    atomic_bool over;
    atomic_int error;

    /* the main thread's */
    uint64_t idle_since; /* ms: all its readers wait for the source; 0: not so */
    uint64_t idle_steps;
};

/* One destination, and the thread that makes it. */
struct member {
    struct tree *tree;
    unsigned d;
    char *root;                 /* its path */
    struct target_tree *target; /* the thread's; NULL: not open */
    struct target_tree_view view;
    _Atomic uint64_t busy_since; /* ms, monotonic; 0: waits for records */
    atomic_bool over;
    bool complete;          /* has had everything; meaningful when over */
    struct failure failure; /* err != 0: of the destination as a whole; meaningful when over */
    struct record *record;  /* the one that is being dealt with, without its data */
    size_t record_room;     /* bytes */

    /* the main thread's */
    bool given_up;
    unsigned n_failed; /* files that could not be made */
    unsigned n_full;   /* of these, for want of space */
    uint64_t kept;     /* bytes of big ones that are there to go on with */
    unsigned n_attrs;  /* attributes that could not be kept */
    struct failure first;
    struct failure attrs;
    char text[TEXT];
    char attrs_text[TEXT];
};

struct tree {
    const struct options *o;
    const struct plan_copy *copy;
    struct tree_links *links;
    int signal_fd;
    int news_fd;
    char *root; /* the source's path */
    struct stream *stream;
    struct notices *notices;
    struct member *members;
    mode_t umask;
    struct standing_policy standing;

    /* A file for the engines, from the source's thread to the main thread and back. */
    pthread_mutex_t lock;
    pthread_cond_t copied;
    int copy_fd; /* -1: there is none */
    const char *copy_path;
    bool copying;
    bool copy_read; /* nothing was wrong with it itself */
    unsigned n_lents;
    struct member **copy_members; /* whose destinations it goes to */

    /* What a destination's thread asks the user. */
    struct {
        const char *path; /* NULL: nobody asks */
        struct standing_case about;
        bool is_answered, yes;
        bool closed; /* no question is answered any more */
    } question;
    pthread_cond_t answered;

    /* By their lanes, of which there may be so many; with the lock held. */
    struct course **courses;
    unsigned max_courses;
    pthread_cond_t parted; /* a gate has been moved */

    _Atomic uint64_t read_bytes;
    struct told told; /* of the source */
    unsigned n_source_failed;
    struct failure source_first;
    char source_text[TEXT];

    /* How much there is, counted for people by a thread of its own. */
    struct census census;
    bool counting;       /* it has been started */
    atomic_bool counted; /* it is over */
    int census_error;    /* meaningful when counted */

    struct copy_status status;
    uint64_t began_ms;
    int signal;
    bool stopping;
    bool impatient;
    bool abandoned;
    bool unavailable;
};

/* Who a notice is about. Destinations have the first numbers. */
static unsigned who_is_source(const struct tree *t)
{
    return t->copy->n_dests;
}

static unsigned who_for_attrs(const struct tree *t, unsigned d)
{
    return t->copy->n_dests + 1 + d;
}

static void tell_news(struct tree *t)
{
    uint64_t one = 1;

    if (write(t->news_fd, &one, sizeof one) != sizeof one)
        assert(!"an eventfd takes a 1");
}

/* The walk through the source that a destination gets its records from. */
static struct course *course_of(struct tree *t, unsigned d)
{
    struct course *c;

    pthread_mutex_lock(&t->lock);
    c = t->courses[stream_lane(t->stream, d)];
    pthread_mutex_unlock(&t->lock);
    return c;
}

/* A thread's last act. When the others see it, it no longer looks at the tree. */
static void tell_over(struct tree *t, atomic_bool *over)
{
    pthread_mutex_lock(&t->lock);
    atomic_store(over, true);
    tell_news(t);
    pthread_mutex_unlock(&t->lock);
}

/* ---- the thread of a destination ---- */

static void busy(struct member *m, bool is_busy)
{
    atomic_store(&m->busy_since, is_busy ? clock_now_ms() : 0);
}

static void on_failed(void *arg, const char *path, const struct failure *f)
{
    struct member *m = arg;

    notices_put(m->tree->notices, m->d, path, f);
}

static void on_attrs_failed(void *arg, const char *path, const struct failure *f)
{
    struct member *m = arg;

    notices_put(m->tree->notices, who_for_attrs(m->tree, m->d), path, f);
}

/* One question at a time; nobody hangs who waits for the answer. */
static bool on_ask(void *arg, const char *path, const struct standing_case *c)
{
    struct member *m = arg;
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
        tell_news(t);
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
    struct member *m = arg;
    struct course *c = course_of(m->tree, m->d);

    atomic_fetch_or(&c->wanted[offer / 64], UINT64_C(1) << (offer % 64));
}

/* A notice of no failure. */
static void on_made(void *arg, const char *path)
{
    static const struct failure none = {.err = 0};
    struct member *m = arg;

    notices_put(m->tree->notices, m->d, path, &none);
}

static bool on_given_up(void *arg)
{
    struct member *m = arg;

    return stream_left(m->tree->stream, m->d);
}

/* Whether every file has to be a clone, and can be one without an engine. */
static bool clones_all(const struct options *o)
{
    return o->reflink == WHEN_ALWAYS && o->sparse == WHEN_AUTO;
}

/* Of the descriptors each of n may take that part of an eighth, at least 1 and at most `most`.
 */
static unsigned some_descriptors(unsigned n, unsigned most)
{
    struct rlimit limit;
    rlim_t each = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur / 8 / n : 0;

    return each < 1 ? 1 : each > most ? most : (unsigned)each;
}

/* From the source's root to what is copied. */
static const char *way_of(const struct tree *t)
{
    return t->copy->source + strlen(t->copy->source) - t->copy->way_len;
}

static int open_target(struct member *m)
{
    const struct options *o = m->tree->o;
    struct target_tree_request request = {
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
        .n_way = path_count(way_of(m->tree)),
        .keep_links = o->preserve_links,
        .follow_source = m->tree->copy->follow,
        .follow = o->follow == FOLLOW_ALWAYS,
        .anew = options_make_anew(o),
        .backup = o->backup,
        .must_clone = clones_all(o),
        .max_unnamed = some_descriptors(m->tree->copy->n_dests + 1, MAX_UNNAMED),
        .standing = &m->tree->standing,
        .unmade = &m->tree->links->unmade[m->d],
        .view = &m->view,
        .arg = m,
        .failed = on_failed,
        .attrs_failed = on_attrs_failed,
        .ask = on_ask,
        .wanted = on_wanted,
        .made = o->verbose ? on_made : NULL,
        .given_up = on_given_up,
    };

    return target_tree_open(&m->target, &request, &m->failure);
}

/* Deals with the next record: with a copy of all but its data, because nobody waits for a
 * destination that hangs, and the record may be gone when that has come back. False: there is
 * none, or *ret_error says why none is dealt with any more. */
static bool take_record(struct member *m, int *ret_error)
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
    *ret_error = target_tree_apply(m->target, m->record, data, &m->failure);
    busy(m, false);
    return *ret_error == 0;
}

static void *make_copy(void *arg)
{
    struct member *m = arg;
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
        error = target_tree_end(m->target, stopped, &m->failure);
    /* Who wants an end waits for no storage. */
    m->complete = all && error == 0 && !(stopped && m->tree->o->fsync);
    if (m->target)
        target_tree_close(m->target);
    free(m->record);
    busy(m, false);
    tell_over(m->tree, &m->over);
    return NULL;
}

/* ---- the threads of the source ---- */

static struct course *course_new(struct tree *t)
{
    struct course *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->tree = t;
    c->lents = calloc(t->n_lents, sizeof(*c->lents));
    if (c->lents)
        return c;
    free(c);
    return NULL;
}

static void course_free(struct course *c)
{
    if (c)
        free(c->lents);
    free(c);
}

static void on_source_failed(void *arg, const char *path, const struct failure *f)
{
    const struct course *c = arg;

    notices_put(c->tree->notices, who_is_source(c->tree), path, f);
}

/* Nobody can have what could not be read. */
static void on_source_attrs_failed(void *arg, const char *path, const struct failure *f)
{
    const struct course *c = arg;
    struct tree *t = c->tree;

    notices_put(t->notices, who_for_attrs(t, t->copy->n_dests), path, f);
}

static void on_read(void *arg, uint64_t bytes)
{
    struct course *c = arg;

    atomic_fetch_add(&c->tree->read_bytes, bytes);
    atomic_fetch_add(&c->steps, 1);
}

static bool on_is_target(void *arg, const struct stat *st)
{
    const struct course *c = arg;
    struct tree *t = c->tree;

    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        const struct target_tree_view *v = &t->members[d].view;

        if (atomic_load(&v->has_root) && v->root_dev == st->st_dev && v->root_ino == st->st_ino)
            return true;
    }
    return false;
}

/* The number is free then for another file. */
static bool on_is_wanted(void *arg, unsigned offer)
{
    struct course *c = arg;
    uint64_t bit = UINT64_C(1) << (offer % 64);

    return atomic_fetch_and(&c->wanted[offer / 64], ~bit) & bit;
}

/* The first walk's: the others have no such files. */
static bool on_copy(void *arg, int fd, const char *path)
{
    const struct course *c = arg;
    struct tree *t = c->tree;
    bool read;

    pthread_mutex_lock(&t->lock);
    t->copy_fd = fd;
    t->copy_path = path;
    t->copying = true;
    tell_news(t);
    while (t->copying)
        pthread_cond_wait(&t->copied, &t->lock);
    read = t->copy_read;
    pthread_mutex_unlock(&t->lock);
    return read;
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

static enum source_clones on_clones(void *arg, dev_t dev)
{
    const struct course *c = arg;
    struct tree *t = c->tree;
    bool all = true, any = false;

    if (clones_all(t->o))
        return CLONED_BY_ALL;
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct target_tree_view *v = &t->members[d].view;

        if (stream_left(t->stream, d) || stream_lane(t->stream, d) != c->lane)
            continue;
        all &= atomic_load(&v->clones) == dev + 1;
        any |= atomic_load(&v->clones_not) != dev + 1;
    }
    return all ? CLONED_BY_ALL : any ? CLONED_BY_SOME : CLONED_BY_NOBODY;
}

static void *read_source(void *arg);

/* Has the stream part, and opens the gate; or waits until nobody stands there any more. */
static bool open_gate(struct tree *t, unsigned lane, uint64_t position, struct course *c)
{
    bool parts;

    pthread_mutex_lock(&t->lock);
    parts = stream_part(t->stream, lane, position, &c->lane);
    if (parts)
        t->courses[c->lane] = c;
    c->gate = parts ? GATE_OPEN : GATE_CALLED_OFF;
    pthread_cond_broadcast(&t->parted);
    while (c->gate == GATE_CALLED_OFF)
        pthread_cond_wait(&t->parted, &t->lock);
    pthread_mutex_unlock(&t->lock);
    return parts;
}

/* False: it is not to begin, and c must not be looked at any more. */
static bool pass_gate(struct tree *t, struct course *c)
{
    bool passes;

    pthread_mutex_lock(&t->lock);
    while (c->gate == GATE_SHUT)
        pthread_cond_wait(&t->parted, &t->lock);
    passes = c->gate == GATE_OPEN;
    if (!passes)
        c->gate = GATE_GONE;
    pthread_cond_broadcast(&t->parted);
    pthread_mutex_unlock(&t->lock);
    return passes;
}

/* The thread is there before the readers are that need one. */
static struct lent *on_part(void *arg, struct source_rest *rest, uint64_t position)
{
    struct course *from = arg, *c = course_new(from->tree);
    struct tree *t = from->tree;
    struct lent *lents;

    if (!c)
        return NULL;
    c->rest = rest;
    for (unsigned i = 0; i < RECORD_MAX_OFFER / 64 + 1; i++)
        atomic_store(&c->wanted[i], atomic_load(&from->wanted[i]));
    lents = c->lents;
    c->lents = from->lents;
    if (thread_start(read_source, c) == 0 && open_gate(t, from->lane, position, c)) {
        from->lents = lents;
        tell_news(t);
        return lents;
    }
    c->lents = lents;
    course_free(c);
    return NULL;
}

static void *read_source(void *arg)
{
    struct course *c = arg;
    struct tree *t = c->tree;
    const struct options *o = t->o;
    struct source_tree source = {
        .path = t->root,
        .way = way_of(t),
        .follow_source = t->copy->follow,
        .follow = o->follow == FOLLOW_ALWAYS,
        .contents = t->copy->contents,
        .make = o->link            ? SOURCE_TREE_HARD_LINKS
                : o->symbolic_link ? SOURCE_TREE_SYMLINKS
                                   : SOURCE_TREE_COPIES,
        .one_file_system = o->one_file_system,
        .keep_links = o->preserve_links,
        .preserve = o->preserve,
        .offer = (o->standing.update != UPDATE_ALL || o->resume) && !o->standing.ask &&
                 !o->link && !o->symbolic_link,
        .repeat = standing_keeps_all(&o->standing) || o->standing.ask || o->attributes_only,
        .no_data = o->attributes_only,
        .clone_size = clone_size(o),
        .n_lents = t->n_lents,
        .clones = on_clones,
        .stream = t->stream,
        .links = &t->links->met,
        .label = t->copy->label ? t->copy->label : "",
        .steps = &c->steps,
        .arg = c,
        .failed = on_source_failed,
        .attrs_failed = on_source_attrs_failed,
        .read = on_read,
        .is_target = on_is_target,
        .is_wanted = on_is_wanted,
        .copy = on_copy,
        .part = on_part,
    };

    if (c->rest && !pass_gate(t, c))
        return NULL;
    source.lane = c->lane;
    source.lents = c->lents;
    /* The engines are for the first walk's readers: they have one file at a time. */
    source.copy_size = c->rest ? UINT64_MAX : copy_size(o);
    source.holes = !c->rest                  ? SOURCE_TREE_COPY_HOLES
                   : o->sparse == WHEN_NEVER ? SOURCE_TREE_READ_HOLES
                                             : SOURCE_TREE_RECORD_HOLES;
    atomic_store(&c->error,
                 c->rest ? source_tree_go_on(c->rest, &source) : source_tree_walk(&source));
    tell_over(t, &c->over);
    return NULL;
}

/* ---- the thread that counts ---- */

static void *take_census(void *arg)
{
    struct tree *t = arg;

    t->census_error = census_take(&t->census);
    tell_over(t, &t->counted);
    return NULL;
}

/* Once the copy turns out to take some time, if somebody is watching it. Where symlinks are
 * followed it might count without end, and links and attributes have no size. */
static void begin_census(struct tree *t)
{
    const struct options *o = t->o;

    if (t->counting || report_progress_interval_ms() < 0 || o->follow == FOLLOW_ALWAYS ||
        o->link || o->symbolic_link || o->attributes_only ||
        clock_now_ms() - t->began_ms < COUNT_AFTER_MS)
        return;
    t->census = (struct census){
        .path = t->copy->source,
        .follow = t->copy->follow,
        .one_file_system = o->one_file_system,
        .keep_links = o->preserve_links,
        .arg = t->courses[0],
        .leave_out = on_is_target,
    };
    t->counting = thread_start(take_census, t) == 0;
}

static void look_at_census(struct tree *t)
{
    if (!t->counting || !atomic_load(&t->counted) || t->census_error < 0)
        return;
    t->status.size_known = true;
    t->status.size = atomic_load(&t->census.bytes);
    t->status.files = atomic_load(&t->census.files);
}

/* Nobody wants to know any more. */
static void end_census(struct tree *t)
{
    uint64_t deadline = clock_now_ms() + END_PATIENCE_MS;

    if (!t->counting)
        return;
    atomic_store(&t->census.stop, true);
    while (!atomic_load(&t->counted) && clock_now_ms() < deadline) {
        struct pollfd p = {.fd = t->news_fd, .events = POLLIN};
        eventfd_t news;

        if (poll(&p, 1, LOOK_MS) > 0)
            (void)eventfd_read(t->news_fd, &news);
    }
    pthread_mutex_lock(&t->lock); /* see tell_over() */
    t->abandoned |= !atomic_load(&t->counted);
    pthread_mutex_unlock(&t->lock);
}

/* ---- the main thread ---- */

static unsigned timeout_ms(const struct tree *t)
{
    return (t->o->has_timeout ? t->o->timeout : OPTIONS_DEFAULT_TIMEOUT) * 1000;
}

static void stop(struct tree *t)
{
    t->stopping = true;
    notices_close(t->notices);
    stream_stop(t->stream);
    pthread_mutex_lock(&t->lock);
    t->question.closed = true;
    pthread_cond_broadcast(&t->answered);
    pthread_mutex_unlock(&t->lock);
}

/* Whether nobody wants to read that line, too. */
static bool is_one_too_many(struct tree *t, unsigned who, int err)
{
    struct member *m = who < t->copy->n_dests ? &t->members[who] : NULL;

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
    const char *below = path + path_end(t->members[d].root);
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

    if (who == who_is_source(t)) {
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
    unsigned n = t->copy->n_dests, d = who > n ? who - who_for_attrs(t, 0) : who;

    return d < n ? t->copy->dests[d] : NULL;
}

/* Whether another walk has come to the same, as far as it is about the source. */
static bool is_told(struct tree *t, unsigned who, const char *path, const struct failure *f)
{
    struct failure about = *f;

    if (t->max_courses == 1 ||
        (who != who_is_source(t) && who != who_for_attrs(t, t->copy->n_dests)))
        return false;
    if (who == who_is_source(t)) /* the engines say it in their own words */
        about.op = about.message = NULL;
    return told_before(&t->told, who, path, &about);
}

/* Says what a file failed for, at once: there may be many. */
static void note(struct tree *t, unsigned who, const char *path, const struct failure *f)
{
    unsigned n = t->copy->n_dests;

    if (is_told(t, who, path, f))
        return;
    report_file_failed(t->copy->source, dest_of(t, who), path, f, who > n);
    if (who == who_is_source(t)) {
        if (t->n_source_failed++ == 0)
            t->source_first = *f;
    } else if (who < n) {
        if (t->members[who].n_failed++ == 0)
            t->members[who].first = *f;
    } else {
        for (unsigned d = 0; d < n; d++)
            if (who == who_for_attrs(t, d) || who == who_for_attrs(t, n))
                t->members[d].n_attrs++;
    }
    if (!is_one_too_many(t, who, f->err))
        say_failed(t, who, path, f);
    if (t->o->stop_on_error && !t->stopping && who <= n)
        stop(t);
}

static void take_notices(struct tree *t)
{
    struct notice *n;

    while ((n = notices_take(t->notices))) {
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
static void give_up(struct tree *t, struct member *m)
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
    uint64_t now = clock_now_ms(), limit = timeout_ms(t);
    struct failure f;

    failure_set(&f, "write", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
    for (unsigned d = 0; limit && d < t->copy->n_dests; d++) {
        struct member *m = &t->members[d];
        const struct course *c = course_of(t, d);
        uint64_t since = atomic_load(&m->busy_since);

        limit = timeout_ms(t);
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

/* Whether a walk hangs: if all its readers wait for it and it brings nothing. */
static bool hangs(struct tree *t, struct course *c)
{
    uint64_t now = clock_now_ms(), limit = timeout_ms(t), steps = atomic_load(&c->steps);

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

/* The walk in that lane, or NULL. */
static struct course *course_at(struct tree *t, unsigned lane)
{
    struct course *c;

    pthread_mutex_lock(&t->lock);
    c = t->courses[lane];
    pthread_mutex_unlock(&t->lock);
    return c;
}

static void check_source(struct tree *t)
{
    struct failure f;

    for (unsigned i = 0; i < t->max_courses; i++) {
        struct course *c = course_at(t, i);

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
    look_at_census(t);
    for (unsigned d = 0; d < st->n_dests; d++) {
        const struct member *m = &t->members[d];
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
        if (atomic_load(&t->members[d].over) && t->members[d].failure.err != 0)
            fail_dest(t, d, &t->members[d].failure);
}

static bool all_over(struct tree *t)
{
    bool over;

    pthread_mutex_lock(&t->lock); /* see tell_over() */
    over = true;
    for (unsigned i = 0; i < t->max_courses; i++)
        over &= !t->courses[i] || atomic_load(&t->courses[i]->over) || t->abandoned;
    for (unsigned d = 0; d < t->copy->n_dests; d++)
        over &= atomic_load(&t->members[d].over) || t->members[d].given_up;
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
    begin_census(t);
    for (unsigned i = 0; i < file->n_dests; i++) {
        struct dest_status *ds = &st->dests[t->copy_members[i]->d];

        ds->bytes += file->dests[i].bytes;
        ds->resumed += file->dests[i].resumed;
    }
    report_progress(st, asked);
}

/* What became of the file at one destination. */
static void note_copied(struct tree *t, struct member *m, const struct copy_status *status,
                        unsigned i)
{
    const struct dest_status *file = &status->dests[i];

    for (unsigned k = 0; k < file->n_attribute_failures; k++)
        note(t, who_for_attrs(t, m->d), file->path, &file->attribute_failures[k]);
    if (file->state == DEST_DONE) {
        target_tree_copied(m->target, file->bytes, file->resumed);
        note_made(t, m->d, file->path);
        report_method(status, i);
    } else if (!file->by_source) {
        target_tree_not_copied(m->target);
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

/* Those destinations are slow that were complete long after the first one, or detached. */
static void note_lags(struct tree *t, const struct copy_status *file)
{
    double first = file->seconds, most = 0;

    for (unsigned i = 0; i < file->n_dests; i++)
        if (takes_time(&file->dests[i]) && file->dests[i].done_after < first)
            first = file->dests[i].done_after;
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < file->n_dests; i++) {
            const struct dest_status *ds = &file->dests[i];
            bool slow = takes_time(ds) && (ds->detached || ds->done_after > 2 * first);
            double lag = slow ? ds->done_after - first : 0;

            if (pass == 0)
                most = lag > most ? lag : most;
            else
                stream_owe(t->stream, t->copy_members[i]->d,
                           (int64_t)(1000 * (2 * lag - most)));
        }
    }
}

static void on_ended(void *arg, const struct copy_status *file)
{
    struct tree *t = arg;

    t->status.engine = file->engine;
    t->status.workers = file->workers;
    t->status.chunk_size = file->chunk_size;
    t->status.queue_depth = file->queue_depth;
    atomic_fetch_add(&t->read_bytes, file->read_bytes);
    atomic_fetch_add(&t->courses[0]->steps, 1);
    t->copy_read = file->source_failure.err == 0;
    note_lags(t, file);
    if (file->source_failure.err)
        note(t, who_is_source(t), file->source, &file->source_failure);
    for (unsigned i = 0; i < file->n_dests; i++)
        note_copied(t, t->copy_members[i], file, i);
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
        struct member *m = &t->members[d];
        const char *path;

        if (m->given_up || atomic_load(&m->over) || stream_lane(t->stream, d) != 0 ||
            !target_tree_copy_request(m->target, &requests[copy.n_dests], &path))
            continue;
        paths[copy.n_dests] = (char *)(uintptr_t)path;
        t->copy_members[copy.n_dests++] = m;
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

    for (unsigned i = 0; i < t->max_courses; i++) {
        struct course *c = course_at(t, i);

        if (c)
            c->idle_since = 0;
    }
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        uint64_t since = atomic_load(&t->members[d].busy_since);

        if (since != 0)
            (void)atomic_compare_exchange_strong(&t->members[d].busy_since, &since, now);
    }
}

static void answer_if_asked(struct tree *t)
{
    struct standing_case about;
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
    int wait = interval >= 0 && interval < LOOK_MS ? interval : LOOK_MS;
    uint64_t shown = t->began_ms, deadline = UINT64_MAX;

    while (!all_over(t)) {
        struct pollfd p[2] = {{.fd = t->news_fd, .events = POLLIN},
                              {.fd = t->signal_fd, .events = POLLIN}};
        bool stopping = t->stopping;
        eventfd_t news;

        poll(p, 2, wait);
        if (p[0].revents)
            (void)eventfd_read(t->news_fd, &news);
        answer_if_asked(t);
        copy_if_asked(t);
        take_notices(t);
        begin_census(t);
        look(t);
        take_signals(t);
        check_answers(t);
        check_source(t);
        if (t->stopping && !stopping)
            deadline = clock_now_ms() + END_PATIENCE_MS;
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
        struct member *m = &t->members[d];
        struct failure f;

        r = thread_start(make_copy, m);
        if (r == 0)
            continue;
        failure_set(&f, "start a thread", -r, FAILURE_NO_OFFSET, NULL);
        atomic_store(&m->over, true);
        stream_leave(t->stream, d);
        fail_dest(t, d, &f);
    }
    r = thread_start(read_source, t->courses[0]);
    if (r == 0)
        return;
    report_error("cannot start a thread: %s", strerror(-r));
    t->unavailable = true;
    atomic_store(&t->courses[0]->over, true);
    stop(t);
}

/* ---- what it comes to ---- */

static void judge_source(struct tree *t)
{
    struct failure *f = &t->status.source_failure;

    for (unsigned i = 0; i < t->max_courses; i++) {
        const struct course *c = course_at(t, i);

        if (c && atomic_load(&c->error) < 0)
            failure_set(f, "read", -atomic_load(&c->error), FAILURE_NO_OFFSET, NULL);
    }
    if (f->err || t->n_source_failed == 0)
        return;
    *f = t->source_first;
    if (t->n_source_failed == 1 && t->source_first.err == ETIMEDOUT)
        return;
    snprintf(t->source_text, TEXT, "%u %s could not be read", t->n_source_failed,
             t->n_source_failed == 1 ? "file or directory" : "files or directories");
    failure_set(f, NULL, t->source_first.err, FAILURE_NO_OFFSET, t->source_text);
}

static void judge_attrs(struct tree *t, struct member *m, struct dest_status *ds)
{
    ds->attributes = attrs_any(&t->o->preserve);
    if (m->n_attrs == 0)
        return;
    snprintf(m->attrs_text, TEXT, "%u %s could not be preserved", m->n_attrs,
             m->n_attrs == 1 ? "attribute" : "attributes");
    failure_set(&m->attrs, NULL, EPERM, FAILURE_NO_OFFSET, m->attrs_text);
    ds->attribute_failures = &m->attrs;
    ds->n_attribute_failures = 1;
}

static void judge(struct tree *t)
{
    judge_source(t);
    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct dest_status *ds = &t->status.dests[d];
        struct member *m = &t->members[d];
        struct failure f;

        ds->kept = m->kept;
        if (ds->state == DEST_FAILED)
            continue;
        if (m->n_failed > 0) {
            snprintf(m->text, TEXT, "%u %s could not be copied", m->n_failed,
                     m->n_failed == 1 ? "file or directory" : "files or directories");
            failure_set(&f, NULL, m->first.err, FAILURE_NO_OFFSET, m->text);
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
    unsigned most = some_descriptors(COURSE_DESCRIPTORS, copy->n_dests);

    if (!detaches(o, copy) || rings == 0)
        return 1;
    return most < rings ? most : (unsigned)rings;
}

static void tree_free(struct tree *t)
{
    if (t->stream)
        stream_free(t->stream);
    if (t->notices)
        notices_free(t->notices);
    if (t->news_fd >= 0)
        close(t->news_fd);
    for (unsigned i = 0; t->courses && i < t->max_courses; i++)
        course_free(t->courses[i]);
    free(t->courses);
    told_free(&t->told);
    pthread_cond_destroy(&t->parted);
    pthread_cond_destroy(&t->copied);
    pthread_cond_destroy(&t->answered);
    pthread_mutex_destroy(&t->lock);
    for (unsigned d = 0; t->members && d < t->copy->n_dests; d++)
        free(t->members[d].root);
    free(t->root);
    free(t->members);
    free(t->copy_members);
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
    t->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->members = calloc(n, sizeof *t->members);
    t->copy_members = calloc(n, sizeof(struct member *));
    t->status.dests = calloc(n, sizeof *t->status.dests);
    t->root = plan_root(copy, copy->source);
    t->max_courses = course_limit(o, copy);
    t->n_lents = some_descriptors(t->max_courses, MAX_LENTS);
    t->courses = calloc(t->max_courses, sizeof(struct course *));
    if (t->courses)
        t->courses[0] = course_new(t);
    if (t->news_fd < 0 || !t->root || !t->members || !t->copy_members || !t->status.dests ||
        !t->courses || !t->courses[0] || notices_create(t->news_fd, &t->notices) < 0 ||
        stream_create(stream_size(o), n, t->max_courses, &t->stream) < 0) {
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
        t->members[d] =
            (struct member){.tree = t, .d = d, .root = plan_root(copy, copy->dests[d])};
        t->status.dests[d].path = copy->dests[d];
        if (!t->members[d].root) {
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
    end_census(t);
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

int tree_look(const struct options *o, const struct plan_copy *copy)
{
    const char *how = o->link            ? "by hard links"
                      : o->symbolic_link ? "by symbolic links"
                                         : "a tree";

    for (unsigned d = 0; d < copy->n_dests; d++)
        report_dry_run(copy->source, copy->dests[d], how);
    return 0;
}
