/* options: the command line, parsed. The only file that knows popt. */
#ifndef UCOPY_CLI_OPTIONS_H
#define UCOPY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "existing_policy.h"
#include "target/attrs.h"
#include "target/backup.h"

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* A destination that is too slow for the others: SLOW_AUTO detaches it, but with --in-order. */
enum slow { SLOW_AUTO, SLOW_WAIT, SLOW_DETACH };

/* Which symlinks in the source are followed: with --recursive none, or those named on the
 * command line, or all; without it they all are unless asked for otherwise. */
enum follow { FOLLOW_AUTO, FOLLOW_NEVER, FOLLOW_COMMAND_LINE, FOLLOW_ALWAYS };

/* SELinux contexts of what is new: left to the kernel and --preserve, or -Z or --context. */
enum context { CONTEXT_AS_IS, CONTEXT_DEFAULT, CONTEXT_GIVEN };

struct command_line;

enum options_action { OPTIONS_COPY, OPTIONS_HELP, OPTIONS_USAGE, OPTIONS_VERSION };

#define OPTIONS_TO_THE_END  UINT64_MAX
#define OPTIONS_REQUIRE_ALL 0u

/* How long an operation may go unanswered unless --timeout says otherwise: longer than the
 * retries of a disk or a file server that comes back. */
#define OPTIONS_DEFAULT_TIMEOUT 120u

/* Bytes for all buffers together unless --memory says otherwise. */
#define OPTIONS_DEFAULT_MEMORY (64ull << 20)

/* Everything the user said. 0 in a tuning field means "choose". Strings and arrays belong to
 * this struct; options_free() frees them. */
struct options {
    enum options_action action;

    const char *engine;  /* "auto" or a name that was found in engine_table */
    uint64_t chunk_size; /* bytes */
    uint64_t memory;     /* bytes, all workers' buffers together */
    unsigned queue_depth;
    unsigned workers;
    enum when direct;

    bool recursive;
    enum follow follow;
    bool one_file_system;

    bool in_order;
    bool fsync;
    bool inplace;
    bool partial; /* --partial or --resume */
    bool resume;
    enum when sparse;  /* holes: of the source, of all that is zeros, or none */
    enum when reflink; /* clones */
    bool no_space_check;
    bool stop_on_error; /* --on-error=stop */
    enum slow slow;
    uint64_t max_lag; /* bytes */
    bool has_timeout;
    unsigned timeout; /* seconds, 0: none; meaningful with has_timeout */
    unsigned require; /* destinations that must succeed, or OPTIONS_REQUIRE_ALL */

    uint64_t offset; /* bytes into the source */
    uint64_t length; /* bytes, or OPTIONS_TO_THE_END */
    bool has_dest_offset;
    uint64_t dest_offset; /* bytes into every destination; meaningful with has_dest_offset */

    struct attrs_wanted preserve;
    bool preserve_links; /* in trees: names of one file stay names of one file */
    bool plain_mode;     /* --no-preserve=mode: a new file has nothing of the source's mode */
    bool attributes_only;
    enum context context;
    bool copy_contents;          /* in trees: of FIFOs and devices */
    bool keep_directory_symlink; /* one that leads to a directory, where one is to be made */

    struct existing_policy standing; /* what is done with what exists */
    struct backup_wanted backup;     /* of what is replaced */
    bool remove_destination;         /* what exists is removed, and not written to */
    bool backs_up, has_backup_kind;  /* --backup was given, with a value */
    char *suffix;                    /* of simple backups, as it was given, or NULL */
    bool no_clobber;                 /* the last of -i and -n was -n */

    bool link;          /* hard links to SOURCE instead of copies */
    bool symbolic_link; /* likewise */

    bool cp; /* cp's grammar and habits; implies inplace */
    bool force;
    bool parents;
    bool strip_trailing_slashes;
    bool no_target_directory;
    char **target_directories;
    unsigned n_target_directories;
    char **operands;
    unsigned n_operands;

    enum when progress;
    bool verbose; /* also with debug */
    bool debug;
    bool quiet;
    bool stats;
    bool json;
    bool dry_run;

    struct command_line *command_line; /* private to this room */
};

/* Parses the command line, popt aliases (/etc/popt, ~/.popt) included. Checks what can be
 * checked without looking at any file: values, ranges, combinations that contradict each other,
 * the number of operands. Returns 0, or -EINVAL with *ret_error set to one line without
 * newline for the user (malloc'd, the caller frees it), or -ENOMEM; *o then holds nothing but
 * cp. */
int options_parse(struct options *o, int argc, const char **argv, char **ret_error);

/* Frees everything *o holds. */
void options_free(struct options *o);

/* How long, in milliseconds, somebody may leave an operation unanswered; 0: for ever. */
static inline unsigned options_timeout_ms(const struct options *o)
{
    return (o->has_timeout ? o->timeout : OPTIONS_DEFAULT_TIMEOUT) * 1000;
}

/* Whether what exists under a name is taken away rather than written to. */
static inline bool options_make_anew(const struct options *o)
{
    return o->remove_destination || o->backup.kind != BACKUP_NONE;
}

/* Whether symlinks named on the command line are followed. */
bool options_follow_operand(const struct options *o);

#endif
