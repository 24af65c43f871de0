/* deletes: --delete: when the copy has ended, a thread for each destination removes what the source
 * does not have. See main_priv.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded_call.h"
#include "dest_delete_priv.h"
#include "main_priv.h"
#include "target/made.h"

#define TICK_MS 20

struct deletes;

struct delete_dest {
    struct tree_deletion deletion;
    struct deletes *all;
    unsigned d, n_failed;
};

/* What the threads use. It stays if one of them hangs. */
struct deletes {
    struct tree_main *m; /* only the main thread looks at its own part of it */
    atomic_bool stop;
    uint64_t steps_before; /* at the last look; the main thread's */
    bool *wanted, *late;
    unsigned n;
    struct delete_dest dests[];
};

/* ---- the threads ---- */

/* A further name of a file that the run has made or kept may go. */
static bool is_spared(void *arg, int dir_fd, const char *name, const struct stat *st)
{
    const struct delete_dest *dest = arg;
    struct tree *t = dest->all->m->tree;

    if (S_ISDIR(st->st_mode))
        return tree_is_target(t->readers[0], st) || made_has(t->copy->made, st);
    return made_look(t->copy->made, dir_fd, name, st) == MADE_HERE;
}

static void on_deleted(void *arg, const char *path)
{
    const struct delete_dest *dest = arg;
    struct tree *t = dest->all->m->tree;

    if (t->o->verbose)
        message_queue_put(t->messages, dest->d, path, &(struct failure){.err = 0});
}

static void on_failed(void *arg, const char *path, const struct failure *f)
{
    const struct delete_dest *dest = arg;

    message_queue_put(dest->all->m->tree->messages, dest->d, path, f);
}

static const struct tree_deletion_ops ops = {is_spared, on_deleted, on_failed};

static void run(void *arg, unsigned i)
{
    struct deletes *all = arg;

    tree_delete(&all->dests[i].deletion);
}

/* ---- the main thread ---- */

static void take_messages(struct deletes *all)
{
    struct tree *t = all->m->tree;
    struct queued_message *q;

    while ((q = message_queue_take(t->messages))) {
        if (q->who < all->n && q->failure.err) {
            const char *path = *q->path ? q->path : t->copy->dests[q->who];

            all->dests[q->who].n_failed++;
            report_file_failed(t->copy->source, t->copy->dests[q->who], path, &q->failure,
                               false);
            report_failure(NULL, path, &q->failure);
        } else if (q->who < all->n) {
            report_deleted(q->path);
        }
        message_queue_give_back(t->messages, q);
    }
}

static bool moves(void *arg)
{
    struct deletes *all = arg;
    uint64_t steps = 0, before = all->steps_before;

    for (unsigned i = 0; i < all->n; i++)
        steps += atomic_load(&all->dests[i].deletion.steps);
    all->steps_before = steps;
    return steps != before;
}

static bool look(void *arg)
{
    struct deletes *all = arg;

    take_messages(all);
    tree_main_take_signals(all->m);
    if (all->m->signal)
        atomic_store(&all->stop, true);
    return all->m->signal != 0;
}

static void deletes_free(struct deletes *all)
{
    free(all->wanted);
    free(all->late);
    free(all);
}

/* Whether destination d may have something to delete: nothing exists in a stream. */
static bool is_due(const struct tree_main *m, unsigned d)
{
    return m->status.dests[d].state == DEST_DONE && plan_is_path(m->tree->copy, d);
}

/* NULL without memory. */
static struct deletes *deletes_new(struct tree_main *m)
{
    struct tree *t = m->tree;
    unsigned n = m->status.n_dests;
    struct deletes *all = calloc(1, sizeof(*all) + n * sizeof(*all->dests));

    if (!all)
        return NULL;
    all->m = m;
    all->n = n;
    all->wanted = calloc(n, sizeof(*all->wanted));
    all->late = calloc(n, sizeof(*all->late));
    if (!all->wanted || !all->late) {
        deletes_free(all);
        return NULL;
    }
    for (unsigned d = 0; d < n; d++) {
        const struct tree_dest_view *v = &t->writers[d].view;
        struct delete_dest *dest = &all->dests[d];

        all->wanted[d] = is_due(m, d) && atomic_load(&v->has_root);
        dest->all = all;
        dest->d = d;
        dest->deletion =
            tree_deletion_of(t->o, t->copy, d, t->inventory, &all->stop, &ops, dest);
        dest->deletion.dev = all->wanted[d] ? v->root_dev : 0;
        dest->deletion.ino = all->wanted[d] ? v->root_ino : 0;
    }
    return all;
}

/* The verdict on destination d, which has been complete so far. */
static void take_result(struct tree_main *m, const struct deletes *all, unsigned d)
{
    const struct delete_dest *dest = &all->dests[d];
    struct failure f = {.err = 0};

    if (!all->wanted[d])
        return;
    if (m->signal && (all->late[d] || !dest->deletion.whole)) {
        (void)failure_set(&f, NULL, EINTR, FAILURE_NO_OFFSET, "interrupted");
    } else if (all->late[d]) {
        (void)failure_set(&f, "delete", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
    } else if (dest->n_failed > 0) {
        failure_format(&f, NULL, EBUSY, "%u %s that SOURCE does not have could not be deleted",
                       dest->n_failed,
                       dest->n_failed == 1 ? "file or directory" : "files or directories");
    } else if (dest->deletion.n_left > 0) {
        failure_format(&f, NULL, ENOTEMPTY,
                       "--max-delete: %llu more files and directories are not deleted",
                       (unsigned long long)dest->deletion.n_left);
    }
    if (!all->late[d])
        m->status.dests[d].deleted = dest->deletion.n_deleted;
    if (f.err)
        tree_main_fail_dest(m, d, &f);
}

/* Says at which destinations nothing is deleted, and why. Whether there are others. */
static bool report_left_out(const struct tree_main *m)
{
    const char *why = m->stopping ? "the copy was stopped"
                      : m->status.source_failure.err || m->status.bad
                          ? "SOURCE could not be read"
                      : !inventory_is_whole(m->tree->inventory) ? "there is not enough memory"
                                                                : NULL;
    bool any = false;

    for (unsigned d = 0; d < m->status.n_dests; d++) {
        if (!why && is_due(m, d))
            any = true;
        else if (plan_is_path(m->tree->copy, d))
            report_error("%s: nothing is deleted: %s", m->status.dests[d].path,
                         why ? why : "the copy is not complete");
    }
    return any;
}

void tree_main_delete(struct tree_main *m)
{
    struct tree *t = m->tree;
    struct deletes *all;
    bool abandoned = m->abandoned;

    if (!t->o->delete_extra || m->unavailable || !report_left_out(m))
        return;
    all = deletes_new(m);
    if (!all) {
        struct failure f;

        (void)failure_set(&f, "delete", ENOMEM, FAILURE_NO_OFFSET, NULL);
        for (unsigned d = 0; d < m->status.n_dests; d++)
            if (is_due(m, d))
                tree_main_fail_dest(m, d, &f);
        return;
    }
    if (bounded_calls_run(&(struct bounded_calls){.n = all->n,
                                                  .wanted = all->wanted,
                                                  .run = run,
                                                  .arg = all,
                                                  .timeout_ms = options_timeout_ms(t->o),
                                                  .moved = moves,
                                                  .wake_fd = m->signal_fd,
                                                  .stop = look,
                                                  .stop_ms = TREE_END_PATIENCE_MS,
                                                  .tick = look,
                                                  .tick_ms = TICK_MS},
                          all->late) > 0)
        m->abandoned = true;
    take_messages(all);
    for (unsigned d = 0; d < all->n; d++)
        take_result(m, all, d);
    if (m->abandoned == abandoned)
        deletes_free(all);
}
