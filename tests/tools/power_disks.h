/* power_disks: the disks that a loss of power could have left of one that power_record has recorded.
 *
 * An epoch lasts from the completion of one flush to that of the next. What was written in the
 * epochs before is on the medium; of what is written in this one any part may be, in any order,
 * sector by sector. Every prefix of an epoch's writes is tried, and for each epoch some
 * random parts: sectors or whole writes, few or many. As the power may fail at the end of an
 * epoch with any of these on the medium, all marks that were made up to there bind each of
 * them.
 *
 * What goes wrong with the files of the test ends the program, exit 2. */
#ifndef POWER_DISKS_H
#define POWER_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* What a disk writes as a whole. With less, ext4 may lose its superblock or the journal's, and
 * with it everything, whatever an application does. */
#define POWER_SECTOR 4096

/* The type of a disk that is not mounted. */
#define POWER_RAW "raw"

struct power_bytes {
    const char *at;
    size_t size;
};

/* The file's bytes, in memory for good. */
struct power_bytes power_map_file(int fd, const char *name);

int power_open_input(const char *name);

/* Who looks at the disks. */
struct power_looker {
    /* A mark was made, which binds all disks that are looked at from now on. */
    void (*mark)(const char *text, size_t len);
    /* Whether the disks of the epoch are tried. NULL: all are. */
    bool (*wants)(void);
    /* Whether the disk is good; else it says why. at: the root of its file system, or the disk
     * itself, which is raw. */
    bool (*look)(int at);
};

/* LOG is power_record's of a disk that was BASE before, with a file system of that TYPE, or
 * POWER_RAW. DIR is an empty directory on a tmpfs that the disks are made in and mounted on, in
 * a mount namespace of the caller's own. */
void power_disks_open(const char *log, const char *base, const char *type, const char *dir);

/* Whether BASE is good. */
bool power_disks_try_base(bool (*look)(int at));

/* Tries all disks, and `samples` random parts per epoch, by numbers from `seed` on. Prints the first
 * disk that is not good, exit 1. Returns how many were good. */
unsigned power_disks_try(const struct power_looker *looker, unsigned long samples,
                         uint64_t seed);

#endif
