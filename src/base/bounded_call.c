#include "bounded_call.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"
#include "thread.h"

/* How long to look at those that are on the way before others are called in for what has not
 * been begun, because fewer than these have come back. */
#define SPREAD_MS 100u

struct call {
    struct round *round;
    unsigned i;
    bool back;
};

/* Lives as long as somebody is on the way. */
struct round {
    struct bounded_calls what;
    pthread_mutex_t lock;
    int back_fd;       /* eventfd: all are back */
    unsigned next;     /* from there on none has been begun */
    unsigned out;      /* calls on the way */
    unsigned back;     /* that have come back */
    unsigned holders;  /* threads on the way, and the one who waits */
    uint64_t begun_ms; /* when the last one was begun */
    bool stopping;     /* none is begun any more */
    bool given_up;
    struct call calls[];
};

static struct round *round_new(const struct bounded_calls *e)
{
    struct round *r = calloc(1, sizeof *r + e->n * sizeof r->calls[0]);

    if (!r)
        return NULL;
    r->what = *e;
    r->holders = 1;
    r->back_fd = event_create();
    if (r->back_fd < 0) {
        free(r);
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    for (unsigned i = 0; i < e->n; i++)
        r->calls[i] = (struct call){.round = r, .i = i};
    return r;
}

/* With the lock held, which is gone then. */
static void let_go(struct round *r)
{
    bool last = --r->holders == 0;

    pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    close(r->back_fd);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static bool is_wanted(const struct bounded_calls *e, unsigned i)
{
    return !e->wanted || e->wanted[i];
}

/* Begins the next call of the round; NULL if there is none. With the lock held. */
static struct call *begin(struct round *r)
{
    if (r->stopping || r->given_up)
        return NULL;
    while (r->next < r->what.n && !is_wanted(&r->what, r->next))
        r->next++;
    if (r->next == r->what.n)
        return NULL;
    r->out++;
    r->begun_ms = clock_now_ms();
    return &r->calls[r->next++];
}

/* Does the call, and begins the next one of its round, if there is one. */
static struct call *carry_out(struct call *call)
{
    struct round *r = call->round;
    struct call *next;
    bool too_late, last;

    r->what.run(r->what.arg, call->i);
    pthread_mutex_lock(&r->lock);
    too_late = r->given_up;
    call->back = !too_late;
    r->back++;
    r->out--;
    next = begin(r);
    last = r->out == 0;
    pthread_mutex_unlock(&r->lock);
    if (last && !too_late)
        event_signal(r->back_fd);
    if (too_late && r->what.undo)
        r->what.undo(r->what.arg, call->i);
    return next;
}

static void *run_calls(void *arg)
{
    struct call *call = arg;
    struct round *r = call->round;

    while (call)
        call = carry_out(call);
    pthread_mutex_lock(&r->lock);
    let_go(r);
    return NULL;
}

/* Whether a thread was sent out with the call. */
static bool start(struct call *call)
{
    struct round *r = call->round;

    pthread_mutex_lock(&r->lock);
    r->holders++;
    pthread_mutex_unlock(&r->lock);
    if (thread_start(run_calls, call) == 0)
        return true;
    pthread_mutex_lock(&r->lock);
    r->holders--;
    pthread_mutex_unlock(&r->lock);
    return false;
}

/* Sends out n threads, if there are as many calls that have not been begun. What no thread
 * can be had for is done here. */
static void call_in(struct round *r, unsigned n)
{
    while (n > 0) {
        struct call *call;

        pthread_mutex_lock(&r->lock);
        call = begin(r);
        pthread_mutex_unlock(&r->lock);
        if (!call)
            return;
        if (start(call)) {
            n--;
            continue;
        }
        r->what.run(r->what.arg, call->i);
        pthread_mutex_lock(&r->lock);
        call->back = true;
        r->back++;
        r->out--;
        pthread_mutex_unlock(&r->lock);
    }
}

/* How a round stands. */
struct sight {
    unsigned out, back;
    bool waiting; /* some have not been begun */
    uint64_t begun_ms;
};

static struct sight look(struct round *r)
{
    struct sight s;

    pthread_mutex_lock(&r->lock);
    s = (struct sight){
        .out = r->out,
        .back = r->back,
        .waiting = r->next < r->what.n && !r->stopping,
        .begun_ms = r->begun_ms,
    };
    pthread_mutex_unlock(&r->lock);
    return s;
}

static void begin_no_more(struct round *r)
{
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_mutex_unlock(&r->lock);
}

static uint64_t end_of(const struct bounded_calls *e, uint64_t begun_ms)
{
    return e->timeout_ms ? begun_ms + e->timeout_ms : UINT64_MAX;
}

/* For poll(2). Long before the time is over all that waits has been begun. */
static int pace_patience_ms(const struct bounded_calls *e, const struct sight *s, uint64_t now,
                            uint64_t end)
{
    if (s->waiting)
        return (int)(e->timeout_ms && e->timeout_ms < 10 * SPREAD_MS ? e->timeout_ms / 10
                                                                     : SPREAD_MS);
    return end == UINT64_MAX ? -1 : (int)(end - now);
}

static void await(struct round *r)
{
    const struct bounded_calls *e = &r->what;
    struct sight s = look(r);
    uint64_t now = clock_now_ms(), end = end_of(e, now);
    bool stopping = false;

    while (s.out > 0 && now < end) {
        struct pollfd p[2] = {{.fd = r->back_fd, .events = POLLIN},
                              {.fd = stopping ? -1 : e->wake_fd, .events = POLLIN}};
        unsigned back = s.back;
        bool quiet = poll(p, 2, pace_patience_ms(e, &s, now, end)) == 0;

        s = look(r);
        if (quiet && s.waiting && s.back - back < s.out) {
            call_in(r, s.out);
            s = look(r);
        }
        now = clock_now_ms();
        if (!stopping && end < end_of(e, s.begun_ms))
            end = end_of(e, s.begun_ms);
        if (now >= end && !stopping && e->moved && e->moved(e->arg))
            end = now + e->timeout_ms;
        if (p[1].revents && e->stop(e->arg)) {
            stopping = true;
            begin_no_more(r);
            if (end > now + e->stop_ms)
                end = now + e->stop_ms;
        }
    }
}

/* Without memory for more: one after the other, here. */
static void run_all(const struct bounded_calls *e)
{
    for (unsigned i = 0; i < e->n; i++)
        if (is_wanted(e, i))
            e->run(e->arg, i);
}

unsigned bounded_calls_run(const struct bounded_calls *e, bool *late)
{
    struct round *r;
    unsigned n_late = 0;
    bool any = false;

    for (unsigned i = 0; i < e->n; i++) {
        late[i] = false;
        any |= is_wanted(e, i);
    }
    if (!any)
        return 0;
    r = round_new(e);
    if (!r) {
        run_all(e);
        return 0;
    }
    call_in(r, e->at_once ? e->at_once : e->n);
    await(r);
    pthread_mutex_lock(&r->lock);
    r->given_up = true;
    for (unsigned i = 0; i < e->n; i++) {
        late[i] = is_wanted(e, i) && !r->calls[i].back;
        n_late += late[i];
    }
    let_go(r);
    return n_late;
}
