/* json_priv: the events of a copy as JSON lines on stdout. json.c is the only file that uses
 * jansson.
 *
 * Each function writes one whole line and flushes stdout. It returns 0, -ENOMEM (the line is
 * missing then), or the negative errno of the write. A name that is not valid UTF-8 is written
 * in base64, too, with a key of its own. */
#ifndef UCOPY_REPORT_JSON_PRIV_H
#define UCOPY_REPORT_JSON_PRIV_H

#include "report.h"

/* "start" */
int report_json_start(const struct copy_status *s);

/* "device" */
int report_json_blockdev(const char *path, uint64_t size, const char *buffers);

/* "progress" */
int report_json_progress(const struct copy_status *s);

/* "dest_failed", for destination d. */
int report_json_dest_failed(const struct copy_status *s, unsigned d);

/* "file_failed"; dest NULL: for all destinations. */
int report_json_file_failed(const char *source, const char *dest, const char *path,
                            const struct failure *f, bool attribute);

/* "file_hashed" */
int report_json_file_hashed(const char *source, const char *path,
                            const struct digest_values *v);

/* "source_changed" */
int report_json_source_changed(const char *source, const char *path);

/* "summary" */
int report_json_verified(const struct copy_status *s, unsigned d);
int report_json_summary(const struct copy_status *s);

/* "dry_run", for one destination; how: see report_dry_run(). */
int report_json_dry_run(const char *source, const char *dest, const char *how);

/* "start", "progress" and "summary" of --check and --compare, with a "verified" per destination
 * before the summary. */
int report_json_check_start(const struct copy_status *s);
int report_json_check_progress(const struct copy_status *s);
int report_json_check_summary(const struct copy_status *s, const struct check_dest *tests);

/* "differs", "missing", "extra" or "unreadable" */
int report_json_finding(const char *source, const char *dest, const char *path,
                        enum finding kind, const struct failure *f,
                        const struct finding_range *range);

#endif
