/* options_check_priv: the options, each of them right by itself, may contradict each other. */
#ifndef UCOPY_CLI_OPTIONS_CHECK_PRIV_H
#define UCOPY_CLI_OPTIONS_CHECK_PRIV_H

#include "options.h"

/* Both look at no file. They return 0, or -EINVAL with *ret_error set to one line without
 * newline for the user (malloc'd, the caller frees it), or -ENOMEM. */

/* Checks the options about the replacement of existing files. It needs no operands, and no kind
 * of backups from the environment. */
int options_check_replacing(const struct options *o, char **ret_error);

/* Checks everything else, the number of operands included. */
int options_check(const struct options *o, char **ret_error);

#endif
