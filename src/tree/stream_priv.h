/* stream_priv: a stream of records from one producer to several consumers, each at its own
 * pace.
 *
 * The records are in a ring of fixed size. When there is no room for the next record, the
 * producer waits for the slowest consumer, so that memory is bounded. A record stays in its
 * place until all consumers have taken the next one, or left.
 *
 * The ring, its producer and its consumers together are a lane. At first there is one, lane 0.
 * If the producer has waited for some consumers too long (copy/wait_budget.h) while all others
 * were idle, it is held up: its call fails. Then it may divide the lane. The slow consumers
 * keep the ring and the records in it, and become a lane of their own, whose producer is to go
 * on where the first one was. The other consumers stay, with an empty ring. Lanes are never
 * joined again. */
#ifndef UCOPY_TREE_STREAM_PRIV_H
#define UCOPY_TREE_STREAM_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* Makes a stream of `size` bytes a lane for the consumers 0..n_consumers-1. size is a power of
 * two of at least 4096. At most max_lanes lanes come into being; 1: the producer is never held
 * up. 0 or
 * -ENOMEM.
 */
int stream_create(size_t size, unsigned n_consumers, unsigned max_lanes,
                  struct stream **ret_stream);

/* Frees the stream; nobody may be using it. */
void stream_free(struct stream *s);

/* The longest record that the stream takes, in bytes. */
size_t stream_max_record(const struct stream *s);

/* A producer: room for a record of at most max bytes (<= stream_max_record()), aligned to 16
 * bytes. Waits for the consumers. NULL: the stream was stopped, no consumer is left, or the
 * producer is held up. */
void *stream_reserve(struct stream *s, unsigned lane, size_t max);

/* A producer: makes what was reserved a record of len bytes (<= max). */
void stream_publish(struct stream *s, unsigned lane, size_t len);

/* A producer: waits until every consumer has taken all records and come back for more, or left.
 * False when the stream was stopped, or the producer is held up. */
bool stream_drain(struct stream *s, unsigned lane);

/* A producer: the end of what it has published so far. */
uint64_t stream_position(const struct stream *s, unsigned lane);

/* A producer: waits until every consumer has given back all records up to that position, or
 * left. False when the stream was stopped, or the producer is held up. */
bool stream_await(struct stream *s, unsigned lane, uint64_t position);

/* A producer whose call failed: whether it is held up. Then it has to call stream_divide() or
 * stream_put_off() before anything else of these. */
bool stream_held_up(struct stream *s, unsigned lane);

/* A producer that is held up: divides its lane. The slow consumers have not seen the records
 * from `position` on, the end of a record, and never will: the producer of their lane,
 * *ret_lane, has to publish them again. False: there is no memory, or a slow consumer has seen
 * such a record. */
bool stream_divide(struct stream *s, unsigned lane, uint64_t position, unsigned *ret_lane);

/* A producer that is held up: does not divide its lane. It will not be held up again for a
 * while. */
void stream_put_off(struct stream *s, unsigned lane);

/* Notes that the consumer has made others wait for so many ms by other means than the records;
 * less than 0: it has waited for others. That may hold up the producer of its lane the next
 * time that it reserves room. Any thread may call it. */
void stream_owe(struct stream *s, unsigned consumer, int64_t ms);

/* A producer: no more records will come. Without effect after stream_stop(). */
void stream_end(struct stream *s, unsigned lane);

/* Whether every consumer of the lane waits for more records, or has left. Any thread may
 * ask. */
bool stream_idle(struct stream *s, unsigned lane);

/* The lane of the consumer. Any thread may ask. */
unsigned stream_lane(struct stream *s, unsigned consumer);

/* A consumer: gives back the record that it has taken, and waits for the next one. NULL: that
 * was the last one, the stream was stopped, or the consumer has left. */
const void *stream_take(struct stream *s, unsigned consumer);

/* A consumer that got NULL: whether it has had all records, up to stream_end(). */
bool stream_had_all(struct stream *s, unsigned consumer);

/* Makes the consumer leave: nobody waits for it any more. Any thread may call it, also twice.
 * The producer may overwrite the record that the consumer has taken. */
void stream_leave(struct stream *s, unsigned consumer);

/* Whether the consumer has left. If not, the record that it has taken has not changed so
 * far. */
bool stream_left(struct stream *s, unsigned consumer);

/* Ends all waiting, now and later. Any thread may call it. */
void stream_stop(struct stream *s);

/* Whether stream_stop() has been called. */
bool stream_stopped(struct stream *s);

#endif
