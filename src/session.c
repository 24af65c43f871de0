#include "session.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "attrs.h"
#include "clock.h"
#include "copy.h"
#include "engine.h"
#include "errands.h"
#include "job.h"
#include "report.h"
#include "signals.h"
#include "source.h"
#include "space.h"
#include "target.h"
#include "text.h"
#include "tuning.h"
#include "worker.h"

/* How long a fifo may be without a reader before it is dropped; and how often to look. */
#define FIFO_PATIENCE_MS 5000
#define FIFO_POLL_MS     20

/* How long a destination may go on moving no byte before it is dropped. */
#define STALL_MS 3000

/* How long workers have to come to an end after a signal. */
#define END_PATIENCE_MS 450

/* A message about space, with the final NUL. */
#define SPACE_TEXT 80

#define NO_ANSWER "it does not answer"

/* What a new file gets, less the umask, if it gets nothing of the source. */
#define PLAIN_MODE (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)

struct session {
    const struct options *o;
    const struct plan_copy *copy;
    int signal_fd;

    struct source source;
    struct attrs attrs; /* of the source, for the destinations */
    bool sweep;         /* looking at a destination cleans up there */
    struct target *targets;
    bool *target_open;
    struct space_demand *demands;    /* of each destination */
    char (*space_texts)[SPACE_TEXT]; /* what is missing there, for failures */
    uint64_t start;                  /* of the copied range in the source, bytes */
    uint64_t size; /* bytes to copy, or the limit where the end is not known */
    bool size_known;
    struct tuning tuning;

    /* What errands bring, per destination; of one that was given up nothing is looked at. */
    struct target_view *looks;
    struct failure *failures; /* err 0: none */
    bool *commit;             /* the target's last errand: to commit, or to give up */
    bool *wanted;
    bool *late;

    struct job job;
    struct job_view *view;
    struct crew *crew;
    int news_fd; /* eventfd: see job.h */

    struct copy_status status;
    uint64_t began_ms;
    int signal;       /* the first that asked for the end, or 0 */
    bool impatient;   /* a second one came */
    bool abandoned;   /* threads are left that hang in the kernel */
    bool unavailable; /* the engine asked for is not to be had */
};

/* ---- before the copy ---- */

static void fail_dest(struct session *s, unsigned d, const struct failure *f)
{
    s->status.dests[d].state = DEST_FAILED;
    s->status.dests[d].failure = *f;
    report_dest_failed(&s->status, d);
}

/* The source failed: so did every destination that had not failed for reasons of its own. */
static void fail_all_for_source(struct session *s)
{
    struct failure f;

    failure_set(&f, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped because the source failed");
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (s->status.dests[d].state == DEST_FAILED || s->status.dests[d].state == DEST_DONE)
            continue;
        s->status.dests[d].by_source = true;
        fail_dest(s, d, &f);
    }
}

static void take_signals(struct session *s)
{
    int sig;

    while ((sig = signals_next(s->signal_fd)) != 0) {
        if (sig == SIGUSR1)
            report_progress(&s->status, true);
        else if (s->signal)
            s->impatient = true;
        else
            s->signal = sig;
    }
}

static bool stop_errands(void *arg)
{
    struct session *s = arg;

    take_signals(s);
    return s->signal != 0;
}

/* Sends run() out for the n (destinations, or the source) that are wanted. Returns how many did
 * not come back; s->late tells which. */
static unsigned send_out(struct session *s, unsigned n, const bool *wanted, unsigned limit_ms,
                         void (*run)(void *arg, unsigned d),
                         void (*undo)(void *arg, unsigned d))
{
    struct errands e = {
        .n = n,
        .wanted = wanted,
        .run = run,
        .undo = undo,
        .arg = s,
        .timeout_ms = limit_ms,
        .wake_fd = s->signal_fd,
        .stop = stop_errands,
        .stop_ms = END_PATIENCE_MS,
    };
    unsigned n_late = errands_run(&e, s->late);

    s->abandoned |= n_late > 0;
    return n_late;
}

/* A pipe or terminal whose reader takes its time is no reason for alarm unless the user says
 * so. */
static unsigned timeout_ms(const struct session *s, bool stream)
{
    if (s->o->has_timeout)
        return s->o->timeout * 1000;
    return stream ? 0 : OPTIONS_DEFAULT_TIMEOUT * 1000;
}

/* Why a destination is not made although nothing is wrong with it. */
static const struct failure *stopped(const struct session *s, struct failure *f)
{
    if (s->signal)
        failure_set(f, NULL, EINTR, FAILURE_NO_OFFSET, "interrupted");
    else
        failure_set(f, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped before it was complete");
    return f;
}

/* What became of an errand to destination d. */
static void note_errand(struct session *s, unsigned d, const char *op)
{
    struct failure f = s->late[d] ? (struct failure){0} : s->failures[d];

    if (s->late[d] && s->signal)
        stopped(s, &f);
    else if (s->late[d])
        failure_set(&f, op, ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    if (f.err != 0 && s->status.dests[d].state != DEST_FAILED)
        fail_dest(s, d, &f);
}

/* ---- the source ---- */

static void errand_source(void *arg, unsigned i)
{
    struct session *s = arg;
    bool direct = s->o->direct == WHEN_ALWAYS;

    (void)i;
    s->failures[0].err = 0;
    if (source_open(&s->source, s->copy->source, direct, &s->failures[0]) == 0 &&
        attrs_any(&s->attrs.wanted))
        attrs_read(&s->attrs, s->source.fd, false, &s->source.st);
}

static int open_source(struct session *s)
{
    const struct options *o = s->o;
    struct failure *f = &s->status.source_failure;

    if (send_out(s, 1, NULL, timeout_ms(s, false), errand_source, NULL) > 0)
        return failure_set(f, "open", s->signal ? EINTR : ETIMEDOUT, FAILURE_NO_OFFSET,
                           s->signal ? NULL : NO_ANSWER);
    *f = s->failures[0];
    if (f->err != 0)
        return -f->err;
    s->start = o->offset;
    s->size_known = s->source.size_known;
    if (s->size_known && s->start > s->source.size) {
        source_close(&s->source);
        s->unavailable = true;
        return failure_set(f, NULL, EINVAL, FAILURE_NO_OFFSET, "ends before --offset");
    }
    s->size = s->size_known ? s->source.size - s->start : (uint64_t)INT64_MAX - s->start;
    if (o->length < s->size)
        s->size = o->length;
    if (o->attributes_only)
        s->size = 0;
    s->status.size = s->size_known ? s->size : 0;
    s->status.size_known = s->size_known;
    return 0;
}

/* ---- the destinations ---- */

static struct target_request request_for(const struct session *s, unsigned d)
{
    const struct options *o = s->o;

    return (struct target_request){
        .path = s->copy->dests[d],
        .inplace = o->inplace || o->attributes_only,
        .keep_rest = o->has_dest_offset || o->attributes_only,
        .force = o->force,
        .want_direct = tuning_wants_direct(o, s->size, s->size_known),
        .need_direct = o->direct == WHEN_ALWAYS,
        .durable = o->fsync,
        .source_mode = o->plain_mode ? PLAIN_MODE : s->source.st.st_mode,
        .attrs = attrs_any(&s->attrs.wanted) ? &s->attrs : NULL,
        .source_dev = s->source.st.st_dev,
        .source_ino = s->source.st.st_ino,
        .length = s->size_known ? s->size : 0,
        .size = s->size_known ? s->size + o->dest_offset : 0,
        .size_known = s->size_known,
    };
}

/* Looks what the destination is and needs, and what killed runs have left beside it. */
static void errand_look(void *arg, unsigned d)
{
    struct session *s = arg;
    struct target_request request = request_for(s, d);

    s->failures[d].err = 0;
    if (s->sweep)
        target_sweep(&request);
    (void)target_look(&request, &s->looks[d], &s->failures[d]);
}

/* A fifo without a reader is waited for, as cp does, but not for ever. */
static void errand_open(void *arg, unsigned d)
{
    struct session *s = arg;
    struct target_request request = request_for(s, d);
    uint64_t deadline = clock_now_ms() + FIFO_PATIENCE_MS;
    struct timespec pause = {.tv_nsec = FIFO_POLL_MS * 1000000};

    s->failures[d].err = 0;
    while (target_open(&s->targets[d], &request, &s->failures[d]) == -ENXIO &&
           clock_now_ms() < deadline && !s->signal) {
        nanosleep(&pause, NULL);
        s->failures[d].err = 0;
    }
}

static void undo_open(void *arg, unsigned d)
{
    struct session *s = arg;

    if (s->failures[d].err == 0)
        target_abort(&s->targets[d]);
}

/* 0, or a negative errno with *f filled if there is too little space for destination d and the
 * others on its file system. */
static int check_space(struct session *s, unsigned d, struct failure *f)
{
    uint64_t missing = space_missing(s->demands, s->copy->n_dests, d);
    char amount[16];

    if (s->o->no_space_check || missing == 0)
        return 0;
    text_human(amount, sizeof amount, (double)missing);
    snprintf(s->space_texts[d], SPACE_TEXT,
             "%s more needed; --no-space-check tries all the same", amount);
    return failure_set(f, "check space", ENOSPC, FAILURE_NO_OFFSET, s->space_texts[d]);
}

/* Fills s->looks and s->failures, s->demands of those that can be opened, and s->wanted: who is
 * to be gone on with. What a look finds wrong opening the destination will tell. */
static void look_at_targets(struct session *s)
{
    send_out(s, s->copy->n_dests, NULL, timeout_ms(s, false), errand_look, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->wanted[d] = !s->late[d];
        if (s->late[d])
            note_errand(s, d, "open");
        else if (s->failures[d].err == 0)
            s->demands[d] = s->looks[d].demand;
    }
}

/* With --on-error=stop nothing is touched once anything is known to fail. */
static bool look_says_stop(const struct session *s)
{
    for (unsigned d = 0; s->o->stop_on_error && d < s->copy->n_dests; d++)
        if (s->late[d] || s->failures[d].err != 0)
            return true;
    return false;
}

static unsigned open_targets(struct session *s)
{
    unsigned n = s->copy->n_dests, opened = 0;
    struct failure f;
    bool stop;

    s->sweep = true;
    look_at_targets(s);
    stop = look_says_stop(s);
    for (unsigned d = 0; d < n; d++) {
        if (!s->wanted[d])
            continue;
        if (stop || s->signal)
            fail_dest(s, d, stop && s->failures[d].err ? &s->failures[d] : stopped(s, &f));
        else if (check_space(s, d, &f) < 0)
            fail_dest(s, d, &f);
        s->wanted[d] = s->status.dests[d].state != DEST_FAILED;
    }
    send_out(s, n, s->wanted, timeout_ms(s, false), errand_open, undo_open);
    for (unsigned d = 0; d < n; d++) {
        if (!s->wanted[d])
            continue;
        note_errand(s, d, "open");
        s->target_open[d] = s->status.dests[d].state != DEST_FAILED;
        opened += s->target_open[d];
    }
    return opened;
}

static unsigned usable_cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Whether a destination that is too slow for others goes its own way. */
static bool detaches(const struct session *s)
{
    unsigned open = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        open += s->target_open[d];
    return open > 1 && s->o->slow != SLOW_WAIT && !s->o->in_order;
}

static struct tuning_facts facts(const struct session *s)
{
    struct tuning_facts f = {
        .size = s->size,
        .size_known = s->size_known,
        .cpus = usable_cpus(),
        .detach = detaches(s),
        .direct = s->source.fd_direct >= 0,
        .sequential = s->o->in_order,
        .align = s->source.fd_direct >= 0 ? s->source.direct_align : 1,
    };

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        const struct target *t = &s->targets[d];

        if (!s->target_open[d])
            continue;
        f.sequential |= t->sequential;
        if (t->fd_direct < 0)
            continue;
        f.direct = true;
        if (t->direct_align > f.align)
            f.align = t->direct_align;
    }
    return f;
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

static int set_up_job(struct session *s)
{
    struct job *j = &s->job;
    unsigned n = s->copy->n_dests;
    struct tuning_facts f = facts(s);
    int r;

    tuning_choose(&s->tuning, s->o, &f);
    r = job_init(j, n, s->size, s->size_known, s->tuning.workers * s->tuning.buffers);
    if (r < 0)
        return r;
    j->fds = calloc(2 * (1 + (size_t)n), sizeof *j->fds);
    j->dests = calloc(n, sizeof *j->dests);
    if (!j->fds || !j->dests) {
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
    j->news_fd = s->news_fd;
    j->source = (struct job_end){
        .file = add_fd(j, s->source.fd),
        .file_direct = add_fd(j, s->source.fd_direct),
        .direct_align = s->source.direct_align,
        .base = s->start,
        .timeout_ms = timeout_ms(s, false),
    };
    for (unsigned d = 0; d < n; d++) {
        const struct target *t = &s->targets[d];

        if (!s->target_open[d]) {
            j->dests[d].file_direct = JOB_NO_FILE;
            job_drop(j, d, &s->status.dests[d].failure);
            continue;
        }
        j->dests[d] = (struct job_end){
            .file = add_fd(j, t->fd),
            .file_direct = add_fd(j, t->fd_direct),
            .direct_align = t->direct_align,
            .base = s->o->dest_offset,
            .need_direct = t->request.need_direct,
            .sequential = t->sequential,
            .flush = s->o->fsync && t->can_fsync,
            .timeout_ms = timeout_ms(s, t->sequential),
        };
    }
    s->status.workers = s->tuning.workers;
    s->status.chunk_size = j->chunk_size;
    s->status.queue_depth = s->tuning.queue_depth;
    return 0;
}

static void free_job(struct session *s)
{
    job_free(&s->job);
    free(s->job.fds);
    free(s->job.dests);
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

        ds->bytes = v->held;
        if (v->state.detached && !ds->detached)
            report_verbose("%s: too slow for the others: it is served on its own", ds->path);
        ds->detached = v->state.detached;
        if (ds->state == DEST_FAILED || ds->state == DEST_DONE)
            continue;
        if (v->state.dropped)
            fail_dest(s, d, &v->state.failure);
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
        fail_all_for_source(s);
}

/* Whether anything is missing that was asked for: bytes, or their flush. A stop may come in
 * between the two. */
static bool incomplete(const struct session *s, unsigned d)
{
    const struct job_view *v = &s->view[d];

    return v->missing != 0 || (s->job.dests[d].flush && !v->state.flushed);
}

static void errand_finish(void *arg, unsigned d)
{
    struct session *s = arg;

    s->failures[d].err = 0;
    if (s->commit[d])
        (void)target_commit(&s->targets[d], &s->failures[d]);
    else if (s->abandoned)
        target_abandon(&s->targets[d]);
    else
        target_abort(&s->targets[d]);
}

/* What the page cache took may have to be written when the file is closed. */
static unsigned commit_limit_ms(const struct session *s)
{
    unsigned limit = timeout_ms(s, false);

    return limit ? limit + copy_flush_allowance_ms(s->size_known ? s->size : 0) : 0;
}

static void commit_targets(struct session *s)
{
    send_out(s, s->copy->n_dests, s->commit, commit_limit_ms(s), errand_finish, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct dest_status *ds = &s->status.dests[d];

        if (!s->commit[d])
            continue;
        s->target_open[d] = false;
        note_errand(s, d, "finish");
        if (ds->state == DEST_FAILED)
            continue;
        ds->state = DEST_DONE;
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

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->commit[d] = s->target_open[d] && s->status.dests[d].state != DEST_FAILED &&
                       !s->signal && !s->unavailable && !incomplete(s, d);
        any |= s->commit[d];
    }
    if (!any)
        return;
    check_source(s);
    if (s->status.source_failure.err == 0)
        commit_targets(s);
}

static void give_up_targets(struct session *s)
{
    struct failure f;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->commit[d] = false;
    send_out(s, s->copy->n_dests, s->target_open, END_PATIENCE_MS, errand_finish, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->target_open[d] && s->status.dests[d].state != DEST_FAILED)
            fail_dest(s, d, stopped(s, &f));
}

static void finish_targets(struct session *s)
{
    take_signals(s);
    if (!s->signal && !s->unavailable)
        check_source(s);
    commit_complete(s);
    give_up_targets(s);
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
        eventfd_t news;

        poll(p, 2, interval >= 0 ? interval : s->signal ? 50 : -1);
        if (p[0].revents && eventfd_read(s->news_fd, &news) == 0 && crew_has_ended(s->crew))
            return true;
        look(s);
        if (crew_is_open(s->crew))
            commit_complete(s);
        take_signals(s);
        if (s->signal && !before) {
            job_stop(&s->job);
            deadline = clock_now_ms() + END_PATIENCE_MS;
        }
        if (clock_now_ms() >= deadline || s->impatient)
            return false;
        if (interval >= 0 && clock_now_ms() - shown >= (uint64_t)interval) {
            report_progress(&s->status, false);
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

static void run_crew(struct session *s)
{
    struct crew_config config = {
        .engine = strcmp(s->o->engine, "auto") == 0 ? NULL : engine_find(s->o->engine),
        .workers = s->tuning.workers,
    };
    struct engine_reason why;
    int r = crew_start(&s->crew, &s->job, &config);

    if (r < 0) {
        s->unavailable = true;
        report_error("cannot start a worker: %s", strerror(-r));
        return;
    }
    if (!watch(s)) {
        s->abandoned = true;
        look(s);
        return;
    }
    s->abandoned |= !crew_end(s->crew, END_PATIENCE_MS);
    r = crew_error(s->crew, &why);
    look(s);
    crew_tell(s->crew, tell_remark, (void *)(uintptr_t)s->status.engine);
    if (r < 0) {
        s->unavailable = true;
        report_error("engine %s: %s", s->o->engine, why.text);
    } else {
        report_verbose("engine %s, %u x %u chunks of %u bytes", s->status.engine,
                       s->tuning.workers, s->tuning.queue_depth, s->tuning.chunk_size);
    }
    if (!s->abandoned)
        crew_free(s->crew);
    s->crew = NULL;
}

/* What `done` complete destinations, `kept` of them with all attributes, come to under
 * --require. */
static int policy_status(const struct session *s, unsigned done, unsigned kept)
{
    unsigned required = s->o->require;

    if (required == OPTIONS_REQUIRE_ALL)
        required = s->copy->n_dests;
    if (done >= required)
        return kept >= required ? 0 : 6;
    return done == 0 ? 1 : 3;
}

static int exit_status(const struct session *s)
{
    unsigned done = 0, kept = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        const struct dest_status *ds = &s->status.dests[d];

        done += ds->state == DEST_DONE;
        kept += ds->state == DEST_DONE && ds->n_attribute_failures == 0;
    }
    if (s->unavailable)
        return 2;
    if (s->signal)
        return 128 + s->signal;
    if (s->status.source_failure.err)
        return 5;
    return policy_status(s, done, kept);
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
    free(s->targets);
    free(s->target_open);
    free(s->looks);
    free(s->failures);
    free(s->commit);
    free(s->wanted);
    free(s->late);
    free(s->demands);
    free(s->space_texts);
    free(s->view);
    free(s->status.dests);
    attrs_free(&s->attrs);
    free(s);
}

static void run(struct session *s)
{
    int r;

    if (open_source(s) < 0) {
        report_start(&s->status);
        fail_all_for_source(s);
        return;
    }
    report_start(&s->status);
    if (open_targets(s) > 0 && !s->signal) {
        r = set_up_job(s);
        if (r < 0) {
            s->unavailable = true;
            report_error("cannot set up the copy: %s", strerror(-r));
        } else {
            run_crew(s);
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
                                   int signal_fd)
{
    size_t n = copy->n_dests;
    struct session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->o = o;
    s->copy = copy;
    s->signal_fd = signal_fd;
    s->began_ms = clock_now_ms();
    attrs_init(&s->attrs, &o->preserve);
    /* Before any destination can have taken the last descriptor. */
    s->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->targets = calloc(n, sizeof *s->targets);
    s->target_open = calloc(n, sizeof *s->target_open);
    s->looks = calloc(n, sizeof *s->looks);
    s->failures = calloc(n, sizeof *s->failures);
    s->commit = calloc(n, sizeof *s->commit);
    s->wanted = calloc(n, sizeof *s->wanted);
    s->late = calloc(n, sizeof *s->late);
    s->demands = calloc(n, sizeof *s->demands);
    s->space_texts = calloc(n, sizeof *s->space_texts);
    s->view = calloc(n, sizeof *s->view);
    s->status.dests = calloc(n, sizeof *s->status.dests);
    s->status.source = copy->source;
    s->status.n_dests = copy->n_dests;
    if (s->news_fd < 0 || !s->targets || !s->target_open || !s->looks || !s->failures ||
        !s->commit || !s->wanted || !s->late || !s->demands || !s->space_texts || !s->view ||
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
    struct session *s = session_new(o, copy, signal_fd);

    if (!s) {
        report_error("cannot begin: %s", strerror(errno));
        *ret = (struct session_result){.exit_status = 2};
        return;
    }
    run(s);
    s->status.seconds = (double)(clock_now_ms() - s->began_ms) / 1000;
    s->status.exit_status = exit_status(s);
    report_summary(&s->status);
    *ret = (struct session_result){
        .exit_status = s->status.exit_status,
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

    if (open_source(s) < 0) {
        report_failure(copy->source, &s->status.source_failure);
        return s->unavailable ? 2 : 5;
    }
    source_close(&s->source);
    look_at_targets(s);
    for (unsigned d = 0; d < copy->n_dests; d++) {
        struct failure f = s->failures[d];

        if (s->late[d])
            continue;
        if (f.err != 0 || check_space(s, d, &f) < 0) {
            report_failure(copy->dests[d], &f);
        } else {
            report_dry_run(copy->source, copy->dests[d], s->looks[d].how);
            good++;
        }
    }
    return policy_status(s, good, good);
}

int session_look(const struct options *o, const struct plan_copy *copy)
{
    struct session *s = session_new(o, copy, -1);
    int status;

    if (!s) {
        report_error("cannot begin: %s", strerror(errno));
        return 2;
    }
    status = look_at(s);
    session_free(s);
    return status;
}
