/* feed_priv: a ring of records of SOURCE. One thread fills it, and one thread for each destination
 * takes every record, at its own pace: the fastest is at most the ring ahead of the slowest. */
#ifndef UCOPY_CHECK_FEED_PRIV_H
#define UCOPY_CHECK_FEED_PRIV_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "inspection_priv.h"

/* Records in the ring. */
#define FEED_RECORDS 16u

enum feed_kind {
    FEED_DIRECTORY, /* name, st; its entries follow, up to FEED_LEAVE */
    FEED_NAMES, /* data: names in the current directory, sorted, each with its zero; the last of
                     * these records has `last` */
    FEED_LEAVE,
    FEED_FILE,     /* name, st; its data follow, up to FEED_FILE_END */
    FEED_DATA,     /* data: the next bytes; a whole buffer if they are not the last ones */
    FEED_FILE_END, /* broken: SOURCE could not be read to its end */
    FEED_LINK,     /* name; data: its target, with a zero */
    FEED_NODE,     /* name, st */
    FEED_END,      /* of SOURCE */
};

struct feed_record {
    enum feed_kind kind;
    char name[NAME_MAX + 1]; /* "": SOURCE itself */
    struct stat st;
    bool last, broken;
    size_t n;   /* bytes of data */
    char *data; /* as many bytes as inspection->buffer, aligned for reading */
};

struct feed;

/* Makes a ring for n destinations of the inspection. 0 or -ENOMEM. */
int feed_new(struct inspection *inspection, unsigned n, struct feed **ret_feed);

/* Waits for a free record; m waits. NULL: the thread has to end, or all destinations have left. */
struct feed_record *feed_begin(struct feed *f, struct inspector *m);

/* Hands out the record of feed_begin(). */
void feed_put(struct feed *f);

/* Waits for the next record for destination i, which stays valid until its feed_done(). NULL: the
 * thread has to end. */
const struct feed_record *feed_take(struct feed *f, unsigned i, struct inspector *m);

void feed_done(struct feed *f, unsigned i);

/* Destination i takes no more records. Any thread. */
void feed_leave(struct feed *f, unsigned i);

/* The same for one whose thread was given up: what it may still read stays as it is. */
void feed_abandon(struct feed *f, unsigned i);

void feed_free(struct feed *f);

#endif
