/* stream: records that one thread writes and several readers take, each at its own pace.
 *
 * A ring of fixed size: the writer waits for the slowest reader as soon as there is no room for
 * the next record, so that memory is bounded whatever the readers do. A record stays where it
 * is until all readers have taken the next one, or left. */
#ifndef UCOPY_STREAM_H
#define UCOPY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* Makes a stream of `size` bytes for the readers 0..n_readers-1. size is a power of two of at
 * least 4096. 0 or -ENOMEM. */
int stream_create(size_t size, unsigned n_readers, struct stream **ret_stream);

/* Frees the stream; nobody may be using it. */
void stream_free(struct stream *s);

/* The longest record that the stream takes, in bytes. */
size_t stream_max_record(const struct stream *s);

/* The writer: room for a record of at most max bytes (<= stream_max_record()), aligned to 16
 * bytes. Waits for the readers. NULL when the stream was stopped or no reader is left. */
void *stream_reserve(struct stream *s, size_t max);

/* The writer: what was reserved is a record of len bytes (<= max) now. */
void stream_publish(struct stream *s, size_t len);

/* The writer: waits until every reader has taken all records and come back for more, or left.
 * False when the stream was stopped. */
bool stream_drain(struct stream *s);

/* The writer: the end of what it has published so far. */
uint64_t stream_position(const struct stream *s);

/* The writer: waits until every reader has let go of all records up to that position, or left.
 * False when the stream was stopped. */
bool stream_await(struct stream *s, uint64_t position);

/* The writer: there is no more to come. Means nothing once the stream was stopped. */
void stream_end(struct stream *s);

/* Whether all that has been published is done with: every reader waits for more, or has left.
 * Any thread may ask. */
bool stream_idle(struct stream *s);

/* A reader: lets go of the record it has taken and waits for the next one. NULL at the end, and
 * when the stream was stopped or the reader was made to leave. */
const void *stream_take(struct stream *s, unsigned reader);

/* A reader that got NULL: whether it has had everything up to the end. */
bool stream_had_all(struct stream *s, unsigned reader);

/* Nobody waits for this reader any more. Any thread may call it, also twice; what a reader that
 * has been made to leave still looks at may change under it. */
void stream_leave(struct stream *s, unsigned reader);

/* Whether the reader has left. If not, what it has taken has not changed so far. */
bool stream_left(struct stream *s, unsigned reader);

/* Ends all waiting, now and later. Any thread may call it. */
void stream_stop(struct stream *s);

/* Whether stream_stop() has been called. */
bool stream_stopped(struct stream *s);

#endif
