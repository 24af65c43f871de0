/* The stored outputs of the reference implementation are made again from their files: the same
 * hashes and verdicts. Dates, hosts and programs differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mhl/mhl.h"

static char shared[PATH_MAX];
static char work[] = "/tmp/ucopy-mhl-XXXXXX";

struct findings {
    unsigned n[5];
    char last[256];
};

static void found(void *arg, enum mhl_finding what, const char *path)
{
    struct findings *f = arg;

    f->n[what]++;
    (void)snprintf(f->last, sizeof f->last, "%s", path);
}

static bool go_on(void *arg)
{
    (void)arg;
    return false;
}

/* Runs a command of the shell; %1$s is the directory for temporary files, %2$s what is shared. */
static int sh(const char *command)
{
    char line[3 * PATH_MAX];

    (void)snprintf(line, sizeof line, "W=%s; S=%s; %s", work, shared, command);
    return system(line);
}

static int extend_given(const char *dir, const char *name, unsigned formats,
                        const struct mhl_given *given, struct findings *f, struct failure *ret)
{
    struct mhl_extension e = {.formats = formats,
                              .process = "in-place",
                              .host = "myHost.local",
                              .now = 1579271400, /* 2020-01-17 14:30:00 UTC */
                              .given = given,
                              .found = found,
                              .stopped = go_on,
                              .arg = f};
    char path[PATH_MAX];
    int fd, r;

    (void)snprintf(path, sizeof path, "%s/%s", work, dir);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    *f = (struct findings){{0}, ""};
    r = mhl_extend(&e, fd, name, ret);
    close(fd);
    return r;
}

static unsigned set_of(const char *name)
{
    unsigned f = mhl_format_find(name);

    assert_true(f < MHL_FORMATS);
    return 1u << f;
}

static void extend(const char *dir, const char *name, const char *format, struct findings *f)
{
    struct failure failure;
    int r = extend_given(dir, name, set_of(format), NULL, f, &failure);

    if (r < 0)
        print_error("%s: %s\n", failure.op, failure.message);
    assert_int_equal(r, 0);
}

/* What must be equal: without host, tool and XML declaration. Dates of the files are those of
 * the copies here. */
#define NORMAL                                                                                 \
    "normal() { sed -E 's/ lastmodificationdate=\"[^\"]*\"//; "                                \
    "/<(hostname|tool|hashlistreference|c4)/d' "                                               \
    "\"$1\"; }; "

/* Whether the schemas take every manifest and chain below the directory. */
#define VALID                                                                                  \
    "for f in $(find $W -name '*.mhl'); do xmllint --nonet --noout --schema $S/ASCMHL.xsd "    \
    "\"$f\" 2>>$W/log || exit 1; done; sed \"s#https://[^\\\"]*/ASCMHL.xsd#$S/ASCMHL.xsd#\" "  \
    "$S/ASCMHLDirectory.xsd >$W/chain.xsd; for f in $(find $W -name '*chain.xml'); do "        \
    "xmllint --nonet --noout --schema $W/chain.xsd \"$f\" 2>>$W/log || exit 1; done; "

static int setup(void **state)
{
    (void)state;
    assert_int_equal(sh("rm -rf $W/*"), 0);
    return 0;
}

/* Scenario 1: nothing is known yet. */
static void test_first(void **state)
{
    struct findings f;

    (void)state;
    assert_int_equal(sh("cp -r $S/scenarios/scenario_01/travel_01/A002R2EC $W/a && "
                        "rm -r $W/a/ascmhl"),
                     0);
    extend("a", "A002R2EC", "xxh64", &f);
    assert_int_equal(f.n[MHL_FAILED] + f.n[MHL_MISSING], 0);
    assert_int_equal(sh(NORMAL
                        "normal $S/scenarios/scenario_01/travel_01/A002R2EC/ascmhl/0001*.mhl | "
                        "sed 's/2020-01-16T09:15:00/2020-01-17T14:30:00/' >$W/wanted; "
                        "normal $W/a/ascmhl/0001_A002R2EC_2020-01-17_143000Z.mhl >$W/got; "
                        "diff $W/wanted $W/got >&2"),
                     0);
    assert_int_equal(sh(VALID), 0);
}

/* Scenarios 2 to 4: one history is extended. */
static void scenario(unsigned number, const char *format)
{
    struct findings f;
    char line[512];

    (void)snprintf(line, sizeof line,
                   "N=%u; "
                   "cp -r $S/scenarios/scenario_0$N/file_server/A002R2EC $W/a && "
                   "rm $W/a/ascmhl/0002* && "
                   "cp $S/scenarios/scenario_0$N/travel_01/A002R2EC/ascmhl/*.xml $W/a/ascmhl",
                   number);
    assert_int_equal(sh(line), 0);
    extend("a", "A002R2EC", format, &f);
    assert_int_equal(f.n[MHL_FAILED], number == 4 ? 1 : 0);
    assert_int_equal(f.n[MHL_MISSING] + f.n[MHL_RELISTED], 0);
    if (number == 4)
        assert_string_equal(f.last, "Sidecar.txt");
    (void)snprintf(line, sizeof line,
                   NORMAL
                   "normal $S/scenarios/scenario_0%u/file_server/A002R2EC/ascmhl/0002*.mhl "
                   ">$W/wanted; "
                   "normal $W/a/ascmhl/0002_A002R2EC_2020-01-17_143000Z.mhl >$W/got; "
                   "diff $W/wanted $W/got >&2",
                   number);
    assert_int_equal(sh(line), 0);
    assert_int_equal(sh(VALID), 0);
}

static void test_verified(void **state)
{
    (void)state;
    scenario(2, "xxh64");
}

static void test_other_format(void **state)
{
    (void)state;
    scenario(3, "md5");
}

static void test_altered(void **state)
{
    (void)state;
    scenario(4, "xxh64");
}

/* Scenario 5: two histories below a root that has none. */
static void test_nested(void **state)
{
    struct findings f;

    (void)state;
    assert_int_equal(sh("cp -r $S/scenarios/scenario_05/travel_01/Reels $W/Reels && "
                        "cp $S/scenarios/scenario_05/file_server/Reels/Summary.txt $W/Reels"),
                     0);
    extend("Reels", "Reels", "xxh64", &f);
    assert_int_equal(f.n[MHL_FAILED] + f.n[MHL_MISSING], 0);
    assert_int_equal(
        sh(NORMAL
           "cd $S/scenarios/scenario_05/file_server && for f in $(find . -name '*.mhl'); do "
           "normal $f >$W/wanted; normal $W/$f >$W/got; diff $W/wanted $W/got >&2 || exit 1; "
           "done"),
        0);
    assert_int_equal(sh(VALID), 0);
    /* A second run refers to the newest generations. */
    extend("Reels", "Reels", "c4", &f);
    assert_int_equal(f.n[MHL_FAILED] + f.n[MHL_MISSING], 0);
    assert_int_equal(sh(VALID "test $(grep -c A003R2EC/ascmhl/0003 $W/Reels/ascmhl/0002*) = 1"),
                     0);
}

/* What the stored histories say of the files beside them. */
static void expect_known(const char *dir, size_t n, unsigned missing, int error)
{
    struct findings f = {{0}, ""};
    const struct mhl_extension e = {.found = found, .stopped = go_on, .arg = &f};
    struct mhl_known *known = NULL;
    struct failure failure;
    char *where;
    char path[2 * PATH_MAX];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", *dir == '/' ? shared : work, dir);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(mhl_known_read(&e, fd, &known, &where, &failure), error);
    close(fd);
    free(where);
    if (error < 0)
        return;
    assert_int_equal(mhl_known_sums(known)->n, n);
    assert_int_equal(f.n[MHL_MISSING], missing);
    assert_true(mhl_known_ignores(known, "a/.DS_Store", false));
    assert_false(mhl_known_ignores(known, "a/b", false));
    mhl_known_free(known);
}

static void test_known(void **state)
{
    (void)state;
    expect_known("/scenarios/scenario_01/travel_01/A002R2EC", 3, 0, 0);
    expect_known("/scenarios/scenario_02/file_server/A002R2EC", 3, 0, 0);
    expect_known("/scenarios/scenario_03/file_server/A002R2EC", 6, 0, 0);
    expect_known("/scenarios/scenario_04/file_server/A002R2EC", 3, 0, 0);
    expect_known("/scenarios/scenario_05/file_server/Reels", 7, 0, 0);
    expect_known("/scenarios/scenario_05/travel_01/Reels", 0, 0, -ENOENT);
    assert_int_equal(sh("cp -r $S/scenarios/scenario_05/file_server/Reels $W/Reels && "
                        "rm -r $W/Reels/A002R2EC"),
                     0);
    expect_known("Reels", 4, 1, 0);
}

/* ---- cases of our own ---- */

static void make_a(void)
{
    assert_int_equal(sh("mkdir -p $W/a/d $W/a/empty && echo 1 >$W/a/x && echo 2 >$W/a/d/y"), 0);
}

static void test_missing(void **state)
{
    struct findings f;

    (void)state;
    make_a();
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh("rm $W/a/d/y; echo 3 >$W/a/new"), 0);
    extend("a", "a", "xxh64", &f);
    assert_int_equal(f.n[MHL_MISSING], 1);
    assert_string_equal(f.last, "d/y");
    assert_int_equal(sh("grep -q 'action=\"original\"' $W/a/ascmhl/0002*"), 0);
}

/* Names with all that XML must write otherwise. */
static void test_names(void **state)
{
    struct findings f;
    struct failure failure;

    (void)state;
    make_a();
    assert_int_equal(
        sh("cd $W/a && touch 'a<b>&\"c' \"$(printf 'l\\nf')\" \"$(printf 'c\\rr')\" "
           "' lead' 'trail ' 'ü' \"$(printf 't\\tt')\""),
        0);
    extend("a", "a&<b", "md5", &f);
    assert_int_equal(f.n[MHL_MISSING], 0);
    extend("a", "a", "md5", &f);
    assert_int_equal(f.n[MHL_MISSING] + f.n[MHL_FAILED], 0);
    assert_int_equal(sh("! grep -q original $W/a/ascmhl/0002*"), 0);
    assert_int_equal(sh("cd $W/a/ascmhl && for f in *.mhl; do xmllint --nonet --noout --schema "
                        "$S/ASCMHL.xsd \"$f\" 2>>$W/log || exit 1; done"),
                     0);
    assert_int_equal(sh("touch \"$(printf \"$W/a/bad\\001\")\""), 0);
    assert_int_equal(extend_given("a", "a", set_of("md5"), NULL, &f, &failure), -EILSEQ);
    assert_false(mhl_name_fits("\001"));
    assert_false(mhl_name_fits("\xff"));
    assert_false(mhl_name_fits("\xed\xa0\x80")); /* a surrogate */
    assert_false(mhl_name_fits("\xef\xbf\xbf")); /* U+FFFF */
    assert_false(mhl_name_fits("\xc0\xaf"));
    assert_true(mhl_name_fits("a\t\r\n\xf0\x9f\x98\x80"));
}

static void expect_damaged(const char *command, const char *message)
{
    struct findings f;
    struct failure failure;

    assert_int_equal(sh("rm -rf $W/a"), 0);
    make_a();
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh(command), 0);
    if (extend_given("a", "a", set_of("xxh64"), NULL, &f, &failure) == 0)
        fail_msg("nothing is wrong after: %s", command);
    if (!strstr(failure.message, message))
        print_error("%s\n", failure.message);
    assert_non_null(strstr(failure.message, message));
    assert_int_equal(sh("test ! -e $W/a/ascmhl/0002*"), 0);
}

static void test_damaged(void **state)
{
    (void)state;
    expect_damaged("sed -i s/xxh64/xxh65/ $W/a/ascmhl/0001*", "line");
    expect_damaged("for f in $W/a/ascmhl/0001*; do echo >>$f; done", "lists");
    expect_damaged("rm $W/a/ascmhl/0001*", "there is no 0001_a_");
    expect_damaged("sed -i 's/sequencenr=\"1\"/sequencenr=\"2\"/' $W/a/ascmhl/*.xml",
                   "numbered");
    expect_damaged("sed -i 's#<path>#<path>../#' $W/a/ascmhl/*.xml", "no name");
    expect_damaged(": >$W/a/ascmhl/ascmhl_chain.xml", "ascmhl_chain.xml");
    expect_damaged("sed -i 's/urn:ASC/urn:XYZ/' $W/a/ascmhl/*.xml", "no ASC MHL");
    expect_damaged("sed -i '1a <!DOCTYPE x [<!ENTITY a \"b\">]>' $W/a/ascmhl/*.xml",
                   "document types");
    expect_damaged("rm $W/a/ascmhl/*.xml; mkfifo $W/a/ascmhl/ascmhl_chain.xml", "no regular");
}

static bool meanwhile(void *arg)
{
    static bool done;

    (void)arg;
    if (!done)
        (void)sh("cp $W/a/ascmhl/*.xml $W/new; mv $W/new $W/a/ascmhl/ascmhl_chain.xml");
    done = true;
    return false;
}

/* Another program replaces the chain during the walk. */
static void test_meanwhile(void **state)
{
    struct findings f;
    struct failure failure;
    struct mhl_extension e = {.formats = set_of("xxh64"),
                              .process = "in-place",
                              .host = "h",
                              .now = 1579271500,
                              .found = found,
                              .stopped = meanwhile,
                              .arg = &f};
    char path[PATH_MAX];
    int fd;

    (void)state;
    make_a();
    extend("a", "a", "xxh64", &f);
    (void)snprintf(path, sizeof path, "%s/a", work);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(mhl_extend(&e, fd, "a", &failure), -EBUSY);
    close(fd);
    assert_int_equal(sh("test $(ls $W/a/ascmhl | wc -l) = 2"), 0);
    extend("a", "a", "xxh64", &f); /* nothing is left that is in the way */
}

/* A chain that lists less than there is. */
static void test_relisted(void **state)
{
    struct findings f;

    (void)state;
    make_a();
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh("cp $W/a/ascmhl/*.xml $W/old"), 0);
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh("cp $W/old $W/a/ascmhl/ascmhl_chain.xml"), 0);
    extend("a", "a", "xxh64", &f);
    assert_int_equal(f.n[MHL_RELISTED], 1);
    assert_int_equal(sh("ls $W/a/ascmhl/0003_a_* && "
                        "test $(grep -c sequencenr $W/a/ascmhl/*.xml) = 3"),
                     0);
}

/* Hashes from the copy are taken, and compared where the file is read all the same. */
static void test_given(void **state)
{
    struct mhl_given *g = mhl_given_new();
    const char *text[MHL_FORMATS] = {NULL};
    struct findings f;
    struct failure failure;

    (void)state;
    make_a();
    assert_int_equal(sh("chmod 0 $W/a/x"), 0);
    text[mhl_format_find("xxh64")] = "0123456789abcdef";
    for (int i = 0; i < 5000; i++) { /* more than stay in memory */
        char path[16];

        (void)snprintf(path, sizeof path, "y/%d", i % 4000);
        assert_int_equal(mhl_given_add(g, path, (uint64_t)i, text), 0);
    }
    assert_int_equal(mhl_given_add(g, "x", 3, text), 0);
    assert_int_equal(mhl_given_add(g, "x", 2, text), 0);
    assert_int_equal(extend_given("a", "a", set_of("xxh64"), g, &f, &failure), 0);
    assert_int_equal(f.n[MHL_CHANGED], 0);
    assert_int_equal(sh("grep -q '>0123456789abcdef<' $W/a/ascmhl/0001*; chmod 644 $W/a/x"), 0);
    assert_int_equal(sh("rm -r $W/a/ascmhl"), 0);
    assert_int_equal(extend_given("a", "a", set_of("xxh64") | set_of("md5"), g, &f, &failure),
                     0);
    assert_int_equal(f.n[MHL_CHANGED], 1);
    assert_string_equal(f.last, "x");
    mhl_given_free(g);
}

static void test_ignored(void **state)
{
    struct findings f;

    (void)state;
    make_a();
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh("cd $W/a/ascmhl; sed -i 's#<ignore>#&<pattern>*.tmp</pattern>"
                        "<pattern>/d/**/no</pattern><pattern>em[o-q]ty/</pattern>#' 0001*; "
                        "rm *.xml; cd ..; mkdir -p d/1/2; "
                        "touch q.tmp d/w.tmp d/1/2/no d/no no .DS_Store"),
                     0);
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh("cd $W/a/ascmhl; grep -o 'path[^>]*>[^<]*<' 0002* | sed 's/.*>//' "
                        ">$W/got; printf '%s<\\n' d/1/2 d/1 d/y d no x | diff - $W/got >&2"),
                     0);
}

/* The directories keep their times. */
static void test_times(void **state)
{
    struct findings f;

    (void)state;
    make_a();
    assert_int_equal(sh("touch -d '2001-02-03 04:05:06' $W/a"), 0);
    extend("a", "a", "xxh64", &f);
    assert_int_equal(sh("test $(stat -c %Y $W/a) = $(date -d '2001-02-03 04:05:06' +%s)"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first, setup),
        cmocka_unit_test_setup(test_verified, setup),
        cmocka_unit_test_setup(test_other_format, setup),
        cmocka_unit_test_setup(test_altered, setup),
        cmocka_unit_test_setup(test_nested, setup),
        cmocka_unit_test_setup(test_known, setup),
        cmocka_unit_test_setup(test_missing, setup),
        cmocka_unit_test_setup(test_names, setup),
        cmocka_unit_test_setup(test_damaged, setup),
        cmocka_unit_test_setup(test_meanwhile, setup),
        cmocka_unit_test_setup(test_relisted, setup),
        cmocka_unit_test_setup(test_given, setup),
        cmocka_unit_test_setup(test_ignored, setup),
        cmocka_unit_test_setup(test_times, setup),
    };
    int failed;

    /* The second one: from a work tree of git beside the others. */
    if ((!realpath(PROJECT_DIR "/../shared/mhl", shared) &&
         !realpath(PROJECT_DIR "/../../shared/mhl", shared)) ||
        system("command -v xmllint >/dev/null") != 0) {
        (void)fprintf(stderr, "skipped: needs xmllint, and ../shared/mhl\n");
        return 77;
    }
    if (!mkdtemp(work))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)sh("rm -rf $W");
    return failed;
}
