/* scan: the entries of a directory tree, in the order of their names, without following symlinks.
 * Directories are held open, and no path is looked up below the root. The names of a directory
 * are held in memory while the scan is in it. */
#ifndef UCOPY_VERIFY_SCAN_H
#define UCOPY_VERIFY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/dir_chain.h"
#include "base/path_buffer.h"

/* The names in one directory. */
struct listing {
    char *text;   /* each name with its zero */
    size_t size;  /* bytes of text */
    char **names; /* sorted by strcmp() */
    size_t n;
};

/* Reads the directory that fd is open on, from its start. 0 or a negative errno.
 * listing_free() frees *ret. */
int listing_read(int fd, struct listing *ret);

void listing_free(struct listing *l);

enum scan_event {
    SCAN_ENTRY, /* name and st are set, and error is 0 */
    SCAN_LEFT,  /* the scan has left a directory that scan_enter() entered; error 0, or the rest
                 * of the one above, which path names, cannot be read */
    SCAN_ERROR, /* error says why the entry that path names cannot be read; the scan goes on */
    SCAN_END,
};

struct scan_level;

/* All zero before scan_begin(). */
struct scan {
    const char *name;        /* of the entry in its directory */
    struct path_buffer path; /* of the entry below the root; "": the root */
    struct stat st;          /* of the entry */
    int error;               /* negative errno */

    struct dir_chain dirs; /* the directories down to the current one */
    struct scan_level *levels;
    size_t n, room;
};

/* Begins in the directory that fd is open on, which the scan takes over, also on failure. 0 or a
 * negative errno. */
int scan_begin(struct scan *w, int fd);

/* The next event. */
enum scan_event scan_next(struct scan *w);

/* Enters the directory that was the last entry. 0, or a negative errno and the scan is where it
 * was; -ELOOP: it has been entered already, above. */
int scan_enter(struct scan *w);

/* The descriptor of the current directory; the scan keeps it. */
int scan_fd(const struct scan *w);

/* The names of the current directory. */
const struct listing *scan_listing(const struct scan *w);

void scan_free(struct scan *w);

#endif
