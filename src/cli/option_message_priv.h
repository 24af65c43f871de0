/* option_message_priv: the message about a wrong value, made from the option's row. */
#ifndef UCOPY_CLI_OPTION_MESSAGE_PRIV_H
#define UCOPY_CLI_OPTION_MESSAGE_PRIV_H

#include "option_table_priv.h"

/* Puts one line without newline into *ret_text (malloc'd, the caller frees it): which value is
 * wrong, and what the option expects. The value comes from the environment variable, or from
 * the command line if that is NULL. -EINVAL, or -ENOMEM with *ret_text untouched. */
int option_refuse_value(char **ret_text, const struct option_row *row, const char *variable,
                        const char *value);

#endif
