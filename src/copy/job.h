/* job: one copy, shared by its workers and watched by the main thread: the ledger, the fate of
 * each destination and of the source, and what every worker has to know of the files.
 *
 * What is fixed at start is read without a lock. The rest is behind one mutex that is taken
 * a few times per chunk, never while I/O is done. */
#ifndef UCOPY_COPY_JOB_H
#define UCOPY_COPY_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "ledger.h"
#include "source/extents.h"
#include "target/journal_writer.h"

#define JOB_NO_FILE UINT32_MAX

/* One end of the copy: the source or a destination. `base` is where position 0 of the ledger
 * lies in that file. */
struct endpoint {
    unsigned file;         /* index into job.fds: through the page cache */
    unsigned file_direct;  /* index into job.fds: O_DIRECT, or JOB_NO_FILE */
    uint32_t direct_align; /* bytes */
    uint64_t base;         /* bytes */
    bool need_direct;      /* --direct=always: never fall back to the page cache on EINVAL */
    bool sequential;       /* no positions: bytes in order */
    bool flush;            /* wants an fsync when all is written */
    bool blank;            /* reads as zeros where nothing is written: zeros need not be */
    unsigned timeout_ms;   /* how long an operation may go unanswered; 0: for ever */
};

struct job_dest_state {
    bool dropped;
    bool detached;          /* was too slow for the others at some time */
    bool flushing;          /* somebody has claimed its fsync */
    bool flushed;           /* an fsync after the last write succeeded */
    struct failure failure; /* with dropped */
    uint64_t missing;       /* with dropped: bytes it does not hold; the ledger forgot them */
};

struct job {
    /* fixed at start */
    int *fds;
    unsigned n_fds;
    struct endpoint source;
    struct endpoint *dests;
    unsigned n_dests;
    uint64_t size; /* bytes to copy, or the limit where the end is not known */
    bool size_known;
    uint32_t chunk_size; /* bytes; a multiple of every alignment in use */
    unsigned buffers;    /* chunks per worker */
    unsigned max_held;   /* chunks per worker that may wait for one destination */
    bool detach;         /* a destination that keeps the others waiting goes its own way */
    unsigned stall_ms;   /* how long a destination may move nothing, EINTR or EAGAIN included */
    bool in_order;
    bool stop_on_error;
    struct journal_writer *journal_writer; /* is told what destinations hold; NULL: nobody is */
    struct extents *extents;               /* of the source; NULL: it is all data */
    uint32_t zero_block; /* bytes: blocks of so many zeros are not written where that does
                              * without; 0: they are not looked for */
    int news_fd; /* eventfd(2) that gets a 1 when a destination is complete or dropped; -1 */

    /* shared */
    pthread_mutex_t lock;
    struct ledger ledger;
    struct job_dest_state *states;
    atomic_bool *dropped;          /* states[].dropped, to be looked at without the lock */
    unsigned alive;                /* destinations not dropped */
    struct failure source_failure; /* err 0: none */
    bool stop;                     /* a signal came, or on-error=stop: start nothing new */
    uint64_t read_bytes;
    uint64_t end; /* where the copy ends: size, or less once an unknown end has been found */
};

/* A destination's standing at one moment, for progress and the summary. */
struct job_view {
    uint64_t held;    /* bytes of the copy that it holds */
    uint64_t missing; /* bytes it does not hold yet */
    struct job_dest_state state;
};

/* Makes a job for n_dests destinations that all need [0, size). The caller fills in the other
 * fixed fields before workers start. claims: chunks in flight in all workers together. 0 or
 * -ENOMEM (nothing to free). */
int job_init(struct job *j, unsigned n_dests, uint64_t size, bool size_known, unsigned claims);

/* Destination d holds these bytes already. Before workers start. 0 or -ENOMEM. */
int job_hold(struct job *j, unsigned d, const struct ranges *held);

/* Frees what job_init() made. */
void job_free(struct job *j);

/* Destination d will get all from elsewhere: its whole range is claimed, before any worker
 * starts or somebody has a part of it. job_return() gives it to the workers. */
void job_set_aside(struct job *j, unsigned d);

/* Destination d, which was set aside, has got all from elsewhere; if it wants a flush, on
 * stable storage. */
void job_given(struct job *j, unsigned d);

/* Claims the next range of at most chunk_size bytes for the destinations d with ready[d], as
 * ledger_claim(). It is a hole (*ret_hole) or data: a hole is claimed for destinations only
 * that are not blank, and needs no reading; the others hold it from then on. May have to look
 * for it in the source (extents_learn()). False: nothing (more) to claim, or stopped. */
bool job_claim(struct job *j, const bool *ready, struct range *ret, bool *ret_hole,
               bool *takes);

/* Copies into next[n_dests] the position of the first byte that each destination needs and
 * nobody has claimed for it; UINT64_MAX: none, or it was dropped. */
void job_next(struct job *j, uint64_t *next);

/* Position of the first byte that destination d does not hold; UINT64_MAX: it holds all. */
uint64_t job_prefix(struct job *j, unsigned d);

/* Gives what was claimed for destination d back unfinished. */
void job_return(struct job *j, unsigned d, const struct range *r);

/* n bytes were read from the source. */
void job_read(struct job *j, uint64_t n);

/* Destination d holds [start, end) now. */
void job_written(struct job *j, unsigned d, uint64_t start, uint64_t end);

/* Destination d holds [start, end), which has been claimed for it, without having been written
 * to: it is blank there, and the source is zeros. */
void job_passed(struct job *j, unsigned d, uint64_t start, uint64_t end);

/* The source ended at position `end`. When its size was known and is larger, that is a source
 * failure. */
void job_source_end(struct job *j, uint64_t end);

/* The source cannot be read: the first failure stays, and everything stops. */
void job_fail_source(struct job *j, const struct failure *f);

/* Copies the source's failure into *ret; err 0: none. */
void job_source_failure(struct job *j, struct failure *ret);

/* Destination d is dropped; its first failure stays. With stop_on_error everything stops. */
void job_drop(struct job *j, unsigned d, const struct failure *f);

/* Nobody is left who could copy: drops every destination that lacks something, for err
 * (positive errno). */
void job_fail_rest(struct job *j, int err);

/* Destination d was too slow for the others, and is served on its own. */
void job_detach(struct job *j, unsigned d);

/* Destination d's data are on stable storage. */
void job_flushed(struct job *j, unsigned d);

/* Claims the flush of destination d: true if it is complete, wants to be flushed, and nobody
 * has claimed that. */
bool job_claim_flush(struct job *j, unsigned d);

/* Gives the claimed flush of destination d back undone. */
void job_return_flush(struct job *j, unsigned d);

/* Start nothing new. */
void job_stop(struct job *j);

/* Whether workers should start nothing new: stopped, source failed, or nobody left to serve. */
bool job_stopping(struct job *j);

bool job_dropped(struct job *j, unsigned d);

/* Copies the standing of all destinations into view[n_dests] and the bytes read so far into
 * *ret_read_bytes. */
void job_look(struct job *j, struct job_view *view, uint64_t *ret_read_bytes);

#endif
