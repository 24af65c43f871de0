#include "journal_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

#define QUEUE_SIZE  4096u /* records */
#define BLOCK       64u   /* that are written at once */
#define INTERVAL_MS 1000u

/* One destination. */
struct desk {
    struct journal_writer *journal_writer;
    unsigned d;
    bool wanted;
    bool working;  /* there is a thread, which has not come to its end */
    bool finished; /* nothing is to be written any more */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct journal_record *queue; /* a ring of QUEUE_SIZE */
    unsigned first, used;
};

struct journal_writer {
    unsigned n;
    void (*write)(void *arg, unsigned d, const struct journal_record *v, unsigned n);
    void *arg;
    struct desk desks[];
};

/* Writes down all that there is. With the lock held, but not while it writes. */
static void write_down(struct desk *k)
{
    struct journal_record block[BLOCK];

    while (k->used > 0) {
        unsigned n = 0;

        for (; n < BLOCK && k->used > 0; n++) {
            block[n] = k->queue[k->first];
            k->first = (k->first + 1) % QUEUE_SIZE;
            k->used--;
        }
        pthread_mutex_unlock(&k->lock);
        k->journal_writer->write(k->journal_writer->arg, k->d, block, n);
        pthread_mutex_lock(&k->lock);
    }
}

static void *work(void *arg)
{
    struct desk *k = arg;

    pthread_mutex_lock(&k->lock);
    while (!k->finished) {
        struct timespec until = clock_in_ms(INTERVAL_MS);
        int r = 0;

        while (!k->finished && k->used < QUEUE_SIZE / 2 && r == 0)
            r = pthread_cond_timedwait(&k->changed, &k->lock, &until);
        write_down(k);
    }
    k->working = false;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

/* Nobody joins the thread, as it may never end. Signals are the main thread's. */
static void start_thread(struct desk *k)
{
    k->working = true;
    if (thread_start(work, k) < 0)
        k->working = false;
}

int journal_writer_start(const struct journal_writer_config *config,
                         struct journal_writer **ret_scribe)
{
    struct journal_writer *s = calloc(1, sizeof *s + config->n * sizeof s->desks[0]);
    pthread_condattr_t attr;

    if (!s)
        return -ENOMEM;
    s->write = config->write;
    s->arg = config->arg;
    /* These fail for wrong arguments only. */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (; s->n < config->n; s->n++) {
        struct desk *k = &s->desks[s->n];

        *k = (struct desk){.journal_writer = s, .d = s->n, .wanted = config->wanted[s->n]};
        pthread_mutex_init(&k->lock, NULL);
        pthread_cond_init(&k->changed, &attr);
        k->queue = k->wanted ? calloc(QUEUE_SIZE, sizeof k->queue[0]) : NULL;
        if (k->wanted && !k->queue)
            break;
    }
    pthread_condattr_destroy(&attr);
    if (s->n < config->n) {
        s->n++;
        journal_writer_free(s);
        return -ENOMEM;
    }
    for (unsigned d = 0; d < s->n; d++)
        if (s->desks[d].wanted)
            start_thread(&s->desks[d]);
    *ret_scribe = s;
    return 0;
}

bool journal_writer_wants(const struct journal_writer *s, unsigned d)
{
    return s->desks[d].wanted;
}

void journal_writer_note(struct journal_writer *s, unsigned d,
                         const struct journal_record *record)
{
    struct desk *k = &s->desks[d];

    pthread_mutex_lock(&k->lock);
    if (!k->finished && k->used < QUEUE_SIZE) {
        k->queue[(k->first + k->used) % QUEUE_SIZE] = *record;
        if (++k->used == QUEUE_SIZE / 2)
            pthread_cond_signal(&k->changed);
    }
    pthread_mutex_unlock(&k->lock);
}

void journal_writer_finish(struct journal_writer *s, unsigned d)
{
    struct desk *k = &s->desks[d];

    if (!k->wanted)
        return;
    pthread_mutex_lock(&k->lock);
    k->finished = true;
    pthread_cond_broadcast(&k->changed);
    while (k->working)
        pthread_cond_wait(&k->changed, &k->lock);
    write_down(k);
    pthread_mutex_unlock(&k->lock);
}

void journal_writer_free(struct journal_writer *s)
{
    if (!s)
        return;
    for (unsigned d = 0; d < s->n; d++) {
        pthread_mutex_destroy(&s->desks[d].lock);
        pthread_cond_destroy(&s->desks[d].changed);
        free(s->desks[d].queue);
    }
    free(s);
}
