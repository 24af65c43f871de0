#include "target.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "target_priv.h"

const struct target_ops *const target_kinds[] = {
    &target_device, &target_file, &target_node, &target_standard, &target_command, NULL,
};

static bool ends_with_slash(const char *path)
{
    size_t n = strlen(path);

    return n > 0 && path[n - 1] == '/';
}

/* Looks at what stands under the path. 0, or a positive errno if nothing can be written
 * there. */
static int look_at_path(const struct target_request *q, struct stat *st, bool *ret_there)
{
    *ret_there = false;
    if (q->in_directory || q->end != TARGET_PATH)
        return 0;
    if ((q->anew ? lstat(q->path, st) : stat(q->path, st)) < 0) {
        if (errno != ENOENT)
            return errno;
        return ends_with_slash(q->path) ? ENOTDIR : 0;
    }
    *ret_there = true;
    return S_ISDIR(st->st_mode) ? EISDIR : 0;
}

static bool is_of_kind(const struct target_ops *kind, const struct target_request *q,
                       const struct stat *there)
{
    return kind->end == q->end && (!kind->takes || kind->takes(q, there));
}

/* The kind of the destination; NULL with *f filled if there is none. */
static const struct target_ops *find_kind(const struct target_request *q, struct failure *f)
{
    struct stat st;
    bool there;
    int err = look_at_path(q, &st, &there);

    for (unsigned i = 0; err == 0 && target_kinds[i]; i++)
        if (is_of_kind(target_kinds[i], q, there ? &st : NULL))
            return target_kinds[i];
    failure_set(f, "open", err ? err : EOPNOTSUPP, FAILURE_NO_OFFSET, NULL);
    return NULL;
}

/* Whether the path is a symlink that leads back to itself. */
static bool is_loop(const struct target_request *q)
{
    struct stat st;

    return !q->in_directory && q->end == TARGET_PATH && stat(q->path, &st) < 0 &&
           errno == ELOOP && lstat(q->path, &st) == 0;
}

/* A copy of the request, with what follows from it. */
static struct target_request settle(const struct target_request *request)
{
    struct target_request q = *request;

    assert(!q.keep_rest || q.inplace);
    assert(!q.origin || !q.inplace);
    assert(q.anew || q.backup.kind == BACKUP_NONE);
    q.anew |= q.force && !q.keep_rest && is_loop(&q);
    return q;
}

void target_sweep(const struct target_request *request)
{
    struct target_request q = settle(request);
    struct failure ignored;
    const struct target_ops *kind = find_kind(&q, &ignored);

    if (kind && kind->sweep)
        kind->sweep(&q);
}

int target_look(const struct target_request *request, struct target_view *ret,
                struct failure *f)
{
    struct target_request q = settle(request);
    const struct target_ops *kind = find_kind(&q, f);

    return kind ? kind->look(&q, ret, f) : -f->err;
}

int target_open(struct target *t, const struct target_request *request, struct failure *f)
{
    *t = (struct target){.request = settle(request), .fd = -1, .fd_direct = -1};
    t->ops = find_kind(&t->request, f);
    return t->ops ? t->ops->open(t, f) : -f->err;
}

int target_clone(struct target *t, int from, uint64_t offset, struct failure *f)
{
    if (t->ops->clone)
        return t->ops->clone(t, from, offset, f);
    return failure_set(f, "clone", EOPNOTSUPP, FAILURE_NO_OFFSET, NULL);
}

bool target_can_share(int from, const struct target *to)
{
    return to->ops->can_share && to->ops->can_share(from, to);
}

int target_check(struct target *t, struct target_watch *watch, struct ranges *ret_held)
{
    return t->request.resume && t->ops->check ? t->ops->check(t, watch, ret_held) : 0;
}

void target_note(struct target *t, const struct journal_record *v, unsigned n)
{
    if (t->keeps && t->ops->note)
        t->ops->note(t, v, n);
}

uint64_t target_kept(const struct target *t)
{
    return atomic_load(&t->kept);
}

void target_reserve(struct target *t)
{
    if (t->ops->reserve)
        t->ops->reserve(t);
}

void target_ends_at(struct target *t, uint64_t size)
{
    if (t->request.size_known)
        return;
    t->request.size = size;
    t->request.size_known = true;
}

int target_commit(struct target *t, struct failure *f)
{
    int r;

    if (t->ops->commit)
        return t->ops->commit(t, f);
    r = fd_close(&t->fd);
    return r < 0 ? failure_set(f, "close", -r, FAILURE_NO_OFFSET, NULL) : 0;
}

void target_explain(struct target *t, struct failure *f)
{
    if (t->ops->explain)
        t->ops->explain(t, f);
}

void target_abort(struct target *t, bool keep)
{
    if (t->ops->abort)
        t->ops->abort(t, keep);
    else
        (void)fd_close(&t->fd);
}

void target_abandon(struct target *t, bool keep)
{
    if (t->ops->abandon)
        t->ops->abandon(t, keep);
}
