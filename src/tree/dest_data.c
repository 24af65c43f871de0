/* dest_data: the bytes and holes of the file of a destination that is being written, by records or
 * by a clone. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"
#include "shared_file_priv.h"
#include "source/holes.h"

void tree_dest_discard(struct tree_dest *t)
{
    if (t->how == REPLACES)
        target_abort(&t->target, false);
    else if (t->how == NAMED && t->fd >= 0 && temp_is(tree_dest_dir_fd(t), t->file_name, t->fd))
        (void)UNINTERRUPTED(unlinkat(tree_dest_dir_fd(t), t->file_name, 0));
    else if (t->how == RENAMED)
        temp_remove(tree_dest_dir_fd(t), t->file_temp, t->fd);
    if (t->how != REPLACES)
        (void)fd_close(&t->fd);
    t->fd = -1;
    t->how = NO_FILE;
}

/* Writes more of the file. False: the file was discarded. */
bool tree_dest_write_bytes(struct tree_dest *t, const char *data, size_t left)
{
    struct failure f;

    if (t->hashes)
        block_hashes_note(t->hashes, t->offset, data, left,
                          t->offset + left == (uint64_t)t->file_st.st_size);
    while (left > 0) {
        size_t most = t->request.max_write;
        ssize_t n = write(t->fd, data, left < most ? left : most);

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
        atomic_fetch_add(&t->request.view->written, (uint64_t)n);
        data += n;
        left -= (size_t)n;
        t->offset += (uint64_t)n;
    }
    return true;
}

/* Sets the length of a file with holes at once: XFS preallocates beyond the end of a file that
 * grows. Not where that would write zeros to all of it, nor under a final name, where the file
 * would look complete. */
static void set_full_length(struct tree_dest *t)
{
    off_t size = t->file_st.st_size;

    t->long_enough = !t->request.inplace &&
                     (size <= FILE_SYSTEM_HOLE_PROBE || file_system_has_holes(t->fd)) &&
                     UNINTERRUPTED(ftruncate(t->fd, size)) == 0;
}

/* Writes zeros over what a file has held that is written in place. False: the file was
 * discarded. */
static bool write_zeros(struct tree_dest *t, uint64_t length)
{
    static const char zeros[1 << 16];

    for (uint64_t n; length > 0; length -= n) {
        n = length < sizeof(zeros) ? length : sizeof(zeros);
        if (!tree_dest_write_bytes(t, zeros, (size_t)n))
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
           UNINTERRUPTED(ftruncate(t->fd, end)) == 0;
}

/* Leaves a hole of so many bytes. */
void tree_dest_leave_hole(struct tree_dest *t, uint64_t length)
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
bool tree_dest_keep_written(struct tree_dest *t)
{
    if (!t->request.given_up(t->request.arg))
        return true;
    tree_dest_discard(t);
    return false;
}

/* ---- source files that are open: for clones ---- */

/* The same; also discards it if the source file has changed and may not, or if bytes are missing
 * that it had. The reader reports that. */
static bool keep_shared(struct tree_dest *t, const struct record *r)
{
    struct stat now, made;

    if (!tree_dest_keep_written(t))
        return false;
    if (fstat(r->shared->fd, &now) < 0)
        now = (struct stat){.st_size = 0};
    if (shared_file_unchanged(&r->st, &now))
        return true;
    if (t->request.allow_changed && now.st_size >= r->st.st_size && fstat(t->fd, &made) == 0 &&
        made.st_size >= r->st.st_size) {
        atomic_store(&r->shared->changed, true);
        return true;
    }
    atomic_store(&r->shared->discarded, true);
    atomic_store(&r->shared->changed, true);
    tree_dest_discard(t);
    return false;
}

/* Copies the bytes of the source file from t->offset up to `end`, or to the end of the file.
 * False: the file was discarded. */
static bool read_part(struct tree_dest *t, const struct record *r, uint64_t end)
{
    char buffer[1 << 16];

    while (t->offset < end) {
        uint64_t left = end - t->offset;
        ssize_t n = pread(r->shared->fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer),
                          (off_t)t->offset);

        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR) {
            tree_dest_fail(t, "read", errno, NULL);
            tree_dest_discard(t);
            return false;
        }
        if (n > 0 && !tree_dest_write_bytes(t, buffer, (size_t)n))
            return false;
        t->request.read(t->request.arg, n > 0 ? (uint64_t)n : 0);
    }
    return true;
}

/* Copies the bytes of a file that has no data in its record: all destinations were expected to
 * clone it, or to have it under another name, and this one cannot. Holes stay holes. False: the
 * file was discarded. */
static bool read_shared(struct tree_dest *t, const struct record *r)
{
    struct holes_part part = {.fd = r->shared->fd, .size = (uint64_t)r->st.st_size, .grain = 1};

    while (holes_are_likely(&r->st) && t->offset < part.size) {
        struct range data = holes_next_data(&part, t->offset);

        if (data.start > t->offset)
            tree_dest_leave_hole(t, data.start - t->offset);
        if (t->how == NO_FILE || !read_part(t, r, data.end))
            return false;
        if (t->offset < data.end) /* it has become shorter */
            break;
    }
    return read_part(t, r, UINT64_MAX) && keep_shared(t, r);
}

/* As in target/file.c. */
static bool cut_for_clone(const struct tree_dest *t, off_t size)
{
    return t->how == REPLACES && t->target.mixes && fd_cut_off(t->fd, size);
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
bool tree_dest_fill_file(struct tree_dest *t, const struct record *r)
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
        return tree_dest_write_bytes(t, t->data, r->data_len) && tree_dest_keep_written(t);
    if (r->shared)
        tree_dest_fail(t, "clone", -error, NULL);
    else
        tree_dest_fail(t, "read", ENODATA,
                       "this can be read only once, and its first name could not be made");
    tree_dest_discard(t);
    return false;
}
