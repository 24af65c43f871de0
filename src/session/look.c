/* look: what the destinations are and need, found out before anything is changed. */
#include <fcntl.h>
#include <string.h>

#include "base/path_probe.h"
#include "session_priv.h"

/* The mode of a new file, less the umask, if it gets nothing of the source. */
#define PLAIN_MODE (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)

/* Whether destinations get holes where nothing has to be written. */
static bool leaves_holes(const struct session *s)
{
    return s->o->sparse == WHEN_ALWAYS ||
           (s->size_known && s->o->sparse == WHEN_AUTO && s->source.can.holes);
}

/* Bytes that will be written to a destination, at most. */
static uint64_t data_size(const struct session *s)
{
    bool less = leaves_holes(s) && s->source.can.holes;
    uint64_t allocated = !less        ? s->size
                         : s->o->bmap ? ranges_total(&s->bmap.mapped)
                                      : source_allocated(&s->source);

    return allocated < s->size ? allocated : s->size;
}

static struct target_request request_for(const struct session *s, unsigned d)
{
    const struct options *o = s->o;
    const struct target_request *place = s->file ? &s->file->targets[d] : NULL;
    const struct plan_end *end = s->copy->ends ? &s->copy->ends[d] : NULL;

    return (struct target_request){
        .path = place ? place->path : s->copy->dests[d],
        .end = end ? end->end : TARGET_PATH,
        .command = end ? end->command : NULL,
        .quiet = options_needs_output(o),
        .in_directory = place,
        .dir_fd = place ? place->dir_fd : -1,
        .inplace = o->inplace || o->attributes_only,
        .keep_rest = o->has_dest_offset || o->attributes_only,
        .sparse = leaves_holes(s) && !s->map_exists,
        .force = o->force,
        .anew = options_make_anew(o),
        .backup = o->backup,
        .made = s->copy->made,
        .wants_id = place || s->copy->verify,
        .spare_links = o->cp && o->preserve_links,
        .only_new = existing_keeps_all(&o->standing),
        .device = s->copy->disks ? s->copy->disks[d].dev : 0,
        .held = s->copy->held,
        .head_first = o->in_order,
        .want_direct = s->direct,
        .need_direct = o->direct == WHEN_ALWAYS,
        .durable = o->fsync,
        .origin = s->keeps ? &s->origin : NULL,
        .resume = o->resume,
        .source_mode =
            o->plain_mode || !s->source.can.attributes ? PLAIN_MODE : s->source.st.st_mode,
        .attrs = attrs_any(&s->attrs.wanted) && s->source.can.attributes ? &s->attrs : NULL,
        .source_dev = s->source.st.st_dev,
        .source_ino = s->source.st.st_ino,
        .source_fd = s->source.fd,
        .start = o->dest_offset,
        .length = s->size_known ? s->size : 0,
        .data = s->size_known ? data_size(s) : 0,
        .size = s->size_known ? s->size + o->dest_offset : 0,
        .size_known = s->size_known,
    };
}

/* What is to become of what exists. A tree has settled that for its files. */
static struct existing_case judge(const struct dest_call *c, const struct existing_policy *p)
{
    const char *path = c->request.path;
    struct stat there;
    bool exists;

    if (!c->judge)
        return (struct existing_case){.verdict = EXISTING_REPLACE};
    exists = (c->request.anew ? lstat(path, &there) : stat(path, &there)) == 0;
    return existing_judge(p, c->request.made, &c->source_st, exists ? &there : NULL, AT_FDCWD,
                          path);
}

static void call_look(void *calls, unsigned d)
{
    struct dest_call *c = &((struct session_calls *)calls)->dests[d];

    c->existing = judge(c, c->existing_policy);
    if (c->existing.verdict == EXISTING_SKIP || c->existing.verdict == EXISTING_REFUSE ||
        c->existing.verdict == EXISTING_MADE)
        return;
    if (c->sweep)
        target_sweep(&c->request);
    (void)target_look(&c->request, &c->probe, &c->failure);
}

/* Takes over what the call has found. */
static void note_look(struct session *s, unsigned d)
{
    struct session_dest *dest = &s->dests[d];

    dest->existing = s->calls->dests[d].existing;
    dest->probe = s->calls->dests[d].probe;
    if (dest->failure.err != 0)
        return;
    s->source.relinked |= dest->probe.unlinks_source;
    dest->space_deferred = session_may_clone(s, d);
    if (!dest->space_deferred)
        s->demands[d] = dest->probe.demand;
}

void session_look_at_dests(struct session *s, bool sweep)
{
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        struct dest_call *c = &s->calls->dests[d];

        s->dests[d].called =
            !plan_is_path(s->copy, d) || !path_probe_is_silent(s->copy->dests[d]);
        s->dests[d].late = !s->dests[d].called;
        c->request = request_for(s, d);
        c->source_st = s->source.st;
        c->existing_policy = &s->o->standing;
        c->judge = !s->file && plan_is_path(s->copy, d);
        c->sweep = sweep;
    }
    session_call_dests(s, session_timeout_ms(s, false), call_look, NULL);
    for (unsigned d = 0; d < s->copy->n_dests; d++) {
        s->dests[d].called = !s->dests[d].late;
        if (s->dests[d].late)
            session_note_call(s, d, "open");
        else
            note_look(s, d);
    }
}
