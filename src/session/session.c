/* session: the order of events. See session.h. */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "report/manifest.h"
#include "session_priv.h"

/* ---- life ---- */

static void session_free(struct session *s)
{
    session_release_memory(s);
    if (s->news_fd >= 0)
        close(s->news_fd);
    for (unsigned d = 0; s->dests && d < s->copy->n_dests; d++)
        ranges_free(&s->dests[d].held);
    free(s->dests);
    session_calls_free(s->calls, s->copy->n_dests);
    free(s->demands);
    free(s->views);
    free(s->status.dests);
    bad_ranges_free(&s->bad);
    rescue_map_free(&s->map);
    attrs_free(&s->attrs);
    bmap_free(&s->bmap);
    free(s);
}

static struct session *session_new(const struct options *o, const struct plan_copy *copy,
                                   const struct session_file *file, int signal_fd)
{
    size_t n = copy->n_dests;
    struct session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->o = o;
    s->copy = copy;
    s->file = file;
    s->rate.limit = o->bwlimit;
    s->signal_fd = signal_fd;
    s->began_ms = s->shown_ms = clock_now_ms();
    /* Before any destination can have taken the last descriptor. */
    s->news_fd = event_create();
    s->dests = calloc(n, sizeof *s->dests);
    s->calls = session_calls_new(s, copy->n_dests);
    s->demands = calloc(n, sizeof *s->demands);
    s->views = calloc(n + 1, sizeof *s->views); /* the hasher has one, too */
    s->status.dests = calloc(n, sizeof *s->status.dests);
    s->status.source = copy->source;
    s->status.n_dests = copy->n_dests;
    if (s->news_fd < 0 || !s->dests || !s->calls || !s->demands || !s->views ||
        !s->status.dests) {
        session_free(s);
        return NULL;
    }
    for (size_t d = 0; d < n; d++) {
        s->dests[d].status = &s->status.dests[d];
        s->dests[d].status->path = copy->dests[d];
        if (copy->disks && copy->disks[d].dev)
            s->dests[d].status->disk = &copy->disks[d];
    }
    return s;
}

/* ---- the copy ---- */

/* Opens the destinations and gets them ready for the first write. Returns how many take
 * part. */
static unsigned prepare_dests(struct session *s)
{
    unsigned n = 0;

    session_open_dests(s);
    session_choose_clone_sources(s);
    session_check_deferred_space(s);
    session_reserve_space(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        n += session_takes_part(s, d);
        if (!session_takes_part(s, d) || !s->dests[d].cloned)
            continue;
        s->dests[d].status->cloned = true;
        report_verbose("%s: cloned from %s", s->copy->dests[d], s->copy->source);
    }
    return n;
}

/* Whether SOURCE is read for its hashes, though all destinations are left as they are. */
static bool hashes_anyway(const struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        any |= s->status.dests[d].skipped;
    return any && options_hashes(s->o) != 0;
}

/* Whether there is anything for workers to do. */
static bool has_work(struct session *s)
{
    if (s->signal || s->unavailable || job_stopping(&s->job))
        return false;
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (session_takes_part(s, d) && session_incomplete(s, d) && !session_awaits_clone(s, d))
            return true;
    return session_lacks_hashes(s);
}

/* Clones of the source are complete at once, and need no workers but for hashes. Workers are
 * started again if a destination that waited for a clone has to be copied after the others. */
static void copy_all(struct session *s)
{
    session_update(s);
    session_commit_complete(s);
    while (has_work(s)) {
        s->more_work = false;
        if (!session_run_workers(s))
            return;
        session_commit_complete(s);
        if (!s->more_work)
            return;
        session_update(s);
    }
}

static void note_method(struct session *s)
{
    s->status.data = !s->o->attributes_only;
    s->status.seeks_holes = s->job.extents;
    s->status.finds_zeros = s->o->sparse == WHEN_ALWAYS;
    s->status.tries_clones = session_wants_clones(s);
}

/* Takes over what could not be read, and is zeros in the copies. */
static void note_bad_ranges(struct session *s)
{
    struct range r = {0, 0};
    int err;

    while (job_first_bad(&s->job, r.end, &r, &err))
        if (bad_ranges_add(&s->bad, s->copy->source, s->start + r.start, r.end - r.start, err) <
            0)
            failure_set(&s->status.source_failure, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
    for (size_t i = 0; s->copy->verify && i < s->bad.n; i++)
        verify_add_bad(s->copy->verify, s->bad.v[i].path, s->bad.v[i].offset,
                       s->bad.v[i].length, s->bad.v[i].err);
    if (s->bad.n > 0)
        s->status.bad = &s->bad;
}

/* From the open destinations to their end. */
static void copy_and_finish(struct session *s)
{
    int r = session_set_up_job(s);
    struct failure f;

    note_method(s);
    if (r < 0) {
        (void)failure_format(&f, NULL, -r, "cannot set up the copy: %s", strerror(-r));
        session_lacks(s, &f);
    } else {
        copy_all(s);
    }
    session_finish(s);
    if (r == 0) {
        session_update(s);
        session_save_map(s);
        note_bad_ranges(s);
    }
    if (s->status.source_failure.err == 0 && !s->signal)
        s->status.hashes = s->hashes;
    if (r == 0 && !s->abandoned)
        session_free_job(s);
}

static void run(struct session *s)
{
    int r = session_open_source(s, false);

    if (!s->file)
        report_start(&s->status);
    if (r < 0) {
        session_fail_all(s);
        return;
    }
    if ((prepare_dests(s) > 0 || hashes_anyway(s)) && !s->signal)
        copy_and_finish(s);
    else
        session_finish(s);
    session_close_source(s);
}

void session_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 struct session_result *ret)
{
    session_run_file(o, copy, NULL, signal_fd, ret);
}

static void free_owner(void *s)
{
    session_free(s);
}

/* The copy was made. Its verification has to wait for those of the other sources. */
static void leave_to_verification(struct session *s, struct session_end *end)
{
    report_copied(&s->status);
    if (!s->abandoned) { /* there may be many */
        close(s->news_fd);
        s->news_fd = -1;
    }
    *end = (struct session_end){
        .status = &s->status,
        .unavailable = s->unavailable && !s->touched,
        .signal = s->signal,
        .owner = s->abandoned ? NULL : s,
        .free_owner = free_owner,
    };
}

/* The list gets the file if any destination has it, or has kept what it had. */
static void list_file(const struct session *s)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        any |= s->status.dests[d].state == DEST_DONE;
    if (any && s->status.hashes.algorithms)
        manifest_add(s->copy->list, s->copy->listed, "", &s->status.hashes);
    manifest_end_copy(s->copy->list, s->copy->n_dests);
}

void session_run_file(const struct options *o, const struct plan_copy *copy,
                      const struct session_file *file, int signal_fd,
                      struct session_result *ret)
{
    struct session *s = session_new(o, copy, file, signal_fd);

    if (!s) {
        if (!file)
            report_error("cannot begin: %s", strerror(errno));
        *ret = (struct session_result){.exit_status = 2};
        return;
    }
    run(s);
    if (!file && copy->list)
        list_file(s);
    s->status.seconds = (double)(clock_now_ms() - s->began_ms) / 1000;
    s->status.exit_status =
        session_exit_status(o, &s->status, s->unavailable && !s->touched, s->signal);
    if (s->map_failed && s->status.exit_status == 0)
        s->status.exit_status = 1;
    if (file)
        file->ended(file->arg, &s->status);
    else if (!copy->verify)
        report_summary(&s->status);
    *ret = (struct session_result){
        .exit_status = s->status.exit_status,
        .signal = s->signal,
        .ended = s->signal ||
                 (o->stop_on_error && s->status.exit_status != 0 && s->status.exit_status != 6),
        .abandoned = s->abandoned,
    };
    if (!file && copy->verify)
        leave_to_verification(s, &ret->end);
    else if (!s->abandoned) /* otherwise hanging threads may still use it */
        session_free(s);
}

int session_dry_run(const struct options *o, const struct plan_copy *copy, bool *ret_hung)
{
    struct session *s = session_new(o, copy, NULL, -1);
    int status;

    if (!s) {
        report_error("cannot begin: %s", strerror(errno));
        return 2;
    }
    status = session_dry_run_all(s);
    *ret_hung |= s->abandoned;
    if (!s->abandoned)
        session_free(s);
    return status;
}
