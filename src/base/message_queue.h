/* message_queue: what threads report, failures for the most part, for the main thread to print. Only the main
 * thread prints. */
#ifndef UCOPY_BASE_MESSAGE_QUEUE_H
#define UCOPY_BASE_MESSAGE_QUEUE_H

#include <stddef.h>

#include "failure.h"

struct queued_message {
    struct queued_message *next;
    unsigned who; /* the number that the sender gave */
    struct failure failure;
    const void *note; /* what message_queue_put_note() has got; NULL: nothing */
    char path[];      /* "" if there was no memory for it */
};

struct message_queue;

/* Makes a queue. news_fd: an eventfd(2) that becomes readable with each message; not owned. 0
 * or -ENOMEM. */
int message_queue_create(int news_fd, struct message_queue **ret_queue);

/* Adds the message that something failed at the path; copies both. Blocks while the queue is
 * full. Without memory the message loses its path, and may have to wait for the one before it
 * that had no memory either; it is never lost. Any thread may call it. */
void message_queue_put(struct message_queue *q, unsigned who, const char *path,
                       const struct failure *f);

/* The same for a message that is no failure: note, n bytes, is copied. There may be many of them,
 * so news_fd stays as it is as long as the queue is not half full: the caller of
 * message_queue_take() has to look now and then. Without memory it becomes the failure
 * ENOMEM. */
void message_queue_put_note(struct message_queue *q, unsigned who, const char *path,
                            const void *note, size_t n);

/* Removes the oldest message and returns it; the caller gives it back by
 * message_queue_give_back(). NULL: the queue is empty. */
struct queued_message *message_queue_take(struct message_queue *q);

/* Frees a message that message_queue_take() has returned. */
void message_queue_give_back(struct message_queue *q, struct queued_message *message);

/* Wakes all threads that wait in message_queue_put(). From now on that function never blocks,
 * and drops its message. */
void message_queue_close(struct message_queue *q);

/* Frees the queue with its messages. No other thread may be using it. */
void message_queue_free(struct message_queue *q);

#endif
