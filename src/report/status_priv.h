/* status_priv: words and numbers for the status of a copy, the same ones for people and
 * scripts. Pure functions without output. */
#ifndef UCOPY_REPORT_STATUS_PRIV_H
#define UCOPY_REPORT_STATUS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

/* "copying", "verifying", "flushing", "done", "failed", or "partial" (failed, but --resume can go on). */
const char *report_status_name(const struct dest_status *d);

/* Why the operation failed: the error's text and the message, or the message alone if that says
 * all. The caller frees the string; NULL without memory. */
char *report_status_why(const struct failure *f);

/* "OP[ at OFFSET]: REASON[ (MESSAGE)]", or "MESSAGE" if no operation failed. The caller frees
 * it; NULL without memory. */
char *report_status_reason(const struct failure *f);

/* The number of bytes that each destination gets: the size, or if that is not known exactly,
 * the number of bytes in the destination that contains most. */
uint64_t report_status_bytes(const struct copy_status *s);

/* Whether something that happens every interval_ms during a copy is due now. *last: when it was
 * due the last time, in seconds since the start of the copy; 0 before the first call. If it is
 * due, *last is set to the present time. */
bool report_status_is_due(const struct copy_status *s, double *last, int interval_ms);

#endif
