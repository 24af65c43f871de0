/* sums: lists of checksums as md5sum, sha256sum and xxhsum write them, for --check.
 *
 * A line is "HEX  NAME" or "HEX *NAME" (GNU), "XXH3_HEX  NAME" (xxhsum 0.8.2), or
 * "ALGORITHM (NAME) = HEX" (BSD). A backslash in front of the line says that newlines, carriage
 * returns and backslashes in the name are written as \n, \r and \\. A carriage return at the end
 * is no part of the line. Empty lines and those that begin with # mean nothing, as in sha256sum.
 * A list that contains a zero byte is one of sha256sum -z: a zero ends each line, and nothing is
 * escaped.
 *
 * A list is read as a whole or refused: every line must make sense, and at least one must have a
 * checksum. */
#ifndef UCOPY_VERIFY_SUMS_H
#define UCOPY_VERIFY_SUMS_H

#include <stdbool.h>
#include <stddef.h>

struct sum {
    const char *name;      /* relative, without "." and ".." */
    const char *hex;       /* the checksum in lower case */
    const char *algorithm; /* name of a digest: "sha256" */
    const char *or_else;   /* only the number of digits tells that: what else they may be, for
                            * people; NULL: nothing else */
};

/* The lines of a list, sorted by name. A name may be there more than once. */
struct sums {
    struct sum *sums;
    size_t n;
    char *text; /* that the strings are in */
};

/* Reads a list. text: size bytes and a zero behind them, malloc'd; the function takes it over.
 * file: name of the list. It tells which algorithm made lines of 32 digits ("MD5SUMS"). 0;
 * -ENOMEM; or -EINVAL with *ret_error (malloc'd, the caller frees it): why the list is refused.
 * sums_free() frees *ret. */
int sums_parse(struct sums *ret, char *text, size_t size, const char *file, char **ret_error);

/* Whether the list has this name. */
bool sums_has(const struct sums *s, const char *name);

void sums_free(struct sums *s);

#endif
