/* command_line_priv: the words of the command line and of popt's alias files, as options with
 * their values and operands. The only file that uses popt. */
#ifndef UCOPY_CLI_COMMAND_LINE_PRIV_H
#define UCOPY_CLI_COMMAND_LINE_PRIV_H

#include <stdbool.h>
#include <stdio.h>

#include "option_table_priv.h"

struct command_line;

/* Prepares argv for command_line_next(). argv must stay valid until command_line_operands() has
 * returned. With cp the long options of cp may be abbreviated. 0 and *ret_line, which
 * command_line_free() frees; -EINVAL with *ret_error set to one line without newline (malloc'd,
 * the caller frees it); or -ENOMEM. */
int command_line_new(int argc, const char **argv, bool cp, struct command_line **ret_line,
                     char **ret_error);

/* Finds the next option. 1, with its row and its value (malloc'd, the caller frees it; NULL if
 * there is none); 0 after the last option; errors are those of command_line_new(). */
int command_line_next(struct command_line *line, const struct option_row **ret_row,
                      char **ret_value, char **ret_error);

/* The operands, after the last option: an array (malloc'd, the caller frees it) of strings that
 * belong to argv and to the line. 0 or -ENOMEM. */
int command_line_operands(const struct command_line *line, const char ***ret_operands,
                          unsigned *ret_n);

/* Print the options for --help and --usage to f. The synopsis stands behind the name of the
 * program. */
void command_line_print_help(const struct command_line *line, const char *synopsis, FILE *f);
void command_line_print_usage(const struct command_line *line, const char *synopsis, FILE *f);

/* Frees the line. NULL is fine. */
void command_line_free(struct command_line *line);

#endif
