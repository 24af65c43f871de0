#include "same_file_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/path_probe.h"

/* A source and a destination. */
struct pair {
    struct stat source, dest; /* from lstat(2) */
    bool same_inode;          /* both are names of one file, which may be a symlink */
    bool same_name;           /* both are the same name in the same directory */
};

static bool is_link(const struct stat *st)
{
    return S_ISLNK(st->st_mode);
}

/* False: one of them does not exist, or is silent. */
static bool pair_stat(struct pair *p, const char *source, const char *dest)
{
    if (path_probe_lstat(source, &p->source) < 0 || path_probe_lstat(dest, &p->dest) < 0)
        return false;
    p->same_inode = fd_same_file(&p->source, &p->dest);
    p->same_name = p->same_inode && plan_same_name(source, dest);
    return true;
}

bool plan_same_name(const char *a, const char *b)
{
    char *dirs[2] = {path_directory(a), path_directory(b)};
    char *names[2] = {path_last(a), path_last(b)};
    struct stat st[2];
    bool same = dirs[0] && dirs[1] && names[0] && names[1] && strcmp(names[0], names[1]) == 0 &&
                path_probe_stat(dirs[0], &st[0]) == 0 &&
                path_probe_stat(dirs[1], &st[1]) == 0 && fd_same_file(&st[0], &st[1]);

    for (int i = 0; i < 2; i++) {
        free(dirs[i]);
        free(names[i]);
    }
    return same;
}

bool plan_same_place(const char *a, const char *b)
{
    struct stat x, y;
    char *left, *right;
    bool same;

    if (path_probe_stat(a, &x) == 0 && path_probe_stat(b, &y) == 0)
        return fd_same_file(&x, &y);
    left = path_probe_resolve(a);
    right = path_probe_resolve(b);
    same = left && right && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

/* With a backup the existing destination is renamed. This must not rename the source. */
static bool is_possible_with_backup(const struct pair *p, bool follow)
{
    if (p->same_inode)
        return !p->same_name;
    return !(follow && is_link(&p->source) && !is_link(&p->dest));
}

/* --remove-destination removes a name. This must not be the last name of the source. */
static bool is_possible_with_removal(const struct pair *p)
{
    return is_link(&p->dest) || (p->same_inode && p->dest.st_nlink > 1 && !p->same_name);
}

bool plan_same_possible(const struct options *o, const char *source, const char *dest)
{
    bool follow = options_follow_operand(o);
    struct pair p;

    if (existing_keeps_all(&o->standing)) /* the destination exists, so it is skipped */
        return true;
    if (!pair_stat(&p, source, dest))
        return false;
    if (o->link && !is_link(&p.dest)) /* the destination is the wanted link already */
        return true;
    if (!follow && is_link(&p.source) && is_link(&p.dest))
        return !p.same_name;
    if (o->backup.kind != BACKUP_NONE)
        return is_possible_with_backup(&p, follow);
    if (o->remove_destination && is_possible_with_removal(&p))
        return true;
    return false;
}
