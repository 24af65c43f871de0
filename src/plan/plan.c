/* plan: what is to be copied to where. See plan.h. */
#include "plan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "checks_priv.h"
#include "cli/usage_error.h"
#include "copies_priv.h"
#include "guards_priv.h"

/* The operands as they are meant: sources, and either directories to copy them into or, with
 * one source, destinations. */
struct aim {
    unsigned n_sources; /* the first operands */
    bool has_symlinks;  /* among them, and followed */
    char *const *directories;
    unsigned n_directories; /* 0: the other operands are destinations */
};

/* `cp -bf a a` makes what would be the backup. */
static int backup_of_source(const struct plan_copy *c, const struct options *o, char **path)
{
    char *dir, *name, backup[NAME_MAX + 1];
    struct stat st;
    int fd, r;

    if (!o->force || o->backup.kind == BACKUP_NONE || strcmp(c->source, *path) != 0 ||
        path_probe_stat(*path, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    dir = path_directory(*path);
    name = path_last(*path);
    fd = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    r = dir && name ? 0 : -ENOMEM;
    if (fd >= 0 && r == 0 && backup_name(&o->backup, fd, name, backup) == 0) {
        free(*path);
        *path = path_join(dir, backup);
        r = *path ? 0 : -ENOMEM;
    }
    (void)fd_close(&fd);
    free(dir);
    free(name);
    return r;
}

/* Makes DIR/basename(SOURCE), or with --parents DIR/SOURCE. What is in a tree "." or ".." goes
 * into DIR itself. */
static int into_directory(const char *dir, const struct plan_copy *c, bool parents,
                          char **ret_path, char **ret_error)
{
    const char *source = c->source;
    char *name = parents ? strdup(source + strspn(source, "/")) : path_last(source);
    char *path;
    int r = 0;

    if (!name)
        return -ENOMEM;
    if (!c->tree && (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)) {
        r = usage_error(ret_error, "'%s' has no file name to use in directory '%s'", source,
                        dir);
    } else {
        path = path_join(dir, strcmp(name, "..") == 0 ? "." : name);
        if (path)
            *ret_path = path;
        else
            r = -ENOMEM;
    }
    free(name);
    return r;
}

static int add_dest(struct plan_copy *c, const struct options *o, const char *dest, bool is_dir,
                    char **ret_error)
{
    char *path = NULL;
    int r = 0;

    if (is_dir)
        r = into_directory(dest, c, o->parents, &path, ret_error);
    else if (!(path = strdup(dest)))
        r = -ENOMEM;
    else
        r = backup_of_source(c, o, &path);
    if (r < 0) {
        free(path);
        return r;
    }
    assert(path);
    c->dests[c->n_dests++] = path;
    return 0;
}

/* All destinations at once, as ask_about(). Where a symlink leads that is replaced does not
 * matter. */
static int ask_about_dests(const struct plan *p, const struct options *o)
{
    struct path_probe_path *paths;
    unsigned n = 0;

    for (unsigned i = 0; i < p->n_copies; i++)
        n += p->copies[i].n_dests;
    paths = calloc(n + 1, sizeof *paths);
    if (!paths)
        return -ENOMEM;
    n = 0;
    for (unsigned i = 0; i < p->n_copies; i++) {
        const struct plan_copy *c = &p->copies[i];

        for (unsigned d = 0; !c->left_out && d < c->n_dests; d++)
            paths[n++] = (struct path_probe_path){
                .path = c->dests[d],
                .follow = !c->tree || (o->cp && !options_make_anew(o)),
            };
    }
    path_probe_all(paths, n);
    free(paths);
    return 0;
}

/* Options that are about the bytes of one file. */
static int check_tree_options(const struct options *o, const char *source, char **ret_error)
{
    const char *which = o->offset                         ? "offset"
                        : o->length != OPTIONS_TO_THE_END ? "length"
                        : o->has_dest_offset              ? "dest-offset"
                        : o->max_lag                      ? "max-lag"
                                                          : NULL;

    if (!which)
        return 0;
    return usage_error(ret_error, "'%s' is no regular file: --%s is not for it", source, which);
}

/* Whether the source is a tree: a directory, or something that is made anew and not read, or
 * something that comes with the directories it is in. */
static int find_kind(struct plan_copy *c, const struct options *o, const struct aim *aim,
                     char **ret_error)
{
    struct stat st;

    if (plan_stat_source(c, &st) < 0)
        return o->cp && errno != ETIMEDOUT
                   ? usage_error(ret_error, "cannot stat '%s': %s", c->source, strerror(errno))
                   : 0;
    if (S_ISDIR(st.st_mode) && !o->recursive && o->cp)
        return usage_error(ret_error, "-r not specified; omitting directory '%s'", c->source);
    if (S_ISDIR(st.st_mode) && !o->recursive)
        return usage_error(ret_error, "'%s' is a directory; -r or -a copies directories",
                           c->source);
    if (S_ISDIR(st.st_mode) && o->resume && !o->preserve.times)
        return usage_error(ret_error,
                           "--resume tells by their times what is complete in '%s'; "
                           "-a, -p and --preserve=timestamps keep these",
                           c->source);
    /* Without -r cp reads whatever it is. */
    c->contents = o->copy_contents || (o->cp && !o->recursive);
    /* A file that may have another name among the sources is made in the same way as they. */
    c->tree = S_ISLNK(st.st_mode) || o->link || o->symbolic_link ||
              (o->recursive && !S_ISREG(st.st_mode)) ||
              (c->contents && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))) ||
              (o->preserve_links && aim->n_directories > 0 && S_ISREG(st.st_mode) &&
               (st.st_nlink > 1 || aim->has_symlinks)) ||
              c->way_len > 0;
    return c->tree ? check_tree_options(o, c->source, ret_error) : 0;
}

/* --parents: all of the path is to be made. */
static int find_way(struct plan_copy *c, const char *operand, char **ret_error)
{
    char *clean = path_clean(operand);
    const char *first, *way;

    if (!clean)
        return -ENOMEM;
    if (path_goes_up(clean)) {
        free(clean);
        return usage_error(ret_error,
                           "'%s': --parents cannot be used with '..', which leads out of "
                           "the destination",
                           operand);
    }
    free(c->source);
    c->source = clean;
    first = clean + strspn(clean, "/");
    way = strchr(first, '/');
    c->way_len = way ? strlen(way + 1) : 0;
    return 0;
}

/* Begins the next copy of the plan. */
static int add_copy(struct plan *p, const struct options *o, const struct aim *aim,
                    const char *operand, struct plan_copy **ret_copy, char **ret_error)
{
    struct plan_copy *c = &p->copies[p->n_copies++];
    size_t length = strlen(operand);
    int r = 0;

    *ret_copy = c;
    c->source = o->strip_trailing_slashes ? path_strip(operand) : strdup(operand);
    c->dests =
        calloc(aim->n_directories ? aim->n_directories : o->n_operands, sizeof(*c->dests));
    if (!c->source || !c->dests)
        return -ENOMEM;
    c->follow = options_follow_operand(o) ||
                (!o->strip_trailing_slashes && length > 1 && operand[length - 1] == '/');
    if (o->parents)
        r = find_way(c, c->source, ret_error);
    return r == 0 ? find_kind(c, o, aim, ret_error) : r;
}

/* Notes under which name the destinations have the root. */
static int note_label(struct plan_copy *c)
{
    char *root = plan_root(c, c->dests[0]);

    c->label = root ? path_last(root) : NULL;
    free(root);
    return c->label ? 0 : -ENOMEM;
}

/* ucopy -t DIR... SOURCE... */
static int plan_into_directories(struct plan *p, const struct options *o, const struct aim *aim,
                                 char **ret_error)
{
    int r = 0;

    for (unsigned d = 0; r == 0 && d < aim->n_directories; d++)
        r = checks_directory(aim->directories[d], o, ret_error);
    for (unsigned i = 0; r == 0 && i < aim->n_sources; i++) {
        struct plan_copy *c;

        r = add_copy(p, o, aim, o->operands[i], &c, ret_error);
        for (unsigned d = 0; r == 0 && d < aim->n_directories; d++)
            r = add_dest(c, o, aim->directories[d], true, ret_error);
        r = r == 0 ? note_label(c) : plan_settle(c, o, r, ret_error);
    }
    if (r == 0)
        r = ask_about_dests(p, o);
    for (unsigned i = 0; r == 0 && i < p->n_copies; i++) {
        struct plan_copy *c = &p->copies[i];

        if (!c->left_out)
            r = plan_settle(c, o, checks_dests(c, o, ret_error), ret_error);
    }
    return r;
}

/* ucopy SOURCE DEST... */
static int plan_one_source(struct plan *p, const struct options *o, const struct aim *aim,
                           char **ret_error)
{
    struct plan_copy *c;
    int r = 0;

    if (!o->cp)
        r = checks_habit(o, ret_error);
    for (unsigned i = 1; r == 0 && o->parents && i < o->n_operands; i++)
        r = checks_directory(o->operands[i], o, ret_error);
    if (r < 0)
        return r;
    r = add_copy(p, o, aim, o->operands[0], &c, ret_error);
    for (unsigned i = 1; r == 0 && i < o->n_operands; i++)
        r = add_dest(c, o, o->operands[i],
                     !o->no_target_directory && plan_is_directory(o->operands[i]), ret_error);
    if (r == 0)
        r = ask_about_dests(p, o);
    if (r == 0)
        r = checks_dests(c, o, ret_error);
    return plan_settle(c, o, r, ret_error);
}

/* With --cp the last operand is what -t names, if it is a directory. */
static struct aim find_aim(const struct options *o)
{
    struct aim aim = {.n_sources = 1};

    if (o->n_target_directories > 0) {
        aim.n_sources = o->n_operands;
        aim.directories = o->target_directories;
        aim.n_directories = o->n_target_directories;
    } else if (o->cp && !o->no_target_directory &&
               (o->n_operands > 2 || plan_is_directory(o->operands[1]))) {
        aim.n_sources = o->n_operands - 1;
        aim.directories = &o->operands[o->n_operands - 1];
        aim.n_directories = 1;
    }
    for (unsigned i = 0; i < aim.n_sources && options_follow_operand(o); i++) {
        struct stat st;

        aim.has_symlinks |= path_probe_lstat(o->operands[i], &st) == 0 && S_ISLNK(st.st_mode);
    }
    return aim;
}

/* All at once: each one that does not answer costs time. */
static int ask_about(const struct options *o)
{
    unsigned n = o->n_operands + o->n_target_directories;
    struct path_probe_path *paths = calloc(n, sizeof *paths);

    if (!paths)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        paths[i] = (struct path_probe_path){
            .path =
                i < o->n_operands ? o->operands[i] : o->target_directories[i - o->n_operands],
            .follow = true,
        };
    path_probe_all(paths, n);
    free(paths);
    return 0;
}

int plan_make(struct plan *p, const struct options *o, char **ret_error)
{
    struct plan made = {0};
    char *error = NULL;
    struct aim aim;
    int r = ask_about(o);

    assert(o->n_operands >= (o->n_target_directories > 0 ? 1u : 2u));
    if (r == 0) {
        aim = find_aim(o);
        made.copies = calloc(aim.n_sources, sizeof(*made.copies));
        r = made.copies ? 0 : -ENOMEM;
    }
    if (r == 0 && aim.n_directories > 0)
        r = plan_into_directories(&made, o, &aim, &error);
    else if (r == 0)
        r = plan_one_source(&made, o, &aim, &error);
    if (r == 0)
        r = guards_check(&made, o, &error);
    path_probe_forget(); /* the copies are about to change it */
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
        free(c->label);
        free(c->left_out);
    }
    free(p->copies);
    *p = (struct plan){0};
}
