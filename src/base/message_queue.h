/* message_queue: what threads have to say, for the main thread, which alone may speak. */
#ifndef UCOPY_BASE_MESSAGE_QUEUE_H
#define UCOPY_BASE_MESSAGE_QUEUE_H

#include "failure.h"

struct queued_message {
    struct queued_message *next;
    unsigned who;
    struct failure failure;
    char path[];
};

struct message_queue;

/* news_fd: an eventfd(2) that gets a 1 with each notice; not owned. 0 or -ENOMEM. */
int message_queue_create(int news_fd, struct message_queue **ret_notices);

/* Says that something failed at the path; both are copied. Waits while very many are not taken.
 * Without memory the path is not said. Any thread may call it. */
void message_queue_put(struct message_queue *n, unsigned who, const char *path,
                       const struct failure *f);

/* Takes the oldest; the caller frees it. NULL: there is none. */
struct queued_message *message_queue_take(struct message_queue *n);

/* Makes nobody wait any more: who would, is not heard. */
void message_queue_close(struct message_queue *n);

/* Frees all; nobody may be using it. */
void message_queue_free(struct message_queue *n);

#endif
