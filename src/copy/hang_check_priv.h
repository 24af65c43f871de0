/* hang_check_priv: what runs on the worker's engine, whether it is going to end, and what is
 * done when it is not. Shows the watchdog the chunks' operations, and acts on its verdicts. */
#ifndef UCOPY_COPY_HANG_CHECK_PRIV_H
#define UCOPY_COPY_HANG_CHECK_PRIV_H

#include <stdbool.h>

#include "copy_priv.h"

/* Drops each endpoint that has been silent for too long. Sets c->leaving when the engine cannot
 * go on because of that. To be called often; does nothing when it is too early. */
void hang_check_look(struct copy *c);

/* Whether anything that is under way will end. */
bool hang_check_can_go_on(struct copy *c);

/* Nothing that is under way will end: returns what waits behind it to the job, for a successor
 * of this worker. The engine must begin nothing any more. */
void hang_check_leave_behind(struct copy *c);

#endif
