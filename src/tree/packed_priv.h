/* packed_priv: attributes that come in records of their own (RECORD_ATTRS), until the record that
 * they belong to has come. */
#ifndef UCOPY_TREE_PACKED_PRIV_H
#define UCOPY_TREE_PACKED_PRIV_H

#include "record_priv.h"
#include "target/attrs.h"

/* All zero: nothing has come. The caller frees `bytes`. */
struct packed {
    char *bytes;
    size_t len;
    size_t room;
    bool lost; /* there was no memory for all of them */
};

/* Keeps the attributes of a RECORD_ATTRS. */
void packed_keep(struct packed *p, const struct record *r);

/* Forgets them. */
void packed_forget(struct packed *p);

/* *attrs becomes the attributes of the record: those that were kept, or its own. 0 or -ENOMEM: not
 * all of them. */
int packed_take(const struct packed *p, const struct record *r, struct attrs *attrs);

#endif
