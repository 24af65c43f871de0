/* source_record: the records of a walk, and what goes into each of them. See
 * source_state_priv.h. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "source/source.h"
#include "source_state_priv.h"

void walk_fail(struct walk *w, const char *op, int err, const char *message)
{
    struct failure f;

    failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    w->t->failed(w->t->arg, w->path.bytes, &f);
}

void walk_fail_memory(struct walk *w)
{
    w->no_memory = w->ended = true;
}

void walk_read_attrs(struct walk *w, int fd, bool path_only, const struct stat *st)
{
    attrs_read(&w->attrs, fd, path_only, st);
    for (unsigned i = 0; i < w->attrs.failures.n; i++)
        w->t->attrs_failed(w->t->arg, w->path.bytes, &w->attrs.failures.list[i]);
}

bool walk_changed(const struct walk *w, const char *path, bool missing)
{
    struct failure f;

    failure_set(&f, "check", ESTALE, FAILURE_NO_OFFSET, TREE_CHANGED);
    f.warning = w->t->allow_changed && !missing;
    w->t->failed(w->t->arg, path, &f);
    return f.warning;
}

bool walk_unchanged(struct walk *w, int fd, const struct stat *st, uint64_t len)
{
    struct stat now;

    if (!S_ISREG(st->st_mode)) /* a FIFO or a device */
        return true;
    if (UNINTERRUPTED(fstat(fd, &now)) < 0) {
        walk_fail(w, "stat", errno, NULL);
        return false;
    }
    if ((uint64_t)now.st_size != len && source_is_made_up(fd))
        return true;
    /* More than the size says: the file system does not know it. */
    if ((uint64_t)now.st_size > len || !shared_file_unchanged(st, &now))
        return walk_changed(w, w->path.bytes,
                            now.st_size < st->st_size || len < (uint64_t)st->st_size);
    return true;
}

/* Waits for room of that size in the stream. NULL: no consumer is left. */
static struct record *reserve(struct walk *w, size_t size)
{
    struct record *r;

    do
        r = stream_reserve(w->t->stream, w->t->lane, size);
    while (!r && walk_divide(w));
    w->ended |= !r;
    return r;
}

/* Puts the attributes of the next record, `size` bytes, into records of their own. False: no
 * consumer is left. */
static bool put_attrs(struct walk *w, size_t size)
{
    static_assert(RECORD_MAX_ATTRS >= ATTRS_LONGEST, "any attribute fits into a record");
    unsigned at = 0;

    while (size > 0) {
        struct record *r = reserve(w, sizeof(*r) + record_aligned(2) + RECORD_MAX_ATTRS);

        if (!r)
            return false;
        *r = (struct record){.kind = RECORD_ATTRS};
        memset(r->bytes, 0, 2); /* neither name nor text */
        r->attrs_len = (uint32_t)attrs_pack(&w->attrs, &at, (void *)(uintptr_t)record_attrs(r),
                                            RECORD_MAX_ATTRS);
        size -= r->attrs_len;
        walk_publish(w, r);
    }
    return true;
}

struct record *walk_begin_record(struct walk *w, enum record_kind kind, const char *name,
                                 const char *text, size_t max, const struct stat *st)
{
    size_t name_len = w->n_levels > 0 ? strlen(name) : 0, text_len = strlen(text);
    size_t packed = st ? attrs_packed_size(&w->attrs) : 0;
    size_t attrs_len = packed <= RECORD_MAX_ATTRS ? packed : 0;
    size_t head = sizeof(struct record) + record_aligned(name_len + text_len + 2) +
                  record_aligned(attrs_len);
    unsigned first = 0;
    struct record *r;

    if (head + max > stream_max_record(w->t->stream)) {
        walk_fail(w, NULL, ENAMETOOLONG, "the name is too long");
        return NULL;
    }
    if (packed > attrs_len && !put_attrs(w, packed))
        return NULL;
    r = reserve(w, head + max);
    if (!r)
        return NULL;
    *r = (struct record){
        .kind = kind,
        .name_len = (uint32_t)name_len,
        .text_len = (uint32_t)text_len,
        .attrs_len = (uint32_t)attrs_len,
    };
    memcpy(r->bytes, name, name_len);
    r->bytes[name_len] = '\0';
    memcpy(r->bytes + name_len + 1, text, text_len + 1);
    if (st) {
        r->nth = w->nth;
        r->st = *st;
        r->st.st_mode = w->attrs.mode; /* without what could not be read */
        (void)attrs_pack(&w->attrs, &first, (void *)(uintptr_t)record_attrs(r), attrs_len);
    }
    return r;
}

void walk_publish(struct walk *w, struct record *r)
{
    size_t end = record_aligned((size_t)r->name_len + r->text_len + 2) +
                 record_aligned(r->attrs_len) + r->data_len;

    stream_publish(w->t->stream, w->t->lane, sizeof(*r) + end);
}

void walk_put_mark(struct walk *w, enum record_kind kind)
{
    struct record *r = w->ended ? NULL : walk_begin_record(w, kind, "", "", 0, NULL);

    if (r)
        walk_publish(w, r);
}

bool walk_put_simple(struct walk *w, enum record_kind kind, const char *name, const char *text,
                     const struct stat *st)
{
    struct record *r = walk_begin_record(w, kind, name, text, 0, st);

    if (r)
        walk_publish(w, r);
    return r;
}
