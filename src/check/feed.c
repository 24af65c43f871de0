#include "feed_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* How often a thread that waits looks whether it has to end, ms. */
#define LOOK_MS 100

struct feed {
    pthread_mutex_t lock; /* protects put, taken, left and in_use */
    pthread_cond_t changed;
    uint64_t put; /* records so far */
    unsigned n;
    uint64_t *taken; /* per destination: records that it has done with */
    bool *left;
    struct feed_record *records[FEED_RECORDS];
    bool in_use[FEED_RECORDS]; /* for ever, by a thread that was given up */
};

static struct feed_record *record_new(size_t buffer)
{
    struct feed_record *record = calloc(1, sizeof(*record));

    if (!record)
        return NULL;
    record->data = aligned_alloc(READ_FILE_ALIGN, buffer);
    if (record->data)
        return record;
    free(record);
    return NULL;
}

int feed_new(struct inspection *inspection, unsigned n, struct feed **ret_feed)
{
    struct feed *f = calloc(1, sizeof(*f));
    bool complete;

    if (!f)
        return -ENOMEM;
    f->n = n;
    f->taken = calloc(n, sizeof(*f->taken));
    f->left = calloc(n, sizeof(*f->left));
    complete = f->taken && f->left;
    for (unsigned i = 0; i < FEED_RECORDS; i++) {
        f->records[i] = record_new(inspection->buffer);
        complete &= f->records[i] != NULL;
    }
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    if (!complete) {
        feed_free(f);
        return -ENOMEM;
    }
    *ret_feed = f;
    return 0;
}

/* With the lock held. Returns whether the thread has to end. */
static bool wait_for_change(struct feed *f, struct inspector *m)
{
    struct timespec until = clock_in_ms(LOOK_MS);

    atomic_store(&m->waiting, true);
    (void)pthread_cond_clockwait(&f->changed, &f->lock, CLOCK_MONOTONIC, &until);
    return inspector_step(m);
}

/* Whether the next record is free. *ret_alone: nobody is left to take it. */
static bool is_free(const struct feed *f, bool *ret_alone)
{
    bool is_free = true;

    *ret_alone = true;
    for (unsigned i = 0; i < f->n; i++) {
        if (f->left[i])
            continue;
        *ret_alone = false;
        is_free &= f->put - f->taken[i] < FEED_RECORDS;
    }
    return is_free;
}

/* The record for the next feed_put(), which is free; NULL without memory. With the lock held. */
static struct feed_record *next_record(struct feed *f, struct inspector *m)
{
    unsigned i = f->put % FEED_RECORDS;
    struct feed_record *record = f->records[i];

    if (!f->in_use[i])
        return record;
    record = record_new(m->inspection->buffer);
    if (!record) {
        atomic_store(&m->inspection->no_memory, true);
        return NULL;
    }
    f->records[i] = record;
    f->in_use[i] = false;
    return record;
}

struct feed_record *feed_begin(struct feed *f, struct inspector *m)
{
    bool end = inspector_step(m), alone = false;
    struct feed_record *record = NULL;

    pthread_mutex_lock(&f->lock);
    while (!end && !is_free(f, &alone))
        end = wait_for_change(f, m);
    atomic_store(&m->waiting, false);
    if (!end && !alone)
        record = next_record(f, m);
    pthread_mutex_unlock(&f->lock);
    return record;
}

void feed_put(struct feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->put++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

const struct feed_record *feed_take(struct feed *f, unsigned i, struct inspector *m)
{
    const struct feed_record *record = NULL;
    bool end = inspector_step(m);

    pthread_mutex_lock(&f->lock);
    while (!end && f->put == f->taken[i])
        end = wait_for_change(f, m);
    atomic_store(&m->waiting, false);
    if (!end && !f->left[i])
        record = f->records[f->taken[i] % FEED_RECORDS];
    pthread_mutex_unlock(&f->lock);
    return record;
}

void feed_done(struct feed *f, unsigned i)
{
    pthread_mutex_lock(&f->lock);
    f->taken[i]++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feed_leave(struct feed *f, unsigned i)
{
    pthread_mutex_lock(&f->lock);
    f->left[i] = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feed_abandon(struct feed *f, unsigned i)
{
    pthread_mutex_lock(&f->lock);
    f->left[i] = true;
    f->in_use[f->taken[i] % FEED_RECORDS] = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feed_free(struct feed *f)
{
    for (unsigned i = 0; i < FEED_RECORDS; i++) {
        if (f->records[i])
            free(f->records[i]->data);
        free(f->records[i]);
    }
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    free(f->taken);
    free(f->left);
    free(f);
}
