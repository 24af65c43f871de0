/* equal: whether an existing file of a destination has the data of the source. It is compared from its
 * beginning on, piece by piece: with bytes as they come, with holes, or with another open file. What
 * cannot be read of it is different. */
#ifndef UCOPY_TREE_EQUAL_PRIV_H
#define UCOPY_TREE_EQUAL_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct equal {
    int fd;          /* of the existing file, for reading; not owned */
    uint64_t size;   /* of that file, bytes */
    uint64_t offset; /* all before it is equal */

    /* Called for each piece: it is compared, and `read` bytes of the source have been read here for
     * it. False: the comparison is to end. */
    bool (*goes_on)(void *arg, uint64_t read);
    void *arg;
};

/* Whether the file has these n bytes at e->offset, which moves on; NULL: zeros. */
bool equal_bytes(struct equal *e, const char *bytes, uint64_t n);

/* The same for a hole of the source. What is a hole here, too, is not read. */
bool equal_hole(struct equal *e, uint64_t length);

/* Whether the file ends at e->offset. */
bool equal_end(const struct equal *e);

/* Whether the file has all data of the open file `source`, which *st was of, and no more: 1 or 0,
 * also if goes_on() has ended that; or a negative errno: the source could not be read. */
int equal_file(struct equal *e, int source, const struct stat *st);

#endif
