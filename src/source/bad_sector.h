/* bad_sector: which errors say that a medium cannot read its data, and reading around them. */
#ifndef UCOPY_SOURCE_BAD_SECTOR_H
#define UCOPY_SOURCE_BAD_SECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BAD_SECTOR_ERRORS 4u

/* What the kernel says of data that cannot be read: EIO, and with O_DIRECT what the driver knows
 * better (blk_errors[], block/blk-core.c, 6.18). Positive. */
extern const int bad_sector_errors[BAD_SECTOR_ERRORS];

/* The place of err in bad_sector_errors; BAD_SECTOR_ERRORS: it is no such error. */
unsigned bad_sector_number(int err);

/* Whether a read of fd that failed with err (positive) has met bad data: another read may
 * succeed. False if the device is gone. Does not wait for the device. */
bool bad_sector_is_met(int fd, int err);

/* Where a read fails is told this exactly through the page cache, in bytes. */
#define BAD_SECTOR_PAGE 4096u

/* A file that is read around its bad sectors. */
struct bad_sector_reading {
    int fd;
    unsigned retries; /* how often a bad sector is read again */
    void *arg;
    /* length bytes at that offset cannot be read; err as in bad_sector_errors. */
    void (*bad)(void *arg, uint64_t offset, uint64_t length, int err);
    void (*moved)(void *arg); /* a read has come back; or NULL */
};

/* Reads n bytes at the offset into `to`, in pieces down to a sector, past the page cache if that is
 * possible. Sectors that cannot be read become zeros there. Returns how many bytes there are, which
 * is less than n at the end of the file; or a negative errno. */
int64_t bad_sector_read_around(const struct bad_sector_reading *r, char *to, size_t n,
                               uint64_t offset);

#endif
