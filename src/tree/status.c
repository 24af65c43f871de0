/* status: the state of the copy, as reports show it. See main_priv.h. */
#include "base/clock.h"
#include "main_priv.h"

/* Reports once of a destination that it has a reader of its own. */
static void check_lane(struct tree_main *m, unsigned d)
{
    struct dest_status *ds = &m->status.dests[d];

    if (ds->detached || stream_lane(m->tree->stream, d) == 0)
        return;
    report_verbose("%s: too slow for the others: it is served on its own", ds->path);
    ds->detached = true;
}

void tree_main_update_status(struct tree_main *m)
{
    struct copy_status *st = &m->status;

    st->seconds = (double)(clock_now_ms() - m->began_ms) / 1000;
    st->read_bytes = atomic_load(&m->tree->read_bytes);
    tree_look_at_totals(m);
    for (unsigned d = 0; d < st->n_dests; d++) {
        const struct tree_writer *w = &m->tree->writers[d];
        struct dest_status *ds = &st->dests[d];

        ds->bytes = atomic_load(&w->view.bytes);
        ds->written = atomic_load(&w->view.written);
        ds->files = atomic_load(&w->view.files);
        ds->files_equal = atomic_load(&w->view.files_equal);
        ds->links = atomic_load(&w->view.links);
        ds->symlinks = atomic_load(&w->view.symlinks);
        ds->directories = atomic_load(&w->view.directories);
        ds->files_skipped = atomic_load(&w->view.files_skipped);
        ds->resumed = atomic_load(&w->view.resumed);
        check_lane(m, d);
        if (ds->state == DEST_COPYING && atomic_load(&w->over) && w->complete &&
            m->dests[d].n_failed == 0)
            ds->state = DEST_DONE; /* as far as is known */
    }
}
