/* dest_directory: the directories of a destination: how they are made, entered and left, and
 * the path that is reported meanwhile. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "dest_state_priv.h"

/* ---- the current directory ---- */

/* Makes the directory that fd is open on the current one. Takes fd over. 0 or -ENOMEM. */
static int push(struct tree_dest *t, int fd, const struct stat *st, bool fresh)
{
    if (t->dirs.n == t->room) {
        unsigned room = t->room ? 2 * t->room : 32;
        struct tree_level *levels = reallocarray(t->levels, room, sizeof(*levels));

        if (!levels) {
            (void)fd_close(&fd);
            return -ENOMEM;
        }
        t->levels = levels;
        t->room = room;
    }
    if (dir_chain_enter(&t->dirs, fd, st) < 0)
        return -ENOMEM;
    *tree_dest_dir(t) = (struct tree_level){
        .fresh = fresh,
        .append_only = !fresh && !t->request.inplace && temp_is_append_only(fd),
        .path_len = t->path.len,
    };
    return 0;
}

void tree_dest_path_to_dir(struct tree_dest *t)
{
    (void)path_buffer_enter(&t->path, tree_dest_dir(t)->path_len, "");
}

bool tree_dest_path_to_entry(struct tree_dest *t, const char *name)
{
    int r = name[0] == '\0' ? 0 : path_buffer_enter(&t->path, t->path.len, name);

    temp_note_final(name);
    if (r == 0 && strlen(name) > NAME_MAX) /* some file systems have longer names */
        r = -ENAMETOOLONG;
    if (r < 0)
        tree_dest_fail(t, "create", -r, NULL);
    return r == 0;
}

/* The copy goes into a directory by that name or path. */
static void note_way(const struct tree_dest *t, int dir_fd, const char *path)
{
    if (t->request.inventory)
        inventory_note_way(t->request.inventory, dir_fd, path);
}

/* Keeps a descriptor of the root, which fd is open on, unless there is one already. 0 or a negative
 * errno. */
static int note_root(struct tree_dest *t, int fd, const struct stat *st)
{
    if (t->root_fd >= 0)
        return 0;
    t->root_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (t->root_fd < 0)
        return -errno;
    t->flush_each = temp_is_shared(fd);
    note_way(t, AT_FDCWD, t->request.path);
    t->request.view->root_dev = st->st_dev;
    t->request.view->root_ino = st->st_ino;
    atomic_store(&t->request.view->has_root, true);
    return 0;
}

/* ---- a directory is made, or opened ---- */

/* Gives what exists under the name its backup name. 0 or a negative errno. */
static int move_aside(struct tree_dest *t, const char *name, char ret_backup[NAME_MAX + 1])
{
    const struct stat no_file = {.st_ino = 0};
    int r =
        backup_make(&t->request.backup, tree_dest_dir_fd(t), name, &no_file, true, ret_backup);

    return r == -ENOENT ? 0 : r;
}

/* Opens the directory that exists under the name already; follow: the name may be a symlink to
 * one. fd or a negative errno. */
static int open_existing(struct tree_dest *t, const char *name, bool follow, struct stat *st)
{
    int fd =
        UNINTERRUPTED(openat(tree_dest_dir_fd(t), name,
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)));

    if (fd < 0)
        return -errno;
    if (fstat(fd, st) < 0) {
        int r = -errno;

        (void)fd_close(&fd);
        return r;
    }
    if (follow)
        note_way(t, tree_dest_dir_fd(t), name);
    return fd;
}

/* Makes a directory under its final name. over: something else has that name, and is moved
 * aside first. fd or a negative errno. */
static int make_named(struct tree_dest *t, const char *name, bool over, mode_t mode,
                      struct stat *st)
{
    char backup[NAME_MAX + 1] = "";
    int r = over ? move_aside(t, name, backup) : 0;

    if (r == 0 && UNINTERRUPTED(mkdirat(tree_dest_dir_fd(t), name, mode)) < 0)
        r = -errno;
    if (r < 0 && backup[0] != '\0')
        backup_undo(tree_dest_dir_fd(t), name, backup);
    return r < 0 ? r : open_existing(t, name, false, st);
}

/* Makes a directory. It gets a temporary name, except with --inplace, inside a directory that
 * has a temporary name itself, and where something else is moved aside: then temp becomes "".
 * fd or a negative errno. */
static int make(struct tree_dest *t, const char *name, bool over, mode_t mode, struct stat *st,
                char temp[TEMP_NAME_SIZE])
{
    int fd, r;

    temp[0] = '\0';
    if (t->request.inplace || over || tree_dest_dir(t)->unnamed)
        return make_named(t, name, over, mode, st);
    fd = temp_create_directory(tree_dest_dir_fd(t), mode, temp);
    if (fd < 0)
        return fd;
    if (fstat(fd, st) == 0)
        return fd;
    r = -errno;
    temp_remove_directory(tree_dest_dir_fd(t), temp, fd);
    (void)fd_close(&fd);
    return r;
}

/* Whether the directory that fd is open on may be used: one that exists must not be another one of
 * this tree, or of another destination. It is noted. */
static bool claim(struct tree_dest *t, int fd, const struct stat *st, bool exists)
{
    bool is_root = t->root_fd < 0;
    bool is_new = (!is_root && !t->request.owns_directories) ||
                  made_add_new(t->request.made_files, st->st_dev, st->st_ino);
    int r = inode_set_add(&t->entered, st->st_dev, st->st_ino);
    bool taken = exists && (r == 0 || (!is_new && !t->request.merges));

    if (r < 0 || taken) {
        tree_dest_fail(t, "make directory", r < 0 ? ENOMEM : EEXIST, r < 0 ? NULL : MADE_HINT);
        return false;
    }
    if (!is_root)
        return true;
    r = note_root(t, fd, st);
    if (r < 0)
        tree_dest_fail(t, exists ? "open directory" : "make directory", -r, NULL);
    return r == 0;
}

/* Puts the new directory, which has just been entered, on the list of those without names.
 * False: it could not, and the directory has been removed. */
static bool begin_directory(struct tree_dest *t, char temp[TEMP_NAME_SIZE], const char *name)
{
    struct tree_level *l = tree_dest_dir(t);
    int r = temp[0] ? tree_dest_add_directory(t, temp, name) : 0;

    l->unnamed = temp[0] || (t->dirs.n > 1 && l[-1].unnamed);
    if (r == 0)
        return true;
    tree_dest_fail(t, "make directory", -r, NULL);
    temp_remove_directory(t->dirs.levels[t->dirs.n - 2].fd, temp, tree_dest_dir_fd(t));
    l->unusable = true;
    return false;
}

/* Enters the directory `name`, and makes it if it does not exist. False: it could not. */
static bool enter(struct tree_dest *t, const char *name, mode_t wanted)
{
    bool private = t->request.preserve.mode;
    mode_t held = tree_dest_held(t, wanted);
    mode_t sticky = private ? 0 : wanted & S_ISVTX; /* as with cp -r */
    mode_t mode = sticky | (private || held ? S_IRWXU : (wanted & PERMISSION_BITS) | S_IRWXU);
    struct stat st = {.st_mode = 0};
    int there = tree_dest_exists(t, name, &st), fd;
    bool keep, over;
    char temp[TEMP_NAME_SIZE];

    if (there < 0 || (!there && tree_dest_names_full(t) && !tree_dest_give_names(t)))
        return false;
    keep = t->request.keep_directory_symlink && there && S_ISLNK(st.st_mode);
    over = there && !S_ISDIR(st.st_mode) && !keep;
    if (!there && tree_dest_dir(t)->append_only) {
        tree_dest_fail(t, "make directory", EPERM, HINT_APPEND);
        return false;
    }
    if (over && t->request.backup.kind == BACKUP_NONE) {
        tree_dest_fail(t, "make directory", ENOTDIR, "something else stands there");
        return false;
    }
    if (over && made_look(t->request.made_files, tree_dest_dir_fd(t), name, &st) == MADE_HERE) {
        tree_dest_fail(t, "make directory", EEXIST, MADE_HINT);
        return false;
    }
    there = there && !over;
    fd = there ? open_existing(t, name, keep, &st) : make(t, name, over, mode, &st, temp);
    if (fd == -EEXIST && !there) { /* somebody has made it meanwhile, or this run has */
        there = 1;
        fd = open_existing(t, name, false, &st);
    }
    if (fd < 0) {
        tree_dest_fail(t, there ? "open directory" : "make directory", -fd, NULL);
        return false;
    }
    if (!claim(t, fd, &st, there)) {
        if (!there)
            temp_remove_directory(tree_dest_dir_fd(t), temp, fd);
        (void)fd_close(&fd);
        return false;
    }
    if (there)
        temp_sweep(fd);
    if (push(t, fd, &st, !there) < 0) {
        tree_dest_fail(t, "open directory", ENOMEM, NULL);
        return false;
    }
    atomic_fetch_add(&t->request.view->directories, 1);
    tree_dest_dir(t)->add = there || private ? 0 : S_IRWXU & ~wanted;
    tree_dest_dir(t)->held = there ? 0 : held;
    if (!there && begin_directory(t, temp, name)) {
        tree_dest_report_made(t);
        tree_dest_note_put(t, 0);
    }
    return true;
}

/* Enters the source's directory, too, for links to the source. */
static void enter_source(struct tree_dest *t, const struct record *r)
{
    int error = tree_dest_enter_source(t, r);

    if (error == 0)
        return;
    tree_dest_dir(t)->unusable = true;
    tree_dest_fail(t, "open the source's directory", -error, NULL);
}

/* The root is the current directory already. */
static void enter_root(struct tree_dest *t, const struct record *r)
{
    int fd = tree_dest_dir_fd(t);
    struct stat st;

    if (fstat(fd, &st) < 0) {
        tree_dest_fail(t, "open directory", errno, NULL);
    } else if (claim(t, fd, &st, true)) {
        atomic_fetch_add(&t->request.view->directories, 1);
        enter_source(t, r);
        return;
    }
    tree_dest_dir(t)->unusable = true;
}

void tree_dest_apply_directory(struct tree_dest *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;

    if (t->skipped || tree_dest_dir(t)->unusable) {
        t->skipped++;
    } else if (name[0] != '\0') {
        if (!tree_dest_path_to_entry(t, record_name(r)) ||
            !enter(t, name,
                   t->request.plain_mode ? ACCESSPERMS | (r->st.st_mode & S_ISVTX)
                                         : r->st.st_mode)) {
            t->skipped = 1;
            tree_dest_path_to_dir(t);
            return;
        }
        enter_source(t, r);
    } else {
        enter_root(t, r);
    }
}

/* ---- a directory is left ---- */

/* Gives the current directory its attributes: at the end, since every new file changes its
 * times. */
static void finish_directory(struct tree_dest *t, const struct record *r)
{
    struct tree_level *l = tree_dest_dir(t);
    struct attrs_file file = {.fd = tree_dest_dir_fd(t), .fresh = l->fresh};
    struct stat have;

    if (!attrs_any(&t->request.preserve) && !l->add)
        return;
    if (fstat(tree_dest_dir_fd(t), &have) < 0) {
        tree_dest_fail_attrs(t, "stat");
        return;
    }
    if (l->add &&
        UNINTERRUPTED(fchmod(tree_dest_dir_fd(t), have.st_mode & MODE_BITS & ~l->add)) < 0)
        tree_dest_fail_attrs(t, "set mode");
    file.st = &have;
    tree_dest_take_attrs(t, r);
    (void)tree_dest_give_attrs(t, &file, false);
    tree_dest_release(t, file.fd, l->held);
}

/* Nothing can be put into the current directory: for this error, if that is < 0 and the first.
 */
static void check_reopened(struct tree_dest *t, const char *op, int error, const char *message)
{
    if (error >= 0 || tree_dest_dir(t)->unusable)
        return;
    tree_dest_dir(t)->unusable = true;
    tree_dest_fail(t, op, -error, message);
}

/* With flush_each: makes the name of the current directory durable, which is new, and what is in
 * it. A client of SMB flushes no directories (cifs_dir_fsync(), Linux 6.12), but with a new file
 * its server writes all that it has logged before. 0 or a negative errno. */
static int flush_by_new_file(struct tree_dest *t)
{
    char temp[TEMP_NAME_SIZE];
    int fd = temp_create(tree_dest_dir_fd(t), S_IRUSR | S_IWUSR, temp);
    int r = fd >= 0 && tree_dest_fsync(t, fd) < 0 ? -errno : 0;

    if (fd >= 0)
        temp_remove(tree_dest_dir_fd(t), temp, fd);
    (void)fd_close(&fd);
    return r;
}

/* Whether another file system begins with the current directory, below the root: the flush at
 * the end does not reach it. */
static bool is_mount_point(const struct tree_dest *t)
{
    const struct dir_chain_level *l = &t->dirs.levels[t->dirs.n - 1];

    return t->dirs.n > 2 && l->dev != l[-1].dev;
}

/* Gives the current directory its attributes, and flushes it if the end does not do that. */
static void complete_directory(struct tree_dest *t, const struct record *r)
{
    bool flush = t->request.durable && (t->flush_each || is_mount_point(t));
    int error;

    if (tree_dest_dir_fd(t) < 0 || tree_dest_dir(t)->unusable)
        return;
    error = flush && t->flush_each && tree_dest_dir(t)->fresh ? flush_by_new_file(t) : 0;
    finish_directory(t, r);
    if (flush && tree_dest_flush_end(t, tree_dest_dir_fd(t)) < 0 && error == 0)
        error = -errno;
    if (error < 0)
        tree_dest_fail(t, "flush", -error, NULL);
}

void tree_dest_apply_leave(struct tree_dest *t, const struct record *r)
{
    int error, source_error;

    if (t->skipped > 0) {
        t->skipped--;
        return;
    }
    if (tree_dest_leave_names(t))
        complete_directory(t, r);
    source_error = tree_dest_leave_source(t);
    if (t->dirs.n == 1) /* the root was the current directory from the start */
        return;
    error = dir_chain_leave(&t->dirs);
    check_reopened(t, "open directory", error,
                   error == -ESTALE ? "it was moved while it was written" : NULL);
    tree_dest_path_to_dir(t);
    check_reopened(t, "open the source's directory", source_error, NULL);
}

/* ---- the directory that the root is in ---- */

/* Splits the path into the directory and the name of the root in it; "" where it has none: "/",
 * "." and "..". */
static int split(const char *path, char **ret_dir, char **ret_name)
{
    char *name = path_last(path);
    bool itself =
        name && (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0);

    if (itself)
        name[0] = '\0';
    *ret_name = name;
    *ret_dir = itself && path[0] != '\0' ? strdup(path) : path_directory(path);
    if (*ret_dir && *ret_name)
        return 0;
    free(*ret_dir);
    free(*ret_name);
    *ret_name = NULL; /* else tree_dest_close() would free it again */
    return -ENOMEM;
}

int tree_dest_open_parent(struct tree_dest *t, struct failure *f)
{
    struct stat st;
    char *dir;
    int fd, r = split(t->request.path, &dir, &t->root_name);

    if (r < 0)
        return failure_set(f, "open", -r, FAILURE_NO_OFFSET, NULL);
    fd = UNINTERRUPTED(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0 && errno == EACCES) /* it may be writable without being readable */
        fd = UNINTERRUPTED(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
    r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
    free(dir);
    if (r == 0)
        r = push(t, fd, &st, false);
    else
        (void)fd_close(&fd);
    if (r < 0)
        return failure_set(f, "open directory", -r, FAILURE_NO_OFFSET, NULL);
    t->parent_fd = fcntl(tree_dest_dir_fd(t), F_DUPFD_CLOEXEC, 0);
    if (t->parent_fd < 0)
        return failure_set(f, "open directory", errno, FAILURE_NO_OFFSET, NULL);
    t->flush_each = temp_is_shared(tree_dest_dir_fd(t));
    temp_sweep(tree_dest_dir_fd(t));
    temp_note_final(t->root_name);
    return 0;
}
