/* meter_priv: how far and how fast each destination of the running copy is, in words for its
 * line of progress. */
#ifndef UCOPY_REPORT_METER_PRIV_H
#define UCOPY_REPORT_METER_PRIV_H

#include <stdbool.h>

#include "report.h"

/* One destination; no text holds control characters. */
struct meter_text {
    char percent[8]; /* "?" where the size is not known */
    char bytes[16];
    char rate[20];  /* "" with a failure */
    char files[48]; /* "" unless it is a tree */
    char eta[24]; /* "" unless the destination is being written, and of a tree the size known */
    char state[FAILURE_TEXT + 16]; /* with the reason of a failure */
    bool failed;
};

/* A copy to n destinations begins, or with n 0 none is running any more: frees what the one
 * before needed. Without memory there will be averages instead of recent rates. */
void report_meter_reset(unsigned n);

/* Takes a look at the destinations: to be called at least every second or so. */
void report_meter_update(const struct copy_status *s);

/* Fills *t with how destination d stands. */
void report_meter_text(struct meter_text *t, const struct copy_status *s, unsigned d);

#endif
