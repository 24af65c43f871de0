#include "list_place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/path_probe.h"
#include "same_file_priv.h"

/* Whether the list would have the place of that file. */
static bool is_list(const struct options *o, const char *path)
{
    struct stat st;

    return strcmp(o->manifest, OPTIONS_STANDARD) != 0 && plan_same_place(path, o->manifest) &&
           (path_probe_stat(path, &st) < 0 || S_ISREG(st.st_mode));
}

/* Whether the list would have the place of a file that the copy makes at that destination. */
static bool is_made(const struct plan_copy *c, const char *dest, const char *place)
{
    char *root = place ? path_probe_resolve(dest) : NULL;
    size_t len = root ? path_end(root) : 0;
    char *source = NULL;
    struct stat st;
    bool made = false;

    if (root && strncmp(place, root, len) == 0) {
        if (place[len] == '/' && c->tree)
            source = path_join(c->source, place + len + 1);
        made = source ? path_probe_lstat(source, &st) == 0 : !place[len] && !c->tree;
    }
    free(root);
    free(source);
    return made;
}

bool list_place_is_taken(const struct plan_copy *c, const struct options *o, const char *place)
{
    bool taken = !plan_has_no_path(c) && is_list(o, c->source);

    for (unsigned d = 0; d < c->n_dests; d++)
        taken |=
            plan_is_path(c, d) && (is_list(o, c->dests[d]) || is_made(c, c->dests[d], place));
    return taken;
}

bool list_place_has_directory(const struct plan *p, const struct options *o)
{
    const char *path = o->manifest;
    char *dir = path_directory(path);
    struct stat st;
    bool exists = !dir || strcmp(path, OPTIONS_STANDARD) == 0 || path_probe_stat(dir, &st) == 0;

    for (unsigned i = 0; i < p->n_copies && !exists; i++)
        for (unsigned d = 0; d < p->copies[i].n_dests && !exists; d++) {
            const char *dest = p->copies[i].dests[d];
            size_t len = path_end(dest);

            exists = p->copies[i].tree && strncmp(path, dest, len) == 0 && path[len] == '/';
        }
    free(dir);
    return exists;
}
