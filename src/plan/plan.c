/* plan: see plan.h. */
#include "plan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/fd.h"
#include "base/filter.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "checks_priv.h"
#include "cli/usage_error.h"
#include "copies_priv.h"
#include "dest_path_priv.h"
#include "devices_priv.h"
#include "guards_priv.h"
#include "listed_priv.h"
#include "map_place_priv.h"

/* Bytes of a command in messages, at most. */
#define MAX_COMMAND_NAME 60

/* The meaning of the operands: sources, and either directories to copy them into or, with one
 * source, destinations. */
struct operands {
    unsigned n_sources; /* these are the first operands */
    bool has_symlinks;  /* at least one source is a symlink, and is followed */
    char *const *directories;
    unsigned n_directories; /* 0: the other operands are destinations */
};

/* The name of a command in messages: with `before` and `after` it, and not longer than a line. */
static char *name_command(const char *before, const char *command, const char *after)
{
    int most = strlen(command) > MAX_COMMAND_NAME ? MAX_COMMAND_NAME - 3 : MAX_COMMAND_NAME;
    char *name;

    return asprintf(&name, "%s%.*s%s%s", before, most, command,
                    most < MAX_COMMAND_NAME ? "..." : "", after) < 0
               ? NULL
               : name;
}

/* The name of a tree in an archive: what it would have in a directory. NULL without memory. */
static char *name_top(const struct plan_copy *c, const struct options *o)
{
    char *name = o->no_target_directory ? strdup(".") : path_last(c->source);

    if (!name || (strcmp(name, "") != 0 && strcmp(name, "..") != 0))
        return name;
    free(name);
    return strdup(".");
}

/* Adds a destination that is no path: standard output, or a command. 0 or -ENOMEM. */
static int add_stream(struct plan_copy *c, const struct options *o, const char *command)
{
    char *name = command ? name_command("|", command, "") : strdup(OPTIONS_STANDARD);

    if (c->tree && !c->top)
        c->top = name_top(c, o);
    if (!name || (c->tree && !c->top)) {
        free(name);
        return -ENOMEM;
    }
    c->ends[c->n_dests] = (struct plan_end){.end = command ? TARGET_COMMAND : TARGET_STANDARD,
                                            .command = command};
    c->dests[c->n_dests++] = name;
    return 0;
}

static int add_dest(struct plan_copy *c, const struct options *o, const char *dest, bool is_dir,
                    char **ret_error)
{
    char *path = NULL;
    int r = 0;

    if (is_dir)
        r = dest_path_in_directory(dest, c, o->parents, &path, ret_error);
    else if (!(path = strdup(dest)))
        r = -ENOMEM;
    if (r == 0)
        r = dest_path_settle(c, o, is_dir, &path, ret_error);
    if (r < 0) {
        free(path);
        return r;
    }
    assert(path);
    c->dests[c->n_dests++] = path;
    return o->manifest ? listed_note(c, path, is_dir, ret_error) : 0;
}

/* Probes all destinations at once, as probe_operands(). If a copy replaces a symlink, the
 * symlink's target does not matter. 0 or -ENOMEM. */
static int probe_dests(const struct plan *p, const struct options *o)
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
            if (plan_is_path(c, d))
                paths[n++] = (struct path_probe_path){
                    .path = c->dests[d],
                    .follow = !c->tree || (o->cp && !options_make_anew(o)),
                };
    }
    path_probe_all(paths, n);
    free(paths);
    return 0;
}

/* Rejects options that apply to the bytes of one file only. */
static int check_tree_options(const struct options *o, const char *source, mode_t mode,
                              char **ret_error)
{
    const char *which = o->offset                         ? "offset"
                        : o->length != OPTIONS_TO_THE_END ? "length"
                        : o->has_dest_offset              ? "dest-offset"
                        : o->max_lag                      ? "max-lag"
                        : o->expects                      ? "expect-hash"
                        : o->has_expect_size              ? "expect-size"
                        : o->bmap                         ? "bmap"
                        : o->map                          ? "map"
                        : o->device                       ? "device"
                                                          : NULL;

    if (which)
        return usage_error(ret_error, "'%s' is %s: --%s is not for it", source,
                           S_ISREG(mode) ? "copied as trees are" : "no regular file", which);
    return 0;
}

/* Rejects what cannot become an archive in a stream. */
static int check_archive(const struct options *o, const char *source, mode_t mode,
                         char **ret_error)
{
    bool standard = options_writes_standard(o);
    const char *which = o->verify                   ? "verify"
                        : o->resume                 ? "resume"
                        : o->partial                ? "partial"
                        : o->in_order               ? "in-order"
                        : o->direct == WHEN_ALWAYS  ? "direct=always"
                        : o->reflink == WHEN_ALWAYS ? "reflink=always"
                        : o->sparse == WHEN_ALWAYS  ? "sparse=always"
                        : o->copy_contents          ? "copy-contents"
                        : o->link                   ? "link"
                        : o->symbolic_link          ? "symbolic-link"
                                                    : NULL;

    if (!standard && o->n_to_commands == 0)
        return 0;
    if (!S_ISDIR(mode))
        return usage_error(
            ret_error, "'%s' is no regular file and no directory: it cannot be written to %s",
            source, standard ? "standard output" : "a command");
    if (which)
        return usage_error(
            ret_error, "'%s' is a directory: where it becomes an archive, --%s is not for it",
            source, which);
    if (standard && descriptors_output_is_terminal())
        return usage_error(ret_error, "'-': an archive is not written to a terminal");
    return 0;
}

/* Finds out whether the source is a tree: a directory; a file that is made anew and not read;
 * or a file that is copied with its prefix directories. */
static int find_kind(struct plan_copy *c, const struct options *o,
                     const struct operands *operands, char **ret_error)
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
    if (!S_ISDIR(st.st_mode) && o->names)
        return usage_error(ret_error, "'%s' is no directory: --files-from is not for it",
                           c->source);
    if (!S_ISDIR(st.st_mode) && o->mhl)
        return usage_error(ret_error, "'%s' is no directory: --mhl is not for it", c->source);
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode) && !o->recursive && o->standing.checksum)
        return usage_error(ret_error, "'%s' is no regular file: --checksum is not for it",
                           c->source);
    if (S_ISDIR(st.st_mode) && o->resume && !o->preserve.times && !o->standing.checksum)
        return usage_error(ret_error,
                           "--resume tells by their times what is complete in '%s'; "
                           "-a, -p and --preserve=timestamps keep these",
                           c->source);
    /* Without -r cp reads files of all types. */
    c->contents = o->copy_contents || (o->cp && !o->recursive);
    /* The source may be a hard link of another source; both are copied as trees then. */
    c->tree = S_ISLNK(st.st_mode) || o->link || o->symbolic_link ||
              (o->recursive && !S_ISREG(st.st_mode)) ||
              (c->contents && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))) ||
              (o->preserve_links && operands->n_directories > 0 && S_ISREG(st.st_mode) &&
               (st.st_nlink > 1 || operands->has_symlinks)) ||
              (o->standing.checksum && S_ISREG(st.st_mode)) || c->way_len > 0;
    if (c->tree) {
        int r = check_tree_options(o, c->source, st.st_mode, ret_error);

        return r < 0 ? r : check_archive(o, c->source, st.st_mode, ret_error);
    }
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) || S_ISSOCK(st.st_mode))
        c->has_effects = true;
    return c->has_effects ? options_check_stream(o, c->source, true, ret_error) : 0;
}

/* --parents: finds the prefix directories in the operand. */
static int find_prefix(struct plan_copy *c, const char *operand, char **ret_error)
{
    char *clean = path_clean(operand);
    const char *first, *slash;

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
    slash = strchr(first, '/');
    c->way_len = slash ? strlen(slash + 1) : 0;
    return 0;
}

/* Leaves a source out that the filter leaves out: by its name, as if it were an entry of the
 * directory that patterns begin at. A directory is that directory itself. 0 or -ENOMEM. */
static int apply_filter(struct plan_copy *c, const struct options *o)
{
    struct stat st;
    char *name, *why = NULL;
    int r = 0;

    if (!o->filter || plan_stat_source(c, &st) < 0 || S_ISDIR(st.st_mode))
        return 0;
    name = path_last(c->source);
    if (!name)
        return -ENOMEM;
    if (filter_leaves_out(o->filter, name, false)) {
        r = asprintf(&why, "'%s' is left out by a filter", c->source) < 0 ? -ENOMEM : 0;
        if (r == 0)
            plan_leave_out(c, why, false);
    }
    free(name);
    return r;
}

/* Adds a copy without destinations to the plan, whose source has this name, which it takes over;
 * NULL: there was no memory. 0 or -ENOMEM; *ret_copy is set in any case. */
static int add_empty(struct plan *p, const struct options *o, const struct operands *operands,
                     char *source, struct plan_copy **ret_copy)
{
    struct plan_copy *c = &p->copies[p->n_copies++];
    size_t n = operands->n_directories ? operands->n_directories
                                       : (size_t)o->n_operands + o->n_to_commands;

    *ret_copy = c;
    c->source = source;
    c->dests = calloc(n + 1, sizeof(*c->dests));
    c->ends = calloc(n + 1, sizeof(*c->ends));
    return c->source && c->dests && c->ends ? 0 : -ENOMEM;
}

/* Adds the copy of what --from-command writes. As add_empty(). */
static int add_command(struct plan *p, const struct options *o, const struct operands *operands,
                       struct plan_copy **ret_copy)
{
    int r = add_empty(p, o, operands, name_command("", o->from_command, "|"), ret_copy);

    (*ret_copy)->from_command = o->from_command;
    return r;
}

/* --ublk: the same without a source. */
static int add_device(struct plan *p, const struct options *o, const struct operands *operands,
                      struct plan_copy **ret_copy)
{
    int r = add_empty(p, o, operands, strdup("--ublk"), ret_copy);

    (*ret_copy)->ublk = true;
    return r;
}

/* Adds a copy of the operand. As add_empty(), or another error. */
static int add_copy(struct plan *p, const struct options *o, const struct operands *operands,
                    const char *operand, struct plan_copy **ret_copy, char **ret_error)
{
    size_t length = strlen(operand);
    int r =
        add_empty(p, o, operands,
                  o->strip_trailing_slashes ? path_strip(operand) : strdup(operand), ret_copy);
    struct plan_copy *c = *ret_copy;

    if (r < 0)
        return r;
    c->from_standard = options_is_standard(o, operand);
    if (c->from_standard)
        return 0;
    c->follow = options_follow_operand(o) ||
                (!o->strip_trailing_slashes && length > 1 && operand[length - 1] == '/');
    if (o->parents)
        r = find_prefix(c, c->source, ret_error);
    if (r == 0)
        r = apply_filter(c, o);
    return r == 0 && !c->left_out ? find_kind(c, o, operands, ret_error) : r;
}

/* 0 or -ENOMEM. */
static int set_label(struct plan_copy *c)
{
    char *root = plan_root(c, c->dests[0]);

    c->label = root ? path_last(root) : NULL;
    free(root);
    return c->label ? 0 : -ENOMEM;
}

/* For qsort(3). */
static int compare_labels(const void *x, const void *y)
{
    struct plan_copy *const *a = x, *const *b = y;

    return strcmp((*a)->label, (*b)->label);
}

/* Whether a tree with that label is copied into the destination directory itself. */
static bool is_directory_itself(const char *label)
{
    return label[0] == '\0' || strcmp(label, ".") == 0 || strcmp(label, "..") == 0;
}

/* Finds the trees that are copied into the same directories: their roots have the same name, or
 * one of them is no root of its own ("."), but its entries are. 0 or -ENOMEM. */
static int note_merges(struct plan *p)
{
    struct plan_copy **trees = calloc(p->n_copies, sizeof(struct plan_copy *));
    bool all = false;
    unsigned n = 0;

    if (!trees)
        return -ENOMEM;
    for (unsigned i = 0; i < p->n_copies; i++) {
        struct plan_copy *c = &p->copies[i];

        if (!c->tree || !c->label)
            continue;
        trees[n++] = c;
        all |= is_directory_itself(c->label);
    }
    qsort(trees, n, sizeof(struct plan_copy *), compare_labels);
    for (unsigned i = 1; i < n; i++)
        if (all || strcmp(trees[i - 1]->label, trees[i]->label) == 0)
            trees[i - 1]->merges = trees[i]->merges = true;
    free(trees);
    return 0;
}

/* --delete: rejects several sources in the same directory. */
static int check_delete(const struct plan *p, char **ret_error)
{
    for (unsigned i = 0; i < p->n_copies; i++) {
        const struct plan_copy *c = &p->copies[i];

        if (c->merges ||
            (p->n_copies > 1 && c->tree && c->label && is_directory_itself(c->label)))
            return usage_error(ret_error,
                               "'%s' is copied into the same directory as another SOURCE: "
                               "--delete would remove what that has",
                               c->source);
    }
    return 0;
}

/* ucopy -t DIR... SOURCE... */
static int plan_into_directories(struct plan *p, const struct options *o,
                                 const struct operands *operands, char **ret_error)
{
    int r = 0;

    for (unsigned d = 0; r == 0 && d < operands->n_directories; d++)
        r = checks_directory(operands->directories[d], o, ret_error);
    for (unsigned i = 0; r == 0 && i < operands->n_sources; i++) {
        struct plan_copy *c;

        r = add_copy(p, o, operands, o->operands[i], &c, ret_error);
        for (unsigned d = 0; r == 0 && d < operands->n_directories; d++)
            r = add_dest(c, o, operands->directories[d], true, ret_error);
        r = r == 0 ? set_label(c) : plan_settle(c, o, r, ret_error);
    }
    if (r == 0)
        r = note_merges(p);
    if (r == 0 && o->delete_extra)
        r = check_delete(p, ret_error);
    if (r == 0)
        r = probe_dests(p, o);
    for (unsigned i = 0; r == 0 && i < p->n_copies; i++) {
        struct plan_copy *c = &p->copies[i];

        if (!c->left_out)
            r = plan_settle(c, o, checks_dests(c, o, ret_error), ret_error);
    }
    return r;
}

/* ucopy SOURCE DEST... */
static int plan_one_source(struct plan *p, const struct options *o,
                           const struct operands *operands, char **ret_error)
{
    unsigned first = options_n_sources(o); /* destination */
    struct plan_copy *c;
    int r = 0;

    if (!o->cp && !o->ublk && o->n_operands > first)
        r = checks_habit(o, ret_error);
    for (unsigned i = 1; r == 0 && o->parents && i < o->n_operands; i++)
        r = checks_directory(o->operands[i], o, ret_error);
    if (r < 0)
        return r;
    r = o->ublk           ? add_device(p, o, operands, &c)
        : o->from_command ? add_command(p, o, operands, &c)
                          : add_copy(p, o, operands, o->operands[0], &c, ret_error);
    for (unsigned i = first; r == 0 && i < o->n_operands; i++)
        r = options_is_standard(o, o->operands[i])
                ? add_stream(c, o, NULL)
                : add_dest(c, o, o->operands[i],
                           !o->no_target_directory && !o->ublk &&
                               plan_is_directory(o->operands[i]),
                           ret_error);
    for (unsigned i = 0; r == 0 && i < o->n_to_commands; i++)
        r = add_stream(c, o, o->to_commands[i]);
    if (r == 0 && !o->from_command)
        r = checks_note_habit(c, o);
    if (r == 0 && o->manifest && !c->listed)
        r = usage_error(ret_error, "--manifest needs a DEST that is a file");
    if (r == 0)
        r = probe_dests(p, o);
    if (r == 0)
        r = checks_dests(c, o, ret_error);
    return plan_settle(c, o, r, ret_error);
}

/* With --cp a last operand that is a directory is treated as the operand of -t. */
static struct operands sort_operands(const struct options *o)
{
    struct operands operands = {.n_sources = 1};

    if (options_n_sources(o) == 0) /* the source is no operand */
        return operands;
    if (o->n_target_directories > 0) {
        operands.n_sources = o->n_operands;
        operands.directories = o->target_directories;
        operands.n_directories = o->n_target_directories;
    } else if (o->cp && !o->no_target_directory &&
               (o->n_operands > 2 || plan_is_directory(o->operands[1]))) {
        operands.n_sources = o->n_operands - 1;
        operands.directories = &o->operands[o->n_operands - 1];
        operands.n_directories = 1;
    }
    for (unsigned i = 0; i < operands.n_sources && options_follow_operand(o); i++) {
        struct stat st;

        operands.has_symlinks |=
            path_probe_lstat(o->operands[i], &st) == 0 && S_ISLNK(st.st_mode);
    }
    return operands;
}

/* Probes all operands at once, so that all silent paths together cost one time limit. 0 or
 * -ENOMEM. */
static int probe_operands(const struct options *o)
{
    unsigned n = o->n_operands + o->n_target_directories;
    struct path_probe_path *paths = calloc((size_t)n + 1, sizeof *paths);

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
    struct operands operands;
    int r = probe_operands(o);

    if (r == 0) {
        operands = sort_operands(o);
        assert(operands.n_sources > 0);
        made.copies = calloc(operands.n_sources, sizeof(*made.copies));
        r = made.copies ? 0 : -ENOMEM;
    }
    if (r == 0 && o->expects && operands.n_sources > 1)
        r = usage_error(&error, "--expect-hash is for one SOURCE");
    if (r == 0 && o->names && operands.n_sources > 1)
        r = usage_error(&error, "--files-from is for one SOURCE");
    if (r == 0 && o->has_expect_size && operands.n_sources > 1)
        r = usage_error(&error, "--expect-size is for one SOURCE");
    if (r == 0 && o->bmap_path && operands.n_sources > 1)
        r = usage_error(&error, "--bmap=FILE is for one SOURCE");
    if (r == 0 && o->map && operands.n_sources > 1)
        r = usage_error(&error, "--map is for one SOURCE");
    if (r == 0 && operands.n_directories > 0)
        r = plan_into_directories(&made, o, &operands, &error);
    else if (r == 0)
        r = plan_one_source(&made, o, &operands, &error);
    if (r == 0)
        r = guards_check(&made, o, &error);
    if (r == 0)
        r = devices_check(&made, o, &error);
    if (r == 0 && o->map)
        r = map_place_check(&made.copies[0], o, &error);
    path_probe_forget(); /* the copies will change the files */
    if (r < 0) {
        plan_free(&made);
        *ret_error = error ? error : strdup("out of memory");
        return r;
    }
    *p = made;
    return 0;
}

unsigned plan_most_dests(const struct plan *p)
{
    unsigned n = 1;

    for (unsigned i = 0; i < p->n_copies; i++)
        if (p->copies[i].n_dests > n)
            n = p->copies[i].n_dests;
    return n;
}

void plan_free(struct plan *p)
{
    for (unsigned i = 0; i < p->n_copies; i++) {
        struct plan_copy *c = &p->copies[i];

        for (unsigned d = 0; d < c->n_dests; d++)
            free(c->dests[d]);
        free(c->dests);
        free(c->ends);
        free(c->source);
        free(c->label);
        free(c->listed);
        free(c->disks);
        free(c->source_note);
        free(c->left_out);
        free(c->top);
    }
    free(p->copies);
    *p = (struct plan){0};
}
