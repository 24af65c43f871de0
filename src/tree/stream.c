#include "stream_priv.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "copy/wait_budget.h"

#define ALIGN 16u

/* How long a producer that could not part waits before it is held up again. */
#define PUT_OFF_MS 500

/* How long a producer that is about to lose its patience waits at least before it looks
 * again. */
#define LEAST_WAIT_MS 10

/* Reached by no position: the producer waits for all to be idle. */
#define FOR_ALL UINT64_MAX

/* In front of each record. */
struct header {
    uint64_t length; /* bytes with this header, rounded up; GAP: of what is left of the ring */
    uint64_t gap;    /* no record: the next one is at the ring's start */
};

_Static_assert(sizeof(struct header) == ALIGN, "records stay aligned");

/* Positions are bytes since the start; their place in the ring is the rest of a division by its
 * size. */
struct consumer {
    unsigned lane;
    uint64_t tail;  /* what is before it is free */
    uint64_t taken; /* the end of the record that the consumer looks at; tail: it has none */
    bool waiting;
    bool left;
    int64_t debt;     /* ms that it made others wait, less those that it waited for others */
    bool owes;        /* too much, by other means: see stream_owe() */
    bool idle, holds; /* while the producer waits: it waits for others, or they for it */
};

struct lane {
    pthread_cond_t room; /* for the producer */
    unsigned char *bytes;
    uint64_t head;   /* end of what has been published */
    size_t reserved; /* bytes behind head, header included */
    uint64_t wanted; /* the producer waits for tails to reach this, or FOR_ALL */
    bool writer_waits;
    bool held_up;
    bool ended;
    uint64_t began;      /* ms; these three are on the monotonic clock */
    uint64_t updated;    /* the consumers' debts */
    uint64_t not_before; /* is the producer held up again */
};

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t more; /* for consumers */
    size_t size;
    bool stopped;
    unsigned n_consumers;
    struct consumer *consumers;
    unsigned n_lanes;
    unsigned max_lanes;
    struct lane *lanes;
};

static size_t rounded(size_t len)
{
    return (len + ALIGN - 1) / ALIGN * ALIGN;
}

size_t stream_max_record(const struct stream *s)
{
    /* Half of the ring: behind a gap there is always that much. */
    return s->size / 2 - sizeof(struct header);
}

static void init_lanes(struct stream *s)
{
    pthread_condattr_t attr;

    /* These fail for wrong arguments only. */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (unsigned i = 0; i < s->max_lanes; i++)
        pthread_cond_init(&s->lanes[i].room, &attr);
    pthread_condattr_destroy(&attr);
}

int stream_create(size_t size, unsigned n_consumers, unsigned max_lanes,
                  struct stream **ret_stream)
{
    struct stream *s = calloc(1, sizeof(*s));

    assert(size >= 4096 && (size & (size - 1)) == 0 && max_lanes > 0);
    if (!s)
        return -ENOMEM;
    s->size = size;
    s->n_consumers = n_consumers;
    s->n_lanes = 1;
    s->max_lanes = max_lanes;
    s->consumers = calloc(n_consumers, sizeof(*s->consumers));
    s->lanes = calloc(max_lanes, sizeof(*s->lanes));
    if (s->lanes)
        s->lanes[0].bytes = aligned_alloc(4096, size);
    if (!s->consumers || !s->lanes || !s->lanes[0].bytes) {
        if (s->lanes)
            free(s->lanes[0].bytes);
        free(s->consumers);
        free(s->lanes);
        free(s);
        return -ENOMEM;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    init_lanes(s);
    s->lanes[0].began = s->lanes[0].updated = clock_now_ms();
    *ret_stream = s;
    return 0;
}

void stream_free(struct stream *s)
{
    for (unsigned i = 0; i < s->max_lanes; i++) {
        pthread_cond_destroy(&s->lanes[i].room);
        free(s->lanes[i].bytes);
    }
    pthread_cond_destroy(&s->more);
    pthread_mutex_destroy(&s->lock);
    free(s->consumers);
    free(s->lanes);
    free(s);
}

static struct header *header_at(const struct stream *s, const struct lane *l, uint64_t position)
{
    return (struct header *)(void *)(l->bytes + position % s->size);
}

/* ---- the functions from here to the producer's are called with the lock held ---- */

static bool is_in(const struct stream *s, const struct lane *l, const struct consumer *r)
{
    return !r->left && r->lane == (unsigned)(l - s->lanes);
}

static bool is_idle(const struct stream *s, const struct consumer *r)
{
    return r->waiting && r->tail == s->lanes[r->lane].head;
}

/* The lowest tail; UINT64_MAX: no consumer is left. */
static uint64_t slowest(const struct stream *s, const struct lane *l)
{
    uint64_t low = UINT64_MAX;

    for (unsigned i = 0; i < s->n_consumers; i++)
        if (is_in(s, l, &s->consumers[i]) && s->consumers[i].tail < low)
            low = s->consumers[i].tail;
    return low;
}

static bool all_idle(const struct stream *s, const struct lane *l)
{
    for (unsigned i = 0; i < s->n_consumers; i++)
        if (is_in(s, l, &s->consumers[i]) && !is_idle(s, &s->consumers[i]))
            return false;
    return true;
}

/* Whether what the producer waits for is there. */
static bool is_reached(const struct stream *s, const struct lane *l)
{
    return l->wanted == FOR_ALL ? all_idle(s, l) : slowest(s, l) >= l->wanted;
}

/* A consumer has come further, or has nothing to do any more. */
static void wake_writer(struct stream *s, const struct consumer *r)
{
    struct lane *l = &s->lanes[r->lane];

    if (l->writer_waits && ((s->max_lanes > 1 && is_idle(s, r)) || is_reached(s, l)))
        pthread_cond_signal(&l->room);
}

/* ---- patience ---- */

/* Adds the time since the last look to what the consumers owe one another, by what they were
 * then, unless the producer has not waited since; and notes what they are now. */
static void keep_time(struct stream *s, struct lane *l, bool waited)
{
    uint64_t now = clock_now_ms();
    int64_t passed = waited ? (int64_t)(now - l->updated) : 0;
    bool any_idle = false, any_holds = false;

    l->updated = now;
    for (unsigned i = 0; i < s->n_consumers; i++) {
        struct consumer *r = &s->consumers[i];

        if (!is_in(s, l, r))
            continue;
        r->debt += r->holds ? passed : r->idle ? -passed : 0;
        r->idle = is_idle(s, r);
        r->holds = !r->idle;
        any_idle |= r->idle;
        any_holds |= r->holds;
    }
    for (unsigned i = 0; i < s->n_consumers; i++) {
        if (!is_in(s, l, &s->consumers[i]))
            continue;
        s->consumers[i].idle &= any_holds;
        s->consumers[i].holds &= any_idle;
    }
}

static bool is_slow(const struct stream *s, const struct lane *l, const struct consumer *r)
{
    return r->owes || (!is_idle(s, r) && r->debt >= wait_budget_ms(l->updated - l->began));
}

/* Whether it is time to part: with some, and from those only who have nothing left to read,
 * while nobody is in between. */
static bool is_time(const struct stream *s, const struct lane *l)
{
    bool any_slow = false, any_stays = false;

    if (s->n_lanes == s->max_lanes || l->updated < l->not_before)
        return false;
    for (unsigned i = 0; i < s->n_consumers; i++) {
        const struct consumer *r = &s->consumers[i];

        if (!is_in(s, l, r))
            continue;
        if (is_slow(s, l, r))
            any_slow = true;
        else if (is_idle(s, r))
            any_stays = true;
        else
            return false;
    }
    return any_slow && any_stays;
}

/* How long to wait before somebody may be slow, in ms; 0: as long as it takes. */
static int64_t time_left(const struct stream *s, const struct lane *l)
{
    int64_t patience = wait_budget_ms(l->updated - l->began), left = 0;

    if (s->n_lanes == s->max_lanes)
        return 0;
    for (unsigned i = 0; i < s->n_consumers; i++) {
        const struct consumer *r = &s->consumers[i];

        if (is_in(s, l, r) && r->holds && (left == 0 || patience - r->debt < left))
            left = patience - r->debt > LEAST_WAIT_MS ? patience - r->debt : LEAST_WAIT_MS;
    }
    return left;
}

/* ---- the producer waits ---- */

static void wait_a_while(struct stream *s, struct lane *l)
{
    int64_t left = time_left(s, l);
    struct timespec until = clock_in_ms((unsigned)left);

    l->writer_waits = true;
    if (left == 0)
        pthread_cond_wait(&l->room, &s->lock);
    else
        (void)pthread_cond_timedwait(&l->room, &s->lock, &until);
    l->writer_waits = false;
}

/* Waits until all tails have reached `wanted`, or FOR_ALL. False: it was stopped, or the
 * producer is held up. */
static bool await(struct stream *s, struct lane *l, uint64_t wanted)
{
    l->wanted = wanted;
    for (bool waited = false; !s->stopped && !is_reached(s, l); waited = true) {
        if (s->max_lanes > 1) {
            keep_time(s, l, waited);
            l->held_up = is_time(s, l);
        }
        if (l->held_up)
            return false;
        wait_a_while(s, l);
    }
    return !s->stopped;
}

/* Waits until the ring is free up to position `end`. False: nobody is there, it was stopped, or
 * the producer is held up. */
static bool await_room(struct stream *s, struct lane *l, uint64_t end)
{
    uint64_t low = slowest(s, l);
    bool room = true;

    if (end > low && end - low > s->size) {
        /* Not for every record anew: a quarter of the ring at once. */
        uint64_t wanted = end - s->size;

        room = await(s, l, wanted + s->size / 4 < l->head ? wanted + s->size / 4 : wanted);
    }
    return room && !s->stopped && slowest(s, l) != UINT64_MAX;
}

/* ---- the producer ---- */

/* Whether it is held up by what others owe by other means: by that alone, before it waits. */
static bool check_owed(struct stream *s, struct lane *l)
{
    bool any = false;

    for (unsigned i = 0; i < s->n_consumers; i++)
        any |= is_in(s, l, &s->consumers[i]) && s->consumers[i].owes;
    if (any) {
        keep_time(s, l, false);
        l->held_up = is_time(s, l);
    }
    return l->held_up;
}

void *stream_reserve(struct stream *s, unsigned lane, size_t max)
{
    struct lane *l = &s->lanes[lane];
    size_t need = sizeof(struct header) + rounded(max);
    size_t rest = s->size - (size_t)(l->head % s->size);
    bool room;

    assert(max <= stream_max_record(s));
    pthread_mutex_lock(&s->lock);
    room = !check_owed(s, l) && await_room(s, l, l->head + (rest < need ? rest + need : need));
    if (room && rest < need) {
        *header_at(s, l, l->head) = (struct header){.length = rest, .gap = 1};
        l->head += rest;
        pthread_cond_broadcast(&s->more); /* who waits, waits behind it: see is_idle() */
    }
    l->reserved = need;
    pthread_mutex_unlock(&s->lock);
    return room ? l->bytes + l->head % s->size + sizeof(struct header) : NULL;
}

void stream_publish(struct stream *s, unsigned lane, size_t len)
{
    struct lane *l = &s->lanes[lane];
    size_t length = sizeof(struct header) + rounded(len);

    assert(length <= l->reserved);
    *header_at(s, l, l->head) = (struct header){.length = length};
    pthread_mutex_lock(&s->lock);
    l->head += length;
    pthread_cond_broadcast(&s->more);
    pthread_mutex_unlock(&s->lock);
}

bool stream_drain(struct stream *s, unsigned lane)
{
    bool ok;

    pthread_mutex_lock(&s->lock);
    ok = await(s, &s->lanes[lane], FOR_ALL);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

uint64_t stream_position(const struct stream *s, unsigned lane)
{
    return s->lanes[lane].head;
}

bool stream_await(struct stream *s, unsigned lane, uint64_t position)
{
    bool ok;

    pthread_mutex_lock(&s->lock);
    ok = await(s, &s->lanes[lane], position);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

bool stream_idle(struct stream *s, unsigned lane)
{
    bool idle;

    pthread_mutex_lock(&s->lock);
    idle = all_idle(s, &s->lanes[lane]);
    pthread_mutex_unlock(&s->lock);
    return idle;
}

void stream_end(struct stream *s, unsigned lane)
{
    pthread_mutex_lock(&s->lock);
    s->lanes[lane].ended = !s->stopped;
    pthread_cond_broadcast(&s->more);
    pthread_mutex_unlock(&s->lock);
}

/* ---- parting ---- */

bool stream_held_up(struct stream *s, unsigned lane)
{
    bool held_up;

    pthread_mutex_lock(&s->lock);
    held_up = s->lanes[lane].held_up && !s->stopped;
    pthread_mutex_unlock(&s->lock);
    return held_up;
}

void stream_put_off(struct stream *s, unsigned lane)
{
    struct lane *l = &s->lanes[lane];

    pthread_mutex_lock(&s->lock);
    l->held_up = false;
    l->not_before = clock_now_ms() + PUT_OFF_MS;
    pthread_mutex_unlock(&s->lock);
}

/* Whether it is still time, and none of the slow ones has come to what is behind the position.
 */
static bool may_part(const struct stream *s, const struct lane *l, uint64_t position)
{
    for (unsigned i = 0; i < s->n_consumers; i++) {
        const struct consumer *r = &s->consumers[i];

        if (is_in(s, l, r) && is_slow(s, l, r) && r->taken > position)
            return false;
    }
    return !s->stopped && is_time(s, l);
}

/* The slow ones take the ring along to the lane `own`, whose bytes those who stay get. */
static void divide(struct stream *s, struct lane *l, struct lane *own, uint64_t position)
{
    unsigned char *bytes = own->bytes;

    own->bytes = l->bytes;
    own->head = position;
    own->began = own->updated = clock_now_ms();
    for (unsigned i = 0; i < s->n_consumers; i++) {
        struct consumer *r = &s->consumers[i];
        bool slow = is_in(s, l, r) && is_slow(s, l, r);

        if (!is_in(s, l, r))
            continue;
        r->debt = 0;
        r->owes = false;
        if (slow)
            r->lane = (unsigned)(own - s->lanes);
    }
    l->bytes = bytes;
    l->held_up = false;
}

bool stream_part(struct stream *s, unsigned lane, uint64_t position, unsigned *ret_lane)
{
    struct lane *l = &s->lanes[lane];
    unsigned char *bytes = aligned_alloc(4096, s->size);
    bool parts;

    if (!bytes)
        return false;
    pthread_mutex_lock(&s->lock);
    parts = may_part(s, l, position);
    if (parts) {
        *ret_lane = s->n_lanes++;
        s->lanes[*ret_lane].bytes = bytes;
        divide(s, l, &s->lanes[*ret_lane], position);
        bytes = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    free(bytes);
    return parts;
}

void stream_owe(struct stream *s, unsigned consumer, int64_t ms)
{
    struct consumer *r = &s->consumers[consumer];
    uint64_t passed;

    pthread_mutex_lock(&s->lock);
    passed = clock_now_ms() - s->lanes[r->lane].began;
    r->debt += ms;
    r->owes = ms > 0 && r->debt >= wait_budget_ms(passed) && s->max_lanes > 1;
    pthread_mutex_unlock(&s->lock);
}

unsigned stream_lane(struct stream *s, unsigned consumer)
{
    unsigned lane;

    pthread_mutex_lock(&s->lock);
    lane = s->consumers[consumer].lane;
    pthread_mutex_unlock(&s->lock);
    return lane;
}

/* ---- consumers ---- */

const void *stream_take(struct stream *s, unsigned consumer)
{
    struct consumer *r = &s->consumers[consumer];
    const void *record = NULL;
    const struct lane *l;

    assert(consumer < s->n_consumers);
    pthread_mutex_lock(&s->lock);
    r->tail = r->taken;
    for (;;) {
        l = &s->lanes[r->lane]; /* another one when others have parted with this consumer */
        while (r->tail < l->head && header_at(s, l, r->tail)->gap)
            r->tail += header_at(s, l, r->tail)->length;
        r->taken = r->tail;
        wake_writer(s, r);
        if (s->stopped || r->left || r->tail < l->head || l->ended)
            break;
        r->waiting = true;
        wake_writer(s, r);
        pthread_cond_wait(&s->more, &s->lock);
        r->waiting = false;
    }
    if (!s->stopped && !r->left && r->tail < l->head) {
        struct header *h = header_at(s, l, r->tail);

        r->taken = r->tail + h->length;
        record = h + 1;
    }
    pthread_mutex_unlock(&s->lock);
    return record;
}

bool stream_had_all(struct stream *s, unsigned consumer)
{
    const struct consumer *r = &s->consumers[consumer];
    bool all;

    pthread_mutex_lock(&s->lock);
    all = s->lanes[r->lane].ended && !r->left && r->tail == s->lanes[r->lane].head;
    pthread_mutex_unlock(&s->lock);
    return all;
}

void stream_leave(struct stream *s, unsigned consumer)
{
    struct consumer *r = &s->consumers[consumer];

    pthread_mutex_lock(&s->lock);
    r->left = true;
    pthread_cond_broadcast(&s->more);
    pthread_cond_signal(&s->lanes[r->lane].room);
    pthread_mutex_unlock(&s->lock);
}

void stream_stop(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopped = true;
    pthread_cond_broadcast(&s->more);
    for (unsigned i = 0; i < s->n_lanes; i++)
        pthread_cond_signal(&s->lanes[i].room);
    pthread_mutex_unlock(&s->lock);
}

bool stream_left(struct stream *s, unsigned consumer)
{
    bool left;

    pthread_mutex_lock(&s->lock);
    left = s->consumers[consumer].left;
    pthread_mutex_unlock(&s->lock);
    return left;
}

bool stream_stopped(struct stream *s)
{
    bool stopped;

    pthread_mutex_lock(&s->lock);
    stopped = s->stopped;
    pthread_mutex_unlock(&s->lock);
    return stopped;
}
