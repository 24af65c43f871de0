#include "report_cp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_status.h"

struct wording {
    const char *op;
    const char *words; /* for what stands before the path */
    const char *after; /* and behind it */
};

static const struct wording of_source[] = {
    {"open", "cannot open ", " for reading"},
    {"read", "error reading ", ""},
    {"read directory", "error reading directory ", ""},
    {"read symbolic link", "cannot read symbolic link ", ""},
    {"stat", "cannot stat ", ""},
    {NULL, NULL, NULL},
};

static const struct wording of_destination[] = {
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

static const struct wording *find(const struct wording *w, const char *op)
{
    while (w->op && strcmp(w->op, op) != 0)
        w++;
    return w->op ? w : NULL;
}

char *report_cp_line(const char *path, const struct failure *f, bool is_source)
{
    const struct wording *w =
        f->op ? find(is_source ? of_source : of_destination, f->op) : NULL;
    char *line, *reason;
    int n;

    if (w) {
        n = asprintf(&line, "%s'%s'%s: %s%s%s%s", w->words, path, w->after, strerror(f->err),
                     f->message ? " (" : "", f->message ? f->message : "",
                     f->message ? ")" : "");
        return n < 0 ? NULL : line;
    }
    reason = report_status_reason(f);
    if (!reason)
        return NULL;
    n = asprintf(&line, "'%s': %s", path, reason);
    free(reason);
    return n < 0 ? NULL : line;
}
