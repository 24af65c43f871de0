/* verify: the room that reads destinations back and compares them with what was read from the
 * source.
 *
 * What it is for. While files are copied, a record of each is noted for each destination
 * (verify_add()): where it is, which file it is, and the hashes of its blocks as far as they were
 * read in this run (base/block_hashes.h). When everything is written, a thread per destination, a
 * lane, reads all of its files past the page cache, each at its own pace. Blocks without a hash (of
 * clones, or left by an earlier run) are compared with the source, which is read for that. With
 * repair, what differs is written again from the source, and then everything is read again: on a
 * medium that is smaller than it says, one block may lie in the place of another.
 *
 * The way past the page cache is proved for each file: its pages are dropped and counted
 * (base/page_cache.h), then it is read with O_DIRECT, and its pages are counted again. A file
 * system that has served O_DIRECT from the cache has filled that.
 *
 * What it never does. It knows neither options nor reports, and prints nothing: it gets numbers
 * and gives back results and messages (base/message_queue.h).
 *
 * Who owns what. The caller owns struct verify. A lane owns its spool of records, its buffers and
 * its results until it is over; then the caller may look at the results. A lane that hangs in the
 * kernel is left behind, and nothing is freed.
 *
 * Which thread runs it. verify_add(), verify_add_source(): any. The lanes run in threads of their own. All else: main. */
#ifndef UCOPY_VERIFY_VERIFY_H
#define UCOPY_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/block_hashes.h"
#include "base/failure.h"
#include "base/message_queue.h"
#include "read_file.h"

struct verify;
struct bmap;

struct verify_config {
    unsigned n_dests;
    bool dests;           /* destinations are read back */
    bool medium;          /* they are disks, and are read past their own caches, too */
    bool source;          /* the source is, too: by one more lane, the last one */
    bool flushed;         /* all that was written is on the media (--fsync) */
    unsigned n_copies;    /* sources on the command line */
    uint64_t max_request; /* bytes per read, at most: a slow medium must not seem to hang */
    uint64_t bwlimit;     /* bytes per second that each lane reads; 0: no limit */
    uint64_t memory;  /* bytes of all lanes' buffers together; but each has a unit at least */
    unsigned repairs; /* how often what differs is written again; 0: never */
};

/* A file to verify. The strings are copied. */
struct verify_file {
    unsigned copy; /* number of its source on the command line */
    const char *source;
    const char *dest;
    dev_t dev; /* of the file that was made */
    ino_t ino;
    const struct stat *source_st; /* of the source, when its bytes were read first */
    bool source_relinked;         /* its ctime says nothing: see struct source */
    bool source_once;             /* it cannot be read again */
    uint64_t start;               /* of the copied range in the source, bytes */
    uint64_t offset;              /* where the range lies in the destination, bytes */
    uint64_t length;              /* of the range, bytes */
    bool whole;                   /* the destination ends with the range */
    bool many;                    /* it is one of many files of a tree */
    bool is_link; /* a further name of a file that has a record: only the name is looked at */
    const struct block_hashes *hashes; /* NULL: none are known */
    const struct bmap *map; /* what of the source was copied; the rest was zeros. Not owned,
                             * outlives the verification. NULL: all */
};

/* Bytes that differ from the source. */
struct verify_range {
    const char *path; /* of the file; owned by the result */
    uint64_t offset;  /* in the file */
    uint64_t length;
    uint64_t first; /* offset of the first byte that differs */
    uint64_t file;  /* a number, of the file */
    bool beyond;    /* it is behind the end of what was copied */
};

/* What the files of one copy at one destination have come to. */
struct verify_result {
    enum read_how how; /* the worst of all files */
    uint64_t cached_pages;
    uint64_t files;
    uint64_t bytes;
    uint64_t doubts;   /* blocks that differed, and were right when they were read again */
    uint64_t repaired; /* bytes that differed; 0 unless all is right in the end */
    uint64_t unread; /* bytes of the source that were not read in this run: nothing is known of
                        * them, and they are not compared */
    struct verify_range *ranges; /* all that differed at some time, by file and offset */
    size_t n_ranges;
    size_t n_known;  /* the first ones, of earlier rounds: in order, and they do not overlap */
    uint64_t n_left; /* ranges that differ at the end, or did when they were last read */
    uint64_t n_failed; /* files that could not be verified */
    /* Flushes that have failed in any round, which count as such files: a later flush succeeds,
     * since the kernel reports an error once. */
    uint64_t n_unflushed;
    struct failure failure; /* the first of these */
    /* For the lane: a failure of a single file that is told only if `failure` does not tell it. */
    struct failure kept;
    char *kept_path; /* NULL: there is none */
    bool no_medium;  /* of READ_CACHE: it is a file system in memory */
    bool remote;     /* a server or another process keeps the files, and may cache them */
};

/* How far a lane is. */
struct verify_view {
    uint64_t files;
    uint64_t bytes;
    bool over;
    uint64_t moved_at;    /* when it last moved, ms of clock_running_ms() */
    uint64_t flush_bytes; /* so many bytes are being flushed, which may take long; 0: none */
    bool at_source;       /* the source is being read, not what is verified */
};

/* 0 or -ENOMEM. */
int verify_create(const struct verify_config *config, struct verify **ret_verify);

/* Frees it. No lane may be running or hang. NULL is fine. */
void verify_free(struct verify *v);

/* Notes a file at the destination of that lane. If that fails, the lane's verification does: a file
 * would be missing. */
void verify_add(struct verify *v, unsigned lane, const struct verify_file *f);

/* Notes the source of a file, if that is to be read back. For the same source the record counts of
 * which most is known: once everything that is read of it has its hash, at the end of its copy. */
void verify_add_source(struct verify *v, const struct verify_file *f);

/* length bytes at that offset of the source could not be read when it was copied, and are zeros in
 * the copies. They are not compared with the source. Before verify_start(). */
void verify_add_bad(struct verify *v, const char *source, uint64_t offset, uint64_t length,
                    int err);

/* The number of lanes: of destinations, and one more if the source is read back. */
unsigned verify_n_lanes(const struct verify *v);

/* Bytes and files of all records of a lane. */
void verify_total(const struct verify *v, unsigned lane, uint64_t *ret_bytes,
                  uint64_t *ret_files);

/* Starts the lanes. Their messages go into the queue: who is the number of the lane. wake_fd:
 * eventfd(2) that is signalled when a lane is over. A lane that cannot be started is over, and its
 * files have failed. */
void verify_start(struct verify *v, struct message_queue *messages, int wake_fd);

/* Lanes begin nothing new. */
void verify_stop(struct verify *v);

void verify_look(struct verify *v, unsigned lane, struct verify_view *ret);

/* Whether the lane has found bytes of that copy that differ, and not found since that nothing differs
 * any more. Also of a lane that is not over. */
bool verify_differs(const struct verify *v, unsigned lane, unsigned copy);

/* The result of a copy at the destination of the lane, which is over. */
const struct verify_result *verify_result_of(const struct verify *v, unsigned lane,
                                             unsigned copy);

#endif
