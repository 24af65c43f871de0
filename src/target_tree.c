#include "target_tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "dirs.h"
#include "fd.h"
#include "links.h"
#include "trail.h"

/* A directory is given its name when so much has been put into it. */
#define PUBLISH_BYTES (64u << 20)
#define PUBLISH_FILES 4096u

#define MODE_BITS       (S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO)
#define PERMISSION_BITS (S_IRWXU | S_IRWXG | S_IRWXO)
#define PRIVATE_MODE    (S_IRUSR | S_IWUSR)

/* How a file comes to its name. */
enum how {
    NO_FILE,
    NAMED,    /* has it from the start: the directory has none yet, or --inplace */
    NAMELESS, /* by a link when it is complete */
    RENAMED,  /* by a rename when it is complete, where files without names are not to be had */
    REPLACES, /* as struct target does it */
};

struct tree_level {
    bool fresh; /* made by us: nothing is in it but what we have put there */
    bool lost;  /* nothing can be put into it any more */
    size_t path_len;
    mode_t add; /* bits that were set so that we may write into it, and go at the end */
    /* What the kernel makes of a new file here, once one has been looked at. */
    bool known;
    bool exact; /* it has the mode that was asked for, but for the umask's bits, whatever was */
    bool no_acl; /* it has no access control list */
    uid_t uid;
    gid_t gid;
};

struct target_tree {
    struct target_tree_request request;
    char *root_name;  /* in the directory that is level 0; "": that directory is the root */
    struct dirs dirs; /* from the directory that the root is in */
    struct tree_level *levels; /* likewise */
    unsigned room;
    unsigned skipped; /* levels of directories that could not be made, and all below them */
    struct trail path;
    struct trail copy_path; /* of the last RECORD_COPY */
    size_t root_len;
    bool no_nameless; /* the file system has no O_TMPFILE */
    bool
        one_by_one; /* syncfs(2) does not reach the server: files and directories are flushed */

    /* The directory stood in, while it has no name of its own yet. */
    bool unpublished;
    char temp[TEMP_NAME_SIZE];
    char name[NAME_MAX + 1];
    uint64_t put_bytes;
    unsigned put_files;

    /* The file that is being written. */
    enum how how;
    int fd;
    char file_temp[TEMP_NAME_SIZE];
    char file_name[NAME_MAX + 1];
    struct stat file_st; /* the source's */
    struct attrs attrs;  /* likewise */
    struct stat created; /* what the new file is known to have of that */
    const void *data;    /* of the record that is being dealt with */
    uint64_t offset;
    struct target target;

    uint64_t n_told;     /* failures */
    struct links unmade; /* files with several names whose first one is not ours here */
    struct failure gone; /* err != 0: the destination is lost */
    int root_fd;         /* -1: not there yet */
    int parent_fd;       /* of the directory that the root is in */
};

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

static void tell(struct target_tree *t, const struct failure *f)
{
    t->n_told++;
    if (is_fatal(f->err))
        t->gone = *f;
    t->request.failed(t->request.arg, t->path.bytes, f);
}

static void fail(struct target_tree *t, const char *op, int err, const char *message)
{
    struct failure f;

    failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    tell(t, &f);
}

static void fail_attrs(struct target_tree *t, const char *op)
{
    struct failure f;

    failure_set(&f, op, errno, FAILURE_NO_OFFSET, NULL);
    t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
}

/* ---- where we stand ---- */

static struct tree_level *here(struct target_tree *t)
{
    return &t->levels[t->dirs.n - 1];
}

static int here_fd(const struct target_tree *t)
{
    return dirs_fd(&t->dirs);
}

static int push(struct target_tree *t, int fd, const struct stat *st, bool fresh)
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
    if (dirs_enter(&t->dirs, fd, st) < 0)
        return -ENOMEM;
    *here(t) = (struct tree_level){.fresh = fresh, .path_len = t->path.len};
    return 0;
}

/* The path shown is that of the directory stood in again. */
static void step_back(struct target_tree *t)
{
    (void)trail_enter(&t->path, here(t)->path_len, "");
}

/* The path shown is that of an entry of the directory stood in; "" is that itself. False: the
 * entry cannot be, which has been told. */
static bool extend_path(struct target_tree *t, const char *name)
{
    int r = name[0] == '\0' ? 0 : trail_enter(&t->path, t->path.len, name);

    if (r == 0 && strlen(name) > NAME_MAX) /* there are file systems that have such */
        r = -ENAMETOOLONG;
    if (r < 0)
        fail(t, "create", -r, NULL);
    return r == 0;
}

/* ---- attributes ---- */

/* Takes over what the record says of the file. */
static void take_attrs(struct target_tree *t, const struct record *r)
{
    struct failure f;

    if (attrs_unpack(&t->attrs, &r->st, record_attrs(r), r->attrs_len) == 0)
        return;
    failure_set(&f, "preserve attributes", ENOMEM, FAILURE_NO_OFFSET, NULL);
    t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
}

static void give_attrs(struct target_tree *t, const struct attrs_file *file)
{
    struct attrs_failures failures = {.n = 0};

    (void)attrs_apply(&t->attrs, file, &failures);
    for (unsigned i = 0; i < failures.n; i++)
        t->request.attrs_failed(t->request.arg, t->path.bytes, &failures.list[i]);
}

/* Gives what was taken over last to an entry that cannot be opened: a symlink or a node. */
static void give_entry_attrs(struct target_tree *t, const char *name, mode_t type)
{
    struct attrs_file file = {.path_only = true, .fresh = true};
    struct stat now;

    if (!attrs_any(&t->request.preserve))
        return;
    file.fd = openat(here_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file.fd < 0 || fstat(file.fd, &now) < 0) {
        fail_attrs(t, "open");
    } else if ((now.st_mode & S_IFMT) == (type & S_IFMT)) {
        file.st = &now;
        give_attrs(t, &file);
    }
    (void)fd_close(&file.fd);
}

/* ---- directories ---- */

/* Flushes what was written to the file system of the directory, or its entries alone, where all
 * else has been flushed. 0, or -1 with errno. */
static int flush(const struct target_tree *t, int fd)
{
    return t->one_by_one ? fsync(fd) : syncfs(fd);
}

/* The directory stood in gets its name. False: it could not, and what is in it is given up. */
static bool publish(struct target_tree *t)
{
    int above = t->dirs.n > 1 ? t->dirs.levels[t->dirs.n - 2].fd : -1;
    const char *op = "rename";
    int r = 0;

    if (!t->unpublished)
        return true;
    t->unpublished = false;
    if (t->request.durable && flush(t, here_fd(t)) < 0) {
        op = "flush";
        r = -errno;
    }
    if (r == 0)
        r = temp_rename(above, t->temp, t->name);
    if (r == 0)
        return true;
    fail(t, op, -r, r == -EEXIST ? "somebody has made it meanwhile" : NULL);
    temp_remove_directory(above, t->temp, here_fd(t));
    here(t)->lost = true;
    return false;
}

/* Opens the directory that exists under the name already. fd or a negative errno. */
static int open_existing(struct target_tree *t, const char *name, struct stat *st)
{
    int fd = openat(here_fd(t), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (fstat(fd, st) < 0) {
        int r = -errno;

        (void)fd_close(&fd);
        return r;
    }
    return fd;
}

/* Makes a directory. With the temporary name, unless --inplace was asked for. */
static int make(struct target_tree *t, const char *name, mode_t mode, struct stat *st)
{
    int fd, r;

    if (t->request.inplace) {
        if (mkdirat(here_fd(t), name, mode) < 0)
            return -errno;
        return open_existing(t, name, st);
    }
    fd = temp_create_directory(here_fd(t), mode, t->temp);
    if (fd < 0)
        return fd;
    if (fstat(fd, st) == 0)
        return fd;
    r = -errno;
    temp_remove_directory(here_fd(t), t->temp, fd);
    (void)fd_close(&fd);
    return r;
}

/* fd is open on the root if there is none so far. */
static void note_root(struct target_tree *t, int fd, const struct stat *st)
{
    if (t->root_fd >= 0)
        return;
    t->root_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    t->one_by_one = temp_is_shared(fd);
    t->request.view->root_dev = st->st_dev;
    t->request.view->root_ino = st->st_ino;
    atomic_store(&t->request.view->has_root, true);
}

/* Whether something stands under the name; -1: it cannot be told, which has been told. */
static int exists(struct target_tree *t, const char *name, struct stat *st)
{
    if (here(t)->fresh)
        return 0;
    if (fstatat(here_fd(t), name, st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    fail(t, "stat", errno, NULL);
    return -1;
}

/* Goes into the directory `name`, which is made if it is not there. False: it could not. */
static bool enter(struct target_tree *t, const char *name, mode_t wanted)
{
    bool private = t->request.preserve.mode;
    mode_t mode = (private ? 0 : wanted & PERMISSION_BITS) | S_IRWXU;
    struct stat st = {.st_mode = 0};
    int there = exists(t, name, &st), fd;

    if (there < 0)
        return false;
    if (there && !S_ISDIR(st.st_mode)) {
        fail(t, "make directory", ENOTDIR, "something else stands there");
        return false;
    }
    fd = there ? open_existing(t, name, &st) : make(t, name, mode, &st);
    if (fd < 0) {
        fail(t, there ? "open directory" : "make directory", -fd, NULL);
        return false;
    }
    note_root(t, fd, &st);
    if (there)
        temp_sweep(fd);
    if (push(t, fd, &st, !there) < 0) {
        fail(t, "open directory", ENOMEM, NULL);
        return false;
    }
    here(t)->add = there || private ? 0 : S_IRWXU & ~wanted;
    t->unpublished = !there && !t->request.inplace;
    t->put_bytes = t->put_files = 0;
    (void)snprintf(t->name, sizeof(t->name), "%s", name);
    return true;
}

static void apply_directory(struct target_tree *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat st;

    if (t->skipped || here(t)->lost) {
        t->skipped++;
    } else if (name[0] != '\0') {
        if (!extend_path(t, record_name(r)) ||
            !enter(t, name, t->request.plain_mode ? ACCESSPERMS : r->st.st_mode)) {
            t->skipped = 1;
            step_back(t);
        }
    } else if (fstat(here_fd(t), &st) == 0) { /* the root, in which we stand already */
        note_root(t, here_fd(t), &st);
    }
}

/* The last thing for a directory: what changes with every file in it comes now. */
static void finish_directory(struct target_tree *t, const struct record *r)
{
    struct tree_level *l = here(t);
    struct attrs_file file = {.fd = here_fd(t), .fresh = l->fresh};
    struct stat have;

    if (!attrs_any(&t->request.preserve) && !l->add)
        return;
    if (fstat(here_fd(t), &have) < 0) {
        fail_attrs(t, "stat");
        return;
    }
    if (l->add && fchmod(here_fd(t), have.st_mode & MODE_BITS & ~l->add) < 0)
        fail_attrs(t, "set mode");
    file.st = &have;
    take_attrs(t, r);
    give_attrs(t, &file);
}

static void apply_leave(struct target_tree *t, const struct record *r)
{
    int error;

    if (t->skipped > 0) {
        t->skipped--;
        return;
    }
    if (publish(t) && here_fd(t) >= 0 && !here(t)->lost)
        finish_directory(t, r);
    if (t->request.durable && t->one_by_one && here_fd(t) >= 0 && !here(t)->lost &&
        fsync(here_fd(t)) < 0)
        fail(t, "flush", errno, NULL);
    if (t->dirs.n == 1) /* the root is what we stood in from the start */
        return;
    error = dirs_leave(&t->dirs);
    if (error < 0 && !here(t)->lost) {
        here(t)->lost = true;
        fail(t, "open directory", -error,
             error == -ESTALE ? "it was moved while it was written" : NULL);
    }
    step_back(t);
}

/* ---- files ---- */

/* The mode to create a file with: so that nothing is left to be set, where that is known, and
 * else for nobody else's eyes. */
static mode_t creation_mode(const struct target_tree *t, const struct tree_level *l)
{
    mode_t mode = t->attrs.mode & PERMISSION_BITS;
    bool owned = !t->request.preserve.owner ||
                 (l->known && l->uid == t->attrs.uid && l->gid == t->attrs.gid);

    if (t->request.plain_mode)
        return DEFFILEMODE;
    if (!t->request.preserve.mode)
        return mode;
    return owned && l->known && l->exact && !(mode & t->request.umask) && (mode & S_IWUSR)
               ? mode
               : PRIVATE_MODE;
}

/* What the file just created has: as the kernel does it in this directory, for which one of
 * them is looked at. Its times are those of no source. */
static int note_created(struct target_tree *t, mode_t asked)
{
    struct tree_level *l = here(t);
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

/* Opens a new file that comes to its name as t->how says. */
static int create(struct target_tree *t, const char *name, mode_t mode)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

    if (t->how == NAMED) {
        t->fd = openat(here_fd(t), name, flags, mode);
        return t->fd < 0 ? -errno : 0;
    }
    if (!t->no_nameless) {
        t->fd = openat(here_fd(t), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
        if (t->fd >= 0)
            return 0;
        if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
            return -errno;
        t->no_nameless = true;
    }
    t->how = RENAMED;
    t->fd = temp_create(here_fd(t), mode, t->file_temp);
    return t->fd < 0 ? t->fd : 0;
}

/* A new file that is given up. */
static void discard(struct target_tree *t)
{
    if (t->how == REPLACES)
        target_abort(&t->target, false);
    else if (t->how == NAMED && t->fd >= 0 && temp_is(here_fd(t), t->file_name, t->fd))
        (void)unlinkat(here_fd(t), t->file_name, 0);
    else if (t->how == RENAMED)
        temp_remove(here_fd(t), t->file_temp, t->fd);
    if (t->how != REPLACES)
        (void)fd_close(&t->fd);
    t->fd = -1;
    t->how = NO_FILE;
}

static struct target_request request_for(const struct target_tree *t, const char *name,
                                         const struct stat *st)
{
    return (struct target_request){
        .path = name,
        .in_directory = true,
        .dir_fd = here_fd(t),
        .inplace = t->request.inplace,
        .force = t->request.force,
        .durable = false, /* all at once, at the end */
        .source_mode = t->request.plain_mode ? DEFFILEMODE : st->st_mode,
        .attrs = attrs_any(&t->request.preserve) ? &t->attrs : NULL,
        .source_dev = st->st_dev,
        .source_ino = st->st_ino,
        .size = (uint64_t)st->st_size,
        .length = (uint64_t)st->st_size,
        .data = (uint64_t)st->st_size,
        .size_known = st->st_size > 0,
    };
}

/* Begins a file in the place of one that exists. */
static bool begin_replacement(struct target_tree *t, const struct stat *there)
{
    struct target_request request = request_for(t, t->file_name, &t->file_st);
    struct failure f;

    if (S_ISDIR(there->st_mode)) {
        fail(t, "open", EISDIR, "a directory stands there");
        return false;
    }
    if (!S_ISREG(there->st_mode) && !S_ISLNK(there->st_mode)) {
        fail(t, "open", EEXIST, "no regular file stands there");
        return false;
    }
    if (target_open(&t->target, &request, &f) < 0) {
        tell(t, &f);
        return false;
    }
    t->how = REPLACES;
    t->fd = t->target.fd;
    return true;
}

static bool begin_new(struct target_tree *t)
{
    mode_t mode = creation_mode(t, here(t));
    int r;

    t->how = t->unpublished || t->request.inplace ? NAMED : NAMELESS;
    r = create(t, t->file_name, mode);
    if (r < 0) {
        t->how = NO_FILE;
        fail(t, "create", -r, NULL);
        return false;
    }
    r = note_created(t, mode);
    if (r < 0) {
        fail(t, "stat", -r, NULL);
        discard(t);
        return false;
    }
    return true;
}

static bool begin_file(struct target_tree *t, const struct record *r)
{
    struct stat there;
    int is_there;

    (void)snprintf(t->file_name, sizeof(t->file_name), "%s",
                   r->name_len ? record_name(r) : t->root_name);
    t->file_st = r->st;
    t->offset = 0;
    take_attrs(t, r);
    is_there = exists(t, t->file_name, &there);
    if (is_there < 0)
        return false;
    return is_there ? begin_replacement(t, &there) : begin_new(t);
}

/* False: the file was given up. */
static bool write_data(struct target_tree *t, const struct record *r)
{
    const char *data = t->data;
    size_t left = r->data_len;
    struct failure f;

    while (left > 0) {
        ssize_t n = write(t->fd, data, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            failure_set(&f, "write", n < 0 ? errno : EIO, t->offset, NULL);
            tell(t, &f);
            discard(t);
            return false;
        }
        data += n;
        left -= (size_t)n;
        t->offset += (uint64_t)n;
    }
    if (!t->request.given_up(t->request.arg))
        return true;
    discard(t);
    return false;
}

/* Gives the finished file its name. 0 or a negative errno. */
static int give_name(struct target_tree *t)
{
    char self[32];

    if (t->request.durable && (t->how != NAMED || t->one_by_one) && fsync(t->fd) < 0)
        return -errno;
    if (t->how == NAMED)
        return 0;
    if (t->how == RENAMED)
        return temp_rename(here_fd(t), t->file_temp, t->file_name);
    /* Without privileges older kernels link by a descriptor only so (open(2), O_TMPFILE). */
    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", t->fd);
    if (linkat(t->fd, "", here_fd(t), t->file_name, AT_EMPTY_PATH) == 0 ||
        ((errno == ENOENT || errno == EPERM) &&
         linkat(AT_FDCWD, self, here_fd(t), t->file_name, AT_SYMLINK_FOLLOW) == 0))
        return 0;
    return -errno;
}

static bool commit_new(struct target_tree *t)
{
    const struct attrs_file file = {
        .fd = t->fd, .fresh = true, .no_acl = here(t)->no_acl, .st = &t->created};
    int r;

    if (attrs_any(&t->request.preserve))
        give_attrs(t, &file);
    r = give_name(t);
    if (r < 0) {
        fail(t, "create", -r, r == -EEXIST ? "somebody has made it meanwhile" : NULL);
        discard(t);
        return false;
    }
    r = fd_close(&t->fd);
    if (r < 0) {
        fail(t, "close", -r, NULL);
        (void)unlinkat(here_fd(t), t->file_name, 0);
    }
    return r == 0;
}

static bool commit_replacement(struct target_tree *t)
{
    struct failure f;

    bool done;

    t->fd = -1;
    if (t->request.durable && fsync(t->target.fd) < 0) {
        failure_set(&f, "fsync", errno, FAILURE_NO_OFFSET, NULL);
        target_abort(&t->target, false);
        done = false;
    } else {
        done = target_commit(&t->target, &f) == 0;
    }
    if (!done)
        tell(t, &f);
    for (unsigned i = 0; done && i < t->target.attr_failures.n; i++)
        t->request.attrs_failed(t->request.arg, t->path.bytes,
                                &t->target.attr_failures.list[i]);
    return done;
}

static void commit_file(struct target_tree *t)
{
    bool done = t->how == REPLACES ? commit_replacement(t) : commit_new(t);

    t->how = NO_FILE;
    if (!done)
        return;
    atomic_fetch_add(&t->request.view->bytes, t->offset);
    atomic_fetch_add(&t->request.view->files, 1);
    t->put_bytes += t->offset;
    t->put_files++;
    if (t->put_bytes >= PUBLISH_BYTES || t->put_files >= PUBLISH_FILES)
        (void)publish(t);
}

static void apply_file(struct target_tree *t, const struct record *r)
{
    if (begin_file(t, r) && write_data(t, r) && r->whole)
        commit_file(t);
}

/* ---- what is not made of bytes ---- */

/* Opens the directory that leads to the last component of a path in the tree, from the root on,
 * and finds that component. A descriptor that is the caller's, or a negative errno. */
static int open_way(struct target_tree *t, const char *path, const char **ret_last)
{
    int fd = fcntl(path[0] == '/' ? t->root_fd : t->parent_fd, F_DUPFD_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    for (;;) {
        const char *slash;
        char name[NAME_MAX + 1];
        int next;

        path += strspn(path, "/");
        slash = strchr(path, '/');
        if (!slash) {
            *ret_last = path;
            return fd;
        }
        if ((size_t)(slash - path) > NAME_MAX) {
            (void)fd_close(&fd);
            return -ENAMETOOLONG;
        }
        memcpy(name, path, (size_t)(slash - path));
        name[slash - path] = '\0';
        next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        (void)fd_close(&fd);
        if (next < 0)
            return -errno;
        fd = next;
        path = slash;
    }
}

/* Makes `name` here another name of the file that stands under the path in the tree. */
static int link_to(struct target_tree *t, const char *path, const char *name)
{
    const char *last = strrchr(path, '/'), *way = t->path.bytes + t->root_len;
    size_t way_len = here(t)->path_len - t->root_len;
    int fd, r;

    /* A file of this directory, which may not have its own name yet. */
    if (last && (size_t)(last - path) == way_len && memcmp(path, way, way_len) == 0)
        return linkat(here_fd(t), last + 1, here_fd(t), name, 0) < 0 ? -errno : 0;
    fd = open_way(t, path, &last);
    if (fd < 0)
        return fd;
    r = linkat(fd, last, here_fd(t), name, 0) < 0 ? -errno : 0;
    (void)fd_close(&fd);
    return r;
}

/* Makes an entry that is complete as soon as it is there, also in the place of another one:
 * then under a temporary name first. Returns 0 or a negative errno; *ret_op tells of what. */
static int make_entry(struct target_tree *t, const struct record *r, const char *name)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
        return symlinkat(record_text(r), here_fd(t), name) < 0 ? -errno : 0;
    case RECORD_NODE:
        return mknodat(here_fd(t), name, r->st.st_mode & (S_IFMT | PERMISSION_BITS),
                       r->st.st_rdev) < 0
                   ? -errno
                   : 0;
    default:
        return link_to(t, record_text(r), name);
    }
}

static const char *op_of(const struct record *r)
{
    return r->kind == RECORD_SYMLINK ? "make symbolic link"
           : r->kind == RECORD_LINK  ? "make hard link"
                                     : "make node";
}

/* In the place of something else: under a temporary name, and then by a rename. */
static int replace_entry(struct target_tree *t, const struct record *r, const char *name)
{
    char temp[TEMP_NAME_SIZE];
    int error = temp_name(temp);

    if (error == 0)
        error = make_entry(t, r, temp);
    if (error < 0)
        return error;
    if (r->kind != RECORD_LINK)
        give_entry_attrs(t, temp, r->st.st_mode);
    error = renameat(here_fd(t), temp, here_fd(t), name) < 0 ? -errno : 0;
    /* It is still there if both are names of one file already. */
    if (error < 0 || r->kind == RECORD_LINK)
        (void)unlinkat(here_fd(t), temp, 0);
    return error;
}

static void apply_entry(struct target_tree *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat there;
    int is_there = exists(t, name, &there), error;

    if (is_there < 0)
        return;
    if (is_there && S_ISDIR(there.st_mode)) {
        fail(t, op_of(r), EISDIR, "a directory stands there");
        return;
    }
    if (r->kind == RECORD_LINK && links_has(&t->unmade, &r->st)) {
        fail(t, op_of(r), ENOENT, "its first name could not be made");
        return;
    }
    if (r->kind != RECORD_LINK)
        take_attrs(t, r);
    error = is_there ? replace_entry(t, r, name) : make_entry(t, r, name);
    if (error < 0) {
        fail(t, op_of(r), -error, NULL);
        return;
    }
    if (!is_there && r->kind != RECORD_LINK)
        give_entry_attrs(t, name, r->st.st_mode);
    atomic_fetch_add(&t->request.view->files, 1);
    t->put_files++;
}

/* ---- what a caller sees ---- */

/* Other names of this file must not become names of what stands in its place. */
static void note_unmade(struct target_tree *t, const struct stat *st)
{
    int ignored; /* without memory they are looked for under that name */

    if (st->st_nlink > 1)
        (void)links_meet(&t->unmade, st, "", &ignored);
}

/* What is no directory. */
static void apply_inside(struct target_tree *t, const struct record *r)
{
    switch (r->kind) {
    case RECORD_FILES_END:
        (void)publish(t);
        break;
    case RECORD_FILE:
        apply_file(t, r);
        break;
    case RECORD_DATA:
        if (t->how != NO_FILE)
            (void)write_data(t, r);
        break;
    case RECORD_FILE_END:
        if (t->how != NO_FILE && r->good)
            commit_file(t);
        else if (t->how != NO_FILE)
            discard(t);
        break;
    case RECORD_COPY:
        (void)snprintf(t->file_name, sizeof(t->file_name), "%s",
                       r->name_len ? record_name(r) : t->root_name);
        t->file_st = r->st;
        (void)publish(t);
        if (trail_put(&t->copy_path, 0, t->path.bytes) < 0)
            fail(t, "open", ENOMEM, NULL);
        break;
    default:
        apply_entry(t, r);
    }
}

int target_tree_apply(struct target_tree *t, const struct record *r, const void *data,
                      struct failure *f)
{
    t->data = data;
    if (r->kind == RECORD_DIRECTORY) {
        apply_directory(t, r);
    } else if (r->kind == RECORD_LEAVE) {
        apply_leave(t, r);
    } else if (!t->skipped && !here(t)->lost) {
        uint64_t told = t->n_told;

        if (extend_path(t, record_name(r)))
            apply_inside(t, r);
        if (t->n_told > told && r->kind != RECORD_LINK && r->kind != RECORD_FILES_END)
            note_unmade(t, r->name_len ? &r->st : &t->file_st);
        if (t->how == NO_FILE)
            step_back(t);
    }
    if (t->gone.err == 0)
        return 0;
    *f = t->gone;
    return -f->err;
}

bool target_tree_copy_request(struct target_tree *t, struct target_request *ret_request,
                              const char **ret_path)
{
    if (t->skipped || here(t)->lost || !t->copy_path.bytes)
        return false;
    *ret_request = request_for(t, t->file_name, &t->file_st);
    *ret_path = t->copy_path.bytes;
    return true;
}

void target_tree_not_copied(struct target_tree *t)
{
    note_unmade(t, &t->file_st);
}

void target_tree_copied(struct target_tree *t, uint64_t bytes)
{
    atomic_fetch_add(&t->request.view->bytes, bytes);
    atomic_fetch_add(&t->request.view->files, 1);
}

/* Splits the path into the directory and the name of the root in it; "" where it has none: "/",
 * "." and "..". */
static int split(const char *path, char **ret_dir, char **ret_name)
{
    size_t end = strlen(path), start;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        ;
    *ret_name = strndup(path + start, end - start);
    if (*ret_name && (strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)) {
        (*ret_name)[0] = '\0';
        start = end;
    }
    *ret_dir = start > 0 ? strndup(path, start) : strdup(".");
    if (*ret_dir && *ret_name)
        return 0;
    free(*ret_dir);
    free(*ret_name);
    return -ENOMEM;
}

static int open_parent(struct target_tree *t, struct failure *f)
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
    t->parent_fd = fcntl(here_fd(t), F_DUPFD_CLOEXEC, 0);
    t->one_by_one = temp_is_shared(here_fd(t));
    temp_sweep(here_fd(t));
    return 0;
}

int target_tree_open(struct target_tree **ret_tree, const struct target_tree_request *request,
                     struct failure *f)
{
    struct target_tree *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    t->request = *request;
    t->fd = t->root_fd = t->parent_fd = -1;
    t->unmade.keep = true;
    attrs_init(&t->attrs, &request->preserve);
    r = trail_put(&t->path, 0, request->path);
    t->root_len = t->path.bytes ? trail_end(&t->path) : 0;
    if (r < 0)
        (void)failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    else
        r = open_parent(t, f);
    if (r < 0) {
        target_tree_close(t);
        return r;
    }
    *ret_tree = t;
    return 0;
}

int target_tree_end(struct target_tree *t, bool stopped, struct failure *f)
{
    if (t->how != NO_FILE)
        discard(t);
    t->request.durable &= !stopped;
    (void)publish(t);
    if (t->gone.err == 0 && t->request.durable &&
        flush(t, t->one_by_one || t->root_fd < 0 ? t->parent_fd : t->root_fd) < 0)
        failure_set(&t->gone, "flush", errno, FAILURE_NO_OFFSET, NULL);
    *f = t->gone;
    return -f->err;
}

void target_tree_close(struct target_tree *t)
{
    if (t->how != NO_FILE)
        discard(t);
    if (t->unpublished)
        temp_remove_directory(t->dirs.levels[t->dirs.n - 2].fd, t->temp, here_fd(t));
    dirs_free(&t->dirs);
    (void)fd_close(&t->root_fd);
    (void)fd_close(&t->parent_fd);
    trail_free(&t->path);
    trail_free(&t->copy_path);
    attrs_free(&t->attrs);
    links_free(&t->unmade);
    free(t->levels);
    free(t->root_name);
    free(t);
}
