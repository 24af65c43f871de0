/* file_commit: makes a regular file that has been written the destination. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "file_priv.h"

#define HINT_APPENDED "nothing can replace a file that is only appended to (chattr +a)"
#define HINT_LONGER   "the end of the old file is behind the new data; --dest-offset=0 keeps it"

static int set_length(const struct target *t, const char *message, bool *ret_changed,
                      struct failure *f)
{
    if (UNINTERRUPTED(ftruncate(t->fd, (off_t)t->request.size)) < 0)
        return file_fail(f, "set length", errno, message);
    *ret_changed = true;
    return 0;
}

/* The copy has written every byte, or all but holes: the file may lack a hole at its end. One
 * that existed (inplace) may be longer; without a difference nothing is set, since there are
 * file systems that cannot. Else, if the file has another length, somebody else has written to
 * it, too. *ret_changed becomes true if the length has been set. */
static int check_length(const struct target *t, bool *ret_changed, struct failure *f)
{
    const struct target_request *q = &t->request;
    uint64_t length;
    struct stat st;

    if (!q->size_known || (q->keep_rest && !t->blank))
        return 0;
    if (fstat(t->fd, &st) < 0)
        return file_fail(f, "stat", errno, NULL);
    length = (uint64_t)st.st_size;
    if (length < q->size && t->blank)
        return set_length(t, NULL, ret_changed, f);
    if (q->keep_rest)
        return 0;
    /* An empty file that stays empty gets the time of a write all the same, as with O_TRUNC. */
    if (length == 0 && t->mixes)
        (void)UNINTERRUPTED(ftruncate(t->fd, 0));
    if (length == q->size)
        return 0;
    if (length > q->size && t->mixes)
        return set_length(t, HINT_LONGER, ret_changed, f);
    return file_fail(f, "check length", EIO, "the file is not as long as what was written");
}

/* Before the times are set: to a server of SMB the close of a descriptor that has written may be
 * the time of modification. */
static int close_direct(struct target *t, struct failure *f)
{
    int r = fd_close(&t->fd_direct);

    return r < 0 ? file_fail(f, "close", -r, NULL) : 0;
}

/* close(2) reports data that could not be written. The lock and the inode, by which the
 * temporary file is known as ours, have to outlive it: a duplicate of the descriptor keeps
 * them. */
static int close_written(struct target *t, struct failure *f)
{
    int held = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
    int r = held < 0 ? -errno : fd_close(&t->fd);

    if (held >= 0)
        t->fd = held;
    return r < 0 ? file_fail(f, "close", -r, NULL) : 0;
}

/* Flushes the file. */
static int flush_file(struct target *t, struct failure *f)
{
    if (fsync(t->fd) < 0)
        return file_fail(f, "fsync", errno, NULL);
    if (t->request.attrs)
        attrs_repeat_times(t->request.attrs, t->fd);
    return 0;
}

/* Flushes the names. The directory alone is not enough: it is the inode that gets the place of
 * its new directory entry on vfat (vfat_rename()) and its new name on NTFS (ntfs_rename()), and
 * a client of SMB flushes no directories (cifs_dir_fsync(); all Linux 6.12). The inode comes
 * first, so that the directory never leads to one without its length and mode (Btrfs). */
static int flush_names(struct target *t, bool renamed, struct failure *f)
{
    int r = renamed ? flush_file(t, f) : 0;

    if (r < 0)
        return r;
    r = fd_flush_directory(file_of(t)->name.dir_fd);
    return r < 0 ? file_fail(f, "fsync directory", -r, NULL) : 0;
}

/* The rename has failed, and the old file is gone all the same: a server of SMB removes a file that
 * this client has open. Then this is the only copy. It gets the name after all, or stays, with a
 * name that no later run sweeps. */
static int save_temporary(struct target *t, int err, struct failure *f)
{
    struct target_file *own = file_of(t);
    const struct file_name *n = &own->name;
    const char *saved = own->temp + (t->keeps ? 0 : 1); /* without the dot */

    if (temp_move(n->dir_fd, own->temp, n->last) < 0) {
        if (!t->keeps && temp_move(n->dir_fd, own->temp, saved) < 0)
            saved = own->temp;
        (void)failure_format(f, "rename", err,
                             "the old file is gone; the new one is complete: %s", saved);
        own->temp[0] = '\0';
        return -err;
    }
    own->temp[0] = '\0';
    return 0;
}

/* What may help where the temporary file cannot replace what exists, or why nothing does. */
static const char *rename_hint(const struct target_file *own, int err)
{
    const struct file_name *n = &own->name;
    struct statx st;

    if (err != EBUSY && !(own->there.exists && file_is_refused(err)))
        return NULL;
    if (statx(n->dir_fd, n->last, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) == 0 &&
        st.stx_attributes & STATX_ATTR_APPEND)
        return HINT_APPENDED;
    return HINT_INPLACE;
}

/* Makes the backup and renames the temporary file. */
static int put_in_place(struct target *t, struct failure *f)
{
    struct target_file *own = file_of(t);
    const struct file_name *n = &own->name;
    char backup[NAME_MAX + 1] = "";

    if (t->request.backup.kind != BACKUP_NONE &&
        file_name_back_up(n, &t->request, false, backup, f) < 0)
        return -f->err;
    if (UNINTERRUPTED(renameat(n->dir_fd, own->temp, n->dir_fd, n->last)) < 0) {
        int err = errno;

        if (backup[0] != '\0')
            backup_undo(n->dir_fd, n->last, backup);
        if (own->there.exists && faccessat(n->dir_fd, n->last, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
            errno == ENOENT)
            return save_temporary(t, err, f);
        return file_fail(f, "rename", err, rename_hint(own, err));
    }
    own->temp[0] = '\0';
    return 0;
}

/* Replaces a file that has got the final name in the last moment. */
static int replace_late(struct target *t, struct failure *f)
{
    const struct file_name *n = &file_of(t)->name;
    struct stat st;

    if (UNINTERRUPTED(fstatat(n->dir_fd, n->last, &st, AT_SYMLINK_NOFOLLOW)) < 0 ||
        !S_ISREG(st.st_mode))
        return file_fail(f, "rename", EEXIST, HINT_KIND);
    if (made_look(t->request.made, n->dir_fd, n->last, &st) == MADE_HERE)
        return file_fail(f, "rename", EEXIST, MADE_HINT);
    return put_in_place(t, f);
}

static int rename_temporary(struct target *t, struct failure *f)
{
    struct target_file *own = file_of(t);
    const struct file_name *n = &own->name;
    bool is_there;
    struct stat st;

    /* A node or symlink that has appeared under the final name is not replaced. For a directory
     * the rename itself fails. */
    is_there = UNINTERRUPTED(fstatat(n->dir_fd, n->last, &st, AT_SYMLINK_NOFOLLOW)) == 0;
    if (is_there && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) &&
        (st.st_mode & S_IFMT) != own->there.over)
        return file_fail(f, "rename", EEXIST, HINT_KIND);
    /* Another destination of this run may have got the name meanwhile. */
    if (is_there && made_look(t->request.made, n->dir_fd, n->last, &st) == MADE_HERE)
        return file_fail(f, "rename", EEXIST, MADE_HINT);
    /* A user who may write to the directory can put another file in the place of the temporary
     * one. This run must not install that file under the final name. (Between this check and
     * the rename, or after it, that user can do so without this run.) */
    if (UNINTERRUPTED(fstatat(n->dir_fd, own->temp, &st, AT_SYMLINK_NOFOLLOW)) == 0 &&
        !temp_is(n->dir_fd, own->temp, t->fd))
        return file_fail(f, "rename", ESTALE, "the temporary was replaced by another file");
    if (t->request.only_new || !is_there) {
        int r = temp_rename(n->dir_fd, own->temp, n->last);

        /* Another destination may have been faster, where two names are the same. */
        if (r == -EEXIST && !t->request.only_new)
            return replace_late(t, f);
        return r < 0 ? file_fail(f, "rename", -r, r == -EEXIST ? HINT_NEW : NULL) : 0;
    }
    return put_in_place(t, f);
}

/* Gives the file its length and attributes. What is set here is flushed before the file gets its
 * name. *ret_keep as in file_commit_data(). */
static int complete(struct target *t, bool named, bool *ret_keep, struct failure *f)
{
    bool changed = false;
    int r = check_length(t, &changed, f);

    if (r == 0)
        r = file_inode_complete(t, named, &changed, f);
    if (r == 0 && changed && t->request.durable) {
        r = flush_file(t, f);
        *ret_keep = r == 0;
    }
    return r;
}

/* The same, and closes the file. */
static int complete_and_close(struct target *t, bool named, bool *ret_keep, struct failure *f)
{
    int r = close_direct(t, f);

    *ret_keep = r == 0; /* else data that can be read need not be on the device */
    if (r == 0)
        r = complete(t, named, ret_keep, f);
    if (r == 0) {
        r = close_written(t, f);
        *ret_keep = r == 0;
    }
    return r;
}

/* The file that is about to get the final name; ino 0: nobody asks. */
static struct made_id identify(const struct target *t)
{
    struct stat st;

    if ((!t->request.made && !t->request.wants_id) || fstat(t->fd, &st) < 0)
        return (struct made_id){.ino = 0};
    return (struct made_id){.dev = st.st_dev, .ino = st.st_ino};
}

/* Gives the file its final name, if it has not got it yet. Whoever sees it there has to know
 * that this run has made it: so it is noted first. */
static int give_name(struct target *t, struct failure *f)
{
    const struct target_request *q = &t->request;
    struct made_id id = identify(t);
    int r = 0;

    if (id.ino != 0)
        made_add(q->made, id.dev, id.ino);
    if (file_has_temp(t))
        r = rename_temporary(t, f);
    if (r < 0 && id.ino != 0)
        made_remove(q->made, id.dev, id.ino);
    if (r == 0)
        t->id = id;
    return r;
}

int file_commit_data(struct target *t, bool *ret_keep, struct failure *f)
{
    struct target_file *own = file_of(t);
    bool renamed = file_has_temp(t), named = renamed || own->created; /* a name is created */
    int r = complete_and_close(t, named, ret_keep, f);

    if (r == 0)
        r = give_name(t, f);
    if (r == 0) {
        file_temp_finish(t);
        own->backup[0] = '\0'; /* it stays */
    }
    if (r == 0 && named && t->request.durable)
        r = flush_names(t, renamed, f);
    if (t->keeps && file_has_temp(t))
        (void)UNINTERRUPTED(fchmod(t->fd, FILE_PRIVATE_MODE)); /* it may stay */
    return r;
}
