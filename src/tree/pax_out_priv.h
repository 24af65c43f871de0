/* pax_out_priv: the bytes of a pax archive on their way to a descriptor. What is short is gathered,
 * so that many small files cost few calls; long data go from where they are. */
#ifndef UCOPY_TREE_PAX_OUT_PRIV_H
#define UCOPY_TREE_PAX_OUT_PRIV_H

#include <stddef.h>
#include <stdint.h>

#define PAX_OUT_ROOM (64u << 10)

struct pax_out {
    int fd;                    /* not owned */
    size_t max_write;          /* bytes of one call, at most; not 0 */
    _Atomic uint64_t *written; /* counts bytes; not owned */
    size_t used;
    char bytes[PAX_OUT_ROOM]; /* gathered, not written yet */
};

/* Writes the bytes, or gathers them. arg is a struct pax_out. 0 or a negative errno; then nothing
 * more can be written. */
int pax_out_put(void *arg, const void *bytes, size_t n);

/* Writes what was gathered. As pax_out_put(). */
int pax_out_flush(struct pax_out *o);

#endif
