/* partial: temporary files that stay when a copy is interrupted, for a later run to resume.
 *
 * The partial file stands in the directory of the final name as ".ucopy-<16 hexadecimal digits
 * of a hash of that name>.part", and its journal (journal.h) beside it, with the same digits
 * and ".map". Both have these names from the start of the copy, so they survive a kill -9.
 *
 * A run holds a lock (flock(2)) on the partial file while it writes it. The lock covers the
 * journal, too: a run that does not get it touches neither file. */
#ifndef UCOPY_TARGET_PARTIAL_PRIV_H
#define UCOPY_TARGET_PARTIAL_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ranges.h"
#include "journal.h"
#include "temp.h"

struct target_watch;

/* The journal of a partial file that is open; the caller has the file itself. */
struct partial {
    int journal_fd; /* -1: nothing is kept */
    char journal_name[TEMP_NAME_SIZE];
    struct journal_cursor cursor;
    uint64_t length;            /* of the copied range, bytes */
    atomic_uint_fast64_t *kept; /* as in partial_request */
    const char *no_resume; /* static string: why an earlier partial file is not used, or NULL */
};

struct partial_request {
    const char *name; /* the final name, in the directory */
    const struct origin *origin;
    bool resume; /* use the partial file that is there, if it has this origin */
    uid_t owner; /* of the file that will be replaced, or (uid_t)-1 */

    /* The caller's: bytes that are there, as the journal says. All functions below keep it up
     * to date; any thread may read it. */
    atomic_uint_fast64_t *kept;
};

/* Opens the partial file of the name, or creates it with mode 0600. A partial file that is not
 * used is removed first. Returns a descriptor for reading and writing (the caller's; the lock
 * lives as long as it and its duplicates) and puts the file's name into `part`; *p has the
 * journal. Or a negative errno, with `part` "" and nothing open: -EAGAIN if another run holds
 * the file, -EEXIST if what stands under its name does not belong to this user. */
int partial_open(struct partial *p, int dir_fd, const struct partial_request *request,
                 char part[TEMP_NAME_SIZE]);

/* Reads back through fd, a descriptor of the partial file, all ranges in the journal, and adds
 * those that have the right hash to *ret_held. fresh: drop the file from the page cache first,
 * because the cache may have data that the device has lost. A range that cannot be read counts
 * as missing. 0, -ENOMEM, or -EINTR because of watch->stop. */
int partial_check(struct partial *p, int fd, bool fresh, struct target_watch *watch,
                  struct ranges *ret_held);

/* Adds n ranges to the journal. After an error these ranges are not known to a later run. One
 * thread at a time. */
void partial_note(struct partial *p, const struct journal_record *v, unsigned n);

/* Removes the names of the journal and of the partial file `part`, which fd is open on, if they
 * still stand for these files; `part` becomes "". */
void partial_remove(struct partial *p, int dir_fd, char part[TEMP_NAME_SIZE], int fd);

/* The partial file has its final name: removes the journal. */
void partial_finish(struct partial *p, int dir_fd);

/* Closes the journal. */
void partial_close(struct partial *p);

/* The file with the final name is complete: removes what earlier runs have kept for that name,
 * unless another run may be using it. */
void partial_sweep(int dir_fd, const char *name);

/* Bytes that the partial file for the final name has allocated on its file system. */
uint64_t partial_allocated(int dir_fd, const char *name);

#endif
