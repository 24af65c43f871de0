/* failures: failures of single files and of whole destinations are counted and reported, and so
 * are what was made, and hashes. See main_priv.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/path_probe.h"
#include "main_priv.h"
#include "mhl/mhl.h"
#include "report/manifest.h"

/* So many files are named that a full destination has no space for, and so many attributes that
 * its file system does not have. There may be as many as are still to come. */
#define LINES 10

void tree_main_made(const struct tree_main *m, unsigned d, const char *path)
{
    char *source = *path ? tree_source_of(m->tree, d, path) : NULL; /* "": without memory */

    if (source)
        report_made(source, path);
    free(source);
}

/* The destination that a message is about; NULL: not a single one. */
static const char *dest_of(const struct tree *t, unsigned who)
{
    unsigned n = t->copy->n_dests, d = who > n ? who - tree_who_for_attrs(t, 0) : who;

    return d < n ? t->copy->dests[d] : NULL;
}

/* Whether the same failure of the source was met before: by another reader, or when the file was
 * read to be compared. */
static bool is_reported(struct tree_main *m, unsigned who, const char *path,
                        const struct failure *f)
{
    const struct tree *t = m->tree;
    struct failure about = *f;

    if ((t->max_readers == 1 && !t->o->standing.checksum) ||
        (who != tree_who_is_source(t) && who != tree_who_for_attrs(t, t->copy->n_dests)))
        return false;
    if (who == tree_who_is_source(t)) /* the engines use other words for it */
        (void)failure_set(&about, NULL, f->err, FAILURE_NO_OFFSET, "");
    return reported_before(&m->reported, who, path, &about);
}

/* Counts the failure for the verdict. */
static void count(struct tree_main *m, unsigned who, const struct failure *f)
{
    unsigned n = m->status.n_dests;

    if (who == tree_who_is_source(m->tree)) {
        if (m->n_source_failed++ == 0)
            m->source_first = *f;
    } else if (who < n) {
        if (m->dests[who].n_failed++ == 0)
            m->dests[who].first = *f;
    } else {
        for (unsigned d = 0; d < n; d++)
            if (who == tree_who_for_attrs(m->tree, d) || who == tree_who_for_attrs(m->tree, n))
                m->dests[d].n_attrs++;
    }
}

/* Counts a failure in *n. Whether it is not to be named any more: it comes after LINES others. */
static bool is_one_too_many(const struct tree_main *m, unsigned *n, unsigned d,
                            const char *what)
{
    if (m->tree->o->verbose || (*n)++ < LINES)
        return false;
    if (*n == LINES + 1)
        report_error("%s: %s is only counted (-v names it)", m->tree->copy->dests[d], what);
    return true;
}

/* Whether the failure is only counted: of a full destination, or of a file system that does not
 * have the attribute. */
static bool is_only_counted(struct tree_main *m, unsigned who, int err)
{
    unsigned n = m->status.n_dests, first = tree_who_for_attrs(m->tree, 0);

    if (who < n && (err == ENOSPC || err == EDQUOT))
        return is_one_too_many(m, &m->dests[who].n_full, who,
                               "it is full: what else has no room");
    if (who >= first && who - first < n && err == EOPNOTSUPP)
        return is_one_too_many(m, &m->dests[who - first].n_unsupported, who - first,
                               "it does not hold all attributes: what else is not preserved");
    return false;
}

static void print(const struct tree *t, unsigned who, const char *path, const struct failure *f)
{
    char *source;

    if (who == tree_who_is_source(t)) {
        report_source_failure(path, f);
        return;
    }
    source = who < t->copy->n_dests ? tree_source_of(t, who, path) : NULL;
    report_failure(source, path, f);
    free(source);
}

/* What is to be left out of the list. A directory of the source that could not be read to its end
 * is not: the files in it that were copied are right. */
static void note_loss(const struct tree_main *m, unsigned who, const char *path)
{
    const struct tree *t = m->tree;

    if (who < t->copy->n_dests)
        manifest_lost(t->copy->list, who, path + path_end(t->writers[who].root));
    else if (who == tree_who_is_source(t))
        manifest_drop(t->copy->list, path + path_end(t->root));
}

void tree_main_failed(struct tree_main *m, unsigned who, const char *path,
                      const struct failure *f)
{
    const struct tree *t = m->tree;
    bool attribute = who > tree_who_is_source(t);

    if (!*path) /* there was no memory for it */
        path = dest_of(t, who) ? dest_of(t, who) : t->copy->source;
    if (is_reported(m, who, path, f))
        return;
    if (f->warning) {
        m->status.n_changed++;
        report_source_changed(t->copy->source, path, f);
        return;
    }
    report_file_failed(t->copy->source, dest_of(t, who), path, f, attribute);
    if (t->copy->list)
        note_loss(m, who, path);
    count(m, who, f);
    if (!is_only_counted(m, who, f->err))
        print(t, who, path, f);
    if (t->o->stop_on_error && !m->stopping && !attribute)
        tree_main_stop(m);
}

void tree_main_zeroed(struct tree_main *m, const char *path, uint64_t offset, uint64_t length,
                      int err)
{
    const char *known = *path ? path : m->tree->copy->source; /* there was no memory for it */

    if (bad_ranges_add(&m->bad, known, offset, length, err) < 0)
        m->bad_lost = true;
    if (m->tree->copy->verify)
        verify_add_bad(m->tree->copy->verify, known, offset, length, err);
    m->status.bad = &m->bad;
}

static void take_zeroed(struct tree_main *m, const struct queued_message *q)
{
    const struct tree_zeroed *z = q->note;

    tree_main_zeroed(m, q->path, z->offset, z->length, z->err);
}

/* Notes the hashes of a file for --mhl. */
static void give_hashes(struct tree_main *m, const char *path,
                        const struct digest_values *values)
{
    unsigned wanted = options_mhl_hashes(m->tree->o) & values->algorithms;
    const char *text[MHL_FORMATS] = {NULL};

    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++)
        if (wanted & 1u << i)
            text[mhl_format_find(digest_table[i].name)] = values->text[i];
    /* If it cannot be kept, the copy is read for its hash. */
    (void)mhl_given_add(m->given, path + strspn(path, "/"), values->bytes, text);
}

static void take_hashes(struct tree_main *m, const char *path,
                        const struct digest_values *values)
{
    const struct plan_copy *copy = m->tree->copy;
    const char *below = path + path_end(m->tree->root);

    report_file_hashed(copy->source, path, values);
    if (strcmp(path, copy->source) == 0) /* it is no directory */
        m->status.hashes = *values;
    if (copy->list)
        manifest_add(copy->list, copy->listed, below, values);
    if (m->given)
        give_hashes(m, below, values);
}

void tree_main_take_messages(struct tree_main *m)
{
    struct queued_message *q;

    while ((q = message_queue_take(m->tree->messages))) {
        if (q->note && q->who == tree_who_for_zeros(m->tree))
            take_zeroed(m, q);
        else if (q->note)
            take_hashes(m, q->path, q->note);
        else if (q->failure.err)
            tree_main_failed(m, q->who, q->path, &q->failure);
        else
            tree_main_made(m, q->who, q->path);
        message_queue_give_back(m->tree->messages, q);
    }
}

void tree_main_fail_dest(struct tree_main *m, unsigned d, const struct failure *f)
{
    struct dest_status *ds = &m->status.dests[d];

    if (ds->state == DEST_FAILED)
        return;
    ds->state = DEST_FAILED;
    ds->failure = *f;
    report_dest_failed(&m->status, d);
    if (f->err == ETIMEDOUT)
        path_probe_add_silent(m->tree->copy->dests[d]);
    if (m->tree->o->stop_on_error && !m->stopping)
        tree_main_stop(m);
}
