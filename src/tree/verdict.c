/* verdict: what the copy of a tree comes to: for the source, and for every destination. See
 * main_priv.h. */
#include <errno.h>

#include "main_priv.h"
#include "unmet_priv.h"

static void judge_source(struct tree_main *m)
{
    struct failure *f = &m->status.source_failure;

    for (unsigned i = 0; i < m->tree->max_readers; i++) {
        const struct tree_reader *r = tree_reader_at(m->tree, i);
        int error = r ? atomic_load(&r->error) : 0;

        if (error < 0)
            failure_set(f, "read", -error, FAILURE_NO_OFFSET, NULL);
    }
    bad_ranges_settle(&m->bad);
    if (m->bad_lost && f->err == 0)
        failure_set(f, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
    if (f->err || m->n_source_failed == 0)
        return;
    *f = m->source_first;
    if (m->n_source_failed == 1 && m->source_first.err == ETIMEDOUT)
        return;
    failure_format(f, NULL, m->source_first.err, "%u %s could not be read", m->n_source_failed,
                   m->n_source_failed == 1 ? "file or directory" : "files or directories");
}

static void judge_attrs(struct tree_main *m, unsigned d)
{
    struct tree_main_dest *dest = &m->dests[d];
    struct dest_status *ds = &m->status.dests[d];

    ds->attributes = attrs_any(&m->tree->o->preserve);
    ds->attributes_lost = atomic_load(&m->tree->writers[d].view.attrs_lost);
    if (dest->n_attrs == 0)
        return;
    failure_format(&dest->no_attrs, NULL, EPERM, "%u %s could not be preserved", dest->n_attrs,
                   dest->n_attrs == 1 ? "attribute" : "attributes");
    ds->attribute_failures = &dest->no_attrs;
    ds->n_attribute_failures = 1;
}

static void judge_dest(struct tree_main *m, unsigned d)
{
    const struct tree_writer *w = &m->tree->writers[d];
    const struct tree_main_dest *dest = &m->dests[d];
    struct dest_status *ds = &m->status.dests[d];
    struct failure f;

    ds->kept = dest->kept;
    if (ds->state == DEST_FAILED)
        return;
    if (dest->n_failed > 0) {
        failure_format(&f, NULL, dest->first.err, "%u %s could not be copied", dest->n_failed,
                       dest->n_failed == 1 ? "file or directory" : "files or directories");
        tree_main_fail_dest(m, d, &f);
    } else if (m->stopping && !(atomic_load(&w->over) && w->complete)) {
        failure_set(&f, NULL, m->signal ? EINTR : ECANCELED, FAILURE_NO_OFFSET,
                    m->signal ? "interrupted" : "stopped before it was complete");
        tree_main_fail_dest(m, d, &f);
    } else {
        ds->state = DEST_DONE;
        ds->durable = m->tree->o->fsync && plan_is_path(m->tree->copy, d);
    }
    judge_attrs(m, d);
}

/* Whether any destination has had all of the source. */
static bool was_read(const struct tree_main *m)
{
    for (unsigned d = 0; d < m->status.n_dests; d++)
        if (atomic_load(&m->tree->writers[d].over) && m->tree->writers[d].complete)
            return true;
    return false;
}

/* unmet_tell(): the listed names that the source does not have could not be read. */
static void on_unmet(void *arg, const char *path, const struct failure *f)
{
    struct tree_main *m = arg;

    tree_main_failed(m, tree_who_is_source(m->tree), path, f);
}

void tree_main_judge(struct tree_main *m)
{
    if (!m->stopping && was_read(m))
        unmet_tell(m->tree->o, m->tree->copy->source, on_unmet, m);
    judge_source(m);
    if (m->status.source_failure.err || m->signal)
        m->status.hashes = (struct digest_values){0};
    for (unsigned d = 0; d < m->status.n_dests; d++)
        judge_dest(m, d);
}
