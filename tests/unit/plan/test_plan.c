/* Plans: which paths a command line stands for, and which command lines are refused.
 *
 * The cases run in one scratch directory with the files that set_up() makes; nothing in it may
 * change, because a plan only looks. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/plan.h"

#define MAX_WORDS 16

static char scratch[64];

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static int set_up(void **state)
{
    (void)state;
    /* Before there is another thread: each has a namespace of its own. */
    if (geteuid() == 0 &&
        (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
        return -1;
    (void)snprintf(scratch, sizeof(scratch), "/tmp/ucopy-test-XXXXXX");
    if (!mkdtemp(scratch) || chdir(scratch) < 0 || setenv("SCRATCH", scratch, 1) < 0)
        return -1;
    run("echo a > a; echo b > b; ln a hard; ln -s a soft; ln -s soft soft2");
    run("mkdir d d/sub e full full/a; ln -s d dl; ln -s ../a d/up; mkfifo fifo");
    run("ln -s new dangling; ln -s d/deep far; ln -s loop loop; ln -s nodir/x nowhere");
    run("ln -s \"$PWD/new\" absolute; mkdir q; echo a > q/a; echo c > q/c");
    run("find . | sort > \"$SCRATCH\".before");
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    int same;

    (void)state;
    same = system("find . | sort | cmp - \"$SCRATCH\".before; r=$?; "
                  "rm \"$SCRATCH\".before; exit $r");
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") == 0 && system(command) == 0 && same == 0 ? 0 : -1;
}

/* A command line in words separated by blanks: options and operands. */
struct line {
    struct options options;
    char text[512];
    char *operands[MAX_WORDS];
    char *directories[MAX_WORDS];
};

static void parse(struct line *l, const char *text)
{
    char *save = NULL;

    *l = (struct line){.options.length = OPTIONS_TO_THE_END};
    (void)snprintf(l->text, sizeof(l->text), "%s", text);
    l->options.operands = l->operands;
    l->options.target_directories = l->directories;
    for (char *w = strtok_r(l->text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        if (strcmp(w, "-f") == 0)
            l->options.force = true;
        else if (strcmp(w, "-T") == 0)
            l->options.no_target_directory = true;
        else if (strcmp(w, "--cp") == 0)
            l->options.cp = true;
        else if (strcmp(w, "-r") == 0)
            l->options.recursive = true;
        else if (strcmp(w, "--parents") == 0)
            l->options.parents = true;
        else if (strcmp(w, "--strip") == 0)
            l->options.strip_trailing_slashes = true;
        else if (strcmp(w, "-t") == 0)
            l->directories[l->options.n_target_directories++] = strtok_r(NULL, " ", &save);
        else
            l->operands[l->options.n_operands++] = w;
    }
}

static size_t put_path(char *to, size_t size, const struct plan_copy *c, const char *path)
{
    char *root = plan_root(c, path);
    int n;

    assert_non_null(root);
    n = snprintf(to, size, "%s%s%s", root, c->way_len ? ":" : "",
                 path + strlen(path) - c->way_len);
    free(root);
    return (size_t)n;
}

/* Compares the plan with "SOURCE>DEST,DEST;SOURCE>...;!why a copy is left out;?why that is no
 * failure". What is below the root is behind a colon. */
static void assert_plan(const char *text, const char *expected)
{
    char got[512];
    size_t n = 0;
    struct line l;
    struct plan p;
    char *error = NULL;

    parse(&l, text);
    if (plan_make(&p, &l.options, &error) != 0)
        fail_msg("%s: %s", text, error);
    assert_null(error);
    for (unsigned i = 0; i < p.n_copies; i++) {
        const struct plan_copy *c = &p.copies[i];

        n += (size_t)snprintf(got + n, sizeof(got) - n, "%s", i ? ";" : "");
        if (c->left_out) {
            n += (size_t)snprintf(got + n, sizeof(got) - n, "%c%s", c->is_failure ? '!' : '?',
                                  c->left_out);
            continue;
        }
        n += put_path(got + n, sizeof(got) - n, c, c->source);
        for (unsigned d = 0; d < c->n_dests; d++) {
            got[n++] = d ? ',' : '>';
            n += put_path(got + n, sizeof(got) - n, c, c->dests[d]);
        }
    }
    plan_free(&p);
    assert_string_equal(got, expected);
}

static void assert_refused(const char *text, const char *expected)
{
    struct line l;
    struct plan p;
    char *error = NULL;

    parse(&l, text);
    if (plan_make(&p, &l.options, &error) != -EINVAL)
        fail_msg("%s: not refused", text);
    assert_string_equal(error, expected);
    free(error);
}

static void test_paths(void **state)
{
    (void)state;
    assert_plan("a new", "a>new");
    assert_plan("a new new2 b", "a>new,new2,b");
    assert_plan("a d", "a>d/a");
    assert_plan("q/c d/ e// new", "q/c>d/c,e//c,new");
    assert_plan("d/../a/ e", "d/../a/>e/a");
    assert_plan("a .//d", "a>.//d/a");
    assert_plan("q/c . /", "q/c>./c,/c");
    assert_plan("-T a new d/new", "a>new,d/new");
    assert_plan("missing d", "missing>d/missing");
    assert_plan("missing missing", "missing>missing");
    assert_plan("a nodir/x nodir/x2 new/", "a>nodir/x,nodir/x2,new/");
    assert_plan("a fifo", "a>fifo");
    assert_plan("fifo d", "fifo>d/fifo");
    assert_plan("a loop nowhere", "a>loop,nowhere");
    assert_plan("a /dev/null", "a>/dev/null");
}

static void test_target_directories(void **state)
{
    (void)state;
    assert_plan("-t d a", "a>d/a");
    assert_plan("-t d -t e/ a q/c b", "a>d/a,e/a;q/c>d/c,e/c;b>d/b,e/b");
    assert_plan("-t d a hard", "a>d/a;hard>d/hard");
    assert_refused("-t b a", "target directory 'b': Not a directory");
    assert_refused("-t nodir a", "target directory 'nodir': No such file or directory");
    assert_refused("-t d -t new a", "target directory 'new': No such file or directory");
    assert_refused("-t d a q/a", "will not overwrite just-created 'd/a' with 'q/a'");
    assert_refused("-t d -t e a b a", "will not overwrite just-created 'd/a' with 'a'");
    assert_refused("-t d -t d/. a", "'d/a' and 'd/./a' are the same file");
    assert_refused("-t d -t dl a", "'d/a' and 'dl/a' are the same file");
    assert_refused("-t q b q/a", "'q/a' and 'q/a' are the same file");
    assert_refused("-t q a q/c", "'q/c' and 'q/c' are the same file");
    assert_refused("-t full a", "cannot overwrite directory 'full/a' with non-directory");
    assert_refused("-t e a d", "'d' is a directory; -r or -a copies directories");
}

static void test_directories(void **state)
{
    (void)state;
    assert_refused("-T a d", "cannot overwrite directory 'd' with non-directory");
    assert_refused("-T a dl", "cannot overwrite directory 'dl' with non-directory");
    assert_refused("-T a new d", "cannot overwrite directory 'd' with non-directory");
    assert_refused("a full", "cannot overwrite directory 'full/a' with non-directory");
    assert_refused("d new", "'d' is a directory; -r or -a copies directories");
    assert_refused("/ d", "'/' is a directory; -r or -a copies directories");
    assert_refused(". d", "'.' is a directory; -r or -a copies directories");
    assert_refused("d/.. d", "'d/..' is a directory; -r or -a copies directories");
    assert_refused("missing/.. d", "'missing/..' has no file name to use in directory 'd'");
    assert_refused("missing/. d", "'missing/.' has no file name to use in directory 'd'");
}

static void test_empty_names(void **state)
{
    char empty[] = "", a[] = "a", d[] = "d";
    char *to_d[] = {empty, d}, *to_empty[] = {a, empty};
    struct options o = {.operands = to_d, .n_operands = 2};
    char *error = NULL;
    struct plan p;

    (void)state;
    assert_int_equal(plan_make(&p, &o, &error), -EINVAL);
    assert_string_equal(error, "'' has no file name to use in directory 'd'");
    free(error);
    o.operands = to_empty;
    assert_int_equal(plan_make(&p, &o, &error), -EINVAL);
    assert_string_equal(error, "cannot create '': No such file or directory");
    free(error);
}

static void test_habit(void **state)
{
    static const char text[] = "'b' is an existing file and would be overwritten: 'd/' is a "
                               "directory. To copy several files into directories use -t DIR "
                               "(or --force)";

    (void)state;
    assert_refused("a b d/", text);
    assert_refused("a new b d/", text);
    assert_refused("a d b d/", text);
    assert_plan("-f a b d/", "a>b,d/a");
    assert_plan("a d b", "a>d/a,b");
    assert_plan("a new d", "a>new,d/a");
    assert_plan("a fifo d", "a>fifo,d/a");
    assert_plan("a b", "a>b");
}

/* Every pair is refused in both orders. */
static void test_same_dests(void **state)
{
    static const char *const pairs[][2] = {
        {"b", "./b"},        {"b", "d/../b"},      {"b", "dl/../b"},
        {"new", "new"},      {"new", "./new"},     {"new", ".//new"},
        {"new", "d/../new"}, {"new", "dl/../new"}, {"new", "new/"},
        {"new", "dangling"}, {"new", "absolute"},  {"dangling", "absolute"},
        {"d/new", "dl/new"}, {"d/deep", "far"},    {"dl/deep", "far"},
        {"d/deep", "far"},   {"fifo", "./fifo"},   {"/dev/null", "/dev/../dev/null"},
    };
    char line[128], expected[128], *absolute;

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        for (int turned = 0; turned < 2; turned++) {
            const char *x = pairs[i][turned], *y = pairs[i][!turned];

            (void)snprintf(line, sizeof(line), "-f a %s other %s", x, y);
            (void)snprintf(expected, sizeof(expected), "'%s' and '%s' are the same file", x, y);
            assert_refused(line, expected);
        }
    }
    assert_refused("q/c d dl", "'d/c' and 'dl/c' are the same file");
    assert_refused("q/c d d/c", "'d/c' and 'd/c' are the same file");

    absolute = realpath("b", NULL);
    assert_non_null(absolute);
    (void)snprintf(line, sizeof(line), "a b %s", absolute);
    (void)snprintf(expected, sizeof(expected), "'b' and '%s' are the same file", absolute);
    free(absolute);
    assert_refused(line, expected);
}

static void test_same_as_source(void **state)
{
    (void)state;
    assert_refused("a a", "'a' and 'a' are the same file");
    assert_refused("a new d/../a", "'a' and 'd/../a' are the same file");
    assert_refused("a hard", "'a' and 'hard' are the same file");
    assert_refused("a soft2", "'a' and 'soft2' are the same file");
    assert_refused("soft a", "'soft' and 'a' are the same file");
    assert_refused("a .", "'a' and './a' are the same file");
    assert_refused("a d/up", "'a' and 'd/up' are the same file");
    assert_refused("-f a a", "'a' and 'a' are the same file");
    assert_refused("q/a q", "'q/a' and 'q/a' are the same file");
}

static void test_as_cp(void **state)
{
    (void)state;
    assert_plan("--cp a new", "a>new");
    assert_plan("--cp a q/c d", "a>d/a;q/c>d/c");
    assert_plan("--cp -t d a q/c", "a>d/a;q/c>d/c");
    assert_plan("--cp -T a new", "a>new");
    assert_plan("--cp -r d q e", "d>e/d;q>e/q");
    assert_refused("--cp a b new", "target 'new': No such file or directory");
    assert_refused("--cp a q/c b", "target 'b': Not a directory");
    assert_refused("--cp -t b a", "target directory 'b': Not a directory");
    /* One source does not keep the others from being copied. */
    assert_plan("--cp missing a d", "!cannot stat 'missing': No such file or directory;a>d/a");
    assert_plan("--cp q a d", "!-r not specified; omitting directory 'q';a>d/a");
    assert_plan("--cp a full b d", "a>d/a;!-r not specified; omitting directory 'full';b>d/b");
    assert_plan("--cp q/a b full",
                "!cannot overwrite directory 'full/a' with non-directory;b>full/b");
    assert_plan("--cp -r d a d", "!cannot copy a directory, 'd', into itself, 'd/d';a>d/a");
    assert_plan("--cp a q/c a q/a d", "a>d/a;q/c>d/c;?warning: source file 'a' specified more "
                                      "than once;!will not overwrite just-created 'd/a' with "
                                      "'q/a'");
    assert_plan("--cp -r q q e",
                "q>e/q;?warning: source directory 'q' specified more than once");
    assert_plan("--cp q/a d q q",
                "!'q/a' and 'q/a' are the same file;!-r not specified; "
                "omitting directory 'd';!-r not specified; omitting directory "
                "'q'");
    assert_plan("--cp a ./a", "!'a' and './a' are the same file");
    assert_plan("--cp hard a", "!'hard' and 'a' are the same file");
    /* Directories of one name are merged. */
    assert_plan("--cp -r d/sub full d/../d/sub/ e",
                "d/sub>e/sub;full>e/full;?warning: source "
                "directory 'd/../d/sub/' specified more than "
                "once");
}

static void test_parents(void **state)
{
    (void)state;
    assert_plan("--parents q/c d e", "q:c>d/q:c,e/q:c");
    assert_plan("--parents -t d -t e q/c a", "q:c>d/q:c,e/q:c;a>d/a,e/a");
    assert_plan("--parents ./q/.//c d", "q:c>d/q:c");
    assert_plan("--parents -r full/ d", "full>d/full");
    assert_plan("--parents -r d/sub/. e", "d:sub>e/d:sub");
    assert_refused("--parents q/c new", "target 'new': No such file or directory");
    assert_refused("--parents q/c b", "with --parents, the destination must be a directory");
    assert_refused("--parents d/../q/c e", "'d/../q/c': --parents cannot be used with '..', "
                                           "which leads out of the destination");
    assert_refused("--parents q/c .", "'q/c' and './q/c' are the same file");
    assert_plan(
        "--cp --parents q/c q/../a q/a d",
        "q:c>d/q:c;!'q/../a': --parents cannot be used with '..', which leads out of the "
        "destination;q:a>d/q:a");
}

static void test_trailing_slashes(void **state)
{
    (void)state;
    assert_plan("--strip a/ new", "a>new");
    assert_plan("--strip -t d a// b/", "a>d/a;b>d/b");
    assert_plan("a/ new", "a/>new");
}

static void test_many(void **state)
{
    enum { N = 2000 };
    static char names[N + 1][16];
    static char *operands[N + 1];
    struct options o = {.operands = operands, .n_operands = N + 1};
    char *error = NULL;
    struct plan p;

    (void)state;
    for (unsigned i = 0; i <= N; i++) {
        (void)snprintf(names[i], sizeof(names[i]), i ? "new%u" : "a", i);
        operands[i] = names[i];
    }
    assert_int_equal(plan_make(&p, &o, &error), 0);
    assert_int_equal(p.copies[0].n_dests, N);
    plan_free(&p);
    operands[N] = operands[N / 2];
    assert_int_equal(plan_make(&p, &o, &error), -EINVAL);
    free(error);
}

/* What only root can make, in a mount namespace of its own. */
static void test_nodes_and_mounts(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mount("none", "e", "tmpfs", 0, NULL), 0);
    run("mkdir e/d e/bound; : > e/file; mount --bind d e/bound; mount --bind a e/file");
    assert_int_equal(mknod("e/block", S_IFBLK | 0600, makedev(7, 0)), 0);
    run("ln -s block e/link");

    assert_refused(
        "a e/block",
        "'e/block' is a block device; writing to block devices is refused without --device");
    assert_refused(
        "a new e/link",
        "'e/link' is a block device; writing to block devices is refused without --device");
    assert_refused("a e/file", "'a' and 'e/file' are the same file");
    assert_refused("a d/new e/bound/new", "'d/new' and 'e/bound/new' are the same file");
    assert_refused("q/c d e/bound", "'d/c' and 'e/bound/c' are the same file");
    assert_plan("e/block new", "e/block>new");
    run("umount e/bound e/file e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),          cmocka_unit_test(test_target_directories),
        cmocka_unit_test(test_directories),    cmocka_unit_test(test_empty_names),
        cmocka_unit_test(test_habit),          cmocka_unit_test(test_same_dests),
        cmocka_unit_test(test_same_as_source), cmocka_unit_test(test_as_cp),
        cmocka_unit_test(test_parents),        cmocka_unit_test(test_trailing_slashes),
        cmocka_unit_test(test_many),           cmocka_unit_test(test_nodes_and_mounts),
    };

    return cmocka_run_group_tests_name("plan", tests, set_up, tear_down);
}
