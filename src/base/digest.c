#include "digest.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <xxhash.h>

#define MAX_SIZE  64 /* bytes of the largest binary value */
#define C4_DIGITS 88

/* Letters and digits without 0, O, I and l, in the order of their values. */
static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* One library's hashes. */
struct digest_ops {
    /* NULL: no memory, or not available. */
    void *(*begin)(unsigned variant);
    bool (*add)(void *state, unsigned variant, const void *bytes, size_t n);
    bool (*value)(void *state, unsigned variant, unsigned char *bytes);
    void (*free)(void *state, unsigned variant);
};

struct digest {
    const struct digest_algorithm *algorithm;
    void *state;
    bool failed;
};

/* ---- libxxhash ---- */

enum { XXH64_VALUE, XXH3_VALUE, XXH128_VALUE };

static void *xxh_begin(unsigned variant)
{
    XXH3_state_t *s3;
    XXH64_state_t *s;

    if (variant == XXH64_VALUE) {
        s = XXH64_createState();
        if (s)
            (void)XXH64_reset(s, 0);
        return s;
    }
    s3 = XXH3_createState();
    if (s3 && variant == XXH3_VALUE)
        (void)XXH3_64bits_reset(s3);
    else if (s3)
        (void)XXH3_128bits_reset(s3);
    return s3;
}

static bool xxh_add(void *state, unsigned variant, const void *bytes, size_t n)
{
    if (variant == XXH64_VALUE)
        return XXH64_update(state, bytes, n) == XXH_OK;
    if (variant == XXH3_VALUE)
        return XXH3_64bits_update(state, bytes, n) == XXH_OK;
    return XXH3_128bits_update(state, bytes, n) == XXH_OK;
}

static bool xxh_value(void *state, unsigned variant, unsigned char *bytes)
{
    XXH128_canonical_t c128;
    XXH64_canonical_t c64;

    if (variant == XXH128_VALUE) {
        XXH128_canonicalFromHash(&c128, XXH3_128bits_digest(state));
        memcpy(bytes, c128.digest, sizeof c128.digest);
        return true;
    }
    XXH64_canonicalFromHash(&c64, variant == XXH64_VALUE ? XXH64_digest(state)
                                                         : XXH3_64bits_digest(state));
    memcpy(bytes, c64.digest, sizeof c64.digest);
    return true;
}

static void xxh_free(void *state, unsigned variant)
{
    if (variant == XXH64_VALUE)
        (void)XXH64_freeState(state);
    else
        (void)XXH3_freeState(state);
}

static const struct digest_ops xxh_ops = {
    .begin = xxh_begin,
    .add = xxh_add,
    .value = xxh_value,
    .free = xxh_free,
};

/* ---- libcrypto ---- */

enum { MD5_VALUE, SHA1_VALUE, SHA256_VALUE, SHA512_VALUE };

static const EVP_MD *(*const evp_kinds[])(void) = {
    [MD5_VALUE] = EVP_md5,
    [SHA1_VALUE] = EVP_sha1,
    [SHA256_VALUE] = EVP_sha256,
    [SHA512_VALUE] = EVP_sha512,
};

static void *evp_begin(unsigned variant)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (!ctx || EVP_DigestInit_ex(ctx, evp_kinds[variant](), NULL) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

static bool evp_add(void *state, unsigned variant, const void *bytes, size_t n)
{
    (void)variant;
    return EVP_DigestUpdate(state, bytes, n) == 1;
}

static bool evp_value(void *state, unsigned variant, unsigned char *bytes)
{
    (void)variant;
    return EVP_DigestFinal_ex(state, bytes, NULL) == 1;
}

static void evp_free(void *state, unsigned variant)
{
    (void)variant;
    EVP_MD_CTX_free(state);
}

static const struct digest_ops evp_ops = {
    .begin = evp_begin,
    .add = evp_add,
    .value = evp_value,
    .free = evp_free,
};

/* ---- the table ---- */

const struct digest_algorithm digest_table[DIGEST_ALGORITHMS] = {
    {"xxh64", 8, 16, "XXH64", &xxh_ops, XXH64_VALUE},
    {"xxh3", 8, 16, "XXH3", &xxh_ops, XXH3_VALUE},
    {"xxh128", 16, 32, "XXH128", &xxh_ops, XXH128_VALUE},
    {"md5", 16, 32, "MD5", &evp_ops, MD5_VALUE},
    {"sha1", 20, 40, "SHA1", &evp_ops, SHA1_VALUE},
    {"sha256", 32, 64, "SHA256", &evp_ops, SHA256_VALUE},
    {"sha512", 64, 128, "SHA512", &evp_ops, SHA512_VALUE},
    {"c4", 64, 2 + C4_DIGITS, "C4", &evp_ops, SHA512_VALUE},
};

const struct digest_algorithm *digest_find(const char *name, size_t len)
{
    for (size_t i = 0; i < DIGEST_ALGORITHMS; i++)
        if (strlen(digest_table[i].name) == len && memcmp(digest_table[i].name, name, len) == 0)
            return &digest_table[i];
    return NULL;
}

static bool is_c4(const struct digest_algorithm *a)
{
    return a->text_len != 2 * a->size;
}

bool digest_is_slow(const struct digest_algorithm *a)
{
    return a && a->ops != &xxh_ops;
}

bool digest_is_text(const struct digest_algorithm *a, const char *text)
{
    if (strlen(text) != a->text_len)
        return false;
    if (is_c4(a))
        return memcmp(text, "c4", 2) == 0 && strspn(text + 2, base58) == C4_DIGITS;
    return strspn(text, "0123456789abcdefABCDEF") == a->text_len;
}

bool digest_text_equal(const struct digest_algorithm *a, const char *x, const char *y)
{
    return (is_c4(a) ? strcmp(x, y) : strcasecmp(x, y)) == 0;
}

struct digest *digest_new(const struct digest_algorithm *a)
{
    struct digest *d = malloc(sizeof *d);

    if (!d)
        return NULL;
    *d = (struct digest){.algorithm = a, .state = a->ops->begin(a->variant)};
    if (d->state)
        return d;
    free(d);
    return NULL;
}

void digest_update(struct digest *d, const void *bytes, size_t n)
{
    if (n > 0 && !d->algorithm->ops->add(d->state, d->algorithm->variant, bytes, n))
        d->failed = true;
}

void digest_update_zeros(struct digest *d, uint64_t n)
{
    static const char zeros[64 << 10];

    for (; n > sizeof zeros; n -= sizeof zeros)
        digest_update(d, zeros, sizeof zeros);
    digest_update(d, zeros, (size_t)n);
}

static void to_hex(const unsigned char *bytes, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

/* Divides the big-endian number by 58; returns the remainder. */
static unsigned divide_by_58(unsigned char *bytes, size_t n)
{
    unsigned rest = 0;

    for (size_t i = 0; i < n; i++) {
        rest = rest << 8 | bytes[i];
        bytes[i] = (unsigned char)(rest / 58);
        rest %= 58;
    }
    return rest;
}

/* Destroys bytes. */
static void to_c4(unsigned char *bytes, size_t n, char *text)
{
    text[0] = 'c';
    text[1] = '4';
    for (size_t i = C4_DIGITS; i-- > 0;)
        text[2 + i] = base58[divide_by_58(bytes, n)];
    text[2 + C4_DIGITS] = '\0';
}

int digest_final(struct digest *d, char text[DIGEST_TEXT_SIZE])
{
    const struct digest_algorithm *a = d->algorithm;
    unsigned char bytes[MAX_SIZE];

    assert(a->size <= sizeof bytes && a->text_len < DIGEST_TEXT_SIZE);
    if (d->failed || !a->ops->value(d->state, a->variant, bytes))
        return -EIO;
    if (is_c4(a))
        to_c4(bytes, a->size, text);
    else
        to_hex(bytes, a->size, text);
    return 0;
}

void digest_free(struct digest *d)
{
    if (!d)
        return;
    d->algorithm->ops->free(d->state, d->algorithm->variant);
    free(d);
}
