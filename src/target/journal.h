/* journal: the file beside an incomplete one that says which of its ranges are known to be
 * there.
 *
 * A header tells of which source they are, and which part of it; then come records, each of a
 * range and the hash of the source's bytes in it, in the order in which the ranges were
 * written. Records are only ever added. Header and records have a check of their own, so
 * that what a torn write or a stray bit has left of one is no record. What a record says is
 * still only said: who goes on from it reads the range back first.
 *
 * Ranges are of any length, not cells of a grid, so that a run with chunks of another size can
 * go on. Positions are in bytes from the start of the copied range. Numbers are in the
 * machine's byte order: a map of another kind of machine is a map of another version. */
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

/* Where somebody stands in a map: begin with all zero. */
struct journal_cursor {
    uint64_t seed; /* of this map's checks */
    uint64_t end;  /* bytes into the file, behind the last record read or added */
};

/* Writes the header into an empty file, and *c to add records behind it. 0 or a negative
 * errno. */
int journal_begin(int fd, const struct origin *origin, struct journal_cursor *c);

/* Reads the header, and *c to read records behind it. 0; -EBADMSG: no map, or of another
 * version; -ESTALE: of another origin; or another negative errno. */
int journal_open(int fd, const struct origin *origin, struct journal_cursor *c);

/* Reads up to n records into v, those whose check is right and that lie within `length` bytes.
 * Returns how many, 0 at the end, or a negative errno. At the end what is added goes behind
 * the last whole record. */
int journal_read(int fd, struct journal_cursor *c, uint64_t length, struct journal_record *v,
                 unsigned n);

/* Adds n records behind *c. 0, or a negative errno: what has been added of them is behind *c
 * then, and will be written over. */
int journal_add(int fd, struct journal_cursor *c, const struct journal_record *v, unsigned n);

#endif
