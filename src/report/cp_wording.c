#include "cp_wording_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status_priv.h"

/* The text of cp for the failure of an operation. */
struct wording {
    const char *op;
    const char *before; /* the text in front of the path */
    const char *after;  /* the text behind the path */
};

static const struct wording source_wordings[] = {
    {"open", "cannot open ", " for reading"},
    {"read", "error reading ", ""},
    {"read directory", "error reading directory ", ""},
    {"read symbolic link", "cannot read symbolic link ", ""},
    {"stat", "cannot stat ", ""},
    {NULL, NULL, NULL},
};

static const struct wording dest_wordings[] = {
    {"clone", "failed to clone ", ""},
    {"close", "failed to close ", ""},
    {"create", "cannot create regular file ", ""},
    {"make directory", "cannot create directory ", ""},
    {"make hard link", "cannot create hard link ", ""},
    {"make node", "cannot create special file ", ""},
    {"make symbolic link", "cannot create symbolic link ", ""},
    {"open", "cannot create regular file ", ""},
    {"open directory", "cannot create regular file ", ""},
    {"preserve extended attribute", "setting attributes for ", ""},
    {"preserve mode", "preserving permissions for ", ""},
    {"preserve owner", "failed to preserve ownership for ", ""},
    {"preserve times", "preserving times for ", ""},
    {"remove", "cannot remove ", ""},
    {"stat", "cannot stat ", ""},
    {"write", "error writing ", ""},
    {NULL, NULL, NULL},
};

/* NULL: cp has no text for the operation. */
static const struct wording *find_wording(const struct wording *w, const char *op)
{
    while (w->op && strcmp(w->op, op) != 0)
        w++;
    return w->op ? w : NULL;
}

/* w: NULL, or the wording; to: the other file of a link, or NULL. The caller frees the line;
 * NULL without memory. */
static char *make_line(const struct wording *w, const char *path, const char *to,
                       const struct failure *f)
{
    char *line, *reason = w ? report_status_why(f) : report_status_reason(f);
    int n;

    if (!reason)
        return NULL;
    if (w)
        n = asprintf(&line, "%s'%s'%s%s%s%s: %s", w->before, path, w->after, to ? " to '" : "",
                     to ? to : "", to ? "'" : "", reason);
    else
        n = asprintf(&line, "'%s': %s", path, reason);
    free(reason);
    return n < 0 ? NULL : line;
}

char *report_cp_source_line(const char *path, const struct failure *f)
{
    return make_line(f->op ? find_wording(source_wordings, f->op) : NULL, path, NULL, f);
}

char *report_cp_line(const char *path, const struct failure *f, const char *source, bool links)
{
    bool made = f->op && strncmp(f->op, "make ", 5) == 0;
    char *line;

    if (source && f->op && strcmp(f->op, "back up") == 0 && f->err == EEXIST)
        return asprintf(&line, "backing up '%s' might destroy source;  '%s' not copied", path,
                        source) < 0
                   ? NULL
                   : line;
    return make_line(f->op ? find_wording(dest_wordings, f->op) : NULL, path,
                     made && links ? source : NULL, f);
}
