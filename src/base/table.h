/* table: a hash table of pointers to entries. The entries belong to the caller, and each holds
 * its own key. A struct table_kind defines what the key is; the caller passes the same one to
 * every call. The table grows with its entries and never shrinks. */
#ifndef UCOPY_BASE_TABLE_H
#define UCOPY_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct table {
    void **slots;   /* NULL: free */
    size_t n_slots; /* a power of two, or 0 */
    size_t n;       /* entries */
};

struct table_kind {
    uint64_t (*hash)(const void *entry);         /* of the key, with well mixed low bits */
    bool (*equal)(const void *a, const void *b); /* the keys of two entries are the same */
};

/* Returns the entry with the same key as `key`, an entry of which only the key is read. NULL:
 * there is none. */
void *table_find(const struct table *t, const struct table_kind *kind, const void *key);

/* Adds an entry; the table must have none with the same key. Returns 0, or -ENOMEM, and then
 * nothing has changed. */
int table_add(struct table *t, const struct table_kind *kind, void *entry);

/* Takes the entry with that key out of the table and returns it. NULL: there is none. */
void *table_remove(struct table *t, const struct table_kind *kind, const void *key);

/* Returns the entries one after the other, in no order, and NULL at the end. *at is 0 at first.
 * The table must not change meanwhile. */
void *table_next(const struct table *t, size_t *at);

/* Frees the table, and with free() its entries. */
void table_free(struct table *t);

#endif
