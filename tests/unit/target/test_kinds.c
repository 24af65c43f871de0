/* The table of kinds: which kind takes a destination, that each operation of target.h reaches
 * the kind, and what a kind without it does. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/target_priv.h"

/* ---- the table ---- */

static const char *kind_for(const struct target_request *q, mode_t there)
{
    const struct stat st = {.st_mode = there};

    for (unsigned i = 0; target_kinds[i]; i++)
        if (target_kinds[i]->end == q->end &&
            (!target_kinds[i]->takes || target_kinds[i]->takes(q, there ? &st : NULL)))
            return target_kinds[i]->name;
    return NULL;
}

static void test_kind_of_each_type(void **state)
{
    static const struct {
        mode_t there;
        const char *kind, *kind_anew;
    } cases[] = {
        {0, "file", "file"},        {S_IFREG, "file", "file"}, {S_IFLNK, "node", "file"},
        {S_IFCHR, "node", "file"},  {S_IFIFO, "node", "file"}, {S_IFBLK, "node", "file"},
        {S_IFSOCK, "node", "file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct target_request q = {.path = "x"};

        assert_string_equal(kind_for(&q, cases[i].there), cases[i].kind);
        q.anew = true;
        assert_string_equal(kind_for(&q, cases[i].there), cases[i].kind_anew);
    }
}

/* What is no path has a kind of its own, whatever stands under its name. */
static void test_kind_of_each_end(void **state)
{
    struct target_request q = {.path = "x", .end = TARGET_STANDARD};

    (void)state;
    assert_string_equal(kind_for(&q, S_IFREG), "standard");
    q.end = TARGET_COMMAND;
    assert_string_equal(kind_for(&q, 0), "command");
    q.anew = true;
    assert_string_equal(kind_for(&q, S_IFIFO), "command");
}

static void test_kinds_are_complete(void **state)
{
    (void)state;
    assert_non_null(target_kinds[0]);
    for (unsigned i = 0; target_kinds[i]; i++) {
        const struct target_ops *k = target_kinds[i];

        assert_non_null(k->name);
        assert_true((k->takes || k->end != TARGET_PATH) && k->look && k->open);
        for (unsigned other = 0; other < i; other++)
            assert_string_not_equal(k->name, target_kinds[other]->name);
    }
}

/* ---- a kind that counts its calls ---- */

enum op { CLONE, CAN_SHARE, CHECK, NOTE, RESERVE, COMMIT, EXPLAIN, ABORT, ABANDON, N_OPS };

static unsigned calls[N_OPS];

static int fake_clone(struct target *t, int from, uint64_t offset, struct failure *f)
{
    (void)t;
    (void)f;
    calls[CLONE]++;
    assert_int_equal(from, 3);
    assert_int_equal(offset, 4096);
    return 0;
}

static bool fake_can_share(int from, const struct target *to)
{
    (void)to;
    calls[CAN_SHARE]++;
    assert_int_equal(from, 3);
    return true;
}

static int fake_check(struct target *t, struct target_watch *watch, struct ranges *ret_held)
{
    (void)t;
    (void)watch;
    (void)ret_held;
    calls[CHECK]++;
    return -EINTR;
}

static void fake_note(struct target *t, const struct journal_record *v, unsigned n)
{
    (void)v;
    calls[NOTE]++;
    atomic_fetch_add(&t->kept, n);
}

static void fake_reserve(struct target *t)
{
    (void)t;
    calls[RESERVE]++;
}

static int fake_commit(struct target *t, struct failure *f)
{
    (void)t;
    calls[COMMIT]++;
    return failure_set(f, "rename", EIO, FAILURE_NO_OFFSET, NULL);
}

static void fake_explain(struct target *t, struct failure *f)
{
    (void)t;
    calls[EXPLAIN]++;
    assert_int_equal(f->err, EIO);
}

static void fake_abort(struct target *t, bool keep)
{
    (void)t;
    calls[ABORT]++;
    assert_true(keep);
}

static void fake_abandon(struct target *t, bool keep)
{
    (void)t;
    calls[ABANDON]++;
    assert_false(keep);
}

static const struct target_ops full = {
    .name = "full",
    .clone = fake_clone,
    .can_share = fake_can_share,
    .check = fake_check,
    .note = fake_note,
    .reserve = fake_reserve,
    .commit = fake_commit,
    .explain = fake_explain,
    .abort = fake_abort,
    .abandon = fake_abandon,
};

static const struct target_ops bare = {
    .name = "bare",
};

static const struct journal_record record = {.start = 0, .len = 1};

static void assert_calls(enum op op, unsigned n)
{
    for (unsigned i = 0; i < N_OPS; i++)
        assert_int_equal(calls[i], i == op ? n : 0);
    memset(calls, 0, sizeof(calls));
}

static void test_each_call_reaches_the_kind(void **state)
{
    struct target t = {.ops = &full, .request.resume = true, .keeps = true};
    struct target other = {.ops = &full};
    struct target_watch watch = {.stop = false};
    struct ranges held = {0};
    struct failure f = {0};

    (void)state;
    assert_int_equal(target_clone(&t, 3, 4096, &f), 0);
    assert_calls(CLONE, 1);
    assert_true(target_can_share(3, &other));
    assert_calls(CAN_SHARE, 1);
    assert_int_equal(target_check(&t, &watch, &held), -EINTR);
    assert_calls(CHECK, 1);
    target_note(&t, &record, 1);
    assert_calls(NOTE, 1);
    assert_int_equal(target_kept(&t), 1);
    target_reserve(&t);
    assert_calls(RESERVE, 1);
    assert_int_equal(target_commit(&t, &f), -EIO);
    assert_calls(COMMIT, 1);
    target_explain(&t, &f);
    assert_calls(EXPLAIN, 1);
    target_abort(&t, true);
    assert_calls(ABORT, 1);
    target_abandon(&t, false);
    assert_calls(ABANDON, 1);
}

/* Nothing is read back without a wish to resume, nor noted without a journal; and kinds do not
 * share. */
static void test_calls_that_do_not_apply(void **state)
{
    struct target t = {.ops = &full}, other = {.ops = &bare};
    struct target_watch watch = {.stop = false};
    struct ranges held = {0};

    (void)state;
    assert_int_equal(target_check(&t, &watch, &held), 0);
    target_note(&t, &record, 1);
    assert_false(target_can_share(3, &other));
    assert_int_equal(target_kept(&t), 0);
    assert_calls(N_OPS, 0);
}

static void test_defaults(void **state)
{
    struct target t = {.ops = &bare, .request.resume = true, .keeps = true};
    struct target other = {.ops = &bare};
    struct target_watch watch = {.stop = false};
    struct ranges held = {0};
    struct failure f = {0};

    (void)state;
    assert_int_equal(target_clone(&t, 3, 0, &f), -EOPNOTSUPP);
    assert_string_equal(f.op, "clone");
    assert_int_equal(f.err, EOPNOTSUPP);
    assert_false(target_can_share(3, &other));
    assert_int_equal(target_check(&t, &watch, &held), 0);
    assert_int_equal(ranges_total(&held), 0);
    target_note(&t, &record, 1);
    target_reserve(&t);
    target_explain(&t, &f);
    target_abandon(&t, true);
    assert_calls(N_OPS, 0);
    t.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(target_commit(&t, &f), 0);
    assert_int_equal(t.fd, -1);
    t.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    target_abort(&t, false);
    assert_int_equal(t.fd, -1);
}

/* ---- commands ---- */

static void open_command(struct target *t, const char *command)
{
    const struct target_request q = {
        .path = "|", .end = TARGET_COMMAND, .command = command, .size_known = true};
    struct failure f = {0};

    assert_int_equal(target_open(t, &q, &f), 0);
    assert_true(t->sequential && !t->can_fsync && t->fd_direct < 0);
}

/* A command that has got everything and ends with status 0 is a complete destination. */
static void test_command(void **state)
{
    struct failure f = {0};
    struct target t;

    (void)state;
    open_command(&t, "[ \"$(cat)\" = bytes ]");
    assert_int_equal(write(t.fd, "bytes", 5), 5);
    assert_int_equal(target_commit(&t, &f), 0);

    open_command(&t, "cat > /dev/null; exit 4");
    assert_int_equal(target_commit(&t, &f), -EIO);
    assert_string_equal(f.message, "the command ended with status 4");

    open_command(&t, "exit 5");
    (void)failure_set(&f, "write", EPIPE, 7, NULL);
    target_explain(&t, &f);
    assert_string_equal(f.message, "the command ended with status 5");
    assert_int_equal(f.offset, 7);
    target_abort(&t, false);
}

/* A command that is given up does not take the end of its input for the end of the data. */
static void test_command_is_ended_first(void **state)
{
    char path[] = "/tmp/ucopy-test-XXXXXX", command[128], byte;
    int fd = mkstemp(path);
    struct target t;

    (void)state;
    (void)snprintf(command, sizeof(command),
                   "trap 'exit 1' TERM; echo > %s; cat > /dev/null; echo all > %s", path, path);
    open_command(&t, command);
    while (pread(fd, &byte, 1, 0) != 1)
        ;
    target_abort(&t, false);
    assert_int_equal(pread(fd, &byte, 1, 0), 1);
    assert_int_equal(byte, '\n');
    close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind_of_each_type),
        cmocka_unit_test(test_kinds_are_complete),
        cmocka_unit_test(test_each_call_reaches_the_kind),
        cmocka_unit_test(test_calls_that_do_not_apply),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_kind_of_each_end),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_command_is_ended_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
