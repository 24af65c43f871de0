/* journal_writer: writes the journals of the destinations while the copy runs. Each destination
 * has a thread: a journal that hangs delays neither the other destinations nor the copy.
 *
 * Records wait in a queue of fixed size for the thread of their destination. It wakes about
 * once a second, or earlier if there are many. If the queue is full, a record is dropped: a
 * later run that resumes has to copy its range again. */
#ifndef UCOPY_TARGET_JOURNAL_WRITER_H
#define UCOPY_TARGET_JOURNAL_WRITER_H

#include <stdbool.h>

#include "journal.h"

struct journal_writer;

struct journal_writer_config {
    unsigned n;         /* destinations */
    const bool *wanted; /* per destination: it has a journal */

    /* Writes n records of destination d, in its thread. May hang. */
    void (*write)(void *arg, unsigned d, const struct journal_record *v, unsigned n);
    void *arg;
};

/* Creates a writer and starts its threads. If a thread cannot be started,
 * journal_writer_finish() writes the records of its destination. Of the configuration only
 * `arg` has to stay valid. 0 or -ENOMEM. The caller frees *ret_writer with
 * journal_writer_free(). */
int journal_writer_start(const struct journal_writer_config *config,
                         struct journal_writer **ret_writer);

/* Whether destination d has a journal. Any thread. */
bool journal_writer_wants(const struct journal_writer *s, unsigned d);

/* Queues the record of a range that destination d holds by now. Does not wait. Any thread. */
void journal_writer_note(struct journal_writer *s, unsigned d,
                         const struct journal_record *record);

/* Waits until all records of destination d have been written. Nothing is written for it
 * afterwards. A second call does nothing. */
void journal_writer_finish(struct journal_writer *s, unsigned d);

/* Frees the writer, when all destinations with a journal have been finished. NULL is fine. */
void journal_writer_free(struct journal_writer *s);

#endif
