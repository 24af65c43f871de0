/* partial: files that are kept when a copy is interrupted. Such a file stands in the
 * directory of the final name as ".ucopy-<16 hexadecimal digits of a hash of that name>.part",
 * and its map (journal.h) beside it as ".ucopy-<the same>.map", both from the start of the
 * copy, so that they outlive a kill -9.
 *
 * The part is held with flock(2) for as long as a run writes it, and the map is its holder's.
 * Who cannot have the lock leaves both alone. */
#ifndef UCOPY_TARGET_PARTIAL_H
#define UCOPY_TARGET_PARTIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ranges.h"
#include "journal.h"
#include "temp.h"

struct partial {
    int journal_fd; /* -1: nothing is kept */
    char map[TEMP_NAME_SIZE];
    struct journal_cursor end;
    uint64_t length;           /* of the copied range, bytes */
    atomic_uint_fast64_t kept; /* bytes that the map says are there */
    const char *note;          /* why an earlier part was not gone on with, or NULL */
};

/* What is asked of partial_open(). */
struct partial_request {
    const char *name; /* the final one, in the directory */
    const struct origin *origin;
    bool resume; /* go on with the part that is there, if it is of this origin */
    uid_t owner; /* of the file that will be replaced, or (uid_t)-1 */
};

/* How far partial_check() is, and whether it should go on; looked at while it runs. */
struct partial_watch {
    atomic_bool stop;
    atomic_uint_fast64_t read; /* bytes, by all who share this */
};

/* Puts the name of the part into `part`, and returns a descriptor for reading and writing it
 * (the caller's; the lock lives as long as it and its duplicates); *p has the map. A part that
 * is not gone on with is removed and a new one made, of mode 0600. A negative errno: -EAGAIN
 * when another run has the part, -EEXIST when what stands under the name is not ours; *p and
 * `part` are then as if nothing had been asked for. */
int partial_open(struct partial *p, int dir_fd, const struct partial_request *request,
                 char part[TEMP_NAME_SIZE]);

/* Reads back all that the map says is there, through fd, and adds to *ret_held what is. Only
 * memory, and the wish to stop (-EINTR), are reasons to fail: a range that cannot be read is
 * not there. fresh: what the page cache has is not to vouch for what the device has. */
int partial_check(struct partial *p, int fd, bool fresh, struct partial_watch *watch,
                  struct ranges *ret_held);

/* Notes that these ranges are there. An error means that they will not be known, no more. One
 * thread at a time. */
void partial_note(struct partial *p, const struct journal_record *v, unsigned n);

/* Removes the names of map and part, unless they have been taken away; fd is the part's. */
void partial_remove(struct partial *p, int dir_fd, char part[TEMP_NAME_SIZE], int fd);

/* The part has got its final name: removes that of the map. */
void partial_finish(struct partial *p, int dir_fd);

/* Closes the map. */
void partial_close(struct partial *p);

/* Removes what earlier runs have kept for the final name, now that it is complete, if it is
 * certain that nobody uses it. */
void partial_sweep(int dir_fd, const char *name);

/* Bytes that the part for the final name takes on its file system. */
uint64_t partial_allocated(int dir_fd, const char *name);

#endif
