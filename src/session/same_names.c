/* same_names: destinations that are one file because their file system takes two names for one.
 * The plan has compared the names as texts, and what exists by inode. */
#include <errno.h>
#include <string.h>

#include "session_priv.h"
#include "target/names.h"

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Whether destination d, which was looked at, is to be compared with e. */
static bool may_be_one(const struct session *s, unsigned d, unsigned e)
{
    const struct target_view *v = &s->dests[d].probe, *w = &s->dests[e].probe;

    return !s->dests[d].late && s->dests[d].status->state != DEST_FAILED && !s->dests[e].late &&
           v->directory_ino != 0 && v->directory_ino == w->directory_ino &&
           v->directory_dev == w->directory_dev &&
           names_may_be_one(last_of(s->copy->dests[d]), last_of(s->copy->dests[e]));
}

static void call_compare(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    c->is_other = names_paths_are_one(c->request.path, c->other);
}

/* Destination d fails: it is the same file as that path. Nothing is to be copied at all. */
static void refuse(struct session *s, unsigned d, const char *other)
{
    struct failure f;

    failure_format(&f, NULL, EEXIST, "its file system takes it for the same file as '%s'",
                   other);
    session_fail_dest(s, d, &f);
    s->unavailable = true;
}

/* Compares the destinations after e with e. */
static void compare_with(struct session *s, unsigned e)
{
    bool any = false;

    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->dests[d].called = d > e && may_be_one(s, d, e);
        any |= s->dests[d].called;
        s->calls->dests[d].other = s->copy->dests[e];
    }
    if (!any)
        return;
    session_call_dests(s, session_timeout_ms(s, false), call_compare, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        if (!s->dests[d].called)
            continue;
        session_note_call(s, d, "open");
        if (!s->dests[d].late && s->calls->dests[d].is_other)
            refuse(s, d, s->copy->dests[e]);
    }
}

void session_refuse_same_names(struct session *s)
{
    for (unsigned e = 0; !s->signal && e + 1 < s->copy->n_dests; e++)
        if (!s->dests[e].late)
            compare_with(s, e);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        s->dests[d].called = !s->dests[d].late && s->dests[d].status->state != DEST_FAILED;
}

void session_refuse_same_files(struct session *s)
{
    for (unsigned d = 1; d < s->copy->n_dests; d++)
        for (unsigned e = 0; e < d && s->dests[d].open; e++) {
            const struct dest_call *c = &s->calls->dests[d], *other = &s->calls->dests[e];

            if (s->dests[e].open && c->ino != 0 && c->ino == other->ino &&
                c->dev == other->dev) {
                session_note_touched(s); /* they have been opened, and may be clones */
                refuse(s, d, s->copy->dests[e]);
            }
        }
}
