#include "message_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

/* Messages in a full queue. */
#define MAX_MESSAGES 1024u

struct message_queue {
    pthread_mutex_t lock;    /* protects all members but news_fd */
    pthread_cond_t not_full; /* or closed */
    int news_fd;
    bool closed;
    unsigned n; /* messages in the queue */
    struct queued_message *first;
    struct queued_message **end; /* where to link the next message */

    /* For a message that there is no memory for; NULL: it is in use, and there is no memory for
     * another one. */
    struct queued_message *spare;
};

/* A message without path. */
static struct queued_message *spare_new(void)
{
    struct queued_message *spare = malloc(sizeof(*spare) + 1);

    if (spare)
        spare->path[0] = '\0';
    return spare;
}

int message_queue_create(int news_fd, struct message_queue **ret_queue)
{
    struct message_queue *q = calloc(1, sizeof(*q));

    if (!q)
        return -ENOMEM;
    q->spare = spare_new();
    if (!q->spare) {
        free(q);
        return -ENOMEM;
    }
    q->news_fd = news_fd;
    q->end = &q->first;
    /* These fail only for wrong arguments. */
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->not_full, NULL);
    *ret_queue = q;
    return 0;
}

/* NULL without memory. */
static struct queued_message *message_new(unsigned who, const char *path,
                                          const struct failure *f)
{
    size_t size = strlen(path) + 1;
    struct queued_message *new = malloc(sizeof(*new) + size);

    if (!new)
        return NULL;
    *new = (struct queued_message){.who = who, .failure = *f};
    memcpy(new->path, path, size);
    return new;
}

/* Waits for the spare message, and fills it. The caller holds the lock. NULL: the queue has
 * been closed. */
static struct queued_message *take_spare(struct message_queue *q, unsigned who,
                                         const struct failure *f)
{
    struct queued_message *spare;

    while (!q->spare && !q->closed)
        pthread_cond_wait(&q->not_full, &q->lock);
    spare = q->closed ? NULL : q->spare;
    if (!spare)
        return NULL;
    q->spare = NULL;
    *spare = (struct queued_message){.who = who, .failure = *f};
    return spare;
}

void message_queue_put(struct message_queue *q, unsigned who, const char *path,
                       const struct failure *f)
{
    struct queued_message *new = message_new(who, path, f);

    pthread_mutex_lock(&q->lock);
    while (q->n >= MAX_MESSAGES && !q->closed)
        pthread_cond_wait(&q->not_full, &q->lock);
    if (!new)
        new = take_spare(q, who, f);
    if (q->closed) {
        free(new);
    } else {
        *q->end = new;
        q->end = &new->next;
        q->n++;
        event_signal(q->news_fd);
    }
    pthread_mutex_unlock(&q->lock);
}

struct queued_message *message_queue_take(struct message_queue *q)
{
    struct queued_message *first;

    pthread_mutex_lock(&q->lock);
    if (!q->spare && (q->spare = spare_new()))
        pthread_cond_broadcast(&q->not_full);
    first = q->first;
    if (first) {
        q->first = first->next;
        if (!q->first)
            q->end = &q->first;
        if (q->n-- == MAX_MESSAGES)
            pthread_cond_broadcast(&q->not_full);
    }
    pthread_mutex_unlock(&q->lock);
    return first;
}

void message_queue_close(struct message_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->not_full);
    pthread_mutex_unlock(&q->lock);
}

void message_queue_free(struct message_queue *q)
{
    struct queued_message *message;

    while ((message = message_queue_take(q)))
        free(message);
    free(q->spare);
    pthread_cond_destroy(&q->not_full);
    pthread_mutex_destroy(&q->lock);
    free(q);
}
