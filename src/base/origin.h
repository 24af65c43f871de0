/* origin: the identity of a source and of the copied range in it. What an earlier run has left
 * of a copy is used only if its origin is the same.
 *
 * The device number is no part of it: a disk may get another number when it is plugged in
 * again. */
#ifndef UCOPY_BASE_ORIGIN_H
#define UCOPY_BASE_ORIGIN_H

#include <stdint.h>
#include <time.h>

#include "hash.h"

struct origin {
    uint64_t size; /* of the source, bytes */
    uint64_t ino;
    struct timespec mtime;
    struct timespec ctime;
    uint64_t offset;  /* of the copied range in it, bytes */
    uint64_t length;  /* of that range, bytes */
    struct hash head; /* of its first bytes; all zero: not known */
    struct hash tail; /* of its last bytes; all zero: not known */
};

#endif
