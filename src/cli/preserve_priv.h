/* preserve_priv: which attributes the options ask for. */
#ifndef UCOPY_CLI_PRESERVE_PRIV_H
#define UCOPY_CLI_PRESERVE_PRIV_H

#include "options.h"

/* What --preserve=all stands for. The effort is for what not every file system knows. */
void options_preserve_all(struct options *o, enum attrs_effort effort);

/* What --no-preserve=all stands for. */
void options_preserve_nothing(struct options *o);

/* Sets (on), or takes back, what the words of a LIST stand for: separated by commas, and
 * abbreviated as far as cp takes them. 0, or -EINVAL when a word is none of them: those before
 * it have had their effect. */
int options_preserve_list(struct options *o, const char *list, bool on);

#endif
