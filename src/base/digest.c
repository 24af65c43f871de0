#include "digest.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <xxhash.h>

struct digest {
    const struct digest_algorithm *algorithm;
    union {
        XXH64_state_t *xxh64;
        XXH3_state_t *xxh3; /* of XXH3 and XXH128 */
        EVP_MD_CTX *evp;
    } state;
    bool failed;
};

/* A way of computing digests. */
struct digest_kind {
    bool (*start)(struct digest *d);
    bool (*update)(struct digest *d, const void *bytes, size_t n);
    bool (*final)(struct digest *d, unsigned char *value); /* of algorithm->size bytes */
    void (*free)(struct digest *d);
};

/* ---- libxxhash ---- */

static bool xxh64_start(struct digest *d)
{
    d->state.xxh64 = XXH64_createState();
    return d->state.xxh64 && XXH64_reset(d->state.xxh64, 0) == XXH_OK;
}

static bool xxh64_update(struct digest *d, const void *bytes, size_t n)
{
    return XXH64_update(d->state.xxh64, bytes, n) == XXH_OK;
}

static bool xxh64_final(struct digest *d, unsigned char *value)
{
    XXH64_canonical_t canonical;

    XXH64_canonicalFromHash(&canonical, XXH64_digest(d->state.xxh64));
    memcpy(value, canonical.digest, sizeof canonical.digest);
    return true;
}

static void xxh64_free(struct digest *d)
{
    (void)XXH64_freeState(d->state.xxh64);
}

static bool xxh3_start(struct digest *d)
{
    d->state.xxh3 = XXH3_createState();
    return d->state.xxh3 && XXH3_64bits_reset(d->state.xxh3) == XXH_OK;
}

static bool xxh3_update(struct digest *d, const void *bytes, size_t n)
{
    return XXH3_64bits_update(d->state.xxh3, bytes, n) == XXH_OK;
}

static bool xxh3_final(struct digest *d, unsigned char *value)
{
    XXH64_canonical_t canonical;

    XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(d->state.xxh3));
    memcpy(value, canonical.digest, sizeof canonical.digest);
    return true;
}

static void xxh3_free(struct digest *d)
{
    (void)XXH3_freeState(d->state.xxh3);
}

static bool xxh128_start(struct digest *d)
{
    d->state.xxh3 = XXH3_createState();
    return d->state.xxh3 && XXH3_128bits_reset(d->state.xxh3) == XXH_OK;
}

static bool xxh128_update(struct digest *d, const void *bytes, size_t n)
{
    return XXH3_128bits_update(d->state.xxh3, bytes, n) == XXH_OK;
}

static bool xxh128_final(struct digest *d, unsigned char *value)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->state.xxh3));
    memcpy(value, canonical.digest, sizeof canonical.digest);
    return true;
}

/* ---- libcrypto ---- */

static bool evp_start(struct digest *d)
{
    const EVP_MD *md = EVP_get_digestbyname(d->algorithm->evp);

    d->state.evp = EVP_MD_CTX_new();
    return md && d->state.evp && EVP_DigestInit_ex(d->state.evp, md, NULL) == 1;
}

static bool evp_update(struct digest *d, const void *bytes, size_t n)
{
    return EVP_DigestUpdate(d->state.evp, bytes, n) == 1;
}

static bool evp_final(struct digest *d, unsigned char *value)
{
    unsigned char all[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_DigestFinal_ex(d->state.evp, all, &size) != 1 || size != d->algorithm->size)
        return false;
    memcpy(value, all, size);
    return true;
}

static void evp_free(struct digest *d)
{
    EVP_MD_CTX_free(d->state.evp);
}

/* ---- the table ---- */

static const struct digest_kind xxh64 = {xxh64_start, xxh64_update, xxh64_final, xxh64_free};
static const struct digest_kind xxh3 = {xxh3_start, xxh3_update, xxh3_final, xxh3_free};
static const struct digest_kind xxh128 = {xxh128_start, xxh128_update, xxh128_final, xxh3_free};
static const struct digest_kind crypto = {evp_start, evp_update, evp_final, evp_free};

#define MAX_VALUE 64u /* bytes: SHA-512 */

/* A C4 ID is "c4" and the SHA-512 as a number of 88 digits to the base 58. */
#define C4_LEN  90u
#define C4_BASE 58u
static const char c4_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const struct digest_algorithm digest_algorithms[DIGEST_ALGORITHMS] = {
    {"xxh64", "XXH64", 8, 16, NULL, &xxh64},
    {"xxh3", "XXH3", 8, 16, NULL, &xxh3},
    {"xxh128", "XXH128", 16, 32, NULL, &xxh128},
    {"md5", "MD5", 16, 32, "MD5", &crypto},
    {"sha1", "SHA1", 20, 40, "SHA1", &crypto},
    {"sha256", "SHA256", 32, 64, "SHA256", &crypto},
    {"sha512", "SHA512", 64, 128, "SHA512", &crypto},
    {"c4", "C4", 64, C4_LEN, "SHA512", &crypto},
};

const struct digest_algorithm *digest_find(const char *name)
{
    for (size_t i = 0; i < DIGEST_ALGORITHMS; i++)
        if (strcmp(digest_algorithms[i].name, name) == 0)
            return &digest_algorithms[i];
    return NULL;
}

static bool is_c4(const struct digest_algorithm *a)
{
    return a->text_len == C4_LEN;
}

bool digest_is_text(const struct digest_algorithm *a, const char *text)
{
    if (strlen(text) != a->text_len)
        return false;
    if (is_c4(a))
        return strncmp(text, "c4", 2) == 0 && strspn(text + 2, c4_digits) == C4_LEN - 2;
    return strspn(text, "0123456789abcdefABCDEF") == a->text_len;
}

bool digest_same_text(const struct digest_algorithm *a, const char *x, const char *y)
{
    return (is_c4(a) ? strcmp(x, y) : strcasecmp(x, y)) == 0;
}

/* ---- digests ---- */

struct digest *digest_new(const struct digest_algorithm *a)
{
    struct digest *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->algorithm = a;
    if (a->kind->start(d))
        return d;
    digest_free(d);
    return NULL;
}

void digest_update(struct digest *d, const void *bytes, size_t n)
{
    if (n > 0 && !d->algorithm->kind->update(d, bytes, n))
        d->failed = true;
}

void digest_update_zeros(struct digest *d, unsigned long long n)
{
    static const char zeros[64 << 10];

    for (; n > sizeof zeros; n -= sizeof zeros)
        digest_update(d, zeros, sizeof zeros);
    digest_update(d, zeros, (size_t)n);
}

static void write_hex(const unsigned char *value, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *text++ = digits[value[i] >> 4];
        *text++ = digits[value[i] & 15];
    }
    *text = '\0';
}

/* The value is a number, most significant byte first; it is divided down to 0. */
static void write_c4(unsigned char *value, char *text)
{
    text[0] = 'c';
    text[1] = '4';
    text[C4_LEN] = '\0';
    for (size_t i = C4_LEN; i-- > 2;) {
        unsigned rest = 0;

        for (size_t b = 0; b < MAX_VALUE; b++) {
            unsigned n = rest << 8 | value[b];

            value[b] = (unsigned char)(n / C4_BASE);
            rest = n % C4_BASE;
        }
        text[i] = c4_digits[rest];
    }
}

int digest_final(struct digest *d, char text[DIGEST_TEXT_SIZE])
{
    unsigned char value[MAX_VALUE];

    assert(d->algorithm->size <= sizeof value);
    if (d->failed || !d->algorithm->kind->final(d, value))
        return -EIO;
    if (is_c4(d->algorithm))
        write_c4(value, text);
    else
        write_hex(value, d->algorithm->size, text);
    return 0;
}

void digest_free(struct digest *d)
{
    if (!d)
        return;
    d->algorithm->kind->free(d);
    free(d);
}
