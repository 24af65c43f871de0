#include "name_list.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

struct name {
    char *path;       /* "": the root */
    bool with_inside; /* what is in it comes, too */
    atomic_bool met;
};

struct name_list {
    struct name *names; /* sorted, when the list is complete */
    size_t n, room;
    bool all_below;
};

struct name_list *name_list_new(bool all_below)
{
    struct name_list *l = calloc(1, sizeof(*l));

    if (l)
        l->all_below = all_below;
    return l;
}

void name_list_free(struct name_list *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++)
        free(l->names[i].path);
    free(l->names);
    free(l);
}

int name_list_add(struct name_list *l, const char *name)
{
    char *path = path_clean(name + strspn(name, "/"));
    struct name *n;

    if (!path)
        return -ENOMEM;
    if (path_goes_up(path)) {
        free(path);
        return -EINVAL;
    }
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 64;
        struct name *names = reallocarray(l->names, room, sizeof(*names));

        if (!names) {
            free(path);
            return -ENOMEM;
        }
        l->names = names;
        l->room = room;
    }
    n = &l->names[l->n++];
    n->path = path;
    n->with_inside = strcmp(path, ".") == 0 || (*name && name[strlen(name) - 1] == '/');
    if (strcmp(path, ".") == 0)
        path[0] = '\0';
    atomic_init(&n->met, path[0] == '\0');
    return 0;
}

/* For qsort(3). */
static int compare(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

void name_list_end(struct name_list *l)
{
    size_t kept = 0;

    if (l->n > 0)
        qsort(l->names, l->n, sizeof(*l->names), compare);
    for (size_t i = 0; i < l->n; i++) {
        if (kept > 0 && compare(&l->names[kept - 1], &l->names[i]) == 0) {
            l->names[kept - 1].with_inside |= l->names[i].with_inside;
            free(l->names[i].path);
        } else {
            if (kept != i)
                memcpy(&l->names[kept], &l->names[i], sizeof(*l->names));
            kept++;
        }
    }
    l->n = kept;
}

/* The bytes of the path, and then perhaps a slash, against a name, as strcmp(3). */
static int compare_path(const char *path, size_t len, bool slash, const char *name)
{
    int r = strncmp(path, name, len);

    if (r != 0)
        return r;
    if (slash) /* no name ends with one */
        return name[len] == '/' ? -1 : '/' - (unsigned char)name[len];
    return name[len] ? -1 : 0;
}

/* The number of the first name that does not come before the path. */
static size_t lower_bound(const struct name_list *l, const char *path, size_t len, bool slash)
{
    size_t from = 0, to = l->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (compare_path(path, len, slash, l->names[middle].path) > 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The name that is the first len bytes of the path; NULL: it is not listed. */
static struct name *find(const struct name_list *l, const char *path, size_t len)
{
    size_t i = lower_bound(l, path, len, false);

    return i < l->n && compare_path(path, len, false, l->names[i].path) == 0 ? &l->names[i]
                                                                             : NULL;
}

static bool is_below(const char *name, const char *path, size_t len)
{
    return strncmp(name, path, len) == 0 && name[len] == '/';
}

/* Whether the path comes with a directory above it. */
static bool comes_along(const struct name_list *l, const char *path)
{
    size_t len = strlen(path);
    bool direct = true; /* the directory that the entry is in */

    while (len > 0) {
        const struct name *n;

        while (len > 0 && path[len - 1] != '/')
            len--;
        len -= len > 0;
        n = find(l, path, len);
        if (n && (l->all_below || (direct && n->with_inside)))
            return true;
        direct = false;
    }
    return false;
}

enum name_relation name_list_find(const struct name_list *l, const char *path)
{
    size_t len = strlen(path), i;

    if (find(l, path, len))
        return NAME_LISTED;
    if (comes_along(l, path))
        return NAME_BELOW;
    i = lower_bound(l, path, len, true);
    return i < l->n && is_below(l->names[i].path, path, len) ? NAME_ABOVE : NAME_NOT;
}

bool name_list_has_below(const struct name_list *l, const char *path)
{
    size_t len = strlen(path), i = lower_bound(l, path, len, true);
    const struct name *n = find(l, path, len);

    return (n && (l->all_below || n->with_inside)) ||
           (i < l->n && is_below(l->names[i].path, path, len)) ||
           (l->all_below && comes_along(l, path));
}

void name_list_meet(struct name_list *l, const char *path, bool below)
{
    size_t len = strlen(path);
    struct name *n = find(l, path, len);

    if (n)
        atomic_store(&n->met, true);
    for (size_t i = below ? lower_bound(l, path, len, true) : l->n;
         i < l->n && is_below(l->names[i].path, path, len); i++)
        atomic_store(&l->names[i].met, true);
}

const char *name_list_unmet(const struct name_list *l, size_t *at)
{
    while (*at < l->n) {
        const struct name *n = &l->names[(*at)++];

        if (!atomic_load(&n->met))
            return n->path;
    }
    return NULL;
}
