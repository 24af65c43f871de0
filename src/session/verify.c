/* verify: reads back what all copies of the run have made, and ends the copies. The main thread
 * watches the lanes (verify/verify.h), as it watches the workers of a copy. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/message_queue.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "copy/copy.h"
#include "session_priv.h"
#include "verify/verify.h"

/* How often to look whether a lane hangs. */
#define LOOK_MS 200

#define NO_ANSWER_DIFFERS NO_ANSWER "; what was read before differs"

struct verification {
    const struct options *o;
    struct verify *v;
    struct session_end *ends;
    unsigned n_ends, n_lanes;
    int signal_fd, wake_fd;
    struct message_queue *messages;
    struct copy_status status; /* of the progress; a destination is a lane */
    struct verify_view *views;
    bool *given_up; /* per lane: it hangs */
    uint64_t began_ms, shown_ms;
    int signal;
    bool impatient;
};

/* ---- the lanes run ---- */

static void take_messages(struct verification *x)
{
    struct queued_message *q;

    while ((q = message_queue_take(x->messages))) {
        const char *path = *q->path ? q->path : x->status.dests[q->who].path;

        report_dest_message(&x->status.dests[q->who], path, &q->failure);
        message_queue_give_back(x->messages, q);
    }
}

static void take_signals(struct verification *x)
{
    int sig;

    while ((sig = signals_next(x->signal_fd)) != 0) {
        if (sig == SIGUSR1)
            report_progress(&x->status, true);
        else if (x->signal)
            x->impatient = true;
        else
            x->signal = sig;
    }
    if (x->signal)
        verify_stop(x->v);
}

/* Whether the lane has been silent for too long. */
static bool hangs(const struct verification *x, const struct verify_view *view)
{
    uint64_t limit = options_timeout_ms(x->o);

    if (view->over || limit == 0)
        return false;
    if (view->flush_bytes)
        limit += copy_flush_allowance_ms(view->flush_bytes);
    return clock_running_ms() > view->moved_at + limit;
}

/* Brings the status up to date. Whether all lanes are over, or given up. */
static bool look(struct verification *x)
{
    bool over = true;

    x->status.seconds = (double)(clock_now_ms() - x->began_ms) / 1000;
    for (unsigned i = 0; i < x->n_lanes; i++) {
        struct dest_status *ds = &x->status.dests[i];

        verify_look(x->v, i, &x->views[i]);
        ds->bytes = x->views[i].bytes;
        ds->files = x->views[i].files;
        x->given_up[i] |= hangs(x, &x->views[i]);
        if (x->views[i].over)
            ds->state = DEST_DONE;
        over &= x->views[i].over || x->given_up[i];
    }
    return over;
}

/* Watches the lanes. False: some of them hang. */
static bool watch(struct verification *x)
{
    int interval = report_progress_interval_ms();
    uint64_t deadline = UINT64_MAX;

    while (!look(x)) {
        struct pollfd p[2] = {{.fd = x->wake_fd, .events = POLLIN},
                              {.fd = x->signal_fd, .events = POLLIN}};
        int before = x->signal;

        (void)poll(p, 2, report_wait_ms(LOOK_MS));
        (void)event_clear(x->wake_fd);
        take_messages(x);
        take_signals(x);
        if (x->signal && !before)
            deadline = clock_running_ms() + STOP_WAIT_MS;
        if (x->impatient || clock_running_ms() >= deadline)
            break;
        if (interval >= 0 && clock_now_ms() - x->shown_ms >= (uint64_t)interval) {
            x->shown_ms = clock_now_ms();
            report_progress(&x->status, false);
        }
    }
    take_messages(x);
    for (unsigned i = 0; i < x->n_lanes; i++)
        if (!x->views[i].over)
            return false;
    return true;
}

/* ---- what it comes to ---- */

static void fail(struct copy_status *s, unsigned d, const struct failure *f)
{
    if (s->dests[d].state == DEST_FAILED)
        return;
    s->dests[d].state = DEST_FAILED;
    s->dests[d].failure = *f;
    report_dest_failed(s, d);
}

static void judge_result(struct copy_status *s, unsigned d, const struct verify_result *r)
{
    struct failure f;

    s->dests[d].verified = r;
    if (r->n_left > 0) {
        failure_format(&f, NULL, EBADMSG,
                       "verification found %llu range%s of bytes that differ%s",
                       (unsigned long long)r->n_left, r->n_left == 1 ? "" : "s",
                       r->n_left == 1 ? "s" : "");
        fail(s, d, &f);
    } else if (r->n_failed > 0 && s->tree) {
        failure_format(&f, NULL, r->failure.err, "%llu file%s could not be verified",
                       (unsigned long long)r->n_failed, r->n_failed == 1 ? "" : "s");
        fail(s, d, &f);
    } else if (r->n_failed > 0) {
        fail(s, d, &r->failure);
    }
    report_verified(s, d);
}

/* The source of that copy: if it was read otherwise now than before, nobody knows what is right. */
static void judge_source(struct verification *x, struct copy_status *s, unsigned copy)
{
    const struct verify_result *r;
    struct failure *f = &s->source_failure;
    unsigned lane;

    if (!(x->o->verify & VERIFY_SOURCE))
        return;
    if (x->signal) {
        report_error("%s: the verification was interrupted", s->source);
        return;
    }
    lane = x->n_lanes - 1;
    if (x->given_up[lane]) {
        s->source_differs = verify_differs(x->v, lane, copy);
        if (f->err == 0)
            failure_set(f, "read back", ETIMEDOUT, FAILURE_NO_OFFSET,
                        s->source_differs ? NO_ANSWER_DIFFERS : NO_ANSWER);
        return;
    }
    r = verify_result_of(x->v, lane, copy);
    if (r->files == 0 && r->n_failed == 0 && r->unread == 0)
        return;
    s->source_verified = r;
    report_source_verified(s);
    if (f->err != 0)
        return;
    if (r->n_left > 0)
        failure_format(f, NULL, EBADMSG,
                       "it was read otherwise the second time, in %llu range%s",
                       (unsigned long long)r->n_left, r->n_left == 1 ? "" : "s");
    else if (r->n_failed > 0)
        *f = r->failure;
}

/* Destination d of that copy was not read back to the end: it, or the source, does not answer. */
static void judge_silent(struct verification *x, struct copy_status *s, unsigned copy,
                         unsigned d)
{
    bool differs = verify_differs(x->v, d, copy), at_source = x->views[d].at_source;
    struct failure f;

    s->dests[d].differs = differs;
    if (at_source)
        failure_set(&f, "compare with SOURCE", ETIMEDOUT, FAILURE_NO_OFFSET,
                    differs ? "SOURCE does not answer; what was read before differs"
                            : "SOURCE does not answer");
    else
        failure_set(&f, "read back", ETIMEDOUT, FAILURE_NO_OFFSET,
                    differs ? NO_ANSWER_DIFFERS : NO_ANSWER);
    fail(s, d, &f);
    path_probe_add_silent(at_source ? s->source : s->dests[d].path);
}

/* Destination d of that copy. */
static void judge(struct verification *x, struct copy_status *s, unsigned copy, unsigned d)
{
    const struct verify_result *r;

    if ((s->dests[d].state != DEST_DONE && !s->tree) || s->dests[d].skipped)
        return;
    if (!(x->o->verify & VERIFY_DEST))
        return;
    if (x->signal) {
        report_error("%s: the verification was interrupted", s->dests[d].path);
    } else if (x->given_up[d]) {
        judge_silent(x, s, copy, d);
    } else {
        r = verify_result_of(x->v, d, copy);
        if (r->files > 0 || r->n_failed > 0)
            judge_result(s, d, r);
    }
}

/* Without memory for the verification nothing is verified. */
static void fail_all(struct verification *x)
{
    struct failure f;

    failure_set(&f, "verify", ENOMEM, FAILURE_NO_OFFSET, NULL);
    for (unsigned i = 0; i < x->n_ends; i++)
        for (unsigned d = 0; x->ends[i].status && d < x->ends[i].status->n_dests; d++)
            fail(x->ends[i].status, d, &f);
}

/* Reports the copies, and frees them. */
static void end_copies(struct verification *x, bool *ret_hung)
{
    for (unsigned i = 0; i < x->n_ends; i++) {
        struct session_end *e = &x->ends[i];
        int signal = e->signal ? e->signal : x->signal, status = 0;
        bool hung = false;

        if (!e->status)
            continue;
        if (e->judged)
            status = e->judged(e->arg, signal, &hung);
        *ret_hung |= hung;
        e->exit_status =
            session_worse(session_exit_status(x->o, e->status, e->unavailable, signal), status);
        e->status->exit_status = e->exit_status;
        report_summary(e->status);
        if (e->owner && !hung)
            e->free_owner(e->owner);
        e->status = NULL;
    }
}

/* ---- from start to end ---- */

/* The copy whose destinations stand for the lanes in reports: the one that has most. */
static const struct copy_status *widest(const struct verification *x)
{
    const struct copy_status *found = NULL;

    for (unsigned i = 0; i < x->n_ends; i++) {
        const struct copy_status *s = x->ends[i].status;

        if (s && (!found || s->n_dests > found->n_dests))
            found = s;
    }
    return found;
}

/* Makes the progress' status. Whether there is anything to verify, and memory to do it. */
static bool prepare(struct verification *x)
{
    const struct copy_status *model = widest(x);

    x->n_lanes = model ? verify_n_lanes(x->v) : 0;
    x->status.dests = calloc(x->n_lanes + 1, sizeof(*x->status.dests));
    x->views = calloc(x->n_lanes + 1, sizeof(*x->views));
    x->given_up = calloc(x->n_lanes + 1, sizeof(*x->given_up));
    x->wake_fd = event_create();
    if (!x->status.dests || !x->views || !x->given_up || x->wake_fd < 0 ||
        message_queue_create(x->wake_fd, &x->messages) < 0)
        return false;
    x->status.source = model ? model->source : "";
    x->status.n_dests = x->n_lanes;
    x->status.size_known = true;
    for (unsigned i = 0; i < x->n_lanes; i++) {
        uint64_t bytes, files;

        verify_total(x->v, i, &bytes, &files);
        if (bytes > x->status.size)
            x->status.size = bytes;
        x->status.dests[i].path = i < model->n_dests ? model->dests[i].path : model->source;
        x->status.dests[i].disk = i < model->n_dests ? model->dests[i].disk : NULL;
        x->status.dests[i].state = DEST_VERIFYING;
    }
    return true;
}

/* The signal that has ended the copies; 0: none has. */
static int signal_of(const struct verification *x)
{
    for (unsigned i = 0; i < x->n_ends; i++)
        if (x->ends[i].signal)
            return x->ends[i].signal;
    return 0;
}

static void judge_all(struct verification *x)
{
    for (unsigned i = 0; i < x->n_ends; i++) {
        struct copy_status *s = x->ends[i].status;

        if (s)
            judge_source(x, s, i);
        for (unsigned d = 0; s && d < s->n_dests; d++)
            judge(x, s, i, d);
    }
}

/* Lets the lanes run, and judges. False: some of them hang. */
static bool run(struct verification *x)
{
    bool ended;

    report_verification(&x->status);
    verify_start(x->v, x->messages, x->wake_fd);
    ended = watch(x);
    report_verification_ended(&x->status);
    judge_all(x);
    return ended;
}

void session_verify(const struct options *o, struct verify *v, struct session_end *ends,
                    unsigned n, int signal_fd, bool *ret_hung)
{
    struct verification x = {.o = o,
                             .v = v,
                             .ends = ends,
                             .n_ends = n,
                             .signal_fd = signal_fd,
                             .began_ms = clock_now_ms()};
    bool ended = true;

    x.shown_ms = x.began_ms;
    x.signal = signal_of(&x);
    if (x.signal)
        judge_all(&x);
    else if (!prepare(&x))
        fail_all(&x);
    else if (x.n_lanes > 0)
        ended = run(&x);
    end_copies(&x, ret_hung);
    *ret_hung |= !ended;
    if (ended) { /* otherwise a lane may still use it */
        if (x.messages)
            message_queue_free(x.messages);
        if (x.wake_fd > 0)
            close(x.wake_fd);
    }
    free(x.status.dests);
    free(x.views);
    free(x.given_up);
}
