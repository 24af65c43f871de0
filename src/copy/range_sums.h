/* range_sums: checksums that ranges of the copy have to have, checked while its bytes are hashed in
 * their order. One thread adds bytes; any may ask for the verdict. */
#ifndef UCOPY_COPY_RANGE_SUMS_H
#define UCOPY_COPY_RANGE_SUMS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/ranges.h"

/* What is expected. Nothing here is owned. */
struct range_sums_wanted {
    const struct range *ranges;            /* bytes of the copy, ascending */
    const char (*texts)[DIGEST_TEXT_SIZE]; /* of each range; "": any */
    size_t n;
    const struct digest_algorithm *algorithm;
};

struct range_sums {
    struct range_sums_wanted wanted;
    size_t next;           /* the range that is not complete */
    struct digest *digest; /* of its bytes so far; NULL: there are none */
    atomic_size_t wrong;   /* 1 + the index of the first range that differs; 0: none does */
    _Atomic int failed;    /* negative errno: of the library; 0: none */
};

/* Adds n bytes that are at this position. No byte between two calls is in a range with a
 * checksum. */
void range_sums_add(struct range_sums *s, uint64_t at, const char *bytes, uint64_t n);

/* 0: all ranges so far are right. -EBADMSG: *ret is the first that is not. Another negative
 * errno: libcrypto has failed. */
int range_sums_verdict(struct range_sums *s, struct range *ret);

/* Frees what the sums own. All zeros are fine. */
void range_sums_end(struct range_sums *s);

#endif
