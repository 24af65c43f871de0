/* whole_count: several copies have one progress, and a thread counts all of their sources. See
 * tree.h. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/interrupted.h"
#include "base/thread.h"
#include "main_priv.h"

/* Runs that take less time are not counted. */
#define COUNT_AFTER_MS 500

struct tree_whole {
    const struct options *o;
    const struct plan *plan;
    struct report_whole result;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over; /* under the lock: there is no thread that looks at this */
    atomic_bool stop;
};

static bool is_stopped(void *arg, const struct stat *st)
{
    const struct tree_whole *w = arg;

    (void)st;
    return atomic_load(&w->stop);
}

static void count_copy(struct tree_whole *w, const struct plan_copy *c)
{
    struct totals totals = tree_totals_of(w->o, c);
    struct stat st;

    totals.arg = w;
    totals.leave_out = is_stopped;
    if (c->tree)
        (void)totals_count(&totals); /* what cannot be read is not copied either */
    else if (stat(c->source, &st) == 0) {
        totals.bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
        totals.files = 1;
    }
    atomic_fetch_add(&w->result.bytes, totals.bytes);
    atomic_fetch_add(&w->result.files, totals.files);
}

/* Waits until it is time to begin. With the lock held. */
static void pause_first(struct tree_whole *w)
{
    const struct timespec until = clock_in_ms(COUNT_AFTER_MS);

    while (!atomic_load(&w->stop) &&
           pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &until) == 0)
        ;
}

static void *count(void *arg)
{
    struct tree_whole *w = arg;

    pthread_mutex_lock(&w->lock);
    pause_first(w);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->plan->n_copies && !atomic_load(&w->stop); i++)
        if (!w->plan->copies[i].left_out)
            count_copy(w, &w->plan->copies[i]);
    atomic_store(&w->result.counted, !atomic_load(&w->stop));
    pthread_mutex_lock(&w->lock);
    w->over = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static unsigned count_copies(const struct plan *plan)
{
    unsigned n = 0;

    for (unsigned i = 0; i < plan->n_copies; i++)
        n += !plan->copies[i].left_out;
    return n;
}

/* No copy needs to be counted by itself, unless scripts want that. */
static void start_counting(struct tree_whole *w)
{
    if (report_progress_interval_ms() < 0 || !tree_counts(w->o))
        return;
    w->over = false;
    if (thread_start(count, w) < 0) {
        w->over = true;
        return;
    }
    for (unsigned i = 0; i < w->plan->n_copies; i++)
        w->plan->copies[i].counted = !w->o->json;
}

struct tree_whole *tree_whole_begin(const struct options *o, const struct plan *plan)
{
    unsigned n = o->n_target_directories > 0 ? count_copies(plan) : 0;
    struct tree_whole *w = n > 1 ? calloc(1, sizeof(*w)) : NULL;

    if (!w)
        return NULL;
    w->o = o;
    w->plan = plan;
    w->result.paths = (const char *const *)o->target_directories;
    w->result.n_dests = o->n_target_directories;
    w->result.n_copies = n;
    w->over = true;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    report_whole_begin(&w->result);
    start_counting(w);
    return w;
}

bool tree_whole_end(struct tree_whole *w)
{
    const struct timespec until = clock_in_ms(TREE_END_PATIENCE_MS);
    int r = 0;
    bool over;

    if (!w)
        return true;
    report_whole_end();
    pthread_mutex_lock(&w->lock);
    atomic_store(&w->stop, true);
    pthread_cond_signal(&w->changed);
    while (!w->over && r == 0)
        r = pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &until);
    over = w->over;
    pthread_mutex_unlock(&w->lock);
    if (!over)
        return false;
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return true;
}
