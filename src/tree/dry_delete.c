#include "dry_delete_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded_call.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "dest_delete_priv.h"
#include "report/report.h"

#define END_PATIENCE_MS 1500 /* after a signal */

/* Its thread's alone until that is over. */
struct dry_dest {
    struct tree_deletion deletion;
    char **paths; /* that would be removed */
    size_t n, room;
    struct failure first; /* that was met */
};

struct dry_delete {
    const struct plan_copy *copy;
    int signal_fd, signal;
    atomic_bool stop;
    bool *wanted, *late;
    unsigned n;
    struct dry_dest dests[];
};

static bool is_spared(void *arg, int dir_fd, const char *name, const struct stat *st)
{
    (void)arg;
    (void)dir_fd;
    (void)name;
    (void)st;
    return false; /* nothing was made */
}

static void on_failed(void *arg, const char *path, const struct failure *f)
{
    struct dry_dest *dest = arg;

    (void)path;
    if (dest->first.err == 0)
        dest->first = *f;
}

static void on_deleted(void *arg, const char *path)
{
    struct dry_dest *dest = arg;

    if (dest->n == dest->room) {
        size_t room = dest->room ? 2 * dest->room : 64;
        char **paths = reallocarray(dest->paths, room, sizeof(*paths));

        if (paths) {
            dest->paths = paths;
            dest->room = room;
        }
    }
    if (dest->n < dest->room)
        dest->paths[dest->n] = strdup(path);
    if (dest->n < dest->room && dest->paths[dest->n])
        dest->n++;
    else
        (void)failure_set(&dest->first, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
}

static const struct tree_deletion_ops ops = {is_spared, on_deleted, on_failed};

static void run(void *arg, unsigned i)
{
    struct dry_delete *r = arg;

    tree_delete(&r->dests[i].deletion);
}

static bool stops(void *arg)
{
    struct dry_delete *r = arg;

    atomic_store(&r->stop, signals_end(r->signal_fd, &r->signal));
    return atomic_load(&r->stop);
}

void dry_delete_free(struct dry_delete *r)
{
    if (!r)
        return;
    for (unsigned d = 0; d < r->n; d++) {
        for (size_t i = 0; i < r->dests[d].n; i++)
            free(r->dests[d].paths[i]);
        free(r->dests[d].paths);
    }
    free(r->wanted);
    free(r->late);
    free(r);
}

static struct dry_delete *make(const struct options *o, const struct plan_copy *copy,
                               struct inventory *inventory, int signal_fd)
{
    unsigned n = copy->n_dests;
    struct dry_delete *r = calloc(1, sizeof(*r) + n * sizeof(*r->dests));

    if (!r)
        return NULL;
    r->copy = copy;
    r->signal_fd = signal_fd;
    r->wanted = calloc(n, sizeof(*r->wanted));
    r->late = calloc(n, sizeof(*r->late));
    if (!r->wanted || !r->late) {
        dry_delete_free(r);
        return NULL;
    }
    r->n = n;
    for (unsigned d = 0; d < n; d++) {
        struct dry_dest *dest = &r->dests[d];

        r->wanted[d] = plan_is_path(copy, d) && !path_probe_is_silent(copy->dests[d]);
        dest->deletion = tree_deletion_of(o, copy, d, inventory, &r->stop, &ops, dest);
        dest->deletion.dry = true;
    }
    return r;
}

struct dry_delete *dry_delete_run(const struct options *o, const struct plan_copy *copy,
                                  struct inventory *inventory, int signal_fd, int *ret_signal,
                                  bool *ret_hung)
{
    struct dry_delete *r = make(o, copy, inventory, signal_fd);

    if (r && bounded_calls_run(&(struct bounded_calls){.n = r->n,
                                                       .wanted = r->wanted,
                                                       .run = run,
                                                       .arg = r,
                                                       .timeout_ms = options_timeout_ms(o),
                                                       .wake_fd = signal_fd,
                                                       .stop = stops,
                                                       .stop_ms = END_PATIENCE_MS},
                               r->late) > 0)
        *ret_hung = true;
    *ret_signal = r ? r->signal : 0;
    return r;
}

struct failure dry_delete_report(const struct dry_delete *r, unsigned d)
{
    const struct dry_dest *dest = &r->dests[d];
    struct failure f = {.err = 0};

    if (r->late[d]) {
        (void)failure_set(&f, "delete", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
        return f;
    }
    for (size_t i = 0; i < dest->n; i++)
        report_dry_delete(r->copy->source, dest->paths[i]);
    if (dest->first.err)
        return dest->first;
    if (dest->deletion.n_left > 0)
        failure_format(&f, NULL, ENOTEMPTY,
                       "--max-delete: %llu more files and directories would not be deleted",
                       (unsigned long long)dest->deletion.n_left);
    return f;
}
