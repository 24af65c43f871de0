/* pax_archive_priv: the format of an archive that is written as a stream: pax, as POSIX.1-2001 has
 * it, by libarchive. It has headers, data in the order of the entries, and an end; nothing that
 * was written is touched again.
 *
 * Names and symlinks are bytes. Those that are not UTF-8 get the keyword hdrcharset=BINARY, which
 * GNU tar mentions and otherwise needs not. Numbers that the old fields cannot hold (a size of 8 GiB
 * and more) are in the extended header, too. Times before 1970 are whole seconds: libarchive and GNU tar
 * take the fraction of a negative one in two ways. Owners are numbers, without names. */
#ifndef UCOPY_TREE_PAX_ARCHIVE_PRIV_H
#define UCOPY_TREE_PAX_ARCHIVE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "target/attrs.h"

struct pax_archive;

struct pax_entry {
    const char *path;      /* in the archive */
    const char *hard_link; /* the entry is another name of this one; or NULL */
    const char *text;      /* of a symlink; or NULL */
    mode_t mode;           /* with the type */
    uid_t uid;
    gid_t gid;
    dev_t rdev;                   /* of a device */
    uint64_t size;                /* of a regular file, bytes */
    const struct timespec *times; /* of access and modification */
    const struct attrs *attrs;    /* access control lists and extended attributes; NULL: none */
};

/* put() takes bytes of the archive; they live until it returns. It returns 0, or a negative errno.
 * The archive belongs to the calling thread, whose locale is the archive's until
 * pax_archive_free(). 0 or -ENOMEM. */
int pax_archive_new(struct pax_archive **ret,
                    int (*put)(void *arg, const void *bytes, size_t n), void *arg);

/* Ends the entry before, and begins this one. A regular file has e->size bytes behind it. 0, or a
 * negative errno: of put(), or -ENOMEM, or another one if the format cannot have such an entry.
 * After an error the archive can only be freed, unless it is -EINVAL. */
int pax_archive_begin(struct pax_archive *p, const struct pax_entry *e);

/* Whether the archive can have an extended attribute of this name, and has it if an entry does. Of a
 * name with a space, a control character or a byte that is not ASCII libarchive writes these as %XX
 * (archive_write_pax_header_xattr(), 3.6.2), which GNU tar takes for the name. */
bool pax_archive_has_xattr(const char *name);

/* Adds data of the current entry. Bytes beyond its size are not written. 0, or as put(). */
int pax_archive_data(struct pax_archive *p, const void *bytes, size_t n);

/* Writes the end of the archive. What data the last entry lacks become zeros, as in
 * pax_archive_begin(). 0, or as put(). */
int pax_archive_end(struct pax_archive *p);

/* Frees it, and writes nothing. NULL is fine. */
void pax_archive_free(struct pax_archive *p);

#endif
