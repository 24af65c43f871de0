#include "whole_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "display_priv.h"
#include "status_priv.h"

/* What the copies before have made of a destination. */
struct sum {
    uint64_t bytes, files, skipped, resumed;
    unsigned n_failed;
};

static struct {
    const struct report_whole *of; /* NULL: there is none */
    struct sum *sums;
    struct dest_status *dests; /* of status */
    struct copy_status status;
    uint64_t began_ms, read_bytes;
    unsigned n_ended; /* copies */
    double shown_at;  /* seconds, after the end of a copy */
} whole;

bool report_whole_is_on(void)
{
    return whole.of != NULL;
}

static uint64_t files_of(const struct copy_status *s, const struct dest_status *d)
{
    return s->tree ? d->files : d->state == DEST_DONE && !d->skipped;
}

static uint64_t skipped_of(const struct copy_status *s, const struct dest_status *d)
{
    return s->tree ? d->files_skipped : d->state == DEST_DONE && d->skipped;
}

/* Adds what a copy has made of its destination d. */
static void add(struct sum *sum, const struct copy_status *s, unsigned d)
{
    sum->bytes += s->dests[d].bytes;
    sum->files += files_of(s, &s->dests[d]);
    sum->skipped += skipped_of(s, &s->dests[d]);
    sum->resumed += s->dests[d].resumed;
}

/* What is known, with the copy that is under way; NULL: none is. */
static void fill(const struct copy_status *current)
{
    const struct report_whole *w = whole.of;
    struct copy_status *all = &whole.status;

    all->size_known = atomic_load(&w->counted);
    all->size = atomic_load(&w->bytes);
    all->files = atomic_load(&w->files);
    all->seconds = (double)(clock_now_ms() - whole.began_ms) / 1000;
    all->read_bytes = whole.read_bytes + (current ? current->read_bytes : 0);
    for (unsigned d = 0; d < w->n_dests; d++) {
        struct sum sum = whole.sums[d];

        if (current)
            add(&sum, current, d);
        whole.dests[d] = (struct dest_status){
            .path = w->paths[d],
            .bytes = sum.bytes,
            .files = sum.files,
            .files_skipped = sum.skipped,
            .resumed = sum.resumed,
        };
    }
}

const struct copy_status *report_whole_of(const struct copy_status *s)
{
    if (!whole.of || s->n_dests != whole.of->n_dests)
        return s;
    fill(s);
    return &whole.status;
}

void report_whole_add(const struct copy_status *s)
{
    if (!whole.of || s->n_dests != whole.of->n_dests)
        return;
    whole.n_ended++;
    whole.read_bytes += s->read_bytes;
    for (unsigned d = 0; d < s->n_dests; d++) {
        add(&whole.sums[d], s, d);
        whole.sums[d].n_failed += s->dests[d].state == DEST_FAILED;
    }
    fill(NULL); /* short copies have no progress of their own */
    if (report_display_interval_ms() >= 0 &&
        report_status_is_due(&whole.status, &whole.shown_at, report_display_interval_ms()))
        report_display_progress(&whole.status);
}

void report_whole_begin(const struct report_whole *w)
{
    whole.sums = calloc(w->n_dests, sizeof(*whole.sums));
    whole.dests = calloc(w->n_dests, sizeof(*whole.dests));
    if (whole.sums && whole.dests) {
        whole.of = w;
        whole.began_ms = clock_now_ms();
        whole.status = (struct copy_status){
            .source = "", .dests = whole.dests, .n_dests = w->n_dests, .tree = true};
        fill(NULL);
        report_display_start(&whole.status);
    } else { /* each copy has a progress of its own */
        free(whole.sums);
        free(whole.dests);
    }
}

void report_whole_end(void)
{
    const struct report_whole *w = whole.of;

    if (!w)
        return;
    fill(NULL);
    for (unsigned d = 0; d < w->n_dests; d++) {
        struct dest_status *all = &whole.dests[d];

        all->state = DEST_DONE;
        if (whole.sums[d].n_failed > 0)
            failure_format(&all->failure, NULL, EIO, "%u of %u copies", whole.sums[d].n_failed,
                           w->n_copies);
        all->by_source = whole.sums[d].n_failed == 0 && whole.n_ended < w->n_copies;
        if (all->failure.err || all->by_source)
            all->state = DEST_FAILED;
    }
    report_display_finish(&whole.status);
    free(whole.sums);
    free(whole.dests);
    whole.of = NULL;
}
