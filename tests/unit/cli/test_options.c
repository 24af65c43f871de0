/* Tests of options.c: which lines are accepted, which are refused, and with what message. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/help.h"
#include "cli/number_priv.h"
#include "cli/options.h"
#include "engine/engine.h"

#define MAX_WORDS 16

/* One engine is enough here. */
const struct engine_ops *engine_find(const char *name)
{
    static const struct engine_ops sync_ops = {.name = "sync"};

    return strcmp(name, "sync") == 0 ? &sync_ops : NULL;
}

/* Parses "ucopy" and the words of the line. Single blanks separate the words. */
static int parse(struct options *o, const char *line, char **ret_error)
{
    const char *argv[MAX_WORDS + 1] = {"ucopy"};
    char *copy = strdup(line), *rest = *line != '\0' ? copy : NULL;
    int argc = 1, r;

    assert_non_null(copy);
    while (rest != NULL) {
        assert_true(argc < MAX_WORDS);
        argv[argc++] = strsep(&rest, " ");
    }
    *ret_error = NULL;
    r = options_parse(o, argc, argv, ret_error);
    free(copy);
    return r;
}

static void parse_well(struct options *o, const char *line)
{
    char *error;

    if (parse(o, line, &error) != 0)
        fail_msg("%s: %s", line, error);
}

static void test_defaults(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "a b");
    assert_int_equal(o.action, OPTIONS_COPY);
    assert_string_equal(o.engine, "auto");
    assert_int_equal(o.chunk_size, 0);
    assert_int_equal(o.memory, 0);
    assert_int_equal(o.queue_depth, 0);
    assert_int_equal(o.workers, 0);
    assert_int_equal(o.direct, WHEN_AUTO);
    assert_int_equal(o.sparse, WHEN_AUTO);
    assert_int_equal(o.reflink, WHEN_AUTO);
    assert_int_equal(o.progress, WHEN_AUTO);
    assert_int_equal(o.require, OPTIONS_REQUIRE_ALL);
    assert_int_equal(o.max_lag, 0);
    assert_int_equal(o.offset, 0);
    assert_true(o.length == OPTIONS_TO_THE_END);
    assert_int_equal(o.slow, SLOW_AUTO);
    assert_false(o.has_timeout);
    assert_false(o.has_dest_offset || o.in_order || o.fsync || o.inplace || o.stop_on_error);
    assert_false(o.partial || o.resume);
    assert_false(o.force || o.no_target_directory || o.n_target_directories != 0);
    assert_false(o.verbose || o.quiet || o.stats || o.json || o.dry_run || o.no_space_check);
    assert_false(attrs_any(&o.preserve) || o.preserve_links || o.plain_mode);
    assert_false(o.attributes_only);
    assert_int_equal(o.standing.update, UPDATE_ALL);
    assert_int_equal(o.n_operands, 2);
    options_free(&o);
    options_free(&o);
}

/* The preserved attributes, a letter each: m mode, o owner, t times, l links, p a plain mode, c
 * context, x extended attributes; C and X if a failure counts in any case. */
static void test_preserve(void **state)
{
    static const struct {
        const char *line;
        const char *kept;
    } cases[] = {
        {"-p a b", "mot"},
        {"--preserve a b", "mot"},
        {"--preserve= a b", "mot"},
        {"--preserve=mode a b", "m"},
        {"--preserve=ownership a b", "o"},
        {"--preserve=timestamps a b", "t"},
        {"--preserve=links a b", "l"},
        {"--preserve=context a b", "C"},
        {"--preserve=xattr a b", "X"},
        {"--preserve=all a b", "motlcx"},
        {"--preserve=all,xattr,context a b", "motlCX"},
        {"--preserve=xattr,all a b", "motlcX"},
        {"--preserve=time,own a b", "ot"},
        {"--preserve=mode --preserve=timestamps a b", "mt"},
        {"-p --no-preserve=mode,timestamps a b", "op"},
        {"--no-preserve=mode a b", "p"},
        {"--no-preserve=mode -p a b", "mot"},
        {"--preserve=all --no-preserve=xattr,context,links,ownership a b", "mt"},
        {"--preserve=all --no-preserve=all a b", "p"},
        {"--no-preserve=all --preserve=all a b", "motlcx"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;
        char kept[16];

        parse_well(&o, cases[i].line);
        snprintf(kept, sizeof(kept), "%s%s%s%s%s%s%s", o.preserve.mode ? "m" : "",
                 o.preserve.owner ? "o" : "", o.preserve.times ? "t" : "",
                 o.preserve_links ? "l" : "", o.plain_mode ? "p" : "",
                 o.preserve.context == ATTRS_REQUIRED ? "C"
                 : o.preserve.context == ATTRS_MIND   ? "c"
                                                      : "",
                 o.preserve.xattrs == ATTRS_REQUIRED ? "X"
                 : o.preserve.xattrs == ATTRS_MIND   ? "x"
                                                     : "");
        if (strcmp(kept, cases[i].kept) != 0)
            fail_msg("%s: %s instead of %s", cases[i].line, kept, cases[i].kept);
        assert_int_equal(o.n_operands, 2);
        options_free(&o);
    }
}

/* The options without a value set a bool. */
static void test_flags(void **state)
{
    static const struct {
        const char *word;
        size_t field;
    } flags[] = {
        {"--in-order", offsetof(struct options, in_order)},
        {"--partial", offsetof(struct options, partial)},
        {"--resume", offsetof(struct options, resume)},
        {"--resume", offsetof(struct options, partial)},
        {"--fsync", offsetof(struct options, fsync)},
        {"--inplace", offsetof(struct options, inplace)},
        {"--force", offsetof(struct options, force)},
        {"-f", offsetof(struct options, force)},
        {"--no-target-directory", offsetof(struct options, no_target_directory)},
        {"-T", offsetof(struct options, no_target_directory)},
        {"--verbose", offsetof(struct options, verbose)},
        {"-v", offsetof(struct options, verbose)},
        {"--quiet", offsetof(struct options, quiet)},
        {"-q", offsetof(struct options, quiet)},
        {"--stats", offsetof(struct options, stats)},
        {"--json", offsetof(struct options, json)},
        {"--no-space-check", offsetof(struct options, no_space_check)},
        {"--dry-run", offsetof(struct options, dry_run)},
        {"--attributes-only", offsetof(struct options, attributes_only)},
        {"--parents", offsetof(struct options, parents)},
        {"--strip-trailing-slashes", offsetof(struct options, strip_trailing_slashes)},
        {"--cp", offsetof(struct options, cp)},
        {"--copy-contents", offsetof(struct options, copy_contents)},
        {"--keep-directory-symlink", offsetof(struct options, keep_directory_symlink)},
        {"--debug", offsetof(struct options, debug)},
        {"--debug", offsetof(struct options, verbose)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        struct options o;
        char line[64];

        snprintf(line, sizeof(line), "a %s b", flags[i].word);
        parse_well(&o, line);
        assert_true(*(bool *)((char *)&o + flags[i].field));
        assert_int_equal(o.n_operands, 2);
        options_free(&o);
    }
}

static void test_standing(void **state)
{
    static const struct {
        const char *line;
        enum existing_update update;
    } cases[] = {
        {"-n", UPDATE_NONE},
        {"-u", UPDATE_OLDER},
        {"--no-clobber -u", UPDATE_NONE},
        {"-n -i", UPDATE_ALL},
        {"-i -n", UPDATE_NONE},
        {"-i -u", UPDATE_OLDER},
        {"-n -i --update=none", UPDATE_NONE},
        {"--update", UPDATE_OLDER},
        {"--update=older", UPDATE_OLDER},
        {"--update=none", UPDATE_NONE},
        {"--update=none-fail", UPDATE_NONE_FAIL},
        {"--update=none-fail -n", UPDATE_NONE},
        {"-u --update=all", UPDATE_ALL},
        {"--update=all -u", UPDATE_OLDER},
    };
    struct options o;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[80];

        (void)snprintf(line, sizeof(line), "%s a b", cases[i].line);
        parse_well(&o, line);
        assert_int_equal(o.standing.update, cases[i].update);
        assert_false(o.standing.keeps_times);
        options_free(&o);
    }
    parse_well(&o, "-n -i a b");
    assert_true(o.standing.ask);
    options_free(&o);
    parse_well(&o, "-i -n a b");
    assert_false(o.standing.ask);
    options_free(&o);
    parse_well(&o, "-p -u a b");
    assert_true(o.standing.keeps_times);
    options_free(&o);
}

static void test_links(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "-l a b");
    assert_true(o.link && !o.symbolic_link && options_follow_operand(&o));
    options_free(&o);
    /* Only copies have copies of symlinks. */
    parse_well(&o, "-rl a b");
    assert_int_equal(o.follow, FOLLOW_ALWAYS);
    options_free(&o);
    parse_well(&o, "-al a b");
    assert_int_equal(o.follow, FOLLOW_NEVER);
    options_free(&o);
    parse_well(&o, "-rs a b");
    assert_true(o.symbolic_link && !options_follow_operand(&o));
    options_free(&o);
}

static void test_backup(void **state)
{
    static const struct {
        const char *line, *control; /* control: of the environment */
        enum backup_kind kind;
        const char *suffix;
    } cases[] = {
        {"", NULL, BACKUP_NONE, NULL},
        {"", "numbered", BACKUP_NONE, NULL},
        {"-b ", NULL, BACKUP_EXISTING, "~"},
        {"-b ", "", BACKUP_EXISTING, "~"},
        {"-b ", "t", BACKUP_NUMBERED, "~"},
        {"--backup ", "simple", BACKUP_SIMPLE, "~"},
        {"--backup=off ", "t", BACKUP_NONE, "~"},
        {"--backup=numbered -b ", NULL, BACKUP_NUMBERED, "~"},
        {"--backup=nev --backup=ex ", NULL, BACKUP_EXISTING, "~"},
        {"-S .x ", NULL, BACKUP_EXISTING, ".x"},
        {"--suffix=.x --suffix=.y --backup=s ", NULL, BACKUP_SIMPLE, ".y"},
        {"--suffix=a/b ", NULL, BACKUP_EXISTING, "~"},
        {"--suffix= ", NULL, BACKUP_EXISTING, "~"},
    };
    struct options o;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[80];

        if (cases[i].control)
            assert_int_equal(setenv("VERSION_CONTROL", cases[i].control, 1), 0);
        (void)snprintf(line, sizeof(line), "%sa b", cases[i].line);
        parse_well(&o, line);
        assert_int_equal(o.backup.kind, cases[i].kind);
        if (cases[i].suffix)
            assert_string_equal(o.backup.suffix, cases[i].suffix);
        assert_int_equal(options_make_anew(&o), cases[i].kind != BACKUP_NONE);
        options_free(&o);
        assert_int_equal(unsetenv("VERSION_CONTROL"), 0);
    }
    assert_int_equal(setenv("SIMPLE_BACKUP_SUFFIX", ".env", 1), 0);
    parse_well(&o, "-b a b");
    assert_string_equal(o.backup.suffix, ".env");
    options_free(&o);
    parse_well(&o, "-S .x a b");
    assert_string_equal(o.backup.suffix, ".x");
    options_free(&o);
    assert_int_equal(unsetenv("SIMPLE_BACKUP_SUFFIX"), 0);
    parse_well(&o, "--remove-destination a b");
    assert_true(options_make_anew(&o));
    options_free(&o);
}

static void test_values(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "--engine=sync --chunk-size=1M --queue-depth 4096 --workers=256 "
                   "--memory=64KiB a b --chunk-size=4K --on-error=stop --require=1");
    assert_string_equal(o.engine, "sync");
    assert_int_equal(o.chunk_size, 4096);
    assert_int_equal(o.queue_depth, 4096);
    assert_int_equal(o.workers, 256);
    assert_int_equal(o.memory, 65536);
    assert_true(o.stop_on_error);
    assert_int_equal(o.require, 1);
    options_free(&o);
}

static void test_holes(void **state)
{
    static const struct {
        const char *line;
        enum when sparse;
        enum when reflink;
    } cases[] = {
        {"--sparse=always a b", WHEN_ALWAYS, WHEN_AUTO},
        {"--sparse never a b", WHEN_NEVER, WHEN_AUTO},
        {"--sparse=never --sparse=auto a b", WHEN_AUTO, WHEN_AUTO},
        {"--reflink a b", WHEN_AUTO, WHEN_ALWAYS},
        {"--reflink=always --sparse=auto a b", WHEN_AUTO, WHEN_ALWAYS},
        {"--reflink=never --sparse=never a b", WHEN_NEVER, WHEN_NEVER},
        {"--reflink=auto --sparse=always a b", WHEN_ALWAYS, WHEN_AUTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;

        parse_well(&o, cases[i].line);
        assert_int_equal(o.sparse, cases[i].sparse);
        assert_int_equal(o.reflink, cases[i].reflink);
        options_free(&o);
    }
}

static void test_patience(void **state)
{
    static const struct {
        const char *line;
        bool has_timeout;
        unsigned timeout;
        enum slow slow;
        uint64_t max_lag;
    } cases[] = {
        {"--timeout=0 a b", true, 0, SLOW_AUTO, 0},
        {"--timeout 1 a b", true, 1, SLOW_AUTO, 0},
        {"--timeout=1000000 a b", true, 1000000, SLOW_AUTO, 0},
        {"--timeout=5 --timeout=7 --slow=wait a b", true, 7, SLOW_WAIT, 0},
        {"--slow=wait --slow=detach a b", false, 0, SLOW_DETACH, 0},
        {"--slow=wait --max-lag=1M --slow=detach a b", false, 0, SLOW_DETACH, 1 << 20},
        {"--in-order --slow=wait a b", false, 0, SLOW_WAIT, 0},
        {"--max-lag=4K a b", false, 0, SLOW_AUTO, 4096},
        {"--max-lag 9223372036854775807 a b", false, 0, SLOW_AUTO, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;

        parse_well(&o, cases[i].line);
        assert_int_equal(o.has_timeout, cases[i].has_timeout);
        assert_int_equal(o.timeout, cases[i].timeout);
        assert_int_equal(o.slow, cases[i].slow);
        assert_true(o.max_lag == cases[i].max_lag);
        options_free(&o);
    }
}

static void test_ranges_of_the_file(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "--inplace --offset=1 --length=0 --dest-offset 3kB a b");
    assert_int_equal(o.offset, 1);
    assert_int_equal(o.length, 0);
    assert_true(o.has_dest_offset);
    assert_int_equal(o.dest_offset, 3000);
    options_free(&o);

    parse_well(&o, "--offset=9223372036854775807 --length=0 a b");
    assert_true(o.offset == INT64_MAX);
    options_free(&o);
}

static void test_last_one_wins(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "--engine=sync --engine=auto --on-error=stop --on-error=drop --require=1 "
                   "--require=all --direct=never --direct -q -v a b");
    assert_string_equal(o.engine, "auto");
    assert_false(o.stop_on_error);
    assert_int_equal(o.require, OPTIONS_REQUIRE_ALL);
    assert_int_equal(o.direct, WHEN_ALWAYS);
    assert_true(o.verbose);
    assert_false(o.quiet);
    options_free(&o);
}

static void test_when(void **state)
{
    static const struct {
        const char *line;
        enum when direct, progress;
    } cases[] = {
        {"--direct a b", WHEN_ALWAYS, WHEN_AUTO},
        {"a b --direct", WHEN_ALWAYS, WHEN_AUTO},
        {"a --progress b", WHEN_AUTO, WHEN_ALWAYS},
        {"--direct= --progress= a b", WHEN_ALWAYS, WHEN_ALWAYS},
        {"--direct=always --progress=always a b", WHEN_ALWAYS, WHEN_ALWAYS},
        {"--direct=never --progress=never a b", WHEN_NEVER, WHEN_NEVER},
        {"--direct --direct=auto --progress --progress=auto a b", WHEN_AUTO, WHEN_AUTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;

        parse_well(&o, cases[i].line);
        assert_int_equal(o.direct, cases[i].direct);
        assert_int_equal(o.progress, cases[i].progress);
        assert_int_equal(o.n_operands, 2);
        assert_string_equal(o.operands[0], "a");
        assert_string_equal(o.operands[1], "b");
        options_free(&o);
    }
}

static void test_operands(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "-t d1 a --target-directory=d2 b -td3");
    assert_int_equal(o.n_target_directories, 3);
    assert_string_equal(o.target_directories[0], "d1");
    assert_string_equal(o.target_directories[1], "d2");
    assert_string_equal(o.target_directories[2], "d3");
    assert_int_equal(o.n_operands, 2);
    options_free(&o);

    parse_well(&o, "-v -- -a --direct --progress= !#:+");
    assert_int_equal(o.n_operands, 4);
    assert_string_equal(o.operands[0], "-a");
    assert_string_equal(o.operands[1], "--direct");
    assert_string_equal(o.operands[2], "--progress=");
    assert_string_equal(o.operands[3], "!#:+");
    options_free(&o);
}

static void assert_cp(const char *name, const char *line, bool expected)
{
    const char *argv[MAX_WORDS + 1] = {name};
    char *copy = strdup(line), *rest = copy, *error = NULL;
    struct options o;
    int argc = 1;

    assert_non_null(copy);
    while (rest != NULL)
        argv[argc++] = strsep(&rest, " ");
    (void)options_parse(&o, argc, argv, &error);
    assert_int_equal(o.cp, expected);
    if (!error)
        assert_int_equal(o.inplace, expected);
    free(error);
    free(copy);
    options_free(&o);
}

static void test_cp(void **state)
{
    (void)state;
    assert_cp("cp", "a b", true);
    assert_cp("/usr/bin/cp", "a b", true);
    assert_cp("ucopy", "--cp a b", true);
    assert_cp("./ucopy", "a b --cp", true);
    assert_cp("cp/ucopy", "a b", false);
    assert_cp("xcp", "a b", false);
    assert_cp("ucopy", "-- --cp b", false);
    /* Also if the rest is wrong: the message and the exit status must be those of cp. */
    assert_cp("cp", "--no-such-option a b", true);
    assert_cp("ucopy", "--no-such-option a b --cp", true);
    assert_cp("cp", "a", true);
}

static void test_context(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "a b");
    assert_int_equal(o.context, CONTEXT_AS_IS);
    options_free(&o);
    parse_well(&o, "-Z a b");
    assert_int_equal(o.context, CONTEXT_DEFAULT);
    options_free(&o);
    parse_well(&o, "--context a b");
    assert_int_equal(o.context, CONTEXT_DEFAULT);
    assert_int_equal(o.n_operands, 2);
    options_free(&o);
    parse_well(&o, "--context=user_u a b");
    assert_int_equal(o.context, CONTEXT_GIVEN);
    options_free(&o);
}

/* With --cp the long options of cp may be abbreviated, and no others. */
static void test_abbreviated(void **state)
{
    struct options o;

    (void)state;
    parse_well(&o, "--cp --verb --pres=mode --no-deref --parent a b");
    assert_true(o.verbose && o.preserve.mode && o.parents);
    assert_false(o.preserve.owner);
    assert_int_equal(o.follow, FOLLOW_NEVER);
    options_free(&o);
    parse_well(&o, "--cp --prese a b");
    assert_true(o.preserve.mode && o.preserve.owner);
    assert_int_equal(o.n_operands, 2);
    options_free(&o);
    parse_well(&o, "--cp -- --verb b");
    assert_false(o.verbose);
    assert_string_equal(o.operands[0], "--verb");
    options_free(&o);
}

static void test_posixly_correct(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(setenv("POSIXLY_CORRECT", "1", 1), 0);
    parse_well(&o, "--progress a --direct -v --direct=");
    assert_int_equal(unsetenv("POSIXLY_CORRECT"), 0);
    assert_int_equal(o.progress, WHEN_ALWAYS);
    assert_int_equal(o.direct, WHEN_AUTO);
    assert_false(o.verbose);
    assert_int_equal(o.n_operands, 4);
    assert_string_equal(o.operands[0], "a");
    assert_string_equal(o.operands[1], "--direct");
    assert_string_equal(o.operands[2], "-v");
    assert_string_equal(o.operands[3], "--direct=");
    options_free(&o);
}

static void test_alias(void **state)
{
    char home[] = "/tmp/ucopy-test-XXXXXX", path[64];
    struct options o;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(home));
    snprintf(path, sizeof(path), "%s/.popt", home);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("ucopy alias --careful --fsync --direct=never --require=1\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(setenv("HOME", home, 1), 0);

    parse_well(&o, "a --careful b");
    assert_true(o.fsync);
    assert_int_equal(o.direct, WHEN_NEVER);
    assert_int_equal(o.require, 1);
    assert_int_equal(o.n_operands, 2);
    options_free(&o);

    assert_int_equal(setenv("HOME", "/nonexistent", 1), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(home), 0);
}

static void test_actions(void **state)
{
    static const struct {
        const char *line;
        enum options_action action;
    } cases[] = {
        {"--help", OPTIONS_HELP},       {"-?", OPTIONS_HELP},
        {"--usage", OPTIONS_USAGE},     {"--version", OPTIONS_VERSION},
        {"-V", OPTIONS_VERSION},        {"a -vV", OPTIONS_VERSION},
        {"--help --bad", OPTIONS_HELP}, {"-V --help", OPTIONS_VERSION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;

        parse_well(&o, cases[i].line);
        assert_int_equal(o.action, cases[i].action);
        options_free(&o);
    }
}

/* Each line is refused, and the message contains all of the words. */
static void test_refused(void **state)
{
    static const struct {
        const char *line;
        const char *words[3];
    } cases[] = {
        {"", {"missing file operand"}},
        {"a", {"missing destination operand after 'a'"}},
        {"-v a", {"missing destination operand after 'a'"}},
        {"-t d", {"missing file operand"}},
        {"-", {"missing destination operand after '-'"}},
        {"a - -", {"'-'", "only one destination"}},
        {"-t d -", {"'-'", "has no name"}},
        {"--check -", {"'-'", "has no name"}},
        {"--json a -", {"'-'", "--json"}},
        {"--manifest=- a -", {"'-'", "--manifest=-"}},
        {"--verify a -", {"'-'", "--verify"}},
        {"--inplace --dest-offset=1 a -", {"'-'", "--dest-offset"}},
        {"--attributes-only a -", {"'-'", "--attributes-only"}},
        {"--resume - b", {"'-'", "only once", "--resume"}},
        {"--verify=source - b", {"'-'", "only once", "--verify=source"}},
        {"--verify --repair - b", {"'-'", "only once", "--repair"}},
        {"--reflink - b", {"'-'", "only once", "--reflink=always"}},
        {"-p - b", {"'-'", "no attributes", "--preserve=mode"}},
        {"-u - b", {"'-'", "no attributes", "--update=older"}},
        {"-l - b", {"'-'", "no attributes", "--link"}},
        {"-i - b", {"'-'", "--interactive"}},
        {"--from-command= b", {"--from-command needs a command"}},
        {"--to-command= b", {"--to-command needs a command"}},
        {"--from-command=x", {"missing destination operand"}},
        {"--from-command=x --partial b", {"--from-command", "only once", "--partial"}},
        {"--from-command=x -t d", {"--from-command", "--target-directory"}},
        {"--from-command=x --cp b", {"--from-command", "--cp"}},
        {"--to-command=x", {"missing file operand"}},
        {"--to-command=x --cp a", {"--to-command", "--cp"}},
        {"--to-command=x -t d a", {"--to-command", "--target-directory"}},
        {"--to-command=x --verify a", {"--to-command", "--verify"}},
        {"--to-command=x --require=3 a b", {"--require=3", "only 2 destinations"}},
        {"--expect-size=5 --length=4 a b", {"--expect-size=5", "--length=4"}},
        {"--expect-size=x a b", {"--expect-size=x", "expected"}},
        {"-T --parents a b", {"--parents", "--no-target-directory"}},
        {"--verb a b", {"unknown option '--verb'"}},
        {"--cp --re a b", {"unknown option '--re'"}},
        {"--cp --inpl a b", {"unknown option '--inpl'"}},
        {"--cp -- a", {"missing destination"}},
        {"-Z --preserve=context a b", {"a context", "not both"}},
        {"--cp -t d -t e a", {"multiple target directories"}},
        {"--cp -T a b c", {"extra operand 'c'"}},
        {"--cp --partial a b", {"--partial and --inplace"}},
        {"--cp --require=2 a b c", {"--require=2", "only 1 destination"}},
        {"a -- - -", {"'-'", "only one destination"}},
        {"--preserve=mod,tim,x,bogus a b", {"--preserve=mod,tim,x,bogus", "expected words"}},
        {"--preserve=modes a b", {"--preserve=modes", "expected"}},
        {"--preserve=mode, a b", {"--preserve=mode,", "expected"}},
        {"--no-preserve= a b", {"--no-preserve=", "expected"}},
        {"--no-preserve=size a b", {"--no-preserve=size", "timestamps"}},
        {"--attributes-only --length=1 a b", {"--attributes-only", "--length"}},
        {"--attributes-only --offset=1 a b", {"--attributes-only", "--offset"}},
        {"--attributes-only --inplace --dest-offset=0 a b", {"--attributes-only"}},
        {"-l -s a b", {"--link", "--symbolic-link"}},
        {"-l --attributes-only a b", {"--link", "--attributes-only"}},
        {"-s --offset=1 a b", {"--symbolic-link", "--offset"}},
        {"-l --length=1 a b", {"--link", "--length"}},
        {"-s --inplace --dest-offset=0 a b", {"--symbolic-link", "--dest-offset"}},
        {"-l --resume a b", {"--link", "--resume"}},
        {"-l --partial a b", {"--link", "--partial"}},
        {"-s --reflink a b", {"--symbolic-link", "--reflink"}},
        {"-b -n a b", {"--backup", "--no-clobber"}},
        {"-S x --update=none a b", {"--backup", "--update=none"}},
        {"--backup=none --update=none-fail a b", {"--backup", "--update=none-fail"}},
        {"--backup=n a b", {"--backup=n", "expected"}},
        {"--backup=simple-minded a b", {"--backup=simple-minded", "expected"}},
        {"--update=new a b", {"--update=new", "expected"}},
        {"-b --inplace --dest-offset=1 a b", {"--dest-offset", "--backup"}},
        {"--remove-destination --inplace --dest-offset=1 a b", {"--remove-destination"}},
        {"--bogus a b", {"unknown option", "--bogus"}},
        {"-fz a b", {"unknown option '-z' in '-fz'"}},
        {"-avh a b", {"unknown option '-h' in '-avh'"}},
        {"-recursive a b", {"unknown option '-e' in '-recursive'"}},
        {"-z a b", {"unknown option '-z'"}},
        {"a b --engine", {"--engine", "needs a value"}},
        {"a b -t", {"-t", "needs a value"}},
        {"--inplace=1 a b", {"--inplace", "no value"}},
        {"--engine=nosuch a b", {"--engine=nosuch", "expected"}},
        {"--engine= a b", {"--engine=", "expected"}},
        {"--direct=yes a b", {"--direct=yes", "auto, always or never"}},
        {"--progress=1 a b", {"--progress=1", "auto, always or never"}},
        {"--on-error=ignore a b", {"--on-error=ignore", "drop or stop"}},
        {"--require=0 a b", {"--require=0", "expected"}},
        {"--require=-1 a b", {"--require=-1", "expected"}},
        {"--require=some a b", {"--require=some", "expected"}},
        {"--require=2 a b", {"--require=2", "only 1 destination"}},
        {"--require=4 a b c d", {"--require=4", "only 3 destinations"}},
        {"--require=3 -t d1 -t d2 a b c", {"--require=3", "only 2 destinations"}},
        {"--require=4294967296 a b", {"--require=4294967296", "expected"}},
        {"--chunk-size=0 a b", {"--chunk-size=0", "4K to 256M"}},
        {"--chunk-size=4097 a b", {"--chunk-size=4097", "4K to 256M"}},
        {"--chunk-size=512M a b", {"--chunk-size=512M", "4K to 256M"}},
        {"--chunk-size -4K a b", {"--chunk-size=-4K", "4K to 256M"}},
        {"--chunk-size=4KX a b", {"--chunk-size=4KX", "4K to 256M"}},
        {"--queue-depth=0 a b", {"--queue-depth=0", "1 to 4096"}},
        {"--queue-depth=4097 a b", {"--queue-depth=4097", "1 to 4096"}},
        {"--queue-depth=1K a b", {"--queue-depth=1K", "1 to 4096"}},
        {"--workers=0 a b", {"--workers=0", "1 to 256"}},
        {"--workers=257 a b", {"--workers=257", "1 to 256"}},
        {"--workers=99999999999999999999 a b", {"--workers=9999", "1 to 256"}},
        {"--timeout=-1 a b", {"--timeout=-1", "seconds from 0 to 1000000"}},
        {"--timeout=1000001 a b", {"--timeout=1000001", "0 to 1000000"}},
        {"--timeout=1.5 a b", {"--timeout=1.5", "0 to 1000000"}},
        {"--timeout= a b", {"--timeout=", "0 to 1000000"}},
        {"--timeout=2m a b", {"--timeout=2m", "0 to 1000000"}},
        {"--timeout=4294967297 a b", {"--timeout=4294967297", "0 to 1000000"}},
        {"a b --timeout", {"--timeout", "needs a value"}},
        {"--slow=drop a b", {"--slow=drop", "wait or detach"}},
        {"--slow= a b", {"--slow=", "wait or detach"}},
        {"--bwlimit=0 a b", {"--bwlimit=0", "at least 1"}},
        {"--max-lag=0 a b", {"--max-lag=0", "at least 4K"}},
        {"--max-lag=4095 a b", {"--max-lag=4095", "at least 4K"}},
        {"--max-lag=8388608T a b", {"--max-lag=8388608T", "at least 4K"}},
        {"--max-lag=1M --slow=wait a b", {"--max-lag", "--slow=wait"}},
        {"--slow=wait --max-lag=4K a b", {"--max-lag", "--slow=detach"}},
        {"--partial --inplace a b", {"--partial", "--inplace"}},
        {"--resume --inplace --dest-offset=1 a b", {"--resume", "--inplace"}},
        {"--in-order --slow=detach a b", {"--in-order", "--slow=detach"}},
        {"--max-lag=4K --in-order a b", {"--in-order", "--max-lag"}},
        {"--memory=65535 a b", {"--memory=65535", "64K"}},
        {"--memory=64K --chunk-size=1M a b", {"--chunk-size", "--memory"}},
        {"--offset=-1 a b", {"--offset=-1", "expected"}},
        {"--offset=9223372036854775808 a b", {"--offset=9223372036854775808", "expected"}},
        {"--length=16777216T a b", {"--length=16777216T", "expected"}},
        {"--length=1x a b", {"--length=1x", "expected"}},
        {"--offset=1 --length=9223372036854775807 a b", {"--length", "beyond"}},
        {"--dest-offset=0 a b", {"--dest-offset", "--inplace", "rest"}},
        {"-T -t d a", {"--target-directory", "--no-target-directory"}},
        {"-q --progress a b", {"--quiet", "--progress=always"}},
        {"-t!#:+ a b", {"!#:+"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;
        char *error;

        if (parse(&o, cases[i].line, &error) != -EINVAL)
            fail_msg("accepted: %s", cases[i].line);
        assert_non_null(error);
        assert_null(strchr(error, '\n'));
        for (size_t w = 0; w < 3 && cases[i].words[w] != NULL; w++) {
            if (strstr(error, cases[i].words[w]) == NULL)
                fail_msg("%s: no \"%s\" in: %s", cases[i].line, cases[i].words[w], error);
        }
        free(error);
    }
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"1", 1},
        {"007", 7},
        {"5B", 5},
        {"4k", 4096},
        {"4K", 4096},
        {"4KiB", 4096},
        {"4kB", 4000},
        {"4KB", 4000},
        {"2M", UINT64_C(2) << 20},
        {"2MiB", UINT64_C(2) << 20},
        {"2MB", 2000000},
        {"3G", UINT64_C(3) << 30},
        {"3GB", 3000000000},
        {"1T", UINT64_C(1) << 40},
        {"1TB", 1000000000000},
        {"1P", UINT64_C(1) << 50},
        {"1PB", 1000000000000000},
        {"18446744073709551615", UINT64_MAX},
        {"16383P", UINT64_C(16383) << 50},
    };
    static const struct {
        const char *text;
        int error;
    } bad[] = {
        {"", -EINVAL},
        {"K", -EINVAL},
        {"-1", -EINVAL},
        {"+1", -EINVAL},
        {" 1", -EINVAL},
        {"1 ", -EINVAL},
        {"1.5M", -EINVAL},
        {"0x10", -EINVAL},
        {"1KK", -EINVAL},
        {"1KiBs", -EINVAL},
        {"1Ki", -EINVAL},
        {"1m", -EINVAL},
        {"1iB", -EINVAL},
        {"1BB", -EINVAL},
        {"1E", -EINVAL},
        {"1e3", -EINVAL},
        {"16384P", -ERANGE},
        {"18446744073709551616", -ERANGE},
        {"99999999999999999999999K", -ERANGE},
        {"99999999999999999999999X", -EINVAL},
    };
    uint64_t bytes;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (options_parse_size(good[i].text, &bytes) != 0 || bytes != good[i].bytes)
            fail_msg("%s", good[i].text);
    }
    bytes = 42;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (options_parse_size(bad[i].text, &bytes) != bad[i].error || bytes != 42)
            fail_msg("%s", bad[i].text);
    }
}

static void test_help(void **state)
{
    static const char *const wanted[] = {
        "SOURCE DEST [DEST]...",
        "-t DIR [-t DIR]... SOURCE...",
        "--chunk-size=SIZE",
        "--direct[=WHEN]",
        "-?, --help",
        "man ucopy",
    };
    struct options o;
    char *text;
    size_t len;
    FILE *f;

    (void)state;
    parse_well(&o, "--help");
    f = open_memstream(&text, &len);
    assert_non_null(f);
    help_print(&o, f);
    assert_int_equal(fclose(f), 0);
    assert_ptr_equal(strstr(text, "Usage: ucopy [OPTION]... SOURCE"), text);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_non_null(strstr(text, wanted[i]));
    free(text);

    f = open_memstream(&text, &len);
    assert_non_null(f);
    help_print_usage(&o, f);
    assert_int_equal(fclose(f), 0);
    assert_ptr_equal(strstr(text, "Usage: ucopy"), text);
    assert_non_null(strstr(text, "SOURCE DEST [DEST]..."));
    free(text);
    options_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_preserve),        cmocka_unit_test(test_standing),
        cmocka_unit_test(test_links),           cmocka_unit_test(test_backup),
        cmocka_unit_test(test_values),          cmocka_unit_test(test_holes),
        cmocka_unit_test(test_patience),        cmocka_unit_test(test_ranges_of_the_file),
        cmocka_unit_test(test_last_one_wins),   cmocka_unit_test(test_when),
        cmocka_unit_test(test_operands),        cmocka_unit_test(test_cp),
        cmocka_unit_test(test_context),         cmocka_unit_test(test_abbreviated),
        cmocka_unit_test(test_posixly_correct), cmocka_unit_test(test_alias),
        cmocka_unit_test(test_actions),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sizes),           cmocka_unit_test(test_help),
    };

    /* The aliases of the developer must not matter. */
    setenv("HOME", "/nonexistent", 1);
    unsetenv("POSIXLY_CORRECT");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
