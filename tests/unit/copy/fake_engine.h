/* fake_engine: an engine whose files are arrays in memory and whose faults are a script. It
 * does all that the contract of engine.h allows and nothing else, and returns what is done one
 * by one, both in an order drawn at random, and stops the test at the first thing that must not
 * be: a write of bytes that were not read, a byte read twice, a stream out of order, an fsync
 * before the last write.
 *
 * Single-threaded; everything is derived from the seed, and time passes only here: the build
 * replaces clock_gettime() and nanosleep(). One fake may have several engines, the later ones
 * as successors of those whose operations do not end. */
#ifndef UCOPY_FAKE_ENGINE_H
#define UCOPY_FAKE_ENGINE_H

#include <sys/types.h>

#include "engine/engine.h"

#define FAKE_MAX_DESTS   4u
#define FAKE_MAX_FILES   (2u * (1u + FAKE_MAX_DESTS))
#define FAKE_MAX_BATCHES 8u
#define FAKE_MAX_OPS     (1u + FAKE_MAX_DESTS)
#define FAKE_MAX_FAULTS  8u
#define FAKE_MAX_LOG     4096u

/* What is in a buffer between the submission of a read and its end; in no source. */
#define FAKE_POISON 0xEE

enum fake_effect {
    FAKE_SHORT_BY_ONE, /* all bytes but the last; the byte's operation is a 0 */
    FAKE_SHORT_TO_ONE, /* the first byte only */
    FAKE_RESULT,       /* 0 or a negative errno, and nothing happens to the data */
    FAKE_STUTTER,      /* -EAGAIN, then one byte, then -EAGAIN, ... */
    FAKE_HANG,         /* no result for `ms`, or ever */
};

/* A fault of the operation that starts as number `at`, counted from 0 over the whole run. What
 * makes no sense for an operation (a short NOP) does not happen to it. */
struct fake_fault {
    unsigned at;
    enum fake_effect effect;
    int32_t result;   /* of FAKE_RESULT */
    unsigned ms;      /* of FAKE_HANG; 0: no result ever */
    bool sticky;      /* from then on, for every operation ... */
    unsigned on_file; /* ... on this file; sticky only */
    bool on_fsync;    /* ... that is an fsync; sticky only */
};

enum fake_kind { FAKE_SOURCE, FAKE_DEST };

struct fake_file {
    enum fake_kind kind;
    unsigned dest;  /* of FAKE_DEST */
    uint32_t align; /* bytes, of O_DIRECT; 1: through the page cache */
};

struct fake_dest {
    uint64_t base;      /* where position 0 of the copy lies, bytes */
    uint8_t *bytes;     /* [size], by position of the copy; caller's */
    bool *written;      /* [size]; caller's; true from the start: not to be written */
    const bool *passed; /* [size]; need not be written; caller's; NULL: all has to be */
    uint64_t prefix;    /* positions from 0 on that are written without a gap */
    bool sequential;    /* takes streams only */
    bool ascending;     /* nothing is written behind a gap, as long as nothing hangs */
    uint32_t head;      /* so many bytes are to become zeros first, and are not written later */
    uint32_t cleared;   /* of them, so many from the start are zeros */
    bool wiped;         /* an fsync succeeded when all were */
    bool synced;        /* an fsync succeeded after the last write */
    unsigned in_flight; /* writes under way */
};

/* What was done to one operation. */
struct fake_event {
    enum engine_op_kind kind;
    unsigned file;
    uint64_t offset; /* in the file, bytes; of a stream: position in the copy */
    uint32_t len;
    int32_t result;
    bool hang;     /* for at least fake.timeout_ms; there is no result then */
    bool for_ever; /* with hang */
};

struct fake_slot {
    struct engine_batch *batch; /* NULL: free */
    struct engine_op asked[FAKE_MAX_OPS];
    uint64_t op_hangs[FAKE_MAX_OPS]; /* ms: until then; 0: it has not begun to */
    bool op_done[FAKE_MAX_OPS];
    bool op_breaks[FAKE_MAX_OPS]; /* until it is returned, what comes behind is cancelled */
    bool op_returned[FAKE_MAX_OPS];
    bool op_asked[FAKE_MAX_OPS]; /* about: the next wait() tells whether ... */
    bool op_waits[FAKE_MAX_OPS]; /* ... it waits and cannot be taken back */
    unsigned n_done;
    unsigned n_returned;
    uint64_t number; /* order of submission */
    bool handed;     /* to the kernel: a wait() has been called since */
    bool broken;     /* members do not start */
};

struct fake {
    /* the caller's, before engine_create() */
    const char *label; /* what is run: printed on failure */
    uint64_t seed;
    const uint8_t *source; /* [source_size], by position of the copy */
    uint64_t source_size;
    uint64_t source_base;
    bool *was_read; /* [source_size] */
    bool stream; /* the source has no positions, and is read once; at most one read at a time */
    uint64_t skip; /* bytes of it that come before position 0 */
    struct fake_dest dests[FAKE_MAX_DESTS];
    struct fake_file files[FAKE_MAX_FILES];
    bool keep_prefix; /* every destination's written set is a prefix at any time */
    bool chain_breaks;
    bool serial;
    bool leader_last;
    bool reads_again; /* bytes may be read more than once */
    unsigned behind;  /* mask of files: nothing on them starts while another operation hangs */
    unsigned kept;   /* mask of files: most writes that have not started cannot be taken back */
    unsigned hidden; /* mask of files: writes that hang pass for some that wait; nothing on
                        other files waits for them */
    bool writes_again;
    bool interrupts; /* what is cancelled while it hangs may end with -EINTR */
    unsigned timeout_ms;
    struct fake_fault faults[FAKE_MAX_FAULTS];
    unsigned n_faults;
    unsigned submit_fault_at; /* number of the submit() that fails, from 1; 0: none */
    int submit_fault;         /* with this negative errno */
    unsigned wait_fault_at;   /* number of the wait() that fails, from 1; 0: none */
    int wait_fault;
    unsigned hook_at;        /* before the operation of this number starts ... */
    void (*hook)(void *arg); /* ... this is called; NULL: nothing */
    void *hook_arg;

    /* the fake's own; to be looked at */
    unsigned n_started; /* operations */
    unsigned n_submits;
    unsigned n_waits;
    struct fake_event log[FAKE_MAX_LOG]; /* operations with a fault, results as given */
    unsigned n_log;
    uint64_t bytes_read;
    uint64_t stream_at;       /* position in the copy that the source has reached */
    unsigned reads_in_flight; /* of a source without positions */
    bool stuttered;           /* the last time it was -EAGAIN */
    unsigned n_cancels;       /* requests to cancel an operation */
};

struct fake_instance {
    struct engine base;
    struct fake *fake;
    struct fake_slot slots[FAKE_MAX_BATCHES];
    uint64_t n_batches;
};

/* The engine's operations. create() makes an instance for the fake that fake_next was set to;
 * destroy() checks that nobody touched what was in flight. */
extern const struct engine_ops fake_engine_ops;
extern struct fake *fake_next;

/* The time, in ms. */
extern uint64_t fake_now;

/* A read of the source that no engine makes: has no faults. */
ssize_t fake_pread(struct fake *f, void *buf, size_t len, uint64_t offset);

/* Moves the destination's prefix on over what is written, or need not be. */
void fake_advance(const struct fake *f, struct fake_dest *d);

/* Ends the test with a message that says which run it was. */
void fake_die(const struct fake *f, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* The next number of a sequence that depends on the state only; below `limit` (at least 1). */
uint32_t fake_random(uint64_t *state, uint32_t limit);

#endif
