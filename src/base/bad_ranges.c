#include "bad_ranges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int bad_ranges_add(struct bad_ranges *b, const char *path, uint64_t offset, uint64_t length,
                   int err)
{
    struct bad_range *last = b->n > 0 ? &b->v[b->n - 1] : NULL;
    struct bad_range new = {.offset = offset, .length = length, .err = err};

    if (last && last->err == err && last->offset + last->length == offset &&
        strcmp(last->path, path) == 0) {
        last->length += length;
        return 0;
    }
    if (!b->v || b->n == b->room) {
        size_t room = b->room ? 2 * b->room : 16;
        struct bad_range *v = reallocarray(b->v, room, sizeof(*v));

        if (!v)
            return -ENOMEM;
        b->v = v;
        b->room = room;
    }
    new.path = strdup(path);
    if (!new.path)
        return -ENOMEM;
    b->v[b->n] = new;
    b->n++;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct bad_range *x = a, *y = b;
    int by_path = strcmp(x->path, y->path);

    return by_path != 0 ? by_path : x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Whether b, which does not begin before a, adds to it; a takes it over. */
static bool join(struct bad_range *a, const struct bad_range *b)
{
    uint64_t end = b->offset + b->length;

    if (strcmp(a->path, b->path) != 0 || b->offset > a->offset + a->length ||
        (b->offset == a->offset + a->length && b->err != a->err))
        return false;
    if (end > a->offset + a->length)
        a->length = end - a->offset;
    return true;
}

void bad_ranges_settle(struct bad_ranges *b)
{
    size_t n = 0;

    if (b->n == 0)
        return;
    qsort(b->v, b->n, sizeof(*b->v), compare);
    for (size_t i = 0; i < b->n; i++) {
        if (n > 0 && join(&b->v[n - 1], &b->v[i]))
            free(b->v[i].path);
        else
            b->v[n++] = b->v[i];
    }
    b->n = n;
}

void bad_ranges_free(struct bad_ranges *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->v[i].path);
    free(b->v);
    *b = (struct bad_ranges){0};
}
