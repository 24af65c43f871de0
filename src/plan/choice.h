/* choice: what --exclude, --include, --files-from and the files that they name come to. */
#ifndef UCOPY_PLAN_CHOICE_H
#define UCOPY_PLAN_CHOICE_H

#include "cli/options.h"

/* Sets o->filter and o->names, as far as they are given. Reads files, and perhaps standard input: it blocks as long
 * as those do, so it is called before there are threads or a second process. 0, or a negative
 * errno; -EINVAL and others with *ret_error set to one line without newline for the user (malloc'd,
 * the caller frees it). */
int plan_read_choice(struct options *o, char **ret_error);

#endif
