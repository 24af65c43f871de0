/* digest: hashes of whole files by the names that people use, as text. The text is lower-case
 * hex, big endian, as coreutils and xxhsum print it; for c4 it is "c4" and the SHA-512 as 88
 * digits in base 58. digest.c is the only file that uses libcrypto. */
#ifndef UCOPY_BASE_DIGEST_H
#define UCOPY_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest text (SHA-512) and its NUL. */
#define DIGEST_TEXT_SIZE 129

/* The number of algorithms. */
#define DIGEST_ALGORITHMS 8

struct digest_ops;

struct digest_algorithm {
    const char *name; /* as in --hash */
    size_t size;      /* bytes of the binary value */
    size_t text_len;  /* characters of the text */
    const char *tag;  /* the name in a BSD line, as of sha256sum --tag */
    const struct digest_ops *ops;
    unsigned variant; /* for ops */
};

/* All algorithms: xxh64 xxh3 xxh128 md5 sha1 sha256 sha512 c4. */
extern const struct digest_algorithm digest_table[DIGEST_ALGORITHMS];

/* The algorithm of this name, which is not NUL-terminated but has len characters. NULL: none. */
const struct digest_algorithm *digest_find(const char *name, size_t len);

/* Whether hashing takes longer than a copy in memory: the algorithm is none that was made to be as
 * fast as memory. NULL: no. */
bool digest_is_slow(const struct digest_algorithm *a);

/* Whether text could be a hash of the algorithm: its length and characters. Hex of either case
 * is taken. */
bool digest_is_text(const struct digest_algorithm *a, const char *text);

/* Whether two texts, for which digest_is_text() is true, are the same hash. */
bool digest_text_equal(const struct digest_algorithm *a, const char *x, const char *y);

struct digest;

/* Starts a hash of bytes that are added piece by piece. digest_free() frees it. NULL: no
 * memory, or libcrypto refuses the algorithm. */
struct digest *digest_new(const struct digest_algorithm *a);

/* Adds n bytes. An error shows in digest_final(). */
void digest_update(struct digest *d, const void *bytes, size_t n);

/* Adds n zeros. */
void digest_update_zeros(struct digest *d, uint64_t n);

/* Writes the text of the hash of all bytes added into text. Nothing can be added after that. 0,
 * or -EIO when libcrypto failed. */
int digest_final(struct digest *d, char text[DIGEST_TEXT_SIZE]);

/* Frees the digest; NULL does nothing. */
void digest_free(struct digest *d);

#endif
