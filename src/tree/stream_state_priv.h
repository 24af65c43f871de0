/* stream_state_priv: the state of a stream, as the files of stream_priv.h share it: stream.c,
 * where producers and consumers meet, and stream_pace.c, which knows who makes whom wait.
 *
 * stream.lock protects all of it, with two exceptions: the bytes of a record that is being
 * written belong to its producer, those of a record that was taken to the consumers that have
 * taken it; and a producer reads `head` and `bytes` of its lane without the lock, because
 * nobody else changes them. */
#ifndef UCOPY_TREE_STREAM_STATE_PRIV_H
#define UCOPY_TREE_STREAM_STATE_PRIV_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copy/wait_account.h"
#include "stream_priv.h"

#define STREAM_ALIGN 16u

/* In front of each record. */
struct header {
    uint64_t length; /* bytes, with this header, rounded up */
    uint64_t gap; /* not 0: the rest of the ring is left free, of that length, because the next
                      * record does not fit there; it is at the start of the ring */
};

_Static_assert(sizeof(struct header) == STREAM_ALIGN, "records stay aligned");

/* A position counts the bytes of the stream from its start on; modulo the size of the ring it
 * is the place in the ring. */
struct consumer {
    unsigned lane;
    uint64_t tail;  /* position of the first byte that the consumer needs */
    uint64_t taken; /* end of the record that it has taken; equal to tail: it has none */
    bool waiting;   /* in stream_take() */
    bool left;
    struct wait_account wait; /* late: the producer waits for it; idle: it waits for records */
    bool owes;                /* stream_owe() has found the debt too high */
};

#define STREAM_ALL_IDLE UINT64_MAX

struct lane {
    pthread_cond_t room; /* for the producer */
    unsigned char *bytes;
    uint64_t head;   /* end of what has been published */
    size_t reserved; /* bytes behind head, header included */
    uint64_t wanted; /* the producer waits until all tails have reached this position, or, with
                      * STREAM_ALL_IDLE, until all consumers are idle */
    bool producer_waits;
    bool held_up;
    bool ended;
    /* In ms of clock_running_ms(). */
    uint64_t began;
    uint64_t updated;    /* when the debts of the consumers were brought up to date */
    uint64_t not_before; /* the producer is not held up again before that */
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

static inline struct header *stream_header_at(const struct stream *s, const struct lane *l,
                                              uint64_t position)
{
    return (struct header *)(void *)(l->bytes + position % s->size);
}

/* Whether the consumer is in that lane, and has not left. */
static inline bool stream_is_in(const struct stream *s, const struct lane *l,
                                const struct consumer *c)
{
    return !c->left && c->lane == (unsigned)(l - s->lanes);
}

/* Whether the consumer waits for more records. */
static inline bool stream_is_idle(const struct stream *s, const struct consumer *c)
{
    return c->waiting && c->tail == s->lanes[c->lane].head;
}

/* ---- stream_pace.c: with the lock held ---- */

/* Adds the time since the last call to what the consumers of the lane owe one another, if the
 * producer has waited since (`waited`), and notes which of them are idle now. */
void stream_keep_time(struct stream *s, struct lane *l, bool waited);

/* Whether the consumer is too slow for the others. */
bool stream_is_slow(const struct stream *s, const struct lane *l, const struct consumer *c);

/* Whether it is time to divide the lane: there are slow consumers, and all others are idle. */
bool stream_is_time(const struct stream *s, const struct lane *l);

/* How long the producer may wait before a consumer may have become slow, in ms; 0: without
 * limit. */
int64_t stream_time_left(const struct stream *s, const struct lane *l);

#endif
