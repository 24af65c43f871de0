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

/* With so many in it notes wake the main thread, too. */
#define MANY_MESSAGES 512u

#define NOTE_ALIGN 16u

struct message_queue {
    pthread_mutex_t lock;   /* protects all members but news_fd */
    pthread_cond_t changed; /* not full, the spare is free, or closed */
    int news_fd;
    bool closed;
    unsigned n; /* messages in the queue */
    struct queued_message *first;
    struct queued_message **end; /* where to link the next message */

    /* For a message without memory: without it a failure would not be counted. */
    struct queued_message *spare;
    bool spare_used;
};

int message_queue_create(int news_fd, struct message_queue **ret_queue)
{
    struct message_queue *q = calloc(1, sizeof(*q));

    if (q)
        q->spare = calloc(1, sizeof(*q->spare) + 1);
    if (!q || !q->spare) {
        free(q);
        return -ENOMEM;
    }
    q->news_fd = news_fd;
    q->end = &q->first;
    /* These fail only for wrong arguments. */
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
    *ret_queue = q;
    return 0;
}

/* NULL without memory. note: n bytes, or NULL. */
static struct queued_message *message_new(unsigned who, const char *path,
                                          const struct failure *f, const void *note, size_t n)
{
    size_t size = strlen(path) + 1, note_at = (size + NOTE_ALIGN - 1) / NOTE_ALIGN * NOTE_ALIGN;
    struct queued_message *new = malloc(sizeof(*new) + note_at + n);

    if (!new)
        return NULL;
    *new = (struct queued_message){.who = who, .failure = *f};
    memcpy(new->path, path, size);
    if (note)
        new->note = memcpy(new->path + note_at, note, n);
    return new;
}

/* Takes the spare for a message without its path. With the lock held. NULL: the queue has been
 * closed. */
static struct queued_message *use_spare(struct message_queue *q, unsigned who,
                                        const struct failure *f)
{
    while (q->spare_used && !q->closed)
        pthread_cond_wait(&q->changed, &q->lock);
    if (q->closed)
        return NULL;
    q->spare_used = true;
    *q->spare = (struct queued_message){.who = who, .failure = *f};
    q->spare->path[0] = '\0';
    return q->spare;
}

/* Puts the message into the queue. new: NULL without memory; then it is this failure. */
static void put(struct message_queue *q, struct queued_message *new, unsigned who,
                const struct failure *f)
{
    pthread_mutex_lock(&q->lock);
    while (q->n >= MAX_MESSAGES && !q->closed)
        pthread_cond_wait(&q->changed, &q->lock);
    if (!new)
        new = use_spare(q, who, f);
    if (q->closed) {
        free(new);
    } else {
        new->next = NULL;
        *q->end = new;
        q->end = &new->next;
        q->n++;
        if (!new->note || q->n >= MANY_MESSAGES)
            event_signal(q->news_fd);
    }
    pthread_mutex_unlock(&q->lock);
}

void message_queue_put(struct message_queue *q, unsigned who, const char *path,
                       const struct failure *f)
{
    put(q, message_new(who, path, f, NULL, 0), who, f);
}

void message_queue_put_note(struct message_queue *q, unsigned who, const char *path,
                            const void *note, size_t n)
{
    static const struct failure none = {.err = 0};
    struct failure lost;

    failure_set(&lost, "report", ENOMEM, FAILURE_NO_OFFSET, NULL);
    put(q, message_new(who, path, &none, note, n), who, &lost);
}

struct queued_message *message_queue_take(struct message_queue *q)
{
    struct queued_message *first;

    pthread_mutex_lock(&q->lock);
    first = q->first;
    if (first) {
        q->first = first->next;
        if (!q->first)
            q->end = &q->first;
        if (q->n-- == MAX_MESSAGES)
            pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return first;
}

void message_queue_give_back(struct message_queue *q, struct queued_message *message)
{
    if (message != q->spare) {
        free(message);
        return;
    }
    pthread_mutex_lock(&q->lock);
    q->spare_used = false;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void message_queue_close(struct message_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void message_queue_free(struct message_queue *q)
{
    struct queued_message *message;

    while ((message = message_queue_take(q)))
        message_queue_give_back(q, message);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q->spare);
    free(q);
}
