/* cp_wording_priv: what cp says of failures, where --cp is wanted. */
#ifndef UCOPY_REPORT_CP_WORDING_PRIV_H
#define UCOPY_REPORT_CP_WORDING_PRIV_H

#include <stdbool.h>

#include "base/failure.h"

/* The line for what failed at a path of the source, without "cp: " and newline. The caller
 * frees it; NULL without memory. */
char *report_cp_source_line(const char *path, const struct failure *f);

/* The same of a destination. source: what was to be copied there, or NULL; links: by a link to
 * it. */
char *report_cp_line(const char *path, const struct failure *f, const char *source, bool links);

#endif
