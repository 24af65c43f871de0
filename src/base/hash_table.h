/* hash_table: a hash table of pointers to entries. The entries belong to the caller, and each
 * holds its own key. A struct hash_table_kind defines what the key is; the caller passes the
 * same one to every call. The table grows with its entries and never shrinks. */
#ifndef UCOPY_BASE_HASH_TABLE_H
#define UCOPY_BASE_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct hash_table {
    void **slots;   /* NULL: free */
    size_t n_slots; /* a power of two, or 0 */
    size_t n;       /* entries */
};

struct hash_table_kind {
    uint64_t (*hash)(const void *entry);         /* of the key, with well mixed low bits */
    bool (*equal)(const void *a, const void *b); /* the keys of two entries are the same */
};

/* Returns the entry with the same key as `key`, an entry of which only the key is read. NULL:
 * there is none. */
void *hash_table_find(const struct hash_table *t, const struct hash_table_kind *kind,
                      const void *key);

/* Adds an entry; the table must have none with the same key. Returns 0, or -ENOMEM, and then
 * nothing has changed. */
int hash_table_add(struct hash_table *t, const struct hash_table_kind *kind, void *entry);

/* Takes the entry with that key out of the table and returns it. NULL: there is none. */
void *hash_table_remove(struct hash_table *t, const struct hash_table_kind *kind,
                        const void *key);

/* Returns the entries one after the other, in no order, and NULL at the end. *at is 0 at first.
 * The table must not change meanwhile. */
void *hash_table_next(const struct hash_table *t, size_t *at);

/* Frees the table, and with free() its entries. */
void hash_table_free(struct hash_table *t);

#endif
