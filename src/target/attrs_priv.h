/* attrs_priv: what the files attrs*.c share. attrs_kept.c: what a file has kept of the attributes that it was given. */
#ifndef UCOPY_TARGET_ATTRS_PRIV_H
#define UCOPY_TARGET_ATTRS_PRIV_H

#include "attrs.h"

#define MODE_BITS   (07777)
#define ACCESS_ACL  "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

/* Makes room for so many bytes in the buffer. 0 or -ENOMEM. */
int attrs_make_room(char **buffer, size_t *room, size_t wanted);

/* Adds an extended attribute, whose value is in a->values. 0 or -ENOMEM. */
int attrs_add_xattr(struct attrs *a, const struct attrs_value *value);

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
