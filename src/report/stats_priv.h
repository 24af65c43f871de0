/* stats: --stats: the statistics of a copy. */
#ifndef UCOPY_REPORT_STATS_PRIV_H
#define UCOPY_REPORT_STATS_PRIV_H

#include "report.h"

/* Writes them to stderr. */
void report_stats_write(const struct copy_status *s);

#endif
