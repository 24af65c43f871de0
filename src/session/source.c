/* source: opens the source and finds out what is to be copied of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/interrupted.h"
#include "base/page_cache.h"
#include "base/path_probe.h"
#include "session_priv.h"

/* Bytes of a file of a tree: a shorter one is copied again sooner than its rest is resumed. */
#define SMALLEST_KEPT (4u << 20)

/* Bytes from --offset on that are to be copied, at most. */
static uint64_t bytes_to_copy(const struct options *o, const struct source *source)
{
    uint64_t end = source->can.size_known ? source->size : INT64_MAX;
    uint64_t from = source->begin + o->offset;
    uint64_t size = end > from ? end - from : 0;

    if (o->attributes_only)
        return 0;
    return o->length < size ? o->length : size;
}

/* With O_DIRECT, too, if that is wanted and the page cache has not much of the file. */
static void open_direct(struct source_call *c)
{
    const struct options *o = c->o;
    uint64_t size = bytes_to_copy(o, &c->source);
    bool local = S_ISREG(c->source.st.st_mode) && file_system_is_local(c->source.fd), lacks;

    c->direct =
        tuning_wants_direct(o, size, c->source.can.size_known, c->n_dests, page_cache_room);
    lacks = (local || c->direct) &&
            page_cache_lacks(c->source.fd, c->source.begin + o->offset, size);
    c->prompt = local && !lacks;
    if (c->direct && (o->direct == WHEN_ALWAYS || lacks))
        source_open_direct(&c->source);
    if (o->read_zeros && c->source.fd_direct < 0 && c->source.can.positions) {
        source_open_direct(&c->source);
        c->source.direct_sectors = true;
    }
}

/* The path of the map, malloc'd; NULL without memory. */
static char *map_path(const struct options *o, const char *source)
{
    char *beside = NULL;

    if (o->bmap_path)
        return strdup(o->bmap_path);
    return asprintf(&beside, "%s.bmap", source) < 0 ? NULL : beside;
}

/* Reads the map, which has to be of this image. */
static void read_map(struct source_call *c)
{
    char *path = map_path(c->o, c->path);
    struct failure *f = &c->failure;
    int r = path ? bmap_read(&c->map, path, f)
                 : failure_set(f, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);

    if (r == 0 && c->source.can.size_known && c->map.size != c->source.size)
        (void)failure_format(f, NULL, EINVAL, "it is of an image of %llu bytes, not of %llu",
                             (unsigned long long)c->map.size,
                             (unsigned long long)c->source.size);
    else if (r == 0 && c->o->has_expect_size && c->map.size != c->o->expect_size)
        (void)failure_format(
            f, NULL, EINVAL, "it is of an image of %llu bytes, and --expect-size is %llu",
            (unsigned long long)c->map.size, (unsigned long long)c->o->expect_size);
    free(path);
    if (f->err == 0)
        return;
    c->no_map = true;
    bmap_free(&c->map);
    source_close(&c->source);
}

/* Whether a file of which nobody has said the size, such as an empty one, ends before --offset. Files
 * of the kernel are not asked: a read of them may have effects. */
static bool ends_before_offset(const struct source_call *c)
{
    uint64_t start = c->source.begin + c->o->offset;
    char byte;

    if (c->o->offset == 0 || !c->source.can.positions || c->source.can.size_known ||
        source_is_made_up(c->source.fd))
        return false;
    return UNINTERRUPTED(pread(c->source.fd, &byte, 1, (off_t)start - 1)) == 0;
}

static void call_source(void *calls, unsigned i)
{
    struct source_call *c = &((struct session_calls *)calls)->source;
    bool of_tree = c->fd >= 0;
    int r;

    (void)i;
    if (c->looks) {
        c->source = (struct source){.path = c->path, .fd = -1, .fd_direct = -1};
        return;
    }
    if (of_tree)
        r = source_open_fd(&c->source, c->fd, c->path, &c->failure);
    else if (c->from_command)
        r = source_open_command(&c->source, c->from_command, c->path, &c->failure);
    else if (c->from_standard)
        r = source_open_standard(&c->source, c->path, &c->failure);
    else
        r = source_open(&c->source, c->path, c->follow, &c->failure);
    if (r == 0 && c->o->bmap)
        read_map(c);
    if (r < 0 || c->no_map)
        return;
    c->ends_early = ends_before_offset(c);
    open_direct(c);
    if (attrs_any(&c->attrs.wanted) && c->source.can.attributes)
        attrs_read(&c->attrs, c->source.fd, false, &c->source.st);
    if (c->o->partial && (!of_tree || c->source.size >= SMALLEST_KEPT))
        c->has_origin = c->source.can.again && source_origin(&c->source, &c->origin);
}

/* A late open is over: nobody else has what it has opened. */
static void undo_source(void *calls, unsigned i)
{
    struct source_call *c = &((struct session_calls *)calls)->source;

    (void)i;
    if (c->failure.err != 0 || !c->source.ops)
        return;
    source_close(&c->source);
    bmap_free(&c->map);
}

static void call_close(void *calls, unsigned i)
{
    (void)i;
    source_close(&((struct session_calls *)calls)->source.source);
}

void session_close_source(struct session *s)
{
    if (s->abandoned || !s->source.ops)
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
    s->prompt = c->prompt;
    s->bmap = c->map;
    if (s->o->bmap) { /* what is not in the map is a hole, and would not be one of a clone */
        s->source.can.holes = s->source.can.positions;
        s->source.can.clonable = false;
    }
    s->start = s->source.begin + s->o->offset;
    s->size_known = s->source.can.size_known;
    s->size = bytes_to_copy(s->o, &s->source);
    s->origin = c->origin;
    s->origin.offset = s->start;
    s->origin.length = s->size;
    s->keeps = c->has_origin && s->size > 0;
}

/* Fails if the size that is known is not the one that was expected. */
static int check_size(const struct session *s, struct failure *f)
{
    if (!s->o->has_expect_size || !s->size_known || s->size == s->o->expect_size)
        return 0;
    return failure_format(f, NULL, ESTALE, "there are %llu bytes to copy; %llu were expected",
                          (unsigned long long)s->size, (unsigned long long)s->o->expect_size);
}

/* What is known of the size for the progress. */
static void note_size(struct session *s)
{
    bool expected = s->o->has_expect_size && !s->file;

    s->status.size_known = s->size_known || expected;
    s->status.size = s->size_known ? s->size : expected ? s->o->expect_size : 0;
}

/* Nothing is copied without the map that was asked for. */
static void refuse_map(struct session *s, struct failure *f)
{
    const struct failure why = *f;
    char *path = map_path(s->o, s->copy->source);

    s->unavailable = true;
    (void)failure_format(f, NULL, why.err, "cannot use the map '%s': %s%s%s", path ? path : "",
                         why.message, why.op && *why.message ? ": " : "",
                         why.op ? strerror(why.err) : "");
    free(path);
}

int session_open_source(struct session *s, bool looks)
{
    struct source_call *c = &s->calls->source;
    struct failure *f = &s->status.source_failure;

    c->o = s->o;
    c->path = s->copy->source;
    c->follow = s->copy->follow;
    c->looks = looks && (s->copy->from_command || s->copy->has_effects);
    c->from_standard = s->copy->from_standard;
    c->from_command = s->copy->from_command;
    c->fd = s->file ? s->file->fd : -1;
    c->n_dests = s->copy->n_dests;
    attrs_init(&c->attrs, &s->o->preserve);
    /* A file of a tree is open already, and has to be closed by the call. */
    if ((!s->file && !plan_has_no_path(s->copy) && path_probe_is_silent(c->path)) ||
        !session_call_source(s, session_timeout_ms(s, false), call_source, undo_source))
        return failure_set(f, "open", s->signal ? EINTR : ETIMEDOUT, FAILURE_NO_OFFSET,
                           s->signal ? NULL : NO_ANSWER);
    *f = c->failure;
    if (c->no_map)
        refuse_map(s, f);
    if (f->err != 0)
        return -f->err;
    take_over(s, c);
    if (c->ends_early || (s->size_known && s->o->offset > 0 && s->start > s->source.size)) {
        session_close_source(s);
        s->unavailable = true;
        return failure_set(f, NULL, EINVAL, FAILURE_NO_OFFSET, "ends before --offset");
    }
    note_size(s);
    if (check_size(s, f) < 0) {
        session_close_source(s);
        return -f->err;
    }
    if (session_load_map(s, f) < 0) {
        session_close_source(s);
        s->unavailable = true;
        return -f->err;
    }
    return 0;
}
