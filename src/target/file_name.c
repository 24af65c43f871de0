/* file_name: the final name of a regular file, and what stands under it. See file_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "file_priv.h"

#define MAX_SYMLINKS 40 /* as the kernel's own limit, path_resolution(7) */
#define HINT_BACKUP  "the backup would take the place of the source"

void file_name_free(struct file_name *n)
{
    (void)fd_close(&n->dir_fd);
    free(n->last);
    n->last = NULL;
}

/* Opens the directory part of `path`, which is relative to the directory in *n or else to the
 * working directory. *n becomes that directory and the last component. */
static int enter_directory(struct file_name *n, const char *path, struct failure *f)
{
    const char *slash = strrchr(path, '/');
    char *last, *dir;
    int fd;

    if (*path == '\0' || (slash && slash[1] == '\0'))
        return file_fail(f, "open", slash ? ENOTDIR : ENOENT, NULL);
    last = strdup(slash ? slash + 1 : path);
    dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!last || !dir) {
        free(last);
        free(dir);
        return file_fail(f, "open", ENOMEM, NULL);
    }

    /* O_PATH: writing into a directory takes search permission, not read permission. */
    fd = UNINTERRUPTED(
        openat(n->dir_fd >= 0 ? n->dir_fd : AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
    free(dir);
    if (fd < 0) {
        free(last);
        return file_fail(f, "open directory", errno, NULL);
    }
    file_name_free(n);
    n->dir_fd = fd;
    n->last = last;
    return 0;
}

/* Follows the symlink under the name by one step. */
static int follow(struct file_name *n, struct failure *f)
{
    char link[PATH_MAX];
    ssize_t len = UNINTERRUPTED(readlinkat(n->dir_fd, n->last, link, sizeof(link)));

    if (len < 0)
        return file_fail(f, "open", errno, NULL);
    if ((size_t)len == sizeof(link))
        return file_fail(f, "open", ENAMETOOLONG, NULL);
    link[len] = '\0';
    return enter_directory(n, link, f);
}

/* Links in /proc (where /dev/fd and /dev/stdout lead) stand for open files. The text that
 * readlink(2) returns need not be a name of that file; and a process that holds the file open
 * would not see the file that replaces it. */
static bool is_magic_link(const struct file_name *n)
{
    static const unsigned long proc[] = {PROC_SUPER_MAGIC, 0};

    return file_system_is(n->dir_fd, proc) == 1;
}

int file_name_no_follow(const struct file_name *n)
{
    return is_magic_link(n) ? 0 : O_NOFOLLOW;
}

/* Checks that the kernel follows the path to the same file, or for NULL to none: it may refuse
 * to (fs.protected_symlinks), and somebody may have changed the path. */
static int confirm(const char *path, const struct stat *st, struct failure *f)
{
    struct stat followed;
    bool exists = stat(path, &followed) == 0;

    if (!exists && (st || errno != ENOENT))
        return file_fail(f, "open", errno, NULL);
    if (exists && !(st && fd_same_file(&followed, st)))
        return file_fail(f, "open", ESTALE, "a symlink changed while it was followed");
    return 0;
}

/* Takes the directory and the name from the request. */
static int take_given(struct file_name *n, const struct target_request *q, struct failure *f)
{
    n->dir_fd = fcntl(q->dir_fd, F_DUPFD_CLOEXEC, 0);
    if (n->dir_fd < 0)
        return file_fail(f, "open directory", errno, NULL);
    n->last = strdup(q->path);
    return n->last ? 0 : file_fail(f, "open", ENOMEM, NULL);
}

/* Looks what stands under the name itself. What is replaced without a look at it does not count
 * as existing. */
static int look_at_name(const struct file_name *n, const struct target_request *q,
                        struct file_existing *ret, struct failure *f)
{
    struct stat *st = &ret->st;

    ret->exists = UNINTERRUPTED(fstatat(n->dir_fd, n->last, st, AT_SYMLINK_NOFOLLOW)) == 0;
    if (!ret->exists)
        return errno == ENOENT ? 0 : file_fail(f, "open", errno, NULL);
    if (S_ISLNK(st->st_mode) || (q->anew && !S_ISDIR(st->st_mode))) {
        ret->over = st->st_mode & S_IFMT;
        ret->over_source = st->st_dev == q->source_dev && st->st_ino == q->source_ino;
        ret->exists = false;
    }
    return 0;
}

/* The name is a link in /proc: its file is only written into, by that link. */
static int look_behind_magic_link(const struct file_name *n, const struct target_request *q,
                                  struct file_existing *ret, struct failure *f)
{
    if (!q->inplace)
        return file_fail(f, "open", EOPNOTSUPP,
                         "an open file has no name to replace; --inplace writes into it");
    if (UNINTERRUPTED(fstatat(n->dir_fd, n->last, &ret->st, 0)) < 0)
        return file_fail(f, "open", errno, NULL);
    ret->exists = true;
    return 0;
}

/* Follows symlinks from the name on, and looks at what they lead to. */
static int follow_all(struct file_name *n, const struct target_request *q,
                      struct file_existing *ret, struct failure *f)
{
    struct stat *st = &ret->st;
    int r = 0;

    for (unsigned links = 0; r == 0; links++) {
        if (UNINTERRUPTED(fstatat(n->dir_fd, n->last, st, AT_SYMLINK_NOFOLLOW)) < 0) {
            if (errno != ENOENT)
                return file_fail(f, "open", errno, NULL);
            if (links > 0 && !getenv("POSIXLY_CORRECT"))
                return file_fail(f, "open", ENOENT, "not writing through dangling symlink");
            return links > 0 ? confirm(q->path, NULL, f) : 0;
        }
        if (!S_ISLNK(st->st_mode)) {
            ret->exists = true;
            return links > 0 ? confirm(q->path, st, f) : 0;
        }
        if (is_magic_link(n))
            return look_behind_magic_link(n, q, ret, f);
        if (links == MAX_SYMLINKS)
            return file_fail(f, "open", ELOOP, NULL);
        r = follow(n, f);
    }
    return r;
}

/* Whether the existing file keeps its data, because it has other names. */
static bool is_spared(const struct target_request *q, const struct file_existing *there)
{
    return q->inplace && q->spare_links && !q->keep_rest && there->exists &&
           S_ISREG(there->st.st_mode) && there->st.st_nlink > 1;
}

/* The name is removed, not what a symlink under the request's path leads to: so does cp. */
static int spare(struct file_name *n, const struct target_request *q,
                 struct file_existing *there, struct failure *f)
{
    struct file_name named = {.dir_fd = -1};
    struct stat st;
    int r = q->in_directory ? take_given(&named, q, f) : enter_directory(&named, q->path, f);

    if (!named.last) {
        file_name_free(&named);
        return r;
    }
    if (UNINTERRUPTED(fstatat(named.dir_fd, named.last, &st, AT_SYMLINK_NOFOLLOW)) < 0) {
        file_name_free(&named);
        return file_fail(f, "open", errno, NULL);
    }
    file_name_free(n);
    *n = named;
    *there = (struct file_existing){.st = there->st, .over = st.st_mode & S_IFMT};
    return 0;
}

/* Keeps what this run has made. A further name of such a file becomes a file of its own. */
static int keep_made(const struct file_name *n, const struct target_request *q,
                     struct file_existing *there, struct failure *f)
{
    enum made_verdict v = MADE_NOT;

    if (there->exists || there->over) /* the analyzer thinks that failures may return 0 */
        v = made_look(q->made, n->dir_fd, n->last, &there->st); // NOLINT
    if (v == MADE_HERE || (v != MADE_NOT && q->keep_rest))
        return file_fail(f, "open", EEXIST, MADE_HINT);
    there->apart = v != MADE_NOT;
    return 0;
}

int file_name_resolve(struct file_name *n, const struct target_request *q,
                      struct file_existing *ret, struct failure *f)
{
    int r;

    *n = (struct file_name){.dir_fd = -1};
    *ret = (struct file_existing){.exists = false};
    r = q->in_directory ? take_given(n, q, f) : enter_directory(n, q->path, f);
    if (r == 0)
        r = q->in_directory || q->anew ? look_at_name(n, q, ret, f) : follow_all(n, q, ret, f);
    if (r == 0 && is_spared(q, ret))
        r = spare(n, q, ret, f);
    return r < 0 ? r : keep_made(n, q, ret, f);
}

int file_name_check(const struct target_request *q, const struct file_existing *there,
                    struct failure *f)
{
    if (there->exists && q->only_new)
        return file_fail(f, "open", EEXIST, HINT_NEW);
    if (there->exists && !S_ISREG(there->st.st_mode))
        return file_fail(f, "open", ESTALE, HINT_KIND);
    return 0;
}

int file_name_make_syncable(struct file_name *n, struct failure *f)
{
    int fd = UNINTERRUPTED(openat(n->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (fd < 0)
        return file_fail(f, "open directory", errno, "--fsync needs to read the directory");
    (void)fd_close(&n->dir_fd);
    n->dir_fd = fd;
    return 0;
}

int file_name_back_up(const struct file_name *n, const struct target_request *q, bool move,
                      char ret_backup[NAME_MAX + 1], struct failure *f)
{
    const struct stat source = {.st_dev = q->source_dev, .st_ino = q->source_ino};
    int r = backup_make(&q->backup, n->dir_fd, n->last, &source, move, ret_backup);

    if (r == 0 || r == -ENOENT)
        return 0;
    return file_fail(f, "back up", -r, r == -EEXIST ? HINT_BACKUP : NULL);
}
