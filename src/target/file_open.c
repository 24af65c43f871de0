/* file_open: makes a regular file ready for writing. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/direct_io.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "file_priv.h"

#define HINT_BUSY    "another run is writing to it"
#define HINT_FOREIGN "a .ucopy-*.part that is not a file of this user is in the way"
#define HINT_OTHER   "is another file now"
#define HINT_NAME    "the directory does not take this name"

/* Opens the file behind target.fd, which stands under `name`, for direct I/O, too, if that is
 * requested and possible. It is of no use for a range that begins within a block: each write
 * would begin and end within one. */
static int open_direct(struct target *t, const char *name, struct failure *f)
{
    const struct target_file *own = file_of(t);
    bool fresh = file_has_temp(t) || own->created;
    struct stat st;
    int fd;

    if (!t->request.want_direct && !t->request.need_direct)
        return 0;
    if (fstat(t->fd, &st) < 0)
        return file_fail(f, "stat", errno, NULL);
    /* A new file may be read-only (by its source, the umask, a default ACL) and could not be
     * opened a second time. Commit sets its mode. */
    if (fresh && !(st.st_mode & S_IWUSR) && UNINTERRUPTED(fchmod(t->fd, FILE_PRIVATE_MODE)) < 0)
        return t->request.need_direct ? file_fail(f, "set mode", errno, NULL) : 0;

    fd = fd_reopen_direct(own->name.dir_fd, name, t->fd,
                          O_WRONLY | file_name_no_follow(&own->name));
    if (fd >= 0) {
        t->direct_align = direct_io_write_align(fd);
        if (t->direct_align > 0 && t->request.start % t->direct_align == 0) {
            t->fd_direct = fd;
            return 0;
        }
        (void)fd_close(&fd);
        if (t->direct_align > 0)
            return 0;
        fd = -EINVAL;
    }
    if (t->request.need_direct)
        return file_fail(f, "open", -fd, "O_DIRECT is not available for this file");
    return 0;
}

/* ---- a temporary file ---- */

/* Sees whether a new file can get the name, and notes the mode that it gets. Only the kernel
 * knows what the umask and the file system make of the source's mode. */
static int try_name(struct target *t, struct failure *f)
{
    const struct file_name *n = &file_of(t)->name;
    const char *op;
    mode_t mode;
    int r = temp_try_name(n->dir_fd, n->last, t->request.source_mode & ACCESSPERMS, &mode, &op);

    if (r < 0)
        return file_fail(f, op, -r, strcmp(op, "create") == 0 ? HINT_NAME : NULL);
    file_inode_note_created(t, mode);
    return 0;
}

/* Creates the temporary file, or opens the partial one. hint: for a directory in which no file can
 * be created. */
static int open_temp(struct target *t, const char *hint, struct failure *f)
{
    int r =
        t->request.origin ? file_temp_open_partial(t) : file_temp_create(t, FILE_PRIVATE_MODE);

    if (r == -EAGAIN)
        return file_fail(f, "open partial file", EAGAIN, HINT_BUSY);
    if (r == -EEXIST)
        return file_fail(f, "open partial file", EEXIST, HINT_FOREIGN);
    if (r < 0)
        return file_fail(f, "create temporary", -r,
                         r == -EROFS || file_is_refused(-r) ? hint : NULL);
    return 0;
}

static int open_temporary(struct target *t, struct failure *f)
{
    const struct target_file *own = file_of(t);
    const struct file_name *n = &own->name;
    bool exists = own->there.exists;
    bool writable = exists && faccessat(n->dir_fd, n->last, W_OK, AT_EACCESS) == 0;
    int r;

    /* The rename would replace a write-protected file all the same. */
    if (exists && !writable && !t->request.force)
        return file_fail(f, "open", errno, NULL);

    if (temp_is_append_only(n->dir_fd))
        return file_fail(f, "create temporary", EPERM, HINT_APPEND);
    r = exists ? file_inode_note_replaced(t, f) : try_name(t, f);
    if (r == 0)
        r = open_temp(t, writable ? HINT_INPLACE : NULL, f);
    if (r < 0)
        return r;
    r = open_direct(t, own->temp, f);
    if (r < 0) {
        file_temp_leave(t, true);
        return r;
    }
    /* If an earlier run has left anything, target_check() decides. */
    t->blank = t->request.sparse && !(t->request.origin && t->request.resume);
    return 0;
}

/* ---- in place ---- */

static bool same_time(const struct statx_timestamp *a, const struct timespec *b)
{
    int64_t away = a->tv_sec - b->tv_sec;

    return away >= -2 && away <= 2; /* vfat counts in steps of two seconds */
}

/* Whether the file is the source by another way, which dev and ino do not show: by FUSE (bindfs),
 * or by a server of a directory of this machine. Then a change of its time of modification,
 * which writing would change anyway, shows at the source. 1, 0, or -1: not known. */
static int is_source(const struct target *t, const struct stat *st)
{
    const int flags = AT_EMPTY_PATH | AT_STATX_FORCE_SYNC;
    struct timespec times[2] = {st->st_atim, st->st_mtim}; /* bindfs never sets one alone */
    struct statx before, after;
    int source = t->request.source_fd;
    int r = -1;

    times[1].tv_sec -= 1000;
    if (source < 0 || statx(source, "", flags, STATX_MTIME, &before) < 0 ||
        UNINTERRUPTED(futimens(t->fd, times)) < 0)
        return -1;
    if (statx(source, "", flags, STATX_MTIME, &after) == 0)
        r = same_time(&after.stx_mtime, &times[1]) && !same_time(&before.stx_mtime, &times[1]);
    times[1].tv_sec += 1000;
    (void)UNINTERRUPTED(futimens(t->fd, times));
    return r;
}

/* Prepares the file that exists and that target.fd has been opened on. Its data stay until they
 * are overwritten, and it gets its length at the end: it may be the source all the same, and
 * then this is a copy of each byte to where it is. */
static int prepare_existing(struct target *t, struct failure *f)
{
    const struct target_file *own = file_of(t);
    struct stat st;
    int r, alias;

    if (fstat(t->fd, &st) < 0)
        return file_fail(f, "stat", errno, NULL);
    if (!fd_same_file(&st, &own->there.st))
        return file_fail(f, "open", ESTALE, HINT_OTHER);
    /* The plan has refused the source as a destination, but the path may have changed. */
    if (st.st_dev == t->request.source_dev && st.st_ino == t->request.source_ino)
        return file_fail(f, "open", ESTALE, "is the source now");
    r = open_direct(t, own->name.last, f);
    if (r < 0)
        return r;
    alias = is_source(t, &st);
    if (alias > 0)
        return file_fail(f, "open", EINVAL, "SOURCE and this are one file");
    made_add_changed(t->request.made, st.st_dev, st.st_ino);
    t->blank = t->request.sparse && alias == 0 && file_space_punch(t);
    t->mixes = true;
    return 0;
}

/* Opens the file that exists. 1: it cannot be opened, and is to be replaced instead. */
static int open_existing(struct target *t, struct failure *f)
{
    const struct file_name *n = &file_of(t)->name;
    int r = fd_open_existing(n->dir_fd, n->last, O_WRONLY | file_name_no_follow(n));

    if (r >= 0) {
        t->fd = r;
        return prepare_existing(t, f);
    }
    if (r == -ELOOP)
        return file_fail(f, "open", ESTALE, HINT_KIND);
    if (!t->request.force || t->request.keep_rest)
        return file_fail(f, "open", -r, NULL);
    return 1;
}

/* Makes an empty file under the final name, in the place of what stands there and is not written to
 * (`replaces`). That goes only when the new file is there: no room for one costs nothing. */
static int make_file(struct target *t, bool replaces, struct failure *f)
{
    const struct file_name *n = &file_of(t)->name;
    mode_t mode = file_inode_creation_mode(&t->request);
    char temp[TEMP_NAME_SIZE];
    int r;

    if (!replaces) {
        t->fd = UNINTERRUPTED(openat(
            n->dir_fd, n->last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
        return t->fd < 0 ? file_fail(f, "open", errno, NULL) : 0;
    }
    if (temp_is_append_only(n->dir_fd))
        return file_fail(f, "remove", EPERM, NULL);
    r = temp_create(n->dir_fd, mode, temp);
    if (r == -EACCES || r == -EROFS) /* the old name cannot be removed from there either */
        return file_fail(f, "remove", -r, NULL);
    if (r < 0)
        return file_fail(f, "open", -r, NULL);
    t->fd = r;
    r = temp_replace(n->dir_fd, temp, n->last);
    if (r == 0)
        return 0;
    temp_remove(n->dir_fd, temp, t->fd);
    return file_fail(f, "remove", -r, NULL);
}

/* Creates the file under its final name. */
static int create(struct target *t, bool replaces, struct failure *f)
{
    struct target_file *own = file_of(t);
    const struct file_name *n = &own->name;
    struct stat st;
    int r = make_file(t, replaces, f);

    if (r < 0)
        return r;
    own->created = true;
    /* Of an empty range nothing shows: the file gets no length by it. */
    t->blank = t->request.sparse && !(t->request.keep_rest && t->request.length == 0);
    r = fstat(t->fd, &st) < 0 ? file_fail(f, "stat", errno, NULL) : 0;
    if (r == 0) {
        file_inode_note_created(t, st.st_mode);
        r = open_direct(t, n->last, f);
    }
    if (r < 0 && temp_is(n->dir_fd, n->last, t->fd))
        (void)UNINTERRUPTED(unlinkat(n->dir_fd, n->last, 0));
    return r;
}

static int open_inplace(struct target *t, struct failure *f)
{
    struct target_file *own = file_of(t);
    bool backs_up = own->there.over && t->request.backup.kind != BACKUP_NONE;
    int r = own->there.exists ? open_existing(t, f) : 1;

    if (r < 1)
        return r;
    r = backs_up ? file_name_back_up(&own->name, &t->request, true, own->backup, f) : 0;
    if (r < 0)
        return r;
    r = create(t, !backs_up && (own->there.exists || own->there.over), f);
    if (r < 0 && own->backup[0] != '\0')
        backup_undo(own->name.dir_fd, own->name.last, own->backup);
    return r;
}

int file_open_data(struct target *t, struct failure *f)
{
    return t->request.inplace ? open_inplace(t, f) : open_temporary(t, f);
}
