/* watch: the workers of a job, from their start to their end. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "engine/engine.h"
#include "session_priv.h"

/* How often to look whether something gets no answer that no worker waits for. */
#define LOOK_MS ((int)CLOCK_LOOK_MS)

/* How often to look, after a signal, whether the workers have ended. */
#define STOP_POLL_MS 50

/* How often something has to be looked at, in ms; -1: only when there are news. */
static int look_ms(const struct session *s)
{
    if (s->signal)
        return STOP_POLL_MS;
    return s->job.source.timeout_ms || s->job.prompt || s->o->map ? LOOK_MS : -1;
}

/* Whether a call that a worker has made itself hangs since asked_at; 0: there is none. */
static bool is_late(struct session *s, uint64_t asked_at, const char *what)
{
    unsigned limit = s->job.source.timeout_ms;
    struct failure f;

    if (!asked_at || !limit || clock_running_ms() < asked_at + limit)
        return false;
    failure_set(&f, what, ETIMEDOUT, FAILURE_NO_OFFSET, NO_ANSWER);
    job_fail_source(&s->job, &f);
    return true;
}

/* Whether a worker hangs while it looks for holes in the source, or for its end. No engine
 * notices that. */
static bool search_hangs(struct session *s)
{
    return is_late(s, s->job.extents ? extents_asked_at(s->job.extents) : 0,
                   "look for holes") ||
           is_late(s, atomic_load(&s->job.asked_at), "read");
}

/* Waits until the workers have ended. False: after a signal they did not end in time, or they
 * hang. */
static bool watch(struct session *s)
{
    uint64_t deadline = UINT64_MAX;

    for (;;) {
        struct pollfd p[2] = {{.fd = s->news_fd, .events = POLLIN},
                              {.fd = s->signal_fd, .events = POLLIN}};
        int before = s->signal;

        poll(p, 2, report_wait_ms(look_ms(s)));
        if (p[0].revents && event_clear(s->news_fd) && crew_has_ended(s->crew))
            return true;
        session_update(s);
        if (crew_is_open(s->crew))
            session_commit_complete(s);
        session_take_signals(s);
        if (s->signal && !before) {
            job_stop(&s->job);
            deadline = clock_running_ms() + STOP_WAIT_MS;
        }
        crew_look(s->crew);
        if (clock_running_ms() >= deadline || s->impatient || search_hangs(s))
            return false;
        session_show_if_due(s);
        session_save_map_if_due(s);
    }
}

static void report_remark(void *arg, const char *engine, const char *reason)
{
    const char *chosen = arg;

    if (chosen && strcmp(engine, chosen) == 0)
        report_verbose("engine %s: %s", engine, reason);
    else
        report_verbose("engine %s passed over: %s", engine, reason);
}

static int start_workers(struct session *s)
{
    struct crew_config config = {
        .engine = session_engine(s),
        .workers = s->tuning.workers,
    };
    struct failure f;
    int r;

    session_release_memory(s);
    r = crew_start(&s->crew, &s->job, &config);
    s->status.workers = s->tuning.workers;
    s->status.chunk_size = s->tuning.chunk_size;
    s->status.queue_depth = s->tuning.queue_depth;
    if (r < 0) {
        (void)failure_format(&f, NULL, -r, "cannot start a worker: %s", strerror(-r));
        session_lacks(s, &f);
    }
    return r;
}

/* The workers have ended: reports how they did it, and frees them. */
static void end_workers(struct session *s)
{
    struct engine_reason why;
    struct failure f;
    int r;

    s->abandoned |= !crew_end(s->crew, STOP_WAIT_MS);
    r = crew_error(s->crew, &why);
    session_update(s);
    if (!s->file)
        crew_report_remarks(s->crew, report_remark, (void *)(uintptr_t)s->status.engine);
    if (r < 0) {
        (void)failure_format(&f, NULL, -r, "engine %s: %s", s->o->engine, why.text);
        session_lacks(s, &f);
    } else if (!s->file) {
        report_verbose("engine %s, %u x %u chunks of %u bytes", s->status.engine,
                       s->tuning.workers, s->tuning.queue_depth, s->tuning.chunk_size);
    }
    if (!s->abandoned)
        crew_free(s->crew);
    s->crew = NULL;
}

bool session_run_workers(struct session *s)
{
    if (start_workers(s) < 0)
        return false;
    if (!watch(s)) {
        s->abandoned = true;
        session_update(s);
        return false;
    }
    end_workers(s);
    return true;
}
