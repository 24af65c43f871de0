/* file: the operations of regular files. See file_priv.h. */
#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "file_priv.h"

static bool file_takes(const struct target_request *q, const struct stat *there)
{
    return !there || S_ISREG(there->st_mode) || q->anew;
}

/* ---- before it is opened ---- */

static void file_sweep(const struct target_request *q)
{
    struct file_name n;
    struct file_existing there;
    struct failure ignored;

    if (file_name_resolve(&n, q, &there, &ignored) == 0) {
        temp_sweep(n.dir_fd);
        temp_note_final(n.last);
    }
    file_name_free(&n);
}

/* Whether the user may write where the data would go. 0 or a negative errno with *f filled. */
static int check_access(const struct file_name *n, const struct target_request *q,
                        const struct file_existing *there, struct failure *f)
{
    if (there->exists && !q->force && faccessat(n->dir_fd, n->last, W_OK, AT_EACCESS) < 0)
        return file_fail(f, "open", errno, NULL);
    if (!(q->inplace && there->exists) &&
        faccessat(n->dir_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return file_fail(f, q->inplace ? "open" : "create temporary", errno, NULL);
    if (!q->inplace && temp_is_append_only(n->dir_fd))
        return file_fail(f, "create temporary", EPERM, HINT_APPEND);
    return 0;
}

static int file_look(const struct target_request *q, struct target_view *ret, struct failure *f)
{
    struct file_name n;
    struct file_existing there;
    struct stat dir;
    int r = file_name_resolve(&n, q, &there, f);

    if (r == 0)
        r = file_name_check(q, &there, f);
    if (r == 0)
        r = file_space_check_limit(&n, q, f);
    if (r == 0)
        r = check_access(&n, q, &there, f);
    if (r == 0 && fstat(n.dir_fd, &dir) < 0)
        r = file_fail(f, "stat", errno, NULL);
    if (r == 0)
        *ret = (struct target_view){
            .how = q->inplace ? "in place" : "by temporary and rename",
            .demand = file_space_demand(&n, q, q->inplace && there.exists ? &there.st : NULL),
            .clones = file_space_can_clone(&n),
            .directory_dev = dir.st_dev,
            .directory_ino = dir.st_ino,
            .unlinks_source = there.over_source,
        };
    file_name_free(&n);
    return r;
}

/* ---- while it is open ---- */

/* Closes and frees everything; the name of a temporary file stays. */
static void release(struct target *t)
{
    struct target_file *own = file_of(t);

    (void)fd_close(&t->fd_direct);
    (void)fd_close(&t->fd);
    file_name_free(&own->name);
    partial_close(&own->partial);
    acl_free(&own->inode.acl);
    free(own);
    t->own = NULL;
}

static int file_open(struct target *t, struct failure *f)
{
    struct target_file *own = malloc(sizeof(*own));
    int r;

    if (!own)
        return file_fail(f, "open", ENOMEM, NULL);
    *own = (struct target_file){.partial.journal_fd = -1};
    t->own = own;
    r = file_name_resolve(&own->name, &t->request, &own->there, f);
    if (r == 0)
        r = file_name_check(&t->request, &own->there, f);
    if (r == 0)
        r = file_space_check_limit(&own->name, &t->request, f);
    if (own->there.apart)
        t->request.inplace = false;
    if (r == 0 && t->request.durable)
        r = file_name_make_syncable(&own->name, f);
    if (r == 0)
        r = file_open_data(t, f);
    if (r < 0)
        release(t);
    t->can_fsync = r == 0;
    t->prompt = r == 0 && file_system_is_local(t->fd);
    return r;
}

/* The end of a file that has no full last block is only cloned to the end of another. Cuts off
 * what an existing file holds behind it. False: there is nothing to cut. */
static bool cut_for_clone(const struct target *t)
{
    return t->mixes && !t->request.keep_rest && fd_cut_off(t->fd, (off_t)t->request.size);
}

static int file_clone(struct target *t, int from, uint64_t offset, struct failure *f)
{
    const struct target_request *q = &t->request;
    struct file_clone_range range = {
        .src_fd = from,
        .src_offset = offset,
        .src_length = q->length,
        .dest_offset = q->size - q->length,
    };
    int r = ioctl(t->fd, FICLONERANGE, &range);

    if (r < 0 && errno == EINVAL && cut_for_clone(t))
        r = ioctl(t->fd, FICLONERANGE, &range);
    if (r < 0)
        return file_fail(f, "clone", errno == ENOTTY ? EOPNOTSUPP : errno, NULL);
    if (q->durable && fsync(t->fd) < 0)
        return file_fail(f, "fsync", errno, NULL);
    return 0;
}

/* Only an empty file is tried: what another one holds would show where nothing is written. */
static bool file_can_share(int from, const struct target *to)
{
    struct stat st;

    return file_has_temp(to) && fstat(from, &st) == 0 && st.st_size == 0 &&
           ioctl(to->fd, FICLONE, from) == 0;
}

static int file_check(struct target *t, struct target_watch *watch, struct ranges *ret_held)
{
    int r;

    if (!t->keeps)
        return 0;
    r = partial_check(&file_of(t)->partial, t->fd, t->request.durable, watch, ret_held);
    t->blank = r == 0 && t->request.sparse && file_space_punch_rest(t, ret_held);
    return r;
}

static void file_note(struct target *t, const struct journal_record *v, unsigned n)
{
    partial_note(&file_of(t)->partial, v, n);
}

static void file_reserve(struct target *t)
{
    file_space_reserve(t);
}

/* ---- the end ---- */

/* Puts the file that was moved away (inplace) back in the place of the one that was begun. */
static void restore(struct target *t)
{
    const struct target_file *own = file_of(t);
    const struct file_name *n = &own->name;

    if (own->backup[0] == '\0')
        return;
    if (temp_is(n->dir_fd, n->last, t->fd))
        (void)UNINTERRUPTED(unlinkat(n->dir_fd, n->last, 0));
    backup_undo(n->dir_fd, n->last, own->backup);
}

static void file_abandon(struct target *t, bool keep)
{
    file_temp_leave(t, keep);
    restore(t);
}

static void file_abort(struct target *t, bool keep)
{
    file_abandon(t, keep); /* first the names: closing may have to wait for a slow device */
    release(t);
}

static int file_commit(struct target *t, struct failure *f)
{
    bool keep;
    int r = file_commit_data(t, &keep, f);

    file_abort(t, keep);
    return r;
}

const struct target_ops target_file = {
    .name = "file",
    .takes = file_takes,
    .look = file_look,
    .open = file_open,
    .commit = file_commit,
    .abort = file_abort,
    .sweep = file_sweep,
    .clone = file_clone,
    .can_share = file_can_share,
    .check = file_check,
    .note = file_note,
    .reserve = file_reserve,
    .abandon = file_abandon,
};
