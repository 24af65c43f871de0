#include "directory_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_text(struct mhl_texts *t, const char *text)
{
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 4;
        char **more = realloc(t->text, room * sizeof(char *));

        if (!more)
            return -ENOMEM;
        t->text = more;
        t->room = room;
    }
    t->text[t->n] = strdup(text);
    if (!t->text[t->n])
        return -ENOMEM;
    t->n++;
    return 0;
}

/* The value of an entry in the structure: the hash of its name and the bytes of its hash. */
static int name_hash(unsigned format, const char *name, const char *text,
                     char ret[DIGEST_TEXT_SIZE])
{
    struct digest *digest = digest_new(mhl_algorithm(format));
    unsigned char value[MHL_MAX_VALUE];
    int r = -ENOMEM;

    if (digest) {
        digest_update(digest, name, strlen(name));
        digest_update(digest, value, mhl_decode(format, text, value));
        r = digest_final(digest, ret);
    }
    digest_free(digest);
    return r;
}

static int add(struct mhl_directory *d, const char *name, const struct mhl_hashes *content,
               const struct mhl_hashes *structure, unsigned set)
{
    int r = 0;

    for (unsigned f = 0; f < MHL_FORMATS && r == 0; f++) {
        char text[DIGEST_TEXT_SIZE];

        if (!(set & 1u << f))
            continue;
        r = name_hash(f, name, structure->text[f], text);
        if (r == 0)
            r = add_text(&d->structure[f], text);
        if (r == 0)
            r = add_text(&d->content[f], content->text[f]);
    }
    return r;
}

int mhl_directory_add_file(struct mhl_directory *d, const char *name,
                           const struct mhl_hashes *hashes, unsigned set)
{
    return add(d, name, hashes, hashes, set);
}

int mhl_directory_add(struct mhl_directory *d, const char *name, const struct mhl_sums *sums,
                      unsigned set)
{
    return add(d, name, &sums->content, &sums->structure, set);
}

static int compare(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* The texts are sorted as they are written; what is hashed are the bytes that they stand for. */
static int hash_texts(struct mhl_texts *t, unsigned format, struct mhl_hashes *ret)
{
    struct digest *digest = digest_new(mhl_algorithm(format));
    unsigned char value[MHL_MAX_VALUE];
    char text[DIGEST_TEXT_SIZE];
    int r = -ENOMEM;

    if (t->n > 1)
        qsort(t->text, t->n, sizeof(*t->text), compare);
    for (size_t i = 0; digest && i < t->n; i++)
        digest_update(digest, value, mhl_decode(format, t->text[i], value));
    if (digest)
        r = digest_final(digest, text);
    digest_free(digest);
    return r == 0 ? mhl_hashes_put(ret, format, text) : r;
}

int mhl_directory_end(struct mhl_directory *d, unsigned set, struct mhl_sums *ret)
{
    int r = 0;

    for (unsigned f = 0; f < MHL_FORMATS && r == 0; f++) {
        if (!(set & 1u << f))
            continue;
        r = hash_texts(&d->content[f], f, &ret->content);
        if (r == 0)
            r = hash_texts(&d->structure[f], f, &ret->structure);
    }
    return r;
}

static void free_texts(struct mhl_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->text[i]);
    free(t->text);
    *t = (struct mhl_texts){NULL, 0, 0};
}

void mhl_directory_free(struct mhl_directory *d)
{
    for (unsigned f = 0; f < MHL_FORMATS; f++) {
        free_texts(&d->content[f]);
        free_texts(&d->structure[f]);
    }
}

void mhl_sums_free(struct mhl_sums *s)
{
    mhl_hashes_free(&s->content);
    mhl_hashes_free(&s->structure);
}
