/* pace_priv: which destinations share the next range that is read, and which are too slow for
 * that.
 *
 * All destinations take part in a chunk as long as they keep up. A chunk is free again when the
 * last of them has written it, so the slowest destination sets the pace: at most job->max_held
 * chunks wait for one destination, and then the others wait, too. With job->detach they do so
 * within a budget only (wait_budget.h): about a tenth of the time that the copy has taken so
 * far. A destination that has kept idle ones waiting for longer goes apart. The time that it
 * had to wait for others is subtracted, because every destination is slow at times. Where an
 * engine runs the writes of a chunk one after the other, a destination that waits behind a slow
 * one is not counted as slow itself.
 *
 * A destination that is apart takes no part in what the others read. It gets its ranges from
 * the source on its own, in the same ascending order, mostly from the page cache, as it is
 * behind the others. It joins the others again if it ever catches up. Some buffers are kept
 * free of any one destination, so that one that hangs cannot occupy all of them.
 *
 * A destination that awaits its wipe can take nothing: it is as if as many chunks waited for it as may.
 *
 * A destination that needs less, because an earlier run has left it something, does not run
 * ahead: it waits until the others come to what it needs, which is then read once for all.
 *
 * The hasher never goes apart: the others wait for it. It is never one that waits for a slow
 * destination either.
 *
 * A pace belongs to one worker, as its chunks do. */
#ifndef UCOPY_COPY_PACE_PRIV_H
#define UCOPY_COPY_PACE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "wait_account.h"

struct pace_dest {
    unsigned held;   /* chunks that wait for it */
    unsigned behind; /* those of them where it waits for another one; the caller's */
    bool apart;
    struct wait_account
        wait; /* late: it is full, and wants more; idle: it wants what comes next */
};

/* All times are in ms of clock_running_ms(). */
struct pace {
    struct job *job;
    unsigned buffers;    /* chunks of the worker */
    uint32_t chunk_size; /* bytes of each, at most */
    struct pace_dest *dests;
    uint64_t *next; /* from job_next() */
    bool *ready;
    unsigned room;  /* chunks that may wait for one destination at present */
    unsigned least; /* chunks that wait for one destination: the least of those that share */
    uint64_t began;
    uint64_t updated;
};

/* Makes *p for a worker of job j, which outlives it, with so many chunks of at most so many
 * bytes. 0 or -ENOMEM. */
int pace_init(struct pace *p, struct job *j, unsigned buffers, uint32_t chunk_size);

/* Frees what pace_init() made. */
void pace_free(struct pace *p);

/* To be called when the worker is about to claim: `lost` of its chunks wait only for
 * destinations that are apart or dropped. */
void pace_update(struct pace *p, unsigned lost);

/* How long the worker may wait until pace_update() is due, as others wait for a destination that
 * is full: ms, at least 1; UINT_MAX: they do not. The patience grows meanwhile: it is due again
 * and again until it has come to an end. */
unsigned pace_patience_ms(const struct pace *p);

/* Claims work as job_claim() does: a wipe or a flush whenever there is one, and a range for the
 * destinations whose turn it is. takes[d] is set for the destinations that the work is for.
 * False: there is nothing to claim, or a destination has to be waited for. */
bool pace_claim(struct pace *p, struct claim *ret, bool *takes);

/* Work that was claimed for destination d no longer waits for it. */
void pace_release(struct pace *p, unsigned d);

/* To be called when the worker is about to wait for operations. */
void pace_wait(struct pace *p);

/* Whether operations of destination d may take long: it is apart, or as many chunks wait for it
 * as may, or so many that those of another one will be written sooner. A worker that waits for
 * such operations, too, would not see that the other destination is idle. */
bool pace_slow(const struct pace *p, unsigned d);

#endif
