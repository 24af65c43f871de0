/* journal: a file beside a partial file (partial_priv.h); it lists the ranges of that file
 * which have been written.
 *
 * A header names the source and the copied range. Records follow, each with a range and the
 * hash of the source's bytes in it, in the order in which the ranges were written. Records are
 * only ever added. The header and each record have a checksum, so that a torn write or a
 * flipped bit leaves no valid record. A record is only a claim: a run that resumes reads the
 * range back first.
 *
 * Ranges have any length and belong to no grid: a run with another chunk size can resume.
 * Positions are in bytes from the start of the copied range. Numbers are in the machine's byte
 * order: a journal of a machine with another byte order counts as one of another version. */
#ifndef UCOPY_TARGET_JOURNAL_H
#define UCOPY_TARGET_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/origin.h"

struct journal_record {
    uint64_t start;
    uint32_t len;
    struct hash hash;
};

/* A position in a journal; all zero at first. */
struct journal_cursor {
    uint64_t seed; /* of the checksums in this journal */
    uint64_t end;  /* bytes from the start of the file, behind the last record read or added */
};

/* Writes the header into an empty file. *c becomes the position behind it. 0 or a negative
 * errno. */
int journal_begin(int fd, const struct origin *origin, struct journal_cursor *c);

/* Reads the header. *c becomes the position behind it. 0 or a negative errno; -EBADMSG: this is
 * no journal, or one of another version; -ESTALE: it has another origin. */
int journal_open(int fd, const struct origin *origin, struct journal_cursor *c);

/* Reads up to n records into v. Skips those with a wrong checksum and those that do not lie
 * within `length` bytes. Returns their number, 0 at the end of the journal, or a negative
 * errno. At the end *c is behind the last whole record; journal_add() continues there. */
int journal_read(int fd, struct journal_cursor *c, uint64_t length, struct journal_record *v,
                 unsigned n);

/* Adds n records at *c. 0, or a negative errno: *c is behind the last record that was added
 * completely then, and the next call overwrites the rest. */
int journal_add(int fd, struct journal_cursor *c, const struct journal_record *v, unsigned n);

#endif
