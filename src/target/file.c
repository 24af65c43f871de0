/* file: a destination that is a regular file, new or replaced.
 *
 * The data go into a temporary name in the directory of the final name, and a rename makes
 * them the destination; with --inplace they go into the final name itself. Symlinks are
 * resolved once, at open, down to a directory descriptor and a last component; from then on
 * only these two are used, so that a path that is redirected during a long copy
 * redirects nothing.
 *
 * A new file gets what the kernel makes of the source's permission bits (umask, default ACL of
 * the directory), as with cp. A replaced file keeps the mode and owner that it had. What is
 * preserved of the source's attributes takes the place of either. A temporary
 * is private until it is complete: created 0600, which leaves nobody else of a default
 * ACL any access either, because the bits of the group are its mask. The chmod(2) at the end
 * sets owner, mask and others, which is all of an ACL that the mode of a creation bears on. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/direct_io.h"
#include "base/fd.h"
#include "base/file_system.h"
#include "target.h"
#include "temp.h"

#define MAX_SYMLINKS    40 /* as the kernel's own limit, path_resolution(7) */
#define PERMISSION_BITS (S_IRWXU | S_IRWXG | S_IRWXO)
#define PRIVATE_MODE    (S_IRUSR | S_IWUSR)
#define MODE_BITS       (PERMISSION_BITS | S_ISUID | S_ISGID | S_ISVTX)
#define HINT_INPLACE    "--inplace writes into the existing file"
#define HINT_KIND       "is no longer a regular file"
#define HINT_BUSY       "another run is writing to it"
#define HINT_FOREIGN    "a .ucopy-*.part that is not a file of this user is in the way"
#define HINT_BACKUP     "the backup would take the place of the source"
#define HINT_NEW        "somebody has made it meanwhile"
#define HINT_OTHER      "is another file now"

static int fail(struct failure *f, const char *op, int err, const char *message)
{
    return failure_set(f, op, err, FAILURE_NO_OFFSET, message);
}

/* Lets go of everything but a temporary's name. */
static void release(struct target *t)
{
    (void)fd_close(&t->fd_direct);
    (void)fd_close(&t->fd);
    (void)fd_close(&t->dir_fd);
    partial_close(&t->partial);
    free(t->name);
    t->name = NULL;
    acl_free(&t->acl);
}

/* Opens the directory part of `path`, which is relative to the directory held so far, and holds
 * that directory and the last component instead. */
static int enter_directory(struct target *t, const char *path, struct failure *f)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    char *name, *dir;
    int fd;

    if (*last == '\0')
        return fail(f, "open", slash ? ENOTDIR : ENOENT, NULL);
    name = strdup(last);
    if (!name)
        return fail(f, "open", ENOMEM, NULL);
    if (!slash)
        dir = strdup(".");
    else
        dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (!dir) {
        free(name);
        return fail(f, "open", ENOMEM, NULL);
    }

    /* O_PATH: writing into a directory takes search permission, not read permission. */
    fd = openat(t->dir_fd >= 0 ? t->dir_fd : AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0) {
        free(name);
        return fail(f, "open directory", errno, NULL);
    }
    (void)fd_close(&t->dir_fd);
    free(t->name);
    t->dir_fd = fd;
    t->name = name;
    return 0;
}

/* Follows the symlink under the held name by one step. */
static int follow(struct target *t, struct failure *f)
{
    char link[PATH_MAX];
    ssize_t n = readlinkat(t->dir_fd, t->name, link, sizeof(link));

    if (n < 0)
        return fail(f, "open", errno, NULL);
    if ((size_t)n == sizeof(link))
        return fail(f, "open", ENAMETOOLONG, NULL);
    link[n] = '\0';
    return enter_directory(t, link, f);
}

/* Links in /proc (where /dev/fd and /dev/stdout lead) stand for open files. What
 * readlink() says of them need not be a name of that file, and who holds it open would
 * not see the file that replaces it. */
static bool is_magic_link(const struct target *t)
{
    static const unsigned long proc[] = {PROC_SUPER_MAGIC, 0};

    return file_system_is(t->dir_fd, proc) == 1;
}

/* What keeps an open of the held name from being led astray by a symlink that was put there
 * meanwhile. Only a link in /proc is the file itself. */
static int no_follow(const struct target *t)
{
    return is_magic_link(t) ? 0 : O_NOFOLLOW;
}

/* The kernel must follow the path to the same file, or for NULL to none: it may refuse to
 * (fs.protected_symlinks), and the path may have been changed underfoot. */
static int confirm(const struct target *t, const struct stat *st, struct failure *f)
{
    struct stat followed;
    bool exists = stat(t->request.path, &followed) == 0;

    if (!exists && (st || errno != ENOENT))
        return fail(f, "open", errno, NULL);
    if (exists && !(st && fd_same_file(&followed, st)))
        return fail(f, "open", ESTALE, "a symlink changed while it was followed");
    return 0;
}

/* Holds the directory and the name that were given. */
static int hold_given(struct target *t, struct failure *f)
{
    t->dir_fd = fcntl(t->request.dir_fd, F_DUPFD_CLOEXEC, 0);
    if (t->dir_fd < 0)
        return fail(f, "open directory", errno, NULL);
    t->name = strdup(t->request.path);
    return t->name ? 0 : fail(f, "open", ENOMEM, NULL);
}

/* Looks what stands under the held name itself. What is replaced without a look at what it is
 * is as good as nothing. */
static int look_at_name(struct target *t, struct stat *st, bool *ret_exists, struct failure *f)
{
    *ret_exists = fstatat(t->dir_fd, t->name, st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*ret_exists)
        return errno == ENOENT ? 0 : fail(f, "open", errno, NULL);
    if (S_ISLNK(st->st_mode) || (t->request.anew && !S_ISDIR(st->st_mode))) {
        t->over = st->st_mode & S_IFMT;
        t->over_source =
            st->st_dev == t->request.source_dev && st->st_ino == t->request.source_ino;
        *ret_exists = false;
    }
    return 0;
}

/* Holds the directory and the last component of the final name, all symlinks followed. What
 * stands there is put into *st; *ret_exists tells whether anything does. */
static int resolve(struct target *t, struct stat *st, bool *ret_exists, struct failure *f)
{
    int r;

    r = t->request.in_directory ? hold_given(t, f) : enter_directory(t, t->request.path, f);
    if (r == 0 && (t->request.in_directory || t->request.anew))
        return look_at_name(t, st, ret_exists, f);

    for (unsigned links = 0; r == 0; links++) {
        if (fstatat(t->dir_fd, t->name, st, AT_SYMLINK_NOFOLLOW) < 0) {
            if (errno != ENOENT)
                return fail(f, "open", errno, NULL);
            if (links > 0 && !getenv("POSIXLY_CORRECT"))
                return fail(f, "open", ENOENT, "not writing through dangling symlink");
            *ret_exists = false;
            return links > 0 ? confirm(t, NULL, f) : 0;
        }
        if (!S_ISLNK(st->st_mode)) {
            *ret_exists = true;
            return links > 0 ? confirm(t, st, f) : 0;
        }
        if (is_magic_link(t)) {
            if (!t->request.inplace)
                return fail(f, "open", EOPNOTSUPP,
                            "an open file has no name to replace; --inplace writes into it");
            if (fstatat(t->dir_fd, t->name, st, 0) < 0)
                return fail(f, "open", errno, NULL);
            *ret_exists = true;
            return 0;
        }
        if (links == MAX_SYMLINKS)
            return fail(f, "open", ELOOP, NULL);
        r = follow(t, f);
    }
    return r;
}

/* Swaps the directory's descriptor for one that fsync() accepts. */
static int make_directory_syncable(struct target *t, struct failure *f)
{
    int fd = openat(t->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return fail(f, "open directory", errno, "--fsync needs to read the directory");
    (void)fd_close(&t->dir_fd);
    t->dir_fd = fd;
    return 0;
}

static bool preserves_mode(const struct target *t)
{
    return t->request.attrs && t->request.attrs->wanted.mode;
}

static bool preserves_owner(const struct target *t)
{
    return t->request.attrs && t->request.attrs->wanted.owner;
}

/* The mode to create the final name with. What is not yet the file of its owner is nobody
 * else's, and extended attributes of a file that is read-only could not be set. */
static mode_t creation_mode(const struct target *t)
{
    mode_t mode = t->request.source_mode & PERMISSION_BITS;

    if (preserves_mode(t) && preserves_owner(t))
        mode &= S_IRWXU;
    return t->request.attrs ? mode | S_IWUSR : mode;
}

/* Notes which mode the file that was just created is to have at the end. */
static int note_created_mode(struct target *t, struct failure *f)
{
    struct stat st;

    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    t->mode = st.st_mode & MODE_BITS & (t->request.source_mode | ~(mode_t)S_IWUSR);
    return 0;
}

/* Notes mode, owner and access control list of the file that is replaced. Who may not write
 * set-id programs loses the bits as by a write(2) into the file. */
static int note_replaced_mode(struct target *t, const struct stat *st, struct failure *f)
{
    int r = preserves_mode(t) ? 0 : acl_read(t->dir_fd, t->name, &t->acl);

    if (r < 0)
        return fail(f, "read access control list", -r, NULL);
    t->replaces = true;
    t->mode = st->st_mode & MODE_BITS;
    t->uid = st->st_uid;
    t->gid = st->st_gid;
    if (geteuid() != 0) {
        t->mode &= ~(mode_t)S_ISUID;
        if (t->mode & S_IXGRP)
            t->mode &= ~(mode_t)S_ISGID;
    }
    return 0;
}

/* Opens the file behind t->fd, which stands under `name`, for direct I/O if that is asked for
 * and possible. */
static int open_direct(struct target *t, const char *name, struct failure *f)
{
    bool fresh = t->temp[0] != '\0' || t->created;
    struct stat st;
    int fd;

    if (!t->request.want_direct && !t->request.need_direct)
        return 0;
    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    /* What was created read-only (by its source, the umask, a default ACL) cannot be opened a
     * second time; commit sets its mode. */
    if (fresh && !(st.st_mode & S_IWUSR) && fchmod(t->fd, PRIVATE_MODE) < 0)
        return fail(f, "set mode", errno, NULL);

    fd = fd_reopen_direct(t->dir_fd, name, t->fd, O_WRONLY | no_follow(t));
    if (fd >= 0) {
        t->direct_align = direct_io_align(fd);
        if (t->direct_align > 0) {
            t->fd_direct = fd;
            return 0;
        }
        (void)fd_close(&fd);
        fd = -EINVAL;
    }
    if (t->request.need_direct)
        return fail(f, "open", -fd, "O_DIRECT is not available for this file");
    return 0;
}

/* Direct writes into space that is there already need not wait for one another, nor for the
 * allocation of blocks (ext4 and XFS write beyond the end of a file one at a time). What is to
 * have holes gets its length only: space that is given to it would stay, and to a file that
 * grows XFS gives more than is written. Not under a final name: a file of full length there
 * would look complete. A refusal means nothing: if there is too little space, the writes will
 * tell. */
static void file_reserve(struct target *t)
{
    if (t->temp[0] == '\0' || !t->request.size_known || t->request.size == 0)
        return;
    if (t->request.sparse)
        (void)!ftruncate(t->fd, (off_t)t->request.size);
    else if (t->fd_direct >= 0)
        (void)fallocate(t->fd, 0, 0, (off_t)t->request.size);
}

/* Makes a hole of the range that is copied to, in a file that keeps the rest. Where that cannot
 * be done, zeros are written. */
static bool punch(const struct target *t)
{
    const struct target_request *q = &t->request;

    return q->size_known && q->length > 0 &&
           fallocate(t->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     (off_t)(q->size - q->length), (off_t)q->length) == 0;
}

/* Makes t->temp and t->fd. */
static int create_temporary(struct target *t, mode_t mode)
{
    int r = temp_create(t->dir_fd, mode, t->temp);

    if (r < 0)
        return r;
    t->fd = r;
    return 0;
}

/* The same by a file that can be kept. */
static int open_partial(struct target *t)
{
    struct partial_request request = {
        .name = t->name,
        .origin = t->request.origin,
        .resume = t->request.resume,
        .owner = t->replaces ? t->uid : (uid_t)-1,
    };
    int r = partial_open(&t->partial, t->dir_fd, &request, t->temp);

    if (r < 0)
        return r;
    t->fd = r;
    return 0;
}

static void remove_temporary(struct target *t)
{
    if (t->partial.journal_fd >= 0 && t->temp[0] != '\0')
        partial_remove(&t->partial, t->dir_fd, t->temp, t->fd);
    else
        temp_remove(t->dir_fd, t->temp, t->fd);
}

/* Keeps what stands under the final name, if anything does, under another one. */
static int back_up(struct target *t, bool move, char ret_backup[NAME_MAX + 1],
                   struct failure *f)
{
    const struct stat source = {.st_dev = t->request.source_dev,
                                .st_ino = t->request.source_ino};
    int r = backup_make(&t->request.backup, t->dir_fd, t->name, &source, move, ret_backup);

    if (r == 0 || r == -ENOENT)
        return 0;
    return fail(f, "back up", -r, r == -EEXIST ? HINT_BACKUP : NULL);
}

/* Removes it, or leaves it if that is wanted and there is anything in it. */
static void leave_temporary(struct target *t, bool keep)
{
    if (keep && target_kept(t) > 0)
        t->temp[0] = '\0';
    else
        remove_temporary(t);
}

/* Notes the mode that a new file gets. Only the kernel knows what a file system makes of the
 * source's mode: it is asked for with a file that never holds a byte. */
static int note_new_mode(struct target *t, struct failure *f)
{
    int r;

    if (preserves_mode(t))
        return 0;
    r = create_temporary(t, t->request.source_mode & PERMISSION_BITS);
    if (r < 0)
        return fail(f, "create temporary", -r, NULL);
    r = note_created_mode(t, f);
    remove_temporary(t);
    (void)fd_close(&t->fd);
    return r;
}

/* replaced: what stands under the final name, or NULL. */
static int open_temporary(struct target *t, const struct stat *replaced, struct failure *f)
{
    bool writable = replaced && faccessat(t->dir_fd, t->name, W_OK, AT_EACCESS) == 0;
    int r;

    /* A rename would replace a file that is protected against writing just as well. */
    if (replaced && !writable && !t->request.force)
        return fail(f, "open", errno, NULL);

    r = replaced ? note_replaced_mode(t, replaced, f) : note_new_mode(t, f);
    if (r < 0)
        return r;
    r = t->request.origin ? open_partial(t) : create_temporary(t, PRIVATE_MODE);
    if (r == -EAGAIN)
        return fail(f, "open partial file", EAGAIN, HINT_BUSY);
    if (r == -EEXIST)
        return fail(f, "open partial file", EEXIST, HINT_FOREIGN);
    if (r == -EACCES || r == -EROFS)
        return fail(f, "create temporary", -r, writable ? HINT_INPLACE : NULL);
    if (r < 0)
        return fail(f, "create temporary", -r, NULL);
    r = open_direct(t, t->temp, f);
    if (r < 0) {
        leave_temporary(t, true);
        return r;
    }
    /* What an earlier run has left is looked at first: target_check(). */
    t->blank = t->request.sparse && !(t->request.origin && t->request.resume);
    return 0;
}

/* expected: what was found under the name when the path was resolved. */
static int open_existing(struct target *t, const struct stat *expected, struct failure *f)
{
    struct stat st;
    int r;

    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    if (!fd_same_file(&st, expected))
        return fail(f, "open", ESTALE, HINT_OTHER);
    /* The plan has refused it before; the path may lead elsewhere by now. */
    if (st.st_dev == t->request.source_dev && st.st_ino == t->request.source_ino)
        return fail(f, "open", ESTALE, "is the source now");
    r = open_direct(t, t->name, f);
    if (r < 0)
        return r;
    /* Not by O_TRUNC: nothing is lost before all that can be refused has been. */
    if (!t->request.keep_rest && ftruncate(t->fd, 0) < 0)
        return fail(f, "truncate", errno, NULL);
    t->blank = t->request.sparse && (!t->request.keep_rest || punch(t));
    return 0;
}

/* inplace: takes away what stands under the name and is not written to. */
static int make_way(struct target *t, struct failure *f)
{
    if (t->request.backup.kind != BACKUP_NONE)
        return back_up(t, true, t->backup, f);
    return unlinkat(t->dir_fd, t->name, 0) < 0 ? fail(f, "remove", errno, NULL) : 0;
}

/* existing: what stands under the final name, or NULL. */
static int open_inplace(struct target *t, const struct stat *existing, struct failure *f)
{
    int r;

    if (existing) {
        r = fd_open_existing(t->dir_fd, t->name, O_WRONLY | no_follow(t));
        if (r >= 0) {
            t->fd = r;
            return open_existing(t, existing, f);
        }
        if (r == -ELOOP)
            return fail(f, "open", ESTALE, HINT_KIND);
        if (!t->request.force || t->request.keep_rest)
            return fail(f, "open", -r, NULL);
        if (unlinkat(t->dir_fd, t->name, 0) < 0)
            return fail(f, "remove", errno, NULL);
    }

    if (t->over && make_way(t, f) < 0)
        return -f->err;
    t->fd = openat(t->dir_fd, t->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   creation_mode(t));
    if (t->fd >= 0) {
        t->created = true;
        t->blank = t->request.sparse;
        r = note_created_mode(t, f);
        if (r == 0)
            r = open_direct(t, t->name, f);
        if (r < 0 && temp_is(t->dir_fd, t->name, t->fd))
            (void)unlinkat(t->dir_fd, t->name, 0);
    } else {
        r = fail(f, "open", errno, NULL);
    }
    if (r < 0 && t->backup[0] != '\0')
        backup_undo(t->dir_fd, t->name, t->backup);
    return r;
}

/* As resolve(), and what stands there must be a regular file. */
static int resolve_file(struct target *t, struct stat *st, bool *ret_exists, struct failure *f)
{
    int r = resolve(t, st, ret_exists, f);

    if (r == 0 && *ret_exists && t->request.only_new)
        return fail(f, "open", EEXIST, HINT_NEW);
    return r == 0 && *ret_exists && !S_ISREG(st->st_mode) ? fail(f, "open", ESTALE, HINT_KIND)
                                                          : r;
}

static int file_open(struct target *t, struct failure *f)
{
    struct stat st;
    bool exists = false;
    int r;

    r = resolve_file(t, &st, &exists, f);
    if (r == 0 && t->request.durable)
        r = make_directory_syncable(t, f);
    if (r == 0 && t->request.inplace)
        r = open_inplace(t, exists ? &st : NULL, f);
    else if (r == 0)
        r = open_temporary(t, exists ? &st : NULL, f);
    if (r < 0) {
        release(t);
        return r;
    }
    t->can_fsync = true;
    return 0;
}

/* ---- before it is opened ---- */

static void file_sweep(struct target *t)
{
    struct failure ignored;
    bool exists = false;
    struct stat st;

    if (resolve(t, &st, &exists, &ignored) == 0) {
        temp_sweep(t->dir_fd);
        temp_note_final(t->name);
    }
    release(t);
}

/* What the data will take on the file system of fd, where so many bytes are in place already.
 */
static struct space_demand demand_on(const struct target *t, int fd, uint64_t allocated)
{
    struct statvfs fs;
    struct stat st;

    if (!t->request.size_known || fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
        return (struct space_demand){.need = 0};
    return (struct space_demand){
        .device = st.st_dev,
        .need = space_need(t->request.data, fs.f_frsize, allocated),
        .available = space_available(&fs, geteuid() == 0),
    };
}

/* existing: the file that is written into, or NULL. It may be on another file system than its
 * directory: files can be mount points. */
static struct space_demand find_demand(const struct target *t, const struct stat *existing)
{
    struct space_demand demand;
    int fd;

    if (!existing)
        return demand_on(t, t->dir_fd,
                         t->request.origin ? partial_allocated(t->dir_fd, t->name) : 0);
    fd = openat(t->dir_fd, t->name, O_PATH | O_CLOEXEC | no_follow(t));
    demand = demand_on(t, fd, (uint64_t)existing->st_blocks * 512);
    (void)fd_close(&fd);
    return demand;
}

/* Those whose clones take no space. */
static bool is_cloning_file_system(const struct target *t)
{
    static const unsigned long cloning[] = {
        BTRFS_SUPER_MAGIC,
        XFS_SUPER_MAGIC,
        OCFS2_SUPER_MAGIC,
        0,
    };

    return file_system_is(t->dir_fd, cloning) == 1;
}

static int file_look(struct target *t, struct target_view *ret, struct failure *f)
{
    bool inplace = t->request.inplace, exists = false;
    struct stat st;
    int r;

    r = resolve_file(t, &st, &exists, f);
    if (r == 0 && exists && !t->request.force &&
        faccessat(t->dir_fd, t->name, W_OK, AT_EACCESS) < 0)
        r = fail(f, "open", errno, NULL);
    if (r == 0 && !(inplace && exists) &&
        faccessat(t->dir_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        r = fail(f, inplace ? "open" : "create temporary", errno, NULL);
    if (r == 0)
        *ret = (struct target_view){
            .how = inplace ? "in place" : "by temporary and rename",
            .demand = find_demand(t, inplace && exists ? &st : NULL),
            .clones = is_cloning_file_system(t),
            .unlinks_source = t->over_source,
        };
    release(t);
    return r;
}

/* ---- the end ---- */

/* A hole at the end has not been written. What was has been flushed before its length. */
static int set_length(const struct target *t, struct failure *f)
{
    if (ftruncate(t->fd, (off_t)t->request.size) < 0)
        return fail(f, "set length", errno, NULL);
    if (t->request.durable && fsync(t->fd) < 0)
        return fail(f, "fsync", errno, NULL);
    return 0;
}

/* The copy loop has written every byte, or all but holes; a file of another length was written
 * to by somebody else, too. */
static int check_length(const struct target *t, struct failure *f)
{
    uint64_t length;
    struct stat st;

    if (!t->request.size_known || (t->request.keep_rest && !t->blank))
        return 0;
    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    length = (uint64_t)st.st_size;
    if (length < t->request.size && t->blank)
        return set_length(t, f);
    if (length != t->request.size && !t->request.keep_rest)
        return fail(f, "check length", EIO, "the file is not as long as what was written");
    return 0;
}

/* Gives the file the owner and group of the one it replaces, as far as the user may;
 * *ret_kept tells whether it has them. */
static int set_owner(const struct target *t, const struct stat *st, bool *ret_kept,
                     struct failure *f)
{
    bool kept = !t->replaces || (t->uid == st->st_uid && t->gid == st->st_gid) ||
                fchown(t->fd, t->uid, t->gid) == 0;

    if (!kept) {
        if (errno != EPERM || geteuid() == 0)
            return fail(f, "set owner", errno, HINT_INPLACE);
        /* The group alone may be allowed where the owner is not. */
        if (fchown(t->fd, (uid_t)-1, t->gid) < 0 && errno != EPERM)
            return fail(f, "set owner", errno, HINT_INPLACE);
    }
    *ret_kept = kept;
    return 0;
}

/* Only what differs is set: there are file systems that refuse every chmod and chown. */
static int set_mode(const struct target *t, bool owner_kept, struct failure *f)
{
    mode_t mode = t->mode;
    struct stat st;
    int r;

    if (!owner_kept)
        mode &= ~(mode_t)(S_ISUID | S_ISGID);
    if (t->replaces) {
        r = acl_write(t->fd, &t->acl);
        if (r < 0)
            return fail(f, "set access control list", -r, HINT_INPLACE);
    }
    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    if ((st.st_mode & MODE_BITS) != mode && fchmod(t->fd, mode) < 0)
        return fail(f, "set mode", errno, NULL);
    return 0;
}

/* Gives the file what is preserved of the source; *ret_changed tells whether that is anything.
 */
static void preserve(struct target *t, bool named, const struct stat *st, bool *ret_changed)
{
    const struct attrs_file file = {.fd = t->fd, .fresh = named, .st = st};

    t->attrs_given = true;
    *ret_changed = attrs_apply(t->request.attrs, &file, &t->attr_failures);
}

/* Owner, attributes and mode, in an order in which none undoes another. named: the file is new,
 * or takes the place of another. */
static int complete_inode(struct target *t, bool named, struct failure *f)
{
    bool owner_kept = !preserves_owner(t), changed = false;
    struct stat st;
    int r = 0;

    if (!named && !t->request.attrs)
        return 0;
    if (fstat(t->fd, &st) < 0)
        return fail(f, "stat", errno, NULL);
    if (named && !preserves_owner(t))
        r = set_owner(t, &st, &owner_kept, f);
    if (r == 0 && t->request.attrs)
        preserve(t, named, &st, &changed);
    if (r == 0 && named && !preserves_mode(t))
        r = set_mode(t, owner_kept, f);
    if (r == 0 && changed && t->request.durable && fsync(t->fd) < 0)
        r = fail(f, "fsync", errno, NULL);
    return r;
}

/* A close tells what could not be written. The lock and the inode, by which the temporary is
 * known as ours, have to outlive it: a duplicate keeps them. */
static int close_written(struct target *t, struct failure *f)
{
    int r_direct = fd_close(&t->fd_direct);
    int held = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
    int r = held < 0 ? -errno : fd_close(&t->fd);

    if (held >= 0)
        t->fd = held;
    if (r == 0)
        r = r_direct;
    return r < 0 ? fail(f, "close", -r, NULL) : 0;
}

/* The rename itself, and what is to be kept under another name before. */
static int put_in_place(struct target *t, struct failure *f)
{
    char backup[NAME_MAX + 1] = "";

    if (t->request.backup.kind != BACKUP_NONE && back_up(t, false, backup, f) < 0)
        return -f->err;
    if (renameat(t->dir_fd, t->temp, t->dir_fd, t->name) < 0) {
        int err = errno;

        if (backup[0] != '\0')
            backup_undo(t->dir_fd, t->name, backup);
        return fail(f, "rename", err, err == EBUSY ? HINT_INPLACE : NULL);
    }
    t->temp[0] = '\0';
    return 0;
}

static int rename_temporary(struct target *t, struct failure *f)
{
    struct stat st;

    /* A node or symlink that came into being under the final name is not to be replaced; of a
     * directory the rename itself tells. */
    if (fstatat(t->dir_fd, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode) &&
        !S_ISDIR(st.st_mode) && (st.st_mode & S_IFMT) != t->over)
        return fail(f, "rename", EEXIST, HINT_KIND);
    /* Who may change the directory can put another file in its place, but not have it installed
     * by us. (Between this look and the rename, or after it, they can do so themselves.) */
    if (fstatat(t->dir_fd, t->temp, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !temp_is(t->dir_fd, t->temp, t->fd))
        return fail(f, "rename", ESTALE, "the temporary was replaced by another file");
    if (t->request.only_new) {
        int r = temp_rename(t->dir_fd, t->temp, t->name);

        return r < 0 ? fail(f, "rename", -r, r == -EEXIST ? HINT_NEW : NULL) : 0;
    }
    return put_in_place(t, f);
}

/* What was moved away comes back in the place of the file that was begun. */
static void restore(struct target *t)
{
    if (temp_is(t->dir_fd, t->name, t->fd))
        (void)unlinkat(t->dir_fd, t->name, 0);
    backup_undo(t->dir_fd, t->name, t->backup);
}

static void file_abandon(struct target *t, bool keep)
{
    leave_temporary(t, keep);
    if (t->backup[0] != '\0')
        restore(t);
}

static void file_abort(struct target *t, bool keep)
{
    file_abandon(t, keep); /* first the names: closing may have to wait for a slow device */
    release(t);
}

/* The file has its name: nothing else that was for it is needed. */
static void clear_away(struct target *t)
{
    if (t->partial.journal_fd >= 0)
        partial_finish(&t->partial, t->dir_fd);
    else
        partial_sweep(t->dir_fd, t->name);
}

static int file_commit(struct target *t, struct failure *f)
{
    bool named = t->temp[0] != '\0' || t->created; /* a name was made or is about to be */
    bool keep = true;
    int r;

    r = check_length(t, f);
    if (r == 0)
        r = complete_inode(t, named, f);
    if (r == 0) {
        r = close_written(t, f);
        keep = r == 0; /* else what can be read of it need not be on the device */
    }
    if (r == 0 && t->temp[0] != '\0')
        r = rename_temporary(t, f);
    if (r == 0) {
        clear_away(t);
        t->backup[0] = '\0'; /* it stays */
    }
    if (r == 0 && named && t->request.durable && fsync(t->dir_fd) < 0)
        r = fail(f, "fsync directory", errno, NULL);
    if (t->partial.journal_fd >= 0 && t->temp[0] != '\0')
        (void)fchmod(t->fd, PRIVATE_MODE); /* it may stay */
    file_abort(t, keep);
    return r;
}

const struct target_ops target_file_ops = {
    .name = "file",
    .sweep = file_sweep,
    .look = file_look,
    .open = file_open,
    .reserve = file_reserve,
    .commit = file_commit,
    .abandon = file_abandon,
    .abort = file_abort,
};
