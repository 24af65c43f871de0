/* bad_ranges: a list of ranges of files that could not be read. */
#ifndef UCOPY_BASE_BAD_RANGES_H
#define UCOPY_BASE_BAD_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct bad_range {
    char *path; /* of the file, as for messages; owned by the list */
    uint64_t offset;
    uint64_t length; /* bytes */
    int err;         /* positive errno: what the read has said */
};

/* All zeros: empty. */
struct bad_ranges {
    struct bad_range *v;
    size_t n;
    size_t room;
};

/* Adds a range, of which all but the list is copied. One that goes on where the last one ends, with
 * the same error, becomes a part of that. 0, or -ENOMEM. */
int bad_ranges_add(struct bad_ranges *b, const char *path, uint64_t offset, uint64_t length,
                   int err);

/* Puts the list in order, by path and offset. What several readers have met is in it once. */
void bad_ranges_settle(struct bad_ranges *b);

/* Frees the list and makes it empty. */
void bad_ranges_free(struct bad_ranges *b);

#endif
