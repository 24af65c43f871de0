#include "session.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "copy/copy.h"
#include "engine/engine.h"
#include "session_priv.h"
#include "target/attrs.h"

/* How long a destination may go on moving no byte before it is dropped. */
#define STALL_MS 3000

/* What --sparse=always makes a hole: the block that most file systems have. */
#define ZERO_BLOCK 4096u

/* How often to look whether the search for holes gets no answer. */
#define SEARCH_MS 1000

static unsigned usable_cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Whether a destination that is too slow for others goes its own way: it then reads again what
 * the others have had. */
static bool detaches(const struct session *s)
{
    unsigned open = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        open += session_takes_part(s, d);
    return open > 1 && s->source.can.again && s->o->slow != SLOW_WAIT && !s->o->in_order;
}

static struct tuning_facts facts(const struct session *s)
{
    struct tuning_facts f = {
        .size = s->size,
        .size_known = s->size_known,
        .cpus = usable_cpus(),
        .detach = detaches(s),
        .direct = s->source.fd_direct >= 0,
        .sequential = s->o->in_order || !s->source.can.positions,
        .align = s->source.fd_direct >= 0 ? s->source.direct_align : 1,
    };

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        const struct target *t = &s->targets[d];

        if (!session_takes_part(s, d) || s->cloned[d])
            continue;
        f.n_dests++;
        f.sequential |= t->sequential;
        if (t->fd_direct < 0)
            continue;
        f.direct = true;
        if (t->direct_align > f.align)
            f.align = t->direct_align;
    }
    return f;
}

/* Which files are read and written past the page cache. */
static void tell_direct(const struct session *s)
{
    if (s->source.fd_direct >= 0)
        report_verbose("%s: read with O_DIRECT", s->copy->source);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (session_takes_part(s, d) && !s->cloned[d] && s->targets[d].fd_direct >= 0)
            report_verbose("%s: written with O_DIRECT", s->copy->dests[d]);
}

/* Adds a descriptor to the job's table; returns its index. */
static unsigned add_fd(struct job *j, int fd)
{
    if (fd < 0)
        return JOB_NO_FILE;
    j->fds[j->n_fds] = fd;
    return j->n_fds++;
}

/* ---- the copy ---- */

static void free_job(struct session *s)
{
    job_free(&s->job);
    extents_free(s->job.extents);
    free(s->job.fds);
    free(s->job.dests);
    journal_writer_free(s->journal_writer);
}

static int hold_what_is_there(struct session *s)
{
    int r = 0;

    for (unsigned d = 0; d < s->copy->n_dests && r == 0; d++)
        if (session_takes_part(s, d))
            r = job_hold(&s->job, d, &s->held[d]);
    return r;
}

static void note_down(void *arg, unsigned d, const struct journal_record *v, unsigned n)
{
    struct session *s = arg;

    target_note(&s->targets[d], v, n);
}

/* What can be kept is written down, for destinations that keep it. */
static int start_scribe(struct session *s)
{
    struct journal_writer_config config = {
        .n = s->copy->n_dests,
        .wanted = s->wanted,
        .write = note_down,
        .arg = s,
    };
    bool any = false;
    int r;

    for (unsigned d = 0; d < config.n; d++) {
        s->wanted[d] = session_takes_part(s, d) && s->targets[d].partial.journal_fd >= 0;
        any |= s->wanted[d];
    }
    if (!any)
        return 0;
    r = journal_writer_start(&config, &s->journal_writer);
    s->job.journal_writer = s->journal_writer;
    return r;
}

static void set_up_dest(struct session *s, unsigned d)
{
    const struct target *t = &s->targets[d];
    struct job *j = &s->job;

    if (s->status.dests[d].skipped) { /* it has all that it is to get */
        j->dests[d].file = j->dests[d].file_direct = JOB_NO_FILE;
        job_set_aside(j, d);
        job_given(j, d);
        return;
    }
    if (!session_takes_part(s, d)) {
        j->dests[d].file_direct = JOB_NO_FILE;
        job_drop(j, d, &s->status.dests[d].failure);
        return;
    }
    j->dests[d] = (struct endpoint){
        .file = add_fd(j, s->cloned[d] ? -1 : t->fd),
        .file_direct = add_fd(j, s->cloned[d] ? -1 : t->fd_direct),
        .direct_align = t->direct_align,
        .base = s->o->dest_offset,
        .need_direct = t->request.need_direct,
        .sequential = t->sequential,
        .flush = s->o->fsync && t->can_fsync,
        .blank = t->blank,
        .timeout_ms = session_timeout_ms(s, t->sequential),
    };
    if (s->cloned[d] || session_waits(s, d))
        job_set_aside(j, d);
    if (s->cloned[d])
        job_given(j, d);
}

static int set_up_job(struct session *s)
{
    struct job *j = &s->job;
    unsigned n = s->copy->n_dests;
    struct tuning_facts f = facts(s);
    int r;

    tuning_choose(&s->tuning, s->o, &f);
    if (f.direct && !s->file)
        tell_direct(s);
    r = job_init(j, n, s->size, s->size_known, s->tuning.workers * s->tuning.buffers);
    if (r < 0)
        return r;
    j->fds = calloc(2 * (1 + (size_t)n), sizeof *j->fds);
    j->dests = calloc(n, sizeof *j->dests);
    /* Every destination may be at a place of its own, and those that share at one more. */
    r = s->size > 0 && s->source.can.holes
            ? extents_create(s->source.fd, s->start, s->size, f.align, n + 1, &j->extents)
            : 0;
    if (!j->fds || !j->dests || r < 0) {
        extents_free(j->extents);
        free(j->fds);
        free(j->dests);
        job_free(j);
        return -ENOMEM;
    }
    j->chunk_size = s->tuning.chunk_size;
    j->buffers = s->tuning.buffers;
    j->max_held = s->tuning.queue_depth;
    j->detach = detaches(s);
    j->stall_ms = STALL_MS;
    j->in_order = s->o->in_order;
    j->stop_on_error = s->o->stop_on_error;
    j->zero_block = s->o->sparse == WHEN_ALWAYS ? ZERO_BLOCK : 0;
    j->news_fd = s->news_fd;
    j->source = (struct endpoint){
        .file = add_fd(j, s->source.fd),
        .file_direct = add_fd(j, s->source.fd_direct),
        .direct_align = s->source.direct_align,
        .base = s->start,
        .timeout_ms = session_timeout_ms(s, false),
    };
    for (unsigned d = 0; d < n; d++)
        set_up_dest(s, d);
    r = hold_what_is_there(s);
    if (r == 0)
        r = start_scribe(s);
    if (r < 0)
        free_job(s);
    return r;
}

/* Brings the status up to date; says once of each destination that it was dropped. */
static void look(struct session *s)
{
    struct copy_status *st = &s->status;

    job_look(&s->job, s->view, &st->read_bytes);
    st->seconds = (double)(clock_now_ms() - s->began_ms) / 1000;
    if (s->crew)
        st->engine = crew_engine(s->crew);
    for (unsigned d = 0; d < st->n_dests; d++) {
        struct dest_status *ds = &st->dests[d];
        const struct job_view *v = &s->view[d];

        if (ds->skipped)
            continue;
        ds->bytes = v->held;
        if (v->state.detached && !ds->detached)
            report_verbose("%s: too slow for the others: it is served on its own", ds->path);
        ds->detached = v->state.detached;
        if (ds->state == DEST_FAILED || ds->state == DEST_DONE)
            continue;
        if (v->state.dropped)
            session_fail_dest(s, d, &v->state.failure);
        else
            ds->state = v->missing ? DEST_COPYING : DEST_FLUSHING;
    }
}

/* ---- the end of a destination ---- */

/* Whatever happened to the source makes every copy of it worthless that is not done. */
static void check_source(struct session *s)
{
    struct failure *f = &s->status.source_failure;

    job_source_failure(&s->job, f);
    if (f->err == 0 && source_check_unchanged(&s->source, f) < 0)
        job_fail_source(&s->job, f);
    if (f->err != 0)
        session_fail_all(s);
}

static void call_finish(void *arg, unsigned d)
{
    struct session *s = arg;

    s->failures[d].err = 0;
    if (s->journal_writer)
        journal_writer_finish(s->journal_writer, d);
    if (s->commit[d])
        (void)target_commit(&s->targets[d], &s->failures[d]);
    else if (s->abandoned)
        target_abandon(&s->targets[d], s->keep[d]);
    else
        target_abort(&s->targets[d], s->keep[d]);
}

static void commit_targets(struct session *s)
{
    session_send_out(s, s->copy->n_dests, s->commit, session_flush_limit_ms(s), call_finish,
                     NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct dest_status *ds = &s->status.dests[d];

        if (!s->commit[d])
            continue;
        s->target_open[d] = false;
        session_note_call(s, d, "finish");
        ds->kept = target_kept(&s->targets[d]);
        if (ds->state == DEST_FAILED)
            continue;
        ds->state = DEST_DONE;
        ds->done_after = (double)(clock_now_ms() - s->began_ms) / 1000;
        ds->attributes = s->targets[d].attrs_given;
        ds->attribute_failures = s->targets[d].attr_failures.list;
        ds->n_attribute_failures = s->targets[d].attr_failures.n;
        ds->durable = s->o->fsync && s->view[d].state.flushed;
    }
}

/* Who has all has it under its name at once, whatever the others still need. */
static void commit_complete(struct session *s)
{
    bool any = false;

    if (session_serve_followers(s))
        look(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->commit[d] = s->target_open[d] && s->status.dests[d].state != DEST_FAILED &&
                       !s->signal && !s->unavailable && !session_incomplete(s, d);
        any |= s->commit[d];
    }
    if (!any)
        return;
    check_source(s);
    if (s->status.source_failure.err == 0)
        commit_targets(s);
}

/* Whether to go on some time with what destination d has. Not when the source has changed; nor
 * when an fsync has failed: the page cache would vouch for what the device has lost. */
static bool is_worth_keeping(const struct session *s, unsigned d)
{
    const struct failure *f = &s->status.dests[d].failure;
    int source = s->status.source_failure.err;

    return source != ESTALE && source != ENODATA &&
           !(f->op && strcmp(f->op, "fsync") == 0 && f->err != ETIMEDOUT);
}

static void give_up_targets(struct session *s)
{
    struct failure f;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->commit[d] = false;
        s->keep[d] = is_worth_keeping(s, d);
    }
    session_send_out(s, s->copy->n_dests, s->target_open, END_PATIENCE_MS, call_finish, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (!s->target_open[d])
            continue;
        s->status.dests[d].kept = s->keep[d] ? target_kept(&s->targets[d]) : 0;
        if (s->status.dests[d].state != DEST_FAILED)
            session_fail_dest(s, d, session_stopped(s, &f));
    }
}

static void finish_targets(struct session *s)
{
    session_take_signals(s);
    if (!s->signal && !s->unavailable)
        check_source(s);
    commit_complete(s);
    give_up_targets(s);
}

/* How long to sleep until there is something to look at, in ms; -1: for as long as no news
 * come. */
static int watch_interval_ms(const struct session *s, int progress_ms)
{
    if (progress_ms >= 0)
        return progress_ms;
    if (s->signal)
        return 50;
    return s->job.extents && s->job.source.timeout_ms ? SEARCH_MS : -1;
}

/* A worker that looks for holes in a source that does not answer hangs where no engine can
 * tell. */
static bool search_hangs(struct session *s)
{
    uint64_t asked_at = s->job.extents ? extents_asked_at(s->job.extents) : 0;
    uint64_t now = clock_now_ms();
    struct failure f;

    if (!asked_at || !s->job.source.timeout_ms || now < asked_at + s->job.source.timeout_ms)
        return false;
    failure_set(&f, "look for holes", ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    job_fail_source(&s->job, &f);
    return true;
}

/* Until the workers tell the end. False: they have had time enough to do so after a signal. */
static bool watch(struct session *s)
{
    int interval = report_progress_interval_ms();
    uint64_t shown = s->began_ms, deadline = UINT64_MAX;

    for (;;) {
        struct pollfd p[2] = {{.fd = s->news_fd, .events = POLLIN},
                              {.fd = s->signal_fd, .events = POLLIN}};
        int before = s->signal;

        poll(p, 2, watch_interval_ms(s, interval));
        if (p[0].revents && event_clear(s->news_fd) && crew_has_ended(s->crew))
            return true;
        look(s);
        if (crew_is_open(s->crew))
            commit_complete(s);
        session_take_signals(s);
        if (s->signal && !before) {
            job_stop(&s->job);
            deadline = clock_now_ms() + END_PATIENCE_MS;
        }
        if (clock_now_ms() >= deadline || s->impatient || search_hangs(s))
            return false;
        if (interval >= 0 && clock_now_ms() - shown >= (uint64_t)interval) {
            session_show(s, false);
            shown = clock_now_ms();
        }
    }
}

static void tell_remark(void *arg, const char *engine, const char *reason)
{
    const char *chosen = arg;

    if (chosen && strcmp(engine, chosen) == 0)
        report_verbose("engine %s: %s", engine, reason);
    else
        report_verbose("engine %s passed over: %s", engine, reason);
}

/* False: the workers have not come to an end. */
static bool run_crew(struct session *s)
{
    struct crew_config config = {
        .engine = strcmp(s->o->engine, "auto") == 0 ? NULL : engine_find(s->o->engine),
        .workers = s->tuning.workers,
    };
    struct engine_reason why;
    int r = crew_start(&s->crew, &s->job, &config);

    s->status.workers = s->tuning.workers;
    s->status.chunk_size = s->tuning.chunk_size;
    s->status.queue_depth = s->tuning.queue_depth;
    if (r < 0) {
        s->unavailable = true;
        report_error("cannot start a worker: %s", strerror(-r));
        return false;
    }
    if (!watch(s)) {
        s->abandoned = true;
        look(s);
        return false;
    }
    s->abandoned |= !crew_end(s->crew, END_PATIENCE_MS);
    r = crew_error(s->crew, &why);
    look(s);
    if (!s->file)
        crew_tell(s->crew, tell_remark, (void *)(uintptr_t)s->status.engine);
    if (r < 0) {
        s->unavailable = true;
        report_error("engine %s: %s", s->o->engine, why.text);
    } else if (!s->file) {
        report_verbose("engine %s, %u x %u chunks of %u bytes", s->status.engine,
                       s->tuning.workers, s->tuning.queue_depth, s->tuning.chunk_size);
    }
    if (!s->abandoned)
        crew_free(s->crew);
    s->crew = NULL;
    return true;
}

/* Whether there is anything for workers to do. */
static bool has_work(struct session *s)
{
    if (s->signal || s->unavailable || job_stopping(&s->job))
        return false;
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->target_open[d] && s->status.dests[d].state != DEST_FAILED &&
            session_incomplete(s, d) && !session_waits(s, d))
            return true;
    return false;
}

/* What is cloned is complete before any worker starts, and needs none. Workers are called in
 * again when one of those that waited for a clone has to be copied after the others. */
static void copy_all(struct session *s)
{
    look(s);
    commit_complete(s);
    while (has_work(s)) {
        s->passed_on = false;
        if (!run_crew(s))
            return;
        commit_complete(s);
        if (!s->passed_on)
            return;
        look(s);
    }
}

/* What `done` complete destinations, `kept` of them with all attributes, come to under
 * --require. */
static int policy_status(const struct options *o, unsigned n_dests, unsigned done,
                         unsigned kept)
{
    unsigned required = o->require;

    if (required == OPTIONS_REQUIRE_ALL)
        required = n_dests;
    if (done >= required)
        return kept >= required ? 0 : 6;
    return done == 0 ? 1 : 3;
}

int session_exit_status(const struct options *o, const struct copy_status *s, bool unavailable,
                        int signal)
{
    unsigned done = 0, kept = 0;

    for (unsigned d = 0; d < s->n_dests; d++) {
        const struct dest_status *ds = &s->dests[d];

        done += ds->state == DEST_DONE;
        kept += ds->state == DEST_DONE && ds->n_attribute_failures == 0;
    }
    if (unavailable)
        return 2;
    if (signal)
        return 128 + signal;
    if (s->source_failure.err)
        return 5;
    return policy_status(o, s->n_dests, done, kept);
}

int session_worse(int a, int b)
{
    /* Usage, then the signal, then 4, 5, 1, 3, 6: CLI.md. */
    static const int order[] = {0, 6, 3, 1, 5, 4};
    int rank[2] = {100, 100};
    int status[2] = {a, b};

    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
            if (status[i] == order[k])
                rank[i] = (int)k;
        if (status[i] == 2)
            rank[i] = 200;
    }
    return rank[0] >= rank[1] ? a : b;
}

static void session_free(struct session *s)
{
    if (s->news_fd >= 0)
        close(s->news_fd);
    for (unsigned d = 0; s->held && d < s->copy->n_dests; d++)
        ranges_free(&s->held[d]);
    free(s->held);
    free(s->keep);
    free(s->targets);
    free(s->target_open);
    free(s->standing);
    free(s->looks);
    free(s->failures);
    free(s->commit);
    free(s->wanted);
    free(s->late);
    free(s->cloned);
    free(s->deferred);
    free(s->leader);
    free(s->demands);
    free(s->view);
    free(s->status.dests);
    attrs_free(&s->attrs);
    free(s);
}

static void note_method(struct session *s)
{
    s->status.data = !s->o->attributes_only;
    s->status.seeks_holes = s->job.extents;
    s->status.finds_zeros = s->o->sparse == WHEN_ALWAYS;
    s->status.tries_clones = session_wants_clones(s);
}

static void run(struct session *s)
{
    int r = session_open_source(s);

    if (!s->file)
        report_start(&s->status);
    if (r < 0) {
        session_fail_all(s);
        return;
    }
    if (session_open_targets(s) > 0 && !s->signal) {
        r = set_up_job(s);
        note_method(s);
        if (r < 0) {
            s->unavailable = true;
            report_error("cannot set up the copy: %s", strerror(-r));
        } else {
            copy_all(s);
        }
        finish_targets(s);
        if (r == 0 && !s->abandoned)
            free_job(s);
    } else {
        finish_targets(s);
    }
    if (!s->abandoned)
        source_close(&s->source);
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
    s->signal_fd = signal_fd;
    s->began_ms = clock_now_ms();
    attrs_init(&s->attrs, &o->preserve);
    /* Before any destination can have taken the last descriptor. */
    s->news_fd = event_create();
    s->targets = calloc(n, sizeof *s->targets);
    s->target_open = calloc(n, sizeof *s->target_open);
    s->standing = calloc(n, sizeof *s->standing);
    s->looks = calloc(n, sizeof *s->looks);
    s->failures = calloc(n, sizeof *s->failures);
    s->commit = calloc(n, sizeof *s->commit);
    s->wanted = calloc(n, sizeof *s->wanted);
    s->late = calloc(n, sizeof *s->late);
    s->held = calloc(n, sizeof *s->held);
    s->keep = calloc(n, sizeof *s->keep);
    s->cloned = calloc(n, sizeof *s->cloned);
    s->deferred = calloc(n, sizeof *s->deferred);
    s->leader = calloc(n, sizeof *s->leader);
    s->demands = calloc(n, sizeof *s->demands);
    s->view = calloc(n, sizeof *s->view);
    s->status.dests = calloc(n, sizeof *s->status.dests);
    s->status.source = copy->source;
    s->status.n_dests = copy->n_dests;
    if (s->news_fd < 0 || !s->targets || !s->target_open || !s->standing || !s->looks ||
        !s->failures || !s->commit || !s->wanted || !s->late || !s->held || !s->keep ||
        !s->cloned || !s->deferred || !s->leader || !s->demands || !s->view ||
        !s->status.dests) {
        session_free(s);
        return NULL;
    }
    for (size_t d = 0; d < n; d++)
        s->status.dests[d].path = copy->dests[d];
    return s;
}

void session_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 struct session_result *ret)
{
    session_run_file(o, copy, NULL, signal_fd, ret);
}

void session_run_file(const struct options *o, const struct plan_copy *copy,
                      const struct session_file *file, int signal_fd,
                      struct session_result *ret)
{
    struct session *s = session_new(o, copy, file, signal_fd);

    if (!s) {
        report_error("cannot begin: %s", strerror(errno));
        if (file)
            close(file->fd);
        *ret = (struct session_result){.exit_status = 2};
        return;
    }
    run(s);
    s->status.seconds = (double)(clock_now_ms() - s->began_ms) / 1000;
    s->status.exit_status = session_exit_status(o, &s->status, s->unavailable, s->signal);
    if (file)
        file->ended(file->arg, &s->status);
    else
        report_summary(&s->status);
    *ret = (struct session_result){
        .exit_status = s->status.exit_status,
        .signal = s->signal,
        .ended = s->signal ||
                 (o->stop_on_error && s->status.exit_status != 0 && s->status.exit_status != 6),
        .abandoned = s->abandoned,
    };
    if (!s->abandoned) /* hanging workers still look at it */
        session_free(s);
}

static int look_at(struct session *s)
{
    const struct plan_copy *copy = s->copy;
    unsigned good = 0;

    if (session_open_source(s) < 0) {
        report_source_failure(copy->source, &s->status.source_failure);
        return s->unavailable ? 2 : 5;
    }
    source_close(&s->source);
    session_look_at_targets(s);
    for (unsigned d = 0; d < copy->n_dests; d++) {
        struct failure f = s->failures[d];

        if (s->late[d])
            continue;
        if (s->standing[d].verdict == EXISTING_REFUSE)
            (void)existing_refused(&f);
        if (s->standing[d].verdict == EXISTING_SKIP) {
            report_dry_run(copy->source, copy->dests[d], NULL);
            good++;
        } else if (f.err != 0 || session_check_space(s, d, &f) < 0) {
            report_failure(copy->source, copy->dests[d], &f);
        } else {
            report_dry_run(copy->source, copy->dests[d],
                           s->standing[d].verdict == EXISTING_ASK ? "if you say yes"
                                                                  : s->looks[d].how);
            good++;
        }
    }
    return policy_status(s->o, copy->n_dests, good, good);
}

int session_dry_run(const struct options *o, const struct plan_copy *copy, bool *ret_hung)
{
    struct session *s = session_new(o, copy, NULL, -1);
    int status;

    if (!s) {
        report_error("cannot begin: %s", strerror(errno));
        return 2;
    }
    status = look_at(s);
    *ret_hung |= s->abandoned;
    if (!s->abandoned)
        session_free(s);
    return status;
}
