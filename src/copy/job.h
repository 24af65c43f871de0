/* job: one copy, shared by its workers and watched by the main thread: the ledger, the state of
 * each destination and of the source, and what every worker has to know of the files.
 *
 * The fields that are fixed at start are read without a lock. One mutex protects the others. It
 * is taken a few times per chunk, and never held during I/O. Any thread may call the functions,
 * but for those that are for the time before job_start(). */
#ifndef UCOPY_COPY_JOB_H
#define UCOPY_COPY_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bad_reads.h"
#include "base/block_hashes.h"
#include "base/failure.h"
#include "base/rate.h"
#include "hasher.h"
#include "ledger.h"
#include "source/extents.h"
#include "target/journal_writer.h"

#define JOB_NO_FILE UINT32_MAX

/* The source or a destination. */
struct endpoint {
    unsigned file;         /* index into job.fds: through the page cache */
    unsigned file_direct;  /* index into job.fds: O_DIRECT, or JOB_NO_FILE */
    uint32_t direct_align; /* bytes: of offset, length and address; a power of two */
    unsigned file_sectors; /* source: as file_direct, for reads in small pieces */
    uint64_t base;         /* where position 0 of the ledger lies in the file; bytes */
    bool need_direct;      /* --direct=always: never fall back to the page cache on EINVAL */
    bool sequential; /* no positions: bytes in order. A source like this is read once: what
                              a worker that is left behind had of it is lost */
    bool ascending;  /* a write begins when what is below it has been written */
    bool unready;    /* source: an engine that polls would wait in vain */
    bool flush;      /* wants an fsync when all is written */
    uint32_t head;   /* so many bytes from position 0 on become zeros, on stable storage, before
                      * anything is written, and are put into job.head instead of being written;
                      * TARGET_HEAD at most, 0 with job.in_order */
    bool blank;      /* reads as zeros where nothing is written: zeros need not be written */
    unsigned timeout_ms; /* how long it may be silent while operations run; 0: for ever */
    dev_t
        device; /* of its file system: as long as that writes, it is not silent; 0: not known */
};

/* The kinds of work on a destination. One more kind is one more value here, the stages that
 * belong to it, and one more struct work_ops (copy_priv.h). */
enum work {
    WORK_WIPE,  /* the head of a destination becomes zeros, with an fsync, before all else */
    WORK_COPY,  /* a range is read once and written to all destinations that need it */
    WORK_FLUSH, /* an fsync, when the destination holds all its bytes */
};

/* A piece of work for a worker. */
struct claim {
    enum work work;
    struct range range; /* WORK_COPY; WORK_WIPE: of zeros; otherwise empty */
    bool hole;          /* the range is a hole of the source: zeros, without reading */
    bool careful;       /* a read in it has failed: it is to be read in small pieces */
};

/* The life of a destination. It goes down this list; it goes back only when a claimed wipe or flush
 * is returned undone, and when something is written after a flush. */
enum dest_stage {
    STAGE_UNWIPED,  /* it has a head, which is to become zeros; that can be claimed */
    STAGE_WIPING,   /* its wipe is claimed */
    STAGE_COPYING,  /* it lacks bytes */
    STAGE_WRITTEN,  /* it holds all; its flush can be claimed */
    STAGE_FLUSHING, /* its flush is claimed */
    STAGE_COMPLETE, /* it holds all, on stable storage if it wants a flush */
    STAGE_DROPPED,  /* it failed */
};

struct job_dest_state {
    _Atomic(enum dest_stage) stage; /* changed with the lock held; read without it, too */
    bool detached;                  /* was too slow for the others at some time */
    bool aside;                     /* it gets its bytes from elsewhere */
    bool wiped;                     /* its head may have been changed */
    uint32_t zeroed;                /* bytes at its start that its wipe has made zeros so far */
    uint64_t written;               /* bytes, some perhaps more than once */
    struct failure failure;         /* STAGE_DROPPED */
    uint64_t missing;               /* STAGE_DROPPED: bytes that it does not hold; the ledger
                                       forgot them */
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
    uint32_t chunk_size; /* bytes; a multiple of chunk_step */
    uint32_t chunk_step; /* bytes; a multiple of every alignment in use */
    unsigned buffers;    /* chunks per worker */
    uint64_t memory;     /* bytes of buffers that the workers of all jobs may have together */
    unsigned max_held;   /* chunks per worker that may wait for one destination */
    bool detach;         /* a destination that keeps the others waiting is served on its own */
    unsigned stall_ms;   /* how long tries on an endpoint may move nothing (0, EINTR, EAGAIN) */
    bool in_order;
    bool stop_on_error;
    bool prompt;           /* only CPUs work: see engine_config.writers */
    struct hasher *hasher; /* the last destination, see hasher.h; NULL: there is none */
    struct journal_writer *journal_writer; /* notes what destinations hold; NULL: none */
    struct block_hashes *hashes;           /* of what is read of the source; NULL: none */
    struct extents *extents;               /* of the source; NULL: it is all data */
    char *head; /* room for the largest head of all destinations; NULL: none has one. What is in
                 * it is protected by the lock */
    struct ranges head_kept; /* what of it is there; likewise */
    uint64_t
        expected; /* bytes that the source has; with another length it fails. UINT64_MAX: any */
    struct rate *rate;   /* of reading; may have no limit. Not owned; NULL: none */
    uint32_t zero_block; /* bytes: blocks of so many zeros are not written to destinations
                            that are blank; 0: they are not looked for */
    int news_fd; /* eventfd(2) that gets a 1 when a destination is complete or dropped; or -1 */

    /* shared */
    pthread_mutex_t lock;
    struct ledger ledger;
    struct job_dest_state *states;
    struct bad_reads bad;          /* of the source; its first fields are fixed at start */
    unsigned alive;                /* destinations not dropped, without the hasher */
    struct failure source_failure; /* err 0: none */
    bool stop;                     /* start nothing new: job_stop(), or stop_on_error */
    uint64_t read_bytes;
    uint64_t end; /* where the copy ends: size, or less once an unknown end has been found */

    uint64_t
        skip; /* bytes that come before position 0 in a source without positions, and are still
                      to be read; for its only worker */

    unsigned asking; /* workers that ask for the source's end with a call that may hang */

    /* Since when they get no answer, clock_running_ms(); 0: none asks. */
    _Atomic uint64_t asked_at;
};

/* A destination at one moment, for progress and the summary. */
struct job_view {
    uint64_t held;    /* bytes of the copy that it holds */
    uint64_t missing; /* bytes it does not hold yet */
    struct job_dest_state state;
};

/* Makes a job for n_dests destinations that all need [0, size). The caller fills in the other
 * fixed fields and then calls job_start(). claims: chunks in flight in all workers together. 0
 * or -ENOMEM (nothing to free). */
int job_init(struct job *j, unsigned n_dests, uint64_t size, bool size_known, unsigned claims);

/* The last destination is the hasher, from now on; there is another one. What it lacks is missing
 * in the hashes. If it is dropped, the source has failed. Before job_start(). */
void job_set_hasher(struct job *j, struct hasher *h);

/* Whether destination d is the hasher. */
static inline bool job_is_hasher(const struct job *j, unsigned d)
{
    return j->hasher && d == j->n_dests - 1;
}

/* Destination d holds these bytes already. Before job_start(). 0 or -ENOMEM. */
int job_hold(struct job *j, unsigned d, const struct ranges *held);

/* The fixed fields are filled in: workers may start. A destination that has a head is in
 * STAGE_UNWIPED, one that needs no bytes past STAGE_COPYING. To be called once. */
void job_start(struct job *j);

/* Frees what job_init() made. */
void job_free(struct job *j);

/* Claims the whole range of destination d, which will get its bytes from elsewhere. Before any
 * part of it is claimed. job_return() gives the range to the workers after all. */
void job_set_aside(struct job *j, unsigned d);

/* Destination d, which was set aside, has got all its bytes from elsewhere; if it wants a
 * flush, they are on stable storage. */
void job_given(struct job *j, unsigned d);

/* Claims the next piece of work; takes[d] is set for the destinations that it is for. Wipes and
 * flushes come first, ready or not, as they make nobody wait. One claim is for all destinations whose
 * flush nobody has claimed, or for one destination that is to be wiped: for several if there are
 * more of them than job.buffers. Else it is the next range of at most max_len bytes for the
 * destinations d with ready[d], as ledger_claim() finds it: a hole or data. None of them may await
 * its wipe (job_awaits_wipe()). A hole is claimed only for destinations that are not blank; the
 * others hold it from then on. The function may have to look for holes in the source
 * (extents_learn()). False: nothing (more) to claim, or stopped. */
bool job_claim(struct job *j, const bool *ready, uint32_t max_len, struct claim *ret,
               bool *takes);

/* Gives work that was claimed for destination d back undone, or with WORK_COPY unfinished. r:
 * the range with WORK_COPY; otherwise not looked at. */
void job_return(struct job *j, unsigned d, enum work work, const struct range *r);

/* A read has failed in the range, which was claimed for the destinations with takes[d]: it is to
 * be read carefully, when all else has been copied. takes NULL: for all destinations, before
 * job_start(). */
void job_doubt(struct job *j, const struct range *r, const bool *takes);

/* Bytes in which a read had failed were tried again, for the destinations d with takes[d]. err 0:
 * they were read now; positive: they could not be, and count as zeros (bad_reads.h). */
void job_tried(struct job *j, uint64_t start, uint64_t end, int err, const bool *takes);

/* Finds the first bad range at or after `from`: bad_reads_first(). */
bool job_first_bad(struct job *j, uint64_t from, struct range *ret, int *ret_err);

/* Adds to the sets, in which positions are `shift` bytes larger: what all destinations hold that
 * were not dropped, without what is bad; what is doubtful; what is bad. 0 or -ENOMEM. */
int job_map(struct job *j, uint64_t shift, struct ranges *done, struct ranges *doubtful,
            struct ranges *bad);

/* Copies into next[n_dests], for each destination, the position of the first byte that it needs
 * and that is not claimed for it; UINT64_MAX: none, or it was dropped. Where nothing is left but
 * what could not be read, the next pass over that begins. */
void job_next(struct job *j, uint64_t *next);

/* Position of the first byte that destination d does not hold; UINT64_MAX: it holds all. */
uint64_t job_prefix(struct job *j, unsigned d);

/* n bytes were read from the source. */
void job_read(struct job *j, uint64_t n);

/* Destination d holds [start, end) now. */
void job_written(struct job *j, unsigned d, uint64_t start, uint64_t end);

/* Destination d holds [start, end), which was claimed for it, without a write: it is blank
 * there, and the source is zeros. */
void job_passed(struct job *j, unsigned d, uint64_t start, uint64_t end);

/* A worker is going to read from the source itself, without an engine; or it has done so. The
 * main thread is woken up and looks at job.asked_at from then on. */
void job_ask_source(struct job *j);
void job_source_answered(struct job *j);

/* The source ended at position `end`. If its size was known or expected, and is larger, that is a
 * failure of the source. */
void job_source_end(struct job *j, uint64_t end);

/* The source has bytes up to position `end`. If that is more than was expected, the source has
 * failed. */
void job_source_reaches(struct job *j, uint64_t end);

/* Whether the source has ended before `size`: its end has been read. */
bool job_has_end(struct job *j);

/* The source cannot be read: its first failure is kept, and everything stops. */
void job_fail_source(struct job *j, const struct failure *f);

/* Copies the source's failure into *ret; err 0: none. */
void job_source_failure(struct job *j, struct failure *ret);

/* Drops destination d; its first failure is kept. With stop_on_error everything stops. */
void job_drop(struct job *j, unsigned d, const struct failure *f);

/* No worker is left: drops every destination that lacks bytes, for err (positive errno). */
void job_fail_rest(struct job *j, int err);

/* Destination d was too slow for the others, and is served on its own. */
void job_detach(struct job *j, unsigned d);

/* The claimed wipe of destination d has made n more bytes of its head zeros. They stay so if the
 * wipe is returned. */
void job_zeroed(struct job *j, unsigned d, uint32_t n);

/* The claimed wipe of destination d was refused, and has changed no byte that is not zeroed. */
void job_not_wiped(struct job *j, unsigned d);

/* The claimed wipe of destination d has succeeded: it can be written. */
void job_wiped(struct job *j, unsigned d);

/* Whether destination d must not be written yet, as its head is not zeros. Takes no lock. */
bool job_awaits_wipe(struct job *j, unsigned d);

/* The claimed flush of destination d succeeded. */
void job_flushed(struct job *j, unsigned d);

/* Start nothing new from now on. */
void job_stop(struct job *j);

/* Whether workers should start nothing new: the job was stopped, the source failed, or all
 * destinations were dropped. */
bool job_stopping(struct job *j);

/* Whether destination d was dropped. Takes no lock. */
bool job_dropped(struct job *j, unsigned d);

/* Copies the state of all destinations into view[n_dests] and the bytes read so far into
 * *ret_read_bytes. */
void job_look(struct job *j, struct job_view *view, uint64_t *ret_read_bytes);

#endif
