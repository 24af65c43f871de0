/* options_check_priv: whether options and operands, each by itself what it should be, make
 * sense together. */
#ifndef UCOPY_CLI_OPTIONS_CHECK_PRIV_H
#define UCOPY_CLI_OPTIONS_CHECK_PRIV_H

#include "options.h"

/* Looks at no file. 0, or -EINVAL with *ret_error set to one line without newline for the user
 * (malloc'd, the caller frees it), or -ENOMEM. */
int options_check(const struct options *o, char **ret_error);

#endif
