#include "feed_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* How often a thread that waits looks whether it has to end, ms. */
#define LOOK_MS 100

struct feed {
    pthread_mutex_t lock; /* protects put, taken and left */
    pthread_cond_t changed;
    uint64_t put; /* records so far */
    unsigned n;
    uint64_t *taken; /* per destination: records that it has done with */
    bool *left;
    struct feed_record records[FEED_RECORDS];
};

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
        f->records[i].data = aligned_alloc(READ_FILE_ALIGN, inspection->buffer);
        complete &= f->records[i].data != NULL;
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

struct feed_record *feed_begin(struct feed *f, struct inspector *m)
{
    struct feed_record *record = &f->records[f->put % FEED_RECORDS];
    bool end = inspector_step(m), alone = false;

    pthread_mutex_lock(&f->lock);
    while (!end && !is_free(f, &alone))
        end = wait_for_change(f, m);
    atomic_store(&m->waiting, false);
    pthread_mutex_unlock(&f->lock);
    return end || alone ? NULL : record;
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
    const struct feed_record *record = &f->records[f->taken[i] % FEED_RECORDS];
    bool end = inspector_step(m);

    pthread_mutex_lock(&f->lock);
    while (!end && f->put == f->taken[i])
        end = wait_for_change(f, m);
    atomic_store(&m->waiting, false);
    pthread_mutex_unlock(&f->lock);
    return end ? NULL : record;
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

void feed_free(struct feed *f)
{
    for (unsigned i = 0; i < FEED_RECORDS; i++)
        free(f->records[i].data);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    free(f->taken);
    free(f->left);
    free(f);
}
