/* number_priv: numbers and sizes in the notation of the command line. */
#ifndef UCOPY_CLI_NUMBER_PRIV_H
#define UCOPY_CLI_NUMBER_PRIV_H

#include <stdint.h>

/* Parses the decimal digits at the start of text. *ret_end points behind them. Signs and blanks
 * are errors; strtoull(3) accepts them. 0; -EINVAL without a digit; or -ERANGE, with *ret_end
 * set, if the number does not fit. */
int options_parse_digits(const char *text, uint64_t *ret_number, const char **ret_end);

/* Parses a SIZE in the notation of dd and truncate: decimal digits, then nothing or B (bytes),
 * K (or k) M G T P and KiB MiB ... (powers of 1024), kB KB MB GB TB PB (powers of 1000). 0;
 * -EINVAL; or -ERANGE if the number of bytes does not fit. */
int options_parse_size(const char *text, uint64_t *ret_bytes);

#endif
