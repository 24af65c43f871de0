/* dest_merge: a directory under a temporary name whose final name has been taken meanwhile:
 * another run makes the same tree. Its entries are moved into the directory that stands there.
 * See dest_state_priv.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

#define MAX_DEPTH 128 /* of directories that both runs have made */
#define MAX_TRIES 3   /* to move an entry whose name is taken and given up again */

/* A directory on its way into another one. */
struct merge {
    int from, to; /* descriptors */
    struct stat from_st, to_st;
    size_t path_len; /* of t->path: its final path */
    unsigned depth;
};

static int merge_entries(struct tree_dest *t, const struct merge *m);

/* Opens the directory that stands under the name. fd or a negative errno: -EEXIST if it is no
 * directory that entries may be moved into. */
static int open_there(struct tree_dest *t, int dir_fd, const char *name, bool is_root,
                      struct stat *ret_st)
{
    int fd =
        UNINTERRUPTED(openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    bool is_own = fd >= 0 && fstat(fd, ret_st) == 0 &&
                  (inode_set_has(&t->entered, ret_st->st_dev, ret_st->st_ino) ||
                   (is_root && made_has(t->request.made_files, ret_st)) ||
                   (t->request.owns_directories &&
                    !made_add_new(t->request.made_files, ret_st->st_dev, ret_st->st_ino)));

    if (fd >= 0 && !is_own && inode_set_add(&t->entered, ret_st->st_dev, ret_st->st_ino) >= 0)
        return fd;
    (void)fd_close(&fd);
    return is_own ? -EBUSY : -EEXIST;
}

/* Lets the descriptor lead to what the other one leads to. It needs no further one. 0 or a negative
 * errno. */
static int lead_to(int fd, int other)
{
    return UNINTERRUPTED(dup3(other, fd, O_CLOEXEC)) < 0 ? -errno : 0;
}

/* If the directory that was moved from is the current one or above it, the one that it was
 * moved into takes its place. 0 or a negative errno: then nothing more can be put there. */
static int replace_level(struct tree_dest *t, const struct merge *m)
{
    int error = 0;

    for (unsigned i = 0; i < t->dirs.n; i++) {
        struct dir_chain_level *l = &t->dirs.levels[i];
        struct tree_level *own = &t->levels[i];

        if (l->dev != m->from_st.st_dev || l->ino != m->from_st.st_ino)
            continue;
        if (l->fd >= 0)
            error = lead_to(l->fd, m->to);
        own->unusable |= error < 0;
        l->dev = m->to_st.st_dev;
        l->ino = m->to_st.st_ino;
        own->fresh = own->known = false;
        own->add = own->held = 0;
        return error;
    }
    /* It was complete: the new entries have changed the times of the other one. */
    if (t->request.preserve.times) {
        const struct timespec times[] = {m->from_st.st_atim, m->from_st.st_mtim};

        (void)UNINTERRUPTED(futimens(m->to, times));
    }
    return 0;
}

/* Both have a directory of that name. 0 or a negative errno. */
static int merge_below(struct tree_dest *t, const struct merge *above, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct merge m = {.from = -1, .to = -1, .path_len = t->path.len, .depth = above->depth + 1};
    int r = 0;

    if (m.depth > MAX_DEPTH)
        return -EEXIST;
    m.from = UNINTERRUPTED(openat(above->from, name, flags));
    if (m.from >= 0)
        m.to = UNINTERRUPTED(openat(above->to, name, flags));
    if (m.to < 0 || fstat(m.from, &m.from_st) < 0 || fstat(m.to, &m.to_st) < 0)
        r = -errno;
    if (r == 0)
        r = merge_entries(t, &m);
    (void)fd_close(&m.from);
    (void)fd_close(&m.to);
    return r;
}

/* What exists is treated as if it had been there from the start. */
static int move_file(struct tree_dest *t, const struct merge *m, const char *name,
                     const struct stat *ours, const struct stat *there)
{
    enum existing_verdict v =
        existing_judge(t->request.existing, t->request.made_files, ours, there, m->to, name)
            .verdict;

    if (v == EXISTING_SKIP || v == EXISTING_HAS)
        return 0;
    if (v != EXISTING_REPLACE || !S_ISREG(there->st_mode) ||
        t->request.backup.kind != BACKUP_NONE)
        return -EEXIST;
    return UNINTERRUPTED(renameat(m->from, name, m->to, name)) < 0 ? -errno : 0;
}

/* Moves an entry to a name that was free, if it still is: -EEXIST if not, or another negative errno.
 */
static int move_to_free(const struct merge *m, const char *name)
{
    if (UNINTERRUPTED(renameat2(m->from, name, m->to, name, RENAME_NOREPLACE)) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    return UNINTERRUPTED(renameat(m->from, name, m->to, name)) < 0 ? -errno : 0;
}

static int move_entry(struct tree_dest *t, const struct merge *m, const char *name)
{
    struct stat ours, there;
    int r = -EEXIST;

    if (UNINTERRUPTED(fstatat(m->from, name, &ours, AT_SYMLINK_NOFOLLOW)) < 0)
        return -errno;
    /* The other run may take the name just now. */
    for (unsigned tries = 0; r == -EEXIST && tries < MAX_TRIES; tries++) {
        if (UNINTERRUPTED(fstatat(m->to, name, &there, AT_SYMLINK_NOFOLLOW)) == 0) {
            if (!S_ISDIR(ours.st_mode))
                return move_file(t, m, name, &ours, &there);
            return S_ISDIR(there.st_mode) ? merge_below(t, m, name) : -EEXIST;
        }
        r = errno == ENOENT ? move_to_free(m, name) : -errno;
    }
    return r;
}

/* NULL at the end, or with the negative errno *error. */
static const struct dirent *next_entry(DIR *dir, int *error)
{
    const struct dirent *entry;

    errno = 0;
    entry = readdir(dir);
    *error = entry ? 0 : -errno;
    return entry;
}

/* Moves all entries. What cannot be moved is reported, and stays in the directory, which the caller
 * removes with it. 0 or a negative errno. */
static int merge_entries(struct tree_dest *t, const struct merge *m)
{
    const struct dirent *entry;
    int own, r, error = 0;
    DIR *dir;

    (void)UNINTERRUPTED(
        fchmod(m->from, S_IRWXU)); /* it may have the mode of its source already */
    own = UNINTERRUPTED(openat(m->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    dir = own < 0 ? NULL : fdopendir(own);
    if (!dir) {
        (void)fd_close(&own);
        return -EEXIST;
    }
    while ((entry = next_entry(dir, &error))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        r = path_buffer_enter(&t->path, m->path_len, entry->d_name);
        if (r == 0)
            r = move_entry(t, m, entry->d_name);
        if (r < 0)
            tree_dest_fail(t, "rename", -r, r == -EEXIST ? HINT_MEANWHILE : NULL);
    }
    (void)closedir(dir);
    (void)path_buffer_enter(&t->path, m->path_len, "");
    if (error < 0)
        tree_dest_fail(t, "read directory", -error, NULL);
    if (t->request.durable && t->flush_each && fsync(m->to) < 0)
        tree_dest_fail(t, "flush", errno, NULL);
    r = replace_level(t, m);
    if (r < 0)
        tree_dest_fail(t, "open directory", -r, NULL);
    /* The directory will be removed, and another one may get its number. */
    inode_set_remove(&t->entered, m->from_st.st_dev, m->from_st.st_ino);
    return 0;
}

int tree_dest_merge_directory(struct tree_dest *t, int fd, bool is_root, int dir_fd,
                              const char *name)
{
    struct merge m = {.from = fd, .path_len = t->path.len};
    int r;

    m.to = open_there(t, dir_fd, name, is_root, &m.to_st);
    if (m.to < 0)
        return m.to;
    r = fstat(fd, &m.from_st) < 0 ? -errno : merge_entries(t, &m);
    if (r == 0 && is_root)
        r = lead_to(t->root_fd, m.to);
    (void)fd_close(&m.to);
    return r;
}
