/* plan: what is to be copied to where. See plan.h.
 *
 * Two paths are one file when they lead to the same inode. A file that does not exist yet is
 * known by the inode of its directory and its last component. All sources and destinations
 * are sorted by that identity, so that equal ones become neighbours. */
#include "plan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "fd.h"

#define MAX_SYMLINKS 40 /* as the kernel's own limit, path_resolution(7) */

/* What a path leads to. */
struct identity {
    const char *path; /* as it is shown to the user; not owned */
    const char *from; /* of a destination: its source; not owned */
    bool is_dest;
    bool itself;  /* a symlink is what it is itself, not what it leads to; and what stands at a
                   * destination and is no directory is nothing but a name, to be replaced */
    size_t order; /* destinations count in the order of the command line */
    unsigned copy;

    dev_t dev;
    ino_t ino;
    char *name; /* of what does not exist: last component, and dev and ino are its directory's;
                 * otherwise NULL */
};

struct identities {
    struct identity *v;
    size_t n;
};

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* printf into memory that the caller frees; NULL when there is none. */
static char *format(const char *text, ...)
{
    char *made;
    va_list ap;
    int n;

    va_start(ap, text);
    n = vasprintf(&made, text, ap);
    va_end(ap);
    return n < 0 ? NULL : made;
}

/* Takes the text over. */
static int refuse(char **ret_error, char *text)
{
    if (!text)
        return -ENOMEM;
    *ret_error = text;
    return -EINVAL;
}

static bool is_directory(const char *path)
{
    struct stat st;

    return ask_stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The last component of a path without trailing slashes, in a string of its own; "" if there
 * is none. NULL when out of memory. */
static char *last_component(const char *path)
{
    size_t end = strlen(path), start;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        ;
    return strndup(path + start, end - start);
}

/* The directory that the last component of a path is looked up in; "." if none is named.
 * NULL when out of memory. */
static char *directory_part(const char *path)
{
    size_t end = strlen(path);

    while (end > 0 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    return end > 0 ? strndup(path, end) : strdup(".");
}

static char *join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    const char *slash = n > 0 && dir[n - 1] == '/' ? "" : "/";

    return format("%s%s%s", dir, slash, name);
}

/* Makes DIR/basename(SOURCE). What is in a tree "." or ".." goes into DIR itself. */
static int into_directory(const char *dir, const struct plan_copy *c, char **ret_path,
                          char **ret_error)
{
    const char *source = c->source;
    char *name = last_component(source);
    char *path;
    int r = 0;

    if (!name)
        return -ENOMEM;
    if (!c->tree && (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)) {
        r = refuse(ret_error,
                   format("'%s' has no file name to use in directory '%s'", source, dir));
    } else {
        path = join(dir, strcmp(name, "..") == 0 ? "." : name);
        if (path)
            *ret_path = path;
        else
            r = -ENOMEM;
    }
    free(name);
    return r;
}

/* What the source is: with -P a symlink is what it is itself. 0, or -1 with errno. */
static int stat_source(const struct options *o, const char *source, struct stat *ret)
{
    return options_follow_operand(o) ? ask_stat(source, ret) : ask_lstat(source, ret);
}

/* What may not be the destination of a tree: anything but a directory; of what is none: its own
 * other name. */
static int check_tree_dest(const struct options *o, const char *path, const char *source,
                           char **ret_error)
{
    struct stat st, source_st;

    if (ask_lstat(path, &st) < 0 || S_ISDIR(st.st_mode) ||
        stat_source(o, source, &source_st) < 0)
        return 0;
    if (S_ISDIR(source_st.st_mode))
        return refuse(
            ret_error,
            format("cannot overwrite non-directory '%s' with directory '%s'", path, source));
    if (fd_same_file(&st, &source_st))
        return refuse(ret_error, format("'%s' and '%s' are the same file", source, path));
    return 0;
}

/* What may not be a destination. */
static int check_dest(const struct options *o, const char *path, char **ret_error)
{
    struct stat st;

    if (standing_keeps_all(&o->standing) || ask_stat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return refuse(ret_error,
                      format("cannot overwrite directory '%s' with non-directory", path));
    if (S_ISBLK(st.st_mode))
        return refuse(
            ret_error,
            format("'%s' is a block device; writing to block devices is refused", path));
    return 0;
}

static int add_dest(const struct options *o, struct plan_copy *c, const char *dest, bool is_dir,
                    char **ret_error)
{
    char *path = NULL;
    int r = 0;

    if (is_dir)
        r = into_directory(dest, c, &path, ret_error);
    else if (!(path = strdup(dest)))
        r = -ENOMEM;
    if (r < 0)
        return r;
    c->dests[c->n_dests++] = path;
    return c->tree ? check_tree_dest(o, path, c->source, ret_error)
                   : check_dest(o, path, ret_error);
}

/* Options that are about the bytes of one file. */
static int check_tree_options(const struct options *o, const char *source, char **ret_error)
{
    const char *which = o->offset                         ? "offset"
                        : o->length != OPTIONS_TO_THE_END ? "length"
                        : o->has_dest_offset              ? "dest-offset"
                        : o->attributes_only              ? "attributes-only"
                        : o->slow == SLOW_DETACH          ? "slow=detach"
                        : o->max_lag                      ? "max-lag"
                                                          : NULL;

    if (!which)
        return 0;
    return refuse(ret_error,
                  format("'%s' is no regular file: --%s is not for it", source, which));
}

/* Whether the source is a tree: a directory, or something that is made anew and not read. */
static int find_kind(const struct options *o, const char *source, bool *ret_tree,
                     char **ret_error)
{
    struct stat st;

    *ret_tree = false;
    if (stat_source(o, source, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode) && !o->recursive)
        return refuse(ret_error,
                      format("'%s' is a directory; -r or -a copies directories", source));
    if (S_ISDIR(st.st_mode) && o->resume && !o->preserve.times)
        return refuse(ret_error,
                      format("--resume tells by their times what is complete in '%s'; "
                             "-a, -p and --preserve=timestamps keep these",
                             source));
    /* A file that may have another name among the sources is made in the same way as they. */
    *ret_tree = S_ISLNK(st.st_mode) || (o->recursive && !S_ISREG(st.st_mode)) ||
                (o->preserve_links && o->n_target_directories > 0 && S_ISREG(st.st_mode) &&
                 st.st_nlink > 1);
    return *ret_tree ? check_tree_options(o, source, ret_error) : 0;
}

/* Begins the next copy of the plan. */
static int add_copy(struct plan *p, const struct options *o, const char *source,
                    unsigned max_dests, struct plan_copy **ret_copy, char **ret_error)
{
    struct plan_copy *c = &p->copies[p->n_copies];
    int r = find_kind(o, source, &c->tree, ret_error);

    if (r < 0)
        return r;
    c->source = strdup(source);
    if (!c->source)
        return -ENOMEM;
    p->n_copies++;
    c->dests = calloc(max_dests, sizeof(*c->dests));
    if (!c->dests)
        return -ENOMEM;
    *ret_copy = c;
    return 0;
}

/* ucopy -t DIR... SOURCE... */
static int plan_into_directories(struct plan *p, const struct options *o, char **ret_error)
{
    struct plan_copy *c;
    int r;

    for (unsigned d = 0; d < o->n_target_directories; d++) {
        const char *dir = o->target_directories[d];
        struct stat st;

        if (ask_is_silent(dir)) /* told when it is opened */
            continue;
        if (ask_stat(dir, &st) < 0)
            return refuse(ret_error, format("target directory '%s': %s", dir, strerror(errno)));
        if (!S_ISDIR(st.st_mode))
            return refuse(ret_error,
                          format("target directory '%s': %s", dir, strerror(ENOTDIR)));
    }
    for (unsigned i = 0; i < o->n_operands; i++) {
        r = add_copy(p, o, o->operands[i], o->n_target_directories, &c, ret_error);
        for (unsigned d = 0; r == 0 && d < o->n_target_directories; d++)
            r = add_dest(o, c, o->target_directories[d], true, ret_error);
        if (r < 0)
            return r;
        c->label = strrchr(c->dests[0], '/') + 1;
    }
    return 0;
}

/* `ucopy a b dir/` is how cp copies two files into a directory; here it would overwrite b. A
 * last one that does not answer may be a directory. */
static int check_habit(const struct options *o, char **ret_error)
{
    const char *last = o->operands[o->n_operands - 1];
    bool silent = ask_is_silent(last);
    struct stat st;

    if (o->force || o->no_target_directory || !(silent || is_directory(last)))
        return 0;
    for (unsigned i = 1; i + 1 < o->n_operands; i++)
        if (ask_stat(o->operands[i], &st) == 0 && S_ISREG(st.st_mode))
            return refuse(
                ret_error,
                format("'%s' is an existing file and would be overwritten: '%s' %s. To copy "
                       "several files into directories use -t DIR (or --force)",
                       o->operands[i], last,
                       silent ? "does not answer and may be a directory" : "is a directory"));
    return 0;
}

/* ucopy SOURCE DEST... */
static int plan_one_source(struct plan *p, const struct options *o, char **ret_error)
{
    struct plan_copy *c;
    int r;

    r = check_habit(o, ret_error);
    if (r == 0)
        r = add_copy(p, o, o->operands[0], o->n_operands - 1, &c, ret_error);
    for (unsigned i = 1; r == 0 && i < o->n_operands; i++)
        r = add_dest(o, c, o->operands[i],
                     !o->no_target_directory && is_directory(o->operands[i]), ret_error);
    return r;
}

/* Where the symlink `path` leads, one step; NULL with errno set if that cannot be told. */
static char *follow(const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target));
    char *dir, *followed;

    if (n < 0)
        return NULL;
    if ((size_t)n == sizeof(target)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    target[n] = '\0';
    if (target[0] == '/')
        return strdup(target);
    dir = directory_part(path);
    if (!dir)
        return NULL;
    followed = join(dir, target);
    free(dir);
    return followed;
}

/* Finds the directory and the name under which `path` would come into being. 0, -ENOENT when
 * that cannot be told (it could not be created either, then), or -ENOMEM. */
static int identify_missing(const char *path, struct identity *id)
{
    char *at = strdup(path);
    char *dir = NULL, *next;
    struct stat st;
    int r = -ENOENT;

    for (unsigned links = 0; at && links <= MAX_SYMLINKS; links++) {
        if (id->itself || ask_lstat(at, &st) < 0 || !S_ISLNK(st.st_mode))
            break;
        next = follow(at);
        if (!next && errno != ENOMEM)
            goto out;
        free(at);
        at = next;
    }
    dir = at ? directory_part(at) : NULL;
    if (!dir) {
        r = -ENOMEM;
        goto out;
    }
    if (ask_stat(dir, &st) < 0)
        goto out;
    id->name = last_component(at);
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

/* Adds what the path leads to, if that can be told. A source that does not exist is left to
 * source_open(). */
static int identify(struct identities *ids, const struct identity *what)
{
    struct identity *id = &ids->v[ids->n];
    struct stat st;
    int r;

    *id = *what;
    if (ask_is_silent(id->path))
        return 0;
    if ((id->itself ? ask_lstat(id->path, &st) : ask_stat(id->path, &st)) == 0 &&
        (!id->is_dest || !id->itself || S_ISDIR(st.st_mode))) {
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

/* Equal files become neighbours, destinations first. */
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

/* Whether one of two that are the same file stands in the way of the other. */
static int check_pair(const struct options *o, const struct identity *dest,
                      const struct identity *other, char **ret_error)
{
    /* What exists by the time it is looked at is left alone. */
    if (standing_keeps_all(&o->standing) &&
        (other->is_dest ? other->copy != dest->copy : !dest->name))
        return 0;
    if (other->is_dest && other->copy != dest->copy)
        return refuse(ret_error, format("will not overwrite just-created '%s' with '%s'",
                                        dest->path, other->from));
    if (other->is_dest)
        return refuse(ret_error,
                      format("'%s' and '%s' are the same file", dest->path, other->path));
    return refuse(ret_error,
                  format("'%s' and '%s' are the same file", other->path, dest->path));
}

/* Opens the directory that the path is, or the lowest one above it that is there. */
static int open_nearest(const char *path)
{
    char *at = strdup(path), *above;
    int fd = -1;

    while (at && (fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 &&
           strcmp(at, ".") != 0 && strcmp(at, "/") != 0) {
        above = directory_part(at);
        free(at);
        at = above;
    }
    free(at);
    return fd;
}

/* Whether the directory that fd is open on is the other one or below it; with -x, by ways that
 * do not leave the file system. Closes fd. */
static bool is_within(int fd, const struct stat *other, bool one_file_system)
{
    struct stat st, above;

    while (fd >= 0 && fstat(fd, &st) == 0) {
        int up;

        if (one_file_system && st.st_dev != other->st_dev)
            break;
        if (st.st_dev == other->st_dev && st.st_ino == other->st_ino) {
            close(fd);
            return true;
        }
        up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = up;
        if (fd >= 0 && fstat(fd, &above) == 0 && above.st_dev == st.st_dev &&
            above.st_ino == st.st_ino)
            break;
    }
    if (fd >= 0)
        close(fd);
    return false;
}

/* A tree that has its copy in itself has no end. */
static int check_within(const struct plan *p, const struct options *o, char **ret_error)
{
    struct stat st;

    for (unsigned i = 0; i < p->n_copies; i++) {
        const struct plan_copy *c = &p->copies[i];

        if (!c->tree || stat_source(o, c->source, &st) < 0 || !S_ISDIR(st.st_mode))
            continue;
        for (unsigned d = 0; d < c->n_dests; d++)
            if (!ask_is_silent(c->dests[d]) &&
                is_within(open_nearest(c->dests[d]), &st, o->one_file_system))
                return refuse(ret_error, format("cannot copy directory '%s' into itself, '%s'",
                                                c->source, c->dests[d]));
    }
    return 0;
}

static int collect(const struct plan *p, const struct options *o, struct identities *ids)
{
    size_t order = 0;
    int r = 0;

    for (unsigned i = 0; r == 0 && i < p->n_copies; i++) {
        const struct plan_copy *c = &p->copies[i];

        r = identify(ids, &(struct identity){.path = c->source,
                                             .itself = !options_follow_operand(o),
                                             .copy = i});
        for (unsigned d = 0; r == 0 && d < c->n_dests; d++)
            r = identify(ids, &(struct identity){.path = c->dests[d],
                                                 .from = c->source,
                                                 .is_dest = true,
                                                 .itself = c->tree, /* it is replaced */
                                                 .order = order++,
                                                 .copy = i});
    }
    return r;
}

/* No destination may be another destination or a source. */
static int check_same(const struct plan *p, const struct options *o, char **ret_error)
{
    struct identities ids = {0};
    size_t n = 0;
    int r;

    for (unsigned i = 0; i < p->n_copies; i++)
        n += 1 + (size_t)p->copies[i].n_dests;
    assert(n > 0);
    ids.v = calloc(n, sizeof(*ids.v));
    if (!ids.v)
        return -ENOMEM;

    r = collect(p, o, &ids);
    if (r == 0)
        qsort(ids.v, ids.n, sizeof(*ids.v), compare);
    for (size_t i = 1; r == 0 && i < ids.n; i++)
        if (ids.v[i - 1].is_dest && compare_files(&ids.v[i - 1], &ids.v[i]) == 0)
            r = check_pair(o, &ids.v[i - 1], &ids.v[i], ret_error);

    for (size_t i = 0; i < ids.n; i++)
        free(ids.v[i].name);
    free(ids.v);
    return r;
}

/* All at once: each one that does not answer costs time. */
static int ask_about(const struct options *o)
{
    unsigned n = o->n_operands + o->n_target_directories;
    const char **paths = calloc(n, sizeof *paths);

    if (!paths)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        paths[i] =
            i < o->n_operands ? o->operands[i] : o->target_directories[i - o->n_operands];
    ask_all(paths, n);
    free(paths);
    return 0;
}

int plan_make(struct plan *p, const struct options *o, char **ret_error)
{
    bool into = o->n_target_directories > 0;
    unsigned n_copies = into ? o->n_operands : 1;
    struct plan made = {0};
    char *error = NULL;
    int r;

    assert(o->n_operands >= (into ? 1u : 2u));
    made.copies = calloc(n_copies, sizeof(*made.copies));
    r = made.copies ? ask_about(o) : -ENOMEM;
    if (r == 0 && into)
        r = plan_into_directories(&made, o, &error);
    else if (r == 0)
        r = plan_one_source(&made, o, &error);
    if (r == 0)
        r = check_same(&made, o, &error);
    if (r == 0)
        r = check_within(&made, o, &error);
    if (r < 0) {
        plan_free(&made);
        *ret_error = error ? error : strdup("out of memory");
        return r;
    }
    *p = made;
    return 0;
}

void plan_free(struct plan *p)
{
    for (unsigned i = 0; i < p->n_copies; i++) {
        struct plan_copy *c = &p->copies[i];

        for (unsigned d = 0; d < c->n_dests; d++)
            free(c->dests[d]);
        free(c->dests);
        free(c->source);
    }
    free(p->copies);
    *p = (struct plan){0};
}
