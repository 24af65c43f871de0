#include "checks_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
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
    if (S_ISBLK(st.st_mode))
        return usage_error(ret_error,
                           "'%s' is a block device; writing to block devices is refused", path);
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

int checks_dests(const struct plan_copy *c, const struct options *o, char **ret_error)
{
    int r = 0;

    for (unsigned d = 0; r == 0 && d < c->n_dests; d++) {
        if (o->cp && !existing_keeps_all(&o->standing))
            r = check_cp_dest(c, o, c->dests[d], ret_error);
        if (r == 0)
            r = c->tree ? check_tree_dest(c, o, c->dests[d], ret_error)
                        : check_dest(o, c->dests[d], ret_error);
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

int checks_habit(const struct options *o, char **ret_error)
{
    const char *last = o->operands[o->n_operands - 1];
    bool silent = path_probe_is_silent(last);
    struct stat st;

    if (o->force || o->no_target_directory || !(silent || plan_is_directory(last)))
        return 0;
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
