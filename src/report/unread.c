#include "unread_priv.h"

#include <errno.h>
#include <string.h>

#include "message_priv.h"

/* So many ranges are named. JSON has all of them. */
#define LINES 20u

/* See blk_errors[], block/blk-core.c, Linux 6.18. */
static const char *reason(int err)
{
    return err == ENODATA     ? "the device reports a medium error"
           : err == EILSEQ    ? "the device reports wrong checksums"
           : err == EREMOTEIO ? "the device reports a critical error"
                              : strerror(err);
}

void report_unread_write(const char *program, const struct bad_ranges *bad)
{
    unsigned long long bytes = 0;
    struct message m;

    for (size_t i = 0; i < bad->n; i++) {
        const struct bad_range *r = &bad->v[i];

        bytes += r->length;
        if (i >= LINES)
            continue;
        report_message_begin(&m);
        fprintf(m.f, "%s: ", program);
        report_message_escaped(m.f, r->path);
        fprintf(m.f,
                ": %llu bytes at %llu could not be read, and are zeros in the copies: %s\n",
                (unsigned long long)r->length, (unsigned long long)r->offset, reason(r->err));
        report_message_end(&m);
    }
    if (bad->n <= LINES)
        return;
    report_message_begin(&m);
    fprintf(m.f, "%s: %zu more ranges could not be read; %llu bytes in all\n", program,
            bad->n - LINES, bytes);
    report_message_end(&m);
}
