#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 16u

/* In front of each record. */
struct header {
    uint64_t length; /* bytes with this header, rounded up; GAP: of what is left of the ring */
    uint64_t gap;    /* no record: the next one is at the ring's start */
};

_Static_assert(sizeof(struct header) == ALIGN, "records stay aligned");

/* Positions are bytes since the start; their place in the ring is the rest of a division by its
 * size. */
struct reader {
    uint64_t tail;  /* what is before it is free */
    uint64_t taken; /* the end of the record that the reader looks at; tail: it has none */
    bool waiting;
    bool left;
};

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t more; /* for readers */
    pthread_cond_t room; /* for the writer */
    unsigned char *bytes;
    size_t size;
    uint64_t head;   /* end of what has been published */
    size_t reserved; /* bytes behind head, header included */
    uint64_t wanted; /* the writer waits for tails to reach this; UINT64_MAX: for all to be
                        waiting */
    bool writer_waits;
    bool ended;
    bool stopped;
    unsigned n_readers;
    struct reader *readers;
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

int stream_create(size_t size, unsigned n_readers, struct stream **ret_stream)
{
    struct stream *s = calloc(1, sizeof(*s));

    assert(size >= 4096 && (size & (size - 1)) == 0);
    if (!s)
        return -ENOMEM;
    s->size = size;
    s->n_readers = n_readers;
    s->bytes = aligned_alloc(4096, size);
    s->readers = calloc(n_readers, sizeof(*s->readers));
    if (!s->bytes || !s->readers) {
        free(s->bytes);
        free(s->readers);
        free(s);
        return -ENOMEM;
    }
    /* These fail for wrong arguments only. */
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    pthread_cond_init(&s->room, NULL);
    *ret_stream = s;
    return 0;
}

void stream_free(struct stream *s)
{
    pthread_cond_destroy(&s->room);
    pthread_cond_destroy(&s->more);
    pthread_mutex_destroy(&s->lock);
    free(s->readers);
    free(s->bytes);
    free(s);
}

static struct header *header_at(struct stream *s, uint64_t position)
{
    return (struct header *)(void *)(s->bytes + position % s->size);
}

/* ---- the functions in this block are called with the lock held ---- */

/* The lowest tail; UINT64_MAX: no reader is left. */
static uint64_t slowest(const struct stream *s)
{
    uint64_t low = UINT64_MAX;

    for (unsigned i = 0; i < s->n_readers; i++)
        if (!s->readers[i].left && s->readers[i].tail < low)
            low = s->readers[i].tail;
    return low;
}

static bool all_idle(const struct stream *s)
{
    for (unsigned i = 0; i < s->n_readers; i++) {
        const struct reader *r = &s->readers[i];

        if (!r->left && !(r->waiting && r->tail == s->head))
            return false;
    }
    return true;
}

static void wake_writer(struct stream *s)
{
    if (!s->writer_waits)
        return;
    if (s->wanted == UINT64_MAX ? all_idle(s) : slowest(s) >= s->wanted)
        pthread_cond_signal(&s->room);
}

static void wait_for_room(struct stream *s, uint64_t wanted)
{
    s->wanted = wanted;
    s->writer_waits = true;
    pthread_cond_wait(&s->room, &s->lock);
    s->writer_waits = false;
}

/* Waits until the ring is free up to position `end`. False: nobody is there, or it was stopped.
 */
static bool await_room(struct stream *s, uint64_t end)
{
    for (;;) {
        uint64_t low = slowest(s);

        if (s->stopped || low == UINT64_MAX)
            return false;
        if (end <= low + s->size)
            return true;
        /* Not for every record anew: a quarter of the ring at once. */
        wait_for_room(s, end - s->size + s->size / 4 < s->head ? end - s->size + s->size / 4
                                                               : end - s->size);
    }
}

/* ---- the writer ---- */

void *stream_reserve(struct stream *s, size_t max)
{
    size_t need = sizeof(struct header) + rounded(max);
    size_t rest = s->size - (size_t)(s->head % s->size);
    bool room;

    assert(max <= stream_max_record(s));
    pthread_mutex_lock(&s->lock);
    room = await_room(s, s->head + (rest < need ? rest + need : need));
    if (room && rest < need) {
        *header_at(s, s->head) = (struct header){.length = rest, .gap = 1};
        s->head += rest;
        pthread_cond_broadcast(&s->more); /* who waits, waits behind it: see all_idle() */
    }
    s->reserved = need;
    pthread_mutex_unlock(&s->lock);
    return room ? s->bytes + s->head % s->size + sizeof(struct header) : NULL;
}

void stream_publish(struct stream *s, size_t len)
{
    size_t length = sizeof(struct header) + rounded(len);

    assert(length <= s->reserved);
    *header_at(s, s->head) = (struct header){.length = length};
    pthread_mutex_lock(&s->lock);
    s->head += length;
    pthread_cond_broadcast(&s->more);
    pthread_mutex_unlock(&s->lock);
}

bool stream_drain(struct stream *s)
{
    bool ok;

    pthread_mutex_lock(&s->lock);
    while (!s->stopped && !all_idle(s))
        wait_for_room(s, UINT64_MAX);
    ok = !s->stopped;
    pthread_mutex_unlock(&s->lock);
    return ok;
}

uint64_t stream_position(const struct stream *s)
{
    return s->head;
}

bool stream_await(struct stream *s, uint64_t position)
{
    bool ok;

    pthread_mutex_lock(&s->lock);
    while (!s->stopped && slowest(s) < position)
        wait_for_room(s, position);
    ok = !s->stopped;
    pthread_mutex_unlock(&s->lock);
    return ok;
}

bool stream_idle(struct stream *s)
{
    bool idle;

    pthread_mutex_lock(&s->lock);
    idle = all_idle(s);
    pthread_mutex_unlock(&s->lock);
    return idle;
}

void stream_end(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->ended = !s->stopped;
    pthread_cond_broadcast(&s->more);
    pthread_mutex_unlock(&s->lock);
}

/* ---- readers ---- */

const void *stream_take(struct stream *s, unsigned reader)
{
    struct reader *r = &s->readers[reader];
    const void *record = NULL;

    assert(reader < s->n_readers);
    pthread_mutex_lock(&s->lock);
    r->tail = r->taken;
    for (;;) {
        while (r->tail < s->head && header_at(s, r->tail)->gap)
            r->tail += header_at(s, r->tail)->length;
        r->taken = r->tail;
        wake_writer(s);
        if (s->stopped || r->left || r->tail < s->head || s->ended)
            break;
        r->waiting = true;
        wake_writer(s);
        pthread_cond_wait(&s->more, &s->lock);
        r->waiting = false;
    }
    if (!s->stopped && !r->left && r->tail < s->head) {
        struct header *h = header_at(s, r->tail);

        r->taken = r->tail + h->length;
        record = h + 1;
    }
    pthread_mutex_unlock(&s->lock);
    return record;
}

bool stream_had_all(struct stream *s, unsigned reader)
{
    const struct reader *r = &s->readers[reader];
    bool all;

    pthread_mutex_lock(&s->lock);
    all = s->ended && !r->left && r->tail == s->head;
    pthread_mutex_unlock(&s->lock);
    return all;
}

void stream_leave(struct stream *s, unsigned reader)
{
    pthread_mutex_lock(&s->lock);
    s->readers[reader].left = true;
    pthread_cond_broadcast(&s->more);
    pthread_cond_signal(&s->room);
    pthread_mutex_unlock(&s->lock);
}

void stream_stop(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopped = true;
    pthread_cond_broadcast(&s->more);
    pthread_cond_signal(&s->room);
    pthread_mutex_unlock(&s->lock);
}

bool stream_left(struct stream *s, unsigned reader)
{
    bool left;

    pthread_mutex_lock(&s->lock);
    left = s->readers[reader].left;
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
