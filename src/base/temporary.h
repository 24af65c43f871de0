/* temporary: a file without a name, for what does not fit into memory. It is in $TMPDIR, /var/tmp or /tmp, and
 * a piece of it is in memory. One thread at a time.
 *
 * Its file system may hang. So threads that can be left behind make the calls on it, and a place that gives no
 * answer in time counts as one that has no space, for all files that are made later. */
#ifndef UCOPY_BASE_TEMPORARY_H
#define UCOPY_BASE_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEMPORARY_PIECE (64u << 10) /* bytes that are in memory, at most */

struct temporary_file;

/* All zero: there is no file yet. */
struct temporary {
    struct temporary_file *file;
    bool lost; /* the file gives no answer */
};

/* Sets how long a call on such a file may take, in ms; 0 means any time, as without this. Before other threads
 * use any. */
void temporary_begin(unsigned timeout_ms);

/* Whether threads may still hang in such a call. The process cannot terminate then; see
 * supervisor_leave(). They use nothing that others have. */
bool temporary_left(void);

/* Writes n bytes, at most TEMPORARY_PIECE, to the file, which is made if there is none. They are in memory
 * afterwards; `bytes` may be what temporary_load() has given. 0, or a negative errno; -ETIMEDOUT: no answer has
 * come, now or before. */
int temporary_store(struct temporary *t, uint64_t at, const void *bytes, size_t n);

/* Brings n bytes of the file into memory, unless they are, and up to `most`, at most TEMPORARY_PIECE, of what is
 * behind them. *ret is where they are until the next call; the caller may change them there. What is behind the
 * end of the file is zeros. As temporary_store(). */
int temporary_load(struct temporary *t, uint64_t at, size_t n, size_t most, char **ret);

/* Reads n bytes of the file, which must be there, in this thread, whatever time that takes. What nobody
 * writes to may be read by several threads. 0 or a negative errno. */
int temporary_read(const struct temporary *t, uint64_t at, void *bytes, size_t n);

/* Removes the file. All zeros are fine, and remain. */
void temporary_free(struct temporary *t);

#endif
