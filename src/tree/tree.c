#include "tree.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/event.h"
#include "base/path_probe.h"
#include "base/thread.h"
#include "main_priv.h"
#include "mhl/mhl.h"
#include "report/manifest.h"

/* A lane of the stream holds the records that wait for its slowest destination: a quarter of
 * --memory, and at most MAX_STREAM. */
#define MAX_STREAM (8u << 20)
#define MIN_STREAM (256u << 10) /* two records of maximum size fit, and some more */

/* Source files that are open to be cloned. */
#define MAX_SHARED_FILES 64u

/* Descriptors that a reader may have, of an eighth of the limit. */
#define READER_DESCRIPTORS 16u

/* Descriptors of a writer: six directories, a file or a directory that is entered, and one that
 * is open for a moment; of a destination that the engines copy to, beside that
 * (session/resources.c); and of the reader. */
#define WRITER_DESCRIPTORS 8u
#define ENGINE_DESCRIPTORS 5u
#define OTHER_DESCRIPTORS  7u

/* ---- a tree is made, and freed ---- */

static size_t stream_size(const struct options *o)
{
    size_t size = MIN_STREAM;

    while (2 * size <= MAX_STREAM && 2 * size <= options_memory(o) / 4)
        size *= 2;
    return size;
}

/* Whether only the engines can copy some files. */
static bool needs_engines(const struct options *o, const struct plan_copy *copy)
{
    return o->in_order || o->partial || o->resume || o->direct == WHEN_ALWAYS ||
           o->reflink == WHEN_ALWAYS || o->sparse == WHEN_ALWAYS || copy->contents;
}

/* Whether destinations that are too slow for the others get a reader of their own. Not where
 * the user is asked, where files can be read only once, or where they are hashed or compared: two
 * readers might read different bytes. */
static bool detaches(const struct options *o, const struct plan_copy *copy)
{
    return o->slow != SLOW_WAIT && !o->standing.ask && !o->standing.checksum && !o->hashes &&
           !needs_engines(o, copy);
}

/* How many readers there may be: one for each destination, as far as --memory and the limit of
 * descriptors allow. */
static unsigned reader_limit(const struct options *o, const struct plan_copy *copy)
{
    uint64_t rings = options_memory(o) / stream_size(o);
    unsigned most = tree_descriptor_share(READER_DESCRIPTORS, copy->n_dests);

    if (!detaches(o, copy) || rings == 0)
        return 1;
    return most < rings ? most : (unsigned)rings;
}

static void tree_free(struct tree *t)
{
    if (t->stream)
        stream_free(t->stream);
    if (t->messages)
        message_queue_free(t->messages);
    for (unsigned i = 0; t->readers && i < t->max_readers; i++)
        tree_reader_free(t->readers[i]);
    free(t->readers);
    for (unsigned d = 0; t->writers && d < t->copy->n_dests; d++)
        free(t->writers[d].root);
    free(t->writers);
    questions_destroy(&t->questions);
    handover_destroy(&t->handover);
    pthread_cond_destroy(&t->start_changed);
    pthread_mutex_destroy(&t->lock);
    if (t->wake_fd >= 0)
        close(t->wake_fd);
    inventory_free(t->inventory);
    free(t->root);
    free(t);
}

/* The writers, which have not begun. NULL without memory. */
static struct tree_writer *make_writers(struct tree *t)
{
    unsigned n = t->copy->n_dests;
    struct tree_writer *writers = calloc(n, sizeof(*writers));
    bool all = writers;

    for (unsigned d = 0; writers && d < n; d++) {
        writers[d].tree = t;
        writers[d].d = d;
        writers[d].root = plan_root(t->copy, t->copy->dests[d]);
        all &= writers[d].root != NULL;
    }
    if (all)
        return writers;
    for (unsigned d = 0; writers && d < n; d++)
        free(writers[d].root);
    free(writers);
    return NULL;
}

/* Makes everything that may fail. False: it did. */
static bool make_parts(struct tree *t)
{
    t->root = plan_root(t->copy, t->copy->source);
    t->readers = calloc(t->max_readers, sizeof(struct tree_reader *));
    if (t->readers)
        t->readers[0] = tree_reader_new(t);
    t->writers = make_writers(t);
    t->inventory = t->o->delete_extra ? inventory_new() : NULL;
    return t->wake_fd >= 0 && t->root && (t->inventory || !t->o->delete_extra) && t->readers &&
           t->readers[0] && t->writers && message_queue_create(t->wake_fd, &t->messages) >= 0 &&
           stream_create(stream_size(t->o), t->copy->n_dests, t->max_readers, &t->stream) >= 0;
}

/* NULL: see errno. */
static struct tree *tree_new(const struct options *o, const struct plan_copy *copy,
                             struct tree_links *links)
{
    struct tree *t = calloc(1, sizeof(*t));
    struct attrs attrs;

    if (!t)
        return NULL;
    t->o = o;
    t->rate.limit = o->bwlimit;
    t->copy = copy;
    t->links = links;
    t->umask = umask(0);
    (void)umask(t->umask);
    t->existing = o->standing;
    t->existing.resume = o->resume;
    t->ahead.walk = tree_totals_of(o, copy);
    t->max_readers = reader_limit(o, copy);
    t->no_engines = plan_has_stream(copy);
    t->n_shared_files = tree_descriptor_share(t->max_readers, MAX_SHARED_FILES);
    t->wake_fd = event_create();
    questions_init(&t->questions, t->wake_fd);
    handover_init(&t->handover, t->wake_fd);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->start_changed, NULL);
    /* Once before there are threads: see attrs.h. */
    attrs_init(&attrs, &o->preserve);
    attrs_free(&attrs);
    if (make_parts(t))
        return t;
    tree_free(t);
    return NULL;
}

/* ---- the main thread's part ---- */

static void main_free(struct tree_main *m)
{
    if (m->tree)
        tree_free(m->tree);
    reported_free(&m->reported);
    free(m->dests);
    free(m->readers);
    free(m->status.dests);
    bad_ranges_free(&m->bad);
    mhl_given_free(m->given);
    free(m);
}

/* NULL: see errno. */
static struct tree_main *main_new(const struct options *o, const struct plan_copy *copy,
                                  struct tree_links *links, int signal_fd)
{
    struct tree_main *m = calloc(1, sizeof(*m));
    unsigned n = copy->n_dests;

    if (!m)
        return NULL;
    m->signal_fd = signal_fd;
    m->began_ms = clock_now_ms();
    m->tree = tree_new(o, copy, links);
    m->dests = calloc(n, sizeof(*m->dests));
    m->given = o->mhl ? mhl_given_new() : NULL;
    m->readers = m->tree ? calloc(m->tree->max_readers, sizeof(*m->readers)) : NULL;
    m->status = (struct copy_status){.source = copy->source, .n_dests = n, .tree = true};
    m->status.dests = calloc(n, sizeof(*m->status.dests));
    if (!m->tree || (o->mhl && !m->given) || !m->dests || !m->readers || !m->status.dests) {
        main_free(m);
        return NULL;
    }
    for (unsigned d = 0; d < n; d++)
        m->status.dests[d].path = copy->dests[d];
    return m;
}

/* With few descriptors files of all sizes go through the stream. False: there are too few for
 * that, too. Nothing has been touched, and all destinations have failed. */
static bool has_descriptors(struct tree_main *m)
{
    struct tree *t = m->tree;
    uint64_t n = m->status.n_dests, needed;
    struct failure f;

    if (descriptors_suffice(n * (WRITER_DESCRIPTORS + ENGINE_DESCRIPTORS) + OTHER_DESCRIPTORS,
                            &needed))
        return true;
    t->no_engines |= !needs_engines(t->o, t->copy);
    if (t->no_engines &&
        descriptors_suffice(n * WRITER_DESCRIPTORS + OTHER_DESCRIPTORS, &needed))
        return true;
    descriptors_lack(&f, (unsigned)n, needed);
    report_error("%s", f.message);
    m->unavailable = true;
    for (unsigned d = 0; d < n; d++) {
        m->status.dests[d].by_all = true;
        tree_main_fail_dest(m, d, &f);
    }
    return false;
}

static void start_threads(struct tree_main *m)
{
    struct tree *t = m->tree;
    int r = 0;

    for (unsigned d = 0; d < t->copy->n_dests; d++) {
        struct tree_writer *w = &t->writers[d];
        struct failure f;

        if (path_probe_is_silent(t->copy->dests[d])) {
            failure_set(&f, "open", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
        } else {
            r = thread_start(tree_make_copy, w);
            if (r == 0)
                continue;
            failure_set(&f, "start a thread", -r, FAILURE_NO_OFFSET, NULL);
        }
        atomic_store(&w->over, true);
        stream_leave(t->stream, d);
        tree_main_fail_dest(m, d, &f);
    }
    r = thread_start(tree_read_source, t->readers[0]);
    if (r == 0)
        return;
    report_error("cannot start a thread: %s", strerror(-r));
    m->unavailable = true;
    atomic_store(&t->readers[0]->over, true);
    tree_main_stop(m);
}

/* Ends a tree that was verified. See struct session_end. */
static int on_judged(void *arg, int signal, bool *ret_hung)
{
    struct tree_main *m = arg;
    bool abandoned = m->abandoned;

    if (signal)
        m->stopping = true;
    tree_main_write_manifests(m);
    *ret_hung |= m->abandoned && !abandoned;
    return tree_main_mhl_status(m);
}

static void free_owner(void *m)
{
    main_free(m);
}

/* The list gets what the destinations have that are of any use. */
static void end_list(const struct tree_main *m)
{
    struct manifest *list = m->tree->copy->list;

    for (unsigned d = 0; list && d < m->status.n_dests; d++)
        if (m->status.dests[d].state == DEST_FAILED)
            manifest_lost(list, d, "");
    if (list)
        manifest_end_copy(list, m->status.n_dests);
}

/* The tree was copied. What is left until its verification has ended is its status. */
static void leave_to_verification(struct tree_main *m, struct session_end *end)
{
    report_copied(&m->status);
    *end = (struct session_end){
        .status = &m->status,
        .unavailable = m->unavailable,
        .signal = m->signal,
        .judged = m->tree->o->mhl ? on_judged : NULL,
        .arg = m,
        .owner = m->abandoned ? NULL : m,
        .free_owner = free_owner,
    };
    if (m->abandoned || m->tree->o->mhl) /* a generation is still to be made */
        return;
    tree_free(m->tree);
    m->tree = NULL;
}

void tree_run(const struct options *o, const struct plan_copy *copy, struct tree_links *links,
              int signal_fd, struct session_result *ret)
{
    struct tree_main *m = main_new(o, copy, links, signal_fd);

    if (!m) {
        report_error("cannot begin: %s", strerror(errno));
        *ret = (struct session_result){.exit_status = 2};
        return;
    }
    report_start(&m->status);
    if (has_descriptors(m)) {
        start_threads(m);
        tree_main_supervise(m);
        m->abandoned |= !tree_end_ahead(m->tree, TREE_END_PATIENCE_MS);
        tree_end_totals(m);
    }
    end_list(m);
    tree_main_judge(m);
    tree_main_delete(m);
    if (!copy->verify)
        tree_main_write_manifests(m);
    m->status.seconds = (double)(clock_now_ms() - m->began_ms) / 1000;
    m->status.exit_status = session_exit_status(o, &m->status, m->unavailable, m->signal);
    m->status.exit_status = session_worse(m->status.exit_status, tree_main_mhl_status(m));
    if (!copy->verify)
        report_summary(&m->status);
    *ret = (struct session_result){
        .exit_status = m->status.exit_status,
        .ended = m->signal || (o->stop_on_error && m->status.exit_status != 0),
        .abandoned = m->abandoned,
    };
    if (copy->verify)
        leave_to_verification(m, &ret->end);
    else if (!m->abandoned) /* threads that hang still look at the tree */
        main_free(m);
}
