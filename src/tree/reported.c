#include "reported_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hash none;

static struct hash hash_text(const char *text)
{
    return text ? hash_of(text, strlen(text)) : none;
}

static struct hash key_of(unsigned who, const char *path, const struct failure *f)
{
    const struct hash parts[] = {
        hash_text(path),
        hash_text(f->op),
        hash_text(f->message),
        {.low = who, .high = (uint64_t)f->err},
    };

    return hash_of(parts, sizeof(parts));
}

/* The slot of the key, or where it belongs. There is a free one. */
static struct hash *find(struct hash *slots, size_t n_slots, struct hash key)
{
    size_t i = (size_t)key.low & (n_slots - 1);

    while (!hash_equal(slots[i], key) && !hash_equal(slots[i], none))
        i = (i + 1) & (n_slots - 1);
    return &slots[i];
}

static int grow(struct reported *t)
{
    size_t n_slots = t->n_slots ? 2 * t->n_slots : 64;
    struct hash *slots = calloc(n_slots, sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < t->n_slots; i++)
        if (!hash_equal(t->slots[i], none))
            *find(slots, n_slots, t->slots[i]) = t->slots[i];
    free(t->slots);
    t->slots = slots;
    t->n_slots = n_slots;
    return 0;
}

bool reported_before(struct reported *t, unsigned who, const char *path,
                     const struct failure *f)
{
    struct hash key = key_of(who, path, f), *slot;

    if (2 * (t->n + 1) > t->n_slots && grow(t) < 0)
        return false;
    slot = find(t->slots, t->n_slots, key);
    if (hash_equal(*slot, key))
        return true;
    *slot = key;
    t->n++;
    return false;
}

void reported_free(struct reported *t)
{
    free(t->slots);
    *t = (struct reported){0};
}
