/* attrs: the attributes of a file that its copies get: mode, access control lists, owner,
 * times, extended attributes, SELinux context.
 *
 * They are read once from the source and then set on any number of files: attrs_apply() makes
 * no system call on the source. The order and the rules are those of cp: the owner first,
 * because a change of owner clears set-id bits and capabilities; extended attributes while the
 * file is still writable; then the mode, without set-id bits if the owner could not be
 * preserved; the times last.
 *
 * The functions take descriptors. A file that cannot be opened for reading or writing (symlink,
 * node, socket) has an O_PATH descriptor; it is reached through that, so that a name that is
 * replaced meanwhile has no effect. Its extended attributes and its mode need /proc. */
#ifndef UCOPY_TARGET_ATTRS_H
#define UCOPY_TARGET_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"

/* Which failures to preserve something are reported. */
enum attrs_effort {
    ATTRS_LEAVE,    /* it is not preserved at all */
    ATTRS_TRY,      /* none (cp -a), but for want of memory */
    ATTRS_MIND,     /* all, unless the file system does not support it (--preserve=all) */
    ATTRS_REQUIRED, /* all (--preserve=xattr) */
};

struct attrs_wanted {
    bool mode; /* permission and set-id bits and the POSIX access control lists */
    bool owner;
    bool times;                /* of access and modification, in nanoseconds */
    enum attrs_effort context; /* SELinux context; nothing without an SELinux kernel */
    enum attrs_effort xattrs;  /* extended attributes except those in /etc/xattr.conf */
};

/* The value of an extended attribute. Size 0 for an access control list: there is no list. */
struct attrs_value {
    const char *name;
    size_t start; /* position in attrs.values */
    size_t size;  /* bytes */
};

#define ATTRS_MAX_FAILURES 8

struct attrs_failures {
    unsigned n;
    struct failure list[ATTRS_MAX_FAILURES]; /* the first ones */
    bool lost; /* something was not preserved of which no failure is reported (ATTRS_TRY) */
};

/* The attributes of one source. The buffers are used again for the next source and only
 * grow. */
struct attrs {
    struct attrs_wanted wanted;
    bool superuser;

    mode_t mode; /* with the file's type */
    uid_t uid;
    gid_t gid;
    struct timespec times[2];      /* access, modification */
    struct attrs_value access_acl; /* value of the extended attribute */
    struct attrs_value default_acl;
    struct attrs_value *xattrs;
    unsigned n_xattrs;
    struct attrs_failures failures; /* of reading: every attrs_apply() returns them, too */

    unsigned xattrs_room;
    char *names;
    size_t names_room;
    char *values;
    size_t values_used;
    size_t values_room;
};

/* A file whose attributes are to be set. */
struct attrs_file {
    int fd;
    bool path_only; /* fd is an O_PATH descriptor */
    bool fresh;     /* created by this run, and private until now */
    bool no_acl;    /* known to have no access control list */
    bool as_new;    /* it becomes what a new file would be: with wanted.xattrs, those that the
                            * source does not have are removed */
    const struct stat *st; /* its current state; NULL: not known */
};

/* Whether anything is to be preserved at all. */
bool attrs_any(const struct attrs_wanted *wanted);

/* Makes *a empty and ready for attrs_read(). Two threads must not call this at the same time.
 * The caller frees *a with attrs_free(). */
void attrs_init(struct attrs *a, const struct attrs_wanted *wanted);

/* Whether this kernel has SELinux contexts. */
bool attrs_context_available(void);

/* Reads the wanted attributes of the file behind fd (path_only: an O_PATH descriptor). *st is
 * the result of fstat(2) from before the file was read. attrs_apply() reports attributes that
 * could not be read. */
void attrs_read(struct attrs *a, int fd, bool path_only, const struct stat *st);

/* The same if only *st is known: no lists, no extended attributes. */
void attrs_read_stat(struct attrs *a, const struct stat *st);

/* The longest that one access control list or extended attribute can be in the bytes that
 * attrs_pack() makes: the kernel's XATTR_SIZE_MAX and XATTR_NAME_MAX (limits.h), and what is
 * added. */
#define ATTRS_LONGEST (65536u + 256 + 8)

/* The size in bytes of access control lists and extended attributes as attrs_pack() makes them;
 * 0: there are none. */
size_t attrs_packed_size(const struct attrs *a);

/* Writes access control lists and extended attributes as bytes, whole ones, from number *at on
 * (the first is 0) as long as they fit into `max` bytes. Moves *at on behind them. Returns how
 * many bytes were written: not 0 before all are, if max is at least ATTRS_LONGEST. */
size_t attrs_pack(const struct attrs *a, unsigned *at, void *to, size_t max);

/* The reverse of attrs_pack(), of all bytes together: *a becomes what attrs_read() has made,
 * without its failures. 0, or -ENOMEM with the result of attrs_read_stat(). */
int attrs_unpack(struct attrs *a, const struct stat *st, const void *packed, size_t size);

/* Sets the attributes that were read on the file, unless it has them already. If one cannot be
 * set, the others are set all the same; *ret lists the failures, also what the file system has
 * answered with success and ignored. (As with cp, it is no failure that a user without privileges
 * may not give files away.) Returns whether anything was changed; an earlier fsync(2) does not
 * cover that change. Any number of threads may use one struct attrs. */
bool attrs_apply(const struct attrs *a, const struct attrs_file *file,
                 struct attrs_failures *ret);

/* Sets the preserved times once more, after a flush of the file, which to a server of SMB may be
 * the time of modification. What attrs_apply() has set is durable by then. Errors were reported
 * there. */
void attrs_repeat_times(const struct attrs *a, int fd);

/* The first of these failures that shows that data of the file are lost; NULL: there is none.
 * Before the kernel changes owner, mode or times it may write the dirty pages of the file, and
 * report an error of that write instead, once (fuse_do_setattr() with FUSE_WRITEBACK_CACHE,
 * nfs_setattr(); Linux 6.18). close(2) then succeeds. */
const struct failure *attrs_lost_data(const struct attrs_failures *failures);

/* Frees the buffers. */
void attrs_free(struct attrs *a);

#endif
