/* dest_file: the regular files of a destination. Their bytes come in records, by a clone, or
 * through the engines. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "dest_state_priv.h"
#include "shared_file_priv.h"

#define PRIVATE_MODE (S_IRUSR | S_IWUSR)

/* The mode of a new file before the umask, if the source's mode is not preserved. */
static mode_t new_mode(const struct tree_dest *t)
{
    return t->request.plain_mode ? DEFFILEMODE : t->attrs.mode & PERMISSION_BITS;
}

/* The mode to create a file with: the final one, where the kernel is known to set exactly that,
 * and else one that lets only the owner read. */
static mode_t creation_mode(const struct tree_dest *t, const struct tree_level *l)
{
    mode_t mode = t->attrs.mode & PERMISSION_BITS;
    bool owned = !t->request.preserve.owner ||
                 (l->known && l->uid == t->attrs.uid && l->gid == t->attrs.gid);

    if (!t->request.preserve.mode)
        return new_mode(t) & ~tree_dest_held(t, new_mode(t));
    return owned && l->known && l->exact && !(mode & t->request.umask) && (mode & S_IWUSR)
               ? mode
               : PRIVATE_MODE;
}

/* Fills t->created: the attributes of the file that was just created. The first file of a
 * directory is examined; the kernel treats the others alike. The times are invalid, so that
 * they equal those of no source. 0 or a negative errno. */
static int note_created(struct tree_dest *t, mode_t asked)
{
    struct tree_level *l = tree_dest_dir(t);
    struct stat *st = &t->created;

    if (!l->known) {
        if (fstat(t->fd, st) < 0)
            return -errno;
        l->known = true;
        l->uid = st->st_uid;
        l->gid = st->st_gid;
        l->no_acl = fgetxattr(t->fd, "system.posix_acl_access", NULL, 0) < 0;
        l->exact = l->no_acl && (st->st_mode & MODE_BITS) == (asked & ~t->request.umask);
        return 0;
    }
    *st = (struct stat){
        .st_mode = S_IFREG | (asked & ~t->request.umask), .st_uid = l->uid, .st_gid = l->gid};
    st->st_atim.tv_nsec = st->st_mtim.tv_nsec = -1;
    return l->exact ? 0 : fstat(t->fd, st) < 0 ? -errno : 0;
}

/* Creates a new file that gets its name as t->how says. 0 or a negative errno. */
static int create(struct tree_dest *t, const char *name, mode_t mode)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

    if (t->how == NAMED) {
        t->fd = openat(tree_dest_dir_fd(t), name, flags, mode);
        return t->fd < 0 ? -errno : 0;
    }
    t->fd = temp_create(tree_dest_dir_fd(t), mode, t->file_temp);
    return t->fd < 0 ? t->fd : 0;
}

void tree_dest_discard(struct tree_dest *t)
{
    if (t->how == REPLACES)
        target_abort(&t->target, false);
    else if (t->how == NAMED && t->fd >= 0 && temp_is(tree_dest_dir_fd(t), t->file_name, t->fd))
        (void)unlinkat(tree_dest_dir_fd(t), t->file_name, 0);
    else if (t->how == RENAMED)
        temp_remove(tree_dest_dir_fd(t), t->file_temp, t->fd);
    if (t->how != REPLACES)
        (void)fd_close(&t->fd);
    t->fd = -1;
    t->how = NO_FILE;
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
        tree_dest_fail(t, "create", -r, NULL);
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
    return !is_there || tree_dest_may_replace(t, &r->st, t->file_name, there);
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
    tree_dest_take_attrs(t, r);
    is_there = tree_dest_exists(t, t->file_name, &there);
    if (is_there < 0 || (!is_there && t->request.durable && tree_dest_names_full(t) &&
                         !tree_dest_give_names(t)))
        return false;
    if (!takes(t, r, is_there, &there))
        return false;
    if (tree_dest_has_file(t, r) &&
        !(is_there && t->request.attributes_only && !t->request.remove_existing)) {
        tree_dest_place_entry(t, r, t->file_name, is_there);
        return false;
    }
    return is_there ? begin_replacement(t, &there) : begin_new(t);
}

/* Writes more of the file. False: the file was discarded. */
static bool write_bytes(struct tree_dest *t, const char *data, size_t left)
{
    struct failure f;

    while (left > 0) {
        ssize_t n = write(t->fd, data, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            failure_set(&f, "write", n < 0 ? errno : EIO, t->offset,
                        t->how == REPLACES && t->target.mixes && t->offset > 0
                            ? "the file holds old and new data now"
                            : NULL);
            tree_dest_report_failure(t, &f);
            tree_dest_discard(t);
            return false;
        }
        data += n;
        left -= (size_t)n;
        t->offset += (uint64_t)n;
    }
    return true;
}

/* Sets the length of a file with holes at once: XFS preallocates beyond the end of a file that
 * grows. Not under a final name, where the file would look complete. */
static void set_full_length(struct tree_dest *t)
{
    t->long_enough = !t->request.inplace && ftruncate(t->fd, t->file_st.st_size) == 0;
}

/* Writes zeros over what a file has held that is written in place. False: the file was
 * discarded. */
static bool write_zeros(struct tree_dest *t, uint64_t length)
{
    static const char zeros[1 << 16];

    for (uint64_t n; length > 0; length -= n) {
        n = length < sizeof(zeros) ? length : sizeof(zeros);
        if (!write_bytes(t, zeros, (size_t)n))
            return false;
    }
    return true;
}

/* Whether the file has become as long as `end`, if it was not before. */
static bool reach(const struct tree_dest *t, off_t end)
{
    struct stat st;

    return t->long_enough ||
           (t->how == REPLACES && t->target.mixes && fstat(t->fd, &st) == 0 &&
            st.st_size >= end) ||
           ftruncate(t->fd, end) == 0;
}

/* Leaves a hole of so many bytes. */
static void leave_hole(struct tree_dest *t, uint64_t length)
{
    off_t end = (off_t)(t->offset + length);

    if (t->how == REPLACES && t->target.mixes &&
        fallocate(t->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)t->offset,
                  (off_t)length) < 0) {
        (void)write_zeros(t, length);
        return;
    }
    if (!reach(t, end) || lseek(t->fd, end, SEEK_SET) < 0) {
        tree_dest_fail(t, "set length", errno, NULL);
        tree_dest_discard(t);
        return;
    }
    t->offset += length;
}

/* Discards the file if the main thread has given this destination up: the record's data may
 * have been overwritten meanwhile. False: the file was discarded. */
static bool keep_written(struct tree_dest *t)
{
    if (!t->request.given_up(t->request.arg))
        return true;
    tree_dest_discard(t);
    return false;
}

/* ---- source files that are open: for clones ---- */

/* The same; also discards it if the source file has changed. The reader reports that. */
static bool keep_shared(struct tree_dest *t, const struct record *r)
{
    struct stat now;

    if (!keep_written(t))
        return false;
    if (fstat(r->shared->fd, &now) == 0 && shared_file_unchanged(&r->st, &now))
        return true;
    atomic_store(&r->shared->changed, true);
    tree_dest_discard(t);
    return false;
}

/* Copies the bytes of a file that has no data in its record, since all destinations were
 * expected to clone it, where this one cannot. False: the file was discarded. */
static bool read_shared(struct tree_dest *t, const struct record *r)
{
    char buffer[1 << 16];

    for (;;) {
        ssize_t n = pread(r->shared->fd, buffer, sizeof(buffer), (off_t)t->offset);

        if (n == 0)
            return keep_shared(t, r);
        if (n < 0 && errno != EINTR) {
            tree_dest_fail(t, "read", errno, NULL);
            tree_dest_discard(t);
            return false;
        }
        if (n > 0 && !write_bytes(t, buffer, (size_t)n))
            return false;
    }
}

/* As in target/file.c. */
static bool cut_for_clone(const struct tree_dest *t, off_t size)
{
    struct stat st;

    return t->how == REPLACES && t->target.mixes && fstat(t->fd, &st) == 0 &&
           st.st_size > size && ftruncate(t->fd, size) == 0;
}

/* Makes the new file a clone of the source file. 0 or a negative errno. */
static int clone_shared(struct tree_dest *t, const struct record *r)
{
    struct tree_dest_view *v = t->request.view;
    dev_t dev = r->st.st_dev + 1;
    int err;

    if (atomic_load(&v->clones_not) == dev && !t->request.must_clone)
        return -EOPNOTSUPP;
    if (ioctl(t->fd, FICLONE, r->shared->fd) == 0 ||
        (errno == EINVAL && cut_for_clone(t, r->st.st_size) &&
         ioctl(t->fd, FICLONE, r->shared->fd) == 0)) {
        atomic_store(&v->clones, dev);
        return 0;
    }
    err = errno;
    if (err == EXDEV || err == EOPNOTSUPP || err == ENOTTY || err == ENOSYS)
        atomic_store(&v->clones_not, dev);
    return -err;
}

/* Fills the new file: by a clone, from the open source file, or with the record's data. False:
 * the file was discarded. */
static bool fill_file(struct tree_dest *t, const struct record *r)
{
    int error = -EOPNOTSUPP;

    if (r->shared) {
        error = clone_shared(t, r);
        if (error == 0) {
            t->cloned = true;
            t->offset = (uint64_t)r->st.st_size;
            return keep_shared(t, r);
        }
        if (r->bare && !t->request.must_clone)
            return read_shared(t, r);
    }
    if (r->sparse)
        set_full_length(t);
    if (!r->bare)
        return write_bytes(t, t->data, r->data_len) && keep_written(t);
    tree_dest_fail(t, "clone", -error, NULL);
    tree_dest_discard(t);
    return false;
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
    int r = fsync(t->fd) < 0 ? -errno : give_name_now(t);

    if (r == 0 && t->how != NAMED && fsync(t->fd) < 0)
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
        tree_dest_fail(t, "create", -r, r == -EEXIST ? "somebody has made it meanwhile" : NULL);
        tree_dest_discard(t);
        return false;
    }
    r = fd_close(&t->fd);
    if (r < 0) {
        tree_dest_fail(t, "close", -r, NULL);
        (void)unlinkat(tree_dest_dir_fd(t), t->file_name, 0);
    }
    return r == 0;
}

/* Finishes a file that replaces another one. False: it failed. */
static bool commit_replacement(struct tree_dest *t)
{
    struct failure f;
    bool done;

    t->fd = -1;
    target_ends_at(&t->target, t->offset);
    if (t->request.durable && fsync(t->target.fd) < 0) {
        failure_set(&f, "fsync", errno, FAILURE_NO_OFFSET, NULL);
        target_abort(&t->target, false);
        done = false;
    } else {
        done = target_commit(&t->target, &f) == 0;
    }
    if (!done)
        tree_dest_report_failure(t, &f);
    for (unsigned i = 0; done && i < t->target.attr_failures.n; i++)
        t->request.attrs_failed(t->request.arg, t->path.bytes,
                                &t->target.attr_failures.list[i]);
    return done;
}

static void commit_file(struct tree_dest *t)
{
    bool done = t->how == REPLACES ? commit_replacement(t) : commit_new(t);

    t->how = NO_FILE;
    if (!done)
        return;
    tree_dest_report_made(t);
    tree_dest_note_made(t, &t->file_st, t->path.bytes);
    atomic_fetch_add(&t->request.view->bytes, t->offset);
    atomic_fetch_add(&t->request.view->files, 1);
    tree_dest_note_put(t, t->offset);
}

void tree_dest_apply_bytes(struct tree_dest *t, const struct record *r)
{
    bool good = true;

    if (r->kind == RECORD_FILE) {
        if (!begin_file(t, r) || !fill_file(t, r) || !r->whole)
            return;
    } else if (t->how == NO_FILE) { /* the file was discarded, or is not wanted */
        return;
    } else if (r->kind == RECORD_DATA) {
        if (!t->cloned && write_bytes(t, t->data, r->data_len))
            (void)keep_written(t);
        return;
    } else if (r->kind == RECORD_HOLE) {
        if (!t->cloned)
            leave_hole(t, r->hole);
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

    t->takes[r->offer / 64] &= ~bit;
    if (is_there < 0 || (is_there && !tree_dest_may_replace(t, &r->st, name, &there)))
        return;
    t->takes[r->offer / 64] |= bit;
    t->request.wanted(t->request.arg, r->offer);
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
    if (t->takes_copy && tree_dest_has_file(t, r)) {
        tree_dest_place_entry(t, r, t->file_name, is_there);
        t->takes_copy = false;
    }
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

void tree_dest_not_copied(struct tree_dest *t)
{
    tree_dest_note_not_made(t, &t->file_st);
}

void tree_dest_copied(struct tree_dest *t, uint64_t bytes, uint64_t resumed)
{
    tree_dest_note_made(t, &t->file_st, t->copy_path.bytes);
    atomic_fetch_add(&t->request.view->bytes, bytes);
    atomic_fetch_add(&t->request.view->resumed, resumed);
    atomic_fetch_add(&t->request.view->files, 1);
    tree_dest_note_put(t, bytes);
}
