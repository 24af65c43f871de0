/* bad_reads: what of the source could not be read, as sets of positions of the ledger.
 *
 * A range in which a read has failed is doubtful: it is left for later, when all else has been
 * copied, and is then read in small pieces, from which the bad sectors become known. Pieces that
 * cannot be read are bad, and count as zeros. With retries, bad ranges are doubtful again in the
 * passes that follow.
 *
 * Two destinations may read the same range apart, and a sector may fail only now and then. So a
 * range is bad as long as a destination has its zeros and will not read it again: then it is named,
 * whatever another one has read there.
 *
 * It does no locking: its owner (job.c) does. */
#ifndef UCOPY_COPY_BAD_READS_H
#define UCOPY_COPY_BAD_READS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ranges.h"
#include "source/bad_sector.h"

/* How a position is to be read. */
enum bad_reads_how {
    READ_AS_USUAL,
    READ_CAREFULLY, /* in small pieces */
    READ_ZEROS,     /* not at all: it is bad, and was tried in this pass */
};

struct bad_reads {
    /* fixed at start */
    bool zero;        /* bad sectors become zeros; otherwise the first one ends the copy */
    bool defers;      /* doubtful ranges are left for later; otherwise they are gone through at
                         once, as somebody needs all bytes in order */
    unsigned retries; /* how often bad ranges are read again, at the end */

    unsigned pass; /* 0: all, 1: what was doubtful, from 2 on: what is bad */
    struct ranges doubtful;
    struct ranges bad[BAD_SECTOR_ERRORS]; /* by what the read has said; they do not overlap */
    unsigned n_dests;
    struct ranges *zeros; /* by destination: where it has, or gets, the zeros of what is bad */
};

/* All else of *b is zero. 0 or -ENOMEM. */
int bad_reads_init(struct bad_reads *b, unsigned n_dests);

void bad_reads_free(struct bad_reads *b);

/* How the bytes at pos are to be read; *until, which is behind pos, becomes less if that changes
 * before. */
enum bad_reads_how bad_reads_at(const struct bad_reads *b, uint64_t pos, uint64_t *until);

/* [start, end) is doubtful. 0 or -ENOMEM. */
int bad_reads_doubt(struct bad_reads *b, uint64_t start, uint64_t end);

/* [start, end) was read for the destinations d with takes[d]. 0 or -ENOMEM. */
int bad_reads_good(struct bad_reads *b, uint64_t start, uint64_t end, const bool *takes);

/* [start, end) could not be read for these; err as in source/bad_sector.h. 0 or -ENOMEM. */
int bad_reads_bad(struct bad_reads *b, uint64_t start, uint64_t end, int err,
                  const bool *takes);

/* These get the zeros of what is bad, which was not read for them. 0 or -ENOMEM. */
int bad_reads_zeros(struct bad_reads *b, uint64_t start, uint64_t end, const bool *takes);

/* Destination d will get [start, end) anew, or does not count any more. 0 or -ENOMEM. */
int bad_reads_again(struct bad_reads *b, unsigned d, uint64_t start, uint64_t end);

/* Whether bad ranges will be read again in a later pass. */
bool bad_reads_go_on(const struct bad_reads *b);

/* The next pass begins. 0 or -ENOMEM. */
int bad_reads_next_pass(struct bad_reads *b);

/* Finds the first bad range that has a byte at or after `from`, as ranges_first(). *ret_err
 * becomes its error. */
bool bad_reads_first(const struct bad_reads *b, uint64_t from, struct range *ret, int *ret_err);

#endif
