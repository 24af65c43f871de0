#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/fd.h"
#include "base/medium.h"

/* A disk that is locked, or a device that is open. */
struct entry {
    struct entry *next;
    dev_t lock; /* of the disk that is locked; 0: none */
    int fd;
    bool rereads; /* its partition table */
    char path[];
};

struct held {
    pthread_mutex_t mutex;
    struct entry *entries;
};

struct held *held_new(void)
{
    struct held *h = calloc(1, sizeof(*h));

    if (h && pthread_mutex_init(&h->mutex, NULL) != 0) {
        free(h);
        return NULL;
    }
    return h;
}

/* Takes fd over, also on failure. With the mutex held. 0 or -ENOMEM. */
static int add(struct held *h, const char *path, int fd, dev_t lock, bool rereads)
{
    size_t n = strlen(path) + 1;
    struct entry *e = calloc(1, sizeof(*e) + n);

    if (!e) {
        (void)close(fd);
        return -ENOMEM;
    }
    *e = (struct entry){.next = h->entries, .lock = lock, .fd = fd, .rereads = rereads};
    memcpy(e->path, path, n);
    h->entries = e;
    return 0;
}

static bool is_locked(const struct held *h, dev_t whole)
{
    for (const struct entry *e = h->entries; e; e = e->next)
        if (e->lock == whole)
            return true;
    return false;
}

/* Opens and locks the disk. The descriptor, or a negative errno. May hang: without the mutex. */
static int open_locked(dev_t whole, char *path, size_t size)
{
    int fd, err;

    if (!disk_node(whole, path, size))
        return -ENOENT;
    fd = fd_open_existing(AT_FDCWD, path, O_RDONLY);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    err = errno;
    (void)close(fd);
    return -err;
}

int held_lock(struct held *h, dev_t whole)
{
    char path[64];
    bool has;
    int r;

    pthread_mutex_lock(&h->mutex);
    has = is_locked(h, whole);
    pthread_mutex_unlock(&h->mutex);
    r = has ? 0 : open_locked(whole, path, sizeof(path));
    if (has || r < 0)
        return r;
    pthread_mutex_lock(&h->mutex);
    r = add(h, path, r, whole, false);
    pthread_mutex_unlock(&h->mutex);
    return r;
}

int held_add(struct held *h, const char *path, int fd, bool whole_disk)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), r;

    if (copy < 0)
        return -errno;
    pthread_mutex_lock(&h->mutex);
    r = add(h, path, copy, 0, whole_disk);
    pthread_mutex_unlock(&h->mutex);
    return r;
}

/* Its destination has failed, which says so. */
static bool is_gone(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && medium_is_gone(st.st_rdev);
}

void held_end(struct held *h, void (*note)(const char *path, int err))
{
    if (!h)
        return;
    /* By the descriptor that has the device for itself, while the disk is locked. EINVAL: this
     * kind of device has no partitions (disk_scan_partitions(), block/genhd.c, 6.18). */
    for (const struct entry *e = h->entries; e; e = e->next)
        if (e->rereads && ioctl(e->fd, BLKRRPART) < 0 && errno != EINVAL && !is_gone(e->fd))
            note(e->path, errno);
    for (struct entry *e = h->entries, *next; e; e = next) {
        next = e->next;
        (void)close(e->fd);
        free(e);
    }
    (void)pthread_mutex_destroy(&h->mutex);
    free(h);
}
