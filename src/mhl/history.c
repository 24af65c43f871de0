#include "history_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static uint64_t file_hash(const void *entry)
{
    const struct mhl_file *f = entry;

    return hash_short(f->path, strlen(f->path), 0);
}

static bool file_equal(const void *a, const void *b)
{
    const struct mhl_file *x = a, *y = b;

    return strcmp(x->path, y->path) == 0;
}

static const struct hash_table_kind kind = {file_hash, file_equal};

struct mhl_file *mhl_history_find(const struct mhl_history *h, const char *path)
{
    return hash_table_find(&h->files, &kind, &(struct mhl_file){.path = path});
}

struct mhl_file *mhl_history_file(struct mhl_history *h, const char *path)
{
    struct mhl_file *f = mhl_history_find(h, path);
    size_t len = strlen(path) + 1;

    if (f)
        return f;
    f = calloc(1, sizeof(*f) + len);
    if (!f)
        return NULL;
    memcpy(f->own, path, len);
    f->path = f->own;
    if (hash_table_add(&h->files, &kind, f) == 0)
        return f;
    free(f);
    return NULL;
}

int mhl_history_link(struct mhl_history *h, const char *path, const char *c4)
{
    struct mhl_link *more = realloc(h->chain, (h->n + 1) * sizeof(*more));
    struct mhl_link link;

    if (!more)
        return -ENOMEM;
    h->chain = more;
    link = (struct mhl_link){.path = strdup(path), .c4 = strdup(c4)};
    if (!link.path || !link.c4) {
        free(link.path);
        free(link.c4);
        return -ENOMEM;
    }
    h->chain[h->n++] = link;
    return 0;
}

int mhl_history_refer(struct mhl_history *h, const char *path)
{
    char **more = realloc(h->references, (h->n_references + 1) * sizeof(char *));

    if (!more)
        return -ENOMEM;
    h->references = more;
    more[h->n_references] = strdup(path);
    if (!more[h->n_references])
        return -ENOMEM;
    h->n_references++;
    return 0;
}

static uint64_t dir_hash(const void *entry)
{
    const struct mhl_dir *d = entry;

    return hash_short(d->path, strlen(d->path), 0);
}

static bool dir_equal(const void *a, const void *b)
{
    const struct mhl_dir *x = a, *y = b;

    return strcmp(x->path, y->path) == 0;
}

static const struct hash_table_kind dir_kind = {dir_hash, dir_equal};

struct mhl_dir *mhl_history_find_dir(const struct mhl_history *h, const char *path)
{
    return hash_table_find(&h->dirs, &dir_kind, &(struct mhl_dir){.path = path});
}

struct mhl_dir *mhl_history_dir(struct mhl_history *h, const char *path)
{
    struct mhl_dir *d = mhl_history_find_dir(h, path);
    size_t len = strlen(path) + 1;

    if (d)
        return d;
    d = calloc(1, sizeof(*d) + len);
    if (!d)
        return NULL;
    memcpy(d->own, path, len);
    d->path = d->own;
    if (hash_table_add(&h->dirs, &dir_kind, d) == 0)
        return d;
    free(d);
    return NULL;
}

void mhl_history_begin_generation(struct mhl_history *h)
{
    size_t at = 0;
    struct mhl_dir *d;

    for (size_t i = 0; i < h->n_references; i++)
        free(h->references[i]);
    free(h->references);
    h->references = NULL;
    h->n_references = 0;
    while ((d = hash_table_next(&h->dirs, &at)))
        mhl_sums_free(&d->sums);
    hash_table_free(&h->dirs);
    h->dirs = (struct hash_table){.n = 0};
    h->failures = false;
}

void mhl_history_free(struct mhl_history *h)
{
    size_t at = 0;
    struct mhl_file *f;

    for (size_t i = 0; i < h->n; i++) {
        free(h->chain[i].path);
        free(h->chain[i].c4);
    }
    free(h->chain);
    while ((f = hash_table_next(&h->files, &at)))
        mhl_hashes_free(&f->hashes);
    hash_table_free(&h->files);
    mhl_ignore_free(&h->ignore);
    mhl_history_begin_generation(h);
    *h = (struct mhl_history){.chain = NULL};
}
