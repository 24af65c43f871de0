#include "inventory_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/inode_set.h"
#include "base/interrupted.h"

#define MIN_SLOTS 256u
#define MAX_LINKS 40u /* that the kernel follows in one path: path_resolution(7) */

struct slot {
    uint64_t key; /* 0: free */
    uint32_t n_inside;
    bool listed;
};

struct inventory {
    pthread_mutex_t lock;
    struct slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n;       /* that are used: at most three of four */
    bool broken;    /* there was no memory */
    struct inode_set used;
};

struct inventory *inventory_new(void)
{
    struct inventory *i = calloc(1, sizeof(*i));

    if (i)
        pthread_mutex_init(&i->lock, NULL);
    return i;
}

void inventory_free(struct inventory *i)
{
    if (!i)
        return;
    pthread_mutex_destroy(&i->lock);
    inode_set_free(&i->used);
    free(i->slots);
    free(i);
}

static uint64_t key_of(const char *path, size_t len)
{
    uint64_t key = hash_short(path, len, 0);

    return key ? key : 1;
}

/* The slot of the key, or the free one where it belongs. There must be one. */
static struct slot *slot_of(struct slot *slots, size_t n_slots, uint64_t key)
{
    size_t at = key & (n_slots - 1);

    while (slots[at].key && slots[at].key != key)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

/* Makes room for one more. False without memory. */
static bool grow(struct inventory *i)
{
    size_t n_slots = i->n_slots ? 2 * i->n_slots : MIN_SLOTS;
    struct slot *slots;

    if (4 * (i->n + 1) <= 3 * i->n_slots)
        return true;
    slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return false;
    for (size_t k = 0; k < i->n_slots; k++)
        if (i->slots[k].key)
            *slot_of(slots, n_slots, i->slots[k].key) = i->slots[k];
    free(i->slots);
    i->slots = slots;
    i->n_slots = n_slots;
    return true;
}

static struct slot *find(const struct inventory *i, const char *path, size_t len)
{
    struct slot *s = i->n_slots ? slot_of(i->slots, i->n_slots, key_of(path, len)) : NULL;

    return s && s->key ? s : NULL;
}

/* Counts the entry in the directory that it is in. */
static bool count_inside(struct inventory *i, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct slot *above;

    if (*path == '\0')
        return true;
    above = find(i, path, slash ? (size_t)(slash - path) : 0);
    if (above)
        above->n_inside++;
    return above;
}

void inventory_add(struct inventory *i, const char *path)
{
    size_t len = strlen(path);

    pthread_mutex_lock(&i->lock);
    if (!find(i, path, len)) {
        if (grow(i)) {
            slot_of(i->slots, i->n_slots, key_of(path, len))->key = key_of(path, len);
            i->n++;
            i->broken |= !count_inside(i, path);
        } else {
            i->broken = true;
        }
    }
    pthread_mutex_unlock(&i->lock);
}

void inventory_note_listed(struct inventory *i, const char *path)
{
    struct slot *s;

    pthread_mutex_lock(&i->lock);
    s = find(i, path, strlen(path));
    if (s)
        s->listed = true;
    pthread_mutex_unlock(&i->lock);
}

void inventory_note_used(struct inventory *i, const struct stat *st)
{
    pthread_mutex_lock(&i->lock);
    i->broken |= inode_set_add(&i->used, st->st_dev, st->st_ino) < 0;
    pthread_mutex_unlock(&i->lock);
}

bool inventory_uses(struct inventory *i, const struct stat *st)
{
    bool uses;

    pthread_mutex_lock(&i->lock);
    uses = inode_set_has(&i->used, st->st_dev, st->st_ino);
    pthread_mutex_unlock(&i->lock);
    return uses;
}

/* ---- symlinks on the way ---- */

static void note_broken(struct inventory *i)
{
    pthread_mutex_lock(&i->lock);
    i->broken = true;
    pthread_mutex_unlock(&i->lock);
}

/* Opens the first component of the path, whatever it is, and moves *path behind it. The descriptor is
 * the caller's; or -1. */
static int open_first(int dir_fd, const char **path)
{
    size_t len = strcspn(*path, "/");
    char name[NAME_MAX + 1] = "/"; /* of a path that begins so */

    if (len > NAME_MAX)
        return -1;
    if (len > 0) {
        memcpy(name, *path, len);
        name[len] = '\0';
    }
    *path += len;
    *path += strspn(*path, "/");
    return UNINTERRUPTED(openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

/* The path that a symlink in front of `rest` leads to; the caller's. NULL without memory. */
static char *path_behind(int link_fd, const char *rest)
{
    char text[PATH_MAX], *path;
    ssize_t n = UNINTERRUPTED(readlinkat(link_fd, "", text, sizeof(text)));

    if (n < 0)
        return strdup("");
    return asprintf(&path, "%.*s/%s", (int)n, text, rest) < 0 ? NULL : path;
}

void inventory_note_way(struct inventory *i, int dir_fd, const char *path)
{
    char *text = strdup(path), *longer;
    const char *rest = text;
    int fd = -1, next = -1;
    unsigned n_links = 0;
    struct stat st;

    while (text && *rest && n_links < MAX_LINKS) {
        next = open_first(fd >= 0 ? fd : dir_fd, &rest);
        if (next < 0 || fstat(next, &st) < 0)
            break;
        if (!S_ISLNK(st.st_mode)) {
            (void)fd_close(&fd);
            fd = next;
            next = -1;
            continue;
        }
        inventory_note_used(i, &st);
        longer = path_behind(next, rest);
        (void)fd_close(&next);
        free(text);
        rest = text = longer;
        n_links++;
    }
    if (!text)
        note_broken(i);
    (void)fd_close(&next);
    (void)fd_close(&fd);
    free(text);
}

bool inventory_find(struct inventory *i, const char *path, bool *ret_listed,
                    uint32_t *ret_inside)
{
    const struct slot *s;

    pthread_mutex_lock(&i->lock);
    s = find(i, path, strlen(path));
    *ret_listed = s && s->listed;
    *ret_inside = s ? s->n_inside : 0;
    pthread_mutex_unlock(&i->lock);
    return s;
}

bool inventory_is_whole(struct inventory *i)
{
    bool whole;

    pthread_mutex_lock(&i->lock);
    whole = !i->broken;
    pthread_mutex_unlock(&i->lock);
    return whole;
}
