/* guards: see guards_priv.h.
 *
 * Two paths are the same file if they lead to the same inode. A file that does not exist yet is
 * identified by the inode of its directory and its name there. All sources and destinations are
 * sorted by these identities, so that equal ones become neighbours. */
#include "guards_priv.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "cli/usage_error.h"
#include "copies_priv.h"
#include "same_file_priv.h"
#include "within_priv.h"

#define MAX_SYMLINKS 40 /* the kernel has the same limit, path_resolution(7) */

/* The file that a path leads to. */
struct identity {
    const char *path; /* for messages; not owned */
    const char *from; /* of a destination: its source; not owned */
    bool is_dest;

    /* A symlink is not followed. And a destination that exists and is no directory is
     * identified by its name, as if it did not exist, because the copy replaces it. */
    bool no_follow;

    size_t order;  /* of a destination: its position on the command line */
    unsigned copy; /* index of the copy in the plan */

    dev_t dev;
    ino_t ino;

    /* Of a file that does not exist: the last component, and dev and ino are those of its
     * directory. Otherwise NULL. */
    char *name;
};

struct identities {
    struct identity *v;
    size_t n;
};

/* A symlink that is read. */
struct link {
    char *path;
    ssize_t n; /* length of target, or a negative errno */
    char target[PATH_MAX];
};

/* path_probe_call(): reads it. */
static void read_symlink(void *arg, unsigned i)
{
    struct link *l = arg;

    (void)i;
    l->n = readlink(l->path, l->target, sizeof(l->target));
    if (l->n < 0)
        l->n = -errno;
    else if ((size_t)l->n == sizeof(l->target))
        l->n = -ENAMETOOLONG;
    else
        l->target[l->n] = '\0';
}

/* The path that the target of a symlink in the directory of `path` means; NULL without memory. */
static char *join_target(const char *path, const char *target)
{
    char *dir = target[0] == '/' ? NULL : path_directory(path), *followed;

    followed = target[0] == '/' ? strdup(target) : dir ? path_join(dir, target) : NULL;
    free(dir);
    return followed;
}

/* *ret becomes the path that the symlink leads to, in one step; the caller frees it. 0 or a
 * negative errno. */
static int follow_symlink(const char *path, char **ret)
{
    struct link *l = malloc(sizeof(*l));
    int r = -ENOMEM;

    if (!l)
        return r;
    l->path = strdup(path);
    if (l->path)
        r = path_probe_call(path, read_symlink, l);
    if (r == -ETIMEDOUT)
        return r; /* the call may still use it */
    if (r == 0 && l->n < 0)
        r = (int)l->n;
    if (r == 0 && !(*ret = join_target(path, l->target)))
        r = -ENOMEM;
    free(l->path);
    free(l);
    return r;
}

/* Finds the directory and the name with which a file at this path would be created. 0, or
 * -ENOENT if that is not known (a file could not be created there either), or -ENOMEM. */
static int identify_missing(const char *path, struct identity *id)
{
    char *at = strdup(path);
    char *dir = NULL;
    struct stat st;
    int r = -ENOENT;

    for (unsigned links = 0; at && links <= MAX_SYMLINKS; links++) {
        char *next = NULL;

        if (id->no_follow || path_probe_lstat(at, &st) < 0 || !S_ISLNK(st.st_mode))
            break;
        r = follow_symlink(at, &next);
        if (r < 0) {
            r = r == -ENOMEM ? r : -ENOENT;
            goto out;
        }
        free(at);
        at = next;
    }
    r = -ENOENT;
    dir = at ? path_directory(at) : NULL;
    if (!dir) {
        r = -ENOMEM;
        goto out;
    }
    if (path_probe_stat(dir, &st) < 0)
        goto out;
    id->name = path_last(at);
    if (!id->name) {
        r = -ENOMEM;
        goto out;
    }
    id->dev = st.st_dev;
    id->ino = st.st_ino;
    r = 0;
out:
    free(dir);
    free(at);
    return r;
}

/* Adds the identity of the path, if it can be found. For a source that does not exist nothing
 * is added: source_open() will report that. */
static int identify(struct identities *ids, const struct identity *what)
{
    struct identity *id = &ids->v[ids->n];
    struct stat st;
    int r;

    *id = *what;
    if (!id->path || path_probe_is_silent(id->path))
        return 0;
    r = id->no_follow ? path_probe_lstat(id->path, &st) : path_probe_stat(id->path, &st);
    if (r < 0 && errno == ENOMEM)
        return -ENOMEM;
    if (r == 0 && (!id->is_dest || !id->no_follow || S_ISDIR(st.st_mode))) {
        id->dev = st.st_dev;
        id->ino = st.st_ino;
    } else if (!id->is_dest) {
        return 0;
    } else {
        r = identify_missing(id->path, id);
        if (r < 0)
            return r == -ENOENT ? 0 : r;
    }
    ids->n++;
    return 0;
}

static int compare_files(const struct identity *a, const struct identity *b)
{
    if (a->dev != b->dev)
        return a->dev < b->dev ? -1 : 1;
    if (a->ino != b->ino)
        return a->ino < b->ino ? -1 : 1;
    if (!a->name || !b->name)
        return (a->name != NULL) - (b->name != NULL);
    return strcmp(a->name, b->name);
}

/* For qsort(3): equal files become neighbours, destinations first. */
static int compare(const void *x, const void *y)
{
    const struct identity *a = x, *b = y;
    int r = compare_files(a, b);

    if (r != 0)
        return r;
    if (a->is_dest != b->is_dest)
        return a->is_dest ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Whether the sources are two directories, whose entries may come into one. */
static bool can_merge(const struct plan_copy *a, const struct plan_copy *b)
{
    struct stat x, y;

    return a->tree && b->tree && plan_stat_source(a, &x) == 0 && plan_stat_source(b, &y) == 0 &&
           S_ISDIR(x.st_mode) && S_ISDIR(y.st_mode) && !fd_same_file(&x, &y);
}

/* Rejects a destination and another path that are the same file, unless the copy is
 * harmless. */
static int check_pair(const struct plan *p, const struct options *o,
                      const struct identity *dest, const struct identity *other,
                      char **ret_error)
{
    if (other->path == dest->path) /* the two identities of one destination that is a symlink */
        return 0;
    /* The second of two copies does not change the file of the first one, or renames it. */
    if (other->is_dest && other->copy != dest->copy &&
        (existing_keeps_all(&o->standing) || o->backup.kind == BACKUP_NUMBERED))
        return 0;
    if (other->is_dest && other->copy != dest->copy &&
        can_merge(&p->copies[dest->copy], &p->copies[other->copy]))
        return 0;
    if (!other->is_dest && plan_same_possible(o, other->path, dest->path))
        return 0;
    if (other->is_dest && other->copy != dest->copy)
        return usage_error(ret_error, "will not overwrite just-created '%s' with '%s'",
                           dest->path, other->from);
    if (other->is_dest)
        return usage_error(ret_error, "'%s' and '%s' are the same file", dest->path,
                           other->path);
    return usage_error(ret_error, "'%s' and '%s' are the same file", other->path, dest->path);
}

/* Rejects a destination inside its source: the copy of the tree would never end. */
static int check_within(const struct plan_copy *c, const struct options *o, char **ret_error)
{
    struct stat st;

    if (!c->tree || plan_stat_source(c, &st) < 0 || !S_ISDIR(st.st_mode))
        return 0;
    for (unsigned d = 0; d < c->n_dests; d++) {
        int r = plan_is_path(c, d) ? within_directory(c->dests[d], &st, o->one_file_system) : 0;

        if (r < 0)
            return r;
        if (r > 0)
            return usage_error(ret_error, "cannot copy a directory, '%s', into itself, '%s'",
                               c->source, c->dests[d]);
    }
    return 0;
}

/* The path by which a source or destination is identified. NULL: it cannot be, or there may be two
 * of its kind. Standard input and output count only if they are files that a copy changes: both
 * may be one terminal. */
static const char *path_of_standard(const char *path)
{
    struct stat st;

    return path_probe_stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
               ? path
               : NULL;
}

static const char *path_of_source(const struct plan_copy *c)
{
    if (c->from_command || c->ublk)
        return NULL;
    return c->from_standard ? path_of_standard(PLAN_STANDARD_INPUT) : c->source;
}

static const char *path_of_dest(const struct plan_copy *c, unsigned d)
{
    if (plan_is_path(c, d))
        return c->dests[d];
    return c->ends[d].end == TARGET_STANDARD ? path_of_standard(PLAN_STANDARD_OUTPUT) : NULL;
}

/* A destination that is a symlink gets two identities: that of the symlink's target, and that
 * of its name, because another copy may have replaced the symlink when this one starts. */
static int identify_dest(struct identities *ids, struct identity *dest)
{
    struct stat st;
    int r = identify(ids, dest);

    if (r < 0 || !dest->path || dest->no_follow || path_probe_is_silent(dest->path) ||
        path_probe_lstat(dest->path, &st) < 0 || !S_ISLNK(st.st_mode))
        return r;
    dest->no_follow = true;
    return identify(ids, dest);
}

/* Finds the identities of all sources and destinations. 0 or -ENOMEM. */
static int collect(const struct plan *p, struct identities *ids)
{
    size_t order = 0;
    int r = 0;

    for (unsigned i = 0; r == 0 && i < p->n_copies; i++) {
        const struct plan_copy *c = &p->copies[i];

        if (c->left_out)
            continue;
        r = identify(ids, &(struct identity){.path = path_of_source(c),
                                             .no_follow = !c->follow && !c->from_standard,
                                             .copy = i});
        for (unsigned d = 0; r == 0 && d < c->n_dests; d++)
            r = identify_dest(ids, &(struct identity){.path = path_of_dest(c, d),
                                                      .from = c->source,
                                                      .is_dest = true,
                                                      .no_follow = c->tree, /* it is replaced */
                                                      .order = order++,
                                                      .copy = i});
    }
    return r;
}

/* Two copies that have the same destination. */
struct two_copies {
    const struct plan_copy *first, *second;
    struct stat a, b; /* of their sources */
    const char *dest; /* of the second */
};

/* Whether the source is the same: cp compares files by their names, directories by their inodes. */
static bool is_source_again(const struct two_copies *t)
{
    return fd_same_file(&t->a, &t->b) &&
           (S_ISDIR(t->a.st_mode) || plan_same_name(t->first->source, t->second->source));
}

/* Whether the first leaves nothing to do for the second: the wanted link is there, or with -u what
 * is not older. */
static bool is_done_by_first(const struct options *o, const struct two_copies *t)
{
    struct timespec made = t->a.st_mtim;

    if (S_ISLNK(t->a.st_mode))
        return false;
    if (o->link && fd_same_file(&t->a, &t->b))
        return true;
    if (!o->standing.keeps_times)
        (void)clock_gettime(CLOCK_REALTIME, &made);
    return o->standing.update == UPDATE_OLDER && clock_compare(&t->b.st_mtim, &made) <= 0;
}

/* Why cp leaves out the second, "" if it says nothing; *ret_fails: it is a failure. NULL without
 * memory. */
static char *reason_for_second(const struct options *o, const struct two_copies *t, bool again,
                               bool *ret_fails)
{
    char *why = NULL;

    *ret_fails = false;
    if (again && (S_ISDIR(t->a.st_mode) || o->backup.kind == BACKUP_NONE)) {
        (void)usage_error(&why, "warning: source %s '%s' specified more than once",
                          S_ISDIR(t->a.st_mode) ? "directory" : "file", t->second->source);
        return why;
    }
    if (is_done_by_first(o, t))
        return strdup("");
    *ret_fails = true;
    if (S_ISLNK(t->a.st_mode) && !S_ISLNK(t->b.st_mode))
        (void)usage_error(&why, "will not copy '%s' through just-created symlink '%s'",
                          t->second->source, t->dest);
    else
        (void)usage_error(&why, "will not overwrite just-created '%s' with '%s'", t->dest,
                          t->second->source);
    return why;
}

/* --cp: leaves out the second of two copies that have the same destination, if cp does so. 0 or
 * -ENOMEM. */
static int leave_out_second(const struct plan *p, const struct options *o,
                            const struct identity *first, const struct identity *second)
{
    struct plan_copy *c = &p->copies[second->copy];
    struct two_copies t = {.first = &p->copies[first->copy], .second = c, .dest = second->path};
    bool again, is_tree, fails;
    char *why;

    if (c->left_out || t.first->left_out || t.first == c ||
        plan_stat_source(t.first, &t.a) < 0 || plan_stat_source(c, &t.b) < 0)
        return 0;
    again = is_source_again(&t);
    is_tree = S_ISDIR(t.a.st_mode) || S_ISDIR(t.b.st_mode);
    if ((!again && (is_tree || existing_keeps_all(&o->standing))) ||
        (!is_tree && o->backup.kind == BACKUP_NUMBERED))
        return 0;
    why = reason_for_second(o, &t, again, &fails);
    if (!why)
        return -ENOMEM;
    plan_leave_out(c, why, fails);
    return 0;
}

/* --cp: v[0..n-1] are the same file. Leaves out the copies that cp would not make. 0 or
 * -ENOMEM. */
static int leave_out_same(const struct plan *p, const struct options *o,
                          const struct identity *v, size_t n)
{
    int r = 0;

    for (size_t d = 0; r == 0 && d < n && v[d].is_dest; d++) {
        for (size_t i = d + 1; i < n; i++) {
            struct plan_copy *c = &p->copies[v[i].copy];
            char *why;

            if (v[i].is_dest || v[i].copy != v[d].copy || c->left_out)
                continue;
            r = check_pair(p, o, &v[d], &v[i], &why);
            if (r == -ENOMEM)
                return r;
            if (r < 0)
                plan_leave_out(c, why, true);
            r = 0;
        }
        if (d > 0)
            r = leave_out_second(p, o, &v[0], &v[d]);
    }
    return r;
}

/* v[0..n-1] are the same file. If one of these destinations is rejected, and is before *order
 * on the command line, sets *order and *ret_error. So the error of the first destination
 * remains. 0 or -ENOMEM. */
static int reject_same(const struct plan *p, const struct options *o, const struct identity *v,
                       size_t n, size_t *order, char **ret_error)
{
    char *error;
    int r;

    for (size_t i = 0; i < n && v[i].is_dest && v[i].order < *order; i++) {
        for (size_t k = i + 1; k < n; k++) {
            r = check_pair(p, o, &v[i], &v[k], &error);
            if (r == -ENOMEM)
                return r;
            if (r == 0)
                continue;
            free(*ret_error);
            *ret_error = error;
            *order = v[i].order;
            return 0;
        }
    }
    return 0;
}

/* Rejects destinations that are another destination or a source. */
static int check_same(const struct plan *p, const struct options *o, char **ret_error)
{
    struct identities ids = {0};
    size_t n = 0, order = SIZE_MAX;
    int r;

    for (unsigned i = 0; i < p->n_copies; i++)
        n += 1 + 2 * (size_t)p->copies[i].n_dests;
    assert(n > 0);
    ids.v = calloc(n, sizeof(*ids.v));
    if (!ids.v)
        return -ENOMEM;

    r = collect(p, &ids);
    if (r == 0)
        qsort(ids.v, ids.n, sizeof(*ids.v), compare);
    for (size_t i = 0, end; r == 0 && i < ids.n; i = end) {
        for (end = i + 1; end < ids.n && compare_files(&ids.v[i], &ids.v[end]) == 0; end++)
            ;
        r = o->cp ? leave_out_same(p, o, &ids.v[i], end - i)
                  : reject_same(p, o, &ids.v[i], end - i, &order, ret_error);
    }

    for (size_t i = 0; i < ids.n; i++)
        free(ids.v[i].name);
    free(ids.v);
    return r < 0 ? r : order < SIZE_MAX ? -EINVAL : 0;
}

/* The path of a source, without the symlink that it may be if that is followed. The caller frees
 * it; NULL without memory, or if that cannot be found out. */
static char *real_source(const struct plan_copy *c)
{
    struct stat st;

    if (plan_has_no_path(c) || plan_stat_source(c, &st) < 0)
        return NULL;
    return c->follow || S_ISDIR(st.st_mode) ? path_probe_resolve(c->source)
                                            : path_directory(c->source);
}

/* Rejects a source inside the copy of another one, from which --delete would remove it. */
static int check_not_deleted(const struct plan *p, const struct plan_copy *c, char **ret_error)
{
    char *source = real_source(c);
    int r = 0;

    for (unsigned i = 0; source && r == 0 && i < p->n_copies; i++) {
        const struct plan_copy *other = &p->copies[i];

        for (unsigned d = 0; other != c && other->tree && r == 0 && d < other->n_dests; d++) {
            struct stat st;

            if (plan_is_path(other, d) && path_probe_stat(other->dests[d], &st) == 0)
                r = within_directory(source, &st, true);
            if (r > 0)
                r = usage_error(ret_error,
                                "'%s' is in '%s', the copy of another SOURCE: --delete would "
                                "remove it",
                                c->source, other->dests[d]);
        }
    }
    free(source);
    return r;
}

int guards_check(struct plan *p, const struct options *o, char **ret_error)
{
    int r = check_same(p, o, ret_error);

    for (unsigned i = 0; r == 0 && i < p->n_copies; i++) {
        struct plan_copy *c = &p->copies[i];

        if (!c->left_out)
            r = plan_settle(c, o, check_within(c, o, ret_error), ret_error);
        if (r == 0 && !c->left_out && o->delete_extra)
            r = check_not_deleted(p, c, ret_error);
    }
    return r;
}
