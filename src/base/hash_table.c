#include "hash_table.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 64u

/* Entries are in the slot of their hash or in the next ones up to a free slot. There always is
 * a free one: at most three quarters are in use. */
static size_t slot_of(const struct hash_table *t, const struct hash_table_kind *kind,
                      const void *key)
{
    size_t i = (size_t)kind->hash(key) & (t->n_slots - 1);

    while (t->slots[i] && !kind->equal(t->slots[i], key))
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int grow(struct hash_table *t, const struct hash_table_kind *kind)
{
    struct hash_table more = {.n_slots = t->n_slots ? 2 * t->n_slots : FIRST_SLOTS, .n = t->n};

    more.slots = calloc(more.n_slots, sizeof(void *));
    if (!more.slots)
        return -ENOMEM;
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->slots[i])
            more.slots[slot_of(&more, kind, t->slots[i])] = t->slots[i];
    free(t->slots);
    *t = more;
    return 0;
}

void *hash_table_find(const struct hash_table *t, const struct hash_table_kind *kind,
                      const void *key)
{
    return t->n > 0 ? t->slots[slot_of(t, kind, key)] : NULL;
}

int hash_table_add(struct hash_table *t, const struct hash_table_kind *kind, void *entry)
{
    if (t->n + 1 > t->n_slots / 4 * 3 && grow(t, kind) < 0)
        return -ENOMEM;
    t->slots[slot_of(t, kind, entry)] = entry;
    t->n++;
    return 0;
}

/* Fills the free slot: no entry may be behind a free slot that is behind its own. */
static void close_gap(struct hash_table *t, const struct hash_table_kind *kind, size_t gap)
{
    size_t mask = t->n_slots - 1;

    for (size_t i = (gap + 1) & mask; t->slots[i]; i = (i + 1) & mask) {
        size_t own = (size_t)kind->hash(t->slots[i]) & mask;

        if (((i - own) & mask) < ((i - gap) & mask))
            continue;
        t->slots[gap] = t->slots[i];
        t->slots[i] = NULL;
        gap = i;
    }
}

void *hash_table_remove(struct hash_table *t, const struct hash_table_kind *kind,
                        const void *key)
{
    size_t i = t->n > 0 ? slot_of(t, kind, key) : 0;
    void *entry = t->n > 0 ? t->slots[i] : NULL;

    if (!entry)
        return NULL;
    t->slots[i] = NULL;
    t->n--;
    close_gap(t, kind, i);
    return entry;
}

void *hash_table_next(const struct hash_table *t, size_t *at)
{
    while (*at < t->n_slots)
        if (t->slots[(*at)++])
            return t->slots[*at - 1];
    return NULL;
}

void hash_table_free(struct hash_table *t)
{
    for (size_t i = 0; i < t->n_slots; i++)
        free(t->slots[i]);
    free(t->slots);
    *t = (struct hash_table){0};
}
