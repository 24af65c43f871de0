/* source_walk: the directories of the walk: listing, entering and leaving them. A directory's
 * files are put into the stream while it is listed; the names of its directories are noted and
 * entered one after the other when it has been listed. See source_state_priv.h. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file_system.h"
#include "base/interrupted.h"
#include "source_state_priv.h"
#include "target/temp.h"

static struct walk_level *level_of(const struct walk *w)
{
    return &w->levels[w->n_levels - 1];
}

/* Reports a failure of the current directory. */
static void fail_directory(struct walk *w, const char *op, int err, const char *message)
{
    (void)path_buffer_enter(&w->path, level_of(w)->path_len, "");
    walk_fail(w, op, err, message);
}

static void count_step(const struct walk *w)
{
    atomic_fetch_add_explicit(w->t->steps, 1, memory_order_relaxed);
}

/* ---- entries of a directory ---- */

/* The path of the entry at w->path below the directory that is copied; "": that directory. NULL: it
 * is above it. */
static const char *path_below(const struct walk *w)
{
    unsigned n_above = w->t->follow.n_subpath;
    const char *path;

    if (w->n_levels < n_above)
        return NULL;
    if (w->n_levels == n_above)
        return "";
    path = w->path.bytes + w->levels[n_above].path_len;
    return path + strspn(path, "/");
}

/* The same if entries are chosen, and this is one of them; else NULL. */
static const char *path_to_choose(const struct walk *w)
{
    const char *path = choice_is_given(&w->t->choice) ? path_below(w) : NULL;

    return path && *path ? path : NULL;
}

/* Whether the entry at w->path is not chosen, as far as its type tells. */
static bool is_left_out(const struct walk *w, unsigned char type)
{
    const char *path = path_to_choose(w);

    if (type == DT_LNK && walk_follows(w))
        type = DT_UNKNOWN;
    return path && choice_leaves_out(&w->t->choice, path, type);
}

/* The entry at w->path comes, if it can be read. */
static void note_entry(const struct walk *w)
{
    const char *path = w->t->inventory ? path_below(w) : NULL;

    if (path)
        inventory_add(w->t->inventory, path);
}

/* All entries of the current directory have come. */
static void note_listed(struct walk *w)
{
    (void)path_buffer_enter(&w->path, level_of(w)->path_len, "");
    if (w->t->inventory)
        inventory_note_listed(w->t->inventory, path_below(w));
}

/* A directory is about to be entered. */
static void note_directory(const struct walk *w, const struct stat *st)
{
    if (!w->t->inventory || w->n_levels < w->t->follow.n_subpath)
        return;
    if (w->n_levels == w->t->follow.n_subpath)
        inventory_add(w->t->inventory, "");
    inventory_note_used(w->t->inventory, st);
}

/* The entry *st is reached by that name or path, in which symlinks are followed. A directory is noted
 * when it is entered. */
static void note_followed(const struct walk *w, int dir_fd, const char *path,
                          const struct stat *st)
{
    if (!w->t->inventory)
        return;
    inventory_note_way(w->t->inventory, dir_fd, path);
    if (!S_ISDIR(st->st_mode))
        inventory_note_used(w->t->inventory, st);
}

/* Finds out what an entry is. The type that the listing has is enough for a directory, and for
 * a regular file that will be opened. False: there is no such entry any more, which was
 * reported. */
static bool look(struct walk *w, int dir_fd, const char *name, unsigned char type,
                 struct stat *st)
{
    bool follow = walk_follows(w);

    if (type == DT_DIR || (type == DT_REG && w->t->make == TREE_SOURCE_COPIES)) {
        *st = (struct stat){.st_mode = type == DT_REG ? S_IFREG : S_IFDIR};
        return true;
    }
    if (UNINTERRUPTED(fstatat(dir_fd, name, st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0) {
        walk_fail(w, "stat", errno, NULL);
        return false;
    }
    return true;
}

/* Puts an entry of the current directory into the stream, or notes it if it is a directory. */
static void list_entry(struct walk *w, const char *name, unsigned char type)
{
    struct walk_level *l = level_of(w);
    struct stat st;

    count_step(w);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    if (path_buffer_enter(&w->path, l->path_len, name) < 0) {
        walk_fail_memory(w);
        return;
    }
    if (is_left_out(w, type)) { /* before it is looked at: that may fail */
        l->n_dirs += type == DT_DIR || type == DT_UNKNOWN;
        return;
    }
    if (temp_is_own(name)) {
        /* A destination, by another path than those that is_target() knows. */
        walk_fail(w, "enter", EINVAL, "cannot copy a directory into itself");
        l->n_dirs++;
        return;
    }
    if (!look(w, dir_chain_fd(&w->dirs), name, type, &st)) {
        l->n_dirs++; /* nobody knows */
        return;
    }
    l->n_dirs += S_ISDIR(st.st_mode);
    if (is_left_out(w, (unsigned char)IFTODT(st.st_mode)))
        return;
    note_entry(w);
    if (!S_ISDIR(st.st_mode))
        walk_passed(w);
    if (walk_follows(w) && (type == DT_LNK || type == DT_UNKNOWN))
        note_followed(w, dir_chain_fd(&w->dirs), name, &st);
    if (!S_ISDIR(st.st_mode))
        walk_put_entry(w, dir_chain_fd(&w->dirs), name, &st);
    else if (path_buffer_put(&w->names, l->names_end, name) < 0)
        walk_fail_memory(w);
    else
        l->names_end = w->names.len + 1;
}

/* The same for the one entry of the current directory that leads to the part that is copied. */
static void list_subpath(struct walk *w)
{
    const char *name = w->t->subpath;
    char *entry;

    for (unsigned i = 1; i < w->n_levels; i++)
        name = strchr(name, '/') + 1;
    entry = strndup(name, strcspn(name, "/"));
    if (entry)
        list_entry(w, entry, DT_UNKNOWN);
    else
        walk_fail_memory(w);
    free(entry);
}

/* ---- listings ---- */

/* Offers the entry if it is a file with one name. Returns whether it has been offered. */
static bool offer_entry(struct walk *w, const struct dirent64 *entry, unsigned number)
{
    struct walk_level *l = level_of(w);
    struct stat st;

    count_step(w);
    if ((entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN) ||
        UNINTERRUPTED(
            fstatat(dir_chain_fd(&w->dirs), entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) < 0 ||
        !S_ISREG(st.st_mode) || (w->t->keep_links && (st.st_nlink > 1 || walk_follows(w))) ||
        path_buffer_enter(&w->path, l->path_len, entry->d_name) < 0 || is_left_out(w, DT_REG))
        return false;
    note_entry(w);
    return walk_put_offer(w, entry->d_name, -1, &st, number);
}

/* Puts the files of the listing into the stream that consumers have to compare. */
static void compare_all(struct walk *w)
{
    for (size_t at = 0, i = 1; at < w->listed && !w->ended; i++) {
        const struct dirent64 *entry = (const void *)(w->listing + at);

        count_step(w);
        at += entry->d_reclen;
        if (!(w->offered[i / 64] >> (i % 64) & 1) || !w->t->is_compared(w->t->arg, (unsigned)i))
            continue;
        if (path_buffer_enter(&w->path, level_of(w)->path_len, entry->d_name) < 0)
            walk_fail_memory(w);
        else
            walk_compare_entry(w, dir_chain_fd(&w->dirs), entry->d_name, (unsigned)i);
    }
}

/* Offers the files of the listing, and waits until the consumers have decided. */
static void offer_all(struct walk *w)
{
    static_assert(WALK_LISTING / 24 < WALK_OFFER_ONE, "an entry has at least 24 bytes");

    w->taken = 0;
    memset(w->offered, 0, sizeof(w->offered));
    for (size_t at = 0, i = 1; at < w->listed && !w->ended; i++) {
        const struct dirent64 *entry = (const void *)(w->listing + at);

        if (offer_entry(w, entry, (unsigned)i))
            w->offered[i / 64] |= UINT64_C(1) << (i % 64);
        at += entry->d_reclen;
    }
    /* If the stream was stopped, no record comes any more. */
    if (!walk_drain(w) || !w->t->compare)
        return;
    compare_all(w);
    (void)walk_drain(w);
}

/* Whether the entry with that number comes: a consumer wants it, or its hash is wanted, or it was
 * not offered. */
static bool is_wanted(struct walk *w, unsigned number)
{
    w->offer = w->t->offer && (w->offered[number / 64] >> (number % 64) & 1) ? number : 0;
    return w->offer == 0 || number == w->taken || w->t->is_wanted(w->t->arg, number) ||
           w->t->hashes;
}

/* Puts the entries of the listing into the stream, from the next one on. */
static void put_listed(struct walk *w)
{
    if (w->offers_due)
        offer_all(w);
    w->offers_due = false;
    while (w->entry_at < w->listed && !w->ended) {
        const struct dirent64 *entry = (const void *)(w->listing + w->entry_at);

        walk_begin_step(w, STEP_ENTRY);
        if (is_wanted(w, w->entry))
            list_entry(w, entry->d_name, entry->d_type);
        w->entry_at += entry->d_reclen;
        w->entry++;
    }
    w->offer = 0;
}

/* File systems where the links of a directory are its name, its "." and the ".." of each directory
 * in it; or it has less than two. */
static const unsigned long counting_file_systems[] = {
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC, 0,
};

/* Whether the current directory has listed all directories that it has, as far as its number of
 * links tells. A file system that passes over what it cannot read lists less of them. */
static bool has_listed_all(const struct walk *w)
{
    const struct walk_level *l = level_of(w);
    int fd = dir_chain_fd(&w->dirs);
    struct stat now;

    if (l->st.st_nlink <= 2 + l->n_dirs || UNINTERRUPTED(fstat(fd, &now)) < 0)
        return true;
    /* It may have been changed meanwhile. */
    return now.st_nlink != l->st.st_nlink || !clock_same(&now.st_mtim, &l->st.st_mtim) ||
           file_system_is(fd, counting_file_systems) != 1;
}

/* Lists the current directory, from the next entry of the listing on. */
static void list(struct walk *w)
{
    uint64_t began;
    ssize_t n = 0;

    do {
        put_listed(w);
        if (w->ended)
            return;
        walk_begin_step(w, STEP_LIST);
        began = walk_wait_begin(w);
        n = UNINTERRUPTED(getdents64(dir_chain_fd(&w->dirs), w->listing, WALK_LISTING));
        walk_wait_end(w, began);
        w->listed = n > 0 ? (size_t)n : 0;
        w->entry_at = 0;
        w->entry = 1;
        w->offers_due = w->t->offer && n > 0;
    } while (n > 0);
    if (n < 0)
        fail_directory(w, "read directory", errno, NULL);
    else if (!has_listed_all(w))
        fail_directory(w, "read directory", EIO,
                       "there are more directories in it than it lists");
    else
        note_listed(w);
}

/* ---- from one directory to the next one ---- */

static int push_level(struct walk *w, const struct stat *st)
{
    size_t names_at = w->n_levels ? level_of(w)->names_end : 0;

    if (w->n_levels == w->room) {
        unsigned room = w->room ? 2 * w->room : 32;
        struct walk_level *levels = reallocarray(w->levels, room, sizeof(*levels));

        if (!levels)
            return -ENOMEM;
        w->levels = levels;
        w->room = room;
    }
    w->levels[w->n_levels++] = (struct walk_level){
        .st = *st,
        .path_len = w->path.len,
        .names_at = names_at,
        .names_end = names_at,
    };
    return 0;
}

/* Announces a directory. Its attributes come when it is left. False: no consumer is left. */
static bool announce(struct walk *w, const char *name, const struct stat *st)
{
    attrs_read_stat(&w->attrs, st);
    return walk_put_simple(w, RECORD_DIRECTORY, name, "", st);
}

/* Puts a directory into the stream as an empty one, because it cannot be listed, or shall not
 * be. */
static void put_empty(struct walk *w, const char *name, int fd, const struct stat *st)
{
    if (!announce(w, name, st))
        return;
    walk_put_mark(w, RECORD_FILES_END);
    if (fd >= 0)
        walk_read_attrs(w, fd, false, st);
    if (!w->ended)
        (void)walk_put_simple(w, RECORD_LEAVE, "", "", st);
}

/* Opens a directory. -1: that failed and was reported; the directory comes as an empty one. */
static int open_directory(struct walk *w, int dir_fd, const char *name, struct stat *st)
{
    bool follow = walk_follows(w);
    /* Above the part that is copied directories need not be readable. */
    int flags = walk_is_above(w) ? O_PATH | O_CLOEXEC : WALK_OPEN_FLAGS;
    uint64_t began = walk_wait_begin(w);
    int fd =
        UNINTERRUPTED(openat(dir_fd, name, flags | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW)));
    const char *path = path_to_choose(w);

    walk_wait_end(w, began);
    if (fd >= 0 && UNINTERRUPTED(fstat(fd, st)) == 0)
        return fd;
    walk_fail(w, "open", errno, NULL);
    if (path)
        choice_cannot_enter(&w->t->choice, path);
    (void)fd_close(&fd);
    if (UNINTERRUPTED(fstatat(dir_fd, name, st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) == 0 &&
        S_ISDIR(st->st_mode))
        put_empty(w, name, -1, st);
    return -1;
}

/* Lists the directory that was just entered. */
static void list_entered(struct walk *w)
{
    w->listed = w->entry_at = 0;
    w->offers_due = false;
    if (w->n_levels <= w->t->follow.n_subpath) {
        walk_begin_step(w, STEP_WHOLE);
        list_subpath(w);
    } else {
        list(w);
    }
    walk_put_mark(w, RECORD_FILES_END);
}

/* Enters the directory and puts its files into the stream. */
static void enter(struct walk *w, int dir_fd, const char *name)
{
    const struct tree_source *t = w->t;
    const char *path = path_to_choose(w);
    struct stat st;
    int fd = open_directory(w, dir_fd, name, &st);

    if (fd < 0)
        return;
    walk_note_medium(w, st.st_dev);
    if (w->n_levels <= w->t->follow.n_subpath)
        w->dev = st.st_dev;
    note_directory(w, &st);
    if (t->is_target(t->arg, &st)) {
        walk_fail(w, "enter", EINVAL, "cannot copy a directory into itself");
    } else if (dir_chain_has(&w->dirs, &st)) {
        walk_fail(w, "enter", ELOOP, "it contains itself");
    } else if ((t->one_file_system && st.st_dev != w->dev) ||
               (path && choice_is_empty(&t->choice, path))) {
        put_empty(w, name, fd, &st);
    } else if (announce(w, name, &st)) {
        if (push_level(w, &st) < 0) {
            (void)fd_close(&fd);
            walk_fail_memory(w);
        } else if (dir_chain_enter(&w->dirs, fd, &st) < 0) { /* closes fd */
            walk_fail_memory(w);
        } else {
            list_entered(w);
        }
        return;
    }
    (void)fd_close(&fd);
}

/* The level above cannot be reached any more, nor its directories that are still to come. */
static void lose_upper(struct walk *w, int error)
{
    struct walk_level *upper = level_of(w);

    upper->names_at = upper->names_end;
    fail_directory(w, "open", error,
                   error == ESTALE ? "the directory was moved while it was copied" : NULL);
}

static void leave(struct walk *w)
{
    struct walk_level *l = level_of(w);
    int fd = dir_chain_fd(&w->dirs), error;

    (void)path_buffer_enter(&w->path, l->path_len, "");
    if (fd >= 0)
        walk_read_attrs(w, fd, w->n_levels <= w->t->follow.n_subpath, &l->st);
    else
        attrs_read_stat(&w->attrs, &l->st);
    (void)walk_put_simple(w, RECORD_LEAVE, "", "", &l->st);
    error = dir_chain_leave(&w->dirs);
    w->n_levels--;
    if (error < 0 && w->n_levels > 0 && !w->ended)
        lose_upper(w, -error);
}

/* Enters and leaves directories until the root has been left. */
static void walk_directories(struct walk *w)
{
    while (w->n_levels > 0 && !w->ended) {
        struct walk_level *l = level_of(w);
        const char *name = w->names.bytes + l->names_at;

        count_step(w);
        walk_begin_step(w, STEP_DIRECTORY);
        if (l->names_at == l->names_end) {
            leave(w);
            continue;
        }
        l->names_at += strlen(name) + 1;
        if (path_buffer_enter(&w->path, l->path_len, name) < 0)
            walk_fail_memory(w);
        else
            enter(w, dir_chain_fd(&w->dirs), name);
    }
}

void walk_all(struct walk *w)
{
    struct stat st;

    if (!look(w, AT_FDCWD, w->t->path, DT_UNKNOWN, &st))
        return;
    if (!S_ISDIR(st.st_mode)) {
        walk_put_entry(w, AT_FDCWD, w->t->path, &st);
        return;
    }
    note_followed(w, AT_FDCWD, w->t->path, &st);
    enter(w, AT_FDCWD, w->t->path);
    walk_directories(w);
}

void walk_resume(struct walk *w)
{
    if (w->step != STEP_DIRECTORY) {
        list(w);
        walk_put_mark(w, RECORD_FILES_END);
    }
    walk_directories(w);
}
