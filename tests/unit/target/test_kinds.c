/* The table of kinds: which kind takes a destination, that each operation of target.h reaches
 * the kind, and what a kind without it does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "target/target_priv.h"

/* ---- the table ---- */

static const char *kind_for(const struct target_request *q, mode_t there)
{
    const struct stat st = {.st_mode = there};

    for (unsigned i = 0; target_kinds[i]; i++)
        if (target_kinds[i]->takes(q, there ? &st : NULL))
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

static void test_kinds_are_complete(void **state)
{
    (void)state;
    assert_non_null(target_kinds[0]);
    for (unsigned i = 0; target_kinds[i]; i++) {
        const struct target_ops *k = target_kinds[i];

        assert_non_null(k->name);
        assert_true(k->takes && k->look && k->open && k->commit && k->abort);
        for (unsigned other = 0; other < i; other++)
            assert_string_not_equal(k->name, target_kinds[other]->name);
    }
}

/* ---- a kind that counts its calls ---- */

enum op { CLONE, CAN_SHARE, CHECK, NOTE, RESERVE, COMMIT, ABORT, ABANDON, N_OPS };

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
    .abort = fake_abort,
    .abandon = fake_abandon,
};

static const struct target_ops bare = {
    .name = "bare",
    .commit = fake_commit,
    .abort = fake_abort,
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
    target_abandon(&t, true);
    assert_calls(N_OPS, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind_of_each_type),
        cmocka_unit_test(test_kinds_are_complete),
        cmocka_unit_test(test_each_call_reaches_the_kind),
        cmocka_unit_test(test_calls_that_do_not_apply),
        cmocka_unit_test(test_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
