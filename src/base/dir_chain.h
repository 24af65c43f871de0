/* dir_chain: the directories from the root of a tree down to the current directory, as open
 * descriptors.
 *
 * A tree may be deeper than a process may have open files. So only the lowest levels are open.
 * To go back up to a closed level, dir_chain opens ".." and checks that this is still the same
 * directory. If ".." does not lead to the level above (a symlink led down from there), that
 * level stays open. */
#ifndef UCOPY_BASE_DIR_CHAIN_H
#define UCOPY_BASE_DIR_CHAIN_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir_chain_level {
    int fd; /* -1: closed for now; else negative: the errno of the open(2) that failed */
    dev_t dev;
    ino_t ino;
};

/* An empty chain is all zero. The last level is the current directory. */
struct dir_chain {
    struct dir_chain_level *levels;
    unsigned n;        /* number of levels */
    unsigned room;     /* levels that are allocated */
    unsigned n_closed; /* levels, counted from the root, that are closed or must stay open */
};

/* Makes the directory that fd is open on the current one, one level below the present one. st
 * is the result of fstat() for it. Takes over the descriptor, also on failure. 0 or -ENOMEM. */
int dir_chain_enter(struct dir_chain *d, int fd, const struct stat *st);

/* Goes up by one level. Returns 0, or a negative errno if that directory cannot be opened
 * again. -ESTALE: the directory above is another one now, because the lower one was moved.
 * After a failure neither this level nor those above it have a descriptor. */
int dir_chain_leave(struct dir_chain *d);

/* The descriptor of the current directory; *d keeps it. Negative: see dir_chain_leave(). The
 * descriptor may be one with O_PATH, if the directory cannot be read. */
int dir_chain_fd(const struct dir_chain *d);

/* Whether the directory is in the chain; to enter it would be a loop. */
bool dir_chain_has(const struct dir_chain *d, const struct stat *st);

/* Makes *ret, which is all zero, a copy of the chain with descriptors of its own. The copy's
 * current directory has a read position of its own, which starts at the present one. 0, or a
 * negative errno; *ret is all zero then. */
int dir_chain_copy(const struct dir_chain *d, struct dir_chain *ret);

/* Closes all descriptors and frees the chain's memory. */
void dir_chain_free(struct dir_chain *d);

#endif
