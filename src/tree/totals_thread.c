/* totals_thread: the thread that counts the files and bytes of a tree. See tree_priv.h. */
#include "base/clock.h"
#include "base/thread.h"
#include "main_priv.h"

/* Trees that take less time are not counted. */
#define COUNT_AFTER_MS 500

static void *count_source(void *arg)
{
    struct tree *t = arg;

    t->totals.error = totals_count(&t->totals.count);
    tree_thread_over(t, &t->totals.over);
    return NULL;
}

void tree_begin_totals(struct tree_main *m)
{
    struct tree *t = m->tree;

    if (m->counting || t->copy->counted || report_progress_interval_ms() < 0 ||
        !tree_counts(t->o) || clock_now_ms() - m->began_ms < COUNT_AFTER_MS)
        return;
    t->totals.count = tree_totals_of(t->o, t->copy);
    t->totals.count.arg = t->readers[0];
    t->totals.count.leave_out = tree_is_target;
    m->counting = thread_start(count_source, t) == 0;
}

void tree_look_at_totals(struct tree_main *m)
{
    const struct tree_totals *totals = &m->tree->totals;

    if (!m->counting || !atomic_load(&totals->over) || totals->error < 0)
        return;
    m->status.size_known = true;
    m->status.size = atomic_load(&totals->count.bytes);
    m->status.files = atomic_load(&totals->count.files);
}

void tree_end_totals(struct tree_main *m)
{
    struct tree *t = m->tree;

    if (!m->counting)
        return;
    atomic_store(&t->totals.count.stop, true);
    m->abandoned |= !tree_await_thread(t, &t->totals.over, TREE_END_PATIENCE_MS);
}
