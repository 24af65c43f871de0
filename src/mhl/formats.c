#include "formats_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const mhl_format_names[MHL_FORMATS] = {"c4",     "md5",  "sha1",
                                                   "xxh128", "xxh3", "xxh64"};

static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

unsigned mhl_format_find(const char *name)
{
    unsigned f = 0;

    while (f < MHL_FORMATS && strcmp(mhl_format_names[f], name) != 0)
        f++;
    return f;
}

const struct digest_algorithm *mhl_algorithm(unsigned format)
{
    const struct digest_algorithm *a =
        digest_find(mhl_format_names[format], strlen(mhl_format_names[format]));

    assert(a);
    return a;
}

/* A C4 ID is a number of 512 bits to the base 58, behind "c4". */
static size_t decode_c4(const char *text, unsigned char value[MHL_MAX_VALUE])
{
    memset(value, 0, MHL_MAX_VALUE);
    for (const char *p = text + 2; *p; p++) {
        unsigned carry = (unsigned)(strchr(base58, *p) - base58);

        for (size_t i = MHL_MAX_VALUE; i-- > 0;) {
            carry += 58u * value[i];
            value[i] = (unsigned char)carry;
            carry >>= 8;
        }
    }
    return MHL_MAX_VALUE;
}

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a') + 10;
}

size_t mhl_decode(unsigned format, const char *text, unsigned char value[MHL_MAX_VALUE])
{
    size_t n = strlen(text) / 2;

    if (format == MHL_C4)
        return decode_c4(text, value);
    for (size_t i = 0; i < n && i < MHL_MAX_VALUE; i++)
        value[i] = (unsigned char)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return n;
}

unsigned mhl_hashes_set(const struct mhl_hashes *h)
{
    unsigned set = 0;

    for (unsigned f = 0; f < MHL_FORMATS; f++)
        set |= h->text[f] ? 1u << f : 0;
    return set;
}

int mhl_hashes_put(struct mhl_hashes *h, unsigned format, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return -ENOMEM;
    free(h->text[format]);
    h->text[format] = copy;
    return 0;
}

void mhl_hashes_free(struct mhl_hashes *h)
{
    for (unsigned f = 0; f < MHL_FORMATS; f++) {
        free(h->text[f]);
        h->text[f] = NULL;
    }
}

unsigned mhl_algorithms(unsigned formats)
{
    unsigned algorithms = 0;

    for (unsigned f = 0; f < MHL_FORMATS; f++)
        if (formats & 1u << f)
            algorithms |= 1u << (mhl_algorithm(f) - digest_table);
    return algorithms;
}

int mhl_hashes_put_all(struct mhl_hashes *h, const struct digest_values *values)
{
    int r = 0;

    for (unsigned i = 0; i < DIGEST_ALGORITHMS && r == 0; i++)
        if (values->algorithms & 1u << i)
            r = mhl_hashes_put(h, mhl_format_find(digest_table[i].name), values->text[i]);
    return r;
}
