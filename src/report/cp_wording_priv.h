/* cp_wording_priv: the messages of cp for failures, for --cp. */
#ifndef UCOPY_REPORT_CP_WORDING_PRIV_H
#define UCOPY_REPORT_CP_WORDING_PRIV_H

#include <stdbool.h>

#include "base/failure.h"

/* The message for a failure at a path in the source, without "cp: " and newline. The caller
 * frees it; NULL without memory. */
char *report_cp_source_line(const char *path, const struct failure *f);

/* The message for a failure at a path of a destination; otherwise as report_cp_source_line().
 * source: the source of that path, or NULL; links: the copy makes links to the source. */
char *report_cp_line(const char *path, const struct failure *f, const char *source, bool links);

#endif
