/* journal_writer: writes down, while a copy runs, what its destinations hold by now, each by a
 * thread of its own: one that hangs holds up neither the others nor whoever tells of news.
 *
 * News of a destination wait in a queue of fixed size for its thread, which wakes about once a
 * second, and sooner when there are many. Those that find it full are lost: what they tell of
 * will have to be copied again, should it come to that. */
#ifndef UCOPY_TARGET_JOURNAL_WRITER_H
#define UCOPY_TARGET_JOURNAL_WRITER_H

#include <stdbool.h>

#include "journal.h"

struct journal_writer;

struct journal_writer_config {
    unsigned n;         /* destinations */
    const bool *wanted; /* per destination: something is to be written down */
    void (*write)(void *arg, unsigned d, const struct journal_record *v, unsigned n);
    void *arg;
};

/* Makes one and starts its threads; where none can be had, what there is to write waits for
 * journal_writer_finish(). Of the configuration only `arg` has to stay. 0 or -ENOMEM. */
int journal_writer_start(const struct journal_writer_config *config,
                         struct journal_writer **ret_scribe);

/* Whether what destination d holds is to be told. Any thread may ask. */
bool journal_writer_wants(const struct journal_writer *s, unsigned d);

/* Destination d holds what the record says. Does not wait. Any thread may tell. */
void journal_writer_note(struct journal_writer *s, unsigned d,
                         const struct journal_record *record);

/* Writes down what there is of destination d, and waits for that. Nothing is written for it
 * afterwards. A second time it does nothing. */
void journal_writer_finish(struct journal_writer *s, unsigned d);

/* Frees it when all that were wanted are finished; NULL is fine. */
void journal_writer_free(struct journal_writer *s);

#endif
