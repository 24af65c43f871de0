/* target: picks the kind of a destination by what stands under its path. See target.h. */
#include "target.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with_slash(const char *path)
{
    size_t n = strlen(path);

    return n > 0 && path[n - 1] == '/';
}

/* The kind that stands under the path; NULL with *f filled if it is none. */
static const struct target_ops *kind_of(const struct target_request *request, struct failure *f)
{
    const char *path = request->path;
    struct stat st;
    int err;

    if (request->in_directory)
        return &target_file_ops;
    if ((request->anew ? lstat(path, &st) : stat(path, &st)) == 0) {
        if (S_ISREG(st.st_mode) || (request->anew && !S_ISDIR(st.st_mode)))
            return &target_file_ops;
        if (!S_ISDIR(st.st_mode))
            return &target_node_ops;
        err = EISDIR;
    } else {
        err = errno;
        if (err == ENOENT && !ends_with_slash(path))
            return &target_file_ops;
        if (err == ENOENT)
            err = ENOTDIR;
    }
    failure_set(f, "open", err, FAILURE_NO_OFFSET, NULL);
    return NULL;
}

/* Whether a symlink stands there that leads nowhere but to itself. */
static bool is_loop(const struct target_request *request)
{
    struct stat st;

    return !request->in_directory && stat(request->path, &st) < 0 && errno == ELOOP &&
           lstat(request->path, &st) == 0;
}

/* Makes *t a target that is not open. 0 or a negative errno with *f filled. */
static int prepare(struct target *t, const struct target_request *request, struct failure *f)
{
    assert(!request->keep_rest || request->inplace);
    assert(!request->origin || !request->inplace);
    assert(request->anew || request->backup.kind == BACKUP_NONE);
    *t = (struct target){
        .request = *request,
        .fd = -1,
        .fd_direct = -1,
        .dir_fd = -1,
        .partial = {.journal_fd = -1},
    };
    t->request.anew |= request->force && !request->keep_rest && is_loop(request);
    t->ops = kind_of(&t->request, f);
    return t->ops ? 0 : -f->err;
}

int target_open(struct target *t, const struct target_request *request, struct failure *f)
{
    int r = prepare(t, request, f);

    return t->ops ? t->ops->open(t, f) : r;
}

void target_sweep(const struct target_request *request)
{
    struct failure ignored;
    struct target t;

    (void)prepare(&t, request, &ignored);
    if (t.ops)
        t.ops->sweep(&t);
}

int target_look(const struct target_request *request, struct target_view *ret,
                struct failure *f)
{
    struct target t;
    int r = prepare(&t, request, f);

    return t.ops ? t.ops->look(&t, ret, f) : r;
}

void target_reserve(struct target *t)
{
    t->ops->reserve(t);
}

int target_clone(struct target *t, int from, uint64_t offset, struct failure *f)
{
    const struct target_request *q = &t->request;
    struct file_clone_range range = {
        .src_fd = from,
        .src_offset = offset,
        .src_length = q->length,
        .dest_offset = q->size - q->length,
    };

    if (ioctl(t->fd, FICLONERANGE, &range) < 0)
        return failure_set(f, "clone", errno == ENOTTY ? EOPNOTSUPP : errno, FAILURE_NO_OFFSET,
                           NULL);
    if (q->durable && fsync(t->fd) < 0)
        return failure_set(f, "fsync", errno, FAILURE_NO_OFFSET, NULL);
    return 0;
}

bool target_can_share(int from, const struct target *to)
{
    /* A file that existed before need not be empty. */
    return to->temp[0] != '\0' && ioctl(to->fd, FICLONE, from) == 0;
}

int target_commit(struct target *t, struct failure *f)
{
    return t->ops->commit(t, f);
}

void target_abort(struct target *t, bool keep)
{
    t->ops->abort(t, keep);
}

void target_abandon(struct target *t, bool keep)
{
    t->ops->abandon(t, keep);
}

/* Makes holes of all that is not known to be there. Whether it could be done. */
static bool blank_rest(const struct target *t, const struct ranges *held)
{
    uint64_t at = 0, end = t->request.length;
    struct range r;

    while (at < end) {
        bool any = ranges_first(held, at, &r) && r.start < end;
        uint64_t until = any ? r.start : end;

        if (until > at && fallocate(t->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                    (off_t)at, (off_t)(until - at)) < 0)
            return false;
        at = any ? r.end : end;
    }
    return true;
}

int target_check(struct target *t, struct partial_watch *watch, struct ranges *ret_held)
{
    int r;

    if (t->partial.journal_fd < 0 || !t->request.resume)
        return 0;
    r = partial_check(&t->partial, t->fd, t->request.durable, watch, ret_held);
    t->blank = r == 0 && t->request.sparse && blank_rest(t, ret_held);
    return r;
}

void target_note(struct target *t, const struct journal_record *v, unsigned n)
{
    if (t->partial.journal_fd >= 0)
        partial_note(&t->partial, v, n);
}

uint64_t target_kept(const struct target *t)
{
    return atomic_load(&t->partial.kept);
}
