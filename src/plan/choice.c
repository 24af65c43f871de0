#include "choice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/filter.h"
#include "base/interrupted.h"
#include "base/lines.h"
#include "base/name_list.h"
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

/* The same for a file that an option names. is_read: standard input has been read. */
static int read_named(const char *option, const char *path, bool *is_read, char **ret_text,
                      size_t *ret_len, char **ret_error)
{
    bool standard = strcmp(path, "-") == 0;
    int r;

    if (standard && *is_read)
        return usage_error(ret_error, "--%s=-: standard input can be read only once", option);
    *is_read |= standard;
    r = read_file(path, ret_text, ret_len);
    return r < 0 ? usage_error(ret_error, "--%s=%s: %s", option, path, strerror(-r)) : 0;
}

/* ---- filters ---- */

/* Adds the patterns of the lines. 0, or as filter_add(): *ret_line is the number of the line then. */
static int add_lines(struct filter *filter, struct lines l, bool include, unsigned *ret_line)
{
    const char *line;
    int r = 0;

    while (r == 0 && (line = lines_next(&l)))
        r = line_is_comment(line) ? 0 : filter_add(filter, line, include);
    *ret_line = l.number;
    return r;
}

static int add_file(struct filter *filter, const struct options *o,
                    const struct option_filter *f, bool *is_read, char **ret_error)
{
    const char *name = f->include ? "include-from" : "exclude-from";
    char *text = NULL;
    size_t len = 0;
    unsigned line;
    int r = read_named(name, f->text, is_read, &text, &len, ret_error);

    if (r < 0)
        return r;
    r = add_lines(filter, (struct lines){text, text + len, o->from0, 0}, f->include, &line);
    free(text);
    if (r == -EINVAL)
        return usage_error(ret_error, "--%s=%s: line %u has no pattern", name, f->text, line);
    return r;
}

static int add_pattern(struct filter *filter, const struct option_filter *f, char **ret_error)
{
    int r = filter_add(filter, f->text, f->include);

    if (r == -EINVAL)
        return usage_error(ret_error, "--%s='%s' has no pattern",
                           f->include ? "include" : "exclude", f->text);
    return r;
}

static int read_filter(struct options *o, bool *is_read, char **ret_error)
{
    int r = 0;

    if (o->n_filters == 0)
        return 0;
    o->filter = filter_new();
    if (!o->filter)
        return -ENOMEM;
    for (unsigned i = 0; r == 0 && i < o->n_filters; i++)
        r = o->filters[i].is_file ? add_file(o->filter, o, &o->filters[i], is_read, ret_error)
                                  : add_pattern(o->filter, &o->filters[i], ret_error);
    return r;
}

/* ---- names ---- */

/* Adds the names of the lines, and without --from0 no comments. */
static int add_names(struct options *o, struct lines l, char **ret_error)
{
    const char *line;

    while ((line = lines_next(&l))) {
        bool is_name = *line && (o->from0 || !line_is_comment(line));
        int r = is_name ? name_list_add(o->names, line) : 0;

        if (r == -EINVAL)
            return usage_error(ret_error, "--files-from=%s: line %u: '%s' leads out of SOURCE",
                               o->files_from, l.number, line);
        if (r < 0)
            return r;
    }
    name_list_end(o->names);
    return 0;
}

static int read_names(struct options *o, bool *is_read, char **ret_error)
{
    char *text = NULL;
    size_t len = 0;
    int r;

    if (!o->files_from)
        return 0;
    r = read_named("files-from", o->files_from, is_read, &text, &len, ret_error);
    if (r < 0)
        return r;
    o->names = name_list_new(o->recursive_below);
    r = o->names ? add_names(o, (struct lines){text, text + len, o->from0, 0}, ret_error)
                 : -ENOMEM;
    free(text);
    return r;
}

int plan_read_choice(struct options *o, char **ret_error)
{
    bool is_read = false;
    int r = read_filter(o, &is_read, ret_error);

    return r == 0 ? read_names(o, &is_read, ret_error) : r;
}
