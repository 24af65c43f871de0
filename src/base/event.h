/* event: an eventfd(2) with which threads wake a thread that polls it. */
#ifndef UCOPY_BASE_EVENT_H
#define UCOPY_BASE_EVENT_H

#include <stdbool.h>

/* Makes a nonblocking eventfd. Returns the descriptor (the caller's) or a negative errno. */
int event_create(void);

/* Makes the descriptor readable. Any thread may call it; it never blocks and cannot fail. fd
 * -1: does nothing. */
void event_signal(int fd);

/* Makes the descriptor unreadable again. Returns whether it was readable. */
bool event_clear(int fd);

#endif
