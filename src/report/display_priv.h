/* display_priv: shows the progress of a copy on stderr. On a terminal that can move its cursor
 * this is a frame with a line per destination, which is redrawn. Otherwise it is plain lines at
 * longer intervals. */
#ifndef UCOPY_REPORT_DISPLAY_PRIV_H
#define UCOPY_REPORT_DISPLAY_PRIV_H

#include "report.h"

/* Chooses the form of the display by the options, the terminal and the environment (TERM,
 * NO_COLOR). The locale must be set before. */
void report_display_init(const struct options *o);

/* A copy starts. */
void report_display_start(const struct copy_status *s);

/* The interval in milliseconds at which to call report_display_progress(); -1: never. */
int report_display_interval_ms(void);

/* Shows the state of the copy, if it is time for that. */
void report_display_progress(const struct copy_status *s);

/* Shows a plain line per destination now, also if another form was chosen. */
void report_display_now(const struct copy_status *s);

/* The copy has ended. If its progress was shown, shows the last state, which stays on the
 * screen. */
void report_display_finish(const struct copy_status *s);

#endif
