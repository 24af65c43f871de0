#include "message_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

#define MAX_WAITING 1024u

struct message_queue {
    pthread_mutex_t lock;
    pthread_cond_t room;
    int news_fd;
    bool closed;
    unsigned waiting;
    struct queued_message *first;
    struct queued_message **end;
};

int message_queue_create(int news_fd, struct message_queue **ret_notices)
{
    struct message_queue *n = calloc(1, sizeof(*n));

    if (!n)
        return -ENOMEM;
    n->news_fd = news_fd;
    n->end = &n->first;
    /* These fail for wrong arguments only. */
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->room, NULL);
    *ret_notices = n;
    return 0;
}

static struct queued_message *notice_new(unsigned who, const char *path,
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

void message_queue_put(struct message_queue *n, unsigned who, const char *path,
                       const struct failure *f)
{
    struct queued_message *new = notice_new(who, path, f);

    if (!new)
        new = notice_new(who, "", f);
    if (!new)
        return;
    pthread_mutex_lock(&n->lock);
    while (n->waiting >= MAX_WAITING && !n->closed)
        pthread_cond_wait(&n->room, &n->lock);
    if (n->closed) {
        free(new);
    } else {
        *n->end = new;
        n->end = &new->next;
        n->waiting++;
        event_signal(n->news_fd);
    }
    pthread_mutex_unlock(&n->lock);
}

struct queued_message *message_queue_take(struct message_queue *n)
{
    struct queued_message *first;

    pthread_mutex_lock(&n->lock);
    first = n->first;
    if (first) {
        n->first = first->next;
        if (!n->first)
            n->end = &n->first;
        if (n->waiting-- == MAX_WAITING)
            pthread_cond_broadcast(&n->room);
    }
    pthread_mutex_unlock(&n->lock);
    return first;
}

void message_queue_close(struct message_queue *n)
{
    pthread_mutex_lock(&n->lock);
    n->closed = true;
    pthread_cond_broadcast(&n->room);
    pthread_mutex_unlock(&n->lock);
}

void message_queue_free(struct message_queue *n)
{
    struct queued_message *notice;

    while ((notice = message_queue_take(n)))
        free(notice);
    pthread_cond_destroy(&n->room);
    pthread_mutex_destroy(&n->lock);
    free(n);
}
