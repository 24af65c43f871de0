/* spool: bytes that are added at the end and read at any place. Few bytes stay in memory; what is
 * more goes to a temporary file (temporary.h). One thread at a time; what is complete may be read by several
 * with spool_read(). */
#ifndef UCOPY_BASE_SPOOL_H
#define UCOPY_BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "temporary.h"

struct spool {
    struct temporary file;
    char *tail;    /* the last bytes, which are not in the file */
    size_t n_tail; /* how many */
    uint64_t size; /* bytes in all */
};

/* Makes an empty spool. 0 or -ENOMEM. */
int spool_init(struct spool *s);

/* Frees it. All zeros is fine. */
void spool_free(struct spool *s);

/* Adds n bytes. 0, or a negative errno: then the spool is of no use any more. -ETIMEDOUT: the file gives
 * no answer. */
int spool_add(struct spool *s, const void *bytes, size_t n);

/* Reads n bytes from `at` on, which must be there. 0 or a negative errno, as spool_add(). May hang:
 * for threads that can be left behind. */
int spool_read(const struct spool *s, uint64_t at, void *bytes, size_t n);

/* The same in time, for the main thread. */
int spool_read_in_time(struct spool *s, uint64_t at, void *bytes, size_t n);

#endif
