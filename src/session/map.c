/* map: --map. What the destinations hold of the source is written to a file, and an existing file
 * says what they hold from the start.
 *
 * Bytes count as copied if all destinations hold them that have not failed, and only for these: the
 * file names them. Periodically the destinations are flushed, by a thread that may hang, before the
 * file says what they held then. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/thread.h"
#include "session_priv.h"

/* The first time comes soon, so that there is a file at all. */
#define FIRST_SAVE_MS 1000u
#define SAVE_MS       30000u

/* What a map is to say when the destinations have been flushed. Belongs to the thread until
 * `flushed`, and then to the session, unless that has ended before. */
struct map_save {
    struct rescue_map map;
    int *fds;
    unsigned n_fds;
    bool failed;
    atomic_int owners;
    atomic_bool flushed;
};

static void release(struct map_save *save)
{
    if (!save || atomic_fetch_sub(&save->owners, 1) > 1)
        return;
    rescue_map_free(&save->map);
    free(save->fds);
    free(save);
}

static void *flush(void *arg)
{
    struct map_save *save = arg;

    for (unsigned i = 0; i < save->n_fds; i++) {
        save->failed |= fdatasync(save->fds[i]) < 0;
        (void)fd_close(&save->fds[i]);
    }
    atomic_store(&save->flushed, true);
    release(save);
    return NULL;
}

/* The path of a destination, independent of the current directory. NULL without memory. */
static char *absolute(const char *path)
{
    char *cwd = *path == '/' ? NULL : getcwd(NULL, 0), *all = NULL;

    if (*path == '/')
        return strdup(path);
    if (cwd && asprintf(&all, "%s/%s", cwd, path) < 0)
        all = NULL;
    free(cwd);
    return all;
}

static void fail(const struct session *s, int err)
{
    report_error("%s: write: %s", s->o->map, strerror(err));
}

/* How much further on bytes are in the destinations than in the source. */
static int64_t shift_of(const struct session *s)
{
    return (int64_t)s->o->dest_offset - (int64_t)s->start;
}

/* Whether the map is to say what destination d holds. */
static bool counts(const struct session *s, unsigned d)
{
    const struct dest_status *ds = &s->status.dests[d];

    return s->views[d].state.stage != STAGE_DROPPED &&
           (ds->state != DEST_FAILED || s->signal || ds->by_source);
}

/* Destination d holds what is done, but its head only from its commit on. 0 or -ENOMEM. */
static int add_dest(const struct session *s, struct rescue_map *m, unsigned d)
{
    char *path = absolute(s->copy->dests[d]);
    int r = path ? rescue_map_add_dest(m, path) : -ENOMEM;

    free(path);
    if (r == 0 && s->status.dests[d].state != DEST_DONE)
        r = ranges_remove(&m->done, s->start, s->start + s->job.dests[d].head);
    return r;
}

/* Fills *m with how the copy stands. What was read of a source that has changed is worth nothing.
 * 0 or -ENOMEM. */
static int look(struct session *s, struct rescue_map *m)
{
    const uint64_t start = s->start;
    int r;

    *m = (struct rescue_map){.all = {start, start + s->size}, .shift = shift_of(s)};
    r = job_map(&s->job, start, &m->done, &m->rough, &m->bad);
    for (unsigned d = 0; d < s->copy->n_dests && r == 0; d++)
        if (counts(s, d))
            r = add_dest(s, m, d);
    if (m->n_dests == 0 || s->status.source_failure.err == ESTALE)
        ranges_free(&m->done);
    return r;
}

void session_save_map(struct session *s)
{
    struct rescue_map m;
    int r;

    if (!s->o->map || !s->map_ready)
        return;
    release(s->map_save);
    s->map_save = NULL;
    r = look(s, &m);
    if (r == 0)
        r = rescue_map_write(&m, s->o->map);
    if (r < 0)
        fail(s, -r);
    s->map_failed |= r < 0;
    rescue_map_free(&m);
}

static void begin_save(struct session *s)
{
    struct map_save *save = calloc(1, sizeof(*save));

    if (!save)
        return;
    atomic_store(&save->owners, 2);
    save->fds = calloc(s->copy->n_dests, sizeof(*save->fds));
    if (save->fds && look(s, &save->map) == 0) {
        for (unsigned d = 0; d < s->copy->n_dests; d++)
            if (session_takes_part(s, d) && !s->dests[d].finishing)
                save->fds[save->n_fds++] = fcntl(session_target(s, d)->fd, F_DUPFD_CLOEXEC, 0);
        if (thread_start(flush, save) == 0) {
            s->map_save = save;
            return;
        }
        for (unsigned d = 0; d < save->n_fds; d++)
            (void)fd_close(&save->fds[d]);
    }
    atomic_store(&save->owners, 1);
    release(save);
}

void session_save_map_if_due(struct session *s)
{
    uint64_t now = clock_now_ms();
    int r;

    if (!s->o->map || !s->map_ready)
        return;
    if (s->map_save && atomic_load(&s->map_save->flushed)) {
        r = s->map_save->failed ? 0 : rescue_map_write(&s->map_save->map, s->o->map);
        if (r < 0)
            fail(s, -r);
        release(s->map_save);
        s->map_save = NULL;
    }
    if (s->map_save || now < s->map_due)
        return;
    s->map_due = now + SAVE_MS;
    begin_save(s);
}

/* ---- at the start ---- */

int session_load_map(struct session *s, struct failure *f)
{
    int r;

    if (!s->o->map)
        return 0;
    if (!s->size_known)
        return failure_format(f, NULL, EINVAL, "--map needs a SOURCE whose size is known");
    r = rescue_map_read(&s->map, s->o->map);
    s->map_exists = r == 0;
    if (r == -ENOENT)
        return 0;
    if (r == -EINVAL)
        return failure_format(f, NULL, EINVAL, "%s is no map file", s->o->map);
    return r < 0 ? failure_format(f, NULL, -r, "%s: %s", s->o->map, strerror(-r)) : 0;
}

/* Whether the map is about destination d, and these places in it: it names it, or, of ddrescue,
 * none. */
static bool is_about(const struct session *s, unsigned d)
{
    char *path = absolute(s->copy->dests[d]);
    bool found = s->map.n_dests == 0;

    for (unsigned i = 0; path && i < s->map.n_dests; i++)
        found |= strcmp(s->map.dests[i], path) == 0;
    free(path);
    return found && s->map.shift == shift_of(s);
}

/* The positions of the copy among these offsets of the source. 0 or -ENOMEM. */
static int shift(const struct session *s, const struct ranges *from, struct ranges *to)
{
    struct range r = {s->start, s->start};
    int err = 0;

    while (err == 0 && ranges_first(from, r.end, &r) && r.start < s->start + s->size)
        err = ranges_add(to, r.start - s->start,
                         (r.end < s->start + s->size ? r.end : s->start + s->size) - s->start);
    return err;
}

void session_take_map(struct session *s, unsigned d)
{
    struct session_dest *dest = &s->dests[d];
    const struct ranges *held = &dest->held;

    if (!s->map_exists || !session_takes_part(s, d))
        return;
    if (!is_about(s, d)) {
        report_verbose("%s: copied afresh: the map is not about it", dest->status->path);
        return;
    }
    if (shift(s, &s->map.done, &dest->held) < 0 ||
        (held->n > 0 &&
         s->o->dest_offset + held->v[held->n - 1].end > s->calls->dests[d].size)) {
        report_verbose("%s: copied afresh: it is shorter than the map says",
                       dest->status->path);
        ranges_free(&dest->held);
        return;
    }
    dest->status->resumed = ranges_total(held);
}

int session_doubt_map(struct session *s)
{
    struct ranges bad;
    struct range r = {0, 0};
    int err;

    ranges_init(&bad);
    s->map_due = clock_now_ms() + FIRST_SAVE_MS;
    s->map_ready = true;
    err = shift(s, &s->map.bad, &bad);
    if (err == 0)
        err = shift(s, &s->map.rough, &bad);
    while (err == 0 && s->job.bad.zero && s->job.bad.defers && ranges_first(&bad, r.end, &r))
        job_doubt(&s->job, &r, NULL);
    ranges_free(&bad);
    return err;
}
