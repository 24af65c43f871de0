/* options: the parsed command line. Other rooms see this struct and nothing of how the options
 * are written: option_table_priv.h. */
#ifndef UCOPY_CLI_OPTIONS_H
#define UCOPY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "existing_policy.h"
#include "target/attrs.h"
#include "target/backup.h"

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* The treatment of a destination that is too slow for the others. SLOW_AUTO detaches it unless
 * --in-order is given. */
enum slow { SLOW_AUTO, SLOW_WAIT, SLOW_DETACH };

/* The symlinks in the source that are followed. FOLLOW_AUTO: none with --recursive, and all
 * without it. */
enum follow { FOLLOW_AUTO, FOLLOW_NEVER, FOLLOW_COMMAND_LINE, FOLLOW_ALWAYS };

/* The SELinux contexts of new files: the choice of the kernel and of --preserve, or -Z or
 * --context. */
enum context { CONTEXT_AS_IS, CONTEXT_DEFAULT, CONTEXT_GIVEN };

/* What is read back and compared after the copy: bits. */
enum verify_wish { VERIFY_NONE = 0, VERIFY_DEST = 1, VERIFY_SOURCE = 2, VERIFY_MEDIUM = 4 };

struct command_line;
struct filter;
struct name_list;
struct option_row;

enum options_action { OPTIONS_COPY, OPTIONS_HELP, OPTIONS_USAGE, OPTIONS_VERSION };

#define OPTIONS_TO_THE_END  UINT64_MAX
#define OPTIONS_REQUIRE_ALL 0u

/* The operand that stands for standard input or output. */
#define OPTIONS_STANDARD "-"

/* The time-out in seconds without --timeout. The retries of a disk, or of a file server that
 * comes back, take less time. */
#define OPTIONS_DEFAULT_TIMEOUT 120u

/* A file that moves fewer bytes in a second may count as one that does not answer. */
#define OPTIONS_LEAST_RATE (64u << 10)

/* The bytes of all buffers together without --memory. */
#define OPTIONS_DEFAULT_MEMORY (64ull << 20)

/* A value of --exclude, --include, --exclude-from or --include-from. */
struct option_filter {
    char *text; /* a pattern, or the name of a file of patterns */
    bool include;
    bool is_file;
};

/* The options and operands of the user. 0 in a member for tuning means "choose". The struct
 * owns strings and arrays unless a member says otherwise; options_free() frees them. */
struct options {
    enum options_action action;

    const char *engine;  /* "auto" or a name in engine_table; not owned */
    uint64_t chunk_size; /* bytes */
    uint64_t memory;     /* bytes of all workers' buffers together */
    unsigned queue_depth;
    unsigned workers;
    enum when direct;

    bool recursive;
    enum follow follow;
    bool one_file_system;

    struct option_filter *filters; /* in the order of the line */
    unsigned n_filters;
    char *files_from;     /* a file with the only names that are copied; NULL: all are */
    bool recursive_below; /* with it: -r was given, not just -a */
    bool delete_extra;    /* what the source does not have is removed */
    bool has_max_delete;
    unsigned max_delete; /* entries; meaningful with has_max_delete */
    bool from0;          /* lines of these files end with a NUL */
    /* What these come to; plan_read_choice() sets them. NULL: nothing was given. */
    struct filter *filter;
    struct name_list *names;

    bool in_order;
    bool fsync;      /* also with --device */
    unsigned verify; /* of enum verify_wish */
    unsigned repair; /* how often what differs is written again; 0: never */
    bool inplace;
    bool device;  /* block devices may be destinations */
    bool yes;     /* the question whether they may be overwritten is answered */
    bool partial; /* --partial or --resume */
    bool resume;
    enum when sparse;  /* holes: those of the source, all zeros, or none */
    enum when reflink; /* clones */
    bool no_space_check;
    bool mhl;              /* ASC MHL generations in the destinations, which are trees */
    bool allow_changed;    /* a source that changes while it is copied is no failure */
    bool read_zeros;       /* --on-read-error=zero: what cannot be read becomes zeros */
    unsigned read_retries; /* how often that is read again at the end */
    char *map;             /* --map: a file of ddrescue's kind; NULL: none */
    uint64_t bwlimit;      /* bytes per second that are read; 0: no limit */
    bool stop_on_error;    /* --on-error=stop */
    enum slow slow;
    uint64_t max_lag; /* bytes */
    bool has_timeout;
    unsigned timeout; /* seconds, 0: none; meaningful with has_timeout */
    unsigned require; /* destinations that must succeed, or OPTIONS_REQUIRE_ALL */

    bool bmap;       /* what a bmap says is copied of the source */
    char *bmap_path; /* NULL: it is beside the source */
    uint64_t offset; /* bytes into the source */
    uint64_t length; /* bytes, or OPTIONS_TO_THE_END */
    bool has_dest_offset;
    uint64_t dest_offset; /* bytes into every destination; meaningful with has_dest_offset */

    struct attrs_wanted preserve;
    bool preserve_links; /* in trees: hard links stay hard links */
    bool plain_mode;     /* --no-preserve=mode: a new file ignores the mode of the source */
    bool attributes_only;
    enum context context;
    bool copy_contents;          /* in trees: those of FIFOs and devices */
    bool keep_directory_symlink; /* a symlink to a directory serves as the directory */

    struct existing_policy standing; /* for existing files */
    struct backup_wanted backup;     /* of replaced files; suffix points to `suffix` below,
                                      * the environment or a constant */
    bool remove_destination;         /* an existing file is removed, not overwritten */
    bool backs_up;                   /* --backup or an option that implies it was given */
    bool has_backup_kind;            /* --backup was given with a value */
    char *suffix;                    /* of simple backups; NULL: not given */
    bool no_clobber;                 /* -n was given, and no -i after it */

    bool link;          /* hard links to SOURCE instead of copies */
    bool symbolic_link; /* symbolic links to SOURCE instead of copies */

    bool cp; /* the grammar and behaviour of cp; implies inplace */
    bool force;
    bool parents;
    bool strip_trailing_slashes;
    bool no_target_directory;
    char **target_directories;
    unsigned n_target_directories;
    char **operands;
    unsigned n_operands;

    bool check;         /* copies nothing: the operands are directories */
    char *check_list;   /* the list that they are verified against; NULL: their own histories */
    bool compare;       /* copies nothing: the operands are a source and what equals it */
    bool ublk;          /* makes a block device: all operands are destinations */
    uint64_t ublk_size; /* bytes; 0: as large as the smallest destination */
    const struct option_row
        *no_ublk; /* the first option given that this cannot have; likewise */
    const struct option_row *only_copies; /* the first option given that neither can have;
                                           * private to this room, not owned; may be NULL */

    enum when progress;
    bool verbose; /* true with debug, too */
    bool debug;
    bool quiet;
    bool stats;
    bool json;
    bool dry_run;

    unsigned hashes;     /* --hash: algorithms, as in base/digest_set.h; 0: none */
    unsigned expects;    /* --expect-hash: the same, one; 0: it was not given */
    char *expected_hash; /* its value; NULL: likewise */

    bool has_expect_size;
    uint64_t expect_size; /* bytes that SOURCE has to have; meaningful with has_expect_size */
    char *from_command;   /* SOURCE is what this command writes; NULL: the first operand is */
    char **to_commands;   /* more destinations */
    unsigned n_to_commands;

    char *manifest; /* the list to write, of the only algorithm in hashes; "-": standard
                          * output; NULL: none */

    struct command_line *command_line; /* for help_print(); private to this room */
};

/* Parses the command line, popt aliases (/etc/popt, ~/.popt) included. Checks everything that
 * needs no look at a file: values, ranges, contradictions, the number of operands. 0, and
 * options_free() frees *o; -EINVAL with *ret_error set to one line without newline for the user
 * (malloc'd, the caller frees it); or -ENOMEM. After an error only cp is set in *o. */
int options_parse(struct options *o, int argc, const char **argv, char **ret_error);

/* Frees everything that *o owns. */
void options_free(struct options *o);

/* The time-out of an operation in milliseconds; 0: none. */
static inline unsigned options_timeout_ms(const struct options *o)
{
    return (o->has_timeout ? o->timeout : OPTIONS_DEFAULT_TIMEOUT) * 1000;
}

/* The algorithms of --hash and --expect-hash together, as there. */
static inline unsigned options_hashes(const struct options *o)
{
    return o->hashes | o->expects;
}

/* The algorithms of --hash, as there, that ASC MHL manifests have; 0 without --mhl. */
unsigned options_mhl_hashes(const struct options *o);

/* Bytes of all buffers together. */
static inline uint64_t options_memory(const struct options *o)
{
    return o->memory ? o->memory : OPTIONS_DEFAULT_MEMORY;
}

/* The most bytes that one request may have: a file that moves OPTIONS_LEAST_RATE ends it within
 * the time-out. With --bwlimit no more than a tenth of a second's. At least OPTIONS_LEAST_RATE,
 * because smaller requests are slow. */
static inline uint64_t options_max_request(const struct options *o)
{
    uint64_t seconds = options_timeout_ms(o) / 1000;
    uint64_t most = seconds ? seconds * OPTIONS_LEAST_RATE : UINT64_MAX;

    if (o->bwlimit && o->bwlimit / 10 < most)
        most = o->bwlimit / 10;
    return most > OPTIONS_LEAST_RATE ? most : OPTIONS_LEAST_RATE;
}

/* Whether an existing file is replaced by a new one rather than overwritten. */
static inline bool options_make_anew(const struct options *o)
{
    return o->remove_destination || o->backup.kind != BACKUP_NONE;
}

/* Whether this operand stands for standard input or output. For cp it is a file's name. */
static inline bool options_is_standard(const struct options *o, const char *operand)
{
    return !o->cp && strcmp(operand, OPTIONS_STANDARD) == 0;
}

/* The number of operands that are sources, where there are no target directories. */
static inline unsigned options_n_sources(const struct options *o)
{
    return o->from_command || o->ublk ? 0 : 1;
}

/* Whether standard output is a destination. */
static inline bool options_writes_standard(const struct options *o)
{
    for (unsigned i = options_n_sources(o); i < o->n_operands; i++)
        if (o->n_target_directories == 0 && options_is_standard(o, o->operands[i]))
            return true;
    return false;
}

/* Whether standard output is for what the program itself writes: what commands print there has to go
 * elsewhere. */
static inline bool options_needs_output(const struct options *o)
{
    return o->json || options_writes_standard(o) ||
           (o->manifest && strcmp(o->manifest, OPTIONS_STANDARD) == 0);
}

/* Refuses options that a source cannot have that is read once. named: it has a name, and
 * attributes. 0 or an error, as options_parse(). */
int options_check_stream(const struct options *o, const char *source, bool named,
                         char **ret_error);

/* Whether symlinks on the command line are followed. */
bool options_follow_operand(const struct options *o);

#endif
