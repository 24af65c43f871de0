/* digest: hashes of whole files by the algorithms that users name: XXH64, XXH3, XXH128, MD5,
 * SHA-1, SHA-256, SHA-512 and C4 IDs. A digest belongs to one thread at a time. digest.c is the
 * only file that uses libcrypto. */
#ifndef UCOPY_BASE_DIGEST_H
#define UCOPY_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

/* The longest text of a digest, its NUL included: SHA-512 in hexadecimal. */
#define DIGEST_TEXT_SIZE 129

struct digest_kind;

struct digest_algorithm {
    const char *name;               /* as options and JSON have it: "sha256" */
    const char *tag;                /* as lines in BSD style have it: "SHA256" */
    size_t size;                    /* bytes of the value */
    size_t text_len;                /* characters of its text, without the NUL */
    const char *evp;                /* its name in libcrypto; NULL: it is of libxxhash */
    const struct digest_kind *kind; /* how it is computed; for digest.c only */
};

/* All algorithms, in the order of the documentation. */
#define DIGEST_ALGORITHMS 8
extern const struct digest_algorithm digest_algorithms[DIGEST_ALGORITHMS];

/* The algorithm of that name, in small letters; NULL: there is none. */
const struct digest_algorithm *digest_find(const char *name);

/* Whether text can be a value of the algorithm: the right number of hexadecimal digits, large or
 * small, or a C4 ID. */
bool digest_is_text(const struct digest_algorithm *a, const char *text);

/* Whether two texts of the algorithm are the same value. Hexadecimal digits may be large. */
bool digest_same_text(const struct digest_algorithm *a, const char *x, const char *y);

struct digest;

/* Starts the digest of bytes that are added piece by piece. NULL: there is no memory, or
 * libcrypto does not offer the algorithm (MD5 in a system that is set to FIPS). */
struct digest *digest_new(const struct digest_algorithm *a);

/* Adds n bytes. */
void digest_update(struct digest *d, const void *bytes, size_t n);

/* Adds n zeros. */
void digest_update_zeros(struct digest *d, unsigned long long n);

/* Writes the value as text: hexadecimal in small letters, most significant byte first (XXH: the
 * canonical form, as xxhsum prints it); for C4 the ID. Only digest_free() may follow. 0, or -EIO:
 * libcrypto has failed at some time. */
int digest_final(struct digest *d, char text[DIGEST_TEXT_SIZE]);

/* Frees the digest; NULL does nothing. */
void digest_free(struct digest *d);

#endif
