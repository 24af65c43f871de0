/* option_values_priv: an option of the command line takes effect. */
#ifndef UCOPY_CLI_OPTION_VALUES_PRIV_H
#define UCOPY_CLI_OPTION_VALUES_PRIV_H

#include "option_table_priv.h"

/* Applies an option and its value, NULL if it has none, to *o. 0, -EINVAL for a wrong value, or
 * -ENOMEM; *o may have changed in any case. */
int option_apply(struct options *o, const struct option_row *row, const char *value);

/* Finds the word that text is, or abbreviates if the row permits that. NULL: none, or
 * several. */
const struct option_word *option_find_word(const struct option_row *row, const char *text,
                                           size_t length);

/* The functions for rows whose values need more than one member, or memory. */
int option_take_archive(struct options *o, const struct option_row *row, const char *value);
int option_take_backup(struct options *o, const struct option_row *row, const char *value);
int option_take_context(struct options *o, const struct option_row *row, const char *value);
int option_take_exclude(struct options *o, const struct option_row *row, const char *value);
int option_take_include(struct options *o, const struct option_row *row, const char *value);
int option_take_exclude_from(struct options *o, const struct option_row *row,
                             const char *value);
int option_take_include_from(struct options *o, const struct option_row *row,
                             const char *value);
int option_take_engine(struct options *o, const struct option_row *row, const char *value);
int option_take_preserve(struct options *o, const struct option_row *row, const char *value);
int option_take_no_preserve(struct options *o, const struct option_row *row, const char *value);
int option_take_hash(struct options *o, const struct option_row *row, const char *value);
int option_take_expect_hash(struct options *o, const struct option_row *row, const char *value);
int option_take_verify(struct options *o, const struct option_row *row, const char *value);
int option_take_target_directory(struct options *o, const struct option_row *row,
                                 const char *value);
int option_take_to_command(struct options *o, const struct option_row *row, const char *value);

#endif
