/* choose: what a filter leaves of a tree. Reads lines:
 *
 *     +PATTERN, -PATTERN   adds a pattern to the filter, as --include and --exclude
 *     d PATH, f PATH       an entry, directories before what is in them: printed if it is chosen
 *     .                    prints a "." and begins with an empty filter */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filter.h"

/* A path that was left out, with a slash at its end; "": none. */
static char left_out[4096];

static void ask(const struct filter *f, bool is_directory, const char *path)
{
    if (left_out[0] && strncmp(path, left_out, strlen(left_out)) == 0)
        return;
    if (!filter_leaves_out(f, path, is_directory))
        puts(path);
    else if (is_directory)
        (void)snprintf(left_out, sizeof left_out, "%s/", path);
}

int main(void)
{
    struct filter *f = filter_new();
    char *line = NULL;
    size_t room = 0;

    while (f && getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        switch (line[0]) {
        case '+':
        case '-':
            if (filter_add(f, line + 1, line[0] == '+') < 0)
                return 1;
            break;
        case '.':
            puts(".");
            filter_free(f);
            f = filter_new();
            left_out[0] = '\0';
            break;
        default:
            ask(f, line[0] == 'd', line + 2);
        }
    }
    filter_free(f);
    free(line);
    return f ? 0 : 1;
}
