/* stream_priv: records that a thread writes and several consumers take, each at its own pace.
 *
 * A ring of fixed size: the producer waits for the slowest consumer as soon as there is no room
 * for the next record, so that memory is bounded whatever the consumers do. A record stays
 * where it is until all consumers have taken the next one, or left.
 *
 * A producer that has had to wait too long (copy/wait_budget.h) while consumers had nothing to
 * do is held up: it may part with those that it waits for. They keep the ring and what is in
 * it, and get a producer of their own, who goes on where the first one cut it off; the others
 * get an empty ring. A ring with its producer and consumers is a lane. All begin in lane 0,
 * where the fastest stay; who has parted with it does not come back. */
#ifndef UCOPY_TREE_STREAM_PRIV_H
#define UCOPY_TREE_STREAM_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* Makes a stream of `size` bytes a lane for the consumers 0..n_consumers-1. size is a power of
 * two of at least 4096. There may come to be max_lanes lanes; 1: nobody is held up. 0 or
 * -ENOMEM.
 */
int stream_create(size_t size, unsigned n_consumers, unsigned max_lanes,
                  struct stream **ret_stream);

/* Frees the stream; nobody may be using it. */
void stream_free(struct stream *s);

/* The longest record that the stream takes, in bytes. */
size_t stream_max_record(const struct stream *s);

/* A producer: room for a record of at most max bytes (<= stream_max_record()), aligned to 16
 * bytes. Waits for the consumers. NULL when the stream was stopped or no consumer is left, or
 * the producer is held up. */
void *stream_reserve(struct stream *s, unsigned lane, size_t max);

/* A producer: what was reserved is a record of len bytes (<= max) now. */
void stream_publish(struct stream *s, unsigned lane, size_t len);

/* A producer: waits until every consumer has taken all records and come back for more, or left.
 * False when the stream was stopped, or the producer is held up. */
bool stream_drain(struct stream *s, unsigned lane);

/* A producer: the end of what it has published so far. */
uint64_t stream_position(const struct stream *s, unsigned lane);

/* A producer: waits until every consumer has let go of all records up to that position, or
 * left. False when the stream was stopped, or the producer is held up. */
bool stream_await(struct stream *s, unsigned lane, uint64_t position);

/* A producer whose call failed: whether it is held up. Then it has to call stream_part() or
 * stream_put_off() before anything else of these. */
bool stream_held_up(struct stream *s, unsigned lane);

/* A producer that is held up parts with the slow consumers. What it has published from
 * `position` on, a border between records, the slow ones have not seen, and never will: it is
 * for the producer of their lane to do again. False: that cannot be, as there is no memory or
 * they have come that far already. */
bool stream_part(struct stream *s, unsigned lane, uint64_t position, unsigned *ret_lane);

/* A producer that is held up waits on, and is not held up again for a while. */
void stream_put_off(struct stream *s, unsigned lane);

/* The consumer has made others wait for so many ms by other means than the records; less than
 * 0: it has had to wait. The producer of its lane may be held up by that the next time that it
 * reserves room. Any thread may call it. */
void stream_owe(struct stream *s, unsigned consumer, int64_t ms);

/* A producer: there is no more to come. Means nothing once the stream was stopped. */
void stream_end(struct stream *s, unsigned lane);

/* Whether all that has been published is done with: every consumer waits for more, or has left.
 * Any thread may ask. */
bool stream_idle(struct stream *s, unsigned lane);

/* The lane that the consumer is in. Any thread may ask. */
unsigned stream_lane(struct stream *s, unsigned consumer);

/* A consumer: lets go of the record it has taken and waits for the next one. NULL at the end,
 * and when the stream was stopped or the consumer was made to leave. */
const void *stream_take(struct stream *s, unsigned consumer);

/* A consumer that got NULL: whether it has had everything up to the end. */
bool stream_had_all(struct stream *s, unsigned consumer);

/* Nobody waits for this consumer any more. Any thread may call it, also twice; what a consumer
 * that has been made to leave still looks at may change under it. */
void stream_leave(struct stream *s, unsigned consumer);

/* Whether the consumer has left. If not, what it has taken has not changed so far. */
bool stream_left(struct stream *s, unsigned consumer);

/* Ends all waiting, now and later. Any thread may call it. */
void stream_stop(struct stream *s);

/* Whether stream_stop() has been called. */
bool stream_stopped(struct stream *s);

#endif
