#include "dest_delete_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/dir_chain.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path_buffer.h"

#define LISTING    (32u << 10) /* bytes of directory entries at a time */
#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
#define OWN_PREFIX ".ucopy-"
#define IN_USE     "this run reads it or writes to it"

/* What is to be done with an entry: the first byte of its name on the stack. */
enum what {
    CLEAN = 'c',  /* a directory that the source has, too */
    LINKED = 'l', /* the same behind a symlink, which the copy has followed */
    EMPTY = 'e',  /* one that it has not */
    UNLINK = 'u', /* no directory */
};

struct level {
    enum what what; /* CLEAN or EMPTY */
    struct stat st; /* when it was entered */
    size_t path_len;
    size_t names_start; /* its names on the stack */
    uint32_t n_known;   /* entries that the source has, too */
    unsigned n_kept;    /* entries that stay, of a directory that the source does not have */
    bool opened;        /* its mode was changed */
    bool changed;
};

struct delete_walk {
    struct tree_deletion *d;
    struct dir_chain dirs;
    struct level *levels; /* likewise */
    unsigned n, room;
    struct path_buffer path; /* of the entry */
    size_t root_len;
    struct path_buffer names; /* a stack: each a byte of enum what, the name and its NUL */
    size_t names_len;
    char *listing;
    struct stat out[2]; /* standard output and error */
    bool lost;          /* the walk cannot go on */
};

static struct level *level_of(const struct delete_walk *w)
{
    return &w->levels[w->n - 1];
}

/* The path below the root. */
static const char *below(const struct delete_walk *w)
{
    const char *path = w->path.bytes + w->root_len;

    return path + strspn(path, "/");
}

/* The entry's name in the current directory. */
static const char *name_of(const struct delete_walk *w)
{
    return strrchr(w->path.bytes, '/') + 1;
}

static void fail(struct delete_walk *w, const char *op, int err, const char *message)
{
    struct failure f;

    (void)failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    w->d->ops->failed(w->d->arg, w->path.bytes, &f);
    if (w->n > 0)
        level_of(w)->n_kept++;
}

static void lose(struct delete_walk *w, int err)
{
    fail(w, "delete", err, "nothing more is deleted");
    w->lost = true;
}

static void push(struct delete_walk *w, enum what what, const char *name)
{
    const char byte[2] = {(char)what, '\0'};

    if (path_buffer_put(&w->names, w->names_len, byte) < 0 ||
        path_buffer_put(&w->names, w->names_len + 1, name) < 0)
        lose(w, ENOMEM);
    else
        w->names_len += strlen(name) + 2;
}

/* Makes the last name on the stack that of the entry, and takes it off. */
static enum what pop(struct delete_walk *w)
{
    size_t start = w->names_len - 1;
    enum what what;

    while (start > 0 && w->names.bytes[start - 1] != '\0')
        start--;
    what = (enum what)w->names.bytes[start];
    w->names_len = start;
    if (path_buffer_enter(&w->path, level_of(w)->path_len, w->names.bytes + start + 1) < 0)
        lose(w, ENOMEM);
    return what;
}

/* ---- what becomes of an entry ---- */

static bool is_spared(const struct delete_walk *w, const struct stat *st)
{
    return w->d->ops->spared(w->d->arg, dir_chain_fd(&w->dirs), name_of(w), st);
}

static bool is_output(const struct delete_walk *w, const struct stat *st)
{
    return fd_same_file(st, &w->out[0]) || fd_same_file(st, &w->out[1]);
}

/* Whether an entry that the source does not have stays. */
static bool stays(struct delete_walk *w, const struct stat *st)
{
    const struct choice choice = {.filter = w->d->filter};

    return is_output(w, st) || strncmp(name_of(w), OWN_PREFIX, strlen(OWN_PREFIX)) == 0 ||
           choice_leaves_out(&choice, below(w), IFTODT(st->st_mode)) ||
           (!S_ISDIR(st->st_mode) && is_spared(w, st));
}

/* Whether the source has the entry; a directory is noted. */
static bool is_known(struct delete_walk *w, unsigned char type)
{
    uint32_t n_inside;
    struct stat st;
    bool listed;

    if (!inventory_find(w->d->inventory, below(w), &listed, &n_inside))
        return false;
    level_of(w)->n_known++;
    if (type == DT_UNKNOWN && listed &&
        UNINTERRUPTED(fstatat(dir_chain_fd(&w->dirs), name_of(w), &st, AT_SYMLINK_NOFOLLOW)) ==
            0)
        type = (unsigned char)IFTODT(st.st_mode);
    if (type == DT_DIR && listed)
        push(w, CLEAN, name_of(w));
    else if (type == DT_LNK && listed && w->d->follows)
        push(w, LINKED, name_of(w));
    return true;
}

static void judge(struct delete_walk *w, const struct dirent64 *entry)
{
    struct level *l = level_of(w);
    struct stat st;

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return;
    if (path_buffer_enter(&w->path, l->path_len, entry->d_name) < 0) {
        lose(w, ENOMEM);
        return;
    }
    if (l->what == CLEAN && is_known(w, entry->d_type))
        return;
    if (UNINTERRUPTED(
            fstatat(dir_chain_fd(&w->dirs), entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) < 0) {
        if (errno != ENOENT)
            fail(w, "stat", errno, NULL);
    } else if (stays(w, &st)) {
        l->n_kept++;
    } else if (!S_ISDIR(st.st_mode) && inventory_uses(w->d->inventory, &st)) {
        fail(w, "delete", EBUSY, IN_USE);
    } else {
        push(w, S_ISDIR(st.st_mode) ? EMPTY : UNLINK, entry->d_name);
    }
}

/* Takes everything that would be removed in the current directory off the stack. */
static void remove_nothing(struct delete_walk *w)
{
    size_t at = level_of(w)->names_start, to = at;

    while (at < w->names_len) {
        size_t size = strlen(w->names.bytes + at) + 1;

        if (w->names.bytes[at] == CLEAN || w->names.bytes[at] == LINKED) {
            memmove(w->names.bytes + to, w->names.bytes + at, size);
            to += size;
        }
        at += size;
    }
    w->names_len = to;
}

/* Whether the source's names are all there. If not, the file system has other names for them, and
 * one that looks superfluous may be one of these. */
static bool has_all(struct delete_walk *w)
{
    const struct level *l = level_of(w);
    uint32_t n_inside;
    bool listed;

    if (l->what == EMPTY || w->d->dry)
        return true;
    (void)path_buffer_enter(&w->path, l->path_len, "");
    return inventory_find(w->d->inventory, below(w), &listed, &n_inside) &&
           n_inside == l->n_known;
}

/* Puts what is to be done in the current directory on the stack. */
static void list(struct delete_walk *w)
{
    int fd = dir_chain_fd(&w->dirs);
    ssize_t n = 0;

    while (!w->lost && (n = UNINTERRUPTED(getdents64(fd, w->listing, LISTING))) > 0)
        for (ssize_t at = 0; at < n && !w->lost;) {
            const struct dirent64 *entry = (const void *)(w->listing + at);

            atomic_fetch_add(&w->d->steps, 1);
            judge(w, entry);
            at += entry->d_reclen;
        }
    (void)path_buffer_enter(&w->path, level_of(w)->path_len, "");
    if (!w->lost && n < 0) {
        fail(w, "read directory", errno, NULL);
        remove_nothing(w);
    } else if (!w->lost && w->names_len > level_of(w)->names_start && !has_all(w)) {
        size_t before = w->names_len;

        remove_nothing(w);
        if (w->names_len < before)
            fail(w, "delete", EINVAL,
                 "its names are not those of SOURCE: nothing is deleted in it");
    }
}

/* ---- directories ---- */

/* Lets the owner write to a directory. 0, or a negative errno: of `err`, if that would not help. */
static int open_up(int fd, const struct stat *st, int err)
{
    char path[64];

    if (err != EACCES || st->st_uid != geteuid() || (st->st_mode & S_IRWXU) == S_IRWXU)
        return -err;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* fd may have O_PATH */
    return chmod(path, (st->st_mode & ALLPERMS) | S_IRWXU) < 0 ? -errno : 0;
}

/* Removes the entry from the current directory. flags: of unlinkat(2). */
static void remove_entry(struct delete_walk *w, int flags)
{
    struct level *l = level_of(w);
    int fd = dir_chain_fd(&w->dirs), r = 0;

    if (w->d->n_deleted >= w->d->max) {
        w->d->n_left++;
        l->n_kept++;
        return;
    }
    if (!w->d->dry && UNINTERRUPTED(unlinkat(fd, name_of(w), flags)) < 0) {
        r = open_up(fd, &l->st, errno);
        l->opened |= r == 0;
        if (r == 0 && UNINTERRUPTED(unlinkat(fd, name_of(w), flags)) < 0)
            r = -errno;
    }
    l->changed |= r == 0;
    if (r == 0) {
        w->d->n_deleted++;
        w->d->ops->deleted(w->d->arg, w->path.bytes);
    } else if (r != -ENOENT) {
        fail(w, "delete", -r, NULL);
    }
}

/* Opens a directory that is to be removed, although its mode forbids that. fd or a negative errno. */
static int open_closed(struct delete_walk *w)
{
    int fd = UNINTERRUPTED(openat(dir_chain_fd(&w->dirs), name_of(w),
                                  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat st;
    int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : open_up(fd, &st, EACCES);

    if (r == 0) {
        r = UNINTERRUPTED(openat(fd, ".", OPEN_FLAGS));
        r = r < 0 ? -errno : r;
    }
    (void)fd_close(&fd);
    return r;
}

/* Whether another file system begins with the directory, which is the current one's. */
static bool is_mount_point(const struct delete_walk *w, int fd, const struct stat *st)
{
    struct statx stx;

    return st->st_dev != level_of(w)->st.st_dev ||
           (statx(fd, "", AT_EMPTY_PATH, 0, &stx) == 0 &&
            stx.stx_attributes_mask & stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Opens a directory of the current one. fd or a negative errno. */
static int open_directory(struct delete_walk *w, enum what what)
{
    int fd = UNINTERRUPTED(openat(dir_chain_fd(&w->dirs), name_of(w),
                                  OPEN_FLAGS | (what == LINKED ? 0 : O_NOFOLLOW)));

    if (fd < 0 && errno == EACCES && what == EMPTY && !w->d->dry)
        return open_closed(w);
    return fd < 0 ? -errno : fd;
}

/* Makes the directory the current one. Takes fd over. */
static void push_level(struct delete_walk *w, int fd, const struct stat *st, enum what what)
{
    if (w->n == w->room) {
        unsigned room = w->room ? 2 * w->room : 32;
        struct level *levels = reallocarray(w->levels, room, sizeof(*levels));

        if (!levels) {
            (void)fd_close(&fd);
            lose(w, ENOMEM);
            return;
        }
        w->levels = levels;
        w->room = room;
    }
    if (dir_chain_enter(&w->dirs, fd, st) < 0) {
        lose(w, ENOMEM);
        return;
    }
    w->levels[w->n++] = (struct level){
        .what = what, .st = *st, .path_len = w->path.len, .names_start = w->names_len};
    list(w);
}

/* Why the directory, which fd is open on, is not entered; NULL: it is. A symlink may lead to another file
 * system: the copy went there, too. */
static const char *keeps_out(struct delete_walk *w, enum what what, int fd,
                             const struct stat *st)
{
    if (what != LINKED && is_mount_point(w, fd, st))
        return "another file system is mounted there";
    if (inventory_uses(w->d->inventory, st) || (what == EMPTY && is_spared(w, st)))
        return IN_USE;
    if (what == LINKED && !w->d->dry && !is_spared(w, st))
        return "the symlink leads to another directory now";
    return NULL;
}

static void enter(struct delete_walk *w, enum what what)
{
    int fd = open_directory(w, what), r = fd;
    const char *why = NULL;
    struct stat st;

    if (r >= 0 && fstat(fd, &st) < 0)
        r = -errno;
    if (r >= 0)
        why = keeps_out(w, what, fd, &st);
    if (r >= 0 && !why) {
        push_level(w, fd, &st, what == EMPTY ? EMPTY : CLEAN);
        return;
    }
    if (r == -EACCES && what == EMPTY && w->d->dry) /* what is in it is not known */
        remove_entry(w, AT_REMOVEDIR);
    else if (r < 0 && r != -ENOENT)
        fail(w, "open directory", -r, NULL);
    else if (r >= 0 && !(what == CLEAN && is_mount_point(w, fd, &st)))
        fail(w, "delete", EBUSY, why);
    (void)fd_close(&fd);
}

/* ---- removing ---- */

/* The current directory stays, and is as it was. */
static void restore(struct delete_walk *w)
{
    const struct level *l = level_of(w);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, l->st.st_mtim};
    int fd = dir_chain_fd(&w->dirs);
    int r = 0;

    if (w->d->dry || fd < 0 || (!l->changed && !l->opened))
        return;
    if (l->opened && fchmod(fd, l->st.st_mode & ALLPERMS) < 0)
        r = -errno;
    if (w->d->keep_times && futimens(fd, times) < 0)
        r = -errno;
    if (w->d->durable && fsync(fd) < 0)
        r = -errno;
    if (r < 0)
        fail(w, "restore directory", -r, NULL);
}

static void leave(struct delete_walk *w)
{
    const struct level left = *level_of(w);
    int r;

    (void)path_buffer_enter(&w->path, left.path_len, "");
    if (left.what == CLEAN || left.n_kept > 0)
        restore(w);
    r = dir_chain_leave(&w->dirs);
    w->n--;
    if (w->n == 0)
        return;
    if (r < 0)
        lose(w, -r);
    else if (left.what == EMPTY && left.n_kept > 0)
        level_of(w)->n_kept++;
    else if (left.what == EMPTY)
        remove_entry(w, AT_REMOVEDIR);
}

static void walk(struct delete_walk *w)
{
    while (w->n > 0 && !w->lost && !atomic_load(w->d->stop)) {
        enum what what;

        atomic_fetch_add(&w->d->steps, 1);
        if (w->names_len == level_of(w)->names_start) {
            leave(w);
            continue;
        }
        what = pop(w);
        if (w->lost)
            break;
        if (what == UNLINK)
            remove_entry(w, 0);
        else
            enter(w, what);
    }
}

/* Enters the root, if it is the directory that was copied to. */
static void enter_root(struct delete_walk *w)
{
    int fd = UNINTERRUPTED(open(w->d->path, OPEN_FLAGS));
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        if (errno != ENOENT || !w->d->dry)
            fail(w, "open directory", errno, NULL);
    } else if (w->d->ino && (st.st_dev != w->d->dev || st.st_ino != w->d->ino)) {
        fail(w, "open directory", ESTALE, "it became another directory");
    } else {
        push_level(w, fd, &st, CLEAN);
        return;
    }
    (void)fd_close(&fd);
}

struct tree_deletion tree_deletion_of(const struct options *o, const struct plan_copy *copy,
                                      unsigned d, struct inventory *inventory,
                                      atomic_bool *stop, const struct tree_deletion_ops *ops,
                                      void *arg)
{
    return (struct tree_deletion){
        .path = copy->dests[d],
        .inventory = inventory,
        .filter = o->filter,
        .follows = o->keep_directory_symlink,
        .keep_times = o->preserve.times,
        .durable = o->fsync,
        .max = o->has_max_delete ? o->max_delete : UINT64_MAX,
        .ops = ops,
        .arg = arg,
        .stop = stop,
    };
}

void tree_delete(struct tree_deletion *d)
{
    struct delete_walk w = {.d = d, .listing = malloc(LISTING)};
    uint32_t n_inside;
    bool listed;

    if (!inventory_find(d->inventory, "", &listed, &n_inside) || !listed) {
        free(w.listing);
        d->whole = true; /* SOURCE is no directory */
        return;
    }
    if (!w.listing || path_buffer_put(&w.path, 0, d->path) < 0) {
        struct failure f;

        (void)failure_set(&f, "delete", ENOMEM, FAILURE_NO_OFFSET, NULL);
        d->ops->failed(d->arg, d->path, &f);
    } else {
        w.root_len = path_buffer_end(&w.path);
        descriptors_find_output(w.out);
        enter_root(&w);
        walk(&w);
        d->whole = w.n == 0;
        while (w.n > 0) { /* it was stopped */
            restore(&w);
            w.n--;
            if (dir_chain_leave(&w.dirs) < 0)
                break;
        }
    }
    dir_chain_free(&w.dirs);
    path_buffer_free(&w.path);
    path_buffer_free(&w.names);
    free(w.levels);
    free(w.listing);
}
