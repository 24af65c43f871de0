/* given: the hashes that the copy has made. See mhl.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "formats_priv.h"

struct mhl_given {
    struct hash_table files;
};

struct file {
    const char *path; /* of a key: the caller's; else own */
    uint64_t size;
    struct mhl_hashes hashes;
    char own[];
};

static uint64_t file_hash(const void *entry)
{
    const struct file *f = entry;

    return hash_short(f->path, strlen(f->path), 0);
}

static bool file_equal(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    return strcmp(x->path, y->path) == 0;
}

static const struct hash_table_kind kind = {file_hash, file_equal};

struct mhl_given *mhl_given_new(void)
{
    return calloc(1, sizeof(struct mhl_given));
}

static struct file *add_file(struct mhl_given *g, const char *path)
{
    size_t len = strlen(path) + 1;
    struct file *f = calloc(1, sizeof(*f) + len);

    if (!f)
        return NULL;
    memcpy(f->own, path, len);
    f->path = f->own;
    if (hash_table_add(&g->files, &kind, f) == 0)
        return f;
    free(f);
    return NULL;
}

int mhl_given_add(struct mhl_given *g, const char *path, uint64_t size, unsigned format,
                  const char *text)
{
    struct file *f = hash_table_find(&g->files, &kind, &(struct file){.path = path});

    if (!f)
        f = add_file(g, path);
    if (!f)
        return -ENOMEM;
    if (f->size != size) /* what was noted before is of another content */
        mhl_hashes_free(&f->hashes);
    f->size = size;
    return mhl_hashes_put(&f->hashes, format, text);
}

const struct mhl_hashes *mhl_given_find(const struct mhl_given *g, const char *path,
                                        uint64_t size, bool *ret_changed)
{
    const struct file *f =
        g ? hash_table_find(&g->files, &kind, &(struct file){.path = path}) : NULL;

    *ret_changed = f && f->size != size;
    return f ? &f->hashes : NULL;
}

void mhl_given_free(struct mhl_given *g)
{
    size_t at = 0;
    struct file *f;

    if (!g)
        return;
    while ((f = hash_table_next(&g->files, &at)))
        mhl_hashes_free(&f->hashes);
    hash_table_free(&g->files);
    free(g);
}
