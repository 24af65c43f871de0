/* dry_run: what --dry-run says of a tree. See tree.h. */
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
#include "tree_priv.h"

/* What is found out, by call 0 of the source and by the others each of its destination. Stays
 * when one does not come back. */
struct look {
    const struct options *o;
    const struct plan_copy *copy;
    int signal_fd;
    int signal; /* that ended it, or 0 */
    struct totals totals;
    int totals_error;
    uint64_t seen; /* files, when somebody asked whether it moves */
    struct failure *failures;
    bool *wanted;
    bool *late;
};

/* All of what the copy would have is looked at: none of it is a destination. */
static bool is_nothing_left_out(void *arg, const struct stat *st)
{
    (void)arg;
    (void)st;
    return false;
}

static void look_at_source(struct look *l)
{
    struct stat st;

    if (tree_counts(l->o))
        l->totals_error = totals_count(&l->totals);
    else if (fstatat(AT_FDCWD, l->copy->source, &st,
                     l->copy->follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        l->totals_error = -errno;
}

/* What is there already is left to the copy: it may be able to do all that it has to. */
static void look_at_dest(const struct look *l, unsigned d)
{
    struct failure *f = &l->failures[d];
    char *root = plan_root(l->copy, l->copy->dests[d]);
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

static void look(void *arg, unsigned i)
{
    struct look *l = arg;

    if (i == 0)
        look_at_source(l);
    else
        look_at_dest(l, i - 1);
}

static bool has_moved(void *arg)
{
    struct look *l = arg;
    uint64_t before = l->seen;

    l->seen = atomic_load(&l->totals.files);
    return l->seen != before;
}

static bool stops(void *arg)
{
    struct look *l = arg;
    bool ended = signals_end(l->signal_fd, &l->signal);

    atomic_store(&l->totals.stop, ended);
    return ended;
}

static void look_free(struct look *l)
{
    free(l->failures);
    free(l->wanted);
    free(l->late);
    free(l);
}

/* NULL without memory. */
static struct look *look_new(const struct options *o, const struct plan_copy *copy,
                             int signal_fd)
{
    struct look *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->o = o;
    l->copy = copy;
    l->signal_fd = signal_fd;
    l->totals = tree_totals_of(o, copy);
    l->totals.leave_out = is_nothing_left_out;
    l->failures = calloc(copy->n_dests, sizeof *l->failures);
    l->wanted = calloc(1 + copy->n_dests, sizeof *l->wanted);
    l->late = calloc(1 + copy->n_dests, sizeof *l->late);
    if (l->failures && l->wanted && l->late)
        return l;
    look_free(l);
    return NULL;
}

/* How many did not come back. */
static unsigned send_out(struct look *l)
{
    struct bounded_calls e = {
        .n = 1 + l->copy->n_dests,
        .wanted = l->wanted,
        .run = look,
        .arg = l,
        .timeout_ms = options_timeout_ms(l->o),
        .moved = has_moved,
        .wake_fd = l->signal_fd,
        .stop = stops,
        .stop_ms = TREE_END_PATIENCE_MS,
    };
    unsigned n_late;

    l->wanted[0] = !path_probe_is_silent(l->copy->source);
    for (unsigned d = 0; d < l->copy->n_dests; d++)
        l->wanted[1 + d] = !path_probe_is_silent(l->copy->dests[d]);
    n_late = bounded_calls_run(&e, l->late);
    for (unsigned i = 0; i < e.n; i++)
        l->late[i] |= !l->wanted[i];
    return n_late;
}

/* As "a tree: 3 files, 1.2 KiB" where that is known. */
static void describe(const struct look *l, char *text, size_t size)
{
    const struct options *o = l->o;
    uint64_t files = atomic_load(&l->totals.files);
    char bytes[16];

    if (o->link || o->symbolic_link) {
        snprintf(text, size, o->link ? "by hard links" : "by symbolic links");
    } else if (!tree_counts(l->o)) {
        snprintf(text, size, "a tree");
    } else {
        text_human(bytes, sizeof bytes, (double)atomic_load(&l->totals.bytes));
        snprintf(text, size, "a tree: %llu %s, %s", (unsigned long long)files,
                 files == 1 ? "file" : "files", bytes);
    }
}

/* Returns the exit status. */
static int tell(const struct look *l)
{
    const struct plan_copy *copy = l->copy;
    struct copy_status s = {.n_dests = copy->n_dests};
    char how[64];
    int status;

    if (l->signal) {
        report_error("interrupted");
        return 128 + l->signal;
    }
    if (l->late[0] || l->totals_error < 0) {
        failure_set(&s.source_failure, "read", l->late[0] ? ETIMEDOUT : -l->totals_error,
                    FAILURE_NO_OFFSET, l->late[0] ? "it does not answer" : NULL);
        report_source_failure(copy->source, &s.source_failure);
        return 5;
    }
    s.dests = calloc(copy->n_dests, sizeof *s.dests);
    if (!s.dests) {
        report_error("%s", strerror(ENOMEM));
        return 2;
    }
    describe(l, how, sizeof how);
    for (unsigned d = 0; d < copy->n_dests; d++) {
        struct failure f = {.err = 0};

        if (l->late[1 + d])
            failure_set(&f, "open", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
        else
            f = l->failures[d];
        s.dests[d].state = f.err ? DEST_FAILED : DEST_DONE;
        if (f.err)
            report_failure(copy->source, copy->dests[d], &f);
        else
            report_dry_run(copy->source, copy->dests[d], how);
    }
    status = session_exit_status(l->o, &s, false, 0);
    free(s.dests);
    return status;
}

int tree_dry_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 bool *ret_hung)
{
    struct look *l = look_new(o, copy, signal_fd);
    bool hung;
    int status;

    if (!l) {
        report_error("%s", strerror(ENOMEM));
        return 2;
    }
    hung = send_out(l) > 0;
    status = tell(l);
    *ret_hung |= hung;
    if (!hung)
        look_free(l);
    return status;
}
