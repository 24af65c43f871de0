#include "hasher.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

struct hasher {
    struct digest_set digests; /* the thread's until the end */
    struct range_sums sums;    /* likewise */

    pthread_mutex_t lock;   /* protects what follows */
    pthread_cond_t to_do;   /* something was lent, or the thread has to end */
    pthread_cond_t changed; /* a loan has been done, or the thread has ended */
    struct loan *loans;     /* in no order; not the one that runs */
    uint64_t at;            /* all bytes before it have been hashed */
    uint64_t end;           /* of the copy, as far as known */
    uint64_t n_done;        /* loans */
    bool quit, ended;
};

/* The functions in this block are called with the lock held. */

/* Takes the loan out of the list. */
static void unlink_loan(struct hasher *h, const struct loan *loan)
{
    struct loan **link = &h->loans;

    while (*link != loan)
        link = &(*link)->next;
    *link = loan->next;
}

/* The loan whose turn it is, or which is behind the end; NULL: none. */
static struct loan *find_next(const struct hasher *h)
{
    for (struct loan *loan = h->loans; loan; loan = loan->next)
        if (loan->range.start == h->at || loan->range.start >= h->end)
            return loan;
    return NULL;
}

static void finish(struct hasher *h, struct loan *loan)
{
    atomic_store(&loan->state, LOAN_DONE);
    h->n_done++;
    pthread_cond_broadcast(&h->changed);
}

/* Hashes the loan. Without the lock meanwhile. */
static void hash(struct hasher *h, struct loan *loan)
{
    uint64_t end = loan->range.end < h->end ? loan->range.end : h->end;

    unlink_loan(h, loan);
    if (loan->range.start < end) {
        atomic_store(&loan->state, LOAN_RUNS);
        pthread_mutex_unlock(&h->lock);
        digest_set_update(&h->digests, loan->bytes, end - loan->range.start);
        range_sums_add(&h->sums, loan->range.start, loan->bytes, end - loan->range.start);
        pthread_mutex_lock(&h->lock);
        h->at = end;
    }
    finish(h, loan);
}

static void *run(void *arg)
{
    struct hasher *h = arg;

    pthread_mutex_lock(&h->lock);
    while (!h->quit) {
        struct loan *next = find_next(h);

        if (next)
            hash(h, next);
        else
            pthread_cond_wait(&h->to_do, &h->lock);
    }
    h->ended = true;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* The functions below take the lock. */

static void free_parts(struct hasher *h)
{
    digest_set_free(&h->digests);
    range_sums_end(&h->sums);
    pthread_cond_destroy(&h->to_do);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

int hasher_start(struct hasher **ret_hasher, unsigned algorithms,
                 const struct range_sums_wanted *wanted)
{
    struct hasher *h = calloc(1, sizeof *h);
    pthread_condattr_t attr;
    int r;

    if (!h)
        return -ENOMEM;
    h->end = UINT64_MAX;
    if (wanted)
        h->sums.wanted = *wanted;
    /* These fail for wrong arguments only. */
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->to_do, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->changed, &attr);
    pthread_condattr_destroy(&attr);
    r = digest_set_start(&h->digests, algorithms);
    if (r == 0)
        r = thread_start(run, h);
    if (r < 0)
        free_parts(h);
    else
        *ret_hasher = h;
    return r;
}

void hasher_lend(struct hasher *h, struct loan *loan, struct range range, const char *bytes)
{
    loan->range = range;
    loan->bytes = bytes;
    pthread_mutex_lock(&h->lock);
    atomic_store(&loan->state, LOAN_WAITS);
    loan->next = h->loans;
    h->loans = loan;
    pthread_cond_signal(&h->to_do);
    pthread_mutex_unlock(&h->lock);
}

bool hasher_has_done(const struct loan *loan)
{
    return atomic_load(&loan->state) == LOAN_DONE;
}

bool hasher_take_back(struct hasher *h, struct loan *loan)
{
    bool done;

    pthread_mutex_lock(&h->lock);
    while (atomic_load(&loan->state) == LOAN_RUNS)
        pthread_cond_wait(&h->changed, &h->lock);
    done = atomic_load(&loan->state) == LOAN_DONE;
    if (atomic_load(&loan->state) == LOAN_WAITS)
        unlink_loan(h, loan);
    if (!done)
        atomic_store(&loan->state, LOAN_NONE);
    pthread_mutex_unlock(&h->lock);
    return done;
}

void hasher_wait(struct hasher *h, uint64_t *seen, unsigned limit_ms)
{
    struct timespec until = clock_in_ms(limit_ms);

    pthread_mutex_lock(&h->lock);
    while (h->n_done == *seen)
        if (pthread_cond_timedwait(&h->changed, &h->lock, &until) != 0)
            break;
    *seen = h->n_done;
    pthread_mutex_unlock(&h->lock);
}

void hasher_end(struct hasher *h, uint64_t end)
{
    pthread_mutex_lock(&h->lock);
    if (end < h->end)
        h->end = end;
    pthread_cond_signal(&h->to_do);
    pthread_mutex_unlock(&h->lock);
}

int hasher_verdict(struct hasher *h, struct range *ret_wrong)
{
    return range_sums_verdict(&h->sums, ret_wrong);
}

int hasher_values(struct hasher *h, struct digest_values *ret)
{
    int r;

    pthread_mutex_lock(&h->lock); /* the thread has nothing to do: it waits */
    assert(!h->loans);
    r = digest_set_final(&h->digests, ret);
    pthread_mutex_unlock(&h->lock);
    return r;
}

void hasher_free(struct hasher *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->quit = true;
    pthread_cond_signal(&h->to_do);
    while (!h->ended)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    free_parts(h);
}
