/* source_state_priv: the walk through the source while it goes on, as the files of
 * source_priv.h share it. Calls go down only:
 *
 *     source.c          begins, resumes and ends a walk
 *     source_walk.c     directories: listing them, entering and leaving them
 *     source_entry.c    entries that are no directories; which name of a file it is
 *     source_file.c     files: their data, or the file itself for the engines and for cloning
 *     source_hash.c     hashes of files
 *     source_record.c   records, their attributes, and failures
 *     source_wait.c     whether the walk waits for the source
 *     source_medium.c   whether the devices of the source are still there
 *     source_divide.c   waiting for consumers; dividing the walk when some are too slow
 *
 * All of it belongs to the thread of the walk. */
#ifndef UCOPY_TREE_SOURCE_STATE_PRIV_H
#define UCOPY_TREE_SOURCE_STATE_PRIV_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/digest_set.h"
#include "base/dir_chain.h"
#include "base/hash_table.h"
#include "base/path_buffer.h"
#include "record_priv.h"
#include "source_links_priv.h"
#include "source_priv.h"
#include "target/attrs.h"

#define WALK_LISTING    (128u << 10)     /* bytes of directory entries at a time */
#define WALK_OFFER_ONE  RECORD_MAX_OFFER /* the number of a file that is offered alone */
#define WALK_OPEN_FLAGS (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
#define WALK_NO_SHARED  UINT_MAX
#define WALK_MAX_MEDIA  16 /* more devices are not looked at */

/* A directory that the walk is in. */
struct walk_level {
    struct stat st;
    size_t path_len;  /* of walk.path */
    size_t names_at;  /* in walk.names: its directories that are still to come ... */
    size_t names_end; /* ... end here, and those of the next level begin */
    nlink_t n_dirs;   /* directories in it that have been listed, at least */
};

/* What the walk knows of a struct shared_file. */
struct walk_shared {
    uint64_t end; /* position in the stream behind its last record; 0: it is not open */
    struct path_buffer path; /* of the file */
};

/* What the walk is doing. If it is divided meanwhile, the walk for the slow consumers does it
 * again, from its beginning. */
enum walk_step {
    STEP_WHOLE,     /* cannot be done again: the walk is not divided */
    STEP_LIST,      /* reads on in a directory, up to RECORD_FILES_END */
    STEP_ENTRY,     /* an entry of the listing */
    STEP_DIRECTORY, /* enters the next directory, or leaves the current one */
};

struct walk {
    const struct tree_source *t;
    struct dir_chain dirs;
    struct walk_level *levels; /* likewise */
    unsigned n_levels;
    unsigned room;
    struct path_buffer path;     /* of the entry, for people: never for a system call */
    struct path_buffer names;    /* of directories that are still to come, each with its NUL */
    struct attrs attrs;          /* of the next record */
    dev_t dev;                   /* of the root */
    dev_t media[WALK_MAX_MEDIA]; /* block devices that directories were on */
    unsigned n_media;
    bool ended; /* no consumer is left, or there is no memory */
    bool no_memory;

    /* The listing of the current directory. */
    char *listing;
    size_t listed;   /* bytes of it */
    size_t entry_at; /* of these: the next entry ... */
    unsigned entry;  /* ... and its number, from 1 on */

    /* Offers: with t->offer a file is announced first, by RECORD_OFFER, and comes only if a
     * consumer wants it. */
    bool offers_due;                             /* the listing is to be offered */
    uint64_t offered[RECORD_MAX_OFFER / 64 + 1]; /* a bit per entry of the listing */
    unsigned offer; /* the number of the next file, if it was offered, or 0 */
    bool comparing; /* the records of the current file are for comparisons only */
    unsigned taken; /* the entry with that number is wanted, as is_wanted() has said; or 0 */

    /* Shared files: used one after the other, over and over again. */
    struct shared_file *shared_files; /* not owned */
    struct walk_shared *shared;       /* of each */
    unsigned next_shared;
    unsigned shared_now; /* the number of the one whose record is written, or WALK_NO_SHARED */

    /* Files with several names. */
    struct source_links *links;
    struct source_links own_links; /* of a walk that was divided from another one */
    enum record_nth nth;           /* which name of its file the next record brings */

    /* Hashes, with t->hashes. Such a walk is not divided. */
    struct digest_set digests; /* of the current file */
    bool hashing;              /* they have been started, and nothing has failed */
    struct hash_table hashed;  /* of files with several names */

    /* How long it has waited for the source, with t->waits. */
    struct walk_wait {
        bool told;
        unsigned files; /* since the last look */
        uint64_t ns;    /* likewise */
        long blocks;    /* ru_inblock of getrusage(2), when it was last asked for */
    } wait;

    /* The step that the walk is at, and where it began. */
    enum walk_step step;
    uint64_t step_position; /* in the stream */
    size_t step_names_at;   /* of the current level */
    bool step_met;          /* it has called source_links_meet() */
};

struct tree_source_rest {
    struct walk walk;
};

/* Whether the next entry is on the path from the root to the part that is copied. */
static inline bool walk_is_above(const struct walk *w)
{
    return w->n_levels < w->t->follow.n_subpath;
}

/* Whether the next entry may be a symlink, which is followed. */
static inline bool walk_follows(const struct walk *w)
{
    return tree_follows_at(&w->t->follow, w->n_levels);
}

/* ---- source_divide.c ---- */

/* Begins a step. */
void walk_begin_step(struct walk *w, enum walk_step step);

/* A call of the stream has failed. If that was because the producer is held up: divides the
 * walk, or else puts that off, and the call is to be made again (true). False: the stream was
 * stopped, or no consumer is left. */
bool walk_divide(struct walk *w);

/* Waits until all consumers have taken all records. False: the stream was stopped. */
bool walk_drain(struct walk *w);

/* Frees all that the walk owns. */
void walk_free(struct walk *w);

/* ---- source_wait.c ---- */

/* Before and after a call that may have to wait for the source: `began` is what the first one has
 * returned. */
uint64_t walk_wait_begin(const struct walk *w);
void walk_wait_end(struct walk *w, uint64_t began);

/* The walk has come to an entry that is no directory. */
void walk_passed(struct walk *w);

/* ---- source_medium.c ---- */

/* Notes that the walk has come to a directory on that device. */
void walk_note_medium(struct walk *w, dev_t dev);

/* Reports it if one of these devices is gone. The walk is at its end. */
void walk_check_media(struct walk *w);

/* ---- source_record.c ---- */

/* Reports a failure of what has w->path. */
void walk_fail(struct walk *w, const char *op, int err, const char *message);

/* There is no memory: the walk ends. */
void walk_fail_memory(struct walk *w);

/* A file has changed, which is reported. missing: bytes that it had may not be in the copy, or a
 * copy was discarded. Returns whether the copy counts. */
bool walk_changed(const struct walk *w, const char *path, bool missing);

/* Whether the file has not changed while its `len` bytes were read, or may. If it has, that is
 * reported. */
bool walk_unchanged(struct walk *w, int fd, const struct stat *st, uint64_t len);

/* Reads the attributes for the next record into w->attrs: of the file that fd is open on,
 * path_only: with O_PATH. Reports what could not be read. */
void walk_read_attrs(struct walk *w, int fd, bool path_only, const struct stat *st);

/* Begins a record with room for max bytes of data. text: as the kind of record wants, or "".
 * st: of the entry whose attributes are w->attrs; NULL: the record has none. NULL: no consumer
 * is left. */
struct record *walk_begin_record(struct walk *w, enum record_kind kind, const char *name,
                                 const char *text, size_t max, const struct stat *st);

/* Publishes the record that was begun, with its data_len bytes of data. */
void walk_publish(struct walk *w, struct record *r);

/* Publishes a record that is nothing but its kind. */
void walk_put_mark(struct walk *w, enum record_kind kind);

/* Publishes a record of an entry without data. False: the walk has ended, or the name is too
 * long, which was reported. */
bool walk_put_simple(struct walk *w, enum record_kind kind, const char *name, const char *text,
                     const struct stat *st);

/* ---- source_around.c ---- */

/* Before n bytes are read: waits until that is allowed, or the stream is stopped. */
void walk_wait_for_rate(struct walk *w, uint64_t n);

/* A read of n bytes at the offset of the file has failed with err (positive). Reads around what is
 * bad, if that is wanted. Returns as bad_sector_read_around(); -err if that is no help. */
int64_t walk_read_around(struct walk *w, int fd, char *to, size_t n, uint64_t offset, int err);

/* ---- source_file.c ---- */

/* Puts a regular file into the stream, in the way that is best for it. Takes *fd over if the
 * file becomes a shared one, and makes it -1 then. False: the file could not be read. */
bool walk_put_file(struct walk *w, const char *name, int *fd, const struct stat *st);

/* Puts a further name of a regular file into the stream: without data, but with the open file
 * for consumers that have not made the file. Takes *fd over, and makes it -1 then. */
void walk_put_further(struct walk *w, const char *name, int *fd, const struct stat *st);

/* Puts an entry of which only attributes are needed, or can be had. bare: the data are
 * missing. */
void walk_put_without_data(struct walk *w, const char *name, bool bare, const struct stat *st);

/* Puts all data of a file of any kind into the stream. False: they could not be read. */
bool walk_put_data(struct walk *w, const char *name, int fd, const struct stat *st);

/* Offers a file under that number. fd: open on it for reading; or -1, and the name is no
 * symlink. False: it was not offered. With fd that means that no consumer is left; else the
 * name may also stand for another file now. */
bool walk_put_offer(struct walk *w, const char *name, int fd, const struct stat *st,
                    unsigned number);

/* Puts a file that was offered under that number into the stream, to be compared by the consumers
 * that have to. Its position is at the start afterwards. */
void walk_put_compared(struct walk *w, const char *name, int fd, const struct stat *st,
                       unsigned number);

/* Waits until no consumer needs any shared file, and closes them. If the walk has been stopped,
 * they stay open: a consumer may still use them. */
void walk_close_shared(struct walk *w);

/* ---- source_hash.c: without t->hashes these do nothing, and return true ---- */

/* Begins the hashes of the next file. False: there is no memory, which was reported. */
bool walk_hash_begin(struct walk *w);

/* Adds bytes, or n zeros. */
void walk_hash_bytes(struct walk *w, const void *bytes, size_t n);
void walk_hash_zeros(struct walk *w, uint64_t n);

/* The bytes of the file at w->path have all been added, and it has not changed: tells its
 * hashes. False: that failed, which was reported. */
bool walk_hash_end(struct walk *w, const struct stat *st);

/* Tells the hashes of the file at w->path, which another one has made. */
void walk_hash_give(struct walk *w, const struct stat *st, const struct digest_values *values);

/* Reads the file for its hashes, and tells them. fd: open on it; its position is at the start
 * then. False: that failed, which was reported, or the stream was stopped. */
bool walk_hash_file(struct walk *w, int fd, const struct stat *st);

/* The same for a further name of a file. It is read only if it is not as it was with the name
 * before. */
bool walk_hash_further(struct walk *w, int fd, const struct stat *st);

/* ---- source_entry.c ---- */

/* Puts an entry that is no directory into the stream. st: what the entry is, as far as that is
 * known; undefined afterwards. */
void walk_put_entry(struct walk *w, int dir_fd, const char *name, struct stat *st);

/* Opens a regular file with one name, and puts it into the stream as walk_put_compared(). What
 * fails is reported. */
void walk_compare_entry(struct walk *w, int dir_fd, const char *name, unsigned number);

/* ---- source_walk.c ---- */

/* Walks through the source from its root on. */
void walk_all(struct walk *w);

/* Goes on with a walk that was divided from another one. */
void walk_resume(struct walk *w);

#endif
