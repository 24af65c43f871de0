#include "status_priv.h"

#include <stdio.h>
#include <string.h>

const char *report_status_name(const struct dest_status *d)
{
    static const char *const names[] = {
        [DEST_COPYING] = "copying",
        [DEST_FLUSHING] = "flushing",
        [DEST_DONE] = "done",
        [DEST_FAILED] = "failed",
    };

    return d->state == DEST_FAILED && d->kept > 0 ? "partial" : names[d->state];
}

char *report_status_reason(const struct failure *f)
{
    char at[32] = "";
    char *text;
    int n;

    if (f->op == NULL)
        return strdup(f->message);
    if (f->offset != FAILURE_NO_OFFSET)
        snprintf(at, sizeof(at), " at %llu", (unsigned long long)f->offset);
    if (f->message[0])
        n = asprintf(&text, "%s%s: %s (%s)", f->op, at, strerror(f->err), f->message);
    else
        n = asprintf(&text, "%s%s: %s", f->op, at, strerror(f->err));
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
