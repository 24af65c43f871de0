/* pace_priv: which destinations share the next range that is read, and which are too slow for
 * that.
 *
 * All destinations take part in a chunk as long as they keep up. A chunk is free again when the
 * last of them has written it, so that the slowest sets the pace: at most job->max_held chunks
 * wait for one destination, and then the others wait, too. With job->detach that is borne for a
 * tenth of the time that the copy has taken so far (more in its first second). A destination
 * that keeps idle ones waiting for longer (not counting what it had to wait for others: all
 * have their moments) goes apart: it no longer takes part in what the others read, but gets its
 * ranges from the source on its own, in the same ascending order, and joins in again if it ever
 * catches up. (Where an engine runs one write of a chunk after the other, those behind a slow
 * one are not to blame.) As it is behind the others it mostly finds them in the page cache.
 * Some buffers are kept free of any one destination, so that one that hangs cannot have them
 * all.
 *
 * Who needs less, because an earlier run has left it something, does not run ahead: it waits
 * until the others come to what it needs, and that is then read once for all.
 *
 * One pace belongs to one worker, as its chunks do. */
#ifndef UCOPY_COPY_PACE_PRIV_H
#define UCOPY_COPY_PACE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

struct pace_dest {
    unsigned held;   /* chunks that wait for it */
    unsigned behind; /* of these, where it waits for another one itself; the caller's */
    bool apart;
    bool idle;    /* wants what comes next, has nothing to do, and waits for one that is full */
    bool full;    /* wants more, and makes idle ones wait */
    int64_t debt; /* ms that it made others wait, less those that it waited for others */
};

/* All times are in ms on the monotonic clock. */
struct pace {
    struct job *job;
    struct pace_dest *dests;
    uint64_t *next; /* as job_next() told last */
    bool *ready;
    unsigned room;  /* chunks that may wait for one destination, for now */
    unsigned least; /* chunks that wait for the one that has fewest, of those that share */
    uint64_t began;
    uint64_t updated;
};

/* Makes *p for a worker of job j, which outlives it. 0 or -ENOMEM. */
int pace_init(struct pace *p, struct job *j);

/* Frees what pace_init() made. */
void pace_free(struct pace *p);

/* To be called when the worker is about to claim: `lost` of its chunks wait for nobody but
 * destinations that are pace_slow(). */
void pace_update(struct pace *p, unsigned lost);

/* Claims work as job_claim() does: a flush whenever there is one, and a range for the
 * destinations whose turn it is. takes[d] is set for the destinations that the work is for.
 * False: there is nothing to claim, or a destination has to be waited for. */
bool pace_claim(struct pace *p, struct claim *ret, bool *takes);

/* Work that was claimed for destination d no longer waits for it. */
void pace_release(struct pace *p, unsigned d);

/* To be called when the worker is about to wait for operations. */
void pace_wait(struct pace *p);

/* Whether operations of destination d may take long: it is apart, or as many chunks wait for it
 * as may, or so many that those of another one will be written sooner. Who waits for them, too,
 * would not see that the other one is idle. */
bool pace_slow(const struct pace *p, unsigned d);

#endif
