/* open: a copy before its first byte. Source and destinations are opened, each by an
 * call, as any of them may hang. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/page_cache.h"
#include "base/path_probe.h"
#include "base/text.h"
#include "cli/prompt.h"
#include "session_priv.h"

/* How long a fifo may be without a reader, or a partial file another run's, before it is
 * dropped; and how often to look. */
#define OPEN_PATIENCE_MS 5000
#define OPEN_POLL_MS     20

/* What a new file gets, less the umask, if it gets nothing of the source. */
/* Of files of a tree, bytes: what is shorter is sooner copied again. */
#define SMALLEST_KEPT (4u << 20)

#define PLAIN_MODE (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)

/* ---- the source ---- */

static int open_source(struct session *s)
{
    if (s->file)
        return source_open_fd(&s->source, s->file->fd, s->copy->source, &s->failures[0]);
    return source_open(&s->source, s->copy->source, &s->failures[0]);
}

/* Bytes from --offset on that are to be copied, at most. */
static uint64_t bytes_to_copy(const struct session *s)
{
    const struct options *o = s->o;
    uint64_t end = s->source.can.size_known ? s->source.size : INT64_MAX;
    uint64_t size = end > o->offset ? end - o->offset : 0;

    if (o->attributes_only)
        return 0;
    return o->length < size ? o->length : size;
}

/* Where the page cache is passed by, and has not much of the source either. */
static void open_source_direct(struct session *s)
{
    uint64_t size = bytes_to_copy(s);

    s->direct = tuning_wants_direct(s->o, size, s->source.can.size_known, s->copy->n_dests,
                                    page_cache_room);
    if (s->direct &&
        (s->o->direct == WHEN_ALWAYS || page_cache_lacks(s->source.fd, s->o->offset, size)))
        source_open_direct(&s->source);
}

static void call_source(void *arg, unsigned i)
{
    struct session *s = arg;

    (void)i;
    s->failures[0].err = 0;
    if (open_source(s) < 0)
        return;
    open_source_direct(s);
    if (attrs_any(&s->attrs.wanted))
        attrs_read(&s->attrs, s->source.fd, false, &s->source.st);
    /* Of a file of a tree, if it is worth it. */
    if (s->o->partial && (!s->file || s->source.size >= SMALLEST_KEPT))
        s->keeps = s->source.can.again && source_origin(&s->source, &s->origin);
}

int session_open_source(struct session *s)
{
    const struct options *o = s->o;
    struct failure *f = &s->status.source_failure;

    if (path_probe_is_silent(s->copy->source) ||
        session_send_out(s, 1, NULL, session_timeout_ms(s, false), call_source, NULL) > 0)
        return failure_set(f, "open", s->signal ? EINTR : ETIMEDOUT, FAILURE_NO_OFFSET,
                           s->signal ? NULL : NO_ANSWER);
    *f = s->failures[0];
    if (f->err != 0)
        return -f->err;
    s->start = o->offset;
    s->size_known = s->source.can.size_known;
    if (s->size_known && s->start > s->source.size) {
        source_close(&s->source);
        s->unavailable = true;
        return failure_set(f, NULL, EINVAL, FAILURE_NO_OFFSET, "ends before --offset");
    }
    s->size = bytes_to_copy(s);
    s->origin.offset = s->start;
    s->origin.length = s->size;
    s->keeps &= s->size > 0;
    s->status.size = s->size_known ? s->size : 0;
    s->status.size_known = s->size_known;
    return 0;
}

/* ---- the destinations ---- */

/* Whether destinations get holes where nothing has to be written. */
static bool leaves_holes(const struct session *s)
{
    return s->size_known &&
           (s->o->sparse == WHEN_ALWAYS || (s->o->sparse == WHEN_AUTO && s->source.can.holes));
}

/* Bytes that will be written to a destination, at most. */
static uint64_t data_size(const struct session *s)
{
    uint64_t allocated = source_allocated(&s->source);

    return leaves_holes(s) && s->source.can.holes && allocated < s->size ? allocated : s->size;
}

static struct target_request request_for(const struct session *s, unsigned d)
{
    const struct options *o = s->o;
    const struct target_request *place = s->file ? &s->file->targets[d] : NULL;

    return (struct target_request){
        .path = place ? place->path : s->copy->dests[d],
        .in_directory = place,
        .dir_fd = place ? place->dir_fd : -1,
        .inplace = o->inplace || o->attributes_only,
        .keep_rest = o->has_dest_offset || o->attributes_only,
        .sparse = leaves_holes(s),
        .force = o->force,
        .anew = options_make_anew(o),
        .backup = o->backup,
        .only_new = existing_keeps_all(&o->standing),
        .want_direct = s->direct,
        .need_direct = o->direct == WHEN_ALWAYS,
        .durable = o->fsync,
        .origin = s->keeps ? &s->origin : NULL,
        .resume = o->resume,
        .source_mode = o->plain_mode ? PLAIN_MODE : s->source.st.st_mode,
        .attrs = attrs_any(&s->attrs.wanted) ? &s->attrs : NULL,
        .source_dev = s->source.st.st_dev,
        .source_ino = s->source.st.st_ino,
        .length = s->size_known ? s->size : 0,
        .data = s->size_known ? data_size(s) : 0,
        .size = s->size_known ? s->size + o->dest_offset : 0,
        .size_known = s->size_known,
    };
}

/* What is to become of what exists. Of a file of a tree that has been settled. */
static struct existing_case look_at_standing(const struct session *s, const char *path)
{
    struct stat there;
    bool exists;

    if (s->file)
        return (struct existing_case){.verdict = EXISTING_REPLACE};
    exists = (options_make_anew(s->o) ? lstat(path, &there) : stat(path, &there)) == 0;
    return existing_judge(&s->o->standing, &s->source.st, exists ? &there : NULL, AT_FDCWD,
                          path);
}

/* Looks what the destination is and needs, and what killed runs have left beside it. */
static void call_look(void *arg, unsigned d)
{
    struct session *s = arg;
    struct target_request request = request_for(s, d);
    struct existing_case *c = &s->standing[d];

    s->failures[d].err = 0;
    *c = look_at_standing(s, request.path);
    if (c->verdict == EXISTING_SKIP || c->verdict == EXISTING_REFUSE)
        return;
    if (s->sweep)
        target_sweep(&request);
    (void)target_look(&request, &s->looks[d], &s->failures[d]);
}

static bool may_try_again(int r)
{
    return r == -ENXIO || r == -EAGAIN;
}

/* A fifo without a reader is waited for, as cp does, but not for ever; and so is a partial file
 * that another run holds: one that was killed may not have come to its end yet. */
static void call_open(void *arg, unsigned d)
{
    struct session *s = arg;
    struct target_request request = request_for(s, d);
    uint64_t deadline = clock_now_ms() + OPEN_PATIENCE_MS;
    struct timespec pause = {.tv_nsec = OPEN_POLL_MS * 1000000};

    s->failures[d].err = 0;
    while (may_try_again(target_open(&s->targets[d], &request, &s->failures[d])) &&
           clock_now_ms() < deadline && !s->signal) {
        nanosleep(&pause, NULL);
        s->failures[d].err = 0;
    }
    if (s->failures[d].err == 0)
        session_clone_source(s, d);
}

static void undo_open(void *arg, unsigned d)
{
    struct session *s = arg;

    if (s->failures[d].err == 0)
        target_abort(&s->targets[d], true);
}

int session_check_space(struct session *s, unsigned d, struct failure *f)
{
    uint64_t missing = space_missing(s->demands, s->copy->n_dests, d);
    char amount[16];

    if (s->o->no_space_check || missing == 0)
        return 0;
    text_human(amount, sizeof amount, (double)missing);
    return failure_format(f, "check space", ENOSPC,
                          "%s more needed; --no-space-check tries all the same", amount);
}

void session_look_at_targets(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->wanted[d] = !path_probe_is_silent(s->copy->dests[d]);
    session_send_out(s, s->copy->n_dests, s->wanted, session_timeout_ms(s, false), call_look,
                     NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->late[d] |= !s->wanted[d];
        s->wanted[d] = !s->late[d];
        if (s->late[d]) {
            session_note_call(s, d, "open");
        } else if (s->failures[d].err == 0) {
            /* Of one that is left alone, which has not been looked at, all this is nothing. */
            s->source.relinked |= s->looks[d].unlinks_source;
            s->deferred[d] = session_may_clone(s, d);
            if (!s->deferred[d])
                s->demands[d] = s->looks[d].demand;
        }
    }
}

/* Asks the user about a destination that exists. False: it stays as it is, for *f, or because
 * of a signal. */
static bool may_replace(struct session *s, unsigned d, struct failure *f)
{
    const struct existing_case *c = &s->standing[d];

    if (s->signal)
        return false;
    report_question(s->copy->dests[d], c->mode, c->writable,
                    s->o->force || options_make_anew(s->o));
    if (prompt_yes(s->signal_fd, session_stops, s))
        return true;
    if (s->signal)
        (void)session_stopped(s, f);
    else
        (void)existing_declined(f);
    return false;
}

/* Deals with destinations that exist and are to stay as they are. */
static void settle_standing(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct failure f;

        if (!s->wanted[d])
            continue;
        if (s->standing[d].verdict == EXISTING_SKIP) {
            s->status.dests[d].state = DEST_DONE;
            s->status.dests[d].skipped = true;
            s->wanted[d] = false;
        } else if (s->standing[d].verdict == EXISTING_REFUSE) {
            (void)existing_refused(&f);
            session_fail_dest(s, d, &f);
            s->wanted[d] = false;
        } else if (s->standing[d].verdict == EXISTING_ASK && s->failures[d].err == 0 &&
                   !may_replace(s, d, &f)) {
            session_fail_dest(s, d, &f);
            s->wanted[d] = false;
        }
    }
}

/* With --on-error=stop nothing is touched once anything is known to fail. */
static bool look_says_stop(const struct session *s)
{
    for (unsigned d = 0; s->o->stop_on_error && d < s->copy->n_dests; d++)
        if (s->late[d] || s->failures[d].err != 0 || s->status.dests[d].state == DEST_FAILED)
            return true;
    return false;
}

bool session_takes_part(const struct session *s, unsigned d)
{
    return s->target_open[d] && s->status.dests[d].state != DEST_FAILED;
}

static void call_check(void *arg, unsigned d)
{
    struct session *s = arg;
    int r = target_check(&s->targets[d], &s->watch, &s->held[d]);

    s->failures[d].err = 0;
    if (r < 0 && r != -EINTR)
        failure_set(&s->failures[d], "check", -r, FAILURE_NO_OFFSET, NULL);
}

static void tell_resumed(const struct session *s, unsigned d)
{
    const struct dest_status *ds = &s->status.dests[d];
    const char *note = s->targets[d].partial.note;
    char bytes[16];

    text_human(bytes, sizeof bytes, (double)ds->resumed);
    if (ds->resumed > 0)
        report_verbose("%s: %s of an earlier run are there", ds->path, bytes);
    else if (note)
        report_verbose("%s: copied afresh: %s", ds->path, note);
}

/* Reads back what earlier runs have kept. As long as that moves at all it may take its time. */
static void check_targets(struct session *s)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->wanted[d] = session_takes_part(s, d) && !s->cloned[d];
    session_send_out(s, s->copy->n_dests, s->wanted, session_timeout_ms(s, false), call_check,
                     NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (!s->wanted[d])
            continue;
        session_note_call(s, d, "check");
        if (!session_takes_part(s, d))
            continue;
        s->status.dests[d].resumed = ranges_total(&s->held[d]);
        tell_resumed(s, d);
    }
}

unsigned session_open_targets(struct session *s)
{
    unsigned n = s->copy->n_dests;
    /* A clone has to wait until the source has been written to its device. */
    unsigned limit_ms =
        session_wants_clones(s) ? session_flush_limit_ms(s) : session_timeout_ms(s, false);
    struct failure f;
    bool stop;

    s->sweep = !s->file;
    session_look_at_targets(s);
    settle_standing(s);
    stop = look_says_stop(s);
    for (unsigned d = 0; d < n; d++) {
        if (!s->wanted[d])
            continue;
        if (stop || s->signal)
            session_fail_dest(
                s, d, stop && s->failures[d].err ? &s->failures[d] : session_stopped(s, &f));
        else if (session_check_space(s, d, &f) < 0)
            session_fail_dest(s, d, &f);
        s->wanted[d] = s->status.dests[d].state != DEST_FAILED;
    }
    session_send_out(s, n, s->wanted, limit_ms, call_open, undo_open);
    for (unsigned d = 0; d < n; d++) {
        if (!s->wanted[d])
            continue;
        session_note_call(s, d, "open");
        s->target_open[d] = s->status.dests[d].state != DEST_FAILED;
    }
    if (s->o->resume && !s->signal)
        check_targets(s);
    return session_prepare_targets(s);
}
