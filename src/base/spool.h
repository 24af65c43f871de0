/* spool: bytes that are added at the end and read at any place. Few bytes stay in memory; what is
 * more goes to a temporary file without a name, in $TMPDIR, /var/tmp or /tmp. One thread at a
 * time; what is complete may be read by several with spool_read().
 *
 * The file system of the file may hang. So what is added goes there in threads that can be left
 * behind, and a place that gives no answer in time counts as one that has no space. */
#ifndef UCOPY_BASE_SPOOL_H
#define UCOPY_BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool_file;

struct spool {
    struct spool_file *file; /* NULL: there is none yet */
    char *tail;              /* the last bytes, which are not in the file */
    size_t n_tail;           /* how many */
    uint64_t size;           /* bytes in all */
    bool lost;               /* the file gives no answer */
};

/* Sets how long a call on a temporary file may take, in ms; 0 means any time, as without this. Before
 * other threads use spools. */
void spool_begin(unsigned timeout_ms);

/* Whether threads may still hang in such a call. The process cannot terminate then; see
 * supervisor_leave(). They use nothing that others have. */
bool spool_left(void);

/* Makes an empty spool. 0 or -ENOMEM. */
int spool_init(struct spool *s);

/* Frees it. All zeros is fine. */
void spool_free(struct spool *s);

/* Adds n bytes. 0, or a negative errno: then the spool is of no use any more. -ETIMEDOUT: its file
 * gives no answer. */
int spool_add(struct spool *s, const void *bytes, size_t n);

/* Reads n bytes from `at` on, which must be there. 0 or a negative errno, as spool_add(). May hang:
 * for threads that can be left behind. */
int spool_read(const struct spool *s, uint64_t at, void *bytes, size_t n);

/* The same in time, for the main thread. */
int spool_read_in_time(struct spool *s, uint64_t at, void *bytes, size_t n);

/* Makes a temporary file without a name. Returns its descriptor, for reading and writing, which is
 * the caller's, or a negative errno. Only that has a time limit. */
int spool_temporary_file(void);

#endif
