#include "journal_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

#define QUEUE_SIZE  4096u /* records */
#define BLOCK       64u   /* records per write */
#define INTERVAL_MS 1000u

/* The records of one destination that wait to be written. */
struct dest_queue {
    struct journal_writer *writer;
    unsigned d;
    bool wanted;
    bool working;  /* its thread runs */
    bool finished; /* no more records are accepted */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct journal_record *ring; /* of QUEUE_SIZE */
    unsigned first, used;
};

struct journal_writer {
    unsigned n;
    void (*write)(void *arg, unsigned d, const struct journal_record *v, unsigned n);
    void *arg;
    struct dest_queue queues[];
};

/* Writes all records in the queue. The caller holds the lock, which is released during a
 * write. */
static void write_all(struct dest_queue *q)
{
    struct journal_record block[BLOCK];

    while (q->used > 0) {
        unsigned n = 0;

        for (; n < BLOCK && q->used > 0; n++) {
            block[n] = q->ring[q->first];
            q->first = (q->first + 1) % QUEUE_SIZE;
            q->used--;
        }
        pthread_mutex_unlock(&q->lock);
        q->writer->write(q->writer->arg, q->d, block, n);
        pthread_mutex_lock(&q->lock);
    }
}

static void *work(void *arg)
{
    struct dest_queue *q = arg;

    pthread_mutex_lock(&q->lock);
    while (!q->finished) {
        struct timespec until = clock_in_ms(INTERVAL_MS);
        int r = 0;

        while (!q->finished && q->used < QUEUE_SIZE / 2 && r == 0)
            r = pthread_cond_timedwait(&q->changed, &q->lock, &until);
        write_all(q);
    }
    q->working = false;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* The thread is never joined, because it may hang for ever. It takes no signals. */
static void start_thread(struct dest_queue *q)
{
    q->working = true;
    if (thread_start(work, q) < 0)
        q->working = false;
}

int journal_writer_start(const struct journal_writer_config *config,
                         struct journal_writer **ret_writer)
{
    struct journal_writer *s = calloc(1, sizeof *s + config->n * sizeof s->queues[0]);
    pthread_condattr_t attr;

    if (!s)
        return -ENOMEM;
    s->write = config->write;
    s->arg = config->arg;
    /* These only fail with invalid arguments. */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (; s->n < config->n; s->n++) {
        struct dest_queue *q = &s->queues[s->n];

        *q = (struct dest_queue){.writer = s, .d = s->n, .wanted = config->wanted[s->n]};
        pthread_mutex_init(&q->lock, NULL);
        pthread_cond_init(&q->changed, &attr);
        q->ring = q->wanted ? calloc(QUEUE_SIZE, sizeof q->ring[0]) : NULL;
        if (q->wanted && !q->ring)
            break;
    }
    pthread_condattr_destroy(&attr);
    if (s->n < config->n) {
        s->n++;
        journal_writer_free(s);
        return -ENOMEM;
    }
    for (unsigned d = 0; d < s->n; d++)
        if (s->queues[d].wanted)
            start_thread(&s->queues[d]);
    *ret_writer = s;
    return 0;
}

bool journal_writer_wants(const struct journal_writer *s, unsigned d)
{
    return s->queues[d].wanted;
}

void journal_writer_note(struct journal_writer *s, unsigned d,
                         const struct journal_record *record)
{
    struct dest_queue *q = &s->queues[d];

    pthread_mutex_lock(&q->lock);
    if (!q->finished && q->used < QUEUE_SIZE) {
        q->ring[(q->first + q->used) % QUEUE_SIZE] = *record;
        if (++q->used == QUEUE_SIZE / 2)
            pthread_cond_signal(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
}

void journal_writer_finish(struct journal_writer *s, unsigned d)
{
    struct dest_queue *q = &s->queues[d];

    if (!q->wanted)
        return;
    pthread_mutex_lock(&q->lock);
    q->finished = true;
    pthread_cond_broadcast(&q->changed);
    while (q->working)
        pthread_cond_wait(&q->changed, &q->lock);
    write_all(q);
    pthread_mutex_unlock(&q->lock);
}

void journal_writer_free(struct journal_writer *s)
{
    if (!s)
        return;
    for (unsigned d = 0; d < s->n; d++) {
        pthread_mutex_destroy(&s->queues[d].lock);
        pthread_cond_destroy(&s->queues[d].changed);
        free(s->queues[d].ring);
    }
    free(s);
}
