/* option_find_priv: rows of the table by their names. */
#ifndef UCOPY_CLI_OPTION_FIND_PRIV_H
#define UCOPY_CLI_OPTION_FIND_PRIV_H

#include <stdbool.h>

#include "option_table_priv.h"

/* Finds the option of exactly this name, given without "--". NULL: there is none. */
const struct option_row *option_find(const char *name, size_t length);

/* Whether there is an option of this letter, which is not NUL. */
bool option_has_letter(char letter);

/* Finds the option of cp whose name begins like this. NULL: there is none, or several. */
const struct option_row *option_find_abbreviated(const char *name, size_t length);

#endif
