/* source: opens the source and finds out what is to be copied of it. */
#include <errno.h>

#include "base/page_cache.h"
#include "base/path_probe.h"
#include "session_priv.h"

/* Bytes of a file of a tree: a shorter one is copied again sooner than its rest is resumed. */
#define SMALLEST_KEPT (4u << 20)

/* Bytes from --offset on that are to be copied, at most. */
static uint64_t bytes_to_copy(const struct options *o, const struct source *source)
{
    uint64_t end = source->can.size_known ? source->size : INT64_MAX;
    uint64_t size = end > o->offset ? end - o->offset : 0;

    if (o->attributes_only)
        return 0;
    return o->length < size ? o->length : size;
}

/* With O_DIRECT, too, if that is wanted and the page cache has not much of the file. */
static void open_direct(struct source_call *c)
{
    const struct options *o = c->o;
    uint64_t size = bytes_to_copy(o, &c->source);

    c->direct =
        tuning_wants_direct(o, size, c->source.can.size_known, c->n_dests, page_cache_room);
    if (c->direct &&
        (o->direct == WHEN_ALWAYS || page_cache_lacks(c->source.fd, o->offset, size)))
        source_open_direct(&c->source);
    if (o->read_zeros && c->source.fd_direct < 0 && c->source.can.positions) {
        source_open_direct(&c->source);
        c->source.direct_sectors = true;
    }
}

static void call_source(void *calls, unsigned i)
{
    struct source_call *c = &((struct session_calls *)calls)->source;
    bool of_tree = c->fd >= 0;
    int r;

    (void)i;
    if (of_tree)
        r = source_open_fd(&c->source, c->fd, c->path, &c->failure);
    else
        r = source_open(&c->source, c->path, c->follow, &c->failure);
    if (r < 0)
        return;
    open_direct(c);
    if (attrs_any(&c->attrs.wanted))
        attrs_read(&c->attrs, c->source.fd, false, &c->source.st);
    if (c->o->partial && (!of_tree || c->source.size >= SMALLEST_KEPT))
        c->has_origin = c->source.can.again && source_origin(&c->source, &c->origin);
}

/* A late open is over: nobody else has what it has opened. */
static void undo_source(void *calls, unsigned i)
{
    struct source_call *c = &((struct session_calls *)calls)->source;

    (void)i;
    if (c->failure.err == 0)
        source_close(&c->source);
}

static void call_close(void *calls, unsigned i)
{
    (void)i;
    source_close(&((struct session_calls *)calls)->source.source);
}

void session_close_source(struct session *s)
{
    if (s->abandoned)
        return;
    s->calls->source.source = s->source;
    (void)session_call_source(s, s->signal ? STOP_WAIT_MS : session_timeout_ms(s, false),
                              call_close, NULL);
}

/* Takes over what the call has found. */
static void take_over(struct session *s, const struct source_call *c)
{
    s->source = c->source;
    s->attrs = c->attrs;
    s->direct = c->direct;
    s->start = s->o->offset;
    s->size_known = s->source.can.size_known;
    s->size = bytes_to_copy(s->o, &s->source);
    s->origin = c->origin;
    s->origin.offset = s->start;
    s->origin.length = s->size;
    s->keeps = c->has_origin && s->size > 0;
}

int session_open_source(struct session *s)
{
    struct source_call *c = &s->calls->source;
    struct failure *f = &s->status.source_failure;

    c->o = s->o;
    c->path = s->copy->source;
    c->follow = s->copy->follow;
    c->fd = s->file ? s->file->fd : -1;
    c->n_dests = s->copy->n_dests;
    attrs_init(&c->attrs, &s->o->preserve);
    /* A file of a tree is open already, and has to be closed by the call. */
    if ((!s->file && path_probe_is_silent(c->path)) ||
        !session_call_source(s, session_timeout_ms(s, false), call_source, undo_source))
        return failure_set(f, "open", s->signal ? EINTR : ETIMEDOUT, FAILURE_NO_OFFSET,
                           s->signal ? NULL : NO_ANSWER);
    *f = c->failure;
    if (f->err != 0)
        return -f->err;
    take_over(s, c);
    if (s->size_known && s->start > s->source.size) {
        session_close_source(s);
        s->unavailable = true;
        return failure_set(f, NULL, EINVAL, FAILURE_NO_OFFSET, "ends before --offset");
    }
    if (session_load_map(s, f) < 0) {
        session_close_source(s);
        s->unavailable = true;
        return -f->err;
    }
    s->status.size = s->size_known ? s->size : 0;
    s->status.size_known = s->size_known;
    return 0;
}
