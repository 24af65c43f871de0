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

#include "base/bounded_call.h"
#include "base/disk.h"
#include "base/fd.h"
#include "base/medium.h"
#include "base/path_probe.h"

/* A disk that is locked, or a device that is open. */
struct entry {
    struct entry *next;
    bool locks;       /* the disk */
    dev_t dev, whole; /* of what is open, and of its disk */
    int fd;
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
static int add(struct held *h, const char *path, int fd, dev_t dev, bool locks)
{
    size_t n = strlen(path) + 1;
    struct entry *e = calloc(1, sizeof(*e) + n);

    if (!e) {
        (void)close(fd);
        return -ENOMEM;
    }
    *e = (struct entry){
        .next = h->entries, .locks = locks, .dev = dev, .whole = disk_whole(dev), .fd = fd};
    memcpy(e->path, path, n);
    h->entries = e;
    return 0;
}

static bool is_locked(const struct held *h, dev_t whole)
{
    for (const struct entry *e = h->entries; e; e = e->next)
        if (e->locks && e->whole == whole)
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
    r = add(h, path, r, whole, true);
    pthread_mutex_unlock(&h->mutex);
    return r;
}

int held_add(struct held *h, const char *path, int fd, dev_t dev)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), r;

    if (copy < 0)
        return -errno;
    pthread_mutex_lock(&h->mutex);
    r = add(h, path, copy, dev, false);
    pthread_mutex_unlock(&h->mutex);
    return r;
}

/* Its destination has failed, which says so. */
static bool is_gone(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && medium_is_gone(st.st_rdev);
}

/* The end of each entry, in a call that may hang. A call uses its own entry and error. */
struct ending {
    const struct held_end *how; /* not for the calls */
    unsigned n;
    struct entry **entries;
    int *errors; /* positive: why the table could not be read; 0 */
    bool *wanted, *late;
    bool *hangs; /* it is left as it is */
};

/* EINVAL: this kind of device has no partitions (disk_scan_partitions(), block/genhd.c, 6.18). */
static void end_entry(void *arg, unsigned i)
{
    const struct ending *all = arg;
    const struct entry *e = all->entries[i];

    /* By the descriptor that has the device for itself, while the disk is locked. */
    if (!e->locks && e->dev == e->whole && ioctl(e->fd, BLKRRPART) < 0 && errno != EINVAL &&
        !is_gone(e->fd))
        all->errors[i] = errno;
    (void)close(e->fd);
}

static void ending_free(struct ending *all)
{
    if (!all)
        return;
    free(all->entries);
    free(all->errors);
    free(all->wanted);
    free(all->late);
    free(all->hangs);
    free(all);
}

static struct ending *ending_new(struct held *h)
{
    struct ending *all = calloc(1, sizeof(*all));
    unsigned n = 0;

    if (!all)
        return NULL;
    pthread_mutex_lock(&h->mutex); /* a call that hangs may still add one */
    for (const struct entry *e = h->entries; e; e = e->next)
        all->n++;
    all->entries = calloc(all->n + 1, sizeof(struct entry *));
    for (struct entry *e = h->entries; all->entries && e; e = e->next)
        all->entries[n++] = e;
    pthread_mutex_unlock(&h->mutex);
    all->errors = calloc(n + 1, sizeof(*all->errors));
    all->wanted = calloc(n + 1, sizeof(*all->wanted));
    all->late = calloc(n + 1, sizeof(*all->late));
    all->hangs = calloc(n + 1, sizeof(*all->hangs));
    if (all->entries && all->errors && all->wanted && all->late && all->hangs)
        return all;
    ending_free(all);
    return NULL;
}

/* Which entries are ended: the devices, or then the locks of their disks. Not those that do not
 * answer. */
static void choose(struct ending *all, bool locks)
{
    for (unsigned i = 0; i < all->n; i++) {
        const struct entry *e = all->entries[i];

        all->wanted[i] = e->locks == locks;
        if (!locks && path_probe_is_silent(e->path))
            all->hangs[i] = true;
        for (unsigned k = 0; k < all->n; k++)
            all->wanted[i] &= !(all->hangs[k] && all->entries[k]->whole == e->whole);
    }
}

static bool stops(void *arg)
{
    const struct ending *all = arg;

    return all->how->stop(all->how->arg);
}

/* Whether a call hangs. */
static bool end_some(struct ending *all, bool locks)
{
    const struct held_end *how = all->how;
    struct bounded_calls calls = {.n = all->n,
                                  .wanted = all->wanted,
                                  .run = end_entry,
                                  .arg = all,
                                  .timeout_ms = how->timeout_ms,
                                  .wake_fd = how->wake_fd,
                                  .stop = stops,
                                  .stop_ms = how->stop_ms};
    bool hangs;

    choose(all, locks);
    hangs = bounded_calls_run(&calls, all->late) > 0;
    for (unsigned i = 0; i < all->n; i++) {
        if (!all->wanted[i])
            continue;
        all->hangs[i] = all->late[i];
        if (!locks && (all->late[i] || all->errors[i]))
            how->note(all->entries[i]->path, all->late[i] ? ETIMEDOUT : all->errors[i]);
    }
    return hangs;
}

static void held_free(struct held *h)
{
    for (struct entry *e = h->entries, *next; e; e = next) {
        next = e->next;
        free(e);
    }
    (void)pthread_mutex_destroy(&h->mutex);
    free(h);
}

bool held_end(struct held *h, const struct held_end *how)
{
    struct ending *all = h ? ending_new(h) : NULL;
    bool hangs;

    if (!all) /* without memory the end of the process closes everything */
        return false;
    all->how = how;
    hangs = end_some(all, false);
    hangs |= end_some(all, true);
    if (hangs)
        return true;
    ending_free(all);
    if (!how->in_use)
        held_free(h);
    return false;
}
