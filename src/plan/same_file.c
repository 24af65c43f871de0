#include "same_file_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/path_probe.h"

/* What there is to know of the two: as they stand under their names, and where that leads. */
struct pair {
    struct stat source, dest; /* the names' own */
    struct stat source_end, dest_end;
    bool same_entry; /* both are names of one file, be that a symlink */
    bool same_name;
};

static bool is_link(const struct stat *st)
{
    return S_ISLNK(st->st_mode);
}

static bool look(struct pair *p, const char *source, const char *dest)
{
    if (path_probe_lstat(source, &p->source) < 0 || path_probe_lstat(dest, &p->dest) < 0)
        return false;
    if (path_probe_stat(source, &p->source_end) < 0)
        p->source_end = p->source;
    if (path_probe_stat(dest, &p->dest_end) < 0)
        p->dest_end = p->dest;
    p->same_entry = fd_same_file(&p->source, &p->dest);
    p->same_name = p->same_entry && plan_same_name(source, dest);
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

/* With a backup what stands there keeps another name. It must not be the source's own. */
static bool is_possible_with_backup(const struct pair *p, bool follow)
{
    if (p->same_entry)
        return !p->same_name;
    return !(follow && is_link(&p->source) && !is_link(&p->dest));
}

/* A name that is only removed must not be the last one that leads to the source. */
static bool is_possible_with_removal(const struct pair *p)
{
    return is_link(&p->dest) || (p->same_entry && p->dest.st_nlink > 1 && !p->same_name);
}

bool plan_same_possible(const struct options *o, const char *source, const char *dest)
{
    bool follow = options_follow_operand(o);
    struct pair p;

    if (existing_keeps_all(&o->standing)) /* it exists, so it is left alone */
        return true;
    if (!look(&p, source, dest))
        return false;
    if (o->link && !is_link(&p.dest)) /* nothing is left to be done */
        return true;
    if (!follow && is_link(&p.source) && is_link(&p.dest))
        return !p.same_name;
    if (o->backup.kind != BACKUP_NONE)
        return is_possible_with_backup(&p, follow);
    if (o->remove_destination && is_possible_with_removal(&p))
        return true;
    return false;
}
