#include "options_check_priv.h"

#include <string.h>

#include "base/digest.h"
#include "option_field_priv.h"
#include "option_table_priv.h"
#include "usage_error.h"

#define MAX_OFFSET ((uint64_t)INT64_MAX) /* off_t's */

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A member of the options has a certain number, or (differs) any other, or certain bits. */
struct condition {
    struct option_field field;
    bool differs;
    bool bits; /* instead: the member has one of the bits of number */
    uint64_t number;
};

#define IS(member, what)                                                                       \
    {                                                                                          \
        .field = OPTION_FIELD(member), .number = (what)                                        \
    }
#define IS_NOT(member, what)                                                                   \
    {                                                                                          \
        .field = OPTION_FIELD(member), .differs = true, .number = (what)                       \
    }
#define HAS(member, what)                                                                      \
    {                                                                                          \
        .field = OPTION_FIELD(member), .bits = true, .number = (what)                          \
    }
#define GIVEN(member) IS_NOT(member, 0)

/* Two conditions that must not hold together. */
struct contradiction {
    struct condition a, b;
    const char *message;
};

static bool holds(const struct options *o, const struct condition *c)
{
    uint64_t number = option_field_get(o, &c->field);

    return c->bits ? (number & c->number) != 0 : (number == c->number) != c->differs;
}

/* Refuses the first contradiction of the list that the options contain. */
static int check_contradictions(const struct options *o, const struct contradiction *list,
                                size_t n, char **ret_error)
{
    for (size_t i = 0; i < n; i++)
        if (holds(o, &list[i].a) && holds(o, &list[i].b))
            return usage_error(ret_error, "%s", list[i].message);
    return 0;
}

/* clang-format off */
static const struct contradiction of_replacing[] = {
    {GIVEN(backs_up), GIVEN(no_clobber),
     "--backup contradicts --no-clobber: nothing is replaced"},
    {GIVEN(backs_up), IS(standing.update, UPDATE_NONE),
     "--backup contradicts --update=none: nothing is replaced"},
    {GIVEN(backs_up), IS(standing.update, UPDATE_NONE_FAIL),
     "--backup contradicts --update=none-fail: nothing is replaced"},
    {GIVEN(has_dest_offset), GIVEN(backs_up),
     "--dest-offset keeps the rest of DEST: it contradicts --backup"},
    {GIVEN(has_dest_offset), GIVEN(remove_destination),
     "--dest-offset keeps the rest of DEST: it contradicts --remove-destination"},
};

#define NO_RANGES                                                                              \
    "--attributes-only copies no data: it contradicts --offset, --length and --dest-offset"
#define NO_HASHES(option)                                                                      \
    "--attributes-only copies no data: it contradicts " option
#define NO_CHANGES(option)                                                                     \
    option " and --allow-changed contradict each other: copies of a source that changes may "  \
           "differ"
#define NO_PARTIAL(option)                                                                     \
    option " and --inplace contradict each other: what is incomplete is kept beside the "      \
           "destination, not in it"
#define NO_POSITIONS(what)                                                                     \
    what " has no positions: it contradicts --dest-offset"
#define NO_READING(what)                                                                       \
    what " cannot be read back: it contradicts --verify"
#define NO_SKIPPING(option)                                                                    \
    "--map completes what exists: it contradicts " option
#define NO_MAP(option) "--bmap is about a whole image: it contradicts " option
#define NO_SOURCE                                                                              \
    "--bmap contradicts --verify=source: the blocks that are not mapped do not count"
#define NO_ORDER(option)                                                                       \
    "--in-order and " option " contradict each other: in order all go at the pace of the "     \
    "slowest"

#define NO_DEVICE(option) "--device and " option " contradict each other"

/* What a block device cannot have: nothing stands beside it, and it is no file. */
static const struct contradiction of_devices[] = {
    {GIVEN(device), GIVEN(cp), NO_DEVICE("--cp")},
    {GIVEN(device), GIVEN(resume), NO_DEVICE("--resume")},
    {GIVEN(device), GIVEN(partial), NO_DEVICE("--partial")},
    {GIVEN(device), GIVEN(backs_up), NO_DEVICE("--backup")},
    {GIVEN(device), GIVEN(remove_destination), NO_DEVICE("--remove-destination")},
    {GIVEN(device), GIVEN(attributes_only), NO_DEVICE("--attributes-only")},
    {GIVEN(device), GIVEN(link), NO_DEVICE("--link")},
    {GIVEN(device), GIVEN(symbolic_link), NO_DEVICE("--symbolic-link")},
    {GIVEN(device), GIVEN(no_clobber), NO_DEVICE("--no-clobber")},
    {GIVEN(device), IS_NOT(standing.update, UPDATE_ALL), NO_DEVICE("--update")},
    {GIVEN(device), GIVEN(standing.ask), NO_DEVICE("--interactive")},
    {GIVEN(device), GIVEN(n_target_directories), NO_DEVICE("--target-directory")},
    {GIVEN(device), GIVEN(parents), NO_DEVICE("--parents")},
    {GIVEN(device), GIVEN(mhl), NO_DEVICE("--mhl")},
    {GIVEN(device), GIVEN(standing.checksum), NO_DEVICE("--checksum")},
    {GIVEN(device), IS(reflink, WHEN_ALWAYS), NO_DEVICE("--reflink=always")},
    {GIVEN(yes), IS(device, false), "--yes answers the question of --device, which is missing"},
};

#define NO_UBLK(option) "--ublk and " option " contradict each other: "

#define NO_PART(option)                                                                        \
    "--checksum compares whole files with what exists: it contradicts " option

static const struct contradiction of_options[] = {
    {GIVEN(standing.checksum), GIVEN(offset), NO_PART("--offset")},
    {GIVEN(standing.checksum), IS_NOT(length, OPTIONS_TO_THE_END), NO_PART("--length")},
    {GIVEN(standing.checksum), GIVEN(has_dest_offset), NO_PART("--dest-offset")},
    {GIVEN(standing.checksum), GIVEN(attributes_only), NO_PART("--attributes-only")},
    {GIVEN(standing.checksum), GIVEN(bmap), NO_PART("--bmap")},
    {GIVEN(standing.checksum), GIVEN(map), NO_PART("--map")},
    {GIVEN(standing.checksum), GIVEN(n_to_commands), NO_PART("--to-command")},
    {GIVEN(standing.checksum), GIVEN(read_zeros),
     "--checksum compares what is read: it contradicts --on-read-error=zero"},
    {GIVEN(standing.checksum), GIVEN(expects),
     "--checksum contradicts --expect-hash, which is about new copies"},
    {GIVEN(standing.checksum), GIVEN(has_expect_size),
     "--checksum contradicts --expect-size, which is about new copies"},
    {GIVEN(standing.checksum), GIVEN(max_lag),
     "--checksum and --max-lag contradict each other: all DESTs go at the pace of the slowest"},
    {GIVEN(standing.checksum), IS(slow, SLOW_DETACH),
     "--checksum and --slow=detach contradict each other: all DESTs go at the pace of the "
     "slowest"},
    {GIVEN(ublk), GIVEN(cp), NO_UBLK("--cp") "cp makes no devices"},
    {GIVEN(ublk), IS(direct, WHEN_ALWAYS),
     NO_UBLK("--direct=always") "a DEST that is a file is written through the page cache"},
    {GIVEN(ublk), HAS(verify, VERIFY_SOURCE), NO_UBLK("--verify=source") "there is no SOURCE"},
    {GIVEN(ublk), HAS(verify, VERIFY_MEDIUM),
     NO_UBLK("--verify=medium") "the destinations are compared as --verify=dest reads them"},
    {GIVEN(no_target_directory), GIVEN(n_target_directories),
     "--target-directory and --no-target-directory contradict each other"},
    {GIVEN(no_target_directory), GIVEN(parents),
     "--parents needs directories to copy into: it contradicts --no-target-directory"},
    {IS(reflink, WHEN_ALWAYS), IS_NOT(sparse, WHEN_AUTO),
     "--reflink=always can be used only with --sparse=auto: a clone has the holes that SOURCE "
     "has"},
    {GIVEN(has_dest_offset), IS(inplace, false),
     "--dest-offset needs --inplace: a new file that is renamed to the destination would lose "
     "the rest of it"},
    {IS_NOT(context, CONTEXT_AS_IS), IS(preserve.context, ATTRS_REQUIRED),
     "a context can be set or preserved, not both"},
    {GIVEN(attributes_only), GIVEN(offset), NO_RANGES},
    {GIVEN(attributes_only), IS_NOT(length, OPTIONS_TO_THE_END), NO_RANGES},
    {GIVEN(attributes_only), GIVEN(has_dest_offset), NO_RANGES},
    {GIVEN(attributes_only), GIVEN(manifest), NO_HASHES("--manifest")},
    {GIVEN(attributes_only), GIVEN(mhl), NO_HASHES("--mhl")},
    {GIVEN(mhl), GIVEN(allow_changed), NO_CHANGES("--mhl")},
    {GIVEN(mhl), GIVEN(n_filters),
     "--mhl describes all of a directory: it contradicts --exclude and --include"},
    {GIVEN(mhl), GIVEN(files_from),
     "--mhl describes all of a directory: it contradicts --files-from"},
    {GIVEN(delete_extra), IS(recursive, false),
     "--delete needs -r or -a: it compares directories"},
    {GIVEN(delete_extra), GIVEN(files_from), "--delete would remove all that --files-from does "
     "not name: they contradict each other"},
    {GIVEN(delete_extra), GIVEN(parents), "--parents and --delete contradict each other"},
    {GIVEN(delete_extra), GIVEN(backs_up),
     "--backup contradicts --delete, which would remove the backups"},
    {GIVEN(delete_extra), GIVEN(mhl),
     "--mhl contradicts --delete, which would remove what a history has"},
    {GIVEN(has_max_delete), IS(delete_extra, false), "--max-delete needs --delete"},
    {GIVEN(attributes_only), GIVEN(hashes), NO_HASHES("--hash")},
    {GIVEN(attributes_only), GIVEN(expects), NO_HASHES("--expect-hash")},
    {GIVEN(attributes_only), GIVEN(has_expect_size), NO_HASHES("--expect-size")},
    {GIVEN(attributes_only), GIVEN(n_to_commands), NO_HASHES("--to-command")},
    {GIVEN(n_to_commands), GIVEN(n_target_directories),
     "--to-command gets one SOURCE: it contradicts --target-directory"},
    {GIVEN(n_to_commands), GIVEN(has_dest_offset), NO_POSITIONS("--to-command")},
    {GIVEN(n_to_commands), HAS(verify, VERIFY_DEST), NO_READING("--to-command")},
    {GIVEN(n_to_commands), GIVEN(map),
     "what --to-command gets cannot be completed: it contradicts --map"},
    {GIVEN(map), IS_NOT(standing.update, UPDATE_ALL), NO_SKIPPING("--no-clobber and --update")},
    {GIVEN(map), GIVEN(standing.ask), NO_SKIPPING("--interactive")},
    {GIVEN(n_to_commands), GIVEN(parents),
     "--parents needs directories to copy into: it contradicts --to-command"},
    {GIVEN(n_to_commands), GIVEN(cp), "--to-command and --cp contradict each other"},
    {GIVEN(from_command), GIVEN(cp), "--from-command and --cp contradict each other"},
    {GIVEN(from_command), GIVEN(n_target_directories),
     "what --from-command writes has no name: it contradicts --target-directory"},
    {GIVEN(manifest), GIVEN(has_dest_offset),
     "--dest-offset keeps the rest of DEST: it contradicts --manifest"},
    {GIVEN(manifest), GIVEN(allow_changed), NO_CHANGES("--manifest")},
    {GIVEN(hashes), GIVEN(allow_changed), NO_CHANGES("--hash")},
    {GIVEN(expects), GIVEN(allow_changed), NO_CHANGES("--expect-hash")},
    {GIVEN(bmap), GIVEN(offset), NO_MAP("--offset")},
    {GIVEN(bmap), IS_NOT(length, OPTIONS_TO_THE_END), NO_MAP("--length")},
    {GIVEN(bmap), GIVEN(attributes_only), NO_MAP("--attributes-only")},
    {GIVEN(bmap), IS(reflink, WHEN_ALWAYS),
     "--bmap and --reflink=always contradict each other: a clone has all blocks of SOURCE"},
    {GIVEN(bmap), HAS(verify, VERIFY_SOURCE), NO_SOURCE},
    {GIVEN(inplace), GIVEN(resume), NO_PARTIAL("--resume")},
    {GIVEN(inplace), GIVEN(partial), NO_PARTIAL("--partial")},
    {GIVEN(max_lag), IS(slow, SLOW_WAIT),
     "--max-lag is about --slow=detach; with --slow=wait no DEST runs ahead by more than the "
     "buffers"},
    {GIVEN(in_order), GIVEN(max_lag), NO_ORDER("--max-lag")},
    {GIVEN(in_order), IS(slow, SLOW_DETACH), NO_ORDER("--slow=detach")},
    {GIVEN(repair), IS(verify, VERIFY_NONE),
     "--repair needs --verify: it writes what differs again"},
    {GIVEN(repair), IS(verify, VERIFY_SOURCE),
     "--repair needs --verify=dest: it writes what differs again"},
    {GIVEN(verify), GIVEN(attributes_only),
     "--attributes-only copies no data: it contradicts --verify"},
    {GIVEN(verify), GIVEN(copy_contents),
     "--copy-contents contradicts --verify: what is in a FIFO can be read only once"},
    {IS(reflink, WHEN_ALWAYS), GIVEN(read_zeros),
     "--reflink=always contradicts --on-read-error=zero: a clone shares the bad sectors of SOURCE"},
    {GIVEN(map), IS(inplace, false),
     "--map needs --inplace: what it says is in DEST has to be there for the next run"},
    {GIVEN(map), GIVEN(recursive), "--map is for one file or device: it contradicts --recursive"},
    {GIVEN(map), GIVEN(attributes_only),
     "--attributes-only copies no data: it contradicts --map"},
    {GIVEN(map), GIVEN(backs_up), "--map goes on with what is there: it contradicts --backup"},
    {GIVEN(map), GIVEN(remove_destination),
     "--map goes on with what is there: it contradicts --remove-destination"},
    {GIVEN(read_retries), IS(read_zeros, false), "--read-retries needs --on-read-error=zero"},
    {GIVEN(attributes_only), GIVEN(read_zeros),
     "--attributes-only copies no data: it contradicts --on-read-error"},
    {GIVEN(quiet), IS(progress, WHEN_ALWAYS),
     "--quiet and --progress=always contradict each other"},
};

/* The options that only a copy can have, but no link. */
static const struct {
    struct condition condition;
    const char *name;
} of_copies[] = {
    {GIVEN(attributes_only), "attributes-only"},
    {GIVEN(offset), "offset"},
    {GIVEN(bmap), "bmap"},
    {IS_NOT(length, OPTIONS_TO_THE_END), "length"},
    {GIVEN(has_dest_offset), "dest-offset"},
    {GIVEN(verify), "verify"},
    {GIVEN(resume), "resume"},
    {GIVEN(partial), "partial"},
    {GIVEN(mhl), "mhl"},
    {GIVEN(standing.checksum), "checksum"},
    {IS(reflink, WHEN_ALWAYS), "reflink=always"},
    {GIVEN(read_zeros), "on-read-error=zero"},
    {GIVEN(map), "map"},
    {GIVEN(manifest), "manifest"},
    {GIVEN(hashes), "hash"},
    {GIVEN(expects), "expect-hash"},
    {GIVEN(has_expect_size), "expect-size"},
    {GIVEN(n_to_commands), "to-command"},
};

/* The options that a source cannot have that is read once. nameless: only one that has no name and
 * attributes of its own. */
static const struct {
    struct condition condition;
    const char *name;
    bool nameless;
} of_sources[] = {
    {GIVEN(resume), "resume", false},
    {GIVEN(partial), "partial", false},
    {HAS(verify, VERIFY_SOURCE), "verify=source", false},
    {GIVEN(repair), "repair", false},
    {GIVEN(read_zeros), "on-read-error=zero", false},
    {GIVEN(map), "map", false},
    {IS(reflink, WHEN_ALWAYS), "reflink=always", false},
    {GIVEN(link), "link", true},
    {GIVEN(symbolic_link), "symbolic-link", true},
    {GIVEN(mhl), "mhl", true},
    {GIVEN(standing.checksum), "checksum", true},
    {GIVEN(n_filters), "exclude", true},
    {GIVEN(files_from), "files-from", true},
    {GIVEN(delete_extra), "delete", true},
    {GIVEN(parents), "parents", true},
    {GIVEN(attributes_only), "attributes-only", true},
    {GIVEN(preserve.mode), "preserve=mode", true},
    {GIVEN(preserve.owner), "preserve=ownership", true},
    {GIVEN(preserve.times), "preserve=timestamps", true},
    {GIVEN(preserve.xattrs), "preserve=xattr", true},
    {GIVEN(preserve.context), "preserve=context", true},
    {IS(standing.update, UPDATE_OLDER), "update=older", true},
};
/* clang-format on */

int options_check_stream(const struct options *o, const char *source, bool named,
                         char **ret_error)
{
    for (size_t i = 0; i < N_OF(of_sources); i++)
        if ((of_sources[i].nameless ? !named : true) && holds(o, &of_sources[i].condition))
            return usage_error(ret_error, "'%s' %s: --%s is not for it", source,
                               of_sources[i].nameless ? "has no name and no attributes"
                                                      : "can be read only once",
                               of_sources[i].name);
    return 0;
}

static int check_links(const struct options *o, char **ret_error)
{
    if (!o->link && !o->symbolic_link)
        return 0;
    if (o->link && o->symbolic_link)
        return usage_error(ret_error, "--link and --symbolic-link contradict each other");
    for (size_t i = 0; i < N_OF(of_copies); i++)
        if (holds(o, &of_copies[i].condition))
            return usage_error(ret_error, "--%s makes no copies: it contradicts --%s",
                               o->link ? "link" : "symbolic-link", of_copies[i].name);
    return 0;
}

/* Checks numbers that limit each other. */
static int check_numbers(const struct options *o, char **ret_error)
{
    uint64_t furthest = o->offset > o->dest_offset ? o->offset : o->dest_offset;
    uint64_t memory = options_memory(o);

    if (o->length != OPTIONS_TO_THE_END && o->length > MAX_OFFSET - furthest)
        return usage_error(ret_error,
                           "--length=%llu: the range would end beyond the largest file offset",
                           (unsigned long long)o->length);
    if (o->has_expect_size && o->length < o->expect_size)
        return usage_error(ret_error, "--expect-size=%llu contradicts --length=%llu",
                           (unsigned long long)o->expect_size, (unsigned long long)o->length);
    if (o->chunk_size > memory)
        return usage_error(ret_error, "--chunk-size=%llu: does not fit into --memory=%llu",
                           (unsigned long long)o->chunk_size, (unsigned long long)memory);
    return 0;
}

/* Checks --manifest. Without --hash it is a list of SHA-256. */
static int check_manifest(const struct options *o, char **ret_error)
{
    if (!o->manifest)
        return 0;
    if (*o->manifest == '\0')
        return usage_error(ret_error, "--manifest needs the name of a file");
    if (o->json && strcmp(o->manifest, "-") == 0)
        return usage_error(ret_error, "--json and --manifest=- contradict each other: both "
                                      "write to standard output");
    if (o->mhl && options_mhl_hashes(o) != o->hashes)
        return usage_error(ret_error, "--manifest is a list of one algorithm: give --hash one "
                                      "that --mhl has, too");
    if (o->hashes & (o->hashes - 1))
        return usage_error(ret_error, "--manifest is a list of one algorithm: give --hash one");
    if (o->hashes & 1u << (digest_find("c4", 2) - digest_table))
        return usage_error(ret_error,
                           "--manifest has no lines for c4, which no program checks");
    return 0;
}

/* Whether standard input has patterns or names of what is copied. */
static bool reads_choice(const struct options *o)
{
    bool reads = o->files_from && strcmp(o->files_from, OPTIONS_STANDARD) == 0;

    for (unsigned i = 0; i < o->n_filters; i++)
        reads |= o->filters[i].is_file && strcmp(o->filters[i].text, OPTIONS_STANDARD) == 0;
    return reads;
}

static int check_choice(const struct options *o, char **ret_error)
{
    if (o->standing.ask && reads_choice(o))
        return usage_error(ret_error, "--interactive reads answers from standard input, too: "
                                      "give the list in a file");
    if (o->delete_extra && o->dry_run && o->follow == FOLLOW_ALWAYS)
        return usage_error(ret_error, "--dry-run cannot tell what --delete would remove if all "
                                      "symbolic links are followed");
    return 0;
}

/* The operand that is the source; NULL: it is a command. */
static const char *source_operand(const struct options *o)
{
    return options_n_sources(o) == 0 || o->n_operands == 0 ? NULL : o->operands[0];
}

/* Checks standard output as a destination. */
static int check_standard_output(const struct options *o, char **ret_error)
{
    unsigned n = 0;

    for (unsigned i = options_n_sources(o); i < o->n_operands; i++)
        n += options_is_standard(o, o->operands[i]);
    if (n == 0)
        return 0;
    if (n > 1)
        return usage_error(ret_error, "'-': standard output can be only one destination");
    if (o->json)
        return usage_error(ret_error, "'-': --json writes to standard output, too");
    if (o->manifest && strcmp(o->manifest, OPTIONS_STANDARD) == 0)
        return usage_error(ret_error, "'-': --manifest=- writes to standard output, too");
    if (o->has_dest_offset)
        return usage_error(ret_error, NO_POSITIONS("'-'"));
    if (o->map)
        return usage_error(ret_error, "'-': it cannot be completed: it contradicts --map");
    if (o->verify & VERIFY_DEST)
        return usage_error(ret_error, NO_READING("'-'"));
    if (o->attributes_only)
        return usage_error(ret_error, NO_HASHES("'-'"));
    if (o->standing.checksum)
        return usage_error(ret_error, NO_PART("'-'"));
    if (o->parents)
        return usage_error(ret_error, "--parents needs directories to copy into, not '-'");
    return 0;
}

/* Checks standard input and output and commands. */
static int check_streams(const struct options *o, char **ret_error)
{
    const char *source = source_operand(o);

    for (unsigned i = 0; i < o->n_operands; i++)
        if ((o->check || o->compare || o->n_target_directories > 0) &&
            options_is_standard(o, o->operands[i]))
            return usage_error(ret_error, "'-' has no name%s",
                               o->check || o->compare ? "" : " to use in a directory");
    if (o->from_command && *o->from_command == '\0')
        return usage_error(ret_error, "--from-command needs a command");
    for (unsigned i = 0; i < o->n_to_commands; i++)
        if (*o->to_commands[i] == '\0')
            return usage_error(ret_error, "--to-command needs a command");
    if (o->from_command)
        return options_check_stream(o, "--from-command", false, ret_error);
    if (source && o->standing.ask && options_is_standard(o, source))
        return usage_error(ret_error,
                           "'-': --interactive reads answers from standard input, too");
    if (source && options_is_standard(o, source))
        return options_check_stream(o, source, false, ret_error);
    return 0;
}

static int check_operands(const struct options *o, char **ret_error)
{
    bool into_directories = o->n_target_directories > 0;
    unsigned n_dests, n_sources = options_n_sources(o);

    if (o->n_operands < n_sources)
        return usage_error(ret_error, "missing file operand");
    if (o->n_operands + o->n_to_commands == n_sources && n_sources == 0)
        return usage_error(ret_error, "missing destination operand");
    if (o->n_operands + o->n_to_commands == n_sources && !into_directories)
        return usage_error(ret_error, "missing destination operand after '%s'", o->operands[0]);
    if (o->cp && o->n_target_directories > 1)
        return usage_error(ret_error, "multiple target directories specified");
    if (o->cp && o->no_target_directory && o->n_operands > 2)
        return usage_error(ret_error, "extra operand '%s'", o->operands[2]);
    n_dests = o->cp              ? 1
              : into_directories ? o->n_target_directories
                                 : o->n_operands + o->n_to_commands - n_sources;
    if (o->require != OPTIONS_REQUIRE_ALL && o->require > n_dests)
        return usage_error(ret_error, "--require=%u: there %s only %u destination%s",
                           o->require, n_dests == 1 ? "is" : "are", n_dests,
                           n_dests == 1 ? "" : "s");
    return 0;
}

/* Checks a line with --check or --compare. */
static int check_check(const struct options *o, char **ret_error)
{
    const char *name = o->check ? "check" : "compare";

    if (o->check && o->compare)
        return usage_error(ret_error, "--check and --compare contradict each other");
    if (o->cp)
        return usage_error(ret_error, "--%s and --cp contradict each other", name);
    if (o->only_copies != NULL && o->only_copies->name != NULL)
        return usage_error(ret_error, "--%s copies nothing: it contradicts --%s", name,
                           o->only_copies->name);
    if (o->only_copies != NULL)
        return usage_error(ret_error, "--%s copies nothing: it contradicts -%c", name,
                           o->only_copies->letter);
    if (o->verify && (o->check || o->verify != (VERIFY_DEST | VERIFY_MEDIUM)))
        return usage_error(ret_error, "--%s copies nothing: it contradicts --verify%s", name,
                           o->check ? "" : ", unless that is =medium");
    if (o->n_operands < (o->check ? 1 : 2))
        return usage_error(ret_error, o->check ? "--check needs a directory"
                                               : "--compare needs a source and a destination");
    return 0;
}

/* Checks a line with --ublk. */
static int check_ublk(const struct options *o, char **ret_error)
{
    const struct option_row *row = o->no_ublk;

    if (row && row->name)
        return usage_error(ret_error, "--ublk makes a block device: it contradicts --%s",
                           row->name);
    if (row)
        return usage_error(ret_error, "--ublk makes a block device: it contradicts -%c",
                           row->letter);
    for (unsigned i = 0; i < o->n_operands; i++)
        if (options_is_standard(o, o->operands[i]))
            return usage_error(ret_error, "'-' is a stream: --ublk needs files and devices");
    if (o->max_lag && o->slow != SLOW_DETACH)
        return usage_error(ret_error, "--ublk: --max-lag is about --slow=detach");
    return 0;
}

int options_check_replacing(const struct options *o, char **ret_error)
{
    return check_contradictions(o, of_replacing, N_OF(of_replacing), ret_error);
}

int options_check(const struct options *o, char **ret_error)
{
    int r = o->ublk ? check_ublk(o, ret_error) : 0;

    if (r == 0)
        r = check_streams(o, ret_error);

    if (r == 0 && (o->check || o->compare))
        return check_check(o, ret_error);
    if (r == 0)
        r = check_contradictions(o, of_devices, N_OF(of_devices), ret_error);
    if (r == 0)
        r = check_contradictions(o, of_options, N_OF(of_options), ret_error);
    if (r == 0)
        r = check_numbers(o, ret_error);
    if (r == 0)
        r = check_choice(o, ret_error);
    if (r == 0)
        r = check_manifest(o, ret_error);
    if (r == 0)
        r = check_links(o, ret_error);
    if (r == 0)
        r = check_operands(o, ret_error);
    if (r == 0)
        r = check_standard_output(o, ret_error);
    return r;
}
