/* attrs_priv: what a file has kept of the attributes that it was given. */
#ifndef UCOPY_TARGET_ATTRS_PRIV_H
#define UCOPY_TARGET_ATTRS_PRIV_H

#include "attrs.h"

#define MODE_BITS (07777)

/* Adds a failure, if there is room for it. */
void attrs_note(struct attrs_failures *failures, const char *op, int err, const char *message);

/* What was set with success, or needed no change. */
struct attrs_given {
    bool owner;
    bool mode;
    mode_t mode_bits; /* with mode */
    bool times;
};

/* Adds to *failures what the file has not kept of that. now: its state afterwards. A file system
 * may answer a change with success and ignore it: vfat and exFAT do so with modes that they
 * cannot hold (fat_setattr(), Linux 6.18), with the mount option quiet also with owners; and
 * times beyond its range become the first or last of the range (timestamp_truncate()). Times that
 * are cut off to a coarser clock count as kept, and times of access are not looked at: many file
 * systems have none, or only the day. */
void attrs_note_not_kept(const struct attrs *a, const struct attrs_given *given,
                         const struct stat *now, struct attrs_failures *failures);

#endif
