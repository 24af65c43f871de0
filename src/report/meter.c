#include "meter_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "status_priv.h"

#define RATE_WINDOW_SECONDS 2.5 /* a rate is the average over the last one or two windows */

/* Where files have fewer bytes than this, the number of files says more than that of bytes. */
#define SMALL_FILE (64u << 10)

/* Two samples of one destination, [0] the older one. The rate is measured from the older
 * one. */
struct meter {
    double since[2];   /* seconds */
    uint64_t bytes[2]; /* at that time */
    uint64_t files[2];
    double finished; /* seconds when it was first found to be done, or 0 */
};

static struct meter *meters; /* per destination of the running copy, or NULL */
static unsigned n_meters;

void report_meter_reset(unsigned n)
{
    free(meters);
    meters = n > 0 ? calloc(n, sizeof(*meters)) : NULL;
    n_meters = meters != NULL ? n : 0;
}

void report_meter_update(const struct copy_status *s)
{
    for (unsigned i = 0; i < s->n_dests && i < n_meters; i++) {
        struct meter *m = &meters[i];

        if (s->dests[i].state == DEST_DONE && m->finished <= 0)
            m->finished = s->seconds;
        if (s->seconds - m->since[1] < RATE_WINDOW_SECONDS)
            continue;
        m->since[0] = m->since[1];
        m->bytes[0] = m->bytes[1];
        m->files[0] = m->files[1];
        m->since[1] = s->seconds;
        m->bytes[1] = s->dests[i].bytes;
        m->files[1] = s->dests[i].files;
    }
}

/* The recent rates in bytes and files per second; for a destination that is done, the averages; 0
 * if they are not known. */
static double rates_of(const struct copy_status *s, unsigned d, double *ret_files)
{
    static const struct meter none = {.finished = 0};
    const struct meter *m = d < n_meters ? &meters[d] : &none;
    const struct dest_status *dest = &s->dests[d];
    bool done = m->finished > 0;
    double seconds = done ? m->finished : s->seconds - m->since[0];
    uint64_t before = done ? 0 : m->bytes[0], files_before = done ? 0 : m->files[0];

    if (before < dest->resumed)
        before = dest->resumed;
    *ret_files = seconds > 0 && dest->files > files_before
                     ? (double)(dest->files - files_before) / seconds
                     : 0;
    return seconds > 0 && dest->bytes > before ? (double)(dest->bytes - before) / seconds : 0;
}

/* For a tree of small files: "5123 files/s". */
static void rate_text(char *text, size_t size, bool tree, double bytes, double files)
{
    char number[16];

    if (tree && files >= 1 && bytes / files < SMALL_FILE) {
        snprintf(text, size, "%.0f files/s", files);
        return;
    }
    text_human(number, sizeof(number), bytes);
    snprintf(text, size, "%s/s", number);
}

/* The size of a tree is an estimate, so a tree is at 100 % only when it is done. Skipped files
 * have no bytes, so with them the percentage is that of the files. */
static void percent_text(char *text, size_t size, const struct copy_status *s,
                         const struct dest_status *dest)
{
    bool by_files = dest->files_skipped > 0;
    uint64_t have = by_files ? dest->files + dest->files_skipped : dest->bytes;
    uint64_t all = by_files ? s->files : s->size;

    if (s->tree && dest->state == DEST_DONE)
        snprintf(text, size, "100%%");
    else if (!s->size_known)
        snprintf(text, size, "?");
    else if (have < all)
        snprintf(text, size, "%u%%", (unsigned)((double)have / (double)all * 100) % 100);
    else
        snprintf(text, size, s->tree ? "99%%" : "100%%");
}

static void files_text(char *text, size_t size, const struct copy_status *s,
                       const struct dest_status *dest)
{
    if (s->size_known && dest->state != DEST_DONE)
        snprintf(text, size, "%llu/%llu files", (unsigned long long)dest->files,
                 (unsigned long long)s->files);
    else
        snprintf(text, size, "%llu files", (unsigned long long)dest->files);
}

/* seconds: negative if not known. */
static void eta_text(char *text, size_t size, double seconds)
{
    unsigned t;

    if (seconds < 0 || seconds >= 100 * 3600) {
        snprintf(text, size, "ETA -:--");
        return;
    }
    t = (unsigned)(seconds + 0.999);
    if (t >= 3600)
        snprintf(text, size, "ETA %u:%02u:%02u", t / 3600, t / 60 % 60, t % 60);
    else
        snprintf(text, size, "ETA %u:%02u", t / 60, t % 60);
}

static void state_text(char *text, size_t size, const struct dest_status *dest)
{
    if (dest->state != DEST_FAILED)
        snprintf(text, size, "%s", report_status_name(dest));
    else if (dest->by_source)
        snprintf(text, size, "stopped");
    else
        snprintf(text, size, "failed: %s",
                 dest->failure.op != NULL ? strerror(dest->failure.err)
                                          : dest->failure.message);
}

void report_meter_text(struct meter_text *t, const struct copy_status *s, unsigned d)
{
    const struct dest_status *dest = &s->dests[d];
    double files, rate = rates_of(s, d, &files);
    double left = s->size > dest->bytes ? (double)(s->size - dest->bytes) : 0;

    *t = (struct meter_text){.failed = dest->state == DEST_FAILED};
    percent_text(t->percent, sizeof(t->percent), s, dest);
    text_human(t->bytes, sizeof(t->bytes), (double)dest->bytes);
    if (!t->failed)
        rate_text(t->rate, sizeof(t->rate), s->tree, rate, files);
    if (s->tree)
        files_text(t->files, sizeof(t->files), s, dest);
    if ((dest->state == DEST_COPYING || dest->state == DEST_VERIFYING) &&
        (s->size_known || !s->tree))
        eta_text(t->eta, sizeof(t->eta), s->size_known && rate > 0 ? left / rate : -1);
    state_text(t->state, sizeof(t->state), dest);
}
