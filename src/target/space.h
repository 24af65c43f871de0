/* space: whether the file systems have room for the data, before anything is written. Works on
 * numbers only: the caller has asked the file systems. */
#ifndef UCOPY_TARGET_SPACE_H
#define UCOPY_TARGET_SPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#define SPACE_UNKNOWN UINT64_MAX

/* The space that one destination needs on its file system. All zero: none. */
struct space_demand {
    uint64_t device;    /* the file system, st_dev */
    uint64_t need;      /* bytes, in whole blocks */
    uint64_t available; /* bytes that this user may write there, or SPACE_UNKNOWN */
};

/* Available bytes for a user with or without privileges, or SPACE_UNKNOWN: some file systems
 * report 0 for everything. */
uint64_t space_available(const struct statvfs *fs, bool privileged);

/* Bytes, in whole blocks of `block` bytes, that a file of this size needs if `allocated` bytes
 * of it are allocated already. */
uint64_t space_need(uint64_t bytes, uint64_t block, uint64_t allocated);

/* Bytes that are missing for demand d and all others on its file system together; 0 if there is
 * room, or if that is not known. */
uint64_t space_missing(const struct space_demand *demands, unsigned n, unsigned d);

#endif
