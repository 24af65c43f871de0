/* meter_priv: the progress and the speed of each destination, as texts for its progress
 * line. */
#ifndef UCOPY_REPORT_METER_PRIV_H
#define UCOPY_REPORT_METER_PRIV_H

#include <stdbool.h>

#include "report.h"

/* The texts for one destination; none contains control characters. */
struct meter_text {
    char percent[8]; /* "?" if the size is not known */
    char bytes[16];
    char rate[24];  /* of bytes, or small files; "" if the destination has failed */
    char files[48]; /* "" if the copy is no tree */
    char eta[24];   /* "" if nothing is being written, or the size of a tree is not known */
    char state[FAILURE_TEXT + 16]; /* includes the reason of a failure */
    bool failed;
};

/* A copy to n destinations starts; n 0: the last copy has ended. Frees the data of the copy
 * before. Without memory report_meter_text() shows average rates instead of recent ones. */
void report_meter_reset(unsigned n);

/* Updates the rates. The caller has to call it about once per second or more often. */
void report_meter_update(const struct copy_status *s);

/* Fills *t with the state of destination d. */
void report_meter_text(struct meter_text *t, const struct copy_status *s, unsigned d);

#endif
