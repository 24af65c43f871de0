#include "dest_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "dest_state_priv.h"

/* ---- what goes wrong ---- */

/* Whether an error concerns everything there, not this file alone. */
static bool is_fatal(int err)
{
    switch (err) {
    case ENODEV:
    case ENXIO:
    case EROFS:
    case ENOTCONN:
    case ECONNABORTED: /* what a FUSE server that ends has not answered */
    case ESHUTDOWN:
    case ENOMEDIUM:
    case EUCLEAN:
        return true;
    default:
        return false;
    }
}

static dev_t dev_here(const struct tree_dest *t)
{
    return t->dirs.levels[t->dirs.n - 1].dev;
}

/* Whether we stand in what is mounted somewhere below the root. */
static bool is_below_mount(const struct tree_dest *t)
{
    return dev_here(t) != (t->root_fd >= 0 ? t->request.view->root_dev : t->dirs.levels[0].dev);
}

/* Whether such an error is that of an entry on which a file server was mounted that has gone,
 * and not that of the directory stood in. */
static bool is_of_entry(const struct tree_dest *t, int err)
{
    struct statvfs fs;

    return (err == ENOTCONN || err == ECONNABORTED || err == ESHUTDOWN) &&
           fstatvfs(tree_dest_here_fd(t), &fs) == 0;
}

/* Nothing more is put into the file system that we stand in. */
static void lose_mount(struct tree_dest *t)
{
    dev_t dev = dev_here(t);

    for (unsigned i = t->dirs.n; i-- > 0 && t->dirs.levels[i].dev == dev;)
        t->levels[i].lost = true;
}

void tree_dest_tell(struct tree_dest *t, const struct failure *f)
{
    struct failure mounted = *f;

    t->n_told++;
    if (is_fatal(f->err) && is_below_mount(t)) {
        (void)failure_set(&mounted, f->op, f->err, f->offset,
                          "nothing more is copied to what is mounted there");
        lose_mount(t);
    } else if (is_fatal(f->err) && !is_of_entry(t, f->err)) {
        t->gone = *f;
    }
    t->request.failed(t->request.arg, t->path.bytes, &mounted);
}

void tree_dest_fail(struct tree_dest *t, const char *op, int err, const char *message)
{
    struct failure f;

    failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    tree_dest_tell(t, &f);
}

void tree_dest_fail_attrs(struct tree_dest *t, const char *op)
{
    struct failure f;

    failure_set(&f, op, errno, FAILURE_NO_OFFSET, NULL);
    t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
}

void tree_dest_tell_made(struct tree_dest *t)
{
    if (t->request.made)
        t->request.made(t->request.arg, t->path.bytes);
}

/* ---- where we stand ---- */

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
    *tree_dest_here(t) = (struct tree_level){.fresh = fresh, .path_len = t->path.len};
    return 0;
}

/* The path shown is that of the directory stood in again. */
static void step_back(struct tree_dest *t)
{
    (void)path_buffer_enter(&t->path, tree_dest_here(t)->path_len, "");
}

/* The path shown is that of an entry of the directory stood in; "" is that itself. False: the
 * entry cannot be, which has been told. */
static bool extend_path(struct tree_dest *t, const char *name)
{
    int r = name[0] == '\0' ? 0 : path_buffer_enter(&t->path, t->path.len, name);

    temp_note_final(name);
    if (r == 0 && strlen(name) > NAME_MAX) /* there are file systems that have such */
        r = -ENAMETOOLONG;
    if (r < 0)
        tree_dest_fail(t, "create", -r, NULL);
    return r == 0;
}

/* ---- attributes ---- */

void tree_dest_take_attrs(struct tree_dest *t, const struct record *r)
{
    struct failure f;

    if (attrs_unpack(&t->attrs, &r->st, record_attrs(r), r->attrs_len) == 0)
        return;
    failure_set(&f, "preserve attributes", ENOMEM, FAILURE_NO_OFFSET, NULL);
    t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
}

void tree_dest_give_attrs(struct tree_dest *t, const struct attrs_file *file)
{
    struct attrs_failures failures = {.n = 0};

    (void)attrs_apply(&t->attrs, file, &failures);
    for (unsigned i = 0; i < failures.n; i++)
        t->request.attrs_failed(t->request.arg, t->path.bytes, &failures.list[i]);
}

mode_t tree_dest_held(const struct tree_dest *t, mode_t mode)
{
    const struct attrs_wanted *w = &t->request.preserve;

    return w->owner && !w->mode ? mode & (S_IRWXG | S_IRWXO) & ~t->request.umask : 0;
}

void tree_dest_release(struct tree_dest *t, int fd, mode_t held)
{
    struct stat st;

    if (held && (fstat(fd, &st) < 0 || fchmod(fd, (st.st_mode & MODE_BITS) | held) < 0))
        tree_dest_fail_attrs(t, "set mode");
}

/* ---- directories ---- */

int tree_dest_flush(const struct tree_dest *t, int fd)
{
    int r;

    atomic_store(&t->request.view->flushing, true);
    r = t->one_by_one ? fsync(fd) : syncfs(fd);
    atomic_store(&t->request.view->flushing, false);
    return r;
}

/* Makes room for a directory. 0 or a negative errno. */
static int move_aside(struct tree_dest *t, const char *name, char ret_backup[NAME_MAX + 1])
{
    const struct stat no_file = {.st_ino = 0};
    int r =
        backup_make(&t->request.backup, tree_dest_here_fd(t), name, &no_file, true, ret_backup);

    return r == -ENOENT ? 0 : r;
}

/* Opens the directory that exists under the name already; follow: the name may be a symlink to
 * one. fd or a negative errno. */
static int open_existing(struct tree_dest *t, const char *name, bool follow, struct stat *st)
{
    int fd = openat(tree_dest_here_fd(t), name,
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));

    if (fd < 0)
        return -errno;
    if (fstat(fd, st) < 0) {
        int r = -errno;

        (void)fd_close(&fd);
        return r;
    }
    return fd;
}

/* Makes a directory. With a temporary name, unless that would be in another one with such, or
 * --inplace was asked for, or something has to make way for it: then temp becomes "". */
static int make(struct tree_dest *t, const char *name, bool over, mode_t mode, struct stat *st,
                char temp[TEMP_NAME_SIZE])
{
    char backup[NAME_MAX + 1] = "";
    int fd, r = 0;

    temp[0] = '\0';
    if (t->request.inplace || over || tree_dest_here(t)->unnamed) {
        if (over)
            r = move_aside(t, name, backup);
        if (r == 0 && mkdirat(tree_dest_here_fd(t), name, mode) < 0)
            r = -errno;
        if (r < 0 && backup[0] != '\0')
            backup_undo(tree_dest_here_fd(t), name, backup);
        return r < 0 ? r : open_existing(t, name, false, st);
    }
    fd = temp_create_directory(tree_dest_here_fd(t), mode, temp);
    if (fd < 0)
        return fd;
    if (fstat(fd, st) == 0)
        return fd;
    r = -errno;
    temp_remove_directory(tree_dest_here_fd(t), temp, fd);
    (void)fd_close(&fd);
    return r;
}

/* A new directory that has just been entered: it is named like this for now. False: it is given
 * up, and lost. */
static bool begin_directory(struct tree_dest *t, char temp[TEMP_NAME_SIZE], const char *name)
{
    struct tree_level *l = tree_dest_here(t);
    int r = temp[0] ? tree_dest_add_directory(t, temp, name) : 0;

    l->unnamed = temp[0] || (t->dirs.n > 1 && l[-1].unnamed);
    if (r == 0)
        return true;
    tree_dest_fail(t, "make directory", -r, NULL);
    temp_remove_directory(t->dirs.levels[t->dirs.n - 2].fd, temp, tree_dest_here_fd(t));
    l->lost = true;
    return false;
}

/* fd is open on the root if there is none so far. */
static void note_root(struct tree_dest *t, int fd, const struct stat *st)
{
    if (t->root_fd >= 0)
        return;
    t->root_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    t->one_by_one = temp_is_shared(fd);
    t->request.view->root_dev = st->st_dev;
    t->request.view->root_ino = st->st_ino;
    atomic_store(&t->request.view->has_root, true);
}

int tree_dest_exists(struct tree_dest *t, const char *name, struct stat *st)
{
    if (tree_dest_here(t)->fresh)
        return 0;
    if (fstatat(tree_dest_here_fd(t), name, st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    tree_dest_fail(t, "stat", errno, NULL);
    return -1;
}

/* The copy that stands there was made by an earlier run, which need not have flushed it. */
static void note_held(struct tree_dest *t, const struct stat *source, const char *name)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    bool flush = t->request.durable && t->one_by_one;
    int fd = flush ? openat(tree_dest_here_fd(t), name, flags) : -1;

    if (flush && (fd < 0 || fsync(fd) < 0)) {
        tree_dest_fail(t, "fsync", errno, NULL);
    } else {
        tree_dest_note_made(t, source, t->path.bytes);
        atomic_fetch_add(&t->request.view->bytes, (uint64_t)source->st_size);
        atomic_fetch_add(&t->request.view->resumed, (uint64_t)source->st_size);
        atomic_fetch_add(&t->request.view->files, 1);
    }
    (void)fd_close(&fd);
}

bool tree_dest_may_replace(struct tree_dest *t, const struct stat *source, const char *name,
                           const struct stat *there)
{
    const struct existing_policy *p = t->request.standing;
    struct existing_case c = existing_judge(p, source, there, tree_dest_here_fd(t), name);
    struct failure f;

    switch (c.verdict) {
    case EXISTING_HAS:
        note_held(t, source, name);
        return false;
    case EXISTING_SKIP:
        atomic_fetch_add(&t->request.view->files_skipped, 1);
        /* What is newer than the source counts as its copy, what merely exists does not. */
        if (existing_keeps_all(p))
            tree_dest_note_not_made(t, source);
        else
            tree_dest_note_made(t, source, t->path.bytes);
        return false;
    case EXISTING_REFUSE:
        (void)existing_refused(&f);
        break;
    case EXISTING_ASK:
        if (t->request.ask(t->request.arg, t->path.bytes, &c))
            return true;
        (void)existing_declined(&f);
        break;
    default:
        return true;
    }
    tree_dest_tell(t, &f);
    return false;
}

/* Goes into the directory `name`, which is made if it is not there. False: it could not. */
static bool enter(struct tree_dest *t, const char *name, mode_t wanted)
{
    bool private = t->request.preserve.mode;
    mode_t held = tree_dest_held(t, wanted);
    mode_t mode = private || held ? S_IRWXU : (wanted & PERMISSION_BITS) | S_IRWXU;
    struct stat st = {.st_mode = 0};
    int there = tree_dest_exists(t, name, &st), fd;
    bool keep, over;
    char temp[TEMP_NAME_SIZE];

    if (there < 0 || (!there && tree_dest_names_full(t) && !tree_dest_give_names(t)))
        return false;
    keep = t->request.keep_directory_symlink && there && S_ISLNK(st.st_mode);
    over = there && !S_ISDIR(st.st_mode) && !keep;
    if (over && t->request.backup.kind == BACKUP_NONE) {
        tree_dest_fail(t, "make directory", ENOTDIR, "something else stands there");
        return false;
    }
    there = there && !over;
    fd = there ? open_existing(t, name, keep, &st) : make(t, name, over, mode, &st, temp);
    if (fd < 0) {
        tree_dest_fail(t, there ? "open directory" : "make directory", -fd, NULL);
        return false;
    }
    note_root(t, fd, &st);
    if (there)
        temp_sweep(fd);
    if (push(t, fd, &st, !there) < 0) {
        tree_dest_fail(t, "open directory", ENOMEM, NULL);
        return false;
    }
    tree_dest_here(t)->add = there || private ? 0 : S_IRWXU & ~wanted;
    tree_dest_here(t)->held = there ? 0 : held;
    if (!there && begin_directory(t, temp, name)) {
        tree_dest_tell_made(t);
        tree_dest_note_put(t, 0);
    }
    return true;
}

/* What of the source cannot be reached cannot be linked to. */
static void enter_source(struct tree_dest *t, const struct record *r)
{
    int error = tree_dest_enter_source(t, r);

    if (error == 0)
        return;
    tree_dest_here(t)->lost = true;
    tree_dest_fail(t, "open the source's directory", -error, NULL);
}

static void apply_directory(struct tree_dest *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat st;

    if (t->skipped || tree_dest_here(t)->lost) {
        t->skipped++;
    } else if (name[0] != '\0') {
        if (!extend_path(t, record_name(r)) ||
            !enter(t, name, t->request.plain_mode ? ACCESSPERMS : r->st.st_mode)) {
            t->skipped = 1;
            step_back(t);
            return;
        }
        enter_source(t, r);
    } else if (fstat(tree_dest_here_fd(t), &st) ==
               0) { /* the root, in which we stand already */
        note_root(t, tree_dest_here_fd(t), &st);
        enter_source(t, r);
    }
}

/* The last thing for a directory: what changes with every file in it comes now. */
static void finish_directory(struct tree_dest *t, const struct record *r)
{
    struct tree_level *l = tree_dest_here(t);
    struct attrs_file file = {.fd = tree_dest_here_fd(t), .fresh = l->fresh};
    struct stat have;

    if (!attrs_any(&t->request.preserve) && !l->add)
        return;
    if (fstat(tree_dest_here_fd(t), &have) < 0) {
        tree_dest_fail_attrs(t, "stat");
        return;
    }
    if (l->add && fchmod(tree_dest_here_fd(t), have.st_mode & MODE_BITS & ~l->add) < 0)
        tree_dest_fail_attrs(t, "set mode");
    file.st = &have;
    tree_dest_take_attrs(t, r);
    tree_dest_give_attrs(t, &file);
    tree_dest_release(t, file.fd, l->held);
}

static void apply_leave(struct tree_dest *t, const struct record *r)
{
    int error, source_error;

    if (t->skipped > 0) {
        t->skipped--;
        return;
    }
    if (tree_dest_leave_names(t) && tree_dest_here_fd(t) >= 0 && !tree_dest_here(t)->lost)
        finish_directory(t, r);
    if (t->request.durable && t->one_by_one && tree_dest_here_fd(t) >= 0 &&
        !tree_dest_here(t)->lost && fsync(tree_dest_here_fd(t)) < 0)
        tree_dest_fail(t, "flush", errno, NULL);
    source_error = tree_dest_leave_source(t);
    if (t->dirs.n == 1) /* the root is what we stood in from the start */
        return;
    error = dir_chain_leave(&t->dirs);
    if (error < 0 && !tree_dest_here(t)->lost) {
        tree_dest_here(t)->lost = true;
        tree_dest_fail(t, "open directory", -error,
                       error == -ESTALE ? "it was moved while it was written" : NULL);
    }
    step_back(t);
    if (source_error < 0 && !tree_dest_here(t)->lost) {
        tree_dest_here(t)->lost = true;
        tree_dest_fail(t, "open the source's directory", -source_error, NULL);
    }
}

/* ---- what a caller sees ---- */

/* What is no directory. */
static void apply_inside(struct tree_dest *t, const struct record *r)
{
    switch (r->kind) {
    case RECORD_FILES_END:
        (void)tree_dest_files_end(t);
        break;
    case RECORD_FILE:
    case RECORD_DATA:
    case RECORD_HOLE:
    case RECORD_FILE_END:
        tree_dest_apply_bytes(t, r);
        break;
    case RECORD_OFFER:
        tree_dest_apply_offer(t, r);
        break;
    case RECORD_COPY:
        tree_dest_apply_copy(t, r);
        break;
    default:
        tree_dest_apply_entry(t, r);
    }
}

int tree_dest_apply(struct tree_dest *t, const struct record *r, const void *data,
                    struct failure *f)
{
    t->data = data;
    if (t->how == NO_FILE && tree_dest_is_enough(t))
        (void)tree_dest_give_names(t);
    tree_dest_begin_name(t, r);
    if (r->kind == RECORD_DIRECTORY) {
        apply_directory(t, r);
    } else if (r->kind == RECORD_LEAVE) {
        apply_leave(t, r);
    } else if (!t->skipped && !tree_dest_here(t)->lost) {
        uint64_t told = t->n_told;

        if (extend_path(t, record_name(r)))
            apply_inside(t, r);
        if (t->n_told > told && r->kind != RECORD_LINK && r->kind != RECORD_FILES_END)
            tree_dest_note_not_made(t, r->name_len ? &r->st : &t->file_st);
        if (t->how == NO_FILE)
            step_back(t);
    }
    tree_dest_end_name(t, r);
    if (t->gone.err == 0)
        return 0;
    *f = t->gone;
    return -f->err;
}

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
    *ret_name = NULL; /* else whoever closes the tree would free it again */
    return -ENOMEM;
}

static int open_parent(struct tree_dest *t, struct failure *f)
{
    struct stat st;
    char *dir;
    int fd, r = split(t->request.path, &dir, &t->root_name);

    if (r < 0)
        return failure_set(f, "open", -r, FAILURE_NO_OFFSET, NULL);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) /* who may not list it may write to it all the same */
        fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
    free(dir);
    if (r == 0)
        r = push(t, fd, &st, false);
    else
        (void)fd_close(&fd);
    if (r < 0)
        return failure_set(f, "open directory", -r, FAILURE_NO_OFFSET, NULL);
    t->parent_fd = fcntl(tree_dest_here_fd(t), F_DUPFD_CLOEXEC, 0);
    t->one_by_one = temp_is_shared(tree_dest_here_fd(t));
    temp_sweep(tree_dest_here_fd(t));
    temp_note_final(t->root_name);
    return 0;
}

int tree_dest_open(struct tree_dest **ret_tree, const struct tree_dest_request *request,
                   struct failure *f)
{
    struct tree_dest *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    t->request = *request;
    t->fd = t->root_fd = t->parent_fd = -1;
    t->unnamed = calloc(request->max_unnamed, sizeof(*t->unnamed));
    attrs_init(&t->attrs, &request->preserve);
    r = !t->unnamed ? -ENOMEM : path_buffer_put(&t->path, 0, request->path);
    t->root_len = t->path.bytes ? path_buffer_end(&t->path) : 0;
    if (r < 0)
        (void)failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    else
        r = open_parent(t, f);
    if (r < 0) {
        tree_dest_close(t);
        return r;
    }
    *ret_tree = t;
    return 0;
}

int tree_dest_end(struct tree_dest *t, bool stopped, struct failure *f)
{
    tree_dest_discard(t);
    t->request.durable &= !stopped;
    if (t->gone.err == 0)
        (void)tree_dest_give_names(t);
    if (t->gone.err == 0 && t->request.durable &&
        tree_dest_flush(t, t->one_by_one || t->root_fd < 0 ? t->parent_fd : t->root_fd) < 0)
        failure_set(&t->gone, "flush", errno, FAILURE_NO_OFFSET, NULL);
    *f = t->gone;
    return -f->err;
}

void tree_dest_close(struct tree_dest *t)
{
    tree_dest_discard(t);
    tree_dest_drop_unnamed(t);
    dir_chain_free(&t->dirs);
    dir_chain_free(&t->source);
    (void)fd_close(&t->root_fd);
    (void)fd_close(&t->parent_fd);
    path_buffer_free(&t->path);
    path_buffer_free(&t->copy_path);
    attrs_free(&t->attrs);
    free(t->levels);
    free(t->unnamed);
    free(t->root_name);
    free(t);
}
