#include "number_priv.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The bytes that a suffix of options_parse_size() stands for; 0: no such suffix. */
static uint64_t suffix_unit(const char *suffix)
{
    static const char letters[] = "KMGTP";
    const char *letter;
    uint64_t base = 1024, unit = 1;

    if (*suffix == '\0' || strcmp(suffix, "B") == 0)
        return 1;
    letter = strchr(letters, *suffix == 'k' ? 'K' : *suffix);
    if (letter == NULL)
        return 0;
    if (strcmp(suffix + 1, "B") == 0)
        base = 1000;
    else if (suffix[1] != '\0' && strcmp(suffix + 1, "iB") != 0)
        return 0;
    for (const char *l = letters; l <= letter; l++)
        unit *= base;
    return unit;
}

int options_parse_digits(const char *text, uint64_t *ret_number, const char **ret_end)
{
    uint64_t number = 0;
    bool overflow = false;
    const char *p;

    for (p = text; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
            __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
            overflow = true;
    }
    if (p == text)
        return -EINVAL;
    *ret_end = p;
    if (overflow)
        return -ERANGE;
    *ret_number = number;
    return 0;
}

int options_parse_size(const char *text, uint64_t *ret_bytes)
{
    const char *suffix;
    uint64_t number, unit;
    int r;

    r = options_parse_digits(text, &number, &suffix);
    if (r == -EINVAL)
        return r;
    unit = suffix_unit(suffix);
    if (unit == 0)
        return -EINVAL;
    if (r < 0 || __builtin_mul_overflow(number, unit, &number))
        return -ERANGE;
    *ret_bytes = number;
    return 0;
}
