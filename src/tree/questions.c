#include "questions_priv.h"

#include "base/event.h"

void questions_init(struct questions *q, int wake_fd)
{
    *q = (struct questions){.wake_fd = wake_fd};
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
}

void questions_destroy(struct questions *q)
{
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
}

bool questions_ask(struct questions *q, const char *path, const struct existing_case *about)
{
    bool yes = false;

    pthread_mutex_lock(&q->lock);
    while (q->path && !q->closed)
        pthread_cond_wait(&q->changed, &q->lock);
    if (!q->closed) {
        q->path = path;
        q->about = *about;
        q->is_answered = false;
        event_signal(q->wake_fd);
        while (!q->is_answered && !q->closed)
            pthread_cond_wait(&q->changed, &q->lock);
        yes = q->is_answered && q->yes;
        q->path = NULL;
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return yes;
}

bool questions_next(struct questions *q, const char **ret_path, struct existing_case *ret_about)
{
    bool waits;

    pthread_mutex_lock(&q->lock);
    waits = q->path && !q->is_answered && !q->closed;
    if (waits) {
        *ret_path = q->path;
        *ret_about = q->about;
    }
    pthread_mutex_unlock(&q->lock);
    return waits;
}

void questions_answer(struct questions *q, bool yes)
{
    pthread_mutex_lock(&q->lock);
    q->yes = yes;
    q->is_answered = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void questions_close(struct questions *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}
