/* watchdog_priv: when each endpoint of a copy last moved, and whether that is too long ago.
 *
 * An endpoint moves when something that runs on it ends: an operation of an engine, or anything
 * else that the caller watches. The watchdog alone decides that an endpoint is silent. It knows
 * neither chunks nor jobs and calls no engine: about once in WATCHDOG_INTERVAL_MS the caller
 * lists what is running (watchdog_begin(), watchdog_see()), then asks for a verdict on each
 * endpoint (watchdog_judge()). In between the caller reports what has ended (watchdog_moved()).
 *
 * An operation that an engine has taken need not have begun: it may wait in the kernel behind
 * another one, and then its endpoint is not at fault. So an endpoint that has used up its time
 * is not silent yet: its operations are cancelled, one after the other. The answer shows
 * whether the operation waits (engine_op.waits), has been interrupted, or runs and stays.
 *
 * All times and limits here, and those of watchdog_is_stalled(), are measured with
 * clock_running_ms().
 *
 * A watchdog belongs to one worker. */
#ifndef UCOPY_COPY_WATCHDOG_PRIV_H
#define UCOPY_COPY_WATCHDOG_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/medium.h"
#include "engine/engine.h"

/* The least time between two looks, in ms. */
#define WATCHDOG_INTERVAL_MS 100u

/* The endpoints: the source and, from watch_of(0) on, the destinations. */
#define WATCH_SOURCE 0u

/* The number of destination d. */
static inline unsigned watch_of(unsigned d)
{
    return 1 + d;
}

/* One thing that runs on an endpoint. */
struct sight {
    struct engine_op *op; /* NULL: it is no operation of an engine */
    const char *what;     /* for messages: "write"; static */
    uint64_t turn;        /* of two things, the one with the lower turn was begun first */
    unsigned limit_ms;    /* how long the endpoint may be silent with it; 0: for ever */
    dev_t device;    /* what it is written to, or 0. While that completes writes, for whomever,
                             the endpoint is not silent */
    bool may_cancel; /* being cancelled would show that it had not begun. Not so on a
                             stream: what waits for the other side of a pipe has begun, and can
                             be cancelled all the same */
};

/* One endpoint. */
struct watch {
    bool busy;               /* something is running on it, as of the last look */
    struct sight oldest;     /* with busy: the first one of those that run if any does: of those
                               not known to wait, or else of all */
    uint64_t quiet_since;    /* since when it has been busy and nothing has ended; ms; 0: it is
                               not busy */
    struct engine_op *asked; /* this operation was cancelled to see whether it runs */
    struct medium_pulse pulse; /* of oldest.device, once half of the limit is over */
    uint64_t wrote_at; /* when that was last seen to have written; ms; 0: not since then */
    bool hung;         /* the verdict was WATCH_SILENT: no answer is expected any more */
};

struct watchdog {
    unsigned n;
    struct watch *watches;
    bool running;       /* something runs that does not wait, as of the last look */
    bool clogged;       /* something was not begun in all the time that its endpoint had */
    uint64_t looked_at; /* ms */
};

enum watch_verdict {
    WATCH_FINE,   /* it answers, has time left, has nothing to do, or has been given up */
    WATCH_ASK,    /* watch.asked is to be cancelled */
    WATCH_SILENT, /* it does not answer; the verdict is given once */
};

/* Makes *w for a source and n_dests destinations. 0 or -ENOMEM. */
int watchdog_init(struct watchdog *w, unsigned n_dests);

/* Frees what watchdog_init() made. */
void watchdog_free(struct watchdog *w);

/* Begins a look: nothing is running until watchdog_see() says so. False: it is too early. */
bool watchdog_begin(struct watchdog *w);

/* *s is running on endpoint i. It need not have begun, but nothing that the caller knows of
 * holds it up. */
void watchdog_see(struct watchdog *w, unsigned i, const struct sight *s);

/* The verdict on endpoint i, after all has been seen. */
enum watch_verdict watchdog_judge(struct watchdog *w, unsigned i);

/* Something on endpoint i has ended; op: the operation, or NULL if it was none. True: that was
 * only because it had been cancelled while it ran, and the endpoint is silent all the same. */
bool watchdog_moved(struct watchdog *w, unsigned i, const struct engine_op *op);

/* Whether the engine will not get out of it: an endpoint hangs, and there are operations that
 * the engine could not begin. */
bool watchdog_is_stuck(const struct watchdog *w);

/* A try moved nothing. *since: 0 until the first such try, set to 0 by the caller when
 * something moves. True: tries have moved nothing for limit_ms or longer. */
bool watchdog_is_stalled(uint64_t *since, uint64_t limit_ms);

#endif
