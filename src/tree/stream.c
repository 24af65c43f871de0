#include "stream_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "stream_state_priv.h"

/* How long a producer that put the division off waits before it is held up again. */
#define PUT_OFF_MS 500

static size_t rounded(size_t len)
{
    return (len + STREAM_ALIGN - 1) / STREAM_ALIGN * STREAM_ALIGN;
}

size_t stream_max_record(const struct stream *s)
{
    /* Half of the ring: if it does not fit behind head, it fits before it. */
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
    s->lanes[0].began = s->lanes[0].updated = clock_running_ms();
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

/* ---- waiting, with the lock held ---- */

/* Returns the lowest tail in the lane; UINT64_MAX: no consumer is left. */
static uint64_t slowest(const struct stream *s, const struct lane *l)
{
    uint64_t low = UINT64_MAX;

    for (unsigned i = 0; i < s->n_consumers; i++)
        if (stream_is_in(s, l, &s->consumers[i]) && s->consumers[i].tail < low)
            low = s->consumers[i].tail;
    return low;
}

static bool all_idle(const struct stream *s, const struct lane *l)
{
    for (unsigned i = 0; i < s->n_consumers; i++)
        if (stream_is_in(s, l, &s->consumers[i]) && !stream_is_idle(s, &s->consumers[i]))
            return false;
    return true;
}

/* Whether the producer need not wait any longer. */
static bool is_reached(const struct stream *s, const struct lane *l)
{
    return l->wanted == STREAM_ALL_IDLE ? all_idle(s, l) : slowest(s, l) >= l->wanted;
}

/* Wakes the producer of a consumer that has taken a record, or become idle. */
static void wake_producer(struct stream *s, const struct consumer *c)
{
    struct lane *l = &s->lanes[c->lane];

    if (l->producer_waits && ((s->max_lanes > 1 && stream_is_idle(s, c)) || is_reached(s, l)))
        pthread_cond_signal(&l->room);
}

static void wait_a_while(struct stream *s, struct lane *l)
{
    int64_t left = stream_time_left(s, l);
    struct timespec until = clock_in_ms((unsigned)left);

    l->producer_waits = true;
    if (left == 0)
        pthread_cond_wait(&l->room, &s->lock);
    else
        (void)pthread_cond_timedwait(&l->room, &s->lock, &until);
    l->producer_waits = false;
}

/* Waits as struct lane says for `wanted`. False: the stream was stopped, or the producer is
 * held up. */
static bool await(struct stream *s, struct lane *l, uint64_t wanted)
{
    l->wanted = wanted;
    for (bool waited = false; !s->stopped && !is_reached(s, l); waited = true) {
        if (s->max_lanes > 1) {
            stream_keep_time(s, l, waited);
            l->held_up = stream_is_time(s, l);
        }
        if (l->held_up)
            return false;
        wait_a_while(s, l);
    }
    return !s->stopped;
}

/* Waits until the ring is free up to position `end`. False: no consumer is left, the stream was
 * stopped, or the producer is held up. */
static bool await_room(struct stream *s, struct lane *l, uint64_t end)
{
    uint64_t low = slowest(s, l);
    bool room = true;

    if (end > low && end - low > s->size) {
        /* Waiting once for a quarter of the ring is cheaper than for every record. */
        uint64_t wanted = end - s->size;

        room = await(s, l, wanted + s->size / 4 < l->head ? wanted + s->size / 4 : wanted);
    }
    return room && !s->stopped && slowest(s, l) != UINT64_MAX;
}

/* ---- producers ---- */

/* Whether debts by other means (stream_owe()) hold the producer up before it waits for room. */
static bool check_owed(struct stream *s, struct lane *l)
{
    bool any = false;

    for (unsigned i = 0; i < s->n_consumers; i++)
        any |= stream_is_in(s, l, &s->consumers[i]) && s->consumers[i].owes;
    if (any) {
        stream_keep_time(s, l, false);
        l->held_up = stream_is_time(s, l);
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
        *stream_header_at(s, l, l->head) = (struct header){.length = rest, .gap = 1};
        l->head += rest;
        pthread_cond_broadcast(&s->more); /* idle consumers go on behind it */
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
    *stream_header_at(s, l, l->head) = (struct header){.length = length};
    pthread_mutex_lock(&s->lock);
    l->head += length;
    pthread_cond_broadcast(&s->more);
    pthread_mutex_unlock(&s->lock);
}

bool stream_drain(struct stream *s, unsigned lane)
{
    bool ok;

    pthread_mutex_lock(&s->lock);
    ok = await(s, &s->lanes[lane], STREAM_ALL_IDLE);
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

/* ---- lanes ---- */

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
    l->not_before = clock_running_ms() + PUT_OFF_MS;
    pthread_mutex_unlock(&s->lock);
}

/* Whether the lane can be divided: it is still time, and no slow consumer has taken a record
 * behind the position. */
static bool may_divide(const struct stream *s, const struct lane *l, uint64_t position)
{
    for (unsigned i = 0; i < s->n_consumers; i++) {
        const struct consumer *c = &s->consumers[i];

        if (stream_is_in(s, l, c) && stream_is_slow(s, l, c) && c->taken > position)
            return false;
    }
    return !s->stopped && stream_is_time(s, l);
}

/* Moves the slow consumers and the ring to the lane `own`; the other consumers get its ring. */
static void move_slow(struct stream *s, struct lane *l, struct lane *own, uint64_t position)
{
    unsigned char *bytes = own->bytes;

    own->bytes = l->bytes;
    own->head = position;
    own->began = own->updated = clock_running_ms();
    for (unsigned i = 0; i < s->n_consumers; i++) {
        struct consumer *c = &s->consumers[i];
        bool slow = stream_is_in(s, l, c) && stream_is_slow(s, l, c);

        if (!stream_is_in(s, l, c))
            continue;
        c->wait.debt = 0;
        c->owes = false;
        if (slow)
            c->lane = (unsigned)(own - s->lanes);
    }
    l->bytes = bytes;
    l->held_up = false;
}

bool stream_divide(struct stream *s, unsigned lane, uint64_t position, unsigned *ret_lane)
{
    struct lane *l = &s->lanes[lane];
    unsigned char *bytes = aligned_alloc(4096, s->size);
    bool divided;

    if (!bytes)
        return false;
    pthread_mutex_lock(&s->lock);
    divided = may_divide(s, l, position);
    if (divided) {
        *ret_lane = s->n_lanes++;
        s->lanes[*ret_lane].bytes = bytes;
        move_slow(s, l, &s->lanes[*ret_lane], position);
        bytes = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    free(bytes);
    return divided;
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
    struct consumer *c = &s->consumers[consumer];
    const void *record = NULL;
    const struct lane *l;

    assert(consumer < s->n_consumers);
    pthread_mutex_lock(&s->lock);
    c->tail = c->taken;
    for (;;) {
        l = &s->lanes[c->lane]; /* another one after the lane was divided */
        while (c->tail < l->head && stream_header_at(s, l, c->tail)->gap)
            c->tail += stream_header_at(s, l, c->tail)->length;
        c->taken = c->tail;
        wake_producer(s, c);
        if (s->stopped || c->left || c->tail < l->head || l->ended)
            break;
        c->waiting = true;
        wake_producer(s, c);
        pthread_cond_wait(&s->more, &s->lock);
        c->waiting = false;
    }
    if (!s->stopped && !c->left && c->tail < l->head) {
        struct header *h = stream_header_at(s, l, c->tail);

        c->taken = c->tail + h->length;
        record = h + 1;
    }
    pthread_mutex_unlock(&s->lock);
    return record;
}

bool stream_had_all(struct stream *s, unsigned consumer)
{
    const struct consumer *c = &s->consumers[consumer];
    bool all;

    pthread_mutex_lock(&s->lock);
    all = s->lanes[c->lane].ended && !c->left && c->tail == s->lanes[c->lane].head;
    pthread_mutex_unlock(&s->lock);
    return all;
}

void stream_leave(struct stream *s, unsigned consumer)
{
    struct consumer *c = &s->consumers[consumer];

    pthread_mutex_lock(&s->lock);
    c->left = true;
    pthread_cond_broadcast(&s->more);
    pthread_cond_signal(&s->lanes[c->lane].room);
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
