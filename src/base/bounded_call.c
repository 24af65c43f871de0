#include "bounded_call.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"
#include "thread.h"

/* The waiting thread counts the calls that finish in this time. It starts more threads if these
 * are fewer than the running calls, and some calls have not started. */
#define SPREAD_MS 100u

struct call {
    struct call_set *set;
    unsigned i;    /* index of the call, for run() and undo() */
    bool finished; /* run() has returned in time */
};

/* The calls of one bounded_calls_run(). The last thread that uses the set frees it. */
struct call_set {
    struct bounded_calls params;
    pthread_mutex_t lock;   /* protects all members below */
    int done_fd;            /* eventfd: no call is running any more */
    unsigned next;          /* index of the first call that has not started */
    unsigned running;       /* number of calls that run */
    unsigned finished;      /* number of calls that have returned */
    unsigned references;    /* threads that run calls, and the waiting thread */
    uint64_t last_start_ms; /* when the latest call started */
    bool stopping;          /* start no more calls */
    bool abandoned;         /* the waiting thread has left */
    struct call calls[];
};

static struct call_set *set_new(const struct bounded_calls *params)
{
    struct call_set *set = calloc(1, sizeof *set + params->n * sizeof set->calls[0]);

    if (!set)
        return NULL;
    set->params = *params;
    set->references = 1;
    set->done_fd = event_create();
    if (set->done_fd < 0) {
        free(set);
        return NULL;
    }
    pthread_mutex_init(&set->lock, NULL);
    for (unsigned i = 0; i < params->n; i++)
        set->calls[i] = (struct call){.set = set, .i = i};
    return set;
}

/* Drops one reference; the last one frees the set. The caller holds the lock; this function
 * releases it. */
static void set_unref(struct call_set *set)
{
    bool last = --set->references == 0;

    pthread_mutex_unlock(&set->lock);
    if (!last)
        return;
    close(set->done_fd);
    pthread_mutex_destroy(&set->lock);
    free(set);
}

static bool is_wanted(const struct bounded_calls *params, unsigned i)
{
    return !params->wanted || params->wanted[i];
}

/* Marks the next call of the set as running and returns it; NULL: there is none to start. The
 * caller holds the lock, and makes the call. */
static struct call *take_next(struct call_set *set)
{
    if (set->stopping || set->abandoned)
        return NULL;
    while (set->next < set->params.n && !is_wanted(&set->params, set->next))
        set->next++;
    if (set->next == set->params.n)
        return NULL;
    set->running++;
    set->last_start_ms = clock_running_ms();
    return &set->calls[set->next++];
}

/* Makes the call. Returns the next one that this thread has to make, or NULL. */
static struct call *make_call(struct call *call)
{
    struct call_set *set = call->set;
    struct call *next;
    bool abandoned, last;

    set->params.run(set->params.arg, call->i);
    pthread_mutex_lock(&set->lock);
    abandoned = set->abandoned;
    call->finished = !abandoned;
    set->finished++;
    set->running--;
    next = take_next(set);
    last = set->running == 0;
    pthread_mutex_unlock(&set->lock);
    if (last && !abandoned)
        event_signal(set->done_fd);
    if (abandoned && set->params.undo)
        set->params.undo(set->params.arg, call->i);
    return next;
}

static void *call_thread(void *arg)
{
    struct call *call = arg;
    struct call_set *set = call->set;

    while (call)
        call = make_call(call);
    pthread_mutex_lock(&set->lock);
    set_unref(set);
    return NULL;
}

/* Starts a thread that makes this call first. False: there is no such thread. */
static bool start_thread(struct call *call)
{
    struct call_set *set = call->set;

    pthread_mutex_lock(&set->lock);
    set->references++;
    pthread_mutex_unlock(&set->lock);
    if (thread_start(call_thread, call) == 0)
        return true;
    pthread_mutex_lock(&set->lock);
    set->references--;
    pthread_mutex_unlock(&set->lock);
    return false;
}

/* Starts up to n threads, one for each call that has not started. If a thread cannot be
 * started, this thread makes the call itself. */
static void start_threads(struct call_set *set, unsigned n)
{
    while (n > 0) {
        struct call *call;

        pthread_mutex_lock(&set->lock);
        call = take_next(set);
        pthread_mutex_unlock(&set->lock);
        if (!call)
            return;
        if (start_thread(call)) {
            n--;
            continue;
        }
        set->params.run(set->params.arg, call->i);
        pthread_mutex_lock(&set->lock);
        call->finished = true;
        set->finished++;
        set->running--;
        pthread_mutex_unlock(&set->lock);
    }
}

/* The state of a set at one moment. */
struct snapshot {
    unsigned running, finished;
    bool has_more; /* some calls have not started, and may start */
    uint64_t last_start_ms;
};

static struct snapshot take_snapshot(struct call_set *set)
{
    struct snapshot s;

    pthread_mutex_lock(&set->lock);
    s = (struct snapshot){
        .running = set->running,
        .finished = set->finished,
        .has_more = set->next < set->params.n && !set->stopping,
        .last_start_ms = set->last_start_ms,
    };
    pthread_mutex_unlock(&set->lock);
    return s;
}

static void start_no_more(struct call_set *set)
{
    pthread_mutex_lock(&set->lock);
    set->stopping = true;
    pthread_mutex_unlock(&set->lock);
}

/* The time limit of a call that started at start_ms. */
static uint64_t deadline_of(const struct bounded_calls *params, uint64_t start_ms)
{
    return params->timeout_ms ? start_ms + params->timeout_ms : UINT64_MAX;
}

/* How long poll(2) may wait. Short while calls have not started: all of them have to start long
 * before the time limit is over. No longer than the clock of the limit allows. */
static int poll_timeout_ms(const struct bounded_calls *params, const struct snapshot *s,
                           uint64_t now, uint64_t deadline)
{
    int wait = clock_wait_ms(now, deadline);

    if (s->has_more)
        return (int)(params->timeout_ms && params->timeout_ms < 10 * SPREAD_MS
                         ? params->timeout_ms / 10
                         : SPREAD_MS);
    if (params->tick && (wait < 0 || wait > (int)params->tick_ms))
        return (int)params->tick_ms;
    return wait;
}

/* Waits until no call is running or the time limit is over. */
static void wait_for_calls(struct call_set *set)
{
    const struct bounded_calls *params = &set->params;
    struct snapshot s = take_snapshot(set);
    uint64_t now = clock_running_ms(), deadline = deadline_of(params, now);
    bool stopping = false, stop;

    while (s.running > 0 && now < deadline) {
        struct pollfd p[2] = {{.fd = set->done_fd, .events = POLLIN},
                              {.fd = stopping ? -1 : params->wake_fd, .events = POLLIN}};
        unsigned finished = s.finished;
        bool quiet = poll(p, 2, poll_timeout_ms(params, &s, now, deadline)) == 0;

        stop = params->tick && params->tick(params->arg);
        s = take_snapshot(set);
        if (quiet && s.has_more && s.finished - finished < s.running) {
            start_threads(set, s.running);
            s = take_snapshot(set);
        }
        now = clock_running_ms();
        if (!stopping && deadline < deadline_of(params, s.last_start_ms))
            deadline = deadline_of(params, s.last_start_ms);
        if (now >= deadline && !stopping && params->moved && params->moved(params->arg))
            deadline = now + params->timeout_ms;
        stop |= p[1].revents && params->stop(params->arg);
        if (stop && !stopping) {
            stopping = true;
            start_no_more(set);
            if (deadline > now + params->stop_ms)
                deadline = now + params->stop_ms;
        }
    }
}

/* Without memory for a set: makes the calls one after the other in this thread. */
static void run_all_here(const struct bounded_calls *params)
{
    for (unsigned i = 0; i < params->n; i++)
        if (is_wanted(params, i))
            params->run(params->arg, i);
}

unsigned bounded_calls_run(const struct bounded_calls *params, bool *late)
{
    struct call_set *set;
    unsigned n_late = 0;
    bool any = false;

    for (unsigned i = 0; i < params->n; i++) {
        late[i] = false;
        any |= is_wanted(params, i);
    }
    if (!any)
        return 0;
    set = set_new(params);
    if (!set) {
        run_all_here(params);
        return 0;
    }
    start_threads(set, params->at_once ? params->at_once : params->n);
    wait_for_calls(set);
    pthread_mutex_lock(&set->lock);
    set->abandoned = true;
    for (unsigned i = 0; i < params->n; i++) {
        late[i] = is_wanted(params, i) && !set->calls[i].finished;
        n_late += late[i];
    }
    set_unref(set);
    return n_late;
}
