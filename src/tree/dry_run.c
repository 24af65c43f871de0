/* dry_run: --dry-run for a tree. It examines the source and the destinations with calls that
 * may hang, and reports what would be copied. See tree.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bounded_call.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "base/text.h"
#include "main_priv.h"

/* Call 0 examines the source, and call 1 + d destination d. Each writes only its own results.
 * All of it stays allocated when a call does not return. */
struct probe {
    const struct options *o;
    const struct plan_copy *copy;
    int signal_fd;
    int signal; /* that ended it, or 0 */
    struct totals totals;
    int totals_error;         /* 0 or a negative errno */
    uint64_t seen;            /* files, at the last call of has_moved() */
    struct failure *failures; /* by destination */
    bool *wanted;             /* by call: it is made */
    bool *late;               /* by call: it has not returned, or was not made */
};

/* The count leaves no directory out. */
static bool is_nothing_left_out(void *arg, const struct stat *st)
{
    (void)arg;
    (void)st;
    return false;
}

static void probe_source(struct probe *p)
{
    struct stat st;

    if (tree_counts(p->o))
        p->totals_error = totals_count(&p->totals);
    else if (fstatat(AT_FDCWD, p->copy->source, &st,
                     p->copy->follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        p->totals_error = -errno;
}

/* An existing root is left to the copy, which may be able to write to it. */
static void probe_dest(const struct probe *p, unsigned d)
{
    struct failure *f = &p->failures[d];
    char *root = plan_root(p->copy, p->copy->dests[d]);
    char *dir = root ? path_directory(root) : NULL;
    struct stat st;

    if (!dir)
        failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    else if (stat(dir, &st) < 0)
        failure_set(f, "open directory", errno, FAILURE_NO_OFFSET, NULL);
    else if (!S_ISDIR(st.st_mode))
        failure_set(f, "open directory", ENOTDIR, FAILURE_NO_OFFSET, NULL);
    else if (lstat(root, &st) < 0 && faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
        failure_set(f, "create", errno, FAILURE_NO_OFFSET, NULL);
    free(dir);
    free(root);
}

static void run_call(void *arg, unsigned i)
{
    struct probe *p = arg;

    if (i == 0)
        probe_source(p);
    else
        probe_dest(p, i - 1);
}

static bool has_moved(void *arg)
{
    struct probe *p = arg;
    uint64_t before = p->seen;

    p->seen = atomic_load(&p->totals.files);
    return p->seen != before;
}

static bool stops(void *arg)
{
    struct probe *p = arg;
    bool ended = signals_end(p->signal_fd, &p->signal);

    atomic_store(&p->totals.stop, ended);
    return ended;
}

static void probe_free(struct probe *p)
{
    free(p->failures);
    free(p->wanted);
    free(p->late);
    free(p);
}

/* NULL without memory. */
static struct probe *probe_new(const struct options *o, const struct plan_copy *copy,
                               int signal_fd)
{
    struct probe *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->o = o;
    p->copy = copy;
    p->signal_fd = signal_fd;
    p->totals = tree_totals_of(o, copy);
    p->totals.leave_out = is_nothing_left_out;
    p->failures = calloc(copy->n_dests, sizeof(*p->failures));
    p->wanted = calloc(1 + copy->n_dests, sizeof(*p->wanted));
    p->late = calloc(1 + copy->n_dests, sizeof(*p->late));
    if (p->failures && p->wanted && p->late)
        return p;
    probe_free(p);
    return NULL;
}

/* Makes the calls. Returns how many did not return. */
static unsigned run_calls(struct probe *p)
{
    struct bounded_calls e = {
        .n = 1 + p->copy->n_dests,
        .wanted = p->wanted,
        .run = run_call,
        .arg = p,
        .timeout_ms = options_timeout_ms(p->o),
        .moved = has_moved,
        .wake_fd = p->signal_fd,
        .stop = stops,
        .stop_ms = TREE_END_PATIENCE_MS,
    };
    unsigned n_late;

    p->wanted[0] = !path_probe_is_silent(p->copy->source);
    for (unsigned d = 0; d < p->copy->n_dests; d++)
        p->wanted[1 + d] = !path_probe_is_silent(p->copy->dests[d]);
    n_late = bounded_calls_run(&e, p->late);
    for (unsigned i = 0; i < e.n; i++)
        p->late[i] |= !p->wanted[i];
    return n_late;
}

/* Puts into text what would be copied: "a tree: 3 files, 1.2 KiB" where that is known. */
static void describe(const struct probe *p, char *text, size_t size)
{
    const struct options *o = p->o;
    uint64_t files = atomic_load(&p->totals.files);
    char bytes[16];

    if (o->link || o->symbolic_link) {
        snprintf(text, size, o->link ? "by hard links" : "by symbolic links");
    } else if (!tree_counts(p->o)) {
        snprintf(text, size, "a tree");
    } else {
        text_human(bytes, sizeof bytes, (double)atomic_load(&p->totals.bytes));
        snprintf(text, size, "a tree: %llu %s, %s", (unsigned long long)files,
                 files == 1 ? "file" : "files", bytes);
    }
}

/* Reports the results. Returns the exit status. */
static int report_results(const struct probe *p)
{
    const struct plan_copy *copy = p->copy;
    struct copy_status s = {.n_dests = copy->n_dests};
    char how[64];
    int status;

    if (p->signal) {
        report_error("interrupted");
        return 128 + p->signal;
    }
    if (p->late[0] || p->totals_error < 0) {
        failure_set(&s.source_failure, "read", p->late[0] ? ETIMEDOUT : -p->totals_error,
                    FAILURE_NO_OFFSET, p->late[0] ? "it does not answer" : NULL);
        report_source_failure(copy->source, &s.source_failure);
        return 5;
    }
    s.dests = calloc(copy->n_dests, sizeof(*s.dests));
    if (!s.dests) {
        report_error("%s", strerror(ENOMEM));
        return 2;
    }
    describe(p, how, sizeof how);
    for (unsigned d = 0; d < copy->n_dests; d++) {
        struct failure f = {.err = 0};

        if (p->late[1 + d])
            failure_set(&f, "open", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
        else
            f = p->failures[d];
        s.dests[d].state = f.err ? DEST_FAILED : DEST_DONE;
        if (f.err)
            report_failure(copy->source, copy->dests[d], &f);
        else
            report_dry_run(copy->source, copy->dests[d], how);
    }
    status = session_exit_status(p->o, &s, false, 0);
    free(s.dests);
    return status;
}

int tree_dry_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 bool *ret_hung)
{
    struct probe *p = probe_new(o, copy, signal_fd);
    bool hung;
    int status;

    if (!p) {
        report_error("%s", strerror(ENOMEM));
        return 2;
    }
    hung = run_calls(p) > 0;
    status = report_results(p);
    *ret_hung |= hung;
    if (!hung)
        probe_free(p);
    return status;
}
