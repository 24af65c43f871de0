#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "copy.h"
#include "lacking_priv.h"
#include "pool_priv.h"

/* Engines that can be passed over in one search: all of engine_table, with room to spare. */
#define CREW_MAX_REMARKS 16

/* From so many destinations on it is likely that two of them share one of 64 queues
 * (engine_ops.shares_queues), and would take twice the time if they are slow. Of a stream none may:
 * what waits behind a write that hangs cannot be read again. */
#define MANY_DESTS       8u
#define MANY_OF_A_STREAM 2u

struct remark {
    const char *engine;
    struct engine_reason reason;
};

struct crew {
    struct job *job;
    const struct engine_ops *wanted;
    atomic_bool ended;
    unsigned max_workers;
    struct writers *writers; /* engine_config.writers of all workers but successors */

    _Atomic(const struct engine_ops *) chosen;
    const struct engine_ops *reserve; /* for successors */

    pthread_mutex_t lock;
    pthread_cond_t gone;    /* a thread has ended */
    unsigned n_threads;     /* threads that have not */
    unsigned opening;       /* threads that have not made their engines yet */
    struct pool *rests;     /* for successors: what workers that were left behind do not need */
    unsigned active;        /* threads that work for the copy; the last one reports the end */
    struct worker *working; /* those that run copy_run() */

    /* only for the first worker's thread until the end */
    int error;
    struct engine_reason why;
    struct remark remarks[CREW_MAX_REMARKS];
    unsigned n_remarks;
};

/* What one worker owns. */
struct worker {
    struct pool pool;
    struct engine *engine;
    struct copy *copy;
    struct worker *next; /* in crew.working */
};

static void remark(struct crew *c, const char *engine, const struct engine_reason *reason)
{
    if (c->n_remarks == CREW_MAX_REMARKS || reason->text[0] == '\0')
        return;
    c->remarks[c->n_remarks++] = (struct remark){.engine = engine, .reason = *reason};
}

static bool direct_in_use(const struct job *j)
{
    for (unsigned d = 0; d < j->n_dests; d++)
        if (j->dests[d].file_direct != JOB_NO_FILE)
            return true;
    return false;
}

/* Whether too many destinations are written through the page cache. (With O_DIRECT few writes need
 * a thread.) */
static bool is_crowded(const struct job *j)
{
    unsigned n = 0, many = j->source.sequential ? MANY_OF_A_STREAM : MANY_DESTS;

    for (unsigned d = 0; d < j->n_dests; d++)
        n += j->dests[d].file != JOB_NO_FILE && !j->dests[d].sequential;
    return n >= many && !direct_in_use(j);
}

/* Whether the engine is not the right one for this job's files, and why. */
static bool is_unsuitable(const struct job *j, const struct engine_ops *ops,
                          struct engine_reason *why)
{
    if (!j->source.unready || !ops->polls)
        return false;
    snprintf(why->text, sizeof why->text, "poll(2) never reports that SOURCE can be read");
    return true;
}

/* Whether "auto" may take an engine of the kind for this job. If not, *why is filled. */
static bool suits(const struct engine_ops *ops, const struct job *j, struct engine_reason *why)
{
    if (is_unsuitable(j, ops, why))
        return false;
    if (j->prompt && !ops->prompt)
        snprintf(why->text, sizeof why->text,
                 "the data is in memory, and sync is faster there");
    else if (ops->needs_direct && !direct_in_use(j))
        snprintf(why->text, sizeof why->text, "asynchronous with O_DIRECT only");
    else if (ops->shares_queues && is_crowded(j))
        snprintf(why->text, sizeof why->text,
                 "destinations that are slow or hang would make others wait");
    else
        return true;
    return false;
}

/* Makes an engine of the kind, if this kernel is not known to lack it. */
static int try_engine(const struct engine_ops *ops, const struct engine_config *config,
                      struct engine **ret_engine, struct engine_reason *why)
{
    int r;

    if (lacking_has(ops, why))
        return -EOPNOTSUPP;
    r = engine_create(ops, config, ret_engine, why);
    if (r == -EOPNOTSUPP)
        lacking_note(ops, why);
    return r;
}

/* Chooses the engine: the one that was asked for by name, or the first that works. */
static int choose_engine(struct crew *c, const struct engine_config *config,
                         struct engine **ret_engine)
{
    struct engine_reason why = {""};
    int r = -ENOSYS;

    if (c->wanted) {
        if (is_unsuitable(c->job, c->wanted, &c->why))
            return -EOPNOTSUPP;
        r = engine_create(c->wanted, config, ret_engine, &c->why);
        if (r == 0)
            atomic_store(&c->chosen, c->wanted);
        return r;
    }
    for (const struct engine_ops *const *ops = engine_table; *ops; ops++) {
        why.text[0] = '\0';
        if (suits(*ops, c->job, &why)) {
            r = try_engine(*ops, config, ret_engine, &why);
            if (r == 0) {
                atomic_store(&c->chosen, *ops);
                return 0;
            }
            c->why = why;
        }
        remark(c, (*ops)->name, &why);
    }
    return r;
}

/* The engine for a successor: the same one, or, if with that a read that hangs cannot be told
 * from a write that does, the next one in the table. */
static const struct engine_ops *choose_reserve(const struct crew *c, const struct engine *e)
{
    for (const struct engine_ops *const *ops = engine_table; e->leader_last && *ops; ops++)
        if (*ops == e->ops && ops[1] && (!ops[1]->needs_direct || direct_in_use(c->job)))
            return ops[1];
    return e->ops;
}

/* ops: NULL for the first worker, which chooses the engine. rest: what a predecessor has left
 * of its pool, which is consumed; or NULL. prompt: nothing has been seen to be wrong with the
 * files. */
static int worker_open(struct worker *w, struct crew *c, const struct engine_ops *ops,
                       struct pool *rest, bool prompt)
{
    struct job *j = c->job;
    struct engine_config config = {
        .fds = j->fds,
        .n_fds = j->n_fds,
        .max_ops = 1 + j->n_dests,
        .writers = prompt ? c->writers : NULL,
    };
    struct engine_reason why;
    int r;

    *w = (struct worker){0};
    r = pool_open(&w->pool, j, rest);
    if (r < 0)
        goto err;
    config.pool = pool_start(&w->pool);
    config.pool_len = pool_length(&w->pool);
    config.max_batches = w->pool.n;
    r = copy_create(j, &w->pool, &w->copy);
    if (r < 0)
        goto err_after_pool;
    r = ops ? engine_create(ops, &config, &w->engine, &why)
            : choose_engine(c, &config, &w->engine);
    if (r < 0)
        goto err_after_copy;
    return 0;

err_after_copy:
    copy_free(w->copy);
err_after_pool:
    pool_close(&w->pool);
err:
    if (!ops && c->why.text[0] == '\0')
        snprintf(c->why.text, sizeof c->why.text, "%s", strerror(-r));
    return r;
}

static void worker_close(struct worker *w)
{
    engine_destroy(w->engine); /* first: until then the kernel may use the pool */
    copy_free(w->copy);
    pool_close(&w->pool);
}

/* Starts a thread. It is not joined, as it may never end. */
static int start_thread(struct crew *c, void *(*run)(void *))
{
    int r;

    pthread_mutex_lock(&c->lock);
    c->n_threads++;
    c->opening++;
    pthread_mutex_unlock(&c->lock);
    r = thread_start(run, c);
    pthread_mutex_lock(&c->lock);
    c->n_threads -= r != 0;
    c->opening -= r != 0;
    pthread_mutex_unlock(&c->lock);
    return r;
}

/* What a thread does last. */
static void *leave(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->n_threads--;
    pthread_cond_signal(&c->gone);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void report_end(struct crew *c)
{
    uint64_t one = 1;

    atomic_store(&c->ended, true);

    if (write(c->job->news_fd, &one, sizeof one) != sizeof one)
        assert(!"an eventfd takes a 1");
}

/* The thread has made its engine, or failed to. */
static void opened(struct crew *c)
{
    uint64_t one = 1;

    pthread_mutex_lock(&c->lock);
    c->opening--;
    pthread_mutex_unlock(&c->lock);
    if (write(c->job->news_fd, &one, sizeof one) != sizeof one)
        assert(!"an eventfd takes a 1");
}

/* Whether this worker is the last one, which reports the end. If not, it is one less. */
static bool is_last(struct crew *c)
{
    bool last;

    pthread_mutex_lock(&c->lock);
    last = c->active == 1;
    if (!last)
        c->active--;
    pthread_mutex_unlock(&c->lock);
    return last;
}

static int run(struct crew *c, struct worker *w)
{
    struct worker **link = &c->working;
    int r;

    pthread_mutex_lock(&c->lock);
    w->next = c->working;
    c->working = w;
    pthread_mutex_unlock(&c->lock);
    r = copy_run(w->copy, w->engine);
    pthread_mutex_lock(&c->lock);
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    pthread_mutex_unlock(&c->lock);
    return r;
}

static void *succeed(void *arg);

static bool is_used(void *copy, unsigned i)
{
    return copy_uses(copy, i);
}

/* What the worker does not need of its pool, as operations are under way that never end. */
static void leave_rest(struct crew *c, struct worker *w)
{
    struct pool *rest = pool_rest(&w->pool, is_used, w->copy);

    if (!rest)
        return;
    pthread_mutex_lock(&c->lock);
    rest->next = c->rests;
    c->rests = rest;
    pthread_mutex_unlock(&c->lock);
}

/* What some worker has left of its pool; NULL: nothing. */
static struct pool *take_rest(struct crew *c)
{
    struct pool *rest;

    pthread_mutex_lock(&c->lock);
    rest = c->rests;
    if (rest)
        c->rests = rest->next;
    pthread_mutex_unlock(&c->lock);
    return rest;
}

/* Copies until all is done. A worker with operations under way that never end cannot go on: a
 * successor with an engine of its own takes its place, while it waits for them. If its work was
 * taken away, a stand-in has it. */
static void work(struct crew *c, struct worker *w)
{
    int r = run(c, w);
    bool passed_on = r == COPY_TAKEN, last;

    if (r == COPY_LEFT && !job_stopping(c->job)) {
        leave_rest(c, w);
        passed_on = start_thread(c, succeed) == 0;
        if (!passed_on) {
            pool_free_rest(take_rest(c));
            job_fail_rest(c->job, EAGAIN);
        }
    }
    last = !passed_on && is_last(c);
    /* Before the end is reported, only operations that end are waited for. */
    if (last && r != 0)
        report_end(c);
    worker_close(w);
    if (last && r == 0)
        report_end(c);
}

/* A further worker. If it cannot be set up (memory, descriptors, fs.aio-max-nr), the others do
 * the work. */
static void *follow(void *arg)
{
    struct crew *c = arg;
    struct worker w;
    int r = worker_open(&w, c, atomic_load(&c->chosen), NULL, true);

    opened(c);
    if (r < 0)
        return leave(c);
    pthread_mutex_lock(&c->lock);
    c->active++;
    pthread_mutex_unlock(&c->lock);
    work(c, &w);
    return leave(c);
}

/* There is nobody for a worker's part of the work, for the reason err: a positive errno. */
static void fail_rest(struct crew *c, int err)
{
    job_fail_rest(c->job, err);
    if (is_last(c))
        report_end(c);
}

static void *succeed(void *arg)
{
    struct crew *c = arg;
    struct worker w;
    int r = worker_open(&w, c, c->reserve, take_rest(c), false);

    opened(c);
    if (r == 0)
        work(c, &w);
    else
        fail_rest(c, -r);
    return leave(c);
}

/* Whether a stand-in would hang as well: engine sync runs operations itself without being told
 * to only when there are no threads. */
static bool had_no_threads(const struct worker *w)
{
    return w->engine->ops == &engine_sync_ops && !w->engine->prompt;
}

/* Takes the work away from one worker that is late. Whether there was one. */
static bool take_away(struct crew *c)
{
    bool taken = false;

    pthread_mutex_lock(&c->lock);
    for (struct worker *w = c->working; w && !taken; w = w->next)
        taken = !had_no_threads(w) && copy_take_away(w->copy);
    pthread_mutex_unlock(&c->lock);
    return taken;
}

/* Does the work of one that hangs, with the engine that makes no operation in the worker's own
 * thread. It takes the work only when it is ready itself: without that, waiting is better. */
static void *stand_in(void *arg)
{
    struct crew *c = arg;
    struct worker w;
    bool ready = worker_open(&w, c, &engine_sync_ops, NULL, false) == 0;
    bool taken = ready && take_away(c);

    opened(c);
    if (taken)
        work(c, &w);
    else if (ready)
        worker_close(&w);
    return leave(c);
}

/* Counts the workers that are late, and takes the work away from those that are lost. */
static unsigned count_late(struct crew *c, unsigned *ret_lost)
{
    unsigned n = 0;

    *ret_lost = 0;
    pthread_mutex_lock(&c->lock);
    for (struct worker *w = c->working; w; w = w->next) {
        enum copy_absence absence = copy_absence(w->copy);

        *ret_lost += absence == COPY_LOST && copy_take_away(w->copy);
        n += absence == COPY_LATE && !had_no_threads(w);
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}

void crew_look(struct crew *c)
{
    unsigned n_late, n_lost;

    if (!crew_is_open(c))
        return; /* a stand-in may be among those that are not ready */
    n_late = count_late(c, &n_lost);
    for (unsigned i = 0; i < n_lost; i++)
        fail_rest(c, ETIMEDOUT);
    /* Without a thread, the next look is another attempt. */
    for (unsigned i = 0; i < n_late && start_thread(c, stand_in) == 0; i++)
        ;
}

/* The first worker: chooses the engine and starts the others. */
static void *lead(void *arg)
{
    struct crew *c = arg;
    struct worker w;

    c->error = worker_open(&w, c, NULL, NULL, true);
    if (c->error != 0) {
        opened(c);
        report_end(c);
        return leave(c);
    }
    assert(w.engine);
    remark(c, atomic_load(&c->chosen)->name, &w.engine->notes);
    c->reserve = choose_reserve(c, w.engine);
    for (unsigned i = 1; i < c->max_workers && start_thread(c, follow) == 0; i++)
        ;
    opened(c);
    work(c, &w);
    return leave(c);
}

int crew_start(struct crew **ret_crew, struct job *j, const struct crew_config *config)
{
    struct crew *c = calloc(1, sizeof *c);
    pthread_condattr_t attr;
    int r;

    assert(config->workers > 0);
    if (!c)
        return -ENOMEM;
    c->job = j;
    c->writers = j->prompt ? writers_new(j->n_fds) : NULL;
    c->wanted = config->engine;
    c->max_workers = config->workers;
    c->active = 1;
    /* These fail for wrong arguments only. */
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->gone, &attr);
    pthread_condattr_destroy(&attr);
    r = start_thread(c, lead);
    if (r < 0) {
        crew_free(c);
        return r;
    }
    *ret_crew = c;
    return 0;
}

bool crew_end(struct crew *c, unsigned limit_ms)
{
    uint64_t now = clock_running_ms(), until = now + limit_ms;
    bool ended;

    pthread_mutex_lock(&c->lock);
    while (c->n_threads > 0 && now < until) {
        struct timespec soon = clock_in_ms((unsigned)clock_wait_ms(now, until));

        (void)pthread_cond_timedwait(&c->gone, &c->lock, &soon);
        now = clock_running_ms();
    }
    ended = c->n_threads == 0;
    pthread_mutex_unlock(&c->lock);
    return ended;
}

int crew_error(const struct crew *c, struct engine_reason *why)
{
    if (c->error < 0)
        *why = c->why;
    return c->error;
}

bool crew_is_open(struct crew *c)
{
    bool open;

    pthread_mutex_lock(&c->lock);
    open = c->opening == 0;
    pthread_mutex_unlock(&c->lock);
    return open;
}

bool crew_has_ended(const struct crew *c)
{
    return atomic_load(&c->ended);
}

const char *crew_engine(struct crew *c)
{
    const struct engine_ops *ops = atomic_load(&c->chosen);

    return ops ? ops->name : NULL;
}

void crew_report_remarks(struct crew *c,
                         void (*report)(void *arg, const char *engine, const char *reason),
                         void *arg)
{
    for (unsigned i = 0; i < c->n_remarks; i++)
        report(arg, c->remarks[i].engine, c->remarks[i].reason.text);
}

void crew_free(struct crew *c)
{
    pthread_cond_destroy(&c->gone);
    pthread_mutex_destroy(&c->lock);
    writers_free(c->writers);
    free(c);
}
