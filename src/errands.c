#include "errands.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "thread.h"

/* Threads that wait for the next errand instead of ending. More than these are not kept. */
#define MAX_IDLE 64u

struct errand {
    struct round *round;
    unsigned i;
    bool back;
};

/* Lives as long as somebody is on the way. */
struct round {
    struct errands what;
    pthread_mutex_t lock;
    int back_fd;      /* eventfd: all are back */
    unsigned out;     /* errands on the way */
    unsigned holders; /* those, and the one who waits */
    bool given_up;
    struct errand errands[];
};

/* A thread, in its own memory. */
struct runner {
    struct errand *errand; /* the next one; NULL: none yet */
    pthread_cond_t wake;
    struct runner *next;
};

static struct {
    pthread_mutex_t lock;
    struct runner *first;
    unsigned n;
} idle = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct round *round_new(const struct errands *e)
{
    struct round *r = calloc(1, sizeof *r + e->n * sizeof r->errands[0]);

    if (!r)
        return NULL;
    r->what = *e;
    r->holders = 1;
    r->back_fd = eventfd(0, EFD_CLOEXEC);
    if (r->back_fd < 0) {
        free(r);
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    for (unsigned i = 0; i < e->n; i++)
        r->errands[i] = (struct errand){.round = r, .i = i};
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

static void go(struct errand *errand)
{
    struct round *r = errand->round;
    uint64_t one = 1;
    bool too_late;

    r->what.run(r->what.arg, errand->i);
    pthread_mutex_lock(&r->lock);
    too_late = r->given_up;
    errand->back = !too_late;
    if (--r->out == 0 && !too_late)
        (void)!write(r->back_fd, &one, sizeof one);
    pthread_mutex_unlock(&r->lock);
    if (too_late && r->what.undo)
        r->what.undo(r->what.arg, errand->i);
    pthread_mutex_lock(&r->lock);
    let_go(r);
}

/* The next errand, once there is one; NULL when enough others wait for it. */
static struct errand *next_errand(struct runner *self)
{
    struct errand *errand;

    pthread_mutex_lock(&idle.lock);
    self->errand = NULL;
    if (idle.n < MAX_IDLE) {
        self->next = idle.first;
        idle.first = self;
        idle.n++;
        while (!self->errand)
            pthread_cond_wait(&self->wake, &idle.lock);
    }
    errand = self->errand;
    pthread_mutex_unlock(&idle.lock);
    return errand;
}

static void *run_errands(void *arg)
{
    struct runner self = {.wake = PTHREAD_COND_INITIALIZER};

    for (struct errand *errand = arg; errand; errand = next_errand(&self))
        go(errand);
    pthread_cond_destroy(&self.wake);
    return NULL;
}

/* False: nobody is idle. */
static bool hand_over(struct errand *errand)
{
    struct runner *r;

    pthread_mutex_lock(&idle.lock);
    r = idle.first;
    if (r) {
        idle.first = r->next;
        idle.n--;
        r->errand = errand;
        pthread_cond_signal(&r->wake);
    }
    pthread_mutex_unlock(&idle.lock);
    return r;
}

/* Signals are the main thread's: all are blocked in a new one. */
static bool start(struct errand *errand)
{
    struct round *r = errand->round;

    pthread_mutex_lock(&r->lock);
    r->out++;
    r->holders++;
    pthread_mutex_unlock(&r->lock);
    if (hand_over(errand) || thread_start(run_errands, errand) == 0)
        return true;
    pthread_mutex_lock(&r->lock);
    r->out--;
    r->holders--;
    pthread_mutex_unlock(&r->lock);
    return false;
}

static bool all_back(struct round *r)
{
    bool all;

    pthread_mutex_lock(&r->lock);
    all = r->out == 0;
    pthread_mutex_unlock(&r->lock);
    return all;
}

static void await(struct round *r)
{
    const struct errands *e = &r->what;
    uint64_t now = clock_now_ms();
    uint64_t end = e->timeout_ms ? now + e->timeout_ms : UINT64_MAX;
    bool stopping = false;

    while (!all_back(r) && now < end) {
        struct pollfd p[2] = {{.fd = r->back_fd, .events = POLLIN},
                              {.fd = stopping ? -1 : e->wake_fd, .events = POLLIN}};

        poll(p, 2, end == UINT64_MAX ? -1 : (int)(end - now));
        now = clock_now_ms();
        if (now >= end && !stopping && e->moved && e->moved(e->arg))
            end = now + e->timeout_ms;
        if (p[1].revents && e->stop(e->arg)) {
            stopping = true;
            if (end > now + e->stop_ms)
                end = now + e->stop_ms;
        }
    }
}

static bool is_wanted(const struct errands *e, unsigned i)
{
    return !e->wanted || e->wanted[i];
}

unsigned errands_run(const struct errands *e, bool *late)
{
    struct round *r = round_new(e);
    unsigned n_late = 0;

    for (unsigned i = 0; i < e->n; i++) {
        late[i] = false;
        if (is_wanted(e, i) && (!r || !start(&r->errands[i]))) {
            e->run(e->arg, i);
            if (r)
                r->errands[i].back = true;
        }
    }
    if (!r)
        return 0;
    await(r);
    pthread_mutex_lock(&r->lock);
    r->given_up = true;
    for (unsigned i = 0; i < e->n; i++) {
        late[i] = is_wanted(e, i) && !r->errands[i].back;
        n_late += late[i];
    }
    let_go(r);
    return n_late;
}
