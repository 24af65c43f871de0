/* dest_file: the regular files of a destination. Their bytes come in records, by a clone, or
 * through the engines. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

#define PRIVATE_MODE (S_IRUSR | S_IWUSR)

/* The mode of a new file before the umask, if the source's mode is not preserved. */
static mode_t new_mode(const struct tree_dest *t)
{
    return t->request.plain_mode ? DEFFILEMODE : t->attrs.mode & PERMISSION_BITS;
}

/* Whether a new file with this mode gets no more than that, as far as the files before it have
 * shown. */
static bool is_at_most(const struct tree_level *l, mode_t mode)
{
    return l->known && l->no_acl && !(~mode & MODE_BITS & ~l->spared);
}

/* The same, and no less. (A default ACL makes the umask void.) */
static bool is_exact(const struct tree_dest *t, mode_t mode)
{
    const struct tree_level *l = &t->levels[t->dirs.n - 1];

    return is_at_most(l, mode) && !(mode & t->request.umask) && !(mode & ~l->given);
}

/* The mode to create a file with: the final one, where the kernel is known to grant no more than
 * that, and else one that lets only the owner read. */
static mode_t creation_mode(const struct tree_dest *t, const struct tree_level *l)
{
    mode_t mode = t->attrs.mode & PERMISSION_BITS;
    bool owned = !t->request.preserve.owner ||
                 (l->known && l->uid == t->attrs.uid && l->gid == t->attrs.gid);

    if (!t->request.preserve.mode)
        return new_mode(t) & ~tree_dest_held(t, new_mode(t));
    return owned && is_at_most(l, mode) && !(mode & t->request.umask) && (mode & S_IWUSR)
               ? mode
               : PRIVATE_MODE;
}

/* Examines the file that was just created with this mode. 0 or a negative errno. */
static int examine_created(struct tree_dest *t, mode_t asked)
{
    struct tree_level *l = tree_dest_dir(t);
    struct stat *st = &t->created;

    if (UNINTERRUPTED(fstat(t->fd, st)) < 0)
        return -errno;
    if (!l->known)
        l->no_acl = UNINTERRUPTED(fgetxattr(t->fd, "system.posix_acl_access", NULL, 0)) < 0;
    l->known = true;
    l->uid = st->st_uid;
    l->gid = st->st_gid;
    l->given |= asked & st->st_mode;
    l->spared |= MODE_BITS & ~asked & ~st->st_mode;
    return 0;
}

/* Fills t->created: the attributes of the file that was just created. What the first files of a
 * directory have shown is not asked again. The times are invalid then, so that they equal those
 * of no source. 0 or a negative errno. */
static int note_created(struct tree_dest *t, mode_t asked)
{
    const struct tree_level *l = tree_dest_dir(t);
    struct stat *st = &t->created;

    if (!l->known || t->request.complete || tree_dest_notes_made(t) ||
        tree_dest_notes_links(t) || (t->request.preserve.mode && !is_exact(t, asked)))
        return examine_created(t, asked);
    *st = (struct stat){.st_mode = S_IFREG | asked, .st_uid = l->uid, .st_gid = l->gid};
    st->st_atim.tv_nsec = st->st_mtim.tv_nsec = -1;
    return 0;
}

/* Creates a new file that gets its name as t->how says. 0 or a negative errno. */
static int create(struct tree_dest *t, const char *name, mode_t mode)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

    if (t->how == NAMED) {
        t->fd = UNINTERRUPTED(openat(tree_dest_dir_fd(t), name, flags, mode));
        return t->fd < 0 ? -errno : 0;
    }
    t->fd = temp_create(tree_dest_dir_fd(t), mode, t->file_temp);
    return t->fd < 0 ? t->fd : 0;
}

static struct target_request request_for(const struct tree_dest *t, const char *name,
                                         const struct stat *st)
{
    return (struct target_request){
        .path = name,
        .in_directory = true,
        .dir_fd = tree_dest_dir_fd(t),
        .inplace = t->request.inplace || t->request.attributes_only,
        .keep_rest = t->request.attributes_only,
        .force = t->request.force,
        .anew = t->request.remove_existing,
        .backup = t->request.backup,
        .made = t->request.made_files,
        .spare_links = t->request.spare_links,
        .only_new = existing_keeps_all(t->request.existing),
        /* Else the destination flushes all names at once, at the end. */
        .durable = t->request.durable && t->flush_each,
        .source_mode = t->request.plain_mode ? DEFFILEMODE : st->st_mode,
        .attrs = attrs_any(&t->request.preserve) ? &t->attrs : NULL,
        .source_dev = st->st_dev,
        .source_ino = st->st_ino,
        .source_fd = -1,
        .size = (uint64_t)st->st_size,
        .length = (uint64_t)st->st_size,
        .data = (uint64_t)st->st_size,
        .size_known = st->st_size > 0,
    };
}

/* Begins a file that replaces an existing one. False: it could not. */
static bool begin_replacement(struct tree_dest *t, const struct stat *there)
{
    struct target_request request = request_for(t, t->file_name, &t->file_st);
    struct failure f;

    if (S_ISDIR(there->st_mode)) {
        tree_dest_fail(t, "open", EISDIR, "a directory stands there");
        return false;
    }
    if (!S_ISREG(there->st_mode) && !t->request.remove_existing &&
        (!S_ISLNK(there->st_mode) || t->request.attributes_only)) {
        tree_dest_fail(t, "open", EEXIST, "no regular file stands there");
        return false;
    }
    if (target_open(&t->target, &request, &f) < 0) {
        tree_dest_report_failure(t, &f);
        return false;
    }
    t->how = REPLACES;
    t->fd = t->target.fd;
    return true;
}

/* Begins a file under a free name. False: it could not. */
static bool begin_new(struct tree_dest *t)
{
    mode_t mode = creation_mode(t, tree_dest_dir(t));
    int r;

    if (tree_dest_dir(t)->append_only) {
        tree_dest_fail(t, "create", EPERM, HINT_APPEND);
        return false;
    }
    t->how = tree_dest_dir(t)->unnamed || t->request.inplace ? NAMED : RENAMED;
    r = create(t, t->file_name, mode);
    if (r < 0) {
        t->how = NO_FILE;
        tree_dest_fail(t, "create", -r,
                       r != -EEXIST                ? NULL
                       : tree_dest_dir(t)->unnamed ? MADE_HINT
                                                   : HINT_TAKEN);
        return false;
    }
    r = note_created(t, mode);
    if (r < 0) {
        tree_dest_fail(t, "stat", -r, NULL);
        tree_dest_discard(t);
        return false;
    }
    return true;
}

/* Whether the file is wanted here. If it was offered before, that was decided then. */
static bool takes(struct tree_dest *t, const struct record *r, bool is_there,
                  const struct stat *there)
{
    if (r->offer)
        return t->takes[r->offer / 64] >> (r->offer % 64) & 1;
    return !is_there || tree_dest_may_replace(t, r, t->file_name, there, NULL);
}

/* Begins the file of a RECORD_FILE. False: no bytes are to be written. */
static bool begin_file(struct tree_dest *t, const struct record *r)
{
    struct stat there;
    int is_there;

    (void)snprintf(t->file_name, sizeof(t->file_name), "%s",
                   r->name_len ? record_name(r) : t->root_name);
    t->file_st = r->st;
    t->offset = 0;
    t->cloned = t->long_enough = false;
    if (t->hashes)
        block_hashes_reset(t->hashes);
    is_there = tree_dest_exists(t, t->file_name, &there);
    if (is_there < 0 || (!is_there && t->request.durable && tree_dest_names_full(t) &&
                         !tree_dest_give_names(t)))
        return false;
    if (is_there && !t->request.attributes_only && tree_dest_is_link(t, r, &there)) {
        tree_dest_count_link(t, r);
        return false;
    }
    if (!takes(t, r, is_there, &there))
        return false;
    if (!(is_there && t->request.attributes_only && !t->request.remove_existing) &&
        tree_dest_place_link(t, r, t->file_name, is_there ? &there : NULL))
        return false;
    tree_dest_take_file_attrs(t, r);
    return is_there ? begin_replacement(t, &there) : begin_new(t);
}

/* Gives the finished file its name. 0 or a negative errno. */
static int give_name_now(struct tree_dest *t)
{
    return t->how == NAMED
               ? 0
               : tree_dest_rename(tree_dest_dir_fd(t), t->file_temp, t->fd, t->file_name);
}

/* The same where each file is flushed: once more with its name, as in flush_names() of
 * target/file_commit.c. 0 or a negative errno. */
static int give_flushed_name(struct tree_dest *t)
{
    int r = tree_dest_fsync(t, t->fd) < 0 ? -errno : give_name_now(t);

    if (r == 0 && t->how != NAMED && tree_dest_fsync(t, t->fd) < 0)
        r = -errno;
    attrs_repeat_times(&t->attrs, t->fd);
    return r;
}

/* Gives the finished file its name, or puts it on the list of those that wait for their names.
 * 0 or a negative errno. */
static int give_name(struct tree_dest *t)
{
    if (t->how != NAMED && t->request.durable && tree_dest_batches(t))
        return tree_dest_add_file(t);
    return t->request.durable && t->flush_each ? give_flushed_name(t) : give_name_now(t);
}

/* Finishes a file that has a free name. False: it failed. */
static bool commit_new(struct tree_dest *t)
{
    const struct attrs_file file = {
        .fd = t->fd, .fresh = true, .no_acl = tree_dest_dir(t)->no_acl, .st = &t->created};
    int r;

    if (attrs_any(&t->request.preserve) && !tree_dest_give_attrs(t, &file, true)) {
        tree_dest_discard(t);
        return false;
    }
    tree_dest_release(t, t->fd, tree_dest_held(t, new_mode(t)));
    r = give_name(t);
    if (r < 0) {
        tree_dest_fail(t, "create", -r, r == -EEXIST ? HINT_MEANWHILE : NULL);
        tree_dest_discard(t);
        return false;
    }
    r = fd_close(&t->fd);
    if (r < 0) {
        tree_dest_fail(t, "close", -r, NULL);
        (void)UNINTERRUPTED(unlinkat(tree_dest_dir_fd(t), t->file_name, 0));
    }
    return r == 0;
}

/* Finishes a file that replaces another one; *ret_id is what stands there then. False: it
 * failed. */
static bool commit_replacement(struct tree_dest *t, struct made_id *ret_id)
{
    struct failure f;
    bool done;

    t->fd = -1;
    /* st_size may have said too little: what was written is as long as the source is. */
    t->target.request.size_known = t->request.attributes_only;
    target_ends_at(&t->target, t->offset);
    t->target.request.wants_id = true;
    if (t->request.durable && tree_dest_fsync(t, t->target.fd) < 0) {
        failure_set(&f, "fsync", errno, FAILURE_NO_OFFSET, NULL);
        target_abort(&t->target, false);
        done = false;
    } else {
        /* With `durable` of the target it flushes again, the file and its name. */
        if (t->target.request.durable)
            atomic_store(&t->request.view->doing, TREE_DEST_FSYNCS);
        done = target_commit(&t->target, &f) == 0;
        atomic_store(&t->request.view->doing, TREE_DEST_WRITES);
    }
    *ret_id = t->target.id;
    if (!done)
        tree_dest_report_failure(t, &f);
    if (done && t->target.attr_failures.lost)
        atomic_store(&t->request.view->attrs_lost, true);
    for (unsigned i = 0; done && i < t->target.attr_failures.n; i++)
        t->request.attrs_failed(t->request.arg, t->path.bytes,
                                &t->target.attr_failures.list[i]);
    return done;
}

static void commit_file(struct tree_dest *t)
{
    struct made_id id = {.dev = t->created.st_dev, .ino = t->created.st_ino};
    bool done = t->how == REPLACES ? commit_replacement(t, &id) : commit_new(t);

    t->how = NO_FILE;
    if (!done)
        return;
    tree_dest_report_made(t);
    if (tree_dest_notes_made(t))
        made_add(t->request.made_files, id.dev, id.ino);
    tree_dest_note_made(t, &t->file_st, t->path.bytes, &id);
    if (t->request.complete)
        t->request.complete(t->request.arg, t->path.bytes, &id, t->offset, &t->file_st,
                            t->hashes);
    atomic_fetch_add(&t->request.view->bytes, t->offset);
    atomic_fetch_add(&t->request.view->files, 1);
    tree_dest_note_put(t, t->offset);
}

void tree_dest_apply_bytes(struct tree_dest *t, const struct record *r)
{
    bool good = true;

    if (t->how == COMPARES) {
        tree_dest_apply_compare(t, r);
        return;
    }
    if (r->kind == RECORD_FILE) {
        if (!begin_file(t, r) || !tree_dest_fill_file(t, r) || !r->whole)
            return;
    } else if (t->how == NO_FILE) { /* the file was discarded, or is not wanted */
        return;
    } else if (r->kind == RECORD_DATA) {
        if (!t->cloned && tree_dest_write_bytes(t, t->data, r->data_len))
            (void)tree_dest_keep_written(t);
        return;
    } else if (r->kind == RECORD_HOLE) {
        if (!t->cloned)
            tree_dest_leave_hole(t, r->hole);
        return;
    } else {
        good = r->good;
    }
    if (good)
        commit_file(t);
    else
        tree_dest_discard(t);
}

void tree_dest_apply_offer(struct tree_dest *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat there;
    int is_there = tree_dest_exists(t, name, &there);
    uint64_t bit = UINT64_C(1) << (r->offer % 64);
    bool compare = false;

    t->takes[r->offer / 64] &= ~bit;
    t->compares[r->offer / 64] &= ~bit;
    if (is_there < 0)
        return;
    if (!is_there || tree_dest_may_replace(t, r, name, &there, &compare)) {
        t->takes[r->offer / 64] |= bit;
        t->request.wanted(t->request.arg, r->offer);
    } else if (compare) {
        t->compares[r->offer / 64] |= bit;
        t->request.compares(t->request.arg, r->offer);
    }
}

/* ---- files that the engines copy ---- */

void tree_dest_apply_copy(struct tree_dest *t, const struct record *r)
{
    struct stat there;
    int is_there;

    (void)snprintf(t->file_name, sizeof(t->file_name), "%s",
                   r->name_len ? record_name(r) : t->root_name);
    t->file_st = r->st;
    /* A directory without a name may hold the engines' file, too. Not with --partial: a file
     * that is kept incomplete must not vanish with its directory. */
    if (!tree_dest_batches(t) || t->request.partial)
        (void)tree_dest_give_names(t);
    is_there = tree_dest_exists(t, t->file_name, &there);
    t->takes_copy = is_there >= 0 && takes(t, r, is_there, &there);
    if (path_buffer_put(&t->copy_path, 0, t->path.bytes) < 0) {
        tree_dest_fail(t, "open", ENOMEM, NULL);
        t->takes_copy = false; /* copy_path is that of another file */
    }
}

bool tree_dest_copy_request(struct tree_dest *t, struct target_request *ret_request,
                            const char **ret_path)
{
    if (t->skipped || tree_dest_dir(t)->unusable || !t->takes_copy || !t->copy_path.bytes)
        return false;
    *ret_request = request_for(t, t->file_name, &t->file_st);
    *ret_path = t->copy_path.bytes;
    return true;
}

void tree_dest_copied(struct tree_dest *t, uint64_t bytes, uint64_t resumed,
                      const struct made_id *id)
{
    tree_dest_note_made(t, &t->file_st, t->copy_path.bytes, id);
    atomic_fetch_add(&t->request.view->bytes, bytes);
    atomic_fetch_add(&t->request.view->resumed, resumed);
    atomic_fetch_add(&t->request.view->files, 1);
    tree_dest_note_put(t, bytes);
}
