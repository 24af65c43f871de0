/* plan: the room that decides what is copied to where, before anything is changed.
 *
 * plan_make() makes one copy per source. It finds the final path of each destination (inside a
 * destination that is a directory), and rejects copies that would destroy data or never end:
 * see checks_priv.h and guards_priv.h. existing.h decides what happens to an existing file
 * under a final name. tuning.h chooses the size of chunks, the queue depth and the number of
 * workers.
 *
 * The plan only examines files (with base/path_probe.h, which has time limits); it never
 * changes them. target_open() is the first function that does. It prints nothing: errors are
 * texts for the caller.
 *
 * Only the main thread makes a plan, before the copies start. The caller owns the plan, which
 * owns all of its strings. Threads of the copies may read it, and may call existing_judge(). */
#ifndef UCOPY_PLAN_PLAN_H
#define UCOPY_PLAN_PLAN_H

#include "base/disk.h"
#include "cli/options.h"
#include "target/target.h"

struct held;
struct manifest;

/* What a destination is. */
struct plan_end {
    enum target_end end;
    const char *command; /* with TARGET_COMMAND; the options' */
};

/* One source and its destinations.
 *
 * The root of a path is what the copy makes first. Without --parents the source and each
 * destination is its own root. With --parents a source a/b/FILE is copied to DEST/a/b/FILE,
 * whose root is DEST/a. The copy makes the prefix directories DEST/a and DEST/a/b, too. */
struct plan_copy {
    char *source;
    char **dests; /* final paths: DEST/basename(SOURCE) if DEST is a directory */
    unsigned n_dests;

    /* The source is standard input, or what this command writes (the options'): then the source is
     * a name for messages only. So are the destinations that are no paths; ends NULL: all are. */
    bool from_standard;
    const char *from_command;
    bool ublk; /* --ublk: there is none; the destinations get what is written to a device */
    struct plan_end *ends;

    char *top; /* of a tree with such a destination: the name of its root in the archive */

    bool has_effects; /* opening the source has effects on others: a FIFO or the like */

    char *label; /* with -t: the last component of the destinations' roots; else NULL */

    /* --parents: the length in bytes of the path from the root to the copied file, at the end
     * of source and dests; 0: the root is what is copied. */
    size_t way_len;

    bool contents; /* of a tree: copy the data of FIFOs and devices */
    bool follow;   /* follow the source if it is a symlink */

    /* The source is a directory, or another file that is not read but made anew
     * (tree/tree.h). */
    bool tree;

    bool merges; /* a tree: others of the plan are copied into the same directories */

    /* What this run has made at its destinations (target/made.h); set by the caller of
     * plan_make(), not owned. NULL: nothing is noted. */
    struct made *made;

    /* --manifest: what names in the list begin with: the name of the copied file or directory,
     * below the directory that the user gave; "": what is copied has the name that the user
     * gave; NULL: without that option. list: where files are added (report/manifest.h); set by
     * the caller, not owned; NULL: nowhere. */
    char *listed;
    struct manifest *list;

    /* --verify: who is told what was copied (verify/verify.h), and the number of this copy; set by
     * the caller, not owned. NULL: nobody. lanes: the number there of each destination; NULL: its
     * own number. */
    struct verify *verify;
    unsigned number;
    const unsigned *lanes;

    /* --device: what each destination is, if it is a block device; dev is 0 if not. NULL: none
     * is one. held: what keeps the devices for this run (target/held.h); set by the
     * caller, not owned. */
    struct disk *disks;
    struct held *held;

    /* Why copies of the source may not be what is wanted, for a warning; or NULL. */
    char *source_note;

    /* The progress is that of all copies together, and does not need the size of this one; set by
     * the caller. */
    bool counted;

    /* This copy is not made, with --cp or because of a filter, and this is the message, or "";
     * NULL: it is made. */
    char *left_out;
    bool is_failure; /* with left_out: a failure, not a warning */
};

struct plan {
    struct plan_copy *copies;
    unsigned n_copies;
};

/* Makes the plan. Returns 0, or a negative errno; then *ret_error is one line without newline
 * for the user (malloc'd, the caller frees it), and *p needs no plan_free().
 *
 * -EINVAL: the plan is rejected. Reasons:
 *
 *  - Two destinations are the same file, by any path.
 *  - A destination is the source.
 *  - A destination before the last one is an existing regular file, and the last one is a
 *    directory or does not respond (the habit of cp users; --force allows it).
 *  - The source and all destinations but the last are directories beside one another, and the
 *    last is a directory elsewhere (likewise).
 *  - A regular file would be made on the file system that /dev is on.
 *  - A destination is a block device, and --device is not given.
 *  - A destination is a block device that is in use, read-only, too small, part of the disk that
 *    the system runs from, or shares blocks with the source or another destination.
 *  - With -T, or if the source has no name, a destination is a directory.
 *  - An operand of -t is no directory.
 *
 * An error that concerns only one destination (for example, its directory is missing) does not
 * reject the plan: that destination fails when it is opened, and the others get their data. The
 * source is checked in two points only: it is no destination and, if that is known, no
 * directory. A silent path is not checked at all, and must not be accessed
 * (path_probe_is_silent()).
 *
 * With --cp the last operand is the destination, and an error that concerns one source leaves
 * out the copy of that source only. */
int plan_make(struct plan *p, const struct options *o, char **ret_error);

/* Whether destination d is a path. */
static inline bool plan_is_path(const struct plan_copy *c, unsigned d)
{
    return !c->ends || c->ends[d].end == TARGET_PATH;
}

/* Whether any destination is none. */
static inline bool plan_has_stream(const struct plan_copy *c)
{
    for (unsigned d = 0; d < c->n_dests; d++)
        if (!plan_is_path(c, d))
            return true;
    return false;
}

/* Whether the source has no path. */
static inline bool plan_has_no_path(const struct plan_copy *c)
{
    return c->from_standard || c->from_command || c->ublk;
}

/* The root of the copy's source or of one of its destinations. path: the source or destination.
 * The caller frees the string; NULL without memory. */
char *plan_root(const struct plan_copy *c, const char *path);

/* The largest number of destinations of a copy. */
unsigned plan_most_dests(const struct plan *p);

/* Frees everything in the plan and makes it empty. */
void plan_free(struct plan *p);

#endif
