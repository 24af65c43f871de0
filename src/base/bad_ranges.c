#include "bad_ranges.h"

#include <errno.h>
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
    if (b->n == b->room) {
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
    b->v[b->n++] = new;
    return 0;
}

void bad_ranges_free(struct bad_ranges *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->v[i].path);
    free(b->v);
    *b = (struct bad_ranges){0};
}
