/* What the copy of a tree comes to, from what the main thread has counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree/main_priv.h"

/* Two destinations, one reader; everything is complete. */
struct fixture {
    struct options o;
    struct plan_copy copy;
    struct tree_reader reader;
    struct tree_reader *readers[1];
    struct tree_writer writers[2];
    struct tree_main_dest dests[2];
    struct dest_status status[2];
    struct tree tree;
    struct tree_main m;
};

static void set_up(struct fixture *x)
{
    *x = (struct fixture){.o = {.fsync = true}, .copy = {.n_dests = 2}};
    report_init(&x->o);
    x->readers[0] = &x->reader;
    x->tree.o = &x->o;
    x->tree.copy = &x->copy;
    x->tree.max_readers = 1;
    x->tree.readers = x->readers;
    x->tree.writers = x->writers;
    pthread_mutex_init(&x->tree.lock, NULL);
    x->m.tree = &x->tree;
    x->m.dests = x->dests;
    x->m.status = (struct copy_status){.dests = x->status, .n_dests = 2, .tree = true};
    for (unsigned d = 0; d < 2; d++) {
        atomic_store(&x->writers[d].over, true);
        x->writers[d].complete = true;
        x->status[d].path = d ? "two" : "one";
    }
}

static void test_all_done(void **state)
{
    struct fixture x;

    (void)state;
    set_up(&x);
    tree_main_judge(&x.m);
    assert_int_equal(x.m.status.source_failure.err, 0);
    for (unsigned d = 0; d < 2; d++) {
        assert_int_equal(x.status[d].state, DEST_DONE);
        assert_true(x.status[d].durable);
        assert_int_equal(x.status[d].n_attribute_failures, 0);
    }
}

static void test_files_failed(void **state)
{
    struct fixture x;

    (void)state;
    set_up(&x);
    x.dests[0].n_failed = 3;
    (void)failure_set(&x.dests[0].first, "open", EACCES, FAILURE_NO_OFFSET, NULL);
    x.dests[1].n_attrs = 1;
    tree_main_judge(&x.m);
    assert_int_equal(x.status[0].state, DEST_FAILED);
    assert_int_equal(x.status[0].failure.err, EACCES);
    assert_string_equal(x.status[0].failure.message,
                        "3 files or directories could not be copied");
    assert_int_equal(x.status[1].state, DEST_DONE);
    assert_int_equal(x.status[1].n_attribute_failures, 1);
    assert_string_equal(x.status[1].attribute_failures[0].message,
                        "1 attribute could not be preserved");
}

/* What has failed as a whole keeps that failure. */
static void test_dest_failed(void **state)
{
    struct fixture x;
    struct failure f;

    (void)state;
    set_up(&x);
    (void)failure_set(&f, "write", ENODEV, FAILURE_NO_OFFSET, NULL);
    tree_main_fail_dest(&x.m, 0, &f);
    (void)failure_set(&f, "write", EIO, FAILURE_NO_OFFSET, NULL);
    tree_main_fail_dest(&x.m, 0, &f);
    x.dests[0].n_failed = 1;
    x.dests[0].kept = 4096;
    tree_main_judge(&x.m);
    assert_int_equal(x.status[0].failure.err, ENODEV);
    assert_int_equal(x.status[0].kept, 4096);
    assert_int_equal(x.status[1].state, DEST_DONE);
}

/* After a stop only a writer that was complete counts. */
static void test_stopped(void **state)
{
    struct fixture x;

    (void)state;
    set_up(&x);
    x.m.stopping = true;
    x.writers[1].complete = false;
    tree_main_judge(&x.m);
    assert_int_equal(x.status[0].state, DEST_DONE);
    assert_int_equal(x.status[1].state, DEST_FAILED);
    assert_int_equal(x.status[1].failure.err, ECANCELED);
    set_up(&x);
    x.m.stopping = true;
    x.m.signal = 2;
    atomic_store(&x.writers[1].over, false);
    tree_main_judge(&x.m);
    assert_int_equal(x.status[0].state, DEST_DONE);
    assert_int_equal(x.status[1].failure.err, EINTR);
}

static void test_source_failed(void **state)
{
    struct fixture x;

    (void)state;
    set_up(&x);
    x.m.n_source_failed = 1;
    (void)failure_set(&x.m.source_first, "open", EACCES, FAILURE_NO_OFFSET, NULL);
    tree_main_judge(&x.m);
    assert_int_equal(x.m.status.source_failure.err, EACCES);
    assert_string_equal(x.m.status.source_failure.message,
                        "1 file or directory could not be read");
    /* A reader that hung is not counted as a file. */
    set_up(&x);
    x.m.n_source_failed = 1;
    (void)failure_set(&x.m.source_first, "read", ETIMEDOUT, FAILURE_NO_OFFSET,
                      "it does not answer");
    tree_main_judge(&x.m);
    assert_string_equal(x.m.status.source_failure.message, "it does not answer");
    /* A walk that ended early counts more than single files. */
    set_up(&x);
    x.m.n_source_failed = 1;
    (void)failure_set(&x.m.source_first, "open", EACCES, FAILURE_NO_OFFSET, NULL);
    atomic_store(&x.reader.error, -ENOMEM);
    tree_main_judge(&x.m);
    assert_int_equal(x.m.status.source_failure.err, ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_done),      cmocka_unit_test(test_files_failed),
        cmocka_unit_test(test_dest_failed),   cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_source_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
