/* usage_error: a message to the user about a command line that is refused. */
#ifndef UCOPY_CLI_USAGE_ERROR_H
#define UCOPY_CLI_USAGE_ERROR_H

/* Puts one line without newline into *ret_text (malloc'd, the caller frees it). -EINVAL, or
 * -ENOMEM with *ret_text untouched. */
int usage_error(char **ret_text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
