/* display_priv: the progress of a copy on stderr. On a terminal that can move its cursor a
 * frame with a line per destination, drawn again and again; else plain lines now and then. */
#ifndef UCOPY_REPORT_DISPLAY_PRIV_H
#define UCOPY_REPORT_DISPLAY_PRIV_H

#include "report.h"

/* Chooses by the options, the terminal and the environment (TERM, NO_COLOR) how to show
 * progress. The locale has to be set before. */
void report_display_init(const struct options *o);

/* A copy begins. */
void report_display_start(const struct copy_status *s);

/* Milliseconds until the next report_display_progress() is wanted: -1 if never. */
int report_display_interval_ms(void);

/* Shows how the copy stands, if it is time. */
void report_display_progress(const struct copy_status *s);

/* Shows a plain line per destination now, whatever was chosen. */
void report_display_now(const struct copy_status *s);

/* The copy has ended: shows the last state, where progress has been shown, and leaves it there.
 */
void report_display_finish(const struct copy_status *s);

#endif
