/* inode_set: a set of files, each known by its device and inode number.
 *
 * File systems give neighbouring numbers to files that are made one after the other. So the set
 * has one slot per 64 neighbouring numbers: 0.5 bytes per file if all of them are used, and
 * about 48 bytes if no two files are neighbours. It grows with its files and never shrinks. */
#ifndef UCOPY_BASE_INODE_SET_H
#define UCOPY_BASE_INODE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct inode_set_slot {
    dev_t dev;
    uint64_t block; /* the inode number divided by 64 */
    uint64_t bits;  /* one per number of the block; 0: the slot is free */
};

/* All zero: empty. */
struct inode_set {
    struct inode_set_slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n_used;
};

/* Adds a file. 1, or 0 if it was there already, or -ENOMEM and nothing has changed. */
int inode_set_add(struct inode_set *s, dev_t dev, ino_t ino);

/* Takes a file out; nothing happens if it is not there. */
void inode_set_remove(struct inode_set *s, dev_t dev, ino_t ino);

bool inode_set_has(const struct inode_set *s, dev_t dev, ino_t ino);

/* Frees the set; it is empty then. */
void inode_set_free(struct inode_set *s);

#endif
