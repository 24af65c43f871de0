/* report: the room that writes everything that a user or a script sees.
 *
 * Only this room and main.c use stdout and stderr. stderr is for people: messages, progress,
 * statistics. stdout is for scripts: with --json it contains JSON lines and nothing else.
 * (Exceptions are the results of --dry-run and --version, and with --cp the lines that cp
 * writes to stdout, too.)
 *
 * The report decides nothing and changes nothing: its callers give it the state of a copy as a
 * struct copy_status, and it formats that. It keeps pointers to the options only. Strings and
 * arrays are the caller's; the report does not use them after a call has returned.
 *
 * Only the main thread calls the report. Other threads send their messages to the main thread
 * (base/message_queue.h). */
#ifndef UCOPY_REPORT_REPORT_H
#define UCOPY_REPORT_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bad_ranges.h"
#include "base/digest_set.h"
#include "base/disk.h"
#include "base/failure.h"
#include "cli/options.h"
#include "verify/verify.h"

enum dest_state {
    DEST_COPYING,
    DEST_READING,   /* --check and --compare */
    DEST_VERIFYING, /* --verify */
    DEST_FLUSHING,  /* all bytes are written; fsync and rename are running */
    DEST_DONE,
    DEST_FAILED,
};

struct dest_status {
    const char *path;
    const struct disk *disk; /* what the block device at the path is; NULL: none; not owned */
    enum dest_state state;
    uint64_t bytes;   /* that this destination contains now */
    uint64_t written; /* bytes that were written to it, not cloned, so far */
    uint64_t files;   /* of a tree: files that this destination contains now, not directories */
    uint64_t files_equal; /* of these: had the data already, and were not written */
    uint64_t links;       /* of these: hard links to others */
    uint64_t symlinks;    /* of these: symbolic links */
    uint64_t directories; /* of a tree: that this destination contains now */
    bool durable;         /* data and name are on stable storage */
    bool detached;        /* was too slow for the others, and was written separately */
    double done_after;    /* of a file, with DEST_DONE: seconds since the start of the copy */
    bool cloned;          /* got its data by a clone */
    bool skipped;     /* with DEST_DONE: an existing file had to stay, and was not changed */
    uint64_t deleted; /* of a tree: entries that --delete has removed */
    uint64_t files_skipped; /* of a tree: files that were skipped in this way */
    bool attributes;        /* with DEST_DONE: attributes had to be preserved */
    const struct failure *attribute_failures; /* attributes that were not; not owned */
    unsigned n_attribute_failures;
    bool attributes_lost;                 /* some were not, which is no failure */
    struct failure failure;               /* with DEST_FAILED */
    const struct verify_result *verified; /* NULL: it was not; not owned */
    bool differs;     /* verification did not end, and has found bytes that differ before */
    bool by_source;   /* failed only because the source failed */
    bool by_all;      /* failed like all others, for one reason that was reported already */
    uint64_t resumed; /* how many of the bytes an earlier run had written */
    uint64_t kept;    /* with DEST_FAILED: bytes from which --resume can go on */
    bool
        mixed; /* with DEST_FAILED: an existing file was written into, and holds old data, too */
};

/* The state of one copy. The caller fills it; strings are not owned. */
struct copy_status {
    const char *source;
    uint64_t size;  /* bytes to copy to each destination; only if size_known */
    uint64_t files; /* of a tree: files to copy, not directories; only if size_known */
    bool size_known;
    uint64_t read_bytes; /* read from the source so far */
    double seconds;      /* since the start of the copy */

    /* The source is a tree: numbers of files are set, too. files and size are counted while the
     * copy runs, and may be a little wrong. */
    bool tree;

    bool data;        /* data is copied; false with --attributes-only */
    bool seeks_holes; /* finds holes of the source with SEEK_HOLE */
    bool finds_zeros; /* finds zeros in the data, and makes holes of them */
    bool tries_clones;
    const char *buffers; /* --ublk: how bytes get to the destinations; else NULL */
    const char *engine;  /* name; NULL: no engine was started */
    unsigned workers;
    uint64_t chunk_size; /* bytes */
    unsigned queue_depth;
    struct failure source_failure;               /* err 0: the source has not failed */
    const struct verify_result *source_verified; /* NULL: it was not read back; not owned */
    bool source_differs;                         /* as of a destination */
    struct digest_values hashes;  /* of what was copied; of a single file, at its end */
    const struct bad_ranges *bad; /* what could not be read, and is zeros in the copies; NULL:
                                     nothing; not owned */
    uint64_t n_changed; /* files that changed while they were copied, which was allowed */
    struct dest_status *dests;
    unsigned n_dests;
    int exit_status; /* of this copy; only for report_summary() */
};

/* Chooses the form of the report by the options, the terminal and the environment (TERM,
 * NO_COLOR). Sets the locale's LC_CTYPE. *o must exist until the last call of a report
 * function. */
void report_init(const struct options *o);

/* Writes "ucopy: ", the text and a newline to stderr. The format is as for printf(3). Control
 * bytes in the text are escaped (as by ls -b), so that a file name cannot control the terminal.
 * Removes a progress display from the screen first; the next report_progress() draws it again.
 * This is the only function that may be called before report_init(). */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As report_error(), but only with --verbose. */
void report_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reports that a destination or the source failed: "PATH: OP[ at OFFSET]: REASON[ (MESSAGE)]",
 * or "PATH: MESSAGE" if no operation failed (op NULL). With --cp the wording is that of cp,
 * which may name the source of that destination, too. source NULL: it is not known. */
void report_failure(const char *source, const char *path, const struct failure *f);
void report_source_failure(const char *path, const struct failure *f);

/* The same for a destination, or a file of it at the path: a block device is named with its slot,
 * model and serial number, too. */
void report_dest_message(const struct dest_status *d, const char *path,
                         const struct failure *f);

/* --device: writes a table of the block devices among the destinations to stderr, and with ask the
 * question whether they may be overwritten; prompt_yes() reads the answer. */
void report_devices(char *const *paths, const struct disk *disks, unsigned n, bool ask);

/* With -v: writes 'SOURCE' -> 'DEST' for an entry of a tree that has been made. On stderr, or
 * with --cp on stdout, as cp does. */
void report_made(const char *source, const char *dest);

/* With -v: writes that --delete has removed the path. */
void report_deleted(const char *path);

/* With --debug: writes how destination i got its data, or that it was skipped. Not for
 * trees. */
void report_method(const struct copy_status *s, unsigned i);

/* --ublk: the device is there: writes its name to stdout, or JSON "device", and flushes that. buffers: as
 * in struct copy_status. */
void report_blockdev(const char *path, uint64_t size, const char *buffers);

/* A copy starts: JSON "start". With -v, if it is not a tree: 'SOURCE' -> 'DEST' for each
 * destination. (With --cp report_summary() writes these lines instead.) */
void report_start(const struct copy_status *s);

/* Destination d has been dropped: JSON "dest_failed". report_summary() names it on stderr. */
void report_dest_failed(const struct copy_status *s, unsigned d);

/* A file in the tree source has failed, for the destination dest or for all of them (NULL):
 * JSON "file_failed". attribute: only an attribute of the file failed. The caller reports the
 * failure on stderr with report_failure() or report_source_failure(). */
void report_file_failed(const char *source, const char *dest, const char *path,
                        const struct failure *f, bool attribute);

/* The hashes of a file in the tree source, by its path there: JSON "file_hashed". It may still
 * fail for some destinations, or for all of them. */
void report_file_hashed(const char *source, const char *path, const struct digest_values *v);

/* A file of the source has changed while it was copied, which is allowed: a warning on stderr,
 * and JSON "source_changed". */
void report_source_changed(const char *source, const char *path, const struct failure *f);

/* Several copies to the same destinations. What they have together is counted by another
 * thread. */
struct report_whole {
    const char *const *paths; /* of the destinations; not owned */
    unsigned n_dests, n_copies;
    _Atomic uint64_t bytes, files; /* so far */
    atomic_bool counted;           /* that is all */
};

/* The copies up to report_whole_end() have one progress, with the totals in *w, which lives until
 * then. Only JSON tells the progress of each. */
void report_whole_begin(const struct report_whole *w);

/* They have been made, or the run ends early: the last state stays on the screen. Without a begin
 * it does nothing. */
void report_whole_end(void);

/* The interval in milliseconds at which the caller has to call report_progress(); -1: never. */
int report_progress_interval_ms(void);

/* How long the caller may sleep, in ms, if it has something else to do every look_ms (-1: never):
 * the smaller of that and the interval of the progress; -1: for ever. */
int report_wait_ms(int look_ms);

/* Shows the progress: on a terminal one line per destination, which is redrawn; otherwise plain
 * lines; with --json a "progress" line. asked: the user has requested it with SIGUSR1; then it
 * is written to stderr even if the progress is switched off. */
void report_progress(const struct copy_status *s, bool asked);

/* With --verify: a copy was made, and its verification comes later. Shows the last state of the
 * progress. */
void report_copied(const struct copy_status *s);

/* The verification of all copies starts, or it has ended: s is about its progress only. */
void report_verification(const struct copy_status *s);
void report_verification_ended(const struct copy_status *s);

/* Destination d was verified: JSON "verified", a message with -v, and always one where it has no
 * way past the page cache. */
void report_verified(const struct copy_status *s, unsigned d);

/* The same for the source: the messages. */
void report_source_verified(const struct copy_status *s);

/* A copy has ended. Shows the last state of the progress, which stays on the screen. Then with
 * --stats the statistics. The last lines on stderr are the attributes that were not preserved,
 * the failure of the source, and the destinations that failed, except those that failed
 * by_source and kept nothing, nor by_all where nothing was touched. With --json "summary". */
void report_summary(const struct copy_status *s);

/* Whether stderr is a terminal, so that a user sees a question. */
bool report_on_terminal(void);

/* Writes the question to stderr whether to replace the existing file at the path; prompt_yes()
 * reads the answer. mode: of the existing file; writable: the user may write to it; removes:
 * the copy would remove it and make a new one. */
void report_question(const char *path, mode_t mode, bool writable, bool removes);

/* What --check and --compare find out about an entry of a destination. */
enum finding {
    FINDING_DIFFERS,
    FINDING_MISSING,
    FINDING_EXTRA,
    FINDING_UNREADABLE, /* nobody knows whether it is right */
    N_FINDINGS,
};

/* Bytes that differ; positions and lengths in bytes. */
struct finding_range {
    uint64_t offset, length; /* a piece of the file; length 0: no range is known */
    uint64_t first;          /* the first byte in it that differs */
    bool again;              /* something was found about the same entry before */
};

/* What a destination has come to. */
struct check_dest {
    uint64_t found[N_FINDINGS];
    const char
        *how; /* how its bytes were read: "direct", "evicted", "cache"; NULL: not known */
};

/* --check and --compare. source: the list, or SOURCE. Of *s only source, dests (path, state, bytes,
 * files), read_bytes, seconds and exit_status are looked at. tests[i] belongs to s->dests[i].
 * report_finding() writes one finding to stderr, and with JSON an event; path "": the destination
 * itself. f: why the entry is unreadable, or in its message how it differs. */
void report_check_start(const struct copy_status *s);
void report_check_progress(const struct copy_status *s, bool asked);
void report_finding(const char *source, const char *dest, const char *path, enum finding kind,
                    const struct failure *f, const struct finding_range *range);
void report_check_summary(const struct copy_status *s, const struct check_dest *tests);

/* --dry-run: writes what would be done to stdout: a line per destination ("would copy ..."), or
 * JSON. how: the method of the copy; NULL: the destination would be skipped. */
void report_dry_run(const char *source, const char *dest, const char *how);

/* --dry-run: --delete would remove the path, which is no copy of anything in source. */
void report_dry_delete(const char *source, const char *path);

/* --version: writes the version of the program, the commit that it was built from ("": not
 * known), its licence, its engines, and whether each of them works here. */
void report_version(const char *commit);

/* Flushes stdout. Returns 0, or the negative errno of the first write to stdout that failed
 * since report_init() (a full disk, a closed pipe): some output is missing then. If SIGPIPE has
 * its default action, a closed pipe kills the process before this call. */
int report_close(void);

#endif
