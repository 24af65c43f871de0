/* inspection_priv: threads that read, one for each end, and the main thread that watches them.
 *
 * A member is one thread. It says what it finds by inspector_find(), and counts in `steps` whatever it
 * has done, so that the main thread sees that it moves. The main thread gives a member up that has
 * not moved within the time limit; the inspection is never freed then.
 *
 * The inspection owns its members and its findings. Strings belong to the caller, and stay as
 * long as the inspection. */
#ifndef UCOPY_CHECK_INSPECTION_PRIV_H
#define UCOPY_CHECK_INSPECTION_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/message_queue.h"
#include "cli/options.h"
#include "report/report.h"
#include "verify/read_file.h"

/* Bytes of a buffer for reading. */
#define INSPECTION_BUFFER (1u << 20)

struct inspection;

struct inspector {
    struct inspection *inspection;
    const char *path;                  /* of the directory or file that it reads */
    void *(*run)(void *member);        /* ends with inspector_leave() */
    void *arg;                         /* for run() */
    atomic_uint_fast64_t steps;        /* whatever it does makes this more */
    atomic_uint_fast64_t files, bytes; /* that it has read */
    atomic_bool waiting;               /* for another member */
    atomic_uint_fast64_t flush_bytes;  /* that are being flushed, which may take long */
    _Atomic(const char *) doing; /* name of what it reads now; lives as long as the inspection;
                                             * may be NULL */
    atomic_uint how;             /* the worst enum read_how of its files */
    atomic_bool complete;        /* it has looked at everything */
    atomic_bool over;            /* set by inspector_leave() */
    atomic_bool given_up;        /* nothing that it finds counts any more */
    uint64_t seen_steps, moved_at; /* ms, clock_running_ms(); the main thread's */
    uint64_t found[N_FINDINGS];    /* the main thread's */
};

struct inspection {
    const struct options *o;
    const char *source; /* for reports */
    int signal_fd;
    int wake_fd;
    struct inspector *members;
    unsigned n;
    unsigned first_dest; /* members before it are no destinations */
    size_t buffer;       /* bytes to read at once */

    atomic_bool stop; /* threads have to end */

    /* Tells the others that they need not wait for this member; may be NULL. */
    void (*gave_up)(void *arg, unsigned i);
    void *arg;

    pthread_mutex_t lock; /* see inspector_leave() */
    struct message_queue *findings;
    atomic_bool no_memory; /* a finding was lost; the main thread's */

    int signal; /* that ended the inspection, or 0 */
    uint64_t began_ms;
    struct copy_status status;
    struct check_dest *tests;
};

/* Makes a inspection of n members, all zero but for `inspection`; first_dest of them are no destinations. 0 or
 * a negative errno. */
int inspection_new(const struct options *o, const char *source, unsigned n, unsigned first_dest,
                   int signal_fd, struct inspection **ret_inspection);

/* Starts the members and watches them to the end. Reports everything. Returns the exit status.
 * *ret_hung becomes true if threads are left; otherwise the inspection is freed. */
int inspection_run(struct inspection *inspection, bool *ret_hung);

/* Frees a inspection that has not run; NULL does nothing. */
void inspection_free(struct inspection *inspection);

/* ---- for the threads of members ---- */

/* Finds something out about the entry at the path below the member's; "": itself. Copies all.
 * Blocks while too many findings wait. f and range may be NULL. */
void inspector_find(struct inspector *m, enum finding kind, const char *path,
                    const struct failure *f, const struct finding_range *range);

/* The same for a system call that failed: r is its negative errno, op its name. */
void inspector_fail(struct inspector *m, const char *path, const char *op, int r,
                    uint64_t offset);

/* A file has been read in this way. */
void inspector_note_how(struct inspector *m, enum read_how how);

/* For read_file_begin(): arg is a struct inspector. */
void inspector_flushing(void *arg, uint64_t bytes);

/* Counts a step. Returns whether the thread has to end. */
bool inspector_step(struct inspector *m);

/* The last call of a thread: it touches nothing of the inspection any more. */
void inspector_leave(struct inspector *m);

#endif
