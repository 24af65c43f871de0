/* dirs: the directories from the root of a tree down to where somebody stands in it, by
 * descriptors. Only the lowest levels are open: trees may be deeper than descriptors last. A
 * level that was closed is found again through "..", and has to be the directory that it was.
 * One that ".." does not lead to, because a symlink led down from there, stays open. */
#ifndef UCOPY_DIRS_H
#define UCOPY_DIRS_H

#include <stdbool.h>
#include <sys/stat.h>

struct dirs_level {
    int fd; /* -1: closed for the time being; else negative: why it could not be opened again */
    dev_t dev;
    ino_t ino;
};

/* All zero: nowhere. */
struct dirs {
    struct dirs_level *levels;
    unsigned n;
    unsigned room;
    unsigned n_left; /* levels from the root on that are closed, but for those that stay open */
};

/* Goes into the directory that fd is open on; st is what fstat() says of it. Takes the
 * descriptor over, whatever happens. 0 or -ENOMEM. */
int dirs_enter(struct dirs *d, int fd, const struct stat *st);

/* Goes back up by one level. 0, or a negative errno when that could not be opened again
 * (-ESTALE: what is above is not the directory that was come from, as somebody has moved the
 * lower one); then it has no descriptor, nor have those above it. */
int dirs_leave(struct dirs *d);

/* The descriptor of the directory stood in; it stays with *d. Negative: see dirs_leave(). May
 * be one with O_PATH if the directory must not be read. */
int dirs_fd(const struct dirs *d);

/* Whether the directory is one of those that lead to where one stands: a loop. */
bool dirs_has(const struct dirs *d, const struct stat *st);

/* Makes *ret, which is all zero, a copy with descriptors of its own. That of the directory
 * stood in has a position of its own, too, which is the same for now. 0, or a negative errno
 * when that is not to be had; then *ret is all zero. */
int dirs_copy(const struct dirs *d, struct dirs *ret);

/* Closes all, and frees. */
void dirs_free(struct dirs *d);

#endif
