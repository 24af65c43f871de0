/* event: an eventfd(2) by which threads wake the one that polls it. */
#ifndef UCOPY_BASE_EVENT_H
#define UCOPY_BASE_EVENT_H

#include <stdbool.h>

/* Makes one, nonblocking. The descriptor (the caller's) or a negative errno. */
int event_create(void);

/* Makes the descriptor readable. Never waits and cannot fail; -1: nobody polls. Any thread. */
void event_signal(int fd);

/* Makes the descriptor unreadable again. Whether it was readable. */
bool event_clear(int fd);

#endif
