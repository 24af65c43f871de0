#include "checks_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "cli/usage_error.h"
#include "copies_priv.h"
#include "same_file_priv.h"

/* Rejects an existing destination of a tree: for a directory, everything but a directory; for
 * another source, a name of the source itself. */
static int check_tree_dest(const struct plan_copy *c, const struct options *o, const char *path,
                           char **ret_error)
{
    struct stat st, source, end;

    if (path_probe_lstat(path, &st) < 0 || S_ISDIR(st.st_mode) ||
        plan_stat_source(c, &source) < 0)
        return 0;
    if (S_ISDIR(source.st_mode) && o->backup.kind == BACKUP_NONE)
        return usage_error(ret_error, "cannot overwrite non-directory '%s' with directory '%s'",
                           path, c->source);
    /* A symlink must not replace its own target either. */
    if ((fd_same_file(&st, &source) ||
         (path_probe_stat(c->source, &end) == 0 && fd_same_file(&st, &end))) &&
        !plan_same_possible(o, c->source, path))
        return usage_error(ret_error, "'%s' and '%s' are the same file", c->source, path);
    return 0;
}

/* Rejects an existing destination of a file. */
static int check_dest(const struct options *o, const char *path, char **ret_error)
{
    struct stat st;

    if (existing_keeps_all(&o->standing) ||
        (options_make_anew(o) ? path_probe_lstat(path, &st) : path_probe_stat(path, &st)) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return usage_error(ret_error, "cannot overwrite directory '%s' with non-directory",
                           path);
    if (S_ISBLK(st.st_mode) && !o->device)
        return usage_error(ret_error,
                           "'%s' is a block device; writing to block devices is refused "
                           "without --device",
                           path);
    if ((o->verify & VERIFY_DEST) && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return usage_error(ret_error, "--verify: '%s' cannot be read back", path);
    return 0;
}

/* --cp: rejects a destination that cp rejects before it opens it. */
static int check_cp_dest(const struct plan_copy *c, const struct options *o, const char *path,
                         char **ret_error)
{
    bool anew = options_make_anew(o);
    struct stat st;
    int err;

    if ((anew ? path_probe_lstat(path, &st) : path_probe_stat(path, &st)) == 0 ||
        errno == ETIMEDOUT || errno == ENOTDIR || (errno == ELOOP && o->force))
        return 0;
    err = errno;
    if (err != ENOENT)
        return usage_error(ret_error, "cannot stat '%s': %s", path, strerror(err));
    if (!c->tree && !anew && path_probe_lstat(path, &st) == 0 && !getenv("POSIXLY_CORRECT"))
        return usage_error(ret_error, "not writing through dangling symlink '%s'", path);
    return 0;
}

/* ---- regular files among the devices ---- */

/* As stat(2) of the directory that the path is in, or of the nearest one above it that exists.
 * 0, -ENOENT if none does, or -ENOMEM. */
static int stat_directory_of(const char *path, struct stat *ret)
{
    char *dir = path_directory(path);
    int r = dir ? -ENOENT : -ENOMEM;

    while (dir && r == -ENOENT) {
        char *above;

        if (path_probe_stat(dir, ret) == 0)
            r = 0;
        if (r == 0 || errno != ENOENT || strcmp(dir, ".") == 0)
            break;
        above = path_directory(dir);
        free(dir);
        dir = above;
        r = dir ? -ENOENT : -ENOMEM;
    }
    free(dir);
    return r;
}

/* Whether the directory is the one of the devices, or below it on its file system. (devtmpfs is
 * one file system, wherever it is mounted. /dev/shm is another one.) If the devices have no file
 * system of their own, only the directory itself counts. */
static bool is_of_devices(const struct stat *dir)
{
    struct stat devices, root;

    if (path_probe_stat("/dev", &devices) < 0 || path_probe_stat("/", &root) < 0)
        return false;
    return devices.st_dev == root.st_dev ? fd_same_file(dir, &devices)
                                         : dir->st_dev == devices.st_dev;
}

/* Whether the copy makes regular files: it reads a file, or is of a directory, which may have
 * any. */
static bool makes_files(const struct plan_copy *c, const struct options *o)
{
    struct stat st;

    if (!c->tree || c->contents)
        return true;
    return plan_stat_source(c, &st) < 0 || S_ISDIR(st.st_mode) ||
           (S_ISREG(st.st_mode) && !o->symbolic_link);
}

/* Rejects regular files in /dev: a mistyped name of a device, which would get the data into
 * memory instead of onto a disk. */
static int check_no_device_file(const struct plan_copy *c, const struct options *o,
                                const char *path, char **ret_error)
{
    bool exists;
    struct stat st, dir;
    int r;

    if (!makes_files(c, o) || path_probe_is_silent(path))
        return 0;
    exists =
        (options_make_anew(o) ? path_probe_lstat(path, &st) : path_probe_stat(path, &st)) == 0;
    if (exists && (existing_keeps_all(&o->standing) ||
                   (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !options_make_anew(o))))
        return 0;
    if (exists && S_ISDIR(st.st_mode)) {
        dir = st;
    } else {
        r = stat_directory_of(path, &dir);
        if (r < 0)
            return r == -ENOMEM ? r : 0;
    }
    if (!is_of_devices(&dir))
        return 0;
    return usage_error(ret_error,
                       "'%s' is no device: regular files are not made among the devices", path);
}

int checks_dests(const struct plan_copy *c, const struct options *o, char **ret_error)
{
    int r = 0;

    for (unsigned d = 0; r == 0 && d < c->n_dests; d++) {
        if (!plan_is_path(c, d)) {
            if (c->ends[d].end == TARGET_STANDARD)
                r = check_dest(o, PLAN_STANDARD_OUTPUT, ret_error);
            continue;
        }
        if (c->dests[d][0] == '\0') /* an empty variable of a script, not the directory "." */
            r = usage_error(ret_error, "cannot create '': %s", strerror(ENOENT));
        if (r == 0 && o->cp && !existing_keeps_all(&o->standing))
            r = check_cp_dest(c, o, c->dests[d], ret_error);
        if (r == 0)
            r = c->tree ? check_tree_dest(c, o, c->dests[d], ret_error)
                        : check_dest(o, c->dests[d], ret_error);
        if (r == 0)
            r = check_no_device_file(c, o, c->dests[d], ret_error);
    }
    return r;
}

int checks_directory(const char *dir, const struct options *o, char **ret_error)
{
    const char *what = o->n_target_directories > 0 ? "target directory" : "target";
    struct stat st;

    if (path_probe_is_silent(dir)) /* reported when it is opened */
        return 0;
    if (path_probe_stat(dir, &st) < 0)
        return usage_error(ret_error, "%s '%s': %s", what, dir, strerror(errno));
    if (!S_ISDIR(st.st_mode) && o->parents)
        return usage_error(ret_error, "with --parents, the destination must be a directory");
    if (!S_ISDIR(st.st_mode))
        return usage_error(ret_error, "%s '%s': %s", what, dir, strerror(ENOTDIR));
    return 0;
}

/* ---- habits of cp users ---- */

/* Whether both paths are in the same directory. */
static bool have_one_directory(const char *path, const char *source)
{
    char *dirs[2] = {path_directory(path), path_directory(source)};
    struct stat st[2];
    bool same = dirs[0] && dirs[1] && path_probe_stat(dirs[0], &st[0]) == 0 &&
                path_probe_stat(dirs[1], &st[1]) == 0 && fd_same_file(&st[0], &st[1]);

    free(dirs[0]);
    free(dirs[1]);
    return same;
}

/* Whether `path` is a directory, or symlink to one, that stands beside the source: in the same
 * directory and on the same file system. */
static bool is_beside(const char *path, const char *source)
{
    struct stat st[2];

    return path_probe_stat(path, &st[0]) == 0 && path_probe_stat(source, &st[1]) == 0 &&
           S_ISDIR(st[0].st_mode) && st[0].st_dev == st[1].st_dev &&
           have_one_directory(path, source);
}

/* Whether the operand would be a new directory beside the source. */
static bool is_new_beside(const char *path, const char *source)
{
    struct stat st;

    return path_probe_lstat(path, &st) < 0 && errno == ENOENT &&
           have_one_directory(path, source);
}

/* Rejects `ucopy -r photos music /media/usb` with three directories: all but the last stand
 * beside the source. */
static int check_directories_habit(const struct options *o, const char *last, char **ret_error)
{
    const char *source = o->operands[0], *existing = NULL;

    if (!o->recursive || o->n_operands < 3 || !plan_is_directory(source) ||
        is_beside(last, source))
        return 0;
    for (unsigned i = 1; i + 1 < o->n_operands; i++) {
        bool is_there = is_beside(o->operands[i], source);

        if (!is_there && !is_new_beside(o->operands[i], source))
            return 0;
        existing = is_there && !existing ? o->operands[i] : existing;
    }
    if (!existing)
        return 0;
    return usage_error(ret_error,
                       "'%s' is a directory beside '%s', which would be copied into it: only "
                       "'%s' is elsewhere. To copy several sources into directories use -t "
                       "DIR (or --force)",
                       existing, source, last);
}

/* Rejects `ucopy a b dir/` with a file b. */
static int check_files_habit(const struct options *o, const char *last, char **ret_error)
{
    bool silent = path_probe_is_silent(last);
    struct stat st;

    for (unsigned i = 1; i + 1 < o->n_operands; i++)
        if (path_probe_stat(o->operands[i], &st) == 0 && S_ISREG(st.st_mode))
            return usage_error(
                ret_error,
                "'%s' is an existing file and would be overwritten: '%s' %s. To copy "
                "several files into directories use -t DIR (or --force)",
                o->operands[i], last,
                silent ? "does not answer and may be a directory" : "is a directory");
    return 0;
}

int checks_habit(const struct options *o, char **ret_error)
{
    const char *last = o->operands[o->n_operands - 1];
    int r;

    if (o->force || o->no_target_directory ||
        !(path_probe_is_silent(last) || plan_is_directory(last)))
        return 0;
    r = check_files_habit(o, last, ret_error);
    return r < 0 ? r : check_directories_habit(o, last, ret_error);
}

int checks_note_habit(struct plan_copy *c, const struct options *o)
{
    const char *source = o->operands[0], *last = o->operands[o->n_operands - 1], *new = NULL;

    if (o->n_operands < 3 || o->cp || o->quiet || o->force || o->no_target_directory ||
        !o->recursive || !c->tree || !plan_is_directory(source) || !plan_is_directory(last) ||
        is_beside(last, source))
        return 0;
    for (unsigned i = 1; i + 1 < o->n_operands; i++) {
        if (!is_new_beside(o->operands[i], source))
            return 0;
        new = new ? new : o->operands[i];
    }
    return asprintf(&c->source_note,
                    "becomes the new directory '%s', too. To copy several sources into "
                    "directories use -t DIR",
                    new) < 0
               ? -ENOMEM
               : 0;
}
