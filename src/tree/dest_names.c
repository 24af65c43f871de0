/* dest_names: the list of directories and files that have no name of their own yet, and how
 * many of them get their names at once. See dest_state_priv.h.
 *
 * Only a directory inside a named one gets a temporary name, with a lock and a rename in the
 * end. Nobody sees what is made below it, so that all entries there have final names from the
 * start. A batch of them, down to the current directory, appears when it has waited long enough.
 *
 * With request.durable the batch has to be on stable storage first. The cost of that hardly
 * depends on its size. So files inside named directories wait for their names, too, until there
 * are many. Where each file and directory needs a flush of its own (flush_each), only the
 * current directory is without a name, and only until its files are complete. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

/* A batch gets its names after so many ms: a run that is killed loses no more than that. A file in a
 * directory that has its name takes twice as many system calls. */
#define BATCH_MS 2000u

/* Where its cost is that of a flush, it has to be of that size. */
#define DURABLE_BATCH_BYTES (256u << 20)
#define DURABLE_BATCH_FILES 16384u

bool tree_dest_batches(const struct tree_dest *t)
{
    return !t->request.inplace && !(t->request.durable && t->flush_each);
}

/* An entry of the list without descriptors of its own is the current directory. */
static int fd_of(const struct tree_dest *t, const struct tree_unnamed *u)
{
    return u->fd >= 0 ? u->fd : t->dirs.levels[u->level + 1].fd;
}

static int dir_fd_of(const struct tree_dest *t, const struct tree_unnamed *u)
{
    return u->dir_fd >= 0 ? u->dir_fd : t->dirs.levels[u->level].fd;
}

/* ---- the list ---- */

bool tree_dest_names_full(const struct tree_dest *t)
{
    return t->n_unnamed == t->request.max_unnamed && !t->levels[t->dirs.n - 1].unnamed;
}

/* Whether a directory inside that level is the root, whose descriptors the destination holds
 * anyway. */
static bool is_root(const struct tree_dest *t, unsigned level)
{
    return level == 0 && t->root_name[0] != '\0';
}

/* Puts an entry on the list. Levels never go down along the list, since a directory gets its
 * name together with all that is in it. So neighbours with the same level are in the same
 * directory, and share its descriptor. 0 or a negative errno. */
static int add(struct tree_dest *t, unsigned level, int fd, const char *temp, const char *name)
{
    struct tree_unnamed *u = &t->unnamed[t->n_unnamed];
    int dir_fd = -1;

    assert(t->n_unnamed < t->request.max_unnamed);
    if (fd >= 0) {
        dir_fd = t->n_unnamed > 0 && u[-1].level == level ? u[-1].dir_fd
                 : level == 0                             ? t->parent_fd
                              : fcntl(t->dirs.levels[level].fd, F_DUPFD_CLOEXEC, 0);
        if (dir_fd < 0)
            return -errno;
    }
    *u = (struct tree_unnamed){.level = level, .fd = fd, .dir_fd = dir_fd};
    (void)snprintf(u->temp, sizeof(u->temp), "%s", temp);
    (void)snprintf(u->name, sizeof(u->name), "%s", name);
    t->n_unnamed++;
    return 0;
}

int tree_dest_add_directory(struct tree_dest *t, const char *temp, const char *name)
{
    unsigned level = t->dirs.n - 2;
    int fd = -1, r;

    if (tree_dest_batches(t)) {
        fd = is_root(t, level) ? t->root_fd : fcntl(tree_dest_dir_fd(t), F_DUPFD_CLOEXEC, 0);
        if (fd < 0) /* the duplicate holds the lock, too */
            return -EMFILE;
    }
    r = add(t, level, fd, temp, name);
    if (r < 0 && fd != t->root_fd)
        (void)fd_close(&fd);
    return r;
}

int tree_dest_add_file(struct tree_dest *t)
{
    int r = add(t, t->dirs.n - 1, t->fd, t->file_temp, t->file_name);

    if (r == 0)
        t->fd = -1;
    return r;
}

static void clear_list(struct tree_dest *t)
{
    for (unsigned i = 0; i < t->n_unnamed; i++) {
        struct tree_unnamed *u = &t->unnamed[i];

        if (u->fd != t->root_fd)
            (void)fd_close(&u->fd);
        if (u->level > 0 && (i + 1 == t->n_unnamed || u[1].level != u->level))
            (void)fd_close(&u->dir_fd);
    }
    t->n_unnamed = 0;
    t->put_bytes = t->put_files = 0;
    for (unsigned i = 0; i < t->dirs.n; i++)
        t->levels[i].unnamed = false;
}

static bool is_directory(const struct tree_dest *t, const struct tree_unnamed *u)
{
    struct stat st;

    return fstat(fd_of(t, u), &st) == 0 && S_ISDIR(st.st_mode);
}

/* Removes an entry of the list from the file system. */
static void drop(struct tree_dest *t, struct tree_unnamed *u)
{
    if (is_directory(t, u))
        temp_remove_directory(dir_fd_of(t, u), u->temp, fd_of(t, u));
    else
        temp_remove(dir_fd_of(t, u), u->temp, fd_of(t, u));
}

void tree_dest_drop_unnamed(struct tree_dest *t)
{
    for (unsigned i = 0; i < t->n_unnamed; i++)
        drop(t, &t->unnamed[i]);
    clear_list(t);
}

int tree_dest_open_unnamed(const struct tree_dest *t, int dir_fd, const char *name)
{
    struct stat st;

    if (fstat(dir_fd, &st) < 0)
        return -errno;
    for (unsigned i = 0; i < t->n_unnamed; i++) {
        const struct tree_unnamed *u = &t->unnamed[i];
        const struct dir_chain_level *l = &t->dirs.levels[u->level];

        if (l->dev == st.st_dev && l->ino == st.st_ino && strcmp(u->name, name) == 0 &&
            is_directory(t, u))
            return fcntl(fd_of(t, u), F_DUPFD_CLOEXEC, 0);
    }
    return -ENOENT;
}

/* ---- a batch gets its names ---- */

int tree_dest_fsync(const struct tree_dest *t, int fd)
{
    int r;

    atomic_store(&t->request.view->doing, TREE_DEST_FSYNCS);
    r = fsync(fd);
    atomic_store(&t->request.view->doing, TREE_DEST_WRITES);
    return r;
}

int tree_dest_flush(const struct tree_dest *t, int fd)
{
    int r;

    atomic_store(&t->request.view->doing, TREE_DEST_FLUSHES);
    r = (t->flush_each ? fd_flush_directory(fd) : syncfs(fd)) < 0 ? -1 : 0;
    atomic_store(&t->request.view->doing, TREE_DEST_WRITES);
    return r;
}

/* syncfs(2) writes everything, but does not make every device write what it has cached: vfat has
 * no sync_fs(), and exFAT's does not do it (Linux 6.12). fsync(2) does, where there is one for
 * this kind of file. */
int tree_dest_flush_end(const struct tree_dest *t, int fd)
{
    int r = tree_dest_flush(t, fd);

    return r == 0 && !t->flush_each && fsync(fd) < 0 && errno != EINVAL ? -1 : r;
}

int tree_dest_rename(int dir_fd, char temp[TEMP_NAME_SIZE], int fd, const char *name)
{
    return temp_is(dir_fd, temp, fd) ? temp_rename(dir_fd, temp, name) : -ESTALE;
}

/* Makes t->path that of an entry on the list. Returns what it was, for leave_path(). */
static char *enter_path(struct tree_dest *t, const struct tree_unnamed *u)
{
    char *path = strdup(t->path.bytes);

    if (path) /* else it could not be restored */
        (void)path_buffer_enter(&t->path, t->levels[u->level].path_len,
                                u->level > 0 ? u->name : "");
    return path;
}

static void leave_path(struct tree_dest *t, char *path)
{
    if (path)
        (void)path_buffer_put(&t->path, 0, path);
    free(path);
}

/* Reports a failure of an entry on the list, under its path. */
static void fail(struct tree_dest *t, const struct tree_unnamed *u, const char *op, int err)
{
    char *path = enter_path(t, u);

    tree_dest_fail(t, op, err == EBUSY ? EEXIST : err,
                   err == EEXIST  ? HINT_MEANWHILE
                   : err == EBUSY ? MADE_HINT
                                  : NULL);
    leave_path(t, path);
}

/* Marks all levels from the removed directory on unusable, if the current directory is in it.
 */
static void mark_unusable(struct tree_dest *t, const struct tree_unnamed *u)
{
    struct stat st;

    if (u->level + 1 >= t->dirs.n || fstat(fd_of(t, u), &st) < 0 ||
        t->dirs.levels[u->level + 1].dev != st.st_dev ||
        t->dirs.levels[u->level + 1].ino != st.st_ino)
        return;
    for (unsigned i = u->level + 1; i < t->dirs.n; i++)
        t->levels[i].unusable = true;
}

/* Flushes everything on the list to stable storage. 0 or a negative errno. */
static int flush_all(struct tree_dest *t)
{
    for (unsigned i = 0; i < t->n_unnamed; i++) {
        const struct tree_unnamed *u = &t->unnamed[i];
        dev_t dev = t->dirs.levels[u->level].dev;

        /* An existing tree may span several file systems. */
        if (i > 0 && dev == t->dirs.levels[u[-1].level].dev)
            continue;
        if (tree_dest_flush(t, fd_of(t, u)) < 0)
            return -errno;
    }
    return 0;
}

/* The name of a directory has been taken. 0 or a negative errno: see
 * tree_dest_merge_directory(). */
static int merge(struct tree_dest *t, struct tree_unnamed *u)
{
    int fd = fcntl(fd_of(t, u), F_DUPFD_CLOEXEC, 0); /* the list's may be closed on the way */
    char *path = enter_path(t, u);
    int r;

    r = fd < 0
            ? -errno
            : tree_dest_merge_directory(t, fd, is_root(t, u->level), dir_fd_of(t, u), u->name);
    leave_path(t, path);
    if (r == 0) /* with the copies that could not be moved: they have been reported */
        temp_remove_directory(dir_fd_of(t, u), u->temp, fd);
    (void)fd_close(&fd);
    return r;
}

/* Gives an entry of the list its name, or reports the failure and removes the entry. */
static void give_name(struct tree_dest *t, struct tree_unnamed *u)
{
    int r = tree_dest_rename(dir_fd_of(t, u), u->temp, fd_of(t, u), u->name);

    if (r == -EEXIST && is_directory(t, u))
        r = merge(t, u);
    if (r == 0)
        return;
    fail(t, u, "rename", -r);
    mark_unusable(t, u);
    drop(t, u);
}

bool tree_dest_give_names(struct tree_dest *t)
{
    int r = t->request.durable ? flush_all(t) : 0;

    if (r < 0 && !t->flush_each) {
        /* Nobody knows how much of it has reached the storage. */
        failure_set(&t->fatal, "flush", -r, FAILURE_NO_OFFSET, NULL);
        return false;
    }
    for (unsigned i = 0; i < t->n_unnamed; i++) {
        struct tree_unnamed *u = &t->unnamed[i];

        if (r == 0) {
            give_name(t, u);
        } else {
            fail(t, u, "flush", -r);
            mark_unusable(t, u);
            drop(t, u);
        }
    }
    clear_list(t);
    return !tree_dest_dir(t)->unusable;
}

bool tree_dest_files_end(struct tree_dest *t)
{
    return tree_dest_batches(t) || tree_dest_give_names(t);
}

bool tree_dest_leave_names(struct tree_dest *t)
{
    unsigned n = t->n_unnamed;

    /* New names change the times of the directory that is about to be left. */
    return n == 0 || (tree_dest_batches(t) && t->unnamed[n - 1].level + 1 < t->dirs.n) ||
           tree_dest_give_names(t);
}

void tree_dest_note_put(struct tree_dest *t, uint64_t bytes)
{
    if (t->put_files == 0)
        t->put_since = clock_running_ms();
    t->put_bytes += bytes;
    t->put_files++;
}

bool tree_dest_is_enough(const struct tree_dest *t)
{
    if (t->request.durable && tree_dest_batches(t))
        return t->put_bytes >= DURABLE_BATCH_BYTES || t->put_files >= DURABLE_BATCH_FILES;
    return t->put_files > 0 && clock_running_ms() - t->put_since >= BATCH_MS;
}
