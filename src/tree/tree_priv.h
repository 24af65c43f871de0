/* tree_priv: what the parts of tree.c share: writer.c, a destination's thread;
 * reader.c, those of the source; totals_thread.c, the one that counts. */
#ifndef UCOPY_TREE_TREE_PRIV_H
#define UCOPY_TREE_TREE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/message_queue.h"
#include "dest_priv.h"
#include "links_priv.h"
#include "report/report.h"
#include "reported_priv.h"
#include "shared_file_priv.h"
#include "source_priv.h"
#include "stream_priv.h"
#include "totals_priv.h"
#include "tree.h"

/* How often it is looked whether somebody hangs. */
#define TREE_LOOK_MS 200

/* How long threads have to come to an end after a signal. */
#define TREE_END_PATIENCE_MS 450

/* A walk through the source, and its thread: the first one's, and one for each time that some
 * destinations became too slow for the others (stream_priv.h). */
struct tree_reader {
    struct tree *tree;
    unsigned lane;                    /* of the stream */
    struct tree_source_rest *rest;    /* what it walks through; NULL: all */
    struct shared_file *shared_files; /* see shared_file_priv.h */
    /* Whether it is to begin. */
    enum { GATE_SHUT, GATE_OPEN, GATE_CALLED_OFF, GATE_GONE } gate;
    /* Bits: somebody wants what was offered under that number. */
    _Atomic uint64_t wanted[RECORD_MAX_OFFER / 64 + 1];
    _Atomic uint64_t steps; /* signs of life */
    atomic_bool over;
    atomic_int error;

    /* the main thread's */
    uint64_t idle_since; /* ms: all its consumers wait for the source; 0: not so */
    uint64_t idle_steps;
};

/* One destination, and the thread that makes it. */
struct tree_writer {
    struct tree *tree;
    unsigned d;
    char *root;               /* its path */
    struct tree_dest *target; /* the thread's; NULL: not open */
    struct tree_dest_view view;
    _Atomic uint64_t busy_since; /* ms, monotonic; 0: waits for records */
    atomic_bool over;
    bool complete;          /* has had everything; meaningful when over */
    struct failure failure; /* err != 0: of the destination as a whole; meaningful when over */
    struct record *record;  /* the one that is being dealt with, without its data */
    size_t record_room;     /* bytes */

    /* the main thread's */
    bool given_up;
    unsigned n_failed; /* files that could not be made */
    unsigned n_full;   /* of these, for want of space */
    uint64_t kept;     /* bytes of big ones that are there to go on with */
    unsigned n_attrs;  /* attributes that could not be kept */
    struct failure first;
    struct failure attrs;
};

struct tree {
    const struct options *o;
    const struct plan_copy *copy;
    struct tree_links *links;
    int signal_fd;
    int news_fd;
    char *root; /* the source's path */
    struct stream *stream;
    struct message_queue *notices;
    struct tree_writer *writers;
    mode_t umask;
    struct existing_policy standing;

    /* A file for the engines, from the source's thread to the main thread and back. */
    pthread_mutex_t lock;
    pthread_cond_t copied;
    int copy_fd; /* -1: there is none */
    const char *copy_path;
    bool copying;
    bool copy_read; /* nothing was wrong with it itself */
    unsigned n_shared_files;
    struct tree_writer **copy_writers; /* whose destinations it goes to */

    /* What a destination's thread asks the user. */
    struct {
        const char *path; /* NULL: nobody asks */
        struct existing_case about;
        bool is_answered, yes;
        bool closed; /* no question is answered any more */
    } question;
    pthread_cond_t answered;

    /* By their lanes, of which there may be so many; with the lock held. */
    struct tree_reader **readers;
    unsigned max_readers;
    pthread_cond_t parted; /* a gate has been moved */

    _Atomic uint64_t read_bytes;
    struct reported told; /* of the source */
    unsigned n_source_failed;
    struct failure source_first;

    /* How much there is, counted for people by a thread of its own. */
    struct totals totals;
    bool counting;       /* it has been started */
    atomic_bool counted; /* it is over */
    int totals_error;    /* meaningful when counted */

    struct copy_status status;
    uint64_t began_ms;
    int signal;
    bool stopping;
    bool impatient;
    bool abandoned;
    bool unavailable;
};

/* Who a notice is about. Destinations have the first numbers. */
static inline unsigned tree_who_is_source(const struct tree *t)
{
    return t->copy->n_dests;
}

static inline unsigned tree_who_for_attrs(const struct tree *t, unsigned d)
{
    return t->copy->n_dests + 1 + d;
}

/* Has the main thread look around. Any thread may call it. */
void tree_tell_news(struct tree *t);

/* A thread's last act: *over becomes true, and when the others see it, the thread no longer
 * looks at the tree. */
void tree_tell_over(struct tree *t, atomic_bool *over);

/* Whether every file has to be a clone, and can be one without an engine. */
bool tree_clones_all(const struct options *o);

/* Of the descriptors each of n may take that part of an eighth, at least 1 and at most `most`.
 */
unsigned tree_some_descriptors(unsigned n, unsigned most);

/* The path from the source's root to the part that is copied; "": all. Lives as long as the
 * tree. */
const char *tree_subpath(const struct tree *t);

/* Which symlinks in the source are followed. */
struct tree_follow tree_follow_of(const struct tree *t);

/* The thread of a destination; arg is its struct tree_writer. */
void *tree_make_copy(void *arg);

/* The walk in that lane of the stream, or NULL. */
struct tree_reader *tree_reader_at(struct tree *t, unsigned lane);

/* The walk through the source that destination d gets its records from. */
struct tree_reader *tree_reader_of(struct tree *t, unsigned d);

/* A walk that has not begun, in lane 0. The caller's; NULL without memory. */
struct tree_reader *tree_reader_new(struct tree *t);
void tree_reader_free(struct tree_reader *c); /* NULL is fine */

/* The thread of a walk; arg is its struct tree_reader. */
void *tree_read_source(void *arg);

/* Whether the directory is the root of a destination; arg is a struct tree_reader. */
bool tree_is_target(void *arg, const struct stat *st);

/* Whether what there is in the source can be counted. */
bool tree_counts(const struct options *o);

/* What is to be counted of the copy's source; the caller sets leave_out, and arg for it. */
struct totals tree_totals_of(const struct options *o, const struct plan_copy *copy);

/* Starts to count what there is in the source, once the copy turns out to take some time, if
 * somebody is watching it. The main thread calls these three. */
void tree_begin_totals(struct tree *t);

/* Puts into t->status what has been counted, when that is all. */
void tree_look_at_totals(struct tree *t);

/* Ends the counting: nobody wants to know any more. One that hangs leaves the tree abandoned.
 */
void tree_end_totals(struct tree *t);

#endif
