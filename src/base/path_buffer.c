#include "path_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int path_buffer_put(struct path_buffer *p, size_t len, const char *text)
{
    size_t n = strlen(text);

    if (len + n + 1 > p->room) {
        size_t room = 2 * (len + n + 1);
        char *bytes = realloc(p->bytes, room);

        if (!bytes)
            return -ENOMEM;
        p->bytes = bytes;
        p->room = room;
    }
    memcpy(p->bytes + len, text, n + 1);
    p->len = len + n;
    return 0;
}

int path_buffer_enter(struct path_buffer *p, size_t len, const char *name)
{
    int r = 0;

    if (name[0] == '\0') {
        p->bytes[len] = '\0';
        p->len = len;
        return 0;
    }
    if (len == 0 || p->bytes[len - 1] != '/') {
        r = path_buffer_put(p, len, "/");
        len++;
    }
    return r < 0 ? r : path_buffer_put(p, len, name);
}

size_t path_buffer_end(const struct path_buffer *p)
{
    size_t end = p->len;

    while (end > 0 && p->bytes[end - 1] == '/')
        end--;
    return end;
}

int path_buffer_copy(const struct path_buffer *p, struct path_buffer *ret)
{
    if (!p->bytes)
        return 0;
    ret->bytes = malloc(p->len + 1);
    if (!ret->bytes)
        return -ENOMEM;
    memcpy(ret->bytes, p->bytes, p->len + 1);
    ret->len = p->len;
    ret->room = p->len + 1;
    return 0;
}

void path_buffer_free(struct path_buffer *p)
{
    free(p->bytes);
    *p = (struct path_buffer){0};
}
