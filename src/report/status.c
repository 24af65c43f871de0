#include "status_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *report_status_name(const struct dest_status *d)
{
    static const char *const names[] = {
        [DEST_COPYING] = "copying",     [DEST_READING] = "reading",
        [DEST_VERIFYING] = "verifying", [DEST_FLUSHING] = "flushing",
        [DEST_DONE] = "done",           [DEST_FAILED] = "failed",
    };

    return d->state == DEST_FAILED && d->kept > 0 ? "partial" : names[d->state];
}

/* What the error's text does not say where there is no message. Some file systems have errors of
 * their own for names in another encoding (exFAT has EOVERFLOW, Linux 6.18). No file can be made
 * where the user has no number on the mount (EOVERFLOW; may_o_create(), fs/namei.c, 6.18). */
static const char *explanation(const struct failure *f)
{
    if (f->message[0] || f->offset != FAILURE_NO_OFFSET || strncmp(f->op, "preserve", 8) == 0)
        return f->message;
    if (f->err == EOVERFLOW)
        return "the file system cannot hold the name, or no files of this user";
    return f->err == EILSEQ ? "the file system cannot hold the name" : "";
}

char *report_status_why(const struct failure *f)
{
    const char *message;
    char *text;
    int n;

    /* With ESTALE other rooms say that something is not what it was. */
    if (f->op == NULL || (f->message[0] && f->err == ESTALE))
        return strdup(f->message);
    message = explanation(f);
    n = asprintf(&text, "%s%s%s%s", strerror(f->err), message[0] ? " (" : "", message,
                 message[0] ? ")" : "");
    return n >= 0 ? text : NULL;
}

char *report_status_reason(const struct failure *f)
{
    char *why = report_status_why(f), *text;
    char at[32] = "";
    int n;

    if (f->op == NULL || why == NULL)
        return why;
    if (f->offset != FAILURE_NO_OFFSET)
        snprintf(at, sizeof(at), " at %llu", (unsigned long long)f->offset);
    n = asprintf(&text, "%s%s: %s", f->op, at, why);
    free(why);
    return n >= 0 ? text : NULL;
}

uint64_t report_status_bytes(const struct copy_status *s)
{
    uint64_t most = 0;

    if (s->size_known && !s->tree)
        return s->size;
    for (unsigned i = 0; i < s->n_dests; i++) {
        if (s->dests[i].bytes > most)
            most = s->dests[i].bytes;
    }
    return most;
}

bool report_status_is_due(const struct copy_status *s, double *last, int interval_ms)
{
    /* The main loop's timer is not exact. */
    if (s->seconds - *last < interval_ms / 1000.0 - 0.05)
        return false;
    *last = s->seconds;
    return true;
}
