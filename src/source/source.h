/* source: the one file that is read. */
#ifndef UCOPY_SOURCE_SOURCE_H
#define UCOPY_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "base/origin.h"

struct source {
    const char *path;      /* as the user gave it; not owned */
    bool by_fd;            /* path is for people only */
    int fd;                /* through the page cache */
    int fd_direct;         /* the same file with O_DIRECT, or -1 */
    uint32_t direct_align; /* bytes: what O_DIRECT wants of offset, length and address */
    struct stat st;        /* at open */
    bool relinked;         /* it loses or gets names while it is copied: its time of status
                            * change says nothing */
    uint64_t size;         /* bytes; meaningful with size_known */
    bool size_known; /* false for files whose st_size says nothing (/proc, /sys) and empty ones
                      */
};

/* Opens a regular file or block device for reading; anything else is refused with -EISDIR,
 * -EOPNOTSUPP (fifo, socket, character device). On failure *f is filled and the negative errno
 * returned. */
int source_open(struct source *s, const char *path, struct failure *f);

/* The same for a regular file that fd is open on for reading already; fd becomes the source's,
 * also on failure. */
int source_open_fd(struct source *s, int fd, const char *path, struct failure *f);

/* Opens fd_direct, too, where the file system has O_DIRECT. */
void source_open_direct(struct source *s);

/* Whether the file has fewer blocks than its size takes, so that it is worth looking for holes
 * (extents.h). Preallocated space counts as data, as it does for cp. */
bool source_may_have_holes(const struct source *s);

/* Bytes that the file takes on its file system, at open. */
uint64_t source_allocated(const struct source *s);

/* Tells whether the source is still what was opened: same size, mtime and ctime. 0, or a
 * negative errno with *f filled
 * (-ESTALE and a message when it changed). Never fails for block devices and /proc files. */
int source_check_unchanged(const struct source *s, struct failure *f);

/* Fills in of *ret what tells this source, as it is now, from any other. Reads a little of it.
 * False if nothing does: of a block device or a file that is made up nobody knows whether it
 * has changed. */
bool source_origin(const struct source *s, struct origin *ret);

/* Closes both descriptors. */
void source_close(struct source *s);

#endif
