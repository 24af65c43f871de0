/* watchdog: threads that hang. A writer hangs when one record takes it too long, and no data
 * move; a reader hangs when all its consumers wait and it brings nothing. See main_priv.h. */
#include <errno.h>

#include "base/clock.h"
#include "copy/copy.h"
#include "main_priv.h"

void tree_main_give_up(struct tree_main *m, unsigned d)
{
    m->dests[d].given_up = true;
    m->abandoned = true;
    stream_leave(m->tree->stream, d);
}

static bool is_flushing(const struct tree_writer *w)
{
    enum tree_dest_doing doing = atomic_load(&w->view.doing);

    return doing == TREE_DEST_FLUSHES || doing == TREE_DEST_FSYNCS;
}

/* How long one record may take the writer, in ms; 0: for ever. A flush may have to write everything.
 * A command takes its time, unless the user says otherwise. */
static uint64_t record_limit(struct tree_main *m, unsigned d)
{
    struct tree *t = m->tree;
    uint64_t timeout =
        plan_is_path(t->copy, d) || t->o->has_timeout ? options_timeout_ms(t->o) : 0;
    const struct tree_reader *r = tree_reader_of(t, d);
    bool is_last = atomic_load(&r->over) && stream_idle(t->stream, r->lane);

    if (timeout == 0 || !plan_is_path(t->copy, d) || (!is_last && !is_flushing(&t->writers[d])))
        return timeout;
    return timeout + copy_flush_allowance_ms(m->status.dests[d].bytes);
}

/* Since when the writer is busy and has moved nothing; 0: it is not busy. */
static uint64_t quiet_since(struct tree_main *m, unsigned d, uint64_t now)
{
    const struct tree_writer *w = &m->tree->writers[d];
    uint64_t since = atomic_load(&w->busy_since), written = atomic_load(&w->view.written);
    struct tree_main_dest *dest = &m->dests[d];

    if (written != dest->written)
        dest->moved_at = now;
    dest->written = written;
    return since != 0 && since < dest->moved_at ? dest->moved_at : since;
}

/* From half of the limit on the device is a witness, as in copy/watchdog.c: while it writes, the
 * writer waits its turn. */
static void ask_device(struct tree_main *m, unsigned d, uint64_t quiet, uint64_t limit)
{
    const struct tree_dest_view *v = &m->tree->writers[d].view;
    struct tree_main_dest *dest = &m->dests[d];

    if (quiet < limit / 2)
        dest->pulse.known = false;
    else if (atomic_load(&v->has_root) && medium_has_written(&dest->pulse, v->root_dev))
        dest->moved_at = clock_running_ms() - limit / 2;
}

static void give_up_silent(struct tree_main *m, unsigned d)
{
    static const char *const ops[] = {
        [TREE_DEST_WRITES] = "write",
        [TREE_DEST_COMPARES] = "compare",
        [TREE_DEST_FLUSHES] = "flush",
        [TREE_DEST_FSYNCS] = "fsync",
    };
    struct failure f;

    (void)failure_set(&f, ops[atomic_load(&m->tree->writers[d].view.doing)], ETIMEDOUT,
                      FAILURE_NO_OFFSET, "it does not answer");
    tree_main_give_up(m, d);
    tree_main_fail_dest(m, d, &f);
}

static void check_writers(struct tree_main *m)
{
    uint64_t now = clock_running_ms();

    for (unsigned d = 0; d < m->status.n_dests; d++) {
        const struct tree_writer *w = &m->tree->writers[d];
        uint64_t since = quiet_since(m, d, now), limit = record_limit(m, d);

        if (m->dests[d].given_up || atomic_load(&w->over) || since == 0 || limit == 0)
            continue;
        ask_device(m, d, now - since, limit);
        if (now >= quiet_since(m, d, now) + limit)
            give_up_silent(m, d);
    }
}

static bool reader_hangs(struct tree_main *m, struct tree_reader *r)
{
    const struct tree *t = m->tree;
    struct tree_main_reader *seen = &m->readers[r->lane];
    uint64_t now = clock_running_ms(), limit = options_timeout_ms(t->o),
             steps = atomic_load(&r->steps);

    /* The process that writes to a FIFO may take its time. */
    if (t->copy->contents && !t->o->has_timeout)
        limit = 0;
    if (atomic_load(&r->over) || !limit || !stream_idle(t->stream, r->lane) ||
        steps != seen->idle_steps) {
        seen->idle_since = 0;
        seen->idle_steps = steps;
    } else if (seen->idle_since == 0) {
        seen->idle_since = now;
    }
    return seen->idle_since != 0 && now - seen->idle_since >= limit;
}

static void check_readers(struct tree_main *m)
{
    for (unsigned i = 0; i < m->tree->max_readers; i++) {
        struct tree_reader *r = tree_reader_at(m->tree, i);

        if (!r || !reader_hangs(m, r) || m->stopping)
            continue;
        failure_set(&m->source_first, "read", ETIMEDOUT, FAILURE_NO_OFFSET,
                    "it does not answer");
        m->n_source_failed++;
        m->abandoned = true;
        tree_main_stop(m);
    }
}

void tree_main_check_hangs(struct tree_main *m)
{
    check_writers(m);
    check_readers(m);
}

void tree_main_restart_clocks(struct tree_main *m)
{
    uint64_t now = clock_running_ms();

    for (unsigned i = 0; i < m->tree->max_readers; i++)
        m->readers[i].idle_since = 0;
    for (unsigned d = 0; d < m->status.n_dests; d++) {
        struct tree_writer *w = &m->tree->writers[d];
        uint64_t since = atomic_load(&w->busy_since);

        if (since != 0)
            (void)atomic_compare_exchange_strong(&w->busy_since, &since, now);
    }
}
