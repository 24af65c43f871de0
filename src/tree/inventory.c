#include "inventory_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/inode_set.h"

#define MIN_SLOTS 256u

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
    struct inode_set read;
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
    inode_set_free(&i->read);
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

void inventory_note_read(struct inventory *i, const struct stat *st)
{
    pthread_mutex_lock(&i->lock);
    i->broken |= inode_set_add(&i->read, st->st_dev, st->st_ino) < 0;
    pthread_mutex_unlock(&i->lock);
}

bool inventory_reads(struct inventory *i, const struct stat *st)
{
    bool reads;

    pthread_mutex_lock(&i->lock);
    reads = inode_set_has(&i->read, st->st_dev, st->st_ino);
    pthread_mutex_unlock(&i->lock);
    return reads;
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
