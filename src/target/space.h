/* space: whether there is room for what is to be written, found out before anything is. Works
 * on numbers only: who asks has looked at the file systems. */
#ifndef UCOPY_TARGET_SPACE_H
#define UCOPY_TARGET_SPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#define SPACE_UNKNOWN UINT64_MAX

/* What one destination asks of its file system. All zero: nothing. */
struct space_demand {
    uint64_t device;    /* the file system, st_dev */
    uint64_t need;      /* bytes, in whole blocks */
    uint64_t available; /* bytes that this user may write there, or SPACE_UNKNOWN */
};

/* The bytes that fs has for a user with or without privileges, or SPACE_UNKNOWN where it does
 * not tell: some file systems answer 0 to everything. */
uint64_t space_available(const struct statvfs *fs, bool privileged);

/* What writing so many bytes takes, in whole blocks of `block` bytes, when a file has
 * `allocated` bytes already that are written over. */
uint64_t space_need(uint64_t bytes, uint64_t block, uint64_t allocated);

/* How many bytes are too few for demand d and all others on its file system together; 0 if
 * there is room or it is not known. */
uint64_t space_missing(const struct space_demand *demands, unsigned n, unsigned d);

#endif
