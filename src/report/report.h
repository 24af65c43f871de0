/* report: everything that a user or a script sees. With main.c the only place that
 * writes to stdout and stderr.
 *
 * stderr is for people: messages, progress, statistics. stdout carries JSON lines with --json
 * and nothing else. Called from the main thread only. */
#ifndef UCOPY_REPORT_REPORT_H
#define UCOPY_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/failure.h"
#include "cli/options.h"

enum dest_state {
    DEST_COPYING,
    DEST_FLUSHING, /* all bytes written; fsync, rename under way */
    DEST_DONE,
    DEST_FAILED,
};

struct dest_status {
    const char *path;
    enum dest_state state;
    uint64_t bytes;    /* that this destination holds by now */
    uint64_t files;    /* of a tree, likewise: all but directories */
    bool durable;      /* data and name are on stable storage */
    bool detached;     /* was too slow for the others, and served on its own */
    double done_after; /* with DEST_DONE, of a file: seconds after the copy began */
    bool cloned;       /* has its data by a clone */
    bool skipped;      /* with DEST_DONE: what existed was to stay, and has not been touched */
    uint64_t files_skipped; /* of a tree: those of which that is so */
    bool attributes;        /* with DEST_DONE: attributes were to be preserved */
    const struct failure *attribute_failures; /* those that were not; not owned */
    unsigned n_attribute_failures;
    struct failure failure; /* with DEST_FAILED */
    bool by_source;         /* failed only because the source did */
    uint64_t resumed;       /* of the bytes, those that an earlier run had written */
    uint64_t kept;          /* with DEST_FAILED: bytes that are there to go on with */
};

/* One copy, as it stands. main.c fills it; strings are not owned. */
struct copy_status {
    const char *source;
    uint64_t size;  /* bytes to copy to each destination; meaningful with size_known */
    uint64_t files; /* of a tree, likewise: all but directories */
    bool size_known;
    uint64_t read_bytes; /* read from the source so far */
    double seconds;      /* since the copy began */
    bool tree;           /* the destinations have numbers of files; size and files are what has
                            been counted, beside the copy, and may be a little off */
    bool data;           /* there are any to copy: not with --attributes-only */
    bool seeks_holes;    /* of the source, by asking its file system */
    bool finds_zeros;    /* and does not write them */
    bool tries_clones;
    const char *engine; /* name, or NULL when none was started */
    unsigned workers;
    uint64_t chunk_size; /* bytes */
    unsigned queue_depth;
    struct failure source_failure; /* err 0: none */
    struct dest_status *dests;
    unsigned n_dests;
    int exit_status; /* of this copy; meaningful in report_summary() */
};

/* Looks at the options, the terminal and the environment (TERM, NO_COLOR) and sets the locale's
 * LC_CTYPE. *o must outlive all other calls. */
void report_init(const struct options *o);

/* "ucopy: " + text + newline on stderr. Control bytes in the text are shown escaped (as ls -b
 * does), so that a file name cannot speak to the terminal; formats are printf's. A progress
 * display that is on the screen is taken away first and comes back with the next
 * report_progress(). The one function that may be called before report_init(). */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with --verbose only. */
void report_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A destination or the source failed: "PATH: OP[ at OFFSET]: REASON[ (MESSAGE)]", or
 * "PATH: MESSAGE" where no operation failed (op NULL). With --cp in the words of cp, which may
 * need to know what was to be copied there; NULL: that is not known. */
void report_failure(const char *source, const char *path, const struct failure *f);
void report_source_failure(const char *path, const struct failure *f);

/* With -v: 'SOURCE' -> 'DEST', of what is in a tree and has been made. On stderr, or with --cp
 * on stdout, as cp does it. */
void report_made(const char *source, const char *dest);

/* With --debug: how destination i of a file that is no tree has got its data, or that it
 * has not. */
void report_method(const struct copy_status *s, unsigned i);

/* A copy begins: JSON "start". With -v, if it is not a tree: 'SOURCE' -> 'DEST' per
 * destination; with --cp not before those are done. */
void report_start(const struct copy_status *s);

/* Destination d has just been dropped: JSON "dest_failed". On stderr it is named once, by
 * report_summary(). */
void report_dest_failed(const struct copy_status *s, unsigned d);

/* Something in the tree `source` has just failed, for the destination dest or for all of them
 * (NULL): its data or, attribute, what of it was to be preserved. JSON "file_failed"; on stderr
 * report_failure() or report_source_failure() says it. */
void report_file_failed(const char *source, const char *dest, const char *path,
                        const struct failure *f, bool attribute);

/* Milliseconds until the next report_progress() is wanted: -1 if never. */
int report_progress_interval_ms(void);

/* Shows progress: one line per destination on a terminal (redrawn), plain lines otherwise, a
 * JSON "progress" line with --json. asked means that a user asked for it now (SIGUSR1): it is
 * shown on stderr even where progress is off. */
void report_progress(const struct copy_status *s, bool asked);

/* A copy has ended: leaves the last state of a progress display standing, then --stats; then,
 * as the last lines on stderr, attributes that were not preserved, the source's failure and
 * every destination that failed; JSON "summary". Destinations that failed by_source are not
 * named on stderr. */
void report_summary(const struct copy_status *s);

/* Asks on stderr whether what exists at the path is to be replaced; the answer is
 * prompt_yes()'s. mode: of what exists; writable: by the user; removes: that does not matter.
 */
void report_question(const char *path, mode_t mode, bool writable, bool removes);

/* --dry-run: what would be done, a line per destination on stdout ("would copy ..."), or JSON.
 * how: by which means; NULL: the destination would be skipped. */
void report_dry_run(const char *source, const char *dest, const char *how);

/* --version: program, version, engines compiled in and whether each is available here. */
void report_version(void);

/* Flushes stdout. 0, or the negative errno of the first failure to write to it since
 * report_init() (a full disk, a closed pipe): what was asked for has not been said then. With
 * SIGPIPE at its default a closed pipe kills the process before. */
int report_close(void);

#endif
