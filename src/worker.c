#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copy.h"

/* Engines that can be passed over in one search: all of engine_table, with room to spare. */
#define CREW_MAX_REMARKS 16

struct remark {
    const char *engine;
    struct engine_reason reason;
};

struct crew {
    struct job *job;
    const struct engine_ops *wanted;
    int end_fd;
    pthread_t leader;
    pthread_t *followers;
    unsigned max_followers;

    _Atomic(const struct engine_ops *) chosen;

    /* The leader's until it has ended */
    int error;
    struct engine_reason why;
    struct remark remarks[CREW_MAX_REMARKS];
    unsigned n_remarks;
};

/* What one worker owns. */
struct worker {
    void *pool;
    size_t pool_len;
    struct engine *engine;
    struct copy *copy;
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

/* The first worker's search. With an engine asked for by name there is nothing to search. */
static int choose_engine(struct crew *c, const struct engine_config *config,
                         struct engine **ret_engine)
{
    struct engine_reason why = {""};
    int r = -ENOSYS;

    if (c->wanted) {
        r = engine_create(c->wanted, config, ret_engine, &c->why);
        if (r == 0)
            atomic_store(&c->chosen, c->wanted);
        return r;
    }
    for (const struct engine_ops *const *ops = engine_table; *ops; ops++) {
        why.text[0] = '\0';
        if ((*ops)->needs_direct && !direct_in_use(c->job)) {
            snprintf(why.text, sizeof why.text, "asynchronous with O_DIRECT only");
        } else {
            r = engine_create(*ops, config, ret_engine, &why);
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

static int worker_open(struct worker *w, struct crew *c, bool first)
{
    struct job *j = c->job;
    struct engine_config config = {
        .fds = j->fds,
        .n_fds = j->n_fds,
        .max_batches = j->queue_depth,
        .max_ops = 1 + j->n_dests,
    };
    struct engine_reason why;
    int r;

    *w = (struct worker){.pool_len = (size_t)j->queue_depth * j->chunk_size};
    w->pool =
        mmap(NULL, w->pool_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (w->pool == MAP_FAILED) {
        r = -errno;
        goto err;
    }
    /* Fewer page faults, fewer segments for the devices; without huge pages it works as well.
     */
    (void)madvise(w->pool, w->pool_len, MADV_HUGEPAGE);
    r = copy_create(j, w->pool, &w->copy);
    if (r < 0)
        goto err_after_pool;
    config.pool = w->pool;
    config.pool_len = w->pool_len;
    r = first ? choose_engine(c, &config, &w->engine)
              : engine_create(atomic_load(&c->chosen), &config, &w->engine, &why);
    if (r < 0)
        goto err_after_copy;
    return 0;

err_after_copy:
    copy_free(w->copy);
err_after_pool:
    munmap(w->pool, w->pool_len);
err:
    if (first && c->why.text[0] == '\0')
        snprintf(c->why.text, sizeof c->why.text, "%s", strerror(-r));
    return r;
}

static void worker_close(struct worker *w)
{
    engine_destroy(w->engine); /* first: until then the kernel may use the pool */
    copy_free(w->copy);
    munmap(w->pool, w->pool_len);
}

/* A worker that joins in. One that cannot (memory, descriptors, fs.aio-max-nr) leaves the work
 * to the others. */
static void *follow(void *arg)
{
    struct crew *c = arg;
    struct worker w;

    if (worker_open(&w, c, false) < 0)
        return NULL;
    (void)copy_run(w.copy, w.engine);
    worker_close(&w);
    return NULL;
}

static int start_thread(pthread_t *thread, void *(*run)(void *), struct crew *c)
{
    sigset_t all, old;
    int r;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(thread, NULL, run, c);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return -r;
}

/* The first worker: picks the engine, calls the others in, and flushes when all have written.
 */
static void *lead(void *arg)
{
    struct crew *c = arg;
    struct worker w;
    unsigned followers = 0;
    uint64_t one = 1;

    c->error = worker_open(&w, c, true);
    if (c->error != 0)
        goto out;
    assert(w.engine);
    remark(c, atomic_load(&c->chosen)->name, &w.engine->notes);
    while (followers < c->max_followers &&
           start_thread(&c->followers[followers], follow, c) == 0)
        followers++;
    (void)copy_run(w.copy, w.engine);
    while (followers > 0)
        pthread_join(c->followers[--followers], NULL);
    (void)copy_flush(w.copy, w.engine);
    worker_close(&w);
out:
    if (write(c->end_fd, &one, sizeof one) != sizeof one)
        assert(!"an eventfd takes a 1");
    return NULL;
}

int crew_start(struct crew **ret_crew, struct job *j, const struct crew_config *config)
{
    struct crew *c = calloc(1, sizeof *c);
    int r;

    assert(config->workers > 0);
    if (!c)
        return -ENOMEM;
    c->job = j;
    c->wanted = config->engine;
    c->max_followers = config->workers - 1;
    c->followers = calloc(config->workers, sizeof *c->followers);
    if (!c->followers) {
        r = -ENOMEM;
        goto err_after_crew;
    }
    c->end_fd = config->end_fd;
    r = start_thread(&c->leader, lead, c);
    if (r < 0)
        goto err_after_followers;
    *ret_crew = c;
    return 0;

err_after_followers:
    free(c->followers);
err_after_crew:
    free(c);
    return r;
}

int crew_join(struct crew *c, struct engine_reason *why)
{
    pthread_join(c->leader, NULL);
    if (c->error < 0)
        *why = c->why;
    return c->error;
}

const char *crew_engine(struct crew *c)
{
    const struct engine_ops *ops = atomic_load(&c->chosen);

    return ops ? ops->name : NULL;
}

void crew_tell(struct crew *c, void (*tell)(void *arg, const char *engine, const char *reason),
               void *arg)
{
    for (unsigned i = 0; i < c->n_remarks; i++)
        tell(arg, c->remarks[i].engine, c->remarks[i].reason.text);
}

void crew_free(struct crew *c)
{
    free(c->followers);
    free(c);
}
