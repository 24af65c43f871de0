#include "block_hashes.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "temporary.h"

#define PAGE_HASHES (TEMPORARY_PIECE / sizeof(struct hash))

/* So many hashes are in memory: 4 MiB, for 256 GiB with blocks of 1 MiB. */
#define IN_MEMORY (256u << 10)

struct block_hashes {
    uint32_t block;
    pthread_mutex_t lock;
    struct hash *first; /* of blocks 0 to room - 1; zeros: not known */
    uint64_t room;
    struct temporary file; /* the others; zeros and holes where a hash is not known */
    char *bytes;           /* a page of it, in memory: */
    uint64_t page;         /* its number */
    bool changed;          /* it is not in the file as it is in memory */
    bool broken;           /* nothing more can be stored */
};

uint32_t block_hashes_block(uint64_t piece)
{
    uint32_t block = BLOCK_HASHES_UNIT;

    while (block > 1 && piece % block != 0)
        block /= 2;
    return block;
}

int block_hashes_create(uint32_t block, struct block_hashes **ret_hashes)
{
    struct block_hashes *h = calloc(1, sizeof(*h));

    if (!h)
        return -ENOMEM;
    h->block = block;
    pthread_mutex_init(&h->lock, NULL);
    *ret_hashes = h;
    return 0;
}

void block_hashes_reset(struct block_hashes *h)
{
    if (h->room > 0)
        memset(h->first, 0, h->room * sizeof(*h->first));
    temporary_free(&h->file);
    h->changed = h->broken = false;
}

uint32_t block_hashes_size(const struct block_hashes *h)
{
    return h->block;
}

static bool make_room(struct block_hashes *h, uint64_t i)
{
    uint64_t room = h->room ? h->room : 64;
    struct hash *all;

    while (room <= i)
        room *= 2;
    if (room == h->room)
        return true;
    all = reallocarray(h->first, room, sizeof(*all));
    if (!all)
        return false;
    memset(all + h->room, 0, (room - h->room) * sizeof(*all));
    h->first = all;
    h->room = room;
    return true;
}

/* The hash of block i in its page of the file, which comes into memory; NULL: it cannot, and nothing more
 * is stored. */
static struct hash *find(struct block_hashes *h, uint64_t i)
{
    uint64_t page = i / PAGE_HASHES;
    int r = 0;

    if (h->changed && h->page != page) {
        r = temporary_store(&h->file, h->page * TEMPORARY_PIECE, h->bytes, TEMPORARY_PIECE);
        h->changed = false;
    }
    if (r == 0)
        r = temporary_load(&h->file, page * TEMPORARY_PIECE, TEMPORARY_PIECE, TEMPORARY_PIECE,
                           &h->bytes);
    h->page = page;
    h->broken |= r < 0;
    return r < 0 ? NULL : (struct hash *)(void *)h->bytes + i % PAGE_HASHES;
}

static struct hash load(struct block_hashes *h, uint64_t i)
{
    const struct hash *found;

    if (i < h->room)
        return h->first[i];
    if (i < IN_MEMORY || !h->file.file)
        return (struct hash){0};
    found = find(h, i);
    return found ? *found : (struct hash){0};
}

static void store(struct block_hashes *h, uint64_t i, struct hash value)
{
    struct hash *found;

    if (i < IN_MEMORY) {
        h->broken |= !make_room(h, i);
        if (!h->broken)
            h->first[i] = value;
        return;
    }
    found = find(h, i);
    if (!found)
        return;
    *found = value;
    h->changed = true;
}

static void note_block(struct block_hashes *h, uint64_t i, const void *bytes, size_t n)
{
    struct hash value = hash_of(bytes, n), before;

    pthread_mutex_lock(&h->lock);
    before = load(h, i);
    if (block_hash_known(before) && !hash_equal(before, value))
        value = BLOCK_HASH_CONTRADICTED;
    if (!h->broken)
        store(h, i, value);
    pthread_mutex_unlock(&h->lock);
}

void block_hashes_note(struct block_hashes *h, uint64_t at, const void *bytes, size_t n,
                       bool end)
{
    uint64_t block = h->block, i = (at + block - 1) / block, from = i * block;
    const char *b = bytes;

    for (; from < at + n; i++, from += block) {
        uint64_t rest = at + n - from;

        if (rest >= block)
            note_block(h, i, b + (from - at), block);
        else if (end)
            note_block(h, i, b + (from - at), rest);
    }
}

void block_hashes_get(struct block_hashes *h, uint64_t first, struct hash *ret, size_t n)
{
    pthread_mutex_lock(&h->lock);
    for (size_t k = 0; k < n; k++)
        ret[k] = load(h, first + k);
    pthread_mutex_unlock(&h->lock);
}

void block_hashes_free(struct block_hashes *h)
{
    if (!h)
        return;
    pthread_mutex_destroy(&h->lock);
    free(h->first);
    temporary_free(&h->file);
    free(h);
}
