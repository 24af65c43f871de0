/* given: the hashes that the copy has made. See mhl.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/spool.h"
#include "formats_priv.h"

/* A slot of the table: 0, or bits of the hash of a path above the place of its record, plus 1. */
#define PLACE_BITS 40u
#define PLACE_MASK (((uint64_t)1 << PLACE_BITS) - 1)
#define MAX_SLOTS  ((size_t)1 << (64 - PLACE_BITS))

struct mhl_given {
    struct spool records;
    uint64_t *slots; /* eight bytes per file, and as many that are free */
    size_t n_slots, n;
    bool broken; /* the spool is of no use */
};

/* A file in the spool. The path follows with its zero, and then the texts of the set with theirs. */
struct record {
    uint64_t size;
    uint32_t set;
    uint32_t n_bytes; /* that follow */
};

struct mhl_given *mhl_given_new(void)
{
    struct mhl_given *g = calloc(1, sizeof(*g));

    if (g && spool_init(&g->records) < 0) {
        free(g);
        return NULL;
    }
    return g;
}

/* ---- the table ---- */

static uint64_t tag_of(const char *path)
{
    return hash_short(path, strlen(path), 0) >> PLACE_BITS;
}

static size_t next_slot(const struct mhl_given *g, size_t i)
{
    return (i + 1) & (g->n_slots - 1);
}

/* Makes room for one more. */
static int grow(struct mhl_given *g)
{
    size_t n = g->n_slots ? 2 * g->n_slots : 64, before = g->n_slots;
    uint64_t *old = g->slots, *slots;

    if (4 * (g->n + 1) <= 3 * g->n_slots)
        return 0;
    slots = n <= MAX_SLOTS ? calloc(n, sizeof(*slots)) : NULL;
    if (!slots)
        return -ENOMEM;
    g->slots = slots;
    g->n_slots = n;
    for (size_t k = 0; k < before; k++) {
        size_t i = (size_t)(old[k] >> PLACE_BITS) & (n - 1);

        if (!old[k])
            continue;
        while (slots[i])
            i = next_slot(g, i);
        slots[i] = old[k];
    }
    free(old);
    return 0;
}

/* Reads the record of a slot. *ret_bytes: what follows it, the caller's. 0 or a negative errno. */
static int read_record(const struct mhl_given *g, uint64_t slot, struct record *ret,
                       char **ret_bytes)
{
    uint64_t at = (slot & PLACE_MASK) - 1;
    int r = spool_read(&g->records, at, ret, sizeof(*ret));
    char *bytes = NULL;

    *ret_bytes = NULL;
    if (r < 0)
        return r;
    bytes = malloc(ret->n_bytes);
    if (!bytes)
        return -ENOMEM;
    r = spool_read(&g->records, at + sizeof(*ret), bytes, ret->n_bytes);
    if (r == 0)
        *ret_bytes = bytes;
    else
        free(bytes);
    return r;
}

/* The slot of the path, which has a record then, or the free one that it would get. NULL: it is not
 * known. */
static uint64_t *find(const struct mhl_given *g, const char *path, struct record *ret,
                      char **ret_bytes)
{
    uint64_t tag = tag_of(path);
    size_t i = (size_t)tag & (g->n_slots - 1);

    *ret_bytes = NULL;
    for (; g->slots[i]; i = next_slot(g, i)) {
        char *bytes;

        if (g->slots[i] >> PLACE_BITS != tag)
            continue;
        if (read_record(g, g->slots[i], ret, &bytes) != 0)
            return NULL;
        if (strcmp(bytes, path) == 0) {
            *ret_bytes = bytes;
            break;
        }
        free(bytes);
    }
    return &g->slots[i];
}

/* ---- records ---- */

static int add_record(struct mhl_given *g, const char *path, uint64_t size,
                      const char *const text[MHL_FORMATS])
{
    struct record record = {.size = size};
    size_t n = strlen(path) + 1;
    int r;

    for (unsigned f = 0; f < MHL_FORMATS; f++)
        if (text[f]) {
            record.set |= 1u << f;
            n += strlen(text[f]) + 1;
        }
    record.n_bytes = (uint32_t)n;
    r = spool_add(&g->records, &record, sizeof(record));
    if (r == 0)
        r = spool_add(&g->records, path, strlen(path) + 1);
    for (unsigned f = 0; f < MHL_FORMATS && r == 0; f++)
        if (text[f])
            r = spool_add(&g->records, text[f], strlen(text[f]) + 1);
    return r;
}

int mhl_given_add(struct mhl_given *g, const char *path, uint64_t size,
                  const char *const text[MHL_FORMATS])
{
    struct record record;
    uint64_t *slot, place = g->records.size + 1;
    char *bytes;
    int r = g->broken ? -EIO : place > PLACE_MASK ? -ENOMEM : grow(g);

    if (r < 0)
        return r;
    slot = find(g, path, &record, &bytes);
    free(bytes);
    r = slot ? add_record(g, path, size, text) : -EIO;
    if (r < 0) {
        g->broken = true;
        return r;
    }
    g->n += *slot == 0;
    *slot = tag_of(path) << PLACE_BITS | place;
    return 0;
}

bool mhl_given_find(const struct mhl_given *g, const char *path, uint64_t size,
                    struct mhl_hashes *ret, bool *ret_changed)
{
    struct record record;
    char *bytes = NULL, *at;
    int r = 0;

    *ret_changed = false;
    if (!g || g->broken || g->n == 0)
        return false;
    (void)find(g, path, &record, &bytes);
    if (!bytes)
        return false;
    *ret_changed = record.size != size;
    at = bytes + strlen(bytes) + 1;
    for (unsigned f = 0; f < MHL_FORMATS && r == 0; f++)
        if (record.set & 1u << f) {
            r = mhl_hashes_put(ret, f, at);
            at += strlen(at) + 1;
        }
    free(bytes);
    if (r < 0) /* then the file is read */
        mhl_hashes_free(ret);
    return r == 0;
}

void mhl_given_free(struct mhl_given *g)
{
    if (!g)
        return;
    spool_free(&g->records);
    free(g->slots);
    free(g);
}
