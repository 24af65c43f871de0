/* json_priv: the events of a copy as JSON lines on stdout. The only file that knows jansson.
 *
 * Each function writes one whole line and flushes stdout. 0, or a negative errno: -ENOMEM (the
 * line is left out then) or what writing said. Names that are not UTF-8 are given in base64,
 * too, under a key of their own. */
#ifndef UCOPY_REPORT_JSON_PRIV_H
#define UCOPY_REPORT_JSON_PRIV_H

#include "report.h"

/* "start" */
int report_json_start(const struct copy_status *s);

/* "progress" */
int report_json_progress(const struct copy_status *s);

/* "dest_failed", for destination d. */
int report_json_dest_failed(const struct copy_status *s, unsigned d);

/* "file_failed"; dest NULL: not for a single one. */
int report_json_file_failed(const char *source, const char *dest, const char *path,
                            const struct failure *f, bool attribute);

/* "summary" */
int report_json_summary(const struct copy_status *s);

/* "dry_run", for one destination. */
int report_json_dry_run(const char *source, const char *dest, const char *how);

#endif
