/* status_priv: what the status of a copy means in words and figures, the same for people and
 * scripts. Pure functions without any output. */
#ifndef UCOPY_REPORT_STATUS_PRIV_H
#define UCOPY_REPORT_STATUS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

/* "copying", "flushing", "done", "failed", or where that has left something to go on with,
 * "partial". */
const char *report_status_name(const struct dest_status *d);

/* "OP[ at OFFSET]: REASON[ (MESSAGE)]", or "MESSAGE" where no operation failed. The caller
 * frees it; NULL without memory. */
char *report_status_reason(const struct failure *f);

/* The bytes that every destination gets: the size, or where that is not known for sure, the
 * most that one has. */
uint64_t report_status_bytes(const struct copy_status *s);

/* Whether it is time again for something that is wanted every interval_ms of a copy. *last is
 * when it was last due, in seconds since the copy began, at first 0; it is set to now if so. */
bool report_status_is_due(const struct copy_status *s, double *last, int interval_ms);

#endif
