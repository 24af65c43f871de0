/* whole_priv: the progress of several copies to the same directories is that of all together. */
#ifndef UCOPY_REPORT_WHOLE_PRIV_H
#define UCOPY_REPORT_WHOLE_PRIV_H

#include "report.h"

/* Whether report_whole_begin() was called, and the end has not come yet. */
bool report_whole_is_on(void);

/* All copies as if they were one, while the copy *s is made; s itself if that is not wanted. Lives
 * until the next call. */
const struct copy_status *report_whole_of(const struct copy_status *s);

/* The copy *s has ended. */
void report_whole_add(const struct copy_status *s);

#endif
