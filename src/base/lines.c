#include "lines.h"

#include <stddef.h>
#include <string.h>

char *lines_next(struct lines *l)
{
    char *line = l->at;
    size_t n;

    if (line >= l->end)
        return NULL;
    n = l->nul ? strlen(line) : strcspn(line, "\r\n");
    l->at += n + 1 + (line[n] == '\r' && line[n + 1] == '\n');
    line[n] = '\0';
    l->number++;
    return line;
}

bool line_is_comment(const char *line)
{
    return *line == ';' || *line == '#';
}
