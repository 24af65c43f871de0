/* dirs: the directories from the root of a tree down to where somebody stands in it, by
 * descriptors. Only the lowest levels are open: trees may be deeper than descriptors last. A
 * level that was closed is found again through "..", and has to be the directory that it was.
 */
#ifndef UCOPY_DIRS_H
#define UCOPY_DIRS_H

#include <stdbool.h>
#include <sys/stat.h>

struct dirs_level {
    int fd; /* -1: closed for the time being */
    dev_t dev;
    ino_t ino;
};

/* All zero: nowhere. */
struct dirs {
    struct dirs_level *levels;
    unsigned n;
    unsigned room;
    unsigned n_closed; /* levels from the root on that are closed */
};

/* Goes into the directory that fd is open on; st is what fstat() says of it. Takes the
 * descriptor over, whatever happens. 0 or -ENOMEM. */
int dirs_enter(struct dirs *d, int fd, const struct stat *st);

/* Goes back up by one level. 0, or a negative errno: -ESTALE when the directory above is not
 * the one that was come from (somebody has moved the lower one), and then its level has no
 * descriptor: dirs_fd() is -1 until dirs_leave() has gone further up. */
int dirs_leave(struct dirs *d);

/* The descriptor of the directory stood in; it stays with *d. -1: see dirs_leave(). */
int dirs_fd(const struct dirs *d);

/* Whether the directory is one of those that lead to where one stands: a loop. */
bool dirs_has(const struct dirs *d, const struct stat *st);

/* Closes all, and frees. */
void dirs_free(struct dirs *d);

#endif
