/* dir_chain: the directories from the root of a tree down to where somebody stands in it, by
 * descriptors. Only the lowest levels are open: trees may be deeper than descriptors last. A
 * level that was closed is found again through "..", and has to be the directory that it was.
 * One that ".." does not lead to, because a symlink led down from there, stays open. */
#ifndef UCOPY_BASE_DIR_CHAIN_H
#define UCOPY_BASE_DIR_CHAIN_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir_chain_level {
    int fd; /* -1: closed for the time being; else negative: why it could not be opened again */
    dev_t dev;
    ino_t ino;
};

/* All zero: nowhere. */
struct dir_chain {
    struct dir_chain_level *levels;
    unsigned n;
    unsigned room;
    unsigned n_left; /* levels from the root on that are closed, but for those that stay open */
};

/* Goes into the directory that fd is open on; st is what fstat() says of it. Takes the
 * descriptor over, whatever happens. 0 or -ENOMEM. */
int dir_chain_enter(struct dir_chain *d, int fd, const struct stat *st);

/* Goes back up by one level. 0, or a negative errno when that could not be opened again
 * (-ESTALE: what is above is not the directory that was come from, as somebody has moved the
 * lower one); then it has no descriptor, nor have those above it. */
int dir_chain_leave(struct dir_chain *d);

/* The descriptor of the directory stood in; it stays with *d. Negative: see dir_chain_leave().
 * May be one with O_PATH if the directory must not be read. */
int dir_chain_fd(const struct dir_chain *d);

/* Whether the directory is one of those that lead to where one stands: a loop. */
bool dir_chain_has(const struct dir_chain *d, const struct stat *st);

/* Makes *ret, which is all zero, a copy with descriptors of its own. That of the directory
 * stood in has a position of its own, too, which is the same for now. 0, or a negative errno
 * when that is not to be had; then *ret is all zero. */
int dir_chain_copy(const struct dir_chain *d, struct dir_chain *ret);

/* Closes all, and frees. */
void dir_chain_free(struct dir_chain *d);

#endif
