/* attrs: what of a file's attributes goes along with its copies: mode, access control lists,
 * owner, times, extended attributes, SELinux context.
 *
 * Read once from the source, given to any number of files: attrs_apply() makes no system call
 * on the source. The order and the rules are those of cp: the owner first, because a change of
 * owner takes set-id bits and capabilities away; extended attributes while the file is still
 * writable; then the mode, without set-id bits if the owner could not be kept; the times last.
 *
 * Files are given as descriptors. Those that cannot be opened for reading or writing (symlinks,
 * nodes, sockets) are given as O_PATH descriptors, and reached through them, so that a name
 * that is exchanged meanwhile exchanges nothing. Their extended attributes and mode need /proc.
 */
#ifndef UCOPY_TARGET_ATTRS_H
#define UCOPY_TARGET_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"

/* Which failures to preserve something count. */
enum attrs_effort {
    ATTRS_LEAVE,    /* it is not preserved */
    ATTRS_TRY,      /* none (cp -a) */
    ATTRS_MIND,     /* all but that the file system knows no such thing (--preserve=all) */
    ATTRS_REQUIRED, /* all (--preserve=xattr) */
};

struct attrs_wanted {
    bool mode; /* permission and set-id bits and the POSIX access control lists */
    bool owner;
    bool times;                /* of access and modification, in nanoseconds */
    enum attrs_effort context; /* SELinux context; nothing without an SELinux kernel */
    enum attrs_effort xattrs;  /* extended attributes but for those in /etc/xattr.conf */
};

/* The value of an extended attribute; size 0 in one of an access control list: there is none.
 */
struct attrs_value {
    const char *name;
    size_t start; /* in the buffer of values */
    size_t size;  /* bytes */
};

#define ATTRS_MAX_FAILURES 8

struct attrs_failures {
    unsigned n;
    struct failure list[ATTRS_MAX_FAILURES]; /* the first ones */
};

/* Of one source. Its buffers serve the next source as well and grow only if that has more. */
struct attrs {
    struct attrs_wanted wanted;
    bool superuser;

    mode_t mode; /* with the file's type */
    uid_t uid;
    gid_t gid;
    struct timespec times[2];      /* access, modification */
    struct attrs_value access_acl; /* as the extended attribute has it */
    struct attrs_value default_acl;
    struct attrs_value *xattrs;
    unsigned n_xattrs;
    struct attrs_failures failures; /* of reading: every attrs_apply() has them, too */

    unsigned xattrs_room;
    char *names;
    size_t names_room;
    char *values;
    size_t values_used;
    size_t values_room;
};

/* A file that is given attributes. */
struct attrs_file {
    int fd;
    bool path_only;        /* fd is an O_PATH descriptor */
    bool fresh;            /* made by this run, and private until now */
    bool no_acl;           /* known to have no access control list */
    const struct stat *st; /* what it is right now; NULL: not known */
};

/* Whether anything is wanted at all. */
bool attrs_any(const struct attrs_wanted *wanted);

/* Makes *a empty and ready for attrs_read(). Not to be called by two threads at once. */
void attrs_init(struct attrs *a, const struct attrs_wanted *wanted);

/* Whether this kernel has SELinux contexts. */
bool attrs_context_available(void);

/* Reads what is wanted of the file behind fd (path_only: an O_PATH descriptor), of which *st is
 * what fstat(2) said before it was read from. What cannot be read is told by attrs_apply(). */
void attrs_read(struct attrs *a, int fd, bool path_only, const struct stat *st);

/* The same where nothing but *st is known: no lists, no extended attributes. */
void attrs_read_stat(struct attrs *a, const struct stat *st);

/* Access control lists and extended attributes as a sequence of bytes: how many (0: there are
 * none), and the bytes themselves. */
size_t attrs_packed_size(const struct attrs *a);
void attrs_pack(const struct attrs *a, void *to);

/* Makes of *st and what attrs_pack() wrote what attrs_read() had read; without its failures. 0
 * or -ENOMEM, and then it is what attrs_read_stat() makes. */
int attrs_unpack(struct attrs *a, const struct stat *st, const void *packed, size_t size);

/* Gives the file what was read; what it has already is not set again. An attribute that cannot
 * be set does not keep the others from it: *ret says what is missing. (As with cp, that a user
 * without privileges may not give files away is no failure.) Returns whether anything was
 * changed, which an earlier fsync(2) does not cover then. Any number of threads may use one
 * struct attrs. */
bool attrs_apply(const struct attrs *a, const struct attrs_file *file,
                 struct attrs_failures *ret);

void attrs_free(struct attrs *a);

#endif
