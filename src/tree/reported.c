#include "reported_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* The entries are struct hash: of a failure as a whole. */
static uint64_t hash_entry(const void *entry)
{
    return ((const struct hash *)entry)->low;
}

static bool entries_equal(const void *a, const void *b)
{
    return hash_equal(*(const struct hash *)a, *(const struct hash *)b);
}

static const struct hash_table_kind kind = {.hash = hash_entry, .equal = entries_equal};

static struct hash hash_text(const char *text)
{
    return text ? hash_of(text, strlen(text)) : (struct hash){.low = 0};
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

bool reported_before(struct reported *t, unsigned who, const char *path,
                     const struct failure *f)
{
    struct hash key = key_of(who, path, f), *entry;

    if (hash_table_find(&t->table, &kind, &key))
        return true;
    entry = malloc(sizeof(*entry));
    if (!entry)
        return false;
    *entry = key;
    if (hash_table_add(&t->table, &kind, entry) < 0)
        free(entry);
    return false;
}

void reported_free(struct reported *t)
{
    hash_table_free(&t->table);
}
