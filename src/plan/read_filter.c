#include "read_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/filter.h"
#include "base/interrupted.h"
#include "cli/usage_error.h"

#define PIECE 65536 /* bytes that are read at once, at least */

/* Reads all of a file. *ret_text ends with a NUL; the caller frees it. 0 or a negative errno. */
static int read_all(int fd, char **ret_text, size_t *ret_len)
{
    char *text = NULL;
    size_t len = 0, room = 0;

    for (;;) {
        ssize_t n;

        if (room - len < PIECE) {
            char *more = realloc(text, room = 2 * room + 2 * PIECE);

            if (!more) {
                free(text);
                return -ENOMEM;
            }
            text = more;
        }
        n = UNINTERRUPTED(read(fd, text + len, room - len - 1));
        if (n < 0) {
            int r = -errno;

            free(text);
            return r;
        }
        len += (size_t)n;
        text[len] = '\0';
        if (n == 0)
            break;
    }
    *ret_text = text;
    *ret_len = len;
    return 0;
}

static int read_file(const char *path, char **ret_text, size_t *ret_len)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : UNINTERRUPTED(open(path, O_RDONLY | O_CLOEXEC));
    int r = fd < 0 ? -errno : read_all(fd, ret_text, ret_len);

    if (!standard)
        (void)fd_close(&fd);
    return r;
}

static int add_file(struct options *o, const struct option_filter *f, char **ret_error)
{
    const char *name = f->include ? "include-from" : "exclude-from";
    char *text = NULL;
    size_t len = 0;
    unsigned line;
    int r = read_file(f->text, &text, &len);

    if (r < 0)
        return usage_error(ret_error, "--%s=%s: %s", name, f->text, strerror(-r));
    r = filter_add_lines(o->filter, text, len, f->include, o->from0, &line);
    free(text);
    if (r == -EINVAL)
        return usage_error(ret_error, "--%s=%s: line %u has no pattern", name, f->text, line);
    return r;
}

static int add_pattern(struct options *o, const struct option_filter *f, char **ret_error)
{
    int r = filter_add(o->filter, f->text, f->include);

    if (r == -EINVAL)
        return usage_error(ret_error, "--%s='%s' has no pattern",
                           f->include ? "include" : "exclude", f->text);
    return r;
}

int plan_read_filter(struct options *o, char **ret_error)
{
    int r = 0;

    if (o->n_filters == 0)
        return 0;
    o->filter = filter_new();
    if (!o->filter)
        return -ENOMEM;
    for (unsigned i = 0; r == 0 && i < o->n_filters; i++)
        r = o->filters[i].is_file ? add_file(o, &o->filters[i], ret_error)
                                  : add_pattern(o, &o->filters[i], ret_error);
    return r;
}
