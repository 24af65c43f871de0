#include "handover_priv.h"

#include "base/event.h"
#include "base/fd.h"

void handover_init(struct handover *h, int wake_fd)
{
    *h = (struct handover){.wake_fd = wake_fd, .fd = -1};
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->finished, NULL);
}

void handover_destroy(struct handover *h)
{
    pthread_cond_destroy(&h->finished);
    pthread_mutex_destroy(&h->lock);
}

bool handover_copy(struct handover *h, int fd, const char *path,
                   struct digest_values *ret_hashes)
{
    bool readable;
    int rest;

    pthread_mutex_lock(&h->lock);
    h->fd = fd;
    h->path = path;
    h->pending = true;
    event_signal(h->wake_fd);
    while (h->pending)
        pthread_cond_wait(&h->finished, &h->lock);
    readable = h->readable;
    *ret_hashes = h->hashes;
    rest = h->fd;
    h->fd = -1;
    pthread_mutex_unlock(&h->lock);
    (void)fd_close(&rest);
    return readable;
}

bool handover_take(struct handover *h, int *ret_fd, const char **ret_path)
{
    bool pending;

    pthread_mutex_lock(&h->lock);
    pending = h->pending;
    if (pending) {
        *ret_fd = h->fd;
        *ret_path = h->path;
        h->fd = -1;
    }
    pthread_mutex_unlock(&h->lock);
    return pending;
}

void handover_finish(struct handover *h, int fd, bool readable,
                     const struct digest_values *hashes)
{
    pthread_mutex_lock(&h->lock);
    h->pending = false;
    h->fd = fd;
    h->readable = readable;
    h->hashes = *hashes;
    pthread_cond_signal(&h->finished);
    pthread_mutex_unlock(&h->lock);
}
