#include "session.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "engine.h"
#include "job.h"
#include "report.h"
#include "signals.h"
#include "source.h"
#include "target.h"
#include "tuning.h"
#include "worker.h"

/* How long a fifo may be without a reader before it is dropped; and how often to look. */
#define FIFO_PATIENCE_MS 5000
#define FIFO_POLL_MS     20

/* How long a destination may go on moving no byte before it is dropped. */
#define STALL_MS 3000

/* How long workers have to come to an end after a signal. */
#define END_PATIENCE_MS 800

/* How often the loop looks for destinations that have been dropped. */
#define LOOK_MS 1000

struct session {
    const struct options *o;
    const struct plan_copy *copy;
    int signal_fd;

    struct source source;
    struct target *targets;
    bool *target_open;
    uint64_t start; /* of the copied range in the source, bytes */
    uint64_t size;  /* bytes to copy, or the limit where the end is not known */
    bool size_known;
    struct tuning tuning;

    struct job job;
    struct job_view *view;
    struct crew *crew;
    int end_fd; /* eventfd: the crew has come to its end */

    struct copy_status status;
    uint64_t began_ms;
    int signal;     /* the first that asked for the end, or 0 */
    bool impatient; /* a second one came */
    bool abandoned;
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
        if (s->status.dests[d].state == DEST_FAILED)
            continue;
        s->status.dests[d].by_source = true;
        fail_dest(s, d, &f);
    }
}

static int open_source(struct session *s)
{
    const struct options *o = s->o;
    struct failure *f = &s->status.source_failure;
    int r = source_open(&s->source, s->copy->source, o->direct == WHEN_ALWAYS, f);

    if (r < 0)
        return r;
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
    s->status.size = s->size_known ? s->size : 0;
    s->status.size_known = s->size_known;
    return 0;
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

static struct target_request request_for(const struct session *s, unsigned d)
{
    const struct options *o = s->o;

    return (struct target_request){
        .path = s->copy->dests[d],
        .inplace = o->inplace,
        .keep_rest = o->has_dest_offset,
        .force = o->force,
        .want_direct = tuning_wants_direct(o, s->size, s->size_known),
        .need_direct = o->direct == WHEN_ALWAYS,
        .durable = o->fsync,
        .source_mode = s->source.st.st_mode,
        .size = s->size_known ? s->size + o->dest_offset : 0,
        .size_known = s->size_known,
    };
}

/* A fifo without a reader is waited for, as cp does, but not for ever. */
static int open_target(struct session *s, unsigned d, uint64_t deadline, struct failure *f)
{
    struct target_request request = request_for(s, d);

    for (;;) {
        struct pollfd p = {.fd = s->signal_fd, .events = POLLIN};
        int r = target_open(&s->targets[d], &request, f);

        if (r != -ENXIO || clock_now_ms() >= deadline || s->signal)
            return r;
        poll(&p, 1, FIFO_POLL_MS);
        take_signals(s);
    }
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

static unsigned open_targets(struct session *s)
{
    uint64_t deadline = clock_now_ms() + FIFO_PATIENCE_MS;
    unsigned opened = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct failure f;

        if (s->signal || (s->o->stop_on_error && opened < d)) {
            fail_dest(s, d, stopped(s, &f));
            continue;
        }
        if (open_target(s, d, deadline, &f) == 0) {
            s->target_open[d] = true;
            opened++;
        } else {
            fail_dest(s, d, &f);
        }
    }
    return opened;
}

static unsigned usable_cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static struct tuning_facts facts(const struct session *s)
{
    struct tuning_facts f = {
        .size = s->size,
        .size_known = s->size_known,
        .cpus = usable_cpus(),
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
    r = job_init(j, n, s->size, s->size_known, s->tuning.workers * s->tuning.queue_depth);
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
    j->queue_depth = s->tuning.queue_depth;
    j->stall_ms = STALL_MS;
    j->in_order = s->o->in_order;
    j->stop_on_error = s->o->stop_on_error;
    j->source = (struct job_end){
        .file = add_fd(j, s->source.fd),
        .file_direct = add_fd(j, s->source.fd_direct),
        .direct_align = s->source.direct_align,
        .base = s->start,
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
        };
    }
    s->status.workers = s->tuning.workers;
    s->status.chunk_size = j->chunk_size;
    s->status.queue_depth = j->queue_depth;
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
        if (ds->state == DEST_FAILED)
            continue;
        if (v->state.dropped)
            fail_dest(s, d, &v->state.failure);
        else
            ds->state = v->missing ? DEST_COPYING : DEST_FLUSHING;
    }
}

/* Until the workers have come to their end, or have had time enough to do so. */
static void watch(struct session *s)
{
    int interval = report_progress_interval_ms();
    uint64_t shown = s->began_ms, deadline = UINT64_MAX;

    for (;;) {
        struct pollfd p[2] = {{.fd = s->end_fd, .events = POLLIN},
                              {.fd = s->signal_fd, .events = POLLIN}};
        int before = s->signal;

        poll(p, 2, interval >= 0 ? interval : s->signal ? 50 : LOOK_MS);
        if (p[0].revents)
            return;
        look(s);
        take_signals(s);
        if (s->signal && !before) {
            job_stop(&s->job);
            deadline = clock_now_ms() + END_PATIENCE_MS;
        }
        if (clock_now_ms() >= deadline || s->impatient) {
            s->abandoned = true;
            return;
        }
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
        .end_fd = s->end_fd,
    };
    struct engine_reason why;
    int r = crew_start(&s->crew, &s->job, &config);

    if (r < 0) {
        s->unavailable = true;
        report_error("cannot start a worker: %s", strerror(-r));
        return;
    }
    watch(s);
    if (s->abandoned)
        return;
    r = crew_join(s->crew, &why);
    look(s);
    crew_tell(s->crew, tell_remark, (void *)(uintptr_t)s->status.engine);
    if (r < 0) {
        s->unavailable = true;
        report_error("engine %s: %s", s->o->engine, why.text);
    } else {
        report_verbose("engine %s, %u x %u chunks of %u bytes", s->status.engine,
                       s->tuning.workers, s->tuning.queue_depth, s->tuning.chunk_size);
    }
    crew_free(s->crew);
    s->crew = NULL;
}

/* ---- after the copy ---- */

/* Whatever happened to the source makes every copy of it worthless. */
static void check_source(struct session *s)
{
    struct failure *f = &s->status.source_failure;

    *f = s->job.source_failure;
    if (f->err == 0)
        (void)source_check_unchanged(&s->source, f);
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

static void give_up(struct session *s, unsigned d)
{
    struct failure f;

    if (s->abandoned)
        target_abandon(&s->targets[d]);
    else
        target_abort(&s->targets[d]);
    if (s->status.dests[d].state != DEST_FAILED)
        fail_dest(s, d, stopped(s, &f));
}

static void finish_target(struct session *s, unsigned d)
{
    struct dest_status *ds = &s->status.dests[d];
    struct failure f;

    if (ds->state == DEST_FAILED || s->signal || s->unavailable || incomplete(s, d)) {
        give_up(s, d);
    } else if (target_commit(&s->targets[d], &f) < 0) {
        fail_dest(s, d, &f);
    } else {
        ds->state = DEST_DONE;
        ds->durable = s->o->fsync && s->view[d].state.flushed;
    }
}

static void finish_targets(struct session *s)
{
    take_signals(s);
    if (!s->signal && !s->unavailable)
        check_source(s);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        if (s->target_open[d])
            finish_target(s, d);
}

/* What `done` complete destinations come to under --require. */
static int policy_status(const struct session *s, unsigned done)
{
    unsigned required = s->o->require;

    if (required == OPTIONS_REQUIRE_ALL)
        required = s->copy->n_dests;
    if (done >= required)
        return 0;
    return done == 0 ? 1 : 3;
}

static int exit_status(const struct session *s)
{
    unsigned done = 0;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        done += s->status.dests[d].state == DEST_DONE;
    if (s->unavailable)
        return 2;
    if (s->signal)
        return 128 + s->signal;
    if (s->status.source_failure.err)
        return 5;
    return policy_status(s, done);
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
    if (s->end_fd >= 0)
        close(s->end_fd);
    free(s->targets);
    free(s->target_open);
    free(s->view);
    free(s->status.dests);
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
    /* Before any destination can have taken the last descriptor. */
    s->end_fd = eventfd(0, EFD_CLOEXEC);
    s->targets = calloc(n, sizeof *s->targets);
    s->target_open = calloc(n, sizeof *s->target_open);
    s->view = calloc(n, sizeof *s->view);
    s->status.dests = calloc(n, sizeof *s->status.dests);
    s->status.source = copy->source;
    s->status.n_dests = copy->n_dests;
    if (s->end_fd < 0 || !s->targets || !s->target_open || !s->view || !s->status.dests) {
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
        .ended = s->signal || (o->stop_on_error && s->status.exit_status != 0),
        .abandoned = s->abandoned,
    };
    if (!s->abandoned) /* hanging workers still look at it */
        session_free(s);
}

int session_look(const struct options *o, const struct plan_copy *copy)
{
    struct session s = {.o = o, .copy = copy};
    unsigned good = 0;

    if (open_source(&s) < 0) {
        report_failure(copy->source, &s.status.source_failure);
        return s.unavailable ? 2 : 5;
    }
    source_close(&s.source);
    for (unsigned d = 0; d < copy->n_dests; d++) {
        struct target_request request = request_for(&s, d);
        const char *how = "";
        struct failure f;

        if (target_look(&request, &how, &f) < 0) {
            report_failure(copy->dests[d], &f);
        } else {
            report_dry_run(copy->source, copy->dests[d], how);
            good++;
        }
    }
    return policy_status(&s, good);
}
