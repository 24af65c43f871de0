#include "inode_set.h"

#include <errno.h>
#include <stdlib.h>

#include "hash.h"

#define NUMBERS   64u /* in a slot */
#define MIN_SLOTS 64u

/* A slot keeps its key when all its files have been taken out, so that a search does not end
 * there. */
static bool is_free(const struct inode_set_slot *slot)
{
    return slot->dev == 0 && slot->block == 0 && slot->bits == 0;
}

/* The slot of that block, or the free one where it belongs. The set must have a free slot. */
static struct inode_set_slot *slot_of(const struct inode_set *s, dev_t dev, uint64_t block)
{
    const uint64_t key[] = {dev, block};
    size_t at = hash_short(key, sizeof(key), 0) & (s->n_slots - 1);

    while (!is_free(&s->slots[at]) && (s->slots[at].dev != dev || s->slots[at].block != block))
        at = (at + 1) & (s->n_slots - 1);
    return &s->slots[at];
}

/* Makes room for one more slot: at most three of four are used. 0 or -ENOMEM. */
static int grow(struct inode_set *s)
{
    struct inode_set to = {.n_slots = s->n_slots ? 2 * s->n_slots : MIN_SLOTS};

    if (4 * (s->n_used + 1) <= 3 * s->n_slots)
        return 0;
    to.slots = calloc(to.n_slots, sizeof(*to.slots));
    if (!to.slots)
        return -ENOMEM;
    for (size_t i = 0; i < s->n_slots; i++) {
        const struct inode_set_slot *slot = &s->slots[i];

        if (slot->bits == 0)
            continue;
        *slot_of(&to, slot->dev, slot->block) = *slot;
        to.n_used++;
    }
    free(s->slots);
    *s = to;
    return 0;
}

static uint64_t bit_of(ino_t ino)
{
    return UINT64_C(1) << (ino % NUMBERS);
}

int inode_set_add(struct inode_set *s, dev_t dev, ino_t ino)
{
    struct inode_set_slot *slot;

    if (inode_set_has(s, dev, ino))
        return 0;
    if (grow(s) < 0)
        return -ENOMEM;
    slot = slot_of(s, dev, ino / NUMBERS);
    s->n_used += is_free(slot);
    slot->dev = dev;
    slot->block = ino / NUMBERS;
    slot->bits |= bit_of(ino);
    return 1;
}

void inode_set_remove(struct inode_set *s, dev_t dev, ino_t ino)
{
    if (s->n_slots > 0)
        slot_of(s, dev, ino / NUMBERS)->bits &= ~bit_of(ino);
}

bool inode_set_has(const struct inode_set *s, dev_t dev, ino_t ino)
{
    return s->n_slots > 0 && (slot_of(s, dev, ino / NUMBERS)->bits & bit_of(ino));
}

void inode_set_free(struct inode_set *s)
{
    free(s->slots);
    *s = (struct inode_set){.n_slots = 0};
}
