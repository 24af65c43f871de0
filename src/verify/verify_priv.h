/* verify_priv: what the files of the room share. A file calls only files below it:
 *
 *   verify.c   lanes, from their making to their end
 *   lane.c     the thread of a lane: record by record, round by round
 *   file.c     one file: opened, read, judged
 *   compare.c  one unit of a file: is it what it should be
 *   repair.c   what differs is written again
 *   unread.c   what could not be read of sources
 *   past.c     the way past the page cache
 *   open.c     opens files by paths of any length
 *   result.c   results, messages and signs of life */
#ifndef UCOPY_VERIFY_VERIFY_PRIV_H
#define UCOPY_VERIFY_VERIFY_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/bad_ranges.h"
#include "base/hash_table.h"
#include "base/inode_set.h"
#include "base/rate.h"
#include "base/spool.h"
#include "verify.h"

/* A file is read in pieces of so many bytes, and so many pieces at a time, if there is memory. */
#define UNIT      BLOCK_HASHES_UNIT
#define MAX_DEPTH 4u

/* With a short time-out in pieces of a multiple of this. No alignment of O_DIRECT is larger. */
#define UNIT_PART (64u << 10)

/* What tells that a file is still what it was. */
struct verify_stamp {
    uint64_t dev, ino, size;
    int64_t mtime, mtime_ns, ctime, ctime_ns;
};

/* How much of a source has hashes. */
enum verify_known { VERIFY_KNOWS_NOTHING, VERIFY_KNOWS_SOME, VERIFY_KNOWS_ALL };

/* A record in the spool; behind it the two paths with their NULs, and the hashes. */
struct verify_record {
    uint64_t dev, ino;
    struct verify_stamp source;
    uint64_t start, offset, length;
    uint64_t n_hashes;
    uint32_t block; /* bytes per hash */
    uint32_t known; /* enum verify_known, of a source */
    uint32_t copy;
    uint32_t source_len, dest_len; /* without NUL */
    const struct bmap *map;        /* see struct verify_file */
    bool whole, many, is_link, source_relinked, source_once;
};

struct verify_lane {
    struct verify *verify;
    unsigned n;

    /* Under the lock while files are added; afterwards the lane's thread's. */
    pthread_mutex_t lock;
    struct spool spool;
    bool started; /* nothing is added any more: by a thread that has hung meanwhile */
    int lost;     /* negative errno: a record could not be stored */
    uint64_t total_bytes, total_files;

    /* The lane's thread's. */
    struct verify_result *results; /* per copy */
    unsigned round;                /* 0: the first look */
    unsigned engine
        [2]; /* index into engine_table, without and with O_DIRECT: of the one that works */
    struct rate rate;
    struct inode_set flushed; /* devices whose file systems were flushed as a whole */
    char *
        buffers; /* verify.depth + 2 units: the last two are for comparisons, which few lanes need */
    struct hash_table told; /* of files, so that nothing is told once more by each round */
    char *paths;            /* of the current record */
    size_t paths_room;

    bool over; /* under the lock */

    /* Atomic. */
    _Atomic uint64_t files, bytes, moved_at, flush_bytes;
    atomic_bool at_source;
    atomic_bool *differs; /* per copy */
};

struct verify {
    struct verify_config config;
    unsigned depth; /* units that a lane reads at a time */
    pthread_mutex_t sets_lock;
    struct inode_set
        sources[VERIFY_KNOWS_ALL + 1]; /* that were noted, by what is known of them */
    struct inode_set devices;          /* that have files of this run */
    struct inode_set shared;           /* of these: that have several */
    struct verify_lane *lanes;
    struct bad_ranges bad; /* of sources; in order once the lanes run */
    uint64_t written;      /* bytes of all destinations */
    struct message_queue *messages;
    int wake_fd;
    atomic_bool stop;
};

/* The file that is being verified. */
struct verify_check {
    struct verify_lane *lane;
    const struct verify_record *record;
    const char *source, *dest; /* paths */
    char *backup;              /* what dest is then; owned; NULL: it is that of the record */
    uint64_t hashes_at;        /* in the spool */
    struct verify_result *result;
    struct stat st;
    int fd;
    struct read_file file; /* of fd */
    int fd_source;         /* -1: not open yet */
    uint64_t dest_data,
        source_data;             /* no data lie between the last position that was asked for and
                                        these */
    struct verify_range *ranges; /* what differs, in no order */
    size_t n_ranges, room;
    unsigned coarse; /* how often the gap between ranges was doubled */
    bool failed;     /* its failure has been reported */
};

/* ---- result.c ---- */

/* The file could not be verified: the failure is counted, once per file and round, and reported,
 * once per file; that of a single file only if the result does not tell it. */
void verify_fail(struct verify_check *c, const struct failure *f);

/* Tells the failure that was kept back, unless it is the one that the result is judged by. */
void verify_tell_kept(struct verify_lane *l, struct verify_result *r);

/* The lane has moved. */
void verify_moved(struct verify_lane *l);

/* A message about the file. All rounds together say it once. */
__attribute__((format(printf, 2, 3))) void verify_say(struct verify_check *c,
                                                      const char *format, ...);

/* These bytes of the file differ. */
void verify_note_range(struct verify_check *c, uint64_t offset, uint64_t length);

/* Puts the ranges in order, names them in messages, and takes them over into the result. If the file
 * has failed, its ranges of earlier rounds are left, too: nobody has seen that they are right. Before
 * a repair, whose failure says nothing about them. */
void verify_take_ranges(struct verify_check *c);

/* All files have been looked at in this round: puts the result's ranges in order. */
void verify_settle_ranges(struct verify_result *result);

/* ---- repair.c ---- */

/* Writes the ranges of the file again, from the source. Keeps its times. */
void verify_repair(struct verify_check *c);

/* ---- compare.c ---- */

/* Compares a unit: n bytes from position `at` of the range were read into buf; want: as many as there
 * have to be. What differs is read again: see verify_reread(). */
void verify_compare(struct verify_check *c, uint64_t at, const char *buf, size_t n,
                    size_t want);

/* Whether nothing of the unit was read while it was copied, and the file systems say that it is a
 * hole in the file and in the source: there is nothing on the medium to be read. */
bool verify_is_hole(struct verify_check *c, uint64_t at, size_t n);

/* The bytes of the file among n of the range that are no hole. */
uint64_t verify_count_data(struct verify_check *c, uint64_t at, uint64_t n);

/* Reads the unit of the source at that position of the range, n bytes. True: they are what was
 * copied: a hash says so, or the source is the file that it was. False: they are not, or cannot be
 * read, which was reported. */
bool verify_read_source(struct verify_check *c, uint64_t at, char *buf, size_t n);

/* The stamp of a file. */
struct verify_stamp verify_stamp_of(const struct stat *st);

/* ---- file.c ---- */

/* Verifies the file of the record. */
void verify_check_file(struct verify_check *c);

/* Whether the lane reads the source back. */
static inline bool verify_is_source(const struct verify_lane *l)
{
    return l->n == l->verify->config.n_dests;
}

/* ---- open.c ---- */

/* Opens a file as fd_open_existing() does, without a change of its time of access, where that is
 * allowed. The path may be longer than PATH_MAX. A descriptor that is the caller's, or a negative
 * errno. */
int verify_open(const char *path, int access);

/* The same for a file that is open already. -ESTALE: it is another one. */
int verify_open_again(const char *path, int access, const struct stat *st);

/* ---- unread.c ---- */

/* n bytes at the offset of the source, which is open as fd, were read into buf; r is what the read has
 * returned. Makes bytes zeros that could not be read when the file was copied, and reads the others
 * if they were not because of these. Returns r, or what there is now. */
int64_t verify_leave_unread(struct verify_check *c, int fd, char *buf, size_t n,
                            uint64_t offset, int64_t r);

/* ---- past.c ---- */

/* Flushes the file and drops its pages; sets O_DIRECT where that is possible.
 * False: the flush has failed, which was reported. */
bool verify_pass_cache(struct verify_check *c);

/* Flushes the file, or all of its file system. op: for the failure. False: it has failed, which was
 * reported. */
bool verify_flush(struct verify_check *c, bool file_system, const char *op);

/* The file was read: says how in the result, and drops its pages again. */
void verify_judge_way(struct verify_check *c);

/* As many bytes as have to be asked for to get n: O_DIRECT has an alignment. */
size_t verify_request(const struct verify_check *c, size_t n);

/* Before n bytes are read: waits until that is allowed, or the lane is to stop. */
void verify_wait_for_rate(struct verify_check *c, uint64_t n);

/* Reads `want` bytes at position `at` of the range into buf (room for a unit), past the page cache
 * if there is a way. Returns their number, or a negative errno. */
int64_t verify_reread(struct verify_check *c, uint64_t at, char *buf, size_t want);

/* ---- lane.c ---- */

/* The thread of a lane. */
void *verify_run_lane(void *arg);

/* Whether there is a record of this source of which that much is known, or more. */
bool verify_source_is_noted(struct verify *v, enum verify_known least, uint64_t dev,
                            uint64_t ino);

#endif
