#include "extents.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"

#define WINDOW_EXTENTS 64u

/* Searches for one window. They are more than a window has extents, because extents that are
 * less than a grain apart become one. */
#define WINDOW_STEPS 128u

/* What is known about `span`: these ranges are data, in ascending order, and the rest is a
 * hole. */
struct window {
    struct range span;
    struct range data[WINDOW_EXTENTS];
    unsigned n;
    uint64_t used; /* the larger, the later the last use */
};

struct extents {
    struct holes_part part;
    _Atomic uint64_t asked_at;

    pthread_mutex_t search; /* held during a search; protects `fresh` */
    struct window fresh;

    pthread_mutex_t lock; /* held for short; protects what follows */
    uint64_t uses;
    unsigned n_windows;
    struct window windows[];
};

int extents_create(const struct holes_part *part, unsigned fronts, struct extents **ret_extents)
{
    struct extents *e = calloc(1, sizeof *e + fronts * sizeof e->windows[0]);

    assert(fronts > 0 && part->grain > 0);
    if (!e)
        return -ENOMEM;
    e->part = *part;
    e->n_windows = fronts;
    /* These fail for wrong arguments only. */
    pthread_mutex_init(&e->search, NULL);
    pthread_mutex_init(&e->lock, NULL);
    *ret_extents = e;
    return 0;
}

void extents_free(struct extents *e)
{
    if (!e)
        return;
    pthread_mutex_destroy(&e->lock);
    pthread_mutex_destroy(&e->search);
    free(e);
}

/* With the lock held. */
static struct window *window_at(struct extents *e, uint64_t pos)
{
    for (unsigned i = 0; i < e->n_windows; i++)
        if (e->windows[i].span.start <= pos && pos < e->windows[i].span.end)
            return &e->windows[i];
    return NULL;
}

static struct extent extent_at(const struct window *w, uint64_t pos)
{
    struct extent hole = {.range = w->span, .hole = true};
    unsigned i = 0;

    while (i < w->n && w->data[i].end <= pos)
        hole.range.start = w->data[i++].end;
    if (i == w->n)
        return hole;
    if (w->data[i].start <= pos)
        return (struct extent){.range = w->data[i]};
    hole.range.end = w->data[i].start;
    return hole;
}

bool extents_find(struct extents *e, uint64_t pos, struct extent *ret)
{
    struct window *w;

    pthread_mutex_lock(&e->lock);
    w = window_at(e, pos);
    if (w) {
        w->used = ++e->uses;
        *ret = extent_at(w, pos);
    }
    pthread_mutex_unlock(&e->lock);
    return w != NULL;
}

static void search(struct extents *e, struct window *w, uint64_t pos)
{
    w->span = (struct range){pos, pos};
    w->n = 0;
    for (unsigned i = 0; i < WINDOW_STEPS && w->span.end < e->part.size; i++) {
        struct range data;

        atomic_store(&e->asked_at, clock_running_ms());
        data = holes_next_data(&e->part, w->span.end);
        if (data.start == e->part.size) {
            w->span.end = e->part.size;
            break;
        }
        if (w->n > 0 && w->data[w->n - 1].end == data.start)
            w->data[w->n - 1].end = data.end;
        else if (w->n < WINDOW_EXTENTS)
            w->data[w->n++] = data;
        else
            break;
        w->span.end = data.end;
    }
    atomic_store(&e->asked_at, 0);
}

/* Replaces the window whose last use is the longest ago. With the lock held. */
static void keep(struct extents *e, const struct window *fresh)
{
    struct window *oldest = &e->windows[0];

    for (unsigned i = 1; i < e->n_windows; i++)
        if (e->windows[i].used < oldest->used)
            oldest = &e->windows[i];
    *oldest = *fresh;
    oldest->used = ++e->uses;
}

void extents_learn(struct extents *e, uint64_t pos)
{
    bool known;

    assert(pos < e->part.size);
    pthread_mutex_lock(&e->search);
    /* Another thread may have searched here while this one waited. */
    pthread_mutex_lock(&e->lock);
    known = window_at(e, pos) != NULL;
    pthread_mutex_unlock(&e->lock);
    if (!known) {
        search(e, &e->fresh, pos);
        pthread_mutex_lock(&e->lock);
        keep(e, &e->fresh);
        pthread_mutex_unlock(&e->lock);
    }
    pthread_mutex_unlock(&e->search);
}

uint64_t extents_asked_at(struct extents *e)
{
    return atomic_load(&e->asked_at);
}
