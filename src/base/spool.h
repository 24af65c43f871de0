/* spool: bytes that are added at the end and read at any place. Few bytes stay in memory; what is
 * more goes to a temporary file without a name, in $TMPDIR, /var/tmp or /tmp. One thread at a
 * time. */
#ifndef UCOPY_BASE_SPOOL_H
#define UCOPY_BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

struct spool {
    int fd;        /* of the temporary file; -1: there is none yet */
    char *tail;    /* the last bytes, which are not in the file */
    size_t n_tail; /* how many */
    uint64_t size; /* bytes in all */
};

/* Makes an empty spool. 0 or -ENOMEM. */
int spool_init(struct spool *s);

/* Frees it. All zeros, but for fd -1, is fine. */
void spool_free(struct spool *s);

/* Adds n bytes. 0, or a negative errno: then the spool is of no use any more. */
int spool_add(struct spool *s, const void *bytes, size_t n);

/* Reads n bytes from `at` on, which must be there. 0 or a negative errno. */
int spool_read(const struct spool *s, uint64_t at, void *bytes, size_t n);

/* Makes a temporary file without a name. Returns its descriptor, for reading and writing, which is
 * the caller's, or a negative errno. */
int spool_temporary_file(void);

#endif
