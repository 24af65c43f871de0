#include "path_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int path_buffer_put(struct path_buffer *t, size_t len, const char *text)
{
    size_t n = strlen(text);

    if (len + n + 1 > t->room) {
        size_t room = 2 * (len + n + 1);
        char *bytes = realloc(t->bytes, room);

        if (!bytes)
            return -ENOMEM;
        t->bytes = bytes;
        t->room = room;
    }
    memcpy(t->bytes + len, text, n + 1);
    t->len = len + n;
    return 0;
}

int path_buffer_enter(struct path_buffer *t, size_t len, const char *name)
{
    int r = 0;

    if (name[0] == '\0') {
        t->bytes[len] = '\0';
        t->len = len;
        return 0;
    }
    if (len == 0 || t->bytes[len - 1] != '/') {
        r = path_buffer_put(t, len, "/");
        len++;
    }
    return r < 0 ? r : path_buffer_put(t, len, name);
}

size_t path_buffer_end(const struct path_buffer *t)
{
    size_t end = t->len;

    while (end > 0 && t->bytes[end - 1] == '/')
        end--;
    return end;
}

int path_buffer_copy(const struct path_buffer *t, struct path_buffer *ret)
{
    if (!t->bytes)
        return 0;
    ret->bytes = malloc(t->len + 1);
    if (!ret->bytes)
        return -ENOMEM;
    memcpy(ret->bytes, t->bytes, t->len + 1);
    ret->len = t->len;
    ret->room = t->len + 1;
    return 0;
}

void path_buffer_free(struct path_buffer *t)
{
    free(t->bytes);
    *t = (struct path_buffer){0};
}
