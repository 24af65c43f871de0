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
#include "base/interrupted.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "base/text.h"
#include "dry_compare_priv.h"
#include "dry_delete_priv.h"
#include "main_priv.h"
#include "unmet_priv.h"

/* A part of the source that could not be read. */
struct unread {
    struct unread *next;
    const char *op; /* static */
    int err;
    char below[]; /* its path from the root on */
};

/* What would become of an entry of the source at one destination. */
struct entry {
    struct entry *next;
    unsigned d;
    enum existing_verdict verdict; /* of one that is no directory */
    const char *how;               /* static */
    char below[];                  /* its path from the root on */
};

/* Call 0 examines the source, and call 1 + d destination d. Each writes only its own results.
 * All of it stays allocated when a call does not return. */
struct probe {
    const struct options *o;
    const struct plan_copy *copy;
    int signal_fd;
    int signal; /* that ended it, or 0 */
    struct totals totals;
    int totals_error; /* 0 or a negative errno */
    bool root_is_directory, root_is_file;
    _Atomic uint64_t compared; /* pieces of files */
    uint64_t seen;             /* files and pieces, at the last call of has_moved() */
    struct existing_policy policy;
    struct inventory *inventory; /* with --delete; else NULL */
    struct dry_delete *deletes;  /* NULL: nothing would be deleted */
    struct entry *entries;       /* of call 0: in the order of the walk */
    struct entry **end;          /* where to link the next one */
    struct unread *unread;       /* of call 0: the last one first */
    uint64_t *kept;              /* of call 0: by destination: existing files that stay */
    uint64_t *refused;           /* and those whose replacement is refused */
    struct failure *failures;    /* by destination */
    bool *wanted;                /* by call: it is made */
    bool *late;                  /* by call: it has not returned, or was not made */
};

/* Notes the entry for the list. A root has a line of its own; for a directory that is about the
 * tree. */
static void note_entry(struct probe *p, unsigned d, const char *below,
                       enum existing_verdict verdict, const char *how)
{
    struct entry *e;

    if (*below ? !p->o->verbose : p->root_is_directory)
        return;
    e = malloc(sizeof(*e) + strlen(below) + 1);
    if (!e) {
        p->totals_error = -ENOMEM;
        return;
    }
    *e = (struct entry){.d = d, .verdict = verdict, .how = how};
    memcpy(e->below, below, strlen(below) + 1);
    *p->end = e;
    p->end = &e->next;
}

/* The path of an entry below a root, which may end with slashes. The caller frees it; NULL
 * without memory. */
static char *path_below(const char *root, const char *below)
{
    char *path;

    if (asprintf(&path, "%.*s%s", (int)(*below ? path_end(root) : strlen(root)), root, below) <
        0)
        return NULL;
    return path;
}

static void on_unread(void *arg, const char *below, const char *op, int err)
{
    struct probe *p = arg;
    struct unread *u = malloc(sizeof(*u) + strlen(below) + 1);

    if (!u) {
        p->totals_error = -ENOMEM;
        return;
    }
    *u = (struct unread){.next = p->unread, .op = op, .err = err};
    memcpy(u->below, below, strlen(below) + 1);
    p->unread = u;
}

/* What becomes of an existing file that has to be compared with the source. */
static enum existing_verdict judge_compared(struct probe *p, const char *below,
                                            const char *path, const struct stat *st,
                                            const struct stat *there)
{
    char *source = path_below(p->copy->source, below);
    int r = source ? dry_compare(source, path, &p->compared, &p->totals.stop) : -ENOMEM;

    free(source);
    if (r < 0)
        on_unread(p, below, "read", -r);
    return r > 0 ? EXISTING_HAS
                 : existing_judge_other(&p->policy, NULL, st, there, AT_FDCWD, path).verdict;
}

/* What becomes of an entry where something stands already. */
static enum existing_verdict judge_existing(struct probe *p, const char *below,
                                            const char *path, const struct stat *st,
                                            const struct stat *there)
{
    enum existing_verdict verdict;
    bool in_the_way = S_ISDIR(st->st_mode)
                          ? !S_ISDIR(there->st_mode) && !S_ISLNK(there->st_mode)
                          : S_ISDIR(there->st_mode);

    if (in_the_way)
        return p->o->backup.kind == BACKUP_NONE ? EXISTING_REFUSE : EXISTING_REPLACE;
    if (S_ISDIR(st->st_mode))
        return EXISTING_REPLACE;
    verdict = existing_judge(&p->policy, NULL, st, there, AT_FDCWD, path).verdict;
    return verdict == EXISTING_COMPARE ? judge_compared(p, below, path, st, there) : verdict;
}

/* Judges an entry of the source at destination d. */
static void judge_entry(struct probe *p, unsigned d, const char *below, const struct stat *st)
{
    enum existing_verdict verdict = EXISTING_REPLACE;
    char *path = path_below(p->copy->dests[d], below);
    struct stat there;
    bool is_there;

    if (!path) {
        p->totals_error = -ENOMEM;
        return;
    }
    is_there = UNINTERRUPTED(fstatat(AT_FDCWD, path, &there, AT_SYMLINK_NOFOLLOW)) == 0;
    if (p->inventory && S_ISDIR(st->st_mode) &&
        (!*below || (is_there && S_ISLNK(there.st_mode) && p->o->keep_directory_symlink)))
        inventory_note_way(p->inventory, AT_FDCWD, path);
    if (is_there)
        verdict = judge_existing(p, below, path, st, &there);
    free(path);
    p->kept[d] += verdict == EXISTING_SKIP || verdict == EXISTING_HAS;
    p->refused[d] += verdict == EXISTING_REFUSE;
    if (verdict == EXISTING_REFUSE || !S_ISDIR(st->st_mode))
        note_entry(p, d, below, verdict,
                   verdict == EXISTING_ASK ? "if you say yes"
                   : is_there              ? "replaced"
                                           : "new");
    else if (!is_there)
        note_entry(p, d, below, verdict, "new directory");
}

static void note_root(struct probe *p, const struct stat *st)
{
    p->root_is_directory = S_ISDIR(st->st_mode);
    p->root_is_file = S_ISREG(st->st_mode);
}

static void on_found(void *arg, const char *below, const struct stat *st)
{
    struct probe *p = arg;

    if (*below == '\0')
        note_root(p, st);
    for (unsigned d = 0; d < p->copy->n_dests; d++)
        if (p->wanted[1 + d] && plan_is_path(p->copy, d))
            judge_entry(p, d, below, st);
}

/* Whether SOURCE is a file that the copy opens: also one that all destinations keep. */
static bool is_opened(const struct probe *p)
{
    return p->root_is_file && !p->o->link && !p->o->symbolic_link;
}

static void probe_source(struct probe *p)
{
    struct stat st;
    int r;

    if (tree_counts(p->o)) {
        r = totals_count(&p->totals);
        p->totals_error = r < 0 ? r : p->totals_error;
    } else if (UNINTERRUPTED(fstatat(AT_FDCWD, p->copy->source, &st,
                                     p->copy->follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0) {
        p->totals_error = -errno;
    } else {
        note_root(p, &st);
    }
    if (is_opened(p) && faccessat(AT_FDCWD, p->copy->source, R_OK, AT_EACCESS) < 0)
        on_unread(p, "", "open", errno);
}

/* An existing root is left to the copy, which may be able to write to it. */
static void probe_dest(const struct probe *p, unsigned d)
{
    struct failure *f = &p->failures[d];
    bool is_path = plan_is_path(p->copy, d);
    char *root = is_path ? plan_root(p->copy, p->copy->dests[d]) : NULL;
    char *dir = root ? path_directory(root) : NULL;
    struct stat st;

    if (!is_path)
        return; /* a command is not tried */
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

    p->seen = atomic_load(&p->totals.files) + atomic_load(&p->compared);
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
    struct unread *next_unread;
    struct entry *next;

    for (struct entry *e = p->entries; e; e = next) {
        next = e->next;
        free(e);
    }
    for (struct unread *u = p->unread; u; u = next_unread) {
        next_unread = u->next;
        free(u);
    }
    inventory_free(p->inventory);
    dry_delete_free(p->deletes);
    free(p->kept);
    free(p->refused);
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
    p->totals.choice.meets = true;
    p->totals.arg = p;
    p->totals.found = on_found;
    p->totals.failed = on_unread;
    p->policy = o->standing;
    p->policy.resume = o->resume;
    p->end = &p->entries;
    p->kept = calloc(copy->n_dests, sizeof(*p->kept));
    p->refused = calloc(copy->n_dests, sizeof(*p->refused));
    p->failures = calloc(copy->n_dests, sizeof(*p->failures));
    p->wanted = calloc(1 + copy->n_dests, sizeof(*p->wanted));
    p->late = calloc(1 + copy->n_dests, sizeof(*p->late));
    p->inventory = p->totals.inventory = o->delete_extra ? inventory_new() : NULL;
    if (p->failures && p->wanted && p->late && p->kept && p->refused &&
        (p->inventory || !o->delete_extra))
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

/* Puts into text what would be copied to destination d: "a tree: 3 files, 1.2 KiB, 1 of them
 * kept" where that is known. */
static void describe(const struct probe *p, unsigned d, char *text, size_t size)
{
    const struct options *o = p->o;
    uint64_t files = atomic_load(&p->totals.files);
    char bytes[16];

    if (o->link || o->symbolic_link) {
        snprintf(text, size, o->link ? "by hard links" : "by symbolic links");
    } else if (!tree_counts(p->o)) {
        snprintf(text, size, "a tree");
    } else {
        char kept[40] = "";

        if (p->kept[d] > 0)
            snprintf(kept, sizeof kept, ", %llu of them kept", (unsigned long long)p->kept[d]);
        text_human(bytes, sizeof bytes, (double)atomic_load(&p->totals.bytes));
        snprintf(text, size, "a tree: %llu %s, %s%s", (unsigned long long)files,
                 files == 1 ? "file" : "files", bytes, kept);
    }
}

static void list_entry(const struct entry *e, const char *source, const char *dest)
{
    bool skip = e->verdict == EXISTING_SKIP || e->verdict == EXISTING_HAS;
    struct failure f;

    if (e->verdict == EXISTING_REFUSE) {
        (void)existing_refused(&f);
        report_failure(source, dest, &f);
    } else {
        report_dry_run(source, dest, skip ? NULL : e->how);
    }
}

/* Lists what would become of each entry at destination d. */
static void list_entries(const struct probe *p, unsigned d)
{
    for (const struct entry *e = p->entries; e; e = e->next) {
        char *source = e->d == d && *e->below ? path_below(p->copy->source, e->below) : NULL;
        char *dest = source ? path_below(p->copy->dests[d], e->below) : NULL;

        if (dest)
            list_entry(e, source, dest);
        free(source);
        free(dest);
    }
}

/* Lists the root. */
static void list_root(const struct probe *p, unsigned d)
{
    const char *source = p->copy->source, *dest = p->copy->dests[d];
    char how[96];

    for (const struct entry *e = p->entries; e; e = e->next) {
        if (e->d == d && !*e->below) {
            list_entry(e, source, dest);
            return;
        }
    }
    describe(p, d, how, sizeof how);
    report_dry_run(source, dest, how);
}

/* What keeps destination d from being complete; err 0: nothing. */
static struct failure failure_of(const struct probe *p, unsigned d)
{
    const char *path = p->copy->dests[d];
    struct failure f = p->failures[d];

    if (p->late[1 + d])
        failure_set(&f, "open", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
    else if (f.err == 0 && !p->root_is_directory && path_end(path) < strlen(path))
        failure_set(&f, "create", ENOTDIR, FAILURE_NO_OFFSET, NULL);
    else if (f.err == 0 && p->refused[d] > 0)
        failure_format(&f, NULL, EEXIST, "%llu %s could not be copied",
                       (unsigned long long)p->refused[d],
                       p->refused[d] == 1 ? "file" : "files");
    return f;
}

/* Reports what could not be read; *ret_failure is that of the last report. */
static void report_unread(const struct probe *p, struct failure *ret_failure)
{
    for (const struct unread *u = p->unread; u; u = u->next) {
        char *path = path_below(p->copy->source, u->below);

        (void)failure_set(ret_failure, u->op, u->err, FAILURE_NO_OFFSET, NULL);
        report_source_failure(path ? path : p->copy->source, ret_failure);
        free(path);
    }
}

/* unmet_tell(): reports a listed name that the source does not have. arg: the failure of the source. */
static void on_unmet(void *arg, const char *path, const struct failure *f)
{
    *(struct failure *)arg = *f;
    report_source_failure(path, f);
}

/* Finds out what --delete would remove. */
static void find_superfluous(struct probe *p, bool *ret_hung)
{
    bool is_whole = atomic_load(&p->totals.unread) == 0 && p->totals_error >= 0;

    if (!p->inventory)
        return;
    if (is_whole && inventory_is_whole(p->inventory))
        p->deletes =
            dry_delete_run(p->o, p->copy, p->inventory, p->signal_fd, &p->signal, ret_hung);
    if (!p->deletes)
        report_error("%s: nothing would be deleted: SOURCE could not be read", p->copy->source);
}

/* Reports the results. Returns the exit status. */
static int report_results(const struct probe *p)
{
    const struct plan_copy *copy = p->copy;
    struct copy_status s = {.n_dests = copy->n_dests};
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
    for (unsigned d = 0; d < copy->n_dests; d++) {
        struct failure f = failure_of(p, d);

        if (!p->late[1 + d] && p->failures[d].err == 0)
            list_entries(p, d);
        if (p->deletes && f.err == 0)
            f = dry_delete_report(p->deletes, d);
        s.dests[d].state = f.err ? DEST_FAILED : DEST_DONE;
        if (f.err)
            report_failure(copy->source, copy->dests[d], &f);
        else
            list_root(p, d);
    }
    report_unread(p, &s.source_failure);
    if (tree_counts(p->o))
        unmet_tell(p->o, copy->source, on_unmet, &s.source_failure);
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
    if (!hung && p->signal == 0)
        find_superfluous(p, &hung);
    status = report_results(p);
    *ret_hung |= hung;
    if (!hung)
        probe_free(p);
    return status;
}
