#include "thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* The most threads that wait for work. A thread terminates when so many wait already. */
#define MAX_IDLE 64u

/* A thread and its work. It belongs to the thread itself; while the thread is idle, it belongs
 * to the list below. */
struct runner {
    void *(*run)(void *);
    void *arg;
    sem_t wake; /* posted when there is work again */
    struct runner *next;
};

static struct {
    pthread_mutex_t lock;
    struct runner *first;
    unsigned n;
} idle = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Waits until there is work again. False: the thread has to terminate. */
static bool wait_for_work(struct runner *self)
{
    bool keep;

    pthread_mutex_lock(&idle.lock);
    keep = idle.n < MAX_IDLE;
    if (keep) {
        self->next = idle.first;
        idle.first = self;
        idle.n++;
    }
    pthread_mutex_unlock(&idle.lock);
    while (keep && sem_wait(&self->wake) < 0)
        ;
    return keep;
}

static void *serve(void *arg)
{
    struct runner *self = arg;

    do
        (void)self->run(self->arg);
    while (wait_for_work(self));
    sem_destroy(&self->wake);
    free(self);
    return NULL;
}

/* Takes a thread from the list of idle ones. NULL: the list is empty. */
static struct runner *take_idle(void)
{
    struct runner *r;

    pthread_mutex_lock(&idle.lock);
    r = idle.first;
    if (r) {
        idle.first = r->next;
        idle.n--;
    }
    pthread_mutex_unlock(&idle.lock);
    return r;
}

/* 0 or a negative errno. */
static int start_new(struct runner *runner)
{
    pthread_t thread;
    sigset_t all, old;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&thread, NULL, serve, runner);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r == 0)
        pthread_detach(thread);
    return -r;
}

int thread_start(void *(*run)(void *), void *arg)
{
    struct runner *runner = take_idle();
    int r;

    if (runner) {
        runner->run = run;
        runner->arg = arg;
        sem_post(&runner->wake);
        return 0;
    }
    runner = malloc(sizeof *runner);
    if (!runner)
        return -ENOMEM;
    *runner = (struct runner){.run = run, .arg = arg};
    sem_init(&runner->wake, 0, 0); /* fails only for wrong arguments */
    r = start_new(runner);
    if (r < 0) {
        sem_destroy(&runner->wake);
        free(runner);
    }
    return r;
}
