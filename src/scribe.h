/* scribe: writes down, while a copy runs, what its destinations hold by now, each by a thread
 * of its own: one that hangs holds up neither the others nor whoever tells of news.
 *
 * News of a destination wait in a queue of fixed size for its thread, which wakes about once a
 * second, and sooner when there are many. Those that find it full are lost: what they tell of
 * will have to be copied again, should it come to that. */
#ifndef UCOPY_SCRIBE_H
#define UCOPY_SCRIBE_H

#include <stdbool.h>

#include "map.h"

struct scribe;

struct scribe_config {
    unsigned n;         /* destinations */
    const bool *wanted; /* per destination: something is to be written down */
    void (*write)(void *arg, unsigned d, const struct map_record *v, unsigned n);
    void *arg;
};

/* Makes one and starts its threads; where none can be had, what there is to write waits for
 * scribe_finish(). Of the configuration only `arg` has to stay. 0 or -ENOMEM. */
int scribe_start(const struct scribe_config *config, struct scribe **ret_scribe);

/* Whether what destination d holds is to be told. Any thread may ask. */
bool scribe_wants(const struct scribe *s, unsigned d);

/* Destination d holds what the record says. Does not wait. Any thread may tell. */
void scribe_tell(struct scribe *s, unsigned d, const struct map_record *record);

/* Writes down what there is of destination d, and waits for that. Nothing is written for it
 * afterwards. A second time it does nothing. */
void scribe_finish(struct scribe *s, unsigned d);

/* Frees it when all that were wanted are finished; NULL is fine. */
void scribe_free(struct scribe *s);

#endif
