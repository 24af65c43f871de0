#include "inspection_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/fd.h"
#include "base/signals.h"
#include "base/thread.h"
#include "copy/copy.h"

/* How long the threads may take to end after a signal, ms. */
#define END_PATIENCE_MS 1000u

/* The note of a message; its path is below the member's. */
struct finding_note {
    enum finding kind;
    struct failure failure;
    struct finding_range range;
};

int inspection_new(const struct options *o, const char *source, unsigned n, unsigned first_dest,
                   int signal_fd, struct inspection **ret_inspection)
{
    uint64_t most = options_max_request(o);
    struct inspection *inspection = calloc(1, sizeof(*inspection));

    if (!inspection)
        return -ENOMEM;
    *inspection = (struct inspection){
        .o = o,
        .source = source,
        .signal_fd = signal_fd,
        .n = n,
        .first_dest = first_dest,
        .buffer = most < INSPECTION_BUFFER ? (size_t)most : INSPECTION_BUFFER,
    };
    pthread_mutex_init(&inspection->lock, NULL);
    inspection->wake_fd = event_create();
    inspection->members = calloc(n, sizeof(*inspection->members));
    inspection->tests = calloc(n, sizeof(*inspection->tests));
    inspection->status.dests = calloc(n, sizeof(*inspection->status.dests));
    if (inspection->wake_fd < 0 || !inspection->members || !inspection->tests ||
        !inspection->status.dests ||
        message_queue_create(inspection->wake_fd, &inspection->findings) < 0) {
        (void)fd_close(&inspection->wake_fd);
        free(inspection->members);
        free(inspection->tests);
        free(inspection->status.dests);
        free(inspection);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < n; i++)
        inspection->members[i].inspection = inspection;
    *ret_inspection = inspection;
    return 0;
}

void inspection_free(struct inspection *inspection)
{
    if (!inspection)
        return;
    message_queue_free(inspection->findings);
    (void)fd_close(&inspection->wake_fd);
    pthread_mutex_destroy(&inspection->lock);
    free(inspection->members);
    free(inspection->tests);
    free(inspection->status.dests);
    free(inspection);
}

/* ---- the threads ---- */

void inspector_find(struct inspector *m, enum finding kind, const char *path,
                    const struct failure *f, const struct finding_range *range)
{
    struct finding_note note = {.kind = kind};

    if (atomic_load(&m->given_up))
        return;
    if (f)
        note.failure = *f;
    if (range)
        note.range = *range;
    atomic_store(&m->waiting, true);
    message_queue_put_note(m->inspection->findings, (unsigned)(m - m->inspection->members),
                           path, &note, sizeof(note));
    atomic_store(&m->waiting, false);
}

void inspector_fail(struct inspector *m, const char *path, const char *op, int r,
                    uint64_t offset)
{
    struct failure f;

    (void)failure_set(&f, op, -r, offset, NULL);
    inspector_find(m, FINDING_UNREADABLE, path, &f, NULL);
}

void inspector_note_how(struct inspector *m, enum read_how how)
{
    if (how > atomic_load(&m->how))
        atomic_store(&m->how, how);
}

void inspector_flushing(void *arg, uint64_t bytes)
{
    struct inspector *m = arg;

    /* The allowance begins before the step from which it counts, and ends after the next one. */
    if (bytes > 0)
        atomic_store(&m->flush_bytes, bytes);
    (void)inspector_step(m);
    atomic_store(&m->flush_bytes, bytes);
}

bool inspector_step(struct inspector *m)
{
    atomic_fetch_add_explicit(&m->steps, 1, memory_order_relaxed);
    return atomic_load_explicit(&m->inspection->stop, memory_order_relaxed) ||
           atomic_load(&m->given_up);
}

/* With the lock held the main thread cannot free the inspection before this thread has let it go. */
void inspector_leave(struct inspector *m)
{
    struct inspection *inspection = m->inspection;

    pthread_mutex_lock(&inspection->lock);
    atomic_store(&m->over, true);
    event_signal(inspection->wake_fd);
    pthread_mutex_unlock(&inspection->lock);
}

/* ---- the main thread ---- */

static void report_message(struct inspection *inspection, const struct queued_message *q)
{
    struct inspector *m = &inspection->members[q->who];
    const struct finding_note *note = q->note;

    if (!note) {
        inspection->no_memory = true;
        return;
    }
    m->found[note->kind] += !note->range.again;
    report_finding(inspection->source, m->path, q->path, note->kind, &note->failure,
                   &note->range);
}

static void report_findings(struct inspection *inspection)
{
    struct queued_message *q;

    while ((q = message_queue_take(inspection->findings))) {
        report_message(inspection, q);
        message_queue_give_back(inspection->findings, q);
    }
}

static void update_status(struct inspection *inspection)
{
    struct copy_status *s = &inspection->status;

    s->seconds = (double)(clock_now_ms() - inspection->began_ms) / 1000;
    s->read_bytes = 0;
    for (unsigned i = 0; i < inspection->n; i++) {
        struct inspector *m = &inspection->members[i];

        s->read_bytes += atomic_load(&m->bytes);
        if (i < inspection->first_dest)
            continue;
        s->dests[i - inspection->first_dest].bytes = atomic_load(&m->bytes);
        s->dests[i - inspection->first_dest].files = atomic_load(&m->files);
    }
}

static bool all_over(struct inspection *inspection)
{
    bool over = true;

    pthread_mutex_lock(&inspection->lock); /* see inspector_leave() */
    for (unsigned i = 0; i < inspection->n; i++)
        over &= atomic_load(&inspection->members[i].over) ||
                atomic_load(&inspection->members[i].given_up);
    pthread_mutex_unlock(&inspection->lock);
    return over;
}

/* The main thread does not hear of a member any more, and says why. It does not use
 * inspector_fail(), which may wait for it. */
static void give_up(struct inspection *inspection, unsigned i, const struct failure *f)
{
    struct inspector *m = &inspection->members[i];
    const char *doing = atomic_load(&m->doing);

    atomic_store(&m->given_up, true);
    m->found[FINDING_UNREADABLE]++;
    report_finding(inspection->source, m->path, doing ? doing : "", FINDING_UNREADABLE, f,
                   &(struct finding_range){0});
    if (inspection->gave_up)
        inspection->gave_up(inspection->arg, i);
    if (i < inspection->first_dest)
        atomic_store(&inspection->stop, true);
}

static void give_up_silent(struct inspection *inspection, unsigned i)
{
    struct failure f;

    (void)failure_set(&f, "read", ETIMEDOUT, FAILURE_NO_OFFSET, "it does not answer");
    give_up(inspection, i, &f);
}

/* Gives up the members that have not moved for too long. */
static void look_for_hangs(struct inspection *inspection)
{
    uint64_t now = clock_running_ms(), limit = options_timeout_ms(inspection->o);

    for (unsigned i = 0; i < inspection->n; i++) {
        struct inspector *m = &inspection->members[i];
        uint64_t flush = atomic_load(&m->flush_bytes), steps = atomic_load(&m->steps);
        uint64_t most = flush ? limit + copy_flush_allowance_ms(flush) : limit;

        if (steps != m->seen_steps || atomic_load(&m->waiting))
            m->moved_at = now;
        m->seen_steps = steps;
        if (limit && !atomic_load(&m->given_up) && !atomic_load(&m->over) &&
            now - m->moved_at >= most)
            give_up_silent(inspection, i);
    }
}

static void take_signals(struct inspection *inspection)
{
    int sig;

    while ((sig = signals_next(inspection->signal_fd)) != 0) {
        if (sig == SIGUSR1)
            report_check_progress(&inspection->status, true);
        else if (!inspection->signal)
            inspection->signal = sig;
    }
    if (inspection->signal)
        atomic_store(&inspection->stop, true);
}

/* Waits until all members are over or given up. False: after a signal they did not end. */
static bool watch(struct inspection *inspection)
{
    int interval = report_progress_interval_ms();
    uint64_t deadline = UINT64_MAX;

    while (!all_over(inspection)) {
        struct pollfd p[2] = {{.fd = inspection->wake_fd, .events = POLLIN},
                              {.fd = inspection->signal_fd, .events = POLLIN}};

        poll(p, 2, report_wait_ms((int)CLOCK_LOOK_MS));
        if (p[0].revents)
            (void)event_clear(inspection->wake_fd);
        report_findings(inspection);
        update_status(inspection);
        take_signals(inspection);
        look_for_hangs(inspection);
        if (inspection->signal && deadline == UINT64_MAX)
            deadline = clock_running_ms() + END_PATIENCE_MS;
        if (clock_running_ms() >= deadline)
            return all_over(inspection);
        if (interval >= 0)
            report_check_progress(&inspection->status, false);
    }
    return true;
}

/* Fills the summary. Returns the exit status. Nothing is verified by a source that could not be read
 * to its end. */
static int judge(struct inspection *inspection)
{
    bool differs = false, unread = false, unreadable = inspection->no_memory;

    for (unsigned i = 0; i < inspection->n; i++) {
        struct inspector *m = &inspection->members[i];
        bool is_right = m->found[FINDING_DIFFERS] + m->found[FINDING_MISSING] == 0;

        differs |= !is_right;
        unreadable |= m->found[FINDING_UNREADABLE] > 0;
        if (i < inspection->first_dest) {
            unread |= m->found[FINDING_UNREADABLE] > 0;
            continue;
        }
        memcpy(inspection->tests[i - inspection->first_dest].found, m->found, sizeof(m->found));
        if (atomic_load(&m->files) > 0)
            inspection->tests[i - inspection->first_dest].how =
                read_how_name(atomic_load(&m->how));
        is_right &= m->found[FINDING_UNREADABLE] == 0 && !unread && !inspection->no_memory &&
                    atomic_load(&m->complete);
        inspection->status.dests[i - inspection->first_dest].state =
            is_right ? DEST_DONE : DEST_FAILED;
    }
    if (inspection->signal)
        return 128 + inspection->signal;
    return differs ? 4 : unreadable ? 5 : 0;
}

static void begin(struct inspection *inspection)
{
    struct copy_status *s = &inspection->status;

    s->source = inspection->source;
    s->tree = true;
    s->n_dests = inspection->n - inspection->first_dest;
    for (unsigned i = 0; i < s->n_dests; i++) {
        s->dests[i].path = inspection->members[inspection->first_dest + i].path;
        s->dests[i].state = DEST_READING;
    }
    inspection->began_ms = clock_now_ms();
    report_check_start(s);
    for (unsigned i = 0; i < inspection->n; i++) {
        struct inspector *m = &inspection->members[i];
        struct failure f;
        int r;

        m->moved_at = clock_running_ms();
        r = thread_start(m->run, m);
        if (r == 0)
            continue;
        (void)failure_set(&f, "cannot start a thread", -r, FAILURE_NO_OFFSET, NULL);
        give_up(inspection, i, &f);
        atomic_store(&m->over, true);
    }
}

int inspection_run(struct inspection *inspection, bool *ret_hung)
{
    bool left = false;
    int status;

    begin(inspection);
    (void)watch(inspection);
    report_findings(inspection);
    update_status(inspection);
    if (inspection->no_memory)
        report_error("%s: some findings could not be reported", strerror(ENOMEM));
    status = judge(inspection);
    inspection->status.exit_status = status;
    if (inspection->signal)
        report_error("interrupted");
    report_check_summary(&inspection->status, inspection->tests);
    message_queue_close(inspection->findings);
    pthread_mutex_lock(&inspection->lock); /* see inspector_leave() */
    for (unsigned i = 0; i < inspection->n; i++)
        left |= !atomic_load(&inspection->members[i].over);
    pthread_mutex_unlock(&inspection->lock);
    *ret_hung |= left;
    if (!left)
        inspection_free(inspection);
    return status;
}
