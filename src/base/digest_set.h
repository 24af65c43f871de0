/* digest_set: digests of the same bytes by several algorithms. An algorithm is a bit: 1 << its
 * index in digest_table. */
#ifndef UCOPY_BASE_DIGEST_SET_H
#define UCOPY_BASE_DIGEST_SET_H

#include "digest.h"

struct digest_set {
    struct digest *v[DIGEST_ALGORITHMS]; /* NULL: not in the set */
    uint64_t bytes;                      /* that were added */
};

/* The values of a set as text. */
struct digest_values {
    unsigned algorithms; /* which there are; 0: none */
    uint64_t bytes;      /* that were hashed */
    char text[DIGEST_ALGORITHMS][DIGEST_TEXT_SIZE];
};

/* Whether digest_is_slow() for one of the algorithms. */
bool digest_set_is_slow(unsigned algorithms);

/* Starts a digest of each of the algorithms. 0; or -ENOMEM, with nothing to free: there is no
 * memory, or libcrypto lacks an algorithm. */
int digest_set_start(struct digest_set *s, unsigned algorithms);

/* Adds n bytes. */
void digest_set_update(struct digest_set *s, const void *bytes, size_t n);

/* Adds n zeros. */
void digest_set_update_zeros(struct digest_set *s, uint64_t n);

/* Fills *ret. Only digest_set_free() may follow. 0, or -EIO with no values in *ret. */
int digest_set_final(struct digest_set *s, struct digest_values *ret);

/* Frees the digests. A set of only NULLs is fine. */
void digest_set_free(struct digest_set *s);

#endif
