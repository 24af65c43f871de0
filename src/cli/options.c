#include "options.h"

#include <assert.h>
#include <errno.h>
#include <popt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "number_priv.h"
#include "options_check_priv.h"
#include "preserve_priv.h"
#include "usage_error.h"

#define KIB        UINT64_C(1024)
#define MIB        (KIB * KIB)
#define MAX_OFFSET ((uint64_t)INT64_MAX) /* off_t's */

enum option_id {
    OPT_RECURSIVE = 1,
    OPT_ARCHIVE,
    OPT_FOLLOW_NEVER,
    OPT_FOLLOW_COMMAND_LINE,
    OPT_FOLLOW_ALWAYS,
    OPT_NO_DEREFERENCE_LINKS,
    OPT_ONE_FILE_SYSTEM,
    OPT_TARGET_DIRECTORY,
    OPT_NO_TARGET_DIRECTORY,
    OPT_PARENTS,
    OPT_STRIP_TRAILING_SLASHES,
    OPT_CP,
    OPT_COPY_CONTENTS,
    OPT_KEEP_DIRECTORY_SYMLINK,
    OPT_CONTEXT_DEFAULT,
    OPT_CONTEXT,
    OPT_FORCE,
    OPT_INTERACTIVE,
    OPT_NO_CLOBBER,
    OPT_LINK,
    OPT_SYMBOLIC_LINK,
    OPT_REMOVE_DESTINATION,
    OPT_BACKUP_PLAIN,
    OPT_BACKUP,
    OPT_SUFFIX,
    OPT_UPDATE_OLDER,
    OPT_UPDATE,
    OPT_INPLACE,
    OPT_SPARSE,
    OPT_REFLINK,
    OPT_OFFSET,
    OPT_LENGTH,
    OPT_DEST_OFFSET,
    OPT_NO_SPACE_CHECK,
    OPT_PRESERVE_BASIC,
    OPT_PRESERVE,
    OPT_NO_PRESERVE,
    OPT_ATTRIBUTES_ONLY,
    OPT_FSYNC,
    OPT_IN_ORDER,
    OPT_PARTIAL,
    OPT_RESUME,
    OPT_ON_ERROR,
    OPT_REQUIRE,
    OPT_TIMEOUT,
    OPT_SLOW,
    OPT_DRY_RUN,
    OPT_ENGINE,
    OPT_DIRECT,
    OPT_CHUNK_SIZE,
    OPT_QUEUE_DEPTH,
    OPT_WORKERS,
    OPT_MEMORY,
    OPT_MAX_LAG,
    OPT_PROGRESS,
    OPT_VERBOSE,
    OPT_DEBUG,
    OPT_QUIET,
    OPT_STATS,
    OPT_JSON,
    OPT_VERSION,
    OPT_HELP,
    OPT_USAGE,
};

/* clang-format off */
#define FLAG(name, letter, id, text) {name, letter, POPT_ARG_NONE, NULL, id, text, NULL}
#define ARG(name, letter, id, what, text) {name, letter, POPT_ARG_STRING, NULL, id, text, what}
#define OPTIONAL_ARG(name, letter, id, what, text)                                              \
    {name, letter, POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL, NULL, id, text, what}
#define GROUP(table, title) {NULL, '\0', POPT_ARG_INCLUDE_TABLE, table, 0, title, NULL}

/* Not const: popt takes included tables as void *. It does not change them. */
static struct poptOption copying_table[] = {
    FLAG("archive", 'a', OPT_ARCHIVE, "copy directories and keep everything as it is"),
    FLAG("recursive", 'r', OPT_RECURSIVE, "copy directories with all that is in them"),
    {NULL, 'R', POPT_ARG_NONE, NULL, OPT_RECURSIVE, "the same", NULL},
    FLAG("no-dereference", 'P', OPT_FOLLOW_NEVER, "copy symbolic links as such"),
    {NULL, 'd', POPT_ARG_NONE, NULL, OPT_NO_DEREFERENCE_LINKS,
     "the same, and keep hard links", NULL},
    {NULL, 'H', POPT_ARG_NONE, NULL, OPT_FOLLOW_COMMAND_LINE,
     "follow symbolic links named on the command line", NULL},
    FLAG("dereference", 'L', OPT_FOLLOW_ALWAYS, "follow all symbolic links"),
    FLAG("one-file-system", 'x', OPT_ONE_FILE_SYSTEM,
         "leave directories empty that are on another file system"),
    ARG("target-directory", 't', OPT_TARGET_DIRECTORY, "DIR",
        "copy every SOURCE into DIR; may be given several times"),
    FLAG("no-target-directory", 'T', OPT_NO_TARGET_DIRECTORY,
         "a DEST is the file itself, never a directory to copy into"),
    FLAG("parents", '\0', OPT_PARENTS,
         "make the directories of SOURCE's path in the destination, too"),
    FLAG("strip-trailing-slashes", '\0', OPT_STRIP_TRAILING_SLASHES,
         "take the slashes at the end of every SOURCE away"),
    FLAG("cp", '\0', OPT_CP, "be cp: one DEST, the last operand, and --inplace"),
    FLAG("copy-contents", '\0', OPT_COPY_CONTENTS,
         "read FIFOs and devices instead of making them anew"),
    FLAG("keep-directory-symlink", '\0', OPT_KEEP_DIRECTORY_SYMLINK,
         "follow symbolic links to directories in the destination"),
    FLAG("force", 'f', OPT_FORCE,
         "remove a DEST that cannot be opened; allow FILE FILE DIR as operands"),
    FLAG("interactive", 'i', OPT_INTERACTIVE, "ask before anything is replaced"),
    FLAG("no-clobber", 'n', OPT_NO_CLOBBER, "leave what exists as it is"),
    FLAG(NULL, 'u', OPT_UPDATE_OLDER, "as --update=older"),
    OPTIONAL_ARG("update", '\0', OPT_UPDATE, "WHICH",
                 "replace what exists if older than SOURCE (alone), all, none, or none-fail"),
    FLAG("link", 'l', OPT_LINK, "make hard links to SOURCE instead of copies"),
    FLAG("symbolic-link", 's', OPT_SYMBOLIC_LINK,
         "make symbolic links to SOURCE instead of copies"),
    FLAG("remove-destination", '\0', OPT_REMOVE_DESTINATION,
         "make every DEST anew; nothing of an existing one stays, be it a link or a device"),
    FLAG(NULL, 'b', OPT_BACKUP_PLAIN, "as --backup"),
    OPTIONAL_ARG("backup", '\0', OPT_BACKUP, "CONTROL",
                 "keep what is replaced: simple, numbered, existing (default), or none"),
    ARG("suffix", 'S', OPT_SUFFIX, "SUFFIX", "of simple backups, instead of ~; implies -b"),
    FLAG("inplace", '\0', OPT_INPLACE,
         "write into DEST itself instead of a temporary that is renamed"),
    ARG("sparse", '\0', OPT_SPARSE, "WHEN",
        "holes: as in SOURCE (auto, the default), always for zeros, or never"),
    OPTIONAL_ARG("reflink", '\0', OPT_REFLINK, "WHEN",
                 "clone instead of copying: where possible (auto, the default), always, never"),
    ARG("offset", '\0', OPT_OFFSET, "SIZE", "start at this offset of SOURCE"),
    ARG("length", '\0', OPT_LENGTH, "SIZE", "copy at most this much"),
    ARG("dest-offset", '\0', OPT_DEST_OFFSET, "SIZE",
        "write at this offset of DEST and keep the rest; needs --inplace"),
    FLAG(NULL, 'p', OPT_PRESERVE_BASIC, "as --preserve=mode,ownership,timestamps"),
    OPTIONAL_ARG("preserve", '\0', OPT_PRESERVE, "LIST",
        "give DEST these attributes of SOURCE; alone: as -p"),
    ARG("no-preserve", '\0', OPT_NO_PRESERVE, "LIST", "do not give DEST these attributes"),
    {NULL, 'Z', POPT_ARG_NONE, NULL, OPT_CONTEXT_DEFAULT,
     "set SELinux contexts: ignored where there is no SELinux, else refused", NULL},
    OPTIONAL_ARG("context", '\0', OPT_CONTEXT, "CTX", "the same"),
    FLAG("attributes-only", '\0', OPT_ATTRIBUTES_ONLY,
         "copy no data, only the attributes to preserve"),
    FLAG("no-space-check", '\0', OPT_NO_SPACE_CHECK,
         "write even where the file systems seem to have too little space"),
    FLAG("fsync", '\0', OPT_FSYNC, "success means on stable storage: data and name"),
    FLAG("in-order", '\0', OPT_IN_ORDER,
         "write strictly in ascending order, so that what is there is a prefix"),
    FLAG("partial", '\0', OPT_PARTIAL,
         "keep what an interrupted copy has written, beside DEST, for --resume"),
    FLAG("resume", '\0', OPT_RESUME,
         "go on from what --partial has kept, for each DEST; implies --partial"),
    ARG("on-error", '\0', OPT_ON_ERROR, "WHAT",
        "when a DEST fails: drop it and go on (default), or stop all"),
    ARG("require", '\0', OPT_REQUIRE, "N",
        "how many DESTs must succeed: all (default) or a number"),
    ARG("timeout", '\0', OPT_TIMEOUT, "SECONDS",
        "drop a DEST that does not answer for so long; 0: never (default 120)"),
    ARG("slow", '\0', OPT_SLOW, "WHAT",
        "detach a DEST that is too slow for the others (default), or wait for it"),
    FLAG("dry-run", '\0', OPT_DRY_RUN, "say what would be done and touch nothing"),
    POPT_TABLEEND,
};

static struct poptOption tuning_table[] = {
    ARG("engine", '\0', OPT_ENGINE, "ENGINE",
        "how bytes move: auto (default), group, link, fanout, aio, sync"),
    OPTIONAL_ARG("direct", '\0', OPT_DIRECT, "WHEN", "bypass the page cache (O_DIRECT)"),
    ARG("chunk-size", '\0', OPT_CHUNK_SIZE, "SIZE", "bytes per read and write, 4K to 256M"),
    ARG("queue-depth", '\0', OPT_QUEUE_DEPTH, "N", "chunks in flight per worker, 1 to 4096"),
    ARG("workers", '\0', OPT_WORKERS, "N", "threads that copy, 1 to 256"),
    ARG("memory", '\0', OPT_MEMORY, "SIZE", "at most this much for all buffers, 64K or more"),
    ARG("max-lag", '\0', OPT_MAX_LAG, "SIZE",
        "how far the fastest DEST may run ahead of one that shares its reads"),
    POPT_TABLEEND,
};

static struct poptOption output_table[] = {
    OPTIONAL_ARG("progress", '\0', OPT_PROGRESS, "WHEN", "show progress on standard error"),
    FLAG("verbose", 'v', OPT_VERBOSE, "say what is done and how"),
    FLAG("debug", '\0', OPT_DEBUG, "say how each file is copied; implies -v"),
    FLAG("quiet", 'q', OPT_QUIET, "nothing but errors on standard error"),
    FLAG("stats", '\0', OPT_STATS, "statistics on standard error at the end"),
    FLAG("json", '\0', OPT_JSON, "events and summary as JSON lines on standard output"),
    POPT_TABLEEND,
};

static struct poptOption help_table[] = {
    FLAG("version", 'V', OPT_VERSION, "show the version and the engines available here"),
    FLAG("help", '?', OPT_HELP, "show this help"),
    FLAG("usage", '\0', OPT_USAGE, "show the options in short"),
    POPT_TABLEEND,
};

static const struct poptOption main_table[] = {
    GROUP(copying_table, "Copying:"),
    GROUP(tuning_table, "Tuning:"),
    GROUP(output_table, "Output:"),
    GROUP(help_table, "Help:"),
    POPT_TABLEEND,
};
/* clang-format on */

/* What options.parser points at. */
struct parser {
    poptContext context;
    const char **argv; /* what the context reads; the strings are its own */
};

/* What an option does with its value. */
struct rule {
    /* Returns 0, -EINVAL when the value is not what is expected, or -ENOMEM. */
    int (*set)(struct options *o, const struct rule *rule, const char *value);
    size_t field; /* offset in struct options */
    uint64_t min;
    uint64_t max;
    uint64_t multiple;    /* 0: any */
    const char *expected; /* for the message */
};

static void *field_of(struct options *o, const struct rule *rule)
{
    return (char *)o + rule->field;
}

/* A plain number within the rule's limits. 0 or -EINVAL. */
static int parse_number(const struct rule *rule, const char *value, unsigned *ret_number)
{
    const char *end;
    uint64_t number;

    if (options_parse_digits(value, &number, &end) < 0 || *end != '\0' || number < rule->min ||
        number > rule->max)
        return -EINVAL;
    *ret_number = (unsigned)number;
    return 0;
}

static int set_flag(struct options *o, const struct rule *rule, const char *value)
{
    (void)value;
    *(bool *)field_of(o, rule) = true;
    return 0;
}

static int set_number(struct options *o, const struct rule *rule, const char *value)
{
    return parse_number(rule, value, field_of(o, rule));
}

static int set_size(struct options *o, const struct rule *rule, const char *value)
{
    uint64_t bytes;

    if (options_parse_size(value, &bytes) < 0 || bytes < rule->min || bytes > rule->max)
        return -EINVAL;
    if (rule->multiple != 0 && bytes % rule->multiple != 0)
        return -EINVAL;
    *(uint64_t *)field_of(o, rule) = bytes;
    return 0;
}

static int set_when(struct options *o, const struct rule *rule, const char *value)
{
    enum when *when = field_of(o, rule);

    if (value == NULL || *value == '\0' || strcmp(value, "always") == 0)
        *when = WHEN_ALWAYS;
    else if (strcmp(value, "auto") == 0)
        *when = WHEN_AUTO;
    else if (strcmp(value, "never") == 0)
        *when = WHEN_NEVER;
    else
        return -EINVAL;
    return 0;
}

/* Unlike set_when() for an option that has no meaning of its own without a value. */
static int set_sparse(struct options *o, const struct rule *rule, const char *value)
{
    return *value == '\0' ? -EINVAL : set_when(o, rule, value);
}

static int set_dest_offset(struct options *o, const struct rule *rule, const char *value)
{
    int r = set_size(o, rule, value);

    if (r == 0)
        o->has_dest_offset = true;
    return r;
}

static int set_resume(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->resume = true;
    o->partial = true;
    return 0;
}

static int set_engine(struct options *o, const struct rule *rule, const char *value)
{
    const struct engine_ops *engine = engine_find(value);

    (void)rule;
    if (engine == NULL && strcmp(value, "auto") != 0)
        return -EINVAL;
    o->engine = engine != NULL ? engine->name : "auto";
    return 0;
}

static int set_on_error(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    if (strcmp(value, "drop") != 0 && strcmp(value, "stop") != 0)
        return -EINVAL;
    o->stop_on_error = strcmp(value, "stop") == 0;
    return 0;
}

static int set_require(struct options *o, const struct rule *rule, const char *value)
{
    if (strcmp(value, "all") != 0)
        return parse_number(rule, value, &o->require);
    o->require = OPTIONS_REQUIRE_ALL;
    return 0;
}

static int set_timeout(struct options *o, const struct rule *rule, const char *value)
{
    int r = parse_number(rule, value, &o->timeout);

    if (r == 0)
        o->has_timeout = true;
    return r;
}

static int set_slow(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    if (strcmp(value, "wait") != 0 && strcmp(value, "detach") != 0)
        return -EINVAL;
    o->slow = strcmp(value, "wait") == 0 ? SLOW_WAIT : SLOW_DETACH;
    return 0;
}

/* Of -v and -q the last one counts. */
static int set_verbose(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->verbose = true;
    o->quiet = false;
    return 0;
}

static int set_debug(struct options *o, const struct rule *rule, const char *value)
{
    o->debug = true;
    return set_verbose(o, rule, value);
}

static int set_context(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    o->context = value != NULL && *value != '\0' ? CONTEXT_GIVEN : CONTEXT_DEFAULT;
    return 0;
}

static int set_quiet(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->quiet = true;
    o->verbose = false;
    return 0;
}

/* Of -i and -n the last one counts. */
static int set_interactive(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->standing.ask = true;
    o->no_clobber = false;
    return 0;
}

static int set_no_clobber(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->no_clobber = true;
    o->standing.ask = false;
    return 0;
}

static int set_update(struct options *o, const struct rule *rule, const char *value)
{
    static const char *const words[] = {[UPDATE_ALL] = "all",
                                        [UPDATE_OLDER] = "older",
                                        [UPDATE_NONE] = "none",
                                        [UPDATE_NONE_FAIL] = "none-fail"};
    unsigned i = 0;

    (void)rule;
    if (value == NULL || *value == '\0')
        value = words[UPDATE_OLDER];
    while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i], value) != 0)
        i++;
    if (i == sizeof(words) / sizeof(words[0]))
        return -EINVAL;
    o->standing.update = (enum existing_update)i;
    return 0;
}

static int set_backup_plain(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->backs_up = true;
    return 0;
}

/* As with cp, a word may be abbreviated as far as it stays clear. */
static int parse_backup(const char *text, enum backup_kind *ret)
{
    static const struct {
        const char *word;
        enum backup_kind kind;
    } words[] = {
        {"none", BACKUP_NONE},         {"off", BACKUP_NONE},          {"simple", BACKUP_SIMPLE},
        {"never", BACKUP_SIMPLE},      {"numbered", BACKUP_NUMBERED}, {"t", BACKUP_NUMBERED},
        {"existing", BACKUP_EXISTING}, {"nil", BACKUP_EXISTING},
    };
    unsigned found = 0;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(words[i].word, text, strlen(text)) == 0) {
            *ret = words[i].kind;
            found++;
        }
    }
    return found == 1 ? 0 : -EINVAL;
}

static int set_backup(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    o->backs_up = true;
    if (value == NULL || *value == '\0')
        return 0;
    o->has_backup_kind = true;
    return parse_backup(value, &o->backup.kind);
}

static int set_suffix(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    o->backs_up = true;
    free(o->suffix);
    o->suffix = strdup(value);
    return o->suffix != NULL ? 0 : -ENOMEM;
}

static int set_preserve_basic(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    return options_preserve_list(o, "mode,ownership,timestamps", true);
}

static int set_preserve(struct options *o, const struct rule *rule, const char *value)
{
    if (value == NULL || *value == '\0')
        return set_preserve_basic(o, rule, NULL);
    return options_preserve_list(o, value, true);
}

static int set_no_preserve(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    return options_preserve_list(o, value, false);
}

static int set_target_directory(struct options *o, const struct rule *rule, const char *value)
{
    char **directories;

    (void)rule;
    directories =
        reallocarray(o->target_directories, o->n_target_directories + 1, sizeof(*directories));
    if (directories == NULL)
        return -ENOMEM;
    o->target_directories = directories;
    directories[o->n_target_directories] = strdup(value);
    if (directories[o->n_target_directories] == NULL)
        return -ENOMEM;
    o->n_target_directories++;
    return 0;
}

/* Of -P, -H and -L the last one counts. */
static int set_follow_never(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->follow = FOLLOW_NEVER;
    return 0;
}

static int set_follow_command_line(struct options *o, const struct rule *rule,
                                   const char *value)
{
    (void)rule;
    (void)value;
    o->follow = FOLLOW_COMMAND_LINE;
    return 0;
}

static int set_follow_always(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->follow = FOLLOW_ALWAYS;
    return 0;
}

static int set_no_dereference_links(struct options *o, const struct rule *rule,
                                    const char *value)
{
    o->preserve_links = true;
    return set_follow_never(o, rule, value);
}

static int set_archive(struct options *o, const struct rule *rule, const char *value)
{
    o->recursive = true;
    options_preserve_all(o, ATTRS_TRY);
    return set_no_dereference_links(o, rule, value);
}

static int set_version(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->action = OPTIONS_VERSION;
    return 0;
}

static int set_help(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->action = OPTIONS_HELP;
    return 0;
}

static int set_usage(struct options *o, const struct rule *rule, const char *value)
{
    (void)rule;
    (void)value;
    o->action = OPTIONS_USAGE;
    return 0;
}

#define EXPECT_SIZE "a SIZE of less than 8 EiB, e.g. 4096, 64K, 1GiB"
#define EXPECT_WHEN "auto, always or never"
#define EXPECT_BACKUP                                                                          \
    "none, off, simple, never, numbered, t, existing or nil, or the beginning of one"
#define EXPECT_LIST                                                                            \
    "words out of mode, ownership, timestamps, links, context, xattr and all, "                \
    "with commas between them"
#define FIELD(name) .field = offsetof(struct options, name)

static const struct rule rules[] = {
    [OPT_RECURSIVE] = {.set = set_flag, FIELD(recursive)},
    [OPT_ARCHIVE] = {.set = set_archive},
    [OPT_FOLLOW_NEVER] = {.set = set_follow_never},
    [OPT_FOLLOW_COMMAND_LINE] = {.set = set_follow_command_line},
    [OPT_FOLLOW_ALWAYS] = {.set = set_follow_always},
    [OPT_NO_DEREFERENCE_LINKS] = {.set = set_no_dereference_links},
    [OPT_ONE_FILE_SYSTEM] = {.set = set_flag, FIELD(one_file_system)},
    [OPT_TARGET_DIRECTORY] = {.set = set_target_directory},
    [OPT_NO_TARGET_DIRECTORY] = {.set = set_flag, FIELD(no_target_directory)},
    [OPT_PARENTS] = {.set = set_flag, FIELD(parents)},
    [OPT_STRIP_TRAILING_SLASHES] = {.set = set_flag, FIELD(strip_trailing_slashes)},
    [OPT_CP] = {.set = set_flag, FIELD(cp)},
    [OPT_COPY_CONTENTS] = {.set = set_flag, FIELD(copy_contents)},
    [OPT_KEEP_DIRECTORY_SYMLINK] = {.set = set_flag, FIELD(keep_directory_symlink)},
    [OPT_CONTEXT_DEFAULT] = {.set = set_context},
    [OPT_CONTEXT] = {.set = set_context},
    [OPT_FORCE] = {.set = set_flag, FIELD(force)},
    [OPT_LINK] = {.set = set_flag, FIELD(link)},
    [OPT_SYMBOLIC_LINK] = {.set = set_flag, FIELD(symbolic_link)},
    [OPT_REMOVE_DESTINATION] = {.set = set_flag, FIELD(remove_destination)},
    [OPT_BACKUP_PLAIN] = {.set = set_backup_plain},
    [OPT_BACKUP] = {.set = set_backup, .expected = EXPECT_BACKUP},
    [OPT_SUFFIX] = {.set = set_suffix},
    [OPT_INTERACTIVE] = {.set = set_interactive},
    [OPT_NO_CLOBBER] = {.set = set_no_clobber},
    [OPT_UPDATE_OLDER] = {.set = set_update},
    [OPT_UPDATE] = {.set = set_update, .expected = "all, none, none-fail or older"},
    [OPT_INPLACE] = {.set = set_flag, FIELD(inplace)},
    [OPT_SPARSE] = {.set = set_sparse, FIELD(sparse), .expected = EXPECT_WHEN},
    [OPT_REFLINK] = {.set = set_when, FIELD(reflink), .expected = EXPECT_WHEN},
    [OPT_OFFSET] = {.set = set_size, FIELD(offset), .max = MAX_OFFSET, .expected = EXPECT_SIZE},
    [OPT_LENGTH] = {.set = set_size, FIELD(length), .max = MAX_OFFSET, .expected = EXPECT_SIZE},
    [OPT_DEST_OFFSET] = {.set = set_dest_offset,
                         FIELD(dest_offset),
                         .max = MAX_OFFSET,
                         .expected = EXPECT_SIZE},
    [OPT_NO_SPACE_CHECK] = {.set = set_flag, FIELD(no_space_check)},
    [OPT_PRESERVE_BASIC] = {.set = set_preserve_basic},
    [OPT_PRESERVE] = {.set = set_preserve, .expected = EXPECT_LIST},
    [OPT_NO_PRESERVE] = {.set = set_no_preserve, .expected = EXPECT_LIST},
    [OPT_ATTRIBUTES_ONLY] = {.set = set_flag, FIELD(attributes_only)},
    [OPT_FSYNC] = {.set = set_flag, FIELD(fsync)},
    [OPT_IN_ORDER] = {.set = set_flag, FIELD(in_order)},
    [OPT_PARTIAL] = {.set = set_flag, FIELD(partial)},
    [OPT_RESUME] = {.set = set_resume},
    [OPT_ON_ERROR] = {.set = set_on_error, .expected = "drop or stop"},
    [OPT_REQUIRE] = {.set = set_require,
                     .min = 1,
                     .max = UINT32_MAX,
                     .expected = "all or a number from 1 up"},
    [OPT_TIMEOUT] = {.set = set_timeout,
                     .max = 1000000,
                     .expected = "a number of seconds from 0 to 1000000"},
    [OPT_SLOW] = {.set = set_slow, .expected = "wait or detach"},
    [OPT_DRY_RUN] = {.set = set_flag, FIELD(dry_run)},
    [OPT_ENGINE] = {.set = set_engine,
                    .expected = "auto or an engine that 'ucopy --version' lists"},
    [OPT_DIRECT] = {.set = set_when, FIELD(direct), .expected = EXPECT_WHEN},
    [OPT_CHUNK_SIZE] = {.set = set_size,
                        FIELD(chunk_size),
                        .min = 4 * KIB,
                        .max = 256 * MIB,
                        .multiple = 4 * KIB,
                        .expected = "a SIZE from 4K to 256M that is a multiple of 4K"},
    [OPT_QUEUE_DEPTH] = {.set = set_number,
                         FIELD(queue_depth),
                         .min = 1,
                         .max = 4096,
                         .expected = "a number from 1 to 4096"},
    [OPT_WORKERS] = {.set = set_number,
                     FIELD(workers),
                     .min = 1,
                     .max = 256,
                     .expected = "a number from 1 to 256"},
    [OPT_MEMORY] = {.set = set_size,
                    FIELD(memory),
                    .min = 64 * KIB,
                    .max = MAX_OFFSET,
                    .expected = "a SIZE of at least 64K"},
    [OPT_MAX_LAG] = {.set = set_size,
                     FIELD(max_lag),
                     .min = 4 * KIB,
                     .max = MAX_OFFSET,
                     .expected = "a SIZE of at least 4K"},
    [OPT_PROGRESS] = {.set = set_when, FIELD(progress), .expected = EXPECT_WHEN},
    [OPT_VERBOSE] = {.set = set_verbose},
    [OPT_DEBUG] = {.set = set_debug},
    [OPT_QUIET] = {.set = set_quiet},
    [OPT_STATS] = {.set = set_flag, FIELD(stats)},
    [OPT_JSON] = {.set = set_flag, FIELD(json)},
    [OPT_VERSION] = {.set = set_version},
    [OPT_HELP] = {.set = set_help},
    [OPT_USAGE] = {.set = set_usage},
};

/* The long name of an option. */
static const char *name_of(int id)
{
    const struct poptOption *group, *option;

    for (group = main_table; group->arg != NULL; group++) {
        for (option = group->arg; option->val != 0; option++) {
            if (option->val == id && option->longName != NULL)
                return option->longName;
        }
    }
    assert(!"every value that popt returns is in the table");
    return NULL;
}

/* popt gives an option with an optional value the next word; ls and grep do not. With an empty
 * value in place popt takes no other. */
static const char *close_optional(const char *word)
{
    if (strcmp(word, "--context") == 0)
        return "--context=";
    if (strcmp(word, "--direct") == 0)
        return "--direct=";
    if (strcmp(word, "--progress") == 0)
        return "--progress=";
    if (strcmp(word, "--preserve") == 0)
        return "--preserve=";
    if (strcmp(word, "--reflink") == 0)
        return "--reflink=";
    if (strcmp(word, "--update") == 0)
        return "--update=";
    if (strcmp(word, "--backup") == 0)
        return "--backup=";
    return word;
}

/* The long options of cp, which may be abbreviated there. */
static const char *const cp_names[] = {
    "archive",
    "attributes-only",
    "backup",
    "context",
    "copy-contents",
    "debug",
    "dereference",
    "force",
    "help",
    "interactive",
    "keep-directory-symlink",
    "link",
    "no-clobber",
    "no-dereference",
    "no-preserve",
    "no-target-directory",
    "one-file-system",
    "parents",
    "preserve",
    "recursive",
    "reflink",
    "remove-destination",
    "sparse",
    "strip-trailing-slashes",
    "suffix",
    "symbolic-link",
    "target-directory",
    "update",
    "verbose",
    "version",
};

/* The option that a word like --arch or --pres=mode abbreviates; NULL: none, or several. */
static const char *find_abbreviated(const char *word)
{
    const char *found = NULL;
    size_t length;

    if (strncmp(word, "--", 2) != 0)
        return NULL;
    length = strcspn(word + 2, "=");
    if (length == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(cp_names) / sizeof(cp_names[0]); i++) {
        if (strncmp(cp_names[i], word + 2, length) != 0)
            continue;
        if (found != NULL || cp_names[i][length] == '\0')
            return NULL;
        found = cp_names[i];
    }
    return found;
}

static void parser_free(struct parser *p)
{
    if (p == NULL)
        return;
    poptFreeContext(p->context);
    for (int i = 0; p->argv[i] != NULL; i++)
        free((char *)(uintptr_t)p->argv[i]);
    free(p->argv);
    free(p);
}

/* A word of the command line as popt is to have it; the caller frees it. NULL without memory.
 */
static char *prepare_word(const char *word, bool cp)
{
    const char *name = cp ? find_abbreviated(word) : NULL;
    char *full;

    if (name == NULL)
        return strdup(close_optional(word));
    if (asprintf(&full, "--%s%s", name, word + strcspn(word, "=")) < 0)
        return NULL;
    word = close_optional(full);
    if (word == full)
        return full;
    free(full);
    return strdup(word);
}

static struct parser *parser_new(int argc, const char **argv, bool cp)
{
    int words = argc > 0 ? argc : 1;
    bool options = true;
    struct parser *p;

    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return NULL;
    p->argv = calloc((size_t)words + 1, sizeof(*p->argv));
    if (p->argv == NULL) {
        free(p);
        return NULL;
    }
    p->argv[0] = strdup("ucopy"); /* popt shows it in the usage line */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            options = false;
        p->argv[i] = options ? prepare_word(argv[i], cp) : strdup(argv[i]);
        if (p->argv[i] == NULL)
            goto err_after_argv;
    }
    p->context = poptGetContext("ucopy", words, p->argv, main_table, POPT_CONTEXT_NO_EXEC);
    if (p->argv[0] == NULL || p->context == NULL)
        goto err_after_argv;
    /* Alias files that cannot be read define no aliases. Using one of those is an unknown
     * option, which is said. */
    (void)poptReadDefaultConfig(p->context, 0);
    return p;

err_after_argv:
    parser_free(p);
    return NULL;
}

/* popt replaces "!#:+" inside a value by the word that follows it, on the command line, too,
 * although it is meant for alias files. Nothing would be where the user wanted it. */
static int refuse_placeholder(int argc, const char **argv, char **ret_error)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strstr(argv[i], "!#:+") != NULL)
            return usage_error(ret_error,
                               "'%s': '!#:+' is possible in operands after '--' only", argv[i]);
    }
    return 0;
}

/* What popt did not like, in our words. */
static int refuse_popt(poptContext context, int code, char **ret_error)
{
    const char *option = poptBadOption(context, POPT_BADOPTION_NOALIAS);

    switch (code) {
    case POPT_ERROR_BADOPT:
        return usage_error(ret_error, "unknown option '%s'", option);
    case POPT_ERROR_NOARG:
        return usage_error(ret_error, "option '%s' needs a value", option);
    case POPT_ERROR_UNWANTEDARG:
        return usage_error(ret_error, "option '%s' takes no value", option);
    case POPT_ERROR_MALLOC:
        return -ENOMEM;
    default:
        return usage_error(ret_error, "option '%s': %s", option, poptStrerror(code));
    }
}

static int apply(struct options *o, int id, const char *value, char **ret_error)
{
    const struct rule *rule = &rules[id];
    int r = rule->set(o, rule, value);

    if (r != -EINVAL)
        return r;
    return usage_error(ret_error, "--%s=%s: expected %s", name_of(id), value, rule->expected);
}

static int take_operands(struct options *o, int argc, const char **argv, char **ret_error)
{
    const struct parser *p = o->parser;
    const char **args = poptGetArgs(p->context);
    unsigned n = 0;

    while (args != NULL && args[n] != NULL)
        n++;
    o->operands = calloc((size_t)n + 1, sizeof(*o->operands));
    if (o->operands == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        const char *text = args[i];

        /* With POSIXLY_CORRECT a word behind the first operand is an operand, too, and is
         * wanted as it was before prepare_word(). */
        if (n < (unsigned)argc) {
            unsigned at = (unsigned)argc - n + i;

            if (strcmp(text, p->argv[at]) == 0)
                text = argv[at];
        }
        if (strcmp(text, "-") == 0)
            return usage_error(ret_error, "'-': standard input/output is not supported yet");
        o->operands[i] = strdup(text);
        if (o->operands[i] == NULL)
            return -ENOMEM;
        o->n_operands++;
    }
    return 0;
}

/* How what is replaced is kept, by the options and the environment. */
static int settle_backup(struct options *o, char **ret_error)
{
    const char *control = getenv("VERSION_CONTROL");
    const char *suffix = o->suffix != NULL ? o->suffix : getenv("SIMPLE_BACKUP_SUFFIX");

    if (!o->backs_up)
        return 0;
    if (!o->has_backup_kind && (control == NULL || *control == '\0'))
        o->backup.kind = BACKUP_EXISTING;
    else if (!o->has_backup_kind && parse_backup(control, &o->backup.kind) < 0)
        return usage_error(ret_error, "VERSION_CONTROL=%s: expected %s", control,
                           EXPECT_BACKUP);
    if (suffix == NULL || *suffix == '\0' || strchr(suffix, '/') != NULL)
        suffix = "~";
    o->backup.suffix = suffix;
    return 0;
}

/* What several options say together about what exists. */
static int settle_standing(struct options *o, char **ret_error)
{
    if (o->no_clobber)
        o->standing.update = UPDATE_NONE;
    o->standing.keeps_times = o->preserve.times;
    /* As with cp, whose copies of symlinks are links to what they lead to. */
    if (o->link && o->follow == FOLLOW_AUTO)
        o->follow = FOLLOW_ALWAYS;
    if (o->backs_up && existing_keeps_all(&o->standing))
        return usage_error(ret_error, "--backup contradicts %s: nothing is replaced",
                           o->no_clobber                       ? "--no-clobber"
                           : o->standing.update == UPDATE_NONE ? "--update=none"
                                                               : "--update=none-fail");
    if (o->has_dest_offset && (o->backs_up || o->remove_destination))
        return usage_error(ret_error,
                           "--dest-offset keeps the rest of DEST: it contradicts --%s",
                           o->backs_up ? "backup" : "remove-destination");
    return settle_backup(o, ret_error);
}

/* Whether the program is to be cp: also for what is wrong with the rest of the line. */
static bool is_cp(int argc, const char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

    if (argc > 0 && strcmp(slash ? slash + 1 : argv[0], "cp") == 0)
        return true;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--cp") == 0)
            return true;
    return false;
}

int options_parse(struct options *o, int argc, const char **argv, char **ret_error)
{
    struct parser *p;
    int id, r;

    *o = (struct options){
        .engine = "auto",
        .length = OPTIONS_TO_THE_END,
        .cp = is_cp(argc, argv),
    };
    r = refuse_placeholder(argc, argv, ret_error);
    if (r < 0)
        return r;
    p = parser_new(argc, argv, o->cp);
    if (p == NULL)
        return -ENOMEM;
    o->parser = p;

    while ((id = poptGetNextOpt(p->context)) > 0) {
        char *value = poptGetOptArg(p->context);

        r = apply(o, id, value, ret_error);
        free(value);
        if (r < 0)
            goto err_after_parser;
        if (o->action != OPTIONS_COPY)
            return 0;
    }
    if (id < -1) {
        r = refuse_popt(p->context, id, ret_error);
        goto err_after_parser;
    }
    o->inplace |= o->cp;
    r = settle_standing(o, ret_error);
    if (r == 0)
        r = take_operands(o, argc, argv, ret_error);
    if (r == 0)
        r = options_check(o, ret_error);
    if (r == 0)
        return 0;

err_after_parser:
    options_free(o);
    o->cp = is_cp(argc, argv);
    return r;
}

bool options_follow_operand(const struct options *o)
{
    return o->follow == FOLLOW_AUTO ? !o->recursive : o->follow != FOLLOW_NEVER;
}

void options_print_help(const struct options *o, FILE *f)
{
    const struct parser *p = o->parser;

    poptSetOtherOptionHelp(p->context,
                           "[OPTION]... SOURCE DEST [DEST]...\n"
                           "  or:  ucopy [OPTION]... -t DIR [-t DIR]... SOURCE...\n"
                           "Copy SOURCE to every DEST at once, reading it only once.");
    poptPrintHelp(p->context, f, 0);
    fputs("\n"
          "WHEN is auto, always or never; --direct and --progress alone mean always.\n"
          "LIST is one or more of mode, ownership, timestamps, links, context, xattr, all,\n"
          "separated by commas; as with cp.\n"
          "SIZE is a number of bytes, or one with K, M, G, T, P (powers of 1024) or\n"
          "KB, MB, GB, TB, PB (powers of 1000) behind it.\n"
          "Exit codes, examples and everything else: man ucopy.\n",
          f);
}

void options_print_usage(const struct options *o, FILE *f)
{
    const struct parser *p = o->parser;

    poptSetOtherOptionHelp(p->context, "SOURCE DEST [DEST]...");
    poptPrintUsage(p->context, f, 0);
}

void options_free(struct options *o)
{
    for (unsigned i = 0; i < o->n_target_directories; i++)
        free(o->target_directories[i]);
    free(o->target_directories);
    for (unsigned i = 0; i < o->n_operands; i++)
        free(o->operands[i]);
    free(o->operands);
    free(o->suffix);
    parser_free(o->parser);
    *o = (struct options){0};
}
