/* unread: names what could not be read of the source. */
#ifndef UCOPY_REPORT_UNREAD_PRIV_H
#define UCOPY_REPORT_UNREAD_PRIV_H

#include "base/bad_ranges.h"

/* Writes the ranges to stderr, as errors of that program; of many of them only the first ones. */
void report_unread_write(const char *program, const struct bad_ranges *bad);

#endif
