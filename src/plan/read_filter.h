/* read_filter: what --exclude, --include and the files that they name come to. */
#ifndef UCOPY_PLAN_READ_FILTER_H
#define UCOPY_PLAN_READ_FILTER_H

#include "cli/options.h"

/* Sets o->filter if there is any filter. Reads files, and perhaps standard input: it blocks as long
 * as those do, so it is called before there are threads or a second process. 0, or a negative
 * errno; -EINVAL and others with *ret_error set to one line without newline for the user (malloc'd,
 * the caller frees it). */
int plan_read_filter(struct options *o, char **ret_error);

#endif
