/* origin: identifies a source and the copied range in it. ucopy resumes a partial copy only if
 * its origin is the same as that of the present copy.
 *
 * The device number is not part of the origin: a disk may get another number when it is
 * connected again. */
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
    struct hash head; /* of the source's first bytes; all zero: not known */
    struct hash tail; /* of the source's last bytes; all zero: not known */
};

#endif
