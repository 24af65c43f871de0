/* chunk_priv: the chunks of one worker: what each holds, which destinations share it, and the
 * batch that brings what is missing.
 *
 * A chunk is free, or it is claimed for one piece of work. It is in use until no destination
 * lacks its share and no operation of its batch is under way. */
#ifndef UCOPY_COPY_CHUNK_PRIV_H
#define UCOPY_COPY_CHUNK_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "engine/engine.h"
#include "hasher.h"
#include "job.h"

struct copy;
struct pool;
struct work_ops;

/* What a destination still needs of a chunk. The kind of operation depends on the chunk's kind
 * of work. */
enum share_state {
    SHARE_DONE,    /* nothing (any more) */
    SHARE_PENDING, /* an operation that is not under way */
    SHARE_BUSY,    /* an operation that is under way */
};

/* One destination's part in a chunk. */
struct share {
    enum share_state state;
    uint32_t done;          /* bytes from the chunk's start that it holds */
    uint64_t stalled_since; /* for watchdog_is_stalled(), for operations on the destination */
};

struct chunk {
    const struct work_ops *work;
    struct range range; /* positions of the copy; empty if the work is on no bytes */
    char *buf;
    uint32_t loaded;        /* bytes from the start that are in buf */
    uint64_t due;           /* when it may be read: rate_reserve() */
    uint32_t piece;         /* bytes per read after one has failed; 0: all at once */
    unsigned tries;         /* failed reads of the sector at `loaded` */
    bool bad;               /* sectors in it could not be read */
    uint32_t blank;         /* bytes from the start of buf that are zeros */
    uint64_t *zeros;        /* the map of zeros_find(), if job->zero_block */
    uint64_t stalled_since; /* for watchdog_is_stalled(), for reads */
    struct share *shares;   /* per destination */
    bool hashed;            /* hash is known */
    struct hash hash;       /* of all its bytes */
    struct loan loan;       /* with the hasher's share busy */

    struct engine_op *ops; /* leader and at most one operation per destination */
    unsigned *op_dest;     /* destination of ops[i], i >= 1 */
    struct engine_batch batch;
    uint64_t turn; /* number of the batch, in the order of submission */
    unsigned left; /* operations of the batch that have not been accounted for */
    bool led;      /* the leader has been, or need not be waited for */

    struct chunk *next;
};

struct chunks {
    unsigned n;
    struct chunk *all;
    struct chunk *free;
    struct chunk *claimed; /* in the order of claims */
    struct chunk **claimed_tail;

    /* one allocation each, cut up between the chunks */
    struct share *shares;
    struct engine_op *ops;
    unsigned *op_dests;
    uint64_t *zeros;
};

/* Bytes that the chunk's work is on. */
static inline uint32_t chunk_len(const struct chunk *k)
{
    return (uint32_t)(k->range.end - k->range.start);
}

/* Makes a free chunk of each buffer of the pool, which outlives them. 0, or -ENOMEM with *s to
 * be freed. */
int chunks_init(struct chunks *s, const struct job *j, const struct pool *pool);

/* Frees what chunks_init() made. */
void chunks_free(struct chunks *s);

/* Gives a free chunk, which there must be, the work that was claimed for c->takes. */
void chunk_use(struct copy *c, const struct work_ops *work, const struct claim *claim);

/* Destination d needs nothing of the chunk any more. */
void chunk_finish_share(struct copy *c, struct chunk *k, unsigned d);

/* Makes the batch for what the chunk still lacks. False: nothing of that can be done now. */
bool chunk_build(struct copy *c, struct chunk *k);

/* How long no chunk may be read that is to be read, in ms; 0: there is none. */
unsigned chunks_wait_ms(const struct copy *c);

/* Takes the chunk back as if its batch had never been built. */
void chunk_unbuild(struct chunk *k);

/* The chunk that an operation belongs to. */
struct chunk *chunk_of(struct copy *c, const struct engine_op *op);

/* Frees the chunks that nobody needs any more. */
void chunks_free_done(struct copy *c);

/* For pace_update(): the number of chunks that operations under way keep from being used for
 * the destinations that share. */
unsigned chunks_count_lost(struct copy *c);

/* For pace: brings pace_dest.behind up to date, the number of chunks that a destination cannot
 * write because the engine serves another one first. */
void chunks_count_behind(struct copy *c);

/* For engine_wait(): the number of operations under way that are not worth waiting for. */
unsigned chunks_count_slow(struct copy *c);

#endif
