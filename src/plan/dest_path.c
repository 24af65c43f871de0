#include "dest_path_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "cli/usage_error.h"
#include "copies_priv.h"

/* The name of a backup that is looked for. */
struct backup_place {
    const struct backup_wanted *wanted;
    char *dir, *name;
    char backup[NAME_MAX + 1];
    int result; /* 0, or a negative errno: there is none */
};

static void free_backup_place(struct backup_place *b)
{
    free(b->dir);
    free(b->name);
    free(b);
}

/* path_probe_call(): finds it. */
static void find_backup(void *arg, unsigned i)
{
    struct backup_place *b = arg;
    int fd = UNINTERRUPTED(open(b->dir, O_PATH | O_DIRECTORY | O_CLOEXEC));

    (void)i;
    b->result = fd < 0 ? -errno : backup_name(b->wanted, fd, b->name, b->backup);
    (void)fd_close(&fd);
}

/* If the destination is the source: `cp -bf a a` copies the file to the name of its backup.
 * Replaces *path by that name then. 0 or -ENOMEM. */
static int use_backup_name(const struct plan_copy *c, const struct options *o, char **path)
{
    struct backup_place *b;
    struct stat st;
    int r = -ENOMEM;

    if (!o->force || o->backup.kind == BACKUP_NONE || strcmp(c->source, *path) != 0 ||
        path_probe_stat(*path, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    b = calloc(1, sizeof(*b));
    if (!b)
        return r;
    b->wanted = &o->backup;
    b->dir = path_directory(*path);
    b->name = path_last(*path);
    if (b->dir && b->name)
        r = path_probe_call(*path, find_backup, b);
    if (r == -ETIMEDOUT) /* the call may still use it; nothing is copied to this path */
        return 0;
    if (r == 0 && b->result == 0) {
        free(*path);
        *path = path_join(b->dir, b->backup);
        r = *path ? 0 : -ENOMEM;
    }
    free_backup_place(b);
    return r;
}

int dest_path_in_directory(const char *dir, const struct plan_copy *c, bool parents,
                           char **ret_path, char **ret_error)
{
    const char *source = c->source;
    char *name = parents ? strdup(source + strspn(source, "/")) : path_last(source);
    char *path;
    int r = 0;

    if (!name)
        return -ENOMEM;
    if (plan_has_no_path(c) ||
        (!c->tree && (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))) {
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

/* --checksum: a single file is copied as a tree is. What a symlink leads to is compared and
 * replaced all the same, and not the symlink. 0, -ENOMEM, or another error. */
static int follow_link(const struct plan_copy *c, const struct options *o, char **path,
                       char **ret_error)
{
    struct stat st;
    char *target;

    if (!o->standing.checksum || !c->tree || c->way_len > 0 || options_make_anew(o) ||
        path_probe_lstat(*path, &st) < 0 || !S_ISLNK(st.st_mode) ||
        plan_stat_source(c, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    if (path_probe_stat(*path, &st) < 0)
        return usage_error(ret_error,
                           "'%s' is a symbolic link that leads nowhere: nothing is "
                           "written through it",
                           *path);
    target = path_probe_resolve(*path);
    if (!target)
        return -ENOMEM;
    free(*path);
    *path = target;
    return 0;
}

int dest_path_settle(const struct plan_copy *c, const struct options *o, bool in_directory,
                     char **path, char **ret_error)
{
    int r = in_directory ? 0 : use_backup_name(c, o, path);

    return r == 0 ? follow_link(c, o, path, ret_error) : r;
}
