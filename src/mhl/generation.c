#include "generation_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

/* The message says which history it is about. */
static void add_place(struct failure *f, const char *dir)
{
    char message[FAILURE_TEXT];

    memcpy(message, f->message, sizeof message);
    (void)failure_format(f, f->op, f->err, "%s, in %s/%s", message, dir, MHL_FOLDER);
}

struct mhl_generation *mhl_generation_new(struct mhl_generation *above, int dir_fd,
                                          const char *dir, const struct mhl_extension *e,
                                          struct failure *ret)
{
    struct mhl_generation *g = calloc(1, sizeof(*g));
    int r, spool;

    if (!g) {
        (void)failure_set(ret, "read ASC MHL history", ENOMEM, FAILURE_NO_OFFSET, NULL);
        return NULL;
    }
    g->above = above;
    g->path_len = above ? strlen(dir) + 1 : 0;
    r = mhl_ignore_add_defaults(&g->history.ignore);
    if (r == 0)
        r = mhl_folder_read(&g->history, dir_fd, dir, e, ret);
    else
        (void)failure_set(ret, "read ASC MHL history", -r, FAILURE_NO_OFFSET, NULL);
    if (r < 0 && *dir)
        add_place(ret, dir);
    if (r == 0) {
        spool = mhl_folder_spool(dir_fd);
        g->writer = spool < 0 ? NULL : mhl_writer_new(e, spool);
        if (g->writer)
            return g;
        (void)failure_set(ret, "create temporary", spool < 0 ? -spool : ENOMEM,
                          FAILURE_NO_OFFSET, NULL);
    }
    mhl_generation_free(g);
    return NULL;
}

bool mhl_generation_ignores(const struct mhl_generation *g, const char *path, bool is_directory)
{
    for (; g; g = g->above)
        if (mhl_ignore_has(&g->history.ignore, path + g->path_len, is_directory))
            return true;
    return false;
}

const struct mhl_file *mhl_generation_see(struct mhl_generation *g, const char *path)
{
    const struct mhl_file *nearest = NULL;

    for (; g; g = g->above) {
        struct mhl_file *f = mhl_history_find(&g->history, path + g->path_len);

        if (!f)
            continue;
        f->seen = true;
        if (!nearest)
            nearest = f;
    }
    return nearest;
}

/* Whether a pattern leaves out the path or one of the directories above it. */
static bool is_left_out(const struct mhl_generation *g, const char *path)
{
    char *part = strdup(path);
    bool out = false;

    for (char *slash = part ? strchr(part, '/') : NULL; slash && !out;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        out = mhl_ignore_has(&g->history.ignore, part, true);
        *slash = '/';
    }
    free(part);
    return out || mhl_ignore_has(&g->history.ignore, path, false);
}

void mhl_generation_find_missing(const struct mhl_generation *g, int dir_fd, const char *dir,
                                 const struct mhl_extension *e)
{
    const struct mhl_file *f;
    size_t at = 0;

    while ((f = hash_table_next(&g->history.files, &at))) {
        char *path;

        if (f->seen || f->renamed || is_left_out(g, f->path))
            continue;
        path = *dir ? path_join(dir, f->path) : NULL;
        e->found(e->arg, MHL_MISSING, path ? path : f->path);
        free(path);
    }
    mhl_folder_find_missing(&g->history, dir_fd, "", dir, e);
}

/* The history above has a path to the new manifest. */
static int refer(struct mhl_generation *above, const char *dir, const struct mhl_link *last)
{
    struct mhl_link *more =
        realloc(above->references, (above->n_references + 1) * sizeof(*more));
    struct mhl_link link = {NULL, NULL};

    if (!more)
        return -ENOMEM;
    above->references = more;
    if (asprintf(&link.path, "%s/%s/%s", dir + above->path_len, MHL_FOLDER, last->path) < 0)
        return -ENOMEM;
    link.c4 = strdup(last->c4);
    if (!link.c4) {
        free(link.path);
        return -ENOMEM;
    }
    above->references[above->n_references++] = link;
    return 0;
}

int mhl_generation_store(struct mhl_generation *g, int dir_fd, const char *dir,
                         const char *name, const struct mhl_sums *sums,
                         const struct mhl_extension *e, struct failure *ret)
{
    int r;

    mhl_writer_end(g->writer, sums, &g->history.ignore, g->references, g->n_references);
    r = mhl_folder_store(&g->history, dir_fd, name, g->writer, e, ret);
    if (r < 0 || !g->above)
        return r;
    r = refer(g->above, dir, &g->history.chain[g->history.n - 1]);
    return r < 0 ? failure_set(ret, "write ASC MHL history", -r, FAILURE_NO_OFFSET, dir) : 0;
}

void mhl_generation_free(struct mhl_generation *g)
{
    if (!g)
        return;
    mhl_history_free(&g->history);
    mhl_writer_free(g->writer);
    for (size_t i = 0; i < g->n_references; i++) {
        free(g->references[i].path);
        free(g->references[i].c4);
    }
    free(g->references);
    free(g);
}
