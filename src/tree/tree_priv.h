/* tree_priv: what the threads of a tree share. The main thread's own part is main_priv.h. */
#ifndef UCOPY_TREE_TREE_PRIV_H
#define UCOPY_TREE_TREE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "base/message_queue.h"
#include "base/path.h"
#include "dest_priv.h"
#include "handover_priv.h"
#include "links_priv.h"
#include "pax_priv.h"
#include "questions_priv.h"
#include "shared_file_priv.h"
#include "source_priv.h"
#include "stream_priv.h"
#include "totals_priv.h"
#include "tree.h"

/* A reader: a walk through the source, and its thread. */
struct tree_reader {
    /* Fixed before the thread starts; the lane before the start is decided. */
    struct tree *tree;
    unsigned lane;                 /* of the stream */
    struct tree_source_rest *rest; /* the part of the source that it reads; NULL: all */

    /* The reader's thread; before the start is decided, the thread that made the reader. */
    struct shared_file *shared_files; /* see shared_file_priv.h */

    /* Under tree.lock: whether it starts to read. Only the first reader does so at once. */
    enum {
        START_UNDECIDED, /* the thread waits: the stream has not been divided for it yet */
        START_NOW,
        START_CANCELLED, /* the stream could not be divided */
        START_LEFT, /* the thread has seen that, and does not look at the reader any more */
    } start;

    /* Atomic. The writers set a bit of `wanted` when they want the file of that offer; the
     * reader clears it. The reader and the main thread count up `steps` with every sign of
     * life. */
    _Atomic uint64_t wanted[RECORD_MAX_OFFER / 64 + 1];
    _Atomic unsigned short
        comparing[RECORD_MAX_OFFER + 1]; /* by offer: how many writers compare
                                                             * the file, or have to */
    _Atomic uint64_t steps;
    atomic_bool over; /* the thread does not look at the tree any more */

    /* The result, complete when over: 0, or the negative errno that ended the walk early. */
    atomic_int error;
};

/* A writer: one destination, and its thread. */
struct tree_writer {
    /* Fixed before the thread starts. */
    struct tree *tree;
    unsigned d; /* the number of the destination */
    char *root; /* its path; owned */

    /* The writer's thread. While it waits in stream_take() behind a RECORD_COPY, the main
     * thread calls the two functions of `dest` that are for that. */
    struct tree_dest *dest; /* NULL: not open, or the destination is a stream */
    struct tree_pax *pax;   /* likewise, or it is none */
    struct record *record;  /* a copy of the current record, without its data */
    size_t record_room;     /* bytes */

    /* Atomic: the writer's thread writes, and others read. */
    struct tree_dest_view view;
    _Atomic uint64_t busy_since; /* ms of clock_running_ms(); 0: it waits for records. The main
                                  * thread sets it to now when time must not count. */
    atomic_bool over;            /* the thread does not look at the tree any more */

    /* The result, valid when over. */
    bool complete;          /* all records were applied, and flushed if that was wanted */
    struct failure failure; /* err != 0: the destination as a whole has failed */
};

/* The count of the source, and its thread. */
struct tree_totals {
    struct totals count; /* fixed before the thread starts, except its atomics */
    atomic_bool over;    /* the thread does not look at the tree any more */
    int error;           /* the result, valid when over: 0 or a negative errno */
};

/* The walk ahead of the first reader, and its thread. */
struct tree_ahead {
    /* Fixed before the thread starts, except the atomics of `walk`. */
    struct totals walk;
    bool (*reads)(struct tree_reader *r, const struct stat *st); /* see tree_ahead_begin() */
    int room_fd; /* eventfd(2): the reader has passed more entries, or the walk is to stop */

    _Atomic uint64_t
        passed;          /* entries that the first reader has come to, without directories */
    atomic_bool started; /* set by that reader */
    atomic_bool over;    /* the thread does not look at the tree any more */
};

struct tree {
    /* Fixed before the threads start. */
    const struct options *o;
    const struct plan_copy *copy;
    struct tree_links *links;
    char *root; /* the source's path */
    mode_t umask;
    struct rate rate; /* of reading; the readers share it */
    struct existing_policy existing;
    unsigned max_readers;    /* and lanes of the stream */
    unsigned n_shared_files; /* of a reader */
    bool no_engines; /* all files go through the stream: there are too few descriptors, or
                              * a destination is an archive */
    int wake_fd;     /* eventfd(2): the main thread has something to do */
    struct tree_writer *writers;
    struct inventory *inventory; /* with --delete; else NULL */

    /* Each has a lock of its own. */
    struct stream *stream;
    struct message_queue *messages; /* failures, and what was made; for the main thread */
    struct questions questions;     /* from the writers, for the main thread */
    struct handover handover;       /* from the first reader, for the main thread */

    /* Under the lock: the readers by their lanes, and whether they start. A reader stays until
     * the tree is freed. `over` of a thread is set under the lock, too, see
     * tree_thread_over(). */
    pthread_mutex_t lock;
    pthread_cond_t start_changed;
    struct tree_reader **readers;

    /* Atomic: the readers and the main thread add to it. */
    _Atomic uint64_t read_bytes;

    struct tree_totals totals;
    struct tree_ahead ahead;
};

/* Who a message is about. Destinations have the first numbers. Then comes the source, and then
 * the attributes of each destination. Last come attributes that no destination can have. */
static inline unsigned tree_who_is_source(const struct tree *t)
{
    return t->copy->n_dests;
}

static inline unsigned tree_who_for_attrs(const struct tree *t, unsigned d)
{
    return t->copy->n_dests + 1 + d;
}

/* Who a message is from whose note is a struct tree_zeroed. */
static inline unsigned tree_who_for_zeros(const struct tree *t)
{
    return 2 * t->copy->n_dests + 2;
}

/* Bytes of a file that could not be read, and are zeros in the copies. */
struct tree_zeroed {
    uint64_t offset, length;
    int err;
};

/* Whether every file has to be a clone, and can be one without an engine. */
static inline bool tree_clones_all(const struct options *o)
{
    return o->reflink == WHEN_ALWAYS && o->sparse == WHEN_AUTO;
}

/* The path from the source's root to the part that is copied; "": all. Lives as long as the
 * tree. */
static inline const char *tree_subpath(const struct tree *t)
{
    return t->copy->source + strlen(t->copy->source) - t->copy->way_len;
}

/* Which symlinks in the source are followed. */
static inline struct tree_follow tree_follow_of(const struct tree *t)
{
    return (struct tree_follow){
        .n_subpath = path_count(tree_subpath(t)),
        .part = t->copy->follow,
        .all = t->o->follow == FOLLOW_ALWAYS,
    };
}

/* Makes the main thread look at everything. */
void tree_wake_main(struct tree *t);

/* A thread's last call: *over becomes true. When others see that, the thread does not look at
 * the tree any more. */
void tree_thread_over(struct tree *t, atomic_bool *over);

/* For the main thread: waits at most so many ms until a thread that was told to stop is over. False: it
 * hangs. */
bool tree_await_thread(struct tree *t, const atomic_bool *over, unsigned ms);

/* The reader of that lane, or NULL. */
struct tree_reader *tree_reader_at(struct tree *t, unsigned lane);

/* The reader that destination d gets its records from. */
struct tree_reader *tree_reader_of(struct tree *t, unsigned d);

/* The path in the source that a path at destination d is the copy of. The caller frees it; NULL
 * without memory. */
char *tree_source_of(const struct tree *t, unsigned d, const char *path);

/* How many descriptors each of n may take: together an eighth of the process's limit, each at
 * least 1 and at most `most`. */
unsigned tree_descriptor_share(unsigned n, unsigned most);

/* Whether the source can be counted. */
bool tree_counts(const struct options *o);

/* What is to be counted of the copy's source; the caller sets the functions, and arg for them. */
struct totals tree_totals_of(const struct options *o, const struct plan_copy *copy);

/* ---- writer.c ---- */

/* The thread of a writer; arg is its struct tree_writer. */
void *tree_make_copy(void *arg);

/* ---- reader.c ---- */

/* A reader that has not begun, in lane 0. The caller's; NULL without memory. */
struct tree_reader *tree_reader_new(struct tree *t);
void tree_reader_free(struct tree_reader *c); /* NULL is fine */

/* The thread of a reader; arg is its struct tree_reader. */
void *tree_read_source(void *arg);

/* Whether the directory or file is the root of a destination, or its archive; arg is a struct tree_reader. */
bool tree_is_target(void *arg, const struct stat *st);

/* ---- ahead.c ---- */

/* For the first reader: it has come to the next entry that is no directory. */
void tree_ahead_passed(struct tree *t);

/* For the first reader, once at most: starts the thread, if there are descriptors for it. leave_out: as
 * in struct totals; reads: whether the reader reads the bytes of such a regular file. Both get the
 * reader. */
void tree_ahead_begin(struct tree_reader *r,
                      bool (*leave_out)(void *arg, const struct stat *st),
                      bool (*reads)(struct tree_reader *r, const struct stat *st));

/* For the threads of readers, too: nothing more is read ahead. */
void tree_ahead_stop(struct tree *t);

/* For the main thread, when the first reader is over or left behind. Waits as long for the thread.
 * False: it hangs. */
bool tree_end_ahead(struct tree *t, unsigned ms);

#endif
