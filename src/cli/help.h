/* help: --help and --usage. */
#ifndef UCOPY_CLI_HELP_H
#define UCOPY_CLI_HELP_H

#include <stdio.h>

#include "options.h"

/* Print --help and --usage to f. *o is the result of options_parse(). */
void help_print(const struct options *o, FILE *f);
void help_print_usage(const struct options *o, FILE *f);

/* Prints to f what somebody needs who has given nothing. */
void help_print_short(FILE *f);

#endif
