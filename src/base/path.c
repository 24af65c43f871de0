#include "path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t path_end(const char *path)
{
    size_t end = strlen(path);

    while (end > 0 && path[end - 1] == '/')
        end--;
    return end;
}

char *path_last(const char *path)
{
    size_t end = path_end(path), start;

    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        ;
    return strndup(path + start, end - start);
}

char *path_directory(const char *path)
{
    size_t end = path_end(path);

    while (end > 0 && path[end - 1] != '/')
        end--;
    return end > 0 ? strndup(path, end) : strdup(".");
}

char *path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    const char *slash = n > 0 && dir[n - 1] == '/' ? "" : "/";
    char *joined;

    return asprintf(&joined, "%s%s%s", dir, slash, name) < 0 ? NULL : joined;
}

char *path_strip(const char *path)
{
    size_t end = path_end(path);

    return strndup(path, end > 0 || path[0] == '\0' ? end : 1);
}

/* Moves *path behind the slashes at its start. Returns the length of the component there; 0:
 * there is none. */
static size_t component(const char **path)
{
    *path += strspn(*path, "/");
    return strcspn(*path, "/");
}

char *path_clean(const char *path)
{
    char *clean = malloc(strlen(path) + 2), *end = clean;
    size_t n;

    if (!clean)
        return NULL;
    if (path[0] == '/')
        *end++ = '/';
    for (; (n = component(&path)) > 0; path += n) {
        if (n == 1 && path[0] == '.')
            continue;
        if (end > clean && end[-1] != '/')
            *end++ = '/';
        memcpy(end, path, n);
        end += n;
    }
    if (end == clean)
        *end++ = '.';
    *end = '\0';
    return clean;
}

bool path_goes_up(const char *path)
{
    size_t n;

    for (; (n = component(&path)) > 0; path += n)
        if (n == 2 && path[0] == '.' && path[1] == '.')
            return true;
    return false;
}

unsigned path_count(const char *path)
{
    unsigned count = 0;
    size_t n;

    for (; (n = component(&path)) > 0; path += n)
        count++;
    return count;
}
