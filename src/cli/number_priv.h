/* number_priv: numbers and sizes as users write them. */
#ifndef UCOPY_CLI_NUMBER_PRIV_H
#define UCOPY_CLI_NUMBER_PRIV_H

#include <stdint.h>

/* Decimal digits at the start of text; *ret_end is what follows. No sign, no blanks, which
 * strtoull(3) would take. 0, -EINVAL, or -ERANGE when it does not fit. */
int options_parse_digits(const char *text, uint64_t *ret_number, const char **ret_end);

/* Parses a SIZE as cp, dd and truncate users write it: decimal digits, then nothing or B
 * (bytes), K (or k) M G T P and KiB MiB ... (powers of 1024), kB KB MB GB TB PB (powers of
 * 1000). 0, -EINVAL, or -ERANGE when it does not fit. */
int options_parse_size(const char *text, uint64_t *ret_bytes);

#endif
